"""The default account: one of the patient's own, never without one."""

from typing import Any

import httpx

from tests.api.answers import code, made, problems
from tests.cast import Cast


def new_patient(client: httpx.Client) -> dict[str, Any]:
    return made(client.post("/x/patient", json={"first_name": "Tess", "surname": "Account"}))


def new_account(client: httpx.Client, client_id: int, name: str = "NDIS") -> dict[str, Any]:
    return made(client.post(f"/x/patient/{client_id}/account", json={"short_description": name}))


def test_it_is_another_of_the_patients_own_accounts_when_set(here: httpx.Client) -> None:
    patient = new_patient(here)
    path = f"/x/patient/{patient['client_id']}"
    account = new_account(here, patient["client_id"])
    assert (
        made(here.patch(path, json={"default_account_id": account["account_id"]}))["default_account_id"]
        == (account["account_id"])
    )
    assert made(here.get(f"/patient/{patient['client_id']}"))["default_account_id"] == account["account_id"]


def test_an_account_of_someone_else_or_nobody_is_refused(here: httpx.Client, there: httpx.Client) -> None:
    path = f"/x/patient/{new_patient(here)['client_id']}"
    others = [new_patient(here)["default_account_id"], new_patient(there)["default_account_id"], 9_000_000_000]
    for wrong in others:
        found = problems(here.patch(path, json={"default_account_id": wrong}))
        assert found == {"default_account_id": "The selected default_account_id is invalid."}
    found = problems(here.patch(path, json={"default_account_id": None}))
    assert found == {"default_account_id": "The default_account_id field must not be null."}


def test_the_published_edit_passes_it_over(here: httpx.Client) -> None:
    patient = new_patient(here)
    account = new_account(here, patient["client_id"])
    answer = here.patch(f"/patient/{patient['client_id']}", json={"default_account_id": account["account_id"]})
    assert made(answer)["default_account_id"] == patient["default_account_id"]


def test_a_new_patient_cannot_name_one(here: httpx.Client) -> None:
    account = new_patient(here)["default_account_id"]
    body = {"first_name": "Tess", "surname": "Account", "default_account_id": account}
    assert list(problems(here.post("/x/patient", json=body))) == ["default_account_id"]


def test_the_only_account_and_the_default_one_stay(here: httpx.Client) -> None:
    patient = new_patient(here)
    path = f"/x/patient/{patient['client_id']}"
    primary = f"{path}/account/{patient['default_account_id']}"
    assert code(here.delete(primary)) == (409, "LAST_ACCOUNT")
    other = new_account(here, patient["client_id"])["account_id"]
    answer = here.delete(primary)
    assert code(answer) == (409, "DEFAULT_ACCOUNT")
    assert "default_account_id" in answer.json()["error"]["detail"]
    made(here.patch(path, json={"default_account_id": other}))
    assert here.delete(primary).status_code == 204
    assert here.delete(primary).status_code == 404
    assert code(here.delete(f"{path}/account/{other}")) == (409, "LAST_ACCOUNT")


def test_an_account_that_a_contact_names_stays(here: httpx.Client) -> None:
    client_id = new_patient(here)["client_id"]
    account = new_account(here, client_id)["account_id"]
    contact = made(
        here.post(f"/x/patient/{client_id}/patient_contact", json={"first_name": "Una", "account_id": account})
    )
    path = f"/x/patient/{client_id}/account/{account}"
    assert code(here.delete(path)) == (409, "IN_USE")
    assert here.delete(f"/x/patient_contact/{contact['patient_contact_id']}").status_code == 204
    assert here.delete(path).status_code == 204


def test_an_account_is_removed_below_its_own_patient_only(here: httpx.Client, there: httpx.Client) -> None:
    patient, other = new_patient(here), new_patient(here)
    account = new_account(here, patient["client_id"])["account_id"]
    assert here.delete(f"/x/patient/{other['client_id']}/account/{account}").status_code == 404
    assert there.delete(f"/x/patient/{patient['client_id']}/account/{account}").status_code == 404
    assert made(here.get(f"/patient/{patient['client_id']}/account/{account}"))["account_id"] == account


def test_a_removal_is_in_the_audit(cast: Cast, here: httpx.Client) -> None:
    client_id = new_patient(here)["client_id"]
    account = new_account(here, client_id)["account_id"]
    here.delete(f"/x/patient/{client_id}/account/{account}").raise_for_status()
    sql = "SELECT operation_id, client_id FROM audit_event WHERE resource = 'patient_account' AND resource_id = $1"
    assert [tuple(row) for row in cast.sql(sql, account)] == [
        ("createPatientAccount-Post", client_id),
        ("deletePatientAccount-Delete", client_id),
    ]
