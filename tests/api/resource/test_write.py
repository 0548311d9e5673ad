"""Rooms: where they are and who may use them is set by the extension; a type's default is a use."""

import httpx

from tests.api.answers import all_rows, code, made, problems
from tests.cast import Cast


def test_places_and_people_are_replaced_as_lists(cast: Cast, here: httpx.Client, there: httpx.Client) -> None:
    businesses = [one["business_id"] for one in all_rows(here, "/business", "businesses")][:2]
    person = all_rows(here, "/practitioner", "practitioners")[0]["practitioner_id"]
    one = made(here.post("/x/resource", json={"description": "Studio", "business_ids": businesses}))
    assert (one["business_ids"], one["practitioner_ids"], one["resource_rank"]) == (businesses, [], 0)
    path = f"/x/resource/{one['resource_id']}"
    after = made(here.patch(path, json={"business_ids": businesses[:1], "practitioner_ids": [person]}))
    assert (after["business_ids"], after["practitioner_ids"]) == (businesses[:1], [person])
    assert set(made(here.get(path.removeprefix("/x")))) == {
        "tenant_id",
        "resource_id",
        "description",
        "resource_rank",
        "archived",
    }
    foreign = all_rows(there, "/business", "businesses")[0]["business_id"]
    assert list(problems(here.patch(path, json={"business_ids": [foreign]}))) == ["business_ids"]
    assert here.delete(path).status_code == 204
    left = cast.sql("SELECT count(*) FROM resource_business WHERE resource_id = $1", one["resource_id"])
    assert left[0][0] == 0


def test_the_default_of_a_type_is_used(here: httpx.Client) -> None:
    room = made(here.post("/x/resource", json={"description": "Booth"}))["resource_id"]
    body = {"description": "Hearing test", "short_description": "Hearing", "resource_ids": [room]}
    type_id = made(here.post("/x/appointment_type", json=body))["appointment_type_id"]
    assert code(here.delete(f"/x/resource/{room}")) == (409, "IN_USE")
    assert here.delete(f"/x/appointment_type/{type_id}").status_code == 204
    assert here.delete(f"/x/resource/{room}").status_code == 204
