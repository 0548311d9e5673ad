"""What the operations of the book cost in round trips to the database."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.api.answers import made
from tests.counted import Counted, counting
from tests.desk import DAY, ZONE, Desk


@pytest.fixture(scope="module")
def counted(desk: Desk) -> Iterator[Counted]:
    with counting(desk.cast, desk.clinic) as counted:
        yield counted


def test_the_budgets_hold(desk: Desk, counted: Counted) -> None:
    who, room = desk.practitioner(), desk.resource()
    finalise = {"client_id": desk.client, "appointment_type_id": desk.type}
    key = {"Idempotency-Key": "counted"}
    visit = f"/appointment/{desk.book(who, '14:00')['appointment_id']}"
    group = f"/group_appointment/{desk.group(who, '15:00')}"
    hold, lapsed = desk.hold(who, "13:00"), desk.hold(who, "16:00")
    desk.lapse(lapsed)
    costs = {
        "reserve": counted.of(lambda api: api.post("/reserve_appointment", json=desk.space(who, "09:00"))),
        "create": counted.of(lambda api: api.post("/appointment", json=desk.visit(who, "10:00"))),
        "create with a room": counted.of(
            lambda api: api.post("/appointment", json=desk.visit(who, "11:00", resource_ids=[room]))
        ),
        "create with a key": counted.of(
            lambda api: api.post("/appointment", json=desk.visit(who, "12:00"), headers=key)
        ),
        "create over a lapsed hold": counted.of(lambda api: api.post("/appointment", json=desk.visit(who, "16:00"))),
        "finalise": counted.of(lambda api: api.post(f"/appointment/{hold}", json=finalise)),
        "move": counted.of(lambda api: api.patch(visit, json={"app_time": f"{DAY}T14:30:00"})),
        "status": counted.of(lambda api: api.patch(visit, json={"sms_reminder": False})),
        "add member": counted.of(lambda api: api.post(f"{group}/add_group_member", json={"client_id": desk.client})),
        "cancel": counted.of(lambda api: api.post(f"{visit}/cancel", json={})),
        "cancel a group": counted.of(lambda api: api.post(f"{group}/cancel", json={})),
        "list": counted.of(lambda api: api.get("/appointment_book", params={"page_size": 1})),
        "get": counted.of(lambda api: api.get(f"/appointment/{hold}")),
    }
    assert costs == {
        "reserve": 6,
        "create": 6,
        "create with a room": 6,
        "create with a key": 8,
        "create over a lapsed hold": 7,
        "finalise": 5,
        "move": 7,
        "status": 5,
        "add member": 5,
        "cancel": 3,
        "cancel a group": 4,
        "list": 3,
        "get": 2,
    }


def test_a_list_costs_the_same_however_long_it_is(desk: Desk, counted: Counted) -> None:
    who = desk.practitioner()
    for hour in range(9, 12):
        desk.book(who, f"{hour:02}:00")
    params = {"q[]": f"practitioner_id:={who}", "page_size": 2}
    costs = [
        counted.of(lambda api, page=page: api.get("/appointment", params={**params, "page": page})) for page in (1, 2)
    ]
    assert costs[0] == 3
    assert costs[1] <= 3
    assert made(desk.api.get("/appointment", params=params))["total_entries"] == 3


def test_a_search_costs_the_same_however_many_there_are(desk: Desk, counted: Counted) -> None:
    """enter() and at most six more; the roster's own are asked for only where one is assigned."""
    people = [desk.practitioner(columns=2) for _ in range(4)]
    types = [desk.type_of(resource_ids=[desk.resource()]) for _ in range(2)]
    roster = desk.new(
        "roster",
        description="Mornings",
        manual=True,
        online=True,
        waiting_list=False,
        days=[{"weekday": day, "start_time": "09:00:00", "end_time": "12:00:00"} for day in range(1, 8)],
    )
    for who in people:
        desk.new(
            "roster_assignment",
            practitioner_id=who,
            business_id=desk.business,
            roster_id=roster,
            start_date="2020-01-01",
        )
    first = datetime.now(ZoneInfo(ZONE)).date() + timedelta(days=1)

    def costs(days: int, *whose: int) -> dict[str, int]:
        asked = {
            "from": str(first),
            "to": str(first + timedelta(days=days)),
            "practitioner_ids": ",".join(map(str, whose)),
        }
        paths = {
            "/available_appointments": {**asked, "appointment_type_id": types[0]},
            "/next_available_appointment": {**asked, "appointment_type_id": types[0]},
            "/x/available_appointments": {**asked, "appointment_type_ids": ",".join(map(str, types))},
            "/available_group_appointments": {**asked, "appointment_type_id": desk.group_type},
        }
        return {path: counted.of(lambda api, path=path: api.get(path, params=paths[path])) for path in paths}

    wanted = {
        "/available_appointments": 6,
        "/next_available_appointment": 6,
        "/x/available_appointments": 6,
        "/available_group_appointments": 2,
    }
    assert costs(0, people[0]) == costs(7, *people) == wanted
    full = desk.type_of(24 * 60)
    nothing = {"from": str(first), "to": str(first + timedelta(days=7)), "appointment_type_id": full}
    nothing |= {"practitioner_ids": people[0], "business_ids": desk.business}
    assert counted.of(lambda api: api.get("/next_available_appointment", params=nothing)) == 7
