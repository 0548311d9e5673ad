"""Rosters: what they are made of, what contradicts itself, which rules keep their ids."""

from typing import Any

import pytest

from tests.api.answers import code, made, problems
from tests.api.rosters import CLOSED, MONDAY, OPEN, TUESDAY, WEDNESDAY, day, override, roster, rule
from tests.desk import Desk

PATH = "/x/roster"


def new(desk: Desk, **more: Any) -> dict[str, Any]:
    return made(desk.api.post(PATH, json=roster(**more)))


def test_a_roster_is_made_read_changed_and_removed(desk: Desk) -> None:
    lunch = rule(display_text="Lunch", bg_colour="#DDDDDD")
    online = rule(TUESDAY, columns=[2, 1], appointment_type_ids=[desk.type], types_online_only=True, **OPEN)
    body = roster(display_text="W", font_colour="#000000", rules=[lunch, online])
    one = made(desk.api.post(PATH, json=body))
    assert {name: one[name] for name in ("description", "display_text", "days")} == {
        name: body[name] for name in ("description", "display_text", "days")
    }
    assert [rule["position"] for rule in one["rules"]] == [1, 2]
    assert (one["rules"][1]["columns"], one["rules"][1]["appointment_type_ids"]) == ([1, 2], [desk.type])
    assert one["appointment_type_ids"] == [desk.type]
    path = f"{PATH}/{one['roster_id']}"
    assert made(desk.api.get(path)) == one
    listed = made(desk.api.get(PATH, params={"q[]": "description:~eek", "sort_by": "-roster_id"}))["rosters"]
    assert listed[0]["roster_id"] == one["roster_id"]
    changed = made(desk.api.patch(path, json={"online": False, "days": [day(MONDAY)], "rules": []}))
    assert (changed["online"], changed["rules"], changed["appointment_type_ids"]) == (False, [], [])
    assert desk.api.delete(path).status_code == 204
    assert desk.api.get(path).status_code == 404


def test_midnight_ends_a_day(desk: Desk) -> None:
    one = new(desk, days=[day(MONDAY, "22:00:00", "00:00:00")], rules=[rule(start="23:00:00", end="00:00:00")])
    assert one["days"] == [day(MONDAY, "22:00:00", "00:00:00")]
    ((start, end),) = desk.sql("SELECT start_minute, end_minute FROM roster_day WHERE roster_id = $1", one["roster_id"])
    assert (start, end) == (1320, 1440)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"days": [day(MONDAY, "17:00:00", "09:00:00")]}, "days.0.end_time"),
        ({"days": [day(MONDAY, "09:00:00", "09:00:00")]}, "days.0.end_time"),
        ({"days": [day(MONDAY, "00:00:00", "00:00:30")]}, "days.0.end_time"),
        ({"days": [day(MONDAY, "09:00:30")]}, "days.0.start_time"),
        ({"days": [day(MONDAY), day(TUESDAY), day(MONDAY)]}, "days.2.weekday"),
        ({"days": [day(8)]}, "days.0.weekday"),
        ({"rules": [rule(WEDNESDAY)]}, "rules.0.weekday"),
        ({"rules": [rule(), rule(start="06:00:00", end="09:00:00")]}, "rules.1.start_time"),
        ({"rules": [rule(start="17:00:00", end="00:00:00")]}, "rules.0.start_time"),
        ({"rules": [rule(start="13:00:00", end="12:00:00")]}, "rules.0.end_time"),
        ({"rules": [rule(columns=[1, 21])]}, "rules.0.columns"),
        ({"rules": [rule(columns=[0])]}, "rules.0.columns"),
        ({"rules": [rule(appointment_type_ids=[9_000_000_000])]}, "rules.0.appointment_type_ids"),
        ({"rules": [rule(types_online_only=True)]}, "rules.0.types_online_only"),
        ({"rules": [rule(roster_rule_id=1)]}, "rules.0.roster_rule_id"),
        ({"rules": [day(MONDAY)]}, "rules.0.manual"),
        ({"online": None}, "online"),
        ({"bg_colour": "red"}, "bg_colour"),
    ],
)
def test_what_contradicts_itself_is_refused_by_name(desk: Desk, wrong: dict[str, Any], field: str) -> None:
    assert field in problems(desk.api.post(PATH, json=roster(**wrong)))


def test_flags_are_never_guessed(desk: Desk) -> None:
    found = problems(desk.api.post(PATH, json={"description": "Week"}))
    assert set(found) == set(OPEN)


def test_days_that_would_leave_a_rule_behind_are_refused(desk: Desk) -> None:
    path = f"{PATH}/{new(desk, rules=[rule()])['roster_id']}"
    assert "Monday" in problems(desk.api.patch(path, json={"days": [day(TUESDAY)]}))["days"]
    afternoon = {"days": [day(MONDAY, "13:00:00")]}
    assert "rules.0" in problems(desk.api.patch(path, json=afternoon))["days"]
    assert made(desk.api.patch(path, json={**afternoon, "rules": []}))["rules"] == []


def test_rules_keep_their_ids_by_name_and_by_what_they_say(desk: Desk) -> None:
    one = new(desk, rules=[rule(), rule(TUESDAY), rule(start="15:00:00", end="16:00:00")])
    path = f"{PATH}/{one['roster_id']}"
    first, second, third = (rule["roster_rule_id"] for rule in one["rules"])
    # The second is changed under its id, the third said again without it, the first left out, another one added.
    renamed = {**one["rules"][1], "end_time": "14:00:00"}
    again = made(
        desk.api.patch(
            path,
            json={"rules": [rule(start="15:00:00", end="16:00:00"), renamed, rule(TUESDAY, "15:00:00", "16:00:00")]},
        )
    )["rules"]
    assert [rule["roster_rule_id"] for rule in again[:2]] == [third, second]
    assert again[2]["roster_rule_id"] not in (first, second, third)
    assert [rule["position"] for rule in again] == [1, 2, 3]
    assert again[1]["end_time"] == "14:00:00"


def test_an_id_is_given_once_and_only_to_a_rule_of_this_roster(desk: Desk) -> None:
    one, other = new(desk, rules=[rule()]), new(desk, rules=[rule()])
    path, kept = f"{PATH}/{one['roster_id']}", one["rules"][0]
    assert "rules.1.roster_rule_id" in problems(desk.api.patch(path, json={"rules": [kept, kept]}))
    assert "rules.0.roster_rule_id" in problems(desk.api.patch(path, json={"rules": other["rules"]}))


def test_a_roster_in_use_is_not_removed_and_keeps_its_overrides(desk: Desk) -> None:
    one = new(desk)["roster_id"]
    made(desk.api.post("/x/roster_override", json=override(one)))
    assignment = desk.new(
        "roster_assignment",
        practitioner_id=desk.practitioner(),
        business_id=desk.business,
        roster_id=one,
        start_date="2026-01-01",
    )
    assert code(desk.api.delete(f"{PATH}/{one}")) == (409, "IN_USE")
    assert made(desk.api.get(f"{PATH}/{one}/roster_override"))["total_entries"] == 1
    assert desk.api.delete(f"/x/roster_assignment/{assignment}").status_code == 204
    assert desk.api.delete(f"{PATH}/{one}").status_code == 204
    assert made(desk.api.get("/x/roster_override", params={"q[]": f"roster_id:={one}"}))["total_entries"] == 0


def test_a_type_that_a_rule_names_is_in_use(desk: Desk) -> None:
    kind = desk.type_of()
    new(desk, rules=[rule(appointment_type_ids=[kind])])
    assert code(desk.api.delete(f"/x/appointment_type/{kind}")) == (409, "IN_USE")


def test_a_copy_has_days_rules_and_overrides_of_its_own(desk: Desk) -> None:
    one = new(desk, rules=[rule(appointment_type_ids=[desk.type])])
    path = f"{PATH}/{one['roster_id']}"
    first = made(desk.api.post("/x/roster_override", json=override(one["roster_id"], appointment_type_ids=[desk.type])))
    second = made(desk.api.post("/x/roster_override", json=override(one["roster_id"], rank=1, **CLOSED)))
    copy = made(desk.api.post(f"{path}/copy", json={}))
    assert (copy["description"], copy["days"]) == ("Week (copy)", one["days"])
    assert [{**rule, "roster_rule_id": 0} for rule in copy["rules"]] == [
        {**rule, "roster_rule_id": 0} for rule in one["rules"]
    ]
    assert copy["rules"][0]["roster_rule_id"] != one["rules"][0]["roster_rule_id"]
    assert copy["appointment_type_ids"] == [desk.type]
    listed = made(desk.api.get(f"{PATH}/{copy['roster_id']}/roster_override?sort_by=rank"))["roster_overrides"]
    assert [(row["rank"], row["appointment_type_ids"], row["online"]) for row in listed] == [
        (1, [], False),
        (2, [desk.type], True),
    ]
    assert {row["roster_override_id"] for row in listed}.isdisjoint(
        {first["roster_override_id"], second["roster_override_id"]}
    )
    assert made(desk.api.post(f"{path}/copy", json={"description": "Summer"}))["description"] == "Summer"
    assert "descripton" in problems(desk.api.post(f"{path}/copy", json={"descripton": "Summer"}))


def test_a_long_name_is_cut_for_its_copy(desk: Desk) -> None:
    one = new(desk, description="W" * 100)
    copy = made(desk.api.post(f"{PATH}/{one['roster_id']}/copy", json={}))
    assert copy["description"] == "W" * 93 + " (copy)"
