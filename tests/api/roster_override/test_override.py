"""Overrides: what contradicts itself, and ranks that nobody shares."""

from collections.abc import Iterable
from typing import Any

import pytest

from tests.api.answers import made, problems
from tests.api.rosters import FRIDAY, MONDAY, TUESDAY, override, roster
from tests.desk import Desk
from tests.diary.test_race import CLIENTS, race

PATH = "/x/roster_override"
FRIDAYS = {"repeat": "weekly", "weekdays": [FRIDAY]}


@pytest.fixture
def roster_id(desk: Desk) -> int:
    return int(made(desk.api.post("/x/roster", json=roster()))["roster_id"])


def new(desk: Desk, roster_id: int, **more: Any) -> dict[str, Any]:
    return made(desk.api.post(PATH, json=override(roster_id, **more)))


def ranked(desk: Desk, roster_id: int) -> list[tuple[int, str]]:
    rows = made(desk.api.get(f"/x/roster/{roster_id}/roster_override?sort_by=rank"))["roster_overrides"]
    return [(row["rank"], row["display_text"]) for row in rows]


def in_a_row(desk: Desk, roster_id: int, names: Iterable[str]) -> dict[str, str]:
    """Overrides of these names, ranked 1, 2, 3 ...; the path of each."""
    return {name: f"{PATH}/{new(desk, roster_id, display_text=name)['roster_override_id']}" for name in names}


def test_an_override_is_made_read_changed_and_removed(desk: Desk, roster_id: int) -> None:
    repeat = {"repeat": "monthly", "start_date": "2026-03-01", "end_date": "2026-12-31", "weekdays": [FRIDAY], "nth": 1}
    one = new(desk, roster_id, **repeat, columns=[2], appointment_type_ids=[desk.type], types_online_only=True)
    assert {name: one[name] for name in repeat} == repeat
    assert (one["rank"], one["every"], one["columns"], one["appointment_type_ids"]) == (1, 1, [2], [desk.type])
    path = f"{PATH}/{one['roster_override_id']}"
    assert made(desk.api.get(path)) == one
    changed = made(desk.api.patch(path, json={"repeat": "once", "end_date": None, "weekdays": [], "nth": None}))
    assert (changed["repeat"], changed["weekdays"]) == ("once", [])
    assert desk.api.delete(path).status_code == 204
    assert desk.api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"repeat": "weekly"}, "weekdays"),
        ({"repeat": "monthly", "nth": 1}, "weekdays"),
        ({"repeat": "monthly", "weekdays": [MONDAY]}, "nth"),
        ({"repeat": "weekly", "weekdays": [MONDAY], "nth": 1}, "nth"),
        ({"repeat": "daily", "weekdays": [MONDAY]}, "weekdays"),
        ({"weekdays": [MONDAY]}, "weekdays"),
        ({"repeat": "weekly", "weekdays": [0]}, "weekdays"),
        ({"end_date": "2026-03-03"}, "end_date"),
        ({"every": 2}, "every"),
        ({"repeat": "daily", "every": 53}, "every"),
        ({"repeat": "daily", "end_date": "2026-03-02"}, "end_date"),
        ({"repeat": "fortnightly"}, "repeat"),
        ({"repeat": "monthly", "weekdays": [MONDAY], "nth": 6}, "nth"),
        # From a Tuesday to the Sunday after there is no Monday; no fifth Monday in one month.
        ({"repeat": "weekly", "weekdays": [MONDAY], "end_date": "2026-03-08"}, "end_date"),
        ({"repeat": "monthly", "weekdays": [TUESDAY], "nth": 5, "end_date": "2026-03-30"}, "end_date"),
        # A fifth Friday of a February is in leap years alone.
        (
            {"repeat": "monthly", "weekdays": [FRIDAY], "nth": 5, "start_date": "2027-02-01", "every": 24},
            "start_date",
        ),
        ({"start_date": "9999-12-31"}, "start_date"),
        ({"end_time": "09:00:00"}, "end_time"),
        ({"end_time": "11:00:01"}, "end_time"),
        ({"columns": [21]}, "columns"),
        ({"types_online_only": True}, "types_online_only"),
        ({"appointment_type_ids": [9_000_000_000]}, "appointment_type_ids"),
        ({"roster_id": 9_000_000_000}, "roster_id"),
        ({"rank": 0}, "rank"),
        ({"online": None}, "online"),
    ],
)
def test_what_contradicts_itself_is_refused_by_name(
    desk: Desk, roster_id: int, wrong: dict[str, Any], field: str
) -> None:
    assert field in problems(desk.api.post(PATH, json={**override(roster_id), **wrong}))


def test_a_change_is_held_against_what_is_there(desk: Desk, roster_id: int) -> None:
    path = f"{PATH}/{new(desk, roster_id, **FRIDAYS)['roster_override_id']}"
    assert "end_date" in problems(desk.api.patch(path, json={"end_date": "2026-03-05"}))
    assert "weekdays" in problems(desk.api.patch(path, json={"repeat": "once"}))
    assert "nth" in problems(desk.api.patch(path, json={"repeat": "monthly"}))
    assert "end_time" in problems(desk.api.patch(path, json={"start_time": "12:00:00"}))


def test_it_stays_in_its_roster(desk: Desk, roster_id: int) -> None:
    one = new(desk, roster_id)
    path, other = f"{PATH}/{one['roster_override_id']}", made(desk.api.post("/x/roster", json=roster()))["roster_id"]
    assert "roster_id" in problems(desk.api.patch(path, json={"roster_id": other}))
    assert made(desk.api.patch(path, json={"roster_id": roster_id}))["roster_id"] == roster_id


def test_a_new_one_is_the_last_or_takes_the_place_it_names(desk: Desk, roster_id: int) -> None:
    in_a_row(desk, roster_id, "abc")
    new(desk, roster_id, display_text="new", rank=2)
    assert ranked(desk, roster_id) == [(1, "a"), (2, "new"), (3, "b"), (4, "c")]
    new(desk, roster_id, display_text="far", rank=9)
    assert ranked(desk, roster_id)[-1] == (9, "far")


@pytest.mark.parametrize(
    ("moved", "rank", "order"),
    [("d", 2, "adbc"), ("a", 3, "bcad"), ("a", 4, "bcda"), ("d", 1, "dabc"), ("b", 2, "abcd"), ("b", 7, "acdb")],
)
def test_one_that_is_moved_makes_the_others_move_over(
    desk: Desk, roster_id: int, moved: str, rank: int, order: str
) -> None:
    paths = in_a_row(desk, roster_id, "abcd")
    before = {name: made(desk.api.get(path)) for name, path in paths.items()}
    versions = {name: desk.api.get(path).headers["etag"] for name, path in paths.items()}
    assert made(desk.api.patch(paths[moved], json={"rank": rank}))["rank"] == rank
    found = ranked(desk, roster_id)
    assert "".join(name for _, name in found) == order
    assert {name: place for place, name in found}[moved] == rank
    for name, path in paths.items():
        changed = made(desk.api.get(path))["rank"] != before[name]["rank"]
        assert (desk.api.get(path).headers["etag"] != versions[name]) == (changed or name == moved)


def test_who_moves_over_is_in_the_audit(desk: Desk, roster_id: int) -> None:
    paths = in_a_row(desk, roster_id, "ab")
    made(desk.api.patch(paths["b"], json={"rank": 1}))
    row = int(paths["a"].rpartition("/")[2])
    sql = "SELECT changes FROM audit_event WHERE resource = 'roster_override' AND resource_id = $1 ORDER BY 1"
    assert '{"rank": [1, 2]}' in [record[0] for record in desk.sql(sql, row)]


def test_many_at_one_rank_each_get_their_own(desk: Desk, roster_id: int) -> None:
    found = race(desk, [("POST", PATH, override(roster_id, rank=1)) for _ in range(CLIENTS)])
    assert found == {201: CLIENTS}
    assert [rank for rank, _ in ranked(desk, roster_id)] == list(range(1, CLIENTS + 1))


def test_moves_inserts_and_removals_at_once_never_wait_in_a_circle(desk: Desk, roster_id: int) -> None:
    paths = list(in_a_row(desk, roster_id, "abcdefgh").values())
    requests = [("PATCH", paths[n % 6], {"rank": 1 + n % 8}) for n in range(CLIENTS // 2)]
    requests += [("POST", PATH, override(roster_id, rank=1 + n % 8)) for n in range(CLIENTS // 4)]
    requests += [("DELETE", path, {}) for path in paths[6:]]
    found = race(desk, requests)
    assert found == {200: CLIENTS // 2, 201: CLIENTS // 4, 204: 2}
    ranks = [rank for rank, _ in ranked(desk, roster_id)]
    assert len(set(ranks)) == len(ranks) == 6 + CLIENTS // 4
