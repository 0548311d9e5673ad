"""Assignments: one roster a day for a practitioner at a business."""

from typing import Any

import pytest

from tests.api.answers import made, problems
from tests.api.rosters import roster
from tests.desk import Desk
from tests.diary.test_race import CLIENTS, race

PATH = "/x/roster_assignment"


@pytest.fixture(scope="module")
def roster_id(desk: Desk) -> int:
    return int(made(desk.api.post("/x/roster", json=roster()))["roster_id"])


@pytest.fixture
def body(desk: Desk, roster_id: int) -> dict[str, Any]:
    place = {"practitioner_id": desk.practitioner(), "business_id": desk.business}
    return {**place, "roster_id": roster_id, "start_date": "2026-03-01", "end_date": "2026-03-31"}


def test_an_assignment_is_made_read_changed_and_removed(desk: Desk, body: dict[str, Any]) -> None:
    one = made(desk.api.post(PATH, json=body))
    path = f"{PATH}/{one['roster_assignment_id']}"
    assert made(desk.api.get(path)) == one
    assert {name: one[name] for name in body} == body
    listed = made(desk.api.get(PATH, params={"q[]": f"practitioner_id:={body['practitioner_id']}"}))
    assert listed["roster_assignments"][0]["roster_assignment_id"] == one["roster_assignment_id"]
    assert made(desk.api.get(f"/x/roster/{body['roster_id']}/roster_assignment"))["total_entries"] >= 1
    assert made(desk.api.patch(path, json={"end_date": None}))["end_date"] is None
    assert desk.api.delete(path).status_code == 204


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"end_date": "2026-02-28"}, "end_date"),
        ({"start_date": "0999-01-01"}, "start_date"),
        ({"business_id": 9_000_000_000}, "business_id"),
        ({"practitioner_id": 9_000_000_000}, "practitioner_id"),
        ({"roster_id": 9_000_000_000}, "roster_id"),
    ],
)
def test_what_cannot_be_is_refused_by_name(desk: Desk, body: dict[str, Any], wrong: dict[str, Any], field: str) -> None:
    assert field in problems(desk.api.post(PATH, json={**body, **wrong}))


def test_a_business_where_the_practitioner_does_not_work_is_refused(desk: Desk, body: dict[str, Any]) -> None:
    body["practitioner_id"] = desk.practitioner(both=False)
    assert "works" in problems(desk.api.post(PATH, json={**body, "business_id": desk.other_business}))["business_id"]
    one = made(desk.api.post(PATH, json=body))["roster_assignment_id"]
    assert "business_id" in problems(desk.api.patch(f"{PATH}/{one}", json={"business_id": desk.other_business}))


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        ("2026-03-31", None, "start_date"),
        ("2026-03-10", "2026-03-20", "start_date"),
        ("2026-03-01", "2026-03-01", "start_date"),
        ("2026-02-01", "2026-03-01", "end_date"),
        ("2026-02-01", None, "end_date"),
        ("2026-04-01", None, None),
        ("2026-02-01", "2026-02-28", None),
    ],
)
def test_no_two_have_a_date_in_common(
    desk: Desk, body: dict[str, Any], start: str, end: str | None, field: str | None
) -> None:
    one = made(desk.api.post(PATH, json=body))["roster_assignment_id"]
    answer = desk.api.post(PATH, json={**body, "start_date": start, "end_date": end})
    if field is None:
        assert made(answer)
    else:
        assert f"roster assignment {one}" in problems(answer)[field]
        elsewhere = {**body, "business_id": desk.other_business, "start_date": start, "end_date": end}
        assert made(desk.api.post(PATH, json=elsewhere))


def test_an_open_end_holds_for_ever_and_a_move_is_held_against_others(desk: Desk, body: dict[str, Any]) -> None:
    first = made(desk.api.post(PATH, json={**body, "end_date": None}))["roster_assignment_id"]
    later = {**body, "start_date": "2030-01-01", "end_date": None}
    assert "until further notice" in problems(desk.api.post(PATH, json=later))["start_date"]
    made(desk.api.patch(f"{PATH}/{first}", json={"end_date": "2029-12-31"}))
    second = made(desk.api.post(PATH, json=later))["roster_assignment_id"]
    assert "end_date" in problems(desk.api.patch(f"{PATH}/{first}", json={"end_date": "2030-01-01"}))
    assert "start_date" in problems(desk.api.patch(f"{PATH}/{second}", json={"start_date": "2029-12-31"}))
    assert made(desk.api.patch(f"{PATH}/{second}", json={"start_date": "2030-02-01"}))


def test_of_many_at_once_one_wins(desk: Desk, body: dict[str, Any]) -> None:
    requests = [("POST", PATH, {**body, "start_date": f"2026-03-{1 + n % 20:02}"}) for n in range(CLIENTS)]
    assert race(desk, requests) == {201: 1, 422: CLIENTS - 1}


def test_of_many_moves_into_one_time_one_wins(desk: Desk, body: dict[str, Any]) -> None:
    """Each has a month of its own at first."""
    months = [f"{2027 + n // 12}-{1 + n % 12:02}" for n in range(CLIENTS)]
    paths = [
        f"{PATH}/{made(desk.api.post(PATH, json={**body, 'start_date': f'{m}-01', 'end_date': f'{m}-28'}))[key]}"
        for m in months
        for key in ("roster_assignment_id",)
    ]
    wanted = {"start_date": "2026-05-01", "end_date": "2026-05-31"}
    assert race(desk, [("PATCH", path, wanted) for path in paths]) == {200: 1, 422: CLIENTS - 1}


def test_the_database_has_the_last_word(desk: Desk, body: dict[str, Any]) -> None:
    made(desk.api.post(PATH, json=body))
    sql = (
        "INSERT INTO roster_assignment (tenant_id, practitioner_id, business_id, roster_id, start_date) "
        "VALUES ($1, $2, $3, $4, '2026-03-31')"
    )
    names = ("practitioner_id", "business_id", "roster_id")
    with pytest.raises(Exception, match="roster_assignment_start_date_key"):
        desk.sql(sql, desk.clinic.tenant_id, *(body[name] for name in names))


def test_a_practitioner_with_a_roster_is_in_use(desk: Desk, body: dict[str, Any]) -> None:
    made(desk.api.post(PATH, json=body))
    assert desk.api.delete(f"/x/practitioner/{body['practitioner_id']}").status_code == 409
