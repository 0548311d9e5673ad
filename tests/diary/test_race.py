"""32 clients, one time, real connections: one winner, the rest 409, whatever kind of entry they want."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.desk import DAY, Desk

CLIENTS = 32
Request = tuple[str, str, dict[str, Any]]


def race(desk: Desk, requests: list[Request]) -> Counter[int]:
    """All at once; gives how often each status came."""

    async def run() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=CLIENTS)
        headers = desk.cast.headers(desk.clinic)
        async with httpx.AsyncClient(
            base_url=f"{desk.cast.base_url}/v1", headers=headers, limits=limits, timeout=60
        ) as client:
            return await asyncio.gather(*(client.request(method, path, json=body) for method, path, body in requests))

    answers = asyncio.run(run())
    assert all(answer.status_code < 500 for answer in answers), [answer.text for answer in answers]
    return Counter(answer.status_code for answer in answers)


def overlaps(desk: Desk, practitioner: int) -> int:
    sql = (
        "SELECT count(*) FROM appointment a JOIN appointment b ON a.appointment_id < b.appointment_id "
        "AND a.practitioner_id = b.practitioner_id AND a.span && b.span "
        "AND (a.business_id <> b.business_id OR a.book_columns && b.book_columns) "
        "WHERE a.practitioner_id = $1 AND a.state = 'live' AND b.state = 'live'"
    )
    return int(desk.sql(sql, practitioner)[0][0])


KINDS: dict[str, Callable[[Desk, int, int], Request]] = {
    "reserve": lambda desk, who, n: ("POST", "/reserve_appointment", desk.space(who)),
    "create": lambda desk, who, n: ("POST", "/appointment", desk.visit(who)),
    "note": lambda desk, who, n: ("POST", "/note", desk.space(who, description="Note")),
    "rule out": lambda desk, who, n: ("POST", "/rule_out", desk.space(who)),
    "group": lambda desk, who, n: (
        "POST",
        "/group_appointment",
        desk.space(who, appointment_type_id=desk.group_type),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_one_of_a_kind_wins(desk: Desk, kind: str) -> None:
    who = desk.practitioner()
    found = race(desk, [KINDS[kind](desk, who, n) for n in range(CLIENTS)])
    assert found == {201: 1, 409: CLIENTS - 1}
    assert overlaps(desk, who) == 0


def test_one_of_all_kinds_wins_at_times_that_only_partly_overlap(desk: Desk) -> None:
    who, makers = desk.practitioner(), list(KINDS.values())
    requests = [makers[n % len(makers)](desk, who, n) for n in range(CLIENTS)]
    for number, (_, _, body) in enumerate(requests):
        body["app_time"] = f"{DAY}T09:{5 * (number % 6):02}:00"
    found = race(desk, requests)
    assert found[201] == 1
    assert found[409] == CLIENTS - 1
    assert overlaps(desk, who) == 0


def test_one_move_into_a_time_wins(desk: Desk) -> None:
    people = [desk.practitioner() for _ in range(CLIENTS)]
    target = desk.practitioner()
    moved = [desk.book(who)["appointment_id"] for who in people]
    found = race(desk, [("PATCH", f"/appointment/{one}", {"practitioner_id": target}) for one in moved])
    assert found == {200: 1, 409: CLIENTS - 1}
    assert overlaps(desk, target) == 0


def test_moves_past_each_other_never_wait_in_a_circle(desk: Desk) -> None:
    first, second = desk.practitioner(), desk.practitioner()
    one = desk.book(first, "09:00")["appointment_id"]
    two = desk.book(second, "09:00")["appointment_id"]
    requests: list[Request] = []
    for number in range(CLIENTS // 2):
        time = f"{DAY}T{10 + number % 4}:00:00"
        requests.append(("PATCH", f"/appointment/{one}", {"practitioner_id": second, "app_time": time}))
        requests.append(("PATCH", f"/appointment/{two}", {"practitioner_id": first, "app_time": time}))
    found = race(desk, requests)
    assert set(found) <= {200, 409}
    assert overlaps(desk, first) == overlaps(desk, second) == 0


def test_a_hold_is_finalised_once(desk: Desk) -> None:
    who = desk.practitioner()
    hold = desk.hold(who)
    body = {"client_id": desk.client, "appointment_type_id": desk.type}
    found = race(desk, [("POST", f"/appointment/{hold}", body) for _ in range(CLIENTS)])
    assert found == {201: 1, 409: CLIENTS - 1}


def test_a_lapsed_hold_is_replaced_once(desk: Desk) -> None:
    who = desk.practitioner()
    hold = desk.hold(who)
    desk.lapse(hold)
    finalise = {"client_id": desk.client, "appointment_type_id": desk.type}
    requests: list[Request] = [("POST", "/appointment", desk.visit(who)) for _ in range(CLIENTS - 4)]
    requests += [("POST", f"/appointment/{hold}", finalise) for _ in range(4)]
    assert race(desk, requests) == {201: 1, 409: CLIENTS - 1}
    assert overlaps(desk, who) == 0


def test_one_room_is_taken_once(desk: Desk) -> None:
    room = desk.resource()
    people = [desk.practitioner() for _ in range(CLIENTS)]
    found = race(desk, [("POST", "/appointment", desk.visit(who, resource_ids=[room])) for who in people])
    assert found == {201: 1, 409: CLIENTS - 1}


def test_two_sites_get_one_practitioner_once(desk: Desk) -> None:
    who = desk.practitioner()
    places = [desk.business, desk.other_business]
    found = race(desk, [("POST", "/appointment", desk.visit(who, business_id=places[n % 2])) for n in range(CLIENTS)])
    assert found == {201: 1, 409: CLIENTS - 1}


def test_a_group_gets_as_many_as_it_holds(desk: Desk) -> None:
    group = desk.group(desk.practitioner())
    patients = [desk.patient() for _ in range(CLIENTS)]
    path = f"/group_appointment/{group}/add_group_member"
    assert race(desk, [("POST", path, {"client_id": one}) for one in patients]) == {201: 3, 409: CLIENTS - 3}
    assert desk.api.get(f"/group_appointment/{group}").json()["current_class_size"] == 3
