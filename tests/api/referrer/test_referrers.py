"""Referrers: their type and organisation are the clinic's, the organisation lists them."""

import httpx

from tests.api.answers import all_rows, code, made, problems


def test_the_organisation_lists_its_referrers(here: httpx.Client) -> None:
    organisation = made(here.post("/x/organisation", json={"description": "Practice"}))["organisation_id"]
    kind = made(here.post("/x/referrer_type", json={"description": "GP"}))["referrer_type_id"]
    body = {
        "surname": "Quillfeather",
        "organisation_id": organisation,
        "referrer_type_id": kind,
        "phone": "(08) 5550 0001",
    }
    referrer = made(here.post("/x/referrer", json=body))
    path = f"/organisation/{organisation}/referrer"
    assert [row["referrer_id"] for row in all_rows(here, path, "referrers")] == [referrer["referrer_id"]]
    assert len(all_rows(here, path, "referrers", **{"q[]": "phone:=0855500001"})) == 1
    for used in (f"/x/organisation/{organisation}", f"/x/referrer_type/{kind}"):
        assert code(here.delete(used)) == (409, "IN_USE")
    made(here.patch(f"/x/referrer/{referrer['referrer_id']}", json={"organisation_id": None}))
    assert all_rows(here, path, "referrers") == []
    assert here.delete(f"/x/organisation/{organisation}").status_code == 204
    assert here.delete(f"/x/referrer/{referrer['referrer_id']}").status_code == 204
    assert here.delete(f"/x/referrer_type/{kind}").status_code == 204


def test_another_clinics_organisation_and_type_are_none(here: httpx.Client, there: httpx.Client) -> None:
    organisation = made(there.post("/x/organisation", json={"description": "Practice"}))["organisation_id"]
    kind = made(there.post("/x/referrer_type", json={"description": "GP"}))["referrer_type_id"]
    found = problems(here.post("/x/referrer", json={"surname": "A", "organisation_id": organisation}))
    assert found == {"organisation_id": "The selected organisation_id is invalid."}
    found = problems(here.post("/x/referrer", json={"surname": "A", "referrer_type_id": kind}))
    assert found == {"referrer_type_id": "The selected referrer_type_id is invalid."}
