"""Contacts: their links lead to rows of the clinic, their account is one of the patient's, reads are audited."""

from typing import Any

import httpx
import pytest

from tests.api.answers import all_rows, made, problems
from tests.cast import Cast
from tests.waiting import until


def new_patient(client: httpx.Client) -> dict[str, Any]:
    return made(client.post("/patient", json={"first_name": "Tess", "surname": "Contacts"}))


@pytest.fixture
def patient(here: httpx.Client) -> dict[str, Any]:
    return new_patient(here)


def add(client: httpx.Client, patient: dict[str, Any], **body: Any) -> httpx.Response:
    return client.post(f"/x/patient/{patient['client_id']}/patient_contact", json={"first_name": "Una", **body})


def test_links_lead_to_the_clinics_own_rows(here: httpx.Client, there: httpx.Client, patient: dict[str, Any]) -> None:
    def three(client: httpx.Client) -> dict[str, int]:
        return {
            "linked_client_id": new_patient(client)["client_id"],
            "linked_referrer_id": made(client.post("/x/referrer", json={"surname": "Doctor"}))["referrer_id"],
            "linked_payer_id": made(client.post("/x/payer", json={"description": "Payer"}))["payer_id"],
        }

    links = three(here)
    contact = made(add(here, patient, **links, preferred_phone="Mobile", relationship="GP"))
    assert {name: contact[name] for name in links} == links
    assert contact["preferred_phone"] == "Mobile"
    for name, foreign in three(there).items():
        assert problems(add(here, patient, **{name: foreign})) == {name: f"The selected {name} is invalid."}
    assert list(problems(add(here, patient, linked_client_id=patient["client_id"]))) == ["linked_client_id"]
    assert list(problems(add(here, patient, preferred_phone=3))) == ["preferred_phone"]


def test_the_account_is_one_of_the_patients(here: httpx.Client, patient: dict[str, Any]) -> None:
    assert (
        made(add(here, patient, account_id=patient["default_account_id"]))["account_id"]
        == (patient["default_account_id"])
    )
    other = new_patient(here)["default_account_id"]
    assert problems(add(here, patient, account_id=other)) == {"account_id": "The selected account_id is invalid."}
    assert made(add(here, patient))["account_id"] is None


def test_a_contact_is_made_below_a_patient_of_the_clinic(here: httpx.Client, there: httpx.Client) -> None:
    foreign = new_patient(there)
    assert add(here, foreign).status_code == 404
    assert add(here, {"client_id": 9_000_000_000}).status_code == 404


def test_filters_by_any_phone_and_by_archive(here: httpx.Client, patient: dict[str, Any]) -> None:
    home = made(add(here, patient, home_phone="(08) 5550 1234"))["patient_contact_id"]
    mobile = made(add(here, patient, mobile="0491 570 006"))["patient_contact_id"]
    path = f"/patient/{patient['client_id']}/patient_contact"

    def found(condition: str) -> list[int]:
        return [row["patient_contact_id"] for row in all_rows(here, path, "patient_contacts", **{"q[]": condition})]

    assert found("phone:=0855501234") == [home]
    assert found("phone:~0491-570") == [mobile]
    assert found("phone:!=08 5550 1234") == [mobile]
    assert found("archive:=false") == [home, mobile]
    made(here.patch(f"/x/patient_contact/{home}", json={"archive": True}))
    assert (found("archive:=true"), found("archive:!=true")) == ([home], [mobile])
    everyone = all_rows(here, "/patient_contact", "patient_contacts", **{"q[]": f"client_id:={patient['client_id']}"})
    assert [row["patient_contact_id"] for row in everyone] == [home, mobile]


def test_reads_and_removals_are_audited(cast: Cast, here: httpx.Client, patient: dict[str, Any]) -> None:
    contact = made(add(here, patient))["patient_contact_id"]
    here.get(f"/patient_contact/{contact}").raise_for_status()
    here.delete(f"/x/patient_contact/{contact}").raise_for_status()
    sql = (
        "SELECT operation_id FROM audit_event WHERE resource = 'patient_contact' AND resource_id = $1 "
        "AND client_id = $2 ORDER BY at"
    )
    expected = {"createPatientContact-Post", "getPatientContact-Get", "deletePatientContact-Delete"}
    until(lambda: {row[0] for row in cast.sql(sql, contact, patient["client_id"])} == expected)
