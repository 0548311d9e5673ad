"""A business's hours, interval and work week: writable by the extension, not in the published object."""

from typing import Any

import httpx
import pytest

from tests.api.answers import all_rows, code, made, problems


def body(**more: Any) -> dict[str, Any]:
    return {"business_name": "Harbour Clinic (sample)", "display_name": "Harbour", **more}


def test_a_new_one_is_open_on_weekdays_in_quarters_of_an_hour(here: httpx.Client) -> None:
    one = made(here.post("/x/business", json=body()))
    assert (one["interval_minutes"], one["work_week"]) == (15, [1, 2, 3, 4, 5])
    published = made(here.get(f"/business/{one['business_id']}"))
    assert not {"interval_minutes", "work_week"} & set(published)
    after = made(here.patch(f"/x/business/{one['business_id']}", json={"work_week": [7, 6, 6], "interval_minutes": 20}))
    assert (after["interval_minutes"], after["work_week"]) == (20, [6, 7])
    assert here.delete(f"/x/business/{one['business_id']}").status_code == 204


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"interval_minutes": 7}, "interval_minutes"),
        ({"work_week": [0]}, "work_week"),
        ({"work_week": [1, 8]}, "work_week"),
        ({"work_week": ["Monday"]}, "work_week"),
        ({"work_week": None}, "work_week"),
        ({"appointment_start_time": "08:00", "appointment_end_time": "08:00"}, "appointment_end_time"),
        ({"appointment_start_time": "25:00"}, "appointment_start_time"),
    ],
)
def test_hours_and_week_make_sense(here: httpx.Client, wrong: dict[str, Any], field: str) -> None:
    assert list(problems(here.post("/x/business", json=body(**wrong)))) == [field]


def test_an_end_is_held_against_the_start_that_stands(here: httpx.Client) -> None:
    hours = {"appointment_start_time": "08:00:00", "appointment_end_time": "18:00:00"}
    one = made(here.post("/x/business", json=body(**hours)))
    path = f"/x/business/{one['business_id']}"
    assert list(problems(here.patch(path, json={"appointment_end_time": "07:30:00"}))) == ["appointment_end_time"]
    assert list(problems(here.patch(path, json={"appointment_start_time": "18:00:00"}))) == ["appointment_end_time"]
    assert made(here.patch(path, json={"appointment_end_time": None}))["appointment_end_time"] is None
    assert here.delete(path).status_code == 204


def test_a_used_one_can_only_be_archived(here: httpx.Client) -> None:
    used = all_rows(here, "/business", "businesses")[0]["business_id"]
    assert code(here.delete(f"/x/business/{used}")) == (409, "IN_USE")
    assert made(here.get(f"/business/{used}"))["archive"] is False
