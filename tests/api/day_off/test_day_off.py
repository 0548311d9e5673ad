"""Days off: of businesses, of practitioners, of somebody at least."""

from typing import Any

import pytest

from tests.api.answers import made, problems
from tests.desk import Desk

PATH = "/x/day_off"
LEAVE = {"description": "Leave", "start_date": "2026-03-09", "end_date": "2026-03-13"}


def test_a_day_off_is_made_found_changed_and_removed(desk: Desk) -> None:
    who = desk.practitioner()
    one = made(desk.api.post(PATH, json={**LEAVE, "practitioner_ids": [who]}))
    assert (one["practitioner_ids"], one["business_ids"]) == ([who], [])
    path = f"{PATH}/{one['day_off_id']}"
    assert made(desk.api.get(path)) == one
    wanted = [("q[]", f"practitioner_id:={who}"), ("q[]", "end_date:>=2026-03-13"), ("q[]", "start_date:<=2026-03-13")]
    assert [row["day_off_id"] for row in made(desk.api.get(PATH, params=wanted))["days_off"]] == [one["day_off_id"]]
    assert made(desk.api.get(PATH, params=[*wanted, ("q[]", f"business_id:={desk.business}")]))["total_entries"] == 0
    moved = made(desk.api.patch(path, json={"practitioner_ids": [], "business_ids": [desk.business]}))
    assert (moved["practitioner_ids"], moved["business_ids"]) == ([], [desk.business])
    assert desk.api.delete(path).status_code == 204
    assert desk.api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "business_ids"),
        ({"business_ids": [], "practitioner_ids": []}, "practitioner_ids"),
        ({"business_ids": [9_000_000_000]}, "business_ids"),
        ({"practitioner_ids": [9_000_000_000]}, "practitioner_ids"),
        ({"end_date": "2026-03-08"}, "end_date"),
        ({"end_date": None}, "end_date"),
        ({"description": " "}, "description"),
    ],
)
def test_what_cannot_be_is_refused_by_name(desk: Desk, wrong: dict[str, Any], field: str) -> None:
    assert field in problems(desk.api.post(PATH, json={**LEAVE, **wrong}))


def test_the_last_one_named_stays(desk: Desk) -> None:
    path = f"{PATH}/{made(desk.api.post(PATH, json={**LEAVE, 'business_ids': [desk.business]}))['day_off_id']}"
    assert "business_ids" in problems(desk.api.patch(path, json={"business_ids": []}))
    assert "end_date" in problems(desk.api.patch(path, json={"end_date": "2026-03-08"}))
