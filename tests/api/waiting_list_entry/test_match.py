"""Free times for somebody who waits: what the search finds for the waiting list, and of it what the entry wants."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.api.answers import code, made
from tests.api.rosters import CLOSED, OPEN, day, rule
from tests.desk import ZONE, Desk
from tests.waiting import until

PATH = "/x/waiting_list_entry"
WEEK = range(1, 6)


def today() -> date:
    return datetime.now(ZoneInfo(ZONE)).date()


@pytest.fixture
def monday() -> date:
    """Far enough ahead that nothing of it is over."""
    return today() + timedelta(days=14 - today().weekday())


@pytest.fixture
def who(desk: Desk) -> int:
    """Somebody open to the waiting list from nine to five, but not at noon, and not on Fridays."""
    who = desk.practitioner(columns=2)
    days = [day(weekday) for weekday in WEEK]
    rules = [rule(weekday) for weekday in WEEK] + [rule(5, "09:00:00", "17:00:00", **{**CLOSED, "manual": True})]
    roster = desk.new("roster", description="Waiting", **OPEN, days=days, rules=rules)
    desk.new(
        "roster_assignment",
        practitioner_id=who,
        business_id=desk.business,
        roster_id=roster,
        start_date="2020-01-01",
    )
    return who


def waits(desk: Desk, who: int, **more: Any) -> int:
    body = {"client_id": desk.client, "appointment_type_id": desk.type, "practitioner_ids": [who], **more}
    return desk.new("waiting_list_entry", **body)


def matched(desk: Desk, entry: int, **params: Any) -> list[dict[str, Any]]:
    """All pages."""
    url: str | None = f"{PATH}/{entry}/match"
    found: list[dict[str, Any]] = []
    while url:
        page = made(desk.api.get(url, params={name: str(value) for name, value in params.items()} or None))
        found += page["available_times"]
        url, params = page["links"].get("next"), {}
    assert len(found) == page["total_entries"]
    return found


def searched(desk: Desk, who: int, first: date, last: date, **more: Any) -> list[dict[str, Any]]:
    params = {
        **{"from": first, "to": last, "appointment_type_id": desk.type, "practitioner_ids": who},
        **{"waiting_list": "true", "client_id": desk.client, "page_size": 200, **more},
    }
    found, page = [], 1
    while True:
        rows = made(desk.api.get("/available_appointments", params={**params, "page": page}))["available_times"]
        if not rows:
            return found
        found, page = found + rows, page + 1


def test_they_are_those_of_the_search_for_the_waiting_list(desk: Desk, who: int, monday: date) -> None:
    entry, last = waits(desk, who), monday + timedelta(days=6)
    made(desk.api.post("/appointment", json=desk.visit(who, f"{monday}T10:00:00")))
    found = matched(desk, entry, **{"from": monday, "to": last, "page_size": 37})
    assert found == searched(desk, who, monday, last)
    starts = {one["app_time"] for one in found if one["column_number"] == 1}
    assert f"{monday}T09:00:00" in starts
    assert not {f"{monday}T10:00:00", f"{monday}T11:45:00", f"{monday + timedelta(days=4)}T09:00:00"} & starts


def test_times_of_the_week_hold_the_whole_time(desk: Desk, who: int, monday: date) -> None:
    times = [
        {"weekday": 1, "start_time": "09:10:00", "end_time": "10:30:00"},
        {"weekday": 1, "start_time": "10:30:00", "end_time": "11:00:00"},
        {"weekday": 3, "start_time": "16:00:00", "end_time": "23:59:59"},
    ]
    last = monday + timedelta(days=6)
    found = matched(desk, waits(desk, who, times=times), **{"from": monday, "to": last})

    def fits(one: dict[str, Any]) -> bool:
        start = datetime.fromisoformat(one["app_time"])
        end = start + timedelta(minutes=30)
        of_monday = (start.isoweekday(), f"{start:%H:%M}" >= "09:10", f"{end:%H:%M}" <= "11:00") == (1, True, True)
        return of_monday or (start.isoweekday() == 3 and start.hour >= 16)

    assert found == [one for one in searched(desk, who, monday, last) if fits(one)]
    assert {one["app_time"][11:16] for one in found} == {"09:15", "09:30", "09:45", "10:00", "10:15", "10:30"} | {
        "16:00",
        "16:15",
        "16:30",
    }


def test_its_own_length_goes_before_that_of_the_type(desk: Desk, who: int, monday: date) -> None:
    found = matched(desk, waits(desk, who, duration=180), **{"from": monday, "to": monday})
    assert {one["duration"] for one in found} == {180}
    assert {one["app_time"][11:16] for one in found} == {"09:00", "13:00", "13:15", "13:30", "13:45", "14:00"}


def test_nothing_lies_behind_wait_until(desk: Desk, who: int, monday: date) -> None:
    asked = {"from": monday, "to": monday + timedelta(days=2)}
    dates = {one["app_time"][:10] for one in matched(desk, waits(desk, who, wait_until=f"{monday}"), **asked)}
    assert dates == {f"{monday}"}
    over = waits(desk, who, wait_until=f"{monday - timedelta(days=1)}")
    assert matched(desk, over, **asked) == []


def test_business_and_profession_narrow_it(desk: Desk, who: int, monday: date) -> None:
    asked = {"from": monday, "to": monday}
    other = desk.new("profession", description="Podiatry")
    assert matched(desk, waits(desk, who, business_ids=[desk.other_business]), **asked) == []
    assert matched(desk, waits(desk, who, profession_ids=[other]), **asked) == []
    assert matched(desk, waits(desk, who, business_ids=[desk.business], profession_ids=[desk.profession]), **asked)
    assert matched(desk, waits(desk, who, practitioner_ids=[]), **asked)


def test_a_type_that_is_for_groups_has_none(desk: Desk, who: int, monday: date) -> None:
    assert matched(desk, waits(desk, who, appointment_type_id=desk.group_type), **{"from": monday}) == []


def test_seven_days_from_today_unless_it_says_otherwise(desk: Desk, who: int) -> None:
    found = matched(desk, waits(desk, who), page_size=200)
    assert found == searched(desk, who, today(), today() + timedelta(days=6))


def test_every_match_can_be_booked(desk: Desk, who: int, monday: date) -> None:
    for one in matched(desk, waits(desk, who, duration=60), **{"from": monday, "to": monday, "page_size": 100})[::9]:
        names = ("app_time", "practitioner_id", "business_id", "column_number", "duration", "appointment_type_id")
        answer = desk.api.post("/appointment", json={"client_id": desk.client, **{name: one[name] for name in names}})
        assert answer.status_code in (201, 409), answer.text
        assert answer.status_code == 201 or one["app_time"][14:16] != "00"


def test_an_answer_that_is_known_is_not_sent_again(desk: Desk, who: int, monday: date) -> None:
    path, asked = f"{PATH}/{waits(desk, who)}/match", {"from": f"{monday}", "to": f"{monday}"}
    etag = desk.api.get(path, params=asked).headers["etag"]
    assert desk.api.get(path, params=asked, headers={"if-none-match": etag}).status_code == 304
    made(desk.api.post("/appointment", json=desk.visit(who, f"{monday}T09:00:00")))
    assert desk.api.get(path, params=asked, headers={"if-none-match": etag}).status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "2026-01-01"},
        {"from": "9999-12-31"},
        {"from": "2030-01-01", "to": "2030-01-09"},
        {"from": "2030-01-02", "to": "2030-01-01"},
        {"to": "tomorrow"},
        {"manual": "true"},
        {"page_size": "0"},
    ],
)
def test_what_cannot_be_asked_is_400(desk: Desk, who: int, asked: dict[str, str]) -> None:
    answer = desk.api.get(f"{PATH}/{waits(desk, who)}/match", params=asked)
    assert code(answer) == (400, "INVALID_PARAMS")


def test_nobody_waiting_is_404(desk: Desk) -> None:
    assert code(desk.api.get(f"{PATH}/9000000000/match")) == (404, "NOT_FOUND")


def test_a_look_is_in_the_audit_with_the_patient(desk: Desk, who: int) -> None:
    entry = waits(desk, who)
    matched(desk, entry)
    sql = "SELECT client_id FROM audit_event WHERE operation_id = 'matchWaitingListEntry-Get' AND resource_id = $1"
    until(lambda: {record[0] for record in desk.sql(sql, entry)} == {desk.client})
