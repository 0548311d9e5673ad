"""Who is billed: a payer, one of that payer's own contacts, and who referred the patient."""

from typing import Any

import httpx
import pytest

from tests.api.answers import all_rows, code, made, problems


@pytest.fixture
def account(here: httpx.Client) -> dict[str, Any]:
    client_id = made(here.post("/patient", json={"first_name": "Tess", "surname": "Payer"}))["client_id"]
    return made(here.post(f"/x/patient/{client_id}/account", json={"short_description": "NDIS"}))


def new_payer(client: httpx.Client) -> dict[str, Any]:
    return made(client.post("/x/payer", json={"description": "Plan manager"}))


def new_contact(client: httpx.Client, payer: dict[str, Any]) -> int:
    answer = client.post(f"/x/payer/{payer['payer_id']}/payer_contact", json={"first_name": "Una"})
    return int(made(answer)["payer_contact_id"])


def path_of(account: dict[str, Any]) -> str:
    return f"/x/patient/{account['client_id']}/account/{account['account_id']}"


def test_an_account_with_a_payer_is_in_the_payers_list(here: httpx.Client, account: dict[str, Any]) -> None:
    payer = new_payer(here)
    payer_id, contact = payer["payer_id"], new_contact(here, payer)
    body = {"payer_id": payer_id, "payer_contact_id": contact, "bill_3rd_party": True}
    edited = made(here.patch(path_of(account), json=body))
    assert (edited["payer_id"], edited["payer_contact_id"]) == (payer_id, contact)
    listed = all_rows(here, f"/payer/{payer_id}/account", "accounts")
    assert [row["account_id"] for row in listed] == [account["account_id"]]
    assert here.get(payer["links"]["accounts"]).json()["accounts"] == listed
    assert all_rows(here, f"/payer/{payer_id}/account", "accounts", **{"q[]": "short_description:=PRIMARY"}) == []
    assert code(here.delete(f"/x/payer/{payer_id}")) == (409, "IN_USE")
    assert code(here.delete(f"/x/payer_contact/{contact}")) == (409, "IN_USE")
    made(here.patch(path_of(account), json={"payer_id": None, "payer_contact_id": None}))
    assert here.delete(f"/x/payer_contact/{contact}").status_code == 204
    assert here.delete(f"/x/payer/{payer_id}").status_code == 204


def test_the_contact_is_one_of_that_payers(here: httpx.Client, account: dict[str, Any]) -> None:
    payer, other = new_payer(here), new_payer(here)
    contact = new_contact(here, other)
    for body in (
        {"payer_id": payer["payer_id"], "payer_contact_id": contact},
        {"payer_contact_id": contact},
        {"payer_id": other["payer_id"], "payer_contact_id": 9_000_000_000},
    ):
        assert list(problems(here.patch(path_of(account), json=body))) == ["payer_contact_id"], body
    made(here.patch(path_of(account), json={"payer_id": other["payer_id"], "payer_contact_id": contact}))
    for body in ({"payer_id": payer["payer_id"]}, {"payer_id": None}):
        assert list(problems(here.patch(path_of(account), json=body))) == ["payer_contact_id"], body


def test_another_clinics_payer_and_referrer_are_none(
    here: httpx.Client, there: httpx.Client, account: dict[str, Any]
) -> None:
    referrer = made(there.post("/x/referrer", json={"surname": "Elsewhere"}))["referrer_id"]
    for body in ({"payer_id": new_payer(there)["payer_id"]}, {"referrer_id": referrer}):
        (name,) = body
        assert problems(here.patch(path_of(account), json=body)) == {name: f"The selected {name} is invalid."}


def test_the_referrer_shows_in_extension_answers_only(here: httpx.Client, account: dict[str, Any]) -> None:
    referrer = made(here.post("/x/referrer", json={"surname": "Sender"}))["referrer_id"]
    assert made(here.patch(path_of(account), json={"referrer_id": referrer}))["referrer_id"] == referrer
    assert "referrer_id" not in made(here.get(path_of(account).removeprefix("/x")))
    assert code(here.delete(f"/x/referrer/{referrer}")) == (409, "IN_USE")


def test_a_payers_accounts_need_the_accounts_permission(here: httpx.Client) -> None:
    document = here.get(f"{str(here.base_url)[:-4]}/openapi.json").json()
    assert "`patient_account:read`" in document["paths"]["/payer/{payer_id}/account"]["get"]["description"]
