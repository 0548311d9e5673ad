"""What a calendar draws of a practitioner: open spans with what decides them, and the entries."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from tests.api.answers import code, made
from tests.api.rosters import CLOSED, MONDAY, OPEN, day, override, rule
from tests.cast import Cast
from tests.desk import Desk

A_MONDAY, A_TUESDAY, A_SUNDAY = "2026-03-02", "2026-03-03", "2026-03-08"


def shown(api: httpx.Client, who: int, first: str = A_MONDAY, last: str = A_MONDAY) -> list[dict[str, Any]]:
    answer = made(api.get(f"/x/practitioner/{who}/diary", params={"from": first, "to": last}))
    assert (answer["practitioner_id"], answer["from"], answer["to"]) == (who, first, last)
    return list(answer["days"])


def spans(one: dict[str, Any], column: int = 1) -> list[tuple[str, str, str | None]]:
    """From, to and what decides."""
    found = next(each for each in one["columns"] if each["column_number"] == column)["spans"]
    return [(span["start_time"][:5], span["end_time"][:5], span["decided_by"]) for span in found]


@pytest.fixture
def who(desk: Desk) -> int:
    return desk.practitioner(columns=2, both=False)


@pytest.fixture
def roster(desk: Desk, who: int) -> dict[str, Any]:
    """Mondays from nine to five with lunch in the first column."""
    lunch = rule(columns=[1], display_text="Lunch", bg_colour="#DDDDDD")
    made_roster = made(
        desk.api.post("/x/roster", json={"description": "R", **OPEN, "days": [day(MONDAY)], "rules": [lunch]})
    )
    place = {"practitioner_id": who, "business_id": desk.business, "roster_id": made_roster["roster_id"]}
    assignment = desk.new("roster_assignment", **place, start_date="2026-01-01", end_date="2026-12-31")
    return {**made_roster, "roster_assignment_id": assignment}


def test_spans_are_cut_where_another_thing_decides(desk: Desk, who: int, roster: dict[str, Any]) -> None:
    path = {"start_date": A_MONDAY, "start_time": "16:00:00", "end_time": "18:00:00"}
    late = made(desk.api.post("/x/roster_override", json=override(roster["roster_id"], **path, **{"online": False})))
    (one,) = shown(desk.api, who)
    assert (one["date"], one["business_id"], one["opens"], one["closes"]) == (
        A_MONDAY,
        desk.business,
        "08:00:00",
        "18:00:00",
    )
    assert (one["roster_id"], one["roster_assignment_id"]) == (roster["roster_id"], roster["roster_assignment_id"])
    assert spans(one) == [
        ("09:00", "12:00", "roster"),
        ("12:00", "13:00", "roster_rule"),
        ("13:00", "16:00", "roster"),
        ("16:00", "18:00", "roster_override"),
    ]
    assert spans(one, 2) == [("09:00", "16:00", "roster"), ("16:00", "18:00", "roster_override")]
    lunch, evening = one["columns"][0]["spans"][1], one["columns"][0]["spans"][3]
    assert (lunch["id"], lunch["display_text"], lunch["bg_colour"]) == (
        roster["rules"][0]["roster_rule_id"],
        "Lunch",
        "#DDDDDD",
    )
    assert {name: lunch[name] for name in CLOSED} == CLOSED
    assert (evening["id"], evening["manual"], evening["online"]) == (late["roster_override_id"], True, False)


def test_types_that_a_rule_names_are_told(desk: Desk, who: int, roster: dict[str, Any]) -> None:
    own = rule(appointment_type_ids=[desk.type], types_online_only=True, **OPEN)
    made(desk.api.patch(f"/x/roster/{roster['roster_id']}", json={"rules": [own]}))
    span = shown(desk.api, who)[0]["columns"][1]["spans"][1]
    assert (span["appointment_type_ids"], span["types_online_only"]) == ([desk.type], True)


def test_without_a_roster_staff_book_in_the_hours_of_the_business(desk: Desk) -> None:
    who = desk.practitioner()
    north, south = shown(desk.api, who)
    assert (spans(north), north["roster_id"]) == ([("08:00", "18:00", None)], None)
    assert north["columns"][0]["spans"][0]["manual"]
    assert not north["columns"][0]["spans"][0]["online"]
    # Open all day: until the midnight that ends it.
    assert spans(south) == [("00:00", "00:00", None)]


def test_what_closes_a_day_is_named(desk: Desk, who: int, roster: dict[str, Any]) -> None:
    leave = {"description": "Leave", "start_date": A_TUESDAY, "end_date": A_TUESDAY, "practitioner_ids": [who]}
    row_id = desk.new("day_off", **leave)
    days = {one["date"]: one for one in shown(desk.api, who, A_MONDAY, A_SUNDAY)}
    assert len(days) == 7
    assert days[A_MONDAY]["closed_by"] == []
    assert days[A_TUESDAY]["closed_by"] == [{"kind": "day_off", "of": "day_off", "id": row_id, "description": "Leave"}]
    assert [one["kind"] for one in days[A_SUNDAY]["closed_by"]] == ["closed_weekday"]
    assert spans(days[A_TUESDAY]) == spans(days[A_SUNDAY]) == spans(days["2026-03-04"]) == []


def test_entries_of_every_kind_are_there_with_what_is_drawn(desk: Desk, who: int) -> None:
    room, patient = desk.resource(), desk.patient()
    visit = desk.book(who, f"{A_MONDAY}T09:00:00", client_id=patient, resource_ids=[room], column_number=2)
    hold = desk.hold(who, f"{A_MONDAY}T10:00:00")
    group = desk.group(who, f"{A_MONDAY}T11:00:00")
    body = desk.space(who, f"{A_MONDAY}T12:00:00", description="Meeting", bg_colour="#123456")
    note = made(desk.api.post("/note", json=body))["appointment_id"]
    cancelled = desk.book(who, f"{A_MONDAY}T15:00:00")["appointment_id"]
    assert desk.api.post(f"/appointment/{cancelled}/cancel", json={}).status_code == 204
    lapsed = desk.hold(who, f"{A_MONDAY}T16:00:00")
    desk.lapse(lapsed)
    (one,) = shown(desk.api, who)
    found = {entry["appointment_id"]: entry for entry in one["entries"]}
    assert list(found) == [visit["appointment_id"], hold, group, note]
    drawn = found[visit["appointment_id"]]
    surname = made(desk.api.get(f"/patient/{patient}"))["surname"]
    assert (drawn["client_id"], drawn["client_name"], drawn["appointment_type"]) == (patient, f"Kim {surname}", "V")
    assert (drawn["appointment_status"], drawn["column_number"], drawn["resource_ids"]) == ("Booked", 2, [room])
    assert [found[row]["category"] for row in (hold, group, note)] == ["Reserved", "Group", "Note"]
    assert found[hold]["expires_at"]
    assert (found[group]["current_class_size"], found[group]["max_class_size"]) == (0, 3)
    assert (found[note]["description"], found[note]["bg_colour"]) == ("Meeting", "#123456")


def test_an_entry_over_midnight_is_in_both_days(desk: Desk) -> None:
    who = desk.practitioner()
    late = desk.space(who, f"{A_MONDAY}T23:30:00", business_id=desk.other_business, duration=60)
    row_id = made(desk.api.post("/note", json={**late, "description": "Night"}))["appointment_id"]
    for each in (A_MONDAY, A_TUESDAY):
        (one,) = [one for one in shown(desk.api, who, each, each) if one["business_id"] == desk.other_business]
        assert [entry["appointment_id"] for entry in one["entries"]] == [row_id]
    assert [one["entries"] for one in shown(desk.api, who, "2026-03-04", "2026-03-04")] == [[], []]


def test_entries_where_nobody_works_any_more_are_shown(desk: Desk, who: int) -> None:
    row_id = desk.book(who, f"{A_MONDAY}T09:00:00")["appointment_id"]
    made(desk.api.patch(f"/x/practitioner/{who}", json={"businesses": []}))
    (one,) = shown(desk.api, who)
    assert (one["closed_by"][0]["kind"], one["columns"]) == ("works_elsewhere", [])
    assert [entry["appointment_id"] for entry in one["entries"]] == [row_id]


def test_a_key_without_the_book_sees_times_and_kinds_alone(desk: Desk, who: int, roster: dict[str, Any]) -> None:
    desk.book(who, f"{A_MONDAY}T09:00:00")
    leave = {"description": "Operation", "start_date": A_TUESDAY, "end_date": A_TUESDAY, "practitioner_ids": [who]}
    desk.new("day_off", **leave)
    with desk.key("available_appointment:read") as narrow:
        monday, tuesday = shown(narrow, who, A_MONDAY, A_TUESDAY)
    assert set(monday["entries"][0]) == {
        *("appointment_id", "app_time", "practitioner_id", "business_id", "duration", "column_number", "width"),
        "category",
    }
    lunch = monday["columns"][0]["spans"][1]
    assert (lunch["decided_by"], lunch["display_text"], lunch["bg_colour"]) == ("roster_rule", None, None)
    assert tuesday["closed_by"][0]["description"] is None


def test_an_answer_that_is_known_is_not_sent_again(desk: Desk, who: int) -> None:
    path, asked = f"/x/practitioner/{who}/diary", {"from": A_MONDAY, "to": A_MONDAY}
    etag = desk.api.get(path, params=asked).headers["etag"]
    assert desk.api.get(path, params=asked, headers={"if-none-match": etag}).status_code == 304
    desk.book(who, f"{A_MONDAY}T09:00:00")
    assert desk.api.get(path, params=asked, headers={"if-none-match": etag}).status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "2026-03-02", "to": "2026-03-10"},
        {"from": "2026-03-02", "to": "2026-03-01"},
        {"from": "9999-12-31"},
        {"from": "0001-01-01"},
        {"day": "2026-03-02"},
    ],
)
def test_what_cannot_be_asked_is_400(desk: Desk, who: int, asked: dict[str, str]) -> None:
    assert code(desk.api.get(f"/x/practitioner/{who}/diary", params=asked)) == (400, "INVALID_PARAMS")


def test_nobody_is_404(desk: Desk) -> None:
    assert code(desk.api.get("/x/practitioner/9000000000/diary")) == (404, "NOT_FOUND")


def test_the_open_time_of_the_demo_is_what_the_search_offers(cast: Cast, here: httpx.Client) -> None:
    """Where a start is offered the diary is open, and nothing lies there."""
    clock = made(here.get("/x/practitioner/1/diary"))
    first = date.fromisoformat(clock["from"])
    types = made(here.get("/appointment_type", params={"page_size": 200}))["appointment_types"]
    compared = 0
    for who in (1, 2, 4, 11):
        (kind,) = [one for one in types if one["description"] == ("Standard Podiatry" if who == 11 else STANDARD)]
        asked = {"from": first + timedelta(days=1), "to": first + timedelta(days=6), "practitioner_ids": who}
        for flag in ("manual", "online"):
            params = {**asked, "appointment_type_id": kind["appointment_type_id"], flag: "true", "page_size": 200}
            diary = {(one["date"], one["business_id"]): one for one in shown_from(here, who, first)}
            for start in made(here.get("/available_appointments", params=params))["available_times"]:
                one = diary[start["app_time"][:10], start["business_id"]]
                assert is_open(one, start, flag), (one, start)
                compared += 1
    assert compared > 200


STANDARD = "Standard Physiotherapy"


def shown_from(api: httpx.Client, who: int, first: date) -> list[dict[str, Any]]:
    return shown(api, who, f"{first}", f"{first + timedelta(days=6)}")


def is_open(one: dict[str, Any], start: dict[str, Any], flag: str) -> bool:
    """Every five minutes of it lie in a span with the flag, and in no entry of the column."""
    first = minute(start["app_time"][11:])
    column = next(each for each in one["columns"] if each["column_number"] == start["column_number"])
    taken = [
        (minute(entry["app_time"][11:]), entry["duration"])
        for entry in one["entries"]
        if entry["column_number"] <= start["column_number"] < entry["column_number"] + entry["width"]
    ]
    for at in range(first, first + start["duration"], 5):
        deciding = [
            span for span in column["spans"] if minute(span["start_time"]) <= at < (minute(span["end_time"]) or 1440)
        ]
        if len(deciding) != 1 or not deciding[0][flag]:
            return False
        if any(begins <= at < begins + minutes for begins, minutes in taken):
            return False
    return True


def minute(label: str) -> int:
    return int(label[:2]) * 60 + int(label[3:5])
