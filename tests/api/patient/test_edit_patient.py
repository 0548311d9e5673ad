"""PATCH /v1/patient/{client_id}: absent is unchanged, null is cleared, and nobody's change is lost."""

from typing import Any

import httpx
import pytest

from tests.api.answers import problems
from tests.api.patients import NEVER_EXISTED, create, error_of, extended
from tests.cast import Cast

FULL = {
    "date_of_birth": "1985-12-31",
    "email": "mira@example.com",
    "gender": "Female",
    "address_1": "1 Example Street",
    "suburb": "Sampleton",
    "postcode": "5000",
    "home_phone": "(08) 5550 1234",
    "mobile": "0491 570 006",
}


@pytest.fixture
def patient(here: httpx.Client) -> dict[str, Any]:
    return create(here, **FULL)


def path_of(patient: dict[str, Any]) -> str:
    return f"/patient/{patient['client_id']}"


class TestAnEdit:
    def test_changes_what_is_given_and_nothing_else(self, here: httpx.Client, patient: dict[str, Any]) -> None:
        answer = here.patch(path_of(patient), json={"surname": "Changed"})
        assert answer.status_code == 200
        assert answer.json() == {**patient, "surname": "Changed"} == here.get(path_of(patient)).json()

    def test_of_nothing_is_fine_and_changes_no_value(self, here: httpx.Client, patient: dict[str, Any]) -> None:
        answer = here.patch(path_of(patient), json={})
        assert (answer.status_code, answer.json()) == (200, patient)
        assert answer.headers["etag"] == '"1"'

    @pytest.mark.parametrize("name", FULL)
    def test_clears_with_null(self, here: httpx.Client, patient: dict[str, Any], name: str) -> None:
        assert here.patch(path_of(patient), json={name: None}).json() == {**patient, name: None}

    @pytest.mark.parametrize("shown", ["fee_category", "sex", "pronouns", "default_business", "default_practitioner"])
    def test_clears_a_reference_with_null(self, here: httpx.Client, patient: dict[str, Any], shown: str) -> None:
        name = {"fee_category": "fee_cat_id", "pronouns": "pronoun_id"}.get(shown, f"{shown}_id")
        assert here.patch(path_of(patient), json={name: None}).json()[shown] is None

    @pytest.mark.parametrize(
        "name", ["first_name", "surname", "sms_marketing_type", "email_marketing_type", "default_sms_reminder"]
    )
    def test_cannot_clear_what_every_patient_has(self, here: httpx.Client, patient: dict[str, Any], name: str) -> None:
        assert set(problems(here.patch(path_of(patient), json={name: None}))) == {name}
        assert here.get(path_of(patient)).json() == patient

    def test_cannot_blank_a_name(self, here: httpx.Client, patient: dict[str, Any]) -> None:
        assert problems(here.patch(path_of(patient), json={"surname": " "})) == {
            "surname": "The surname field is required."
        }

    def test_of_marketing_shows_the_words(self, here: httpx.Client, patient: dict[str, Any]) -> None:
        for code, words in enumerate(("Soft Opt-In", "Opt-In", "Soft Opt-Out", "Opt-Out"), 1):
            changed = here.patch(path_of(patient), json={"sms_marketing_type": code}).json()
            assert (changed["sms_marketing"], changed["email_marketing"]) == (words, "Soft Opt-In")

    def test_names_what_it_passed_over(self, here: httpx.Client, patient: dict[str, Any]) -> None:
        answer = here.patch(f"{path_of(patient)}?fields=all", json={"surename": "x", "work_phone": "1"})
        assert (answer.status_code, answer.json()) == (200, patient)
        assert answer.headers["openprac-ignored"] == "fields, surename"

    def test_moves_the_modified_instant_only(self, here: httpx.Client, patient: dict[str, Any]) -> None:
        before = extended(here, patient["client_id"])
        changed = here.patch(path_of(patient), json={"surname": "Moved"}).json()
        assert changed["file_created"] == before["file_created"]
        moment = patient["file_created"]
        found = here.get("/patient", params=[("q[]", f"updated:>{moment}"), ("q[]", "surname:=Moved")]).json()
        assert patient["client_id"] in [row["client_id"] for row in found["clients"]]

    def test_of_a_foreign_or_missing_patient_is_the_same_404(
        self, here: httpx.Client, there: httpx.Client, patient: dict[str, Any]
    ) -> None:
        theirs = error_of(there.patch(path_of(patient), json={"surname": "x"}), 404)
        never = error_of(there.patch(f"/patient/{NEVER_EXISTED}", json={"surname": "x"}), 404)
        assert theirs["detail"] == f"Could not find client_id: {patient['client_id']}"
        assert never["detail"] == f"Could not find client_id: {NEVER_EXISTED}"
        assert here.get(path_of(patient)).json() == patient


class TestIfMatch:
    def test_the_version_last_seen_may_change_it_once(self, here: httpx.Client, patient: dict[str, Any]) -> None:
        seen = here.get(path_of(patient)).headers["etag"]
        first = here.patch(path_of(patient), json={"surname": "One"}, headers={"if-match": seen})
        assert first.status_code == 200
        assert first.headers["etag"] != seen
        second = here.patch(path_of(patient), json={"surname": "Two"}, headers={"if-match": seen})
        error = error_of(second, 412)
        assert error["code"] == "PRECONDITION_FAILED"
        assert first.headers["etag"] in error["detail"]
        assert here.get(path_of(patient)).json()["surname"] == "One"

    @pytest.mark.parametrize("accepted", ['"1"', "*", '"0", "1"', '"0","1" ,"2"'])
    def test_any_of_several_or_whatever_is_there(
        self, here: httpx.Client, patient: dict[str, Any], accepted: str
    ) -> None:
        assert here.patch(path_of(patient), json={}, headers={"if-match": accepted}).status_code == 200

    @pytest.mark.parametrize("refused", ['"2"', "1", 'W/"1"', '""', "x"])
    def test_a_weak_or_other_tag_is_no_match(self, here: httpx.Client, patient: dict[str, Any], refused: str) -> None:
        error_of(here.patch(path_of(patient), json={"surname": "x"}, headers={"if-match": refused}), 412)
        assert here.get(path_of(patient)).json() == patient


class TestTheAudit:
    def test_keeps_old_and_new_and_who(self, cast: Cast, here: httpx.Client, patient: dict[str, Any]) -> None:
        answer = here.patch(path_of(patient), json={"surname": "Audited", "mobile": None})
        (event,) = cast.sql(
            "SELECT user_id, vendor_id, operation_id, resource, resource_id, client_id, changes::text FROM audit_event "
            "WHERE tenant_id = $1 AND request_id = $2::text::uuid",
            cast.riverside.tenant_id,
            answer.headers["x-request-id"],
        )
        assert dict(event) == {
            "user_id": cast.riverside.user_id,
            "vendor_id": cast.vendor_id,
            "operation_id": "editPatient-Patch",
            "resource": "patient",
            "resource_id": patient["client_id"],
            "client_id": patient["client_id"],
            "changes": event["changes"],
        }
        assert '"surname": ["Patient", "Audited"]' in event["changes"]
        assert '"mobile": ["0491 570 006", null]' in event["changes"]


class TestTheExtension:
    def test_archives_and_brings_back(self, here: httpx.Client, patient: dict[str, Any]) -> None:
        path = f"/x/patient/{patient['client_id']}"
        assert here.patch(path, json={"archive": True}).json()["archive"] is True
        inactive = here.get("/patient", params={"q[]": "status:=2", "sort_by": "-client_id"}).json()["clients"]
        assert inactive[0]["client_id"] == patient["client_id"]
        assert here.patch(path, json={"archive": False}).json()["archive"] is False

    def test_takes_back_the_object_it_gave(self, here: httpx.Client, patient: dict[str, Any]) -> None:
        full = extended(here, patient["client_id"])
        again = here.patch(f"/x/patient/{patient['client_id']}", json=full)
        assert (again.status_code, again.json()) == (200, full)
