"""Setting a type up: classes and their size, default resources, removal only while unused."""

from typing import Any

import httpx
import pytest

from tests.api.answers import all_rows, code, made, problems


def body(**more: Any) -> dict[str, Any]:
    return {"description": "Class", "short_description": "Class", **more}


@pytest.mark.parametrize(
    "wrong",
    [
        {"group_appointment": True},
        {"group_appointment": True, "group_max_size": 0},
        {"group_max_size": 4},
        {"group_appointment": False, "group_max_size": 4},
    ],
)
def test_a_class_has_a_size_and_nothing_else_has(here: httpx.Client, wrong: dict[str, Any]) -> None:
    assert list(problems(here.post("/x/appointment_type", json=body(**wrong)))) == ["group_max_size"]


def test_a_class_that_is_one_no_more_loses_its_size(here: httpx.Client) -> None:
    one = made(here.post("/x/appointment_type", json=body(group_appointment=True, group_max_size=8)))
    path = f"/x/appointment_type/{one['appointment_type_id']}"
    assert made(here.patch(path, json={"group_max_size": 10}))["group_max_size"] == 10
    assert list(problems(here.patch(path, json={"group_max_size": 0}))) == ["group_max_size"]
    after = made(here.patch(path, json={"group_appointment": False}))
    assert (after["group_appointment"], after["group_max_size"]) == (False, 0)


def test_default_resources_are_all_taken_or_any_one(here: httpx.Client) -> None:
    resources = [one["resource_id"] for one in all_rows(here, "/resource", "resources")][:3]
    one = made(here.post("/x/appointment_type", json=body(resource_ids=resources[:2])))
    assert (one["resource_ids"], one["resource_mode"]) == (resources[:2], "all")
    path = f"/x/appointment_type/{one['appointment_type_id']}"
    assert made(here.patch(path, json={"resource_mode": "any", "resource_ids": resources}))["resource_mode"] == "any"
    nested = all_rows(here, f"/appointment_type/{one['appointment_type_id']}/resource", "resources")
    assert [each["resource_id"] for each in nested] == resources
    assert list(problems(here.patch(path, json={"resource_mode": "some"}))) == ["resource_mode"]
    assert list(problems(here.patch(path, json={"resource_ids": [9_000_000_000]}))) == ["resource_ids"]
    assert "resource_mode" not in made(here.get(f"/appointment_type/{one['appointment_type_id']}"))


def test_an_unused_type_is_removed_with_its_rows_of_durations(here: httpx.Client) -> None:
    profession = all_rows(here, "/profession", "professions")[0]["profession_id"]
    resource = all_rows(here, "/resource", "resources")[0]["resource_id"]
    rows = [{"profession_id": profession, "duration": 30, "all_fee_cats": True}]
    one = made(here.post("/x/appointment_type", json=body(appointment_type_durations=rows, resource_ids=[resource])))
    path = f"/x/appointment_type/{one['appointment_type_id']}"
    assert here.delete(path).status_code == 204
    assert code(here.delete(path)) == (404, "NOT_FOUND")
    assert here.get(path.removeprefix("/x")).status_code == 404


def test_a_stale_removal_is_refused(here: httpx.Client) -> None:
    answer = here.post("/x/appointment_type", json=body())
    path = f"/x/appointment_type/{answer.json()['appointment_type_id']}"
    made(here.patch(path, json={"telehealth": True}))
    assert here.delete(path, headers={"if-match": answer.headers["etag"]}).status_code == 412
