"""Booking over something: whose right it is, how it is asked for, and that what lies there still counts."""

import pytest

from tests.api.answers import code, made
from tests.desk import DAY, Desk

TAKEN = (409, "RESERVE_APPOINTMENT_CONFLICT")


def test_the_extension_books_over_what_is_there_and_marks_it(desk: Desk) -> None:
    who = desk.practitioner()
    desk.book(who)
    assert code(desk.api.post("/x/appointment", json=desk.visit(who))) == TAKEN
    over = made(desk.api.post("/x/appointment", json=desk.visit(who, overbook=True)))
    assert over["overbooked"] is True
    assert made(desk.api.get(f"/appointment/{over['appointment_id']}"))["category"] == "Patient"


def test_where_nothing_is_in_the_way_it_is_an_entry_like_any(desk: Desk) -> None:
    who = desk.practitioner()
    assert made(desk.api.post("/x/appointment", json=desk.visit(who, overbook=True)))["overbooked"] is False


def test_without_the_permission_it_is_403_that_names_it(desk: Desk) -> None:
    who = desk.practitioner()
    body = desk.book(who)
    with desk.key("appointment:write", "appointment:read") as staff:
        for answer in (
            staff.post("/x/appointment", json=desk.visit(who, overbook=True)),
            staff.patch(f"/x/appointment/{body['appointment_id']}", json={"overbook": True}),
        ):
            assert code(answer) == (403, "ACCESS_DENIED")
            assert "appointment:overbook" in answer.json()["error"]["detail"]
    with desk.key("appointment:write", "appointment:overbook") as head:
        assert head.post("/x/appointment", json=desk.visit(who, overbook=True)).status_code == 201


def test_what_lies_over_is_in_the_way_of_everybody_else(desk: Desk) -> None:
    who = desk.practitioner()
    first = desk.book(who)
    late = desk.visit(who, "09:15", overbook=True)
    over = made(desk.api.post("/x/appointment", json=late))["appointment_id"]
    assert desk.api.post(f"/appointment/{first['appointment_id']}/cancel").status_code == 204
    for answer in (
        desk.api.post("/appointment", json=desk.visit(who, "09:30")),
        desk.api.post("/reserve_appointment", json=desk.space(who, "09:30")),
        desk.api.post("/note", json=desk.space(who, "09:30", description="Note")),
    ):
        assert code(answer) == TAKEN
        assert answer.json()["error"]["blocked_by"]["id"] == over
    assert desk.book(who, "08:45")["duration"] == 30


def test_a_move_may_lie_over_something_and_come_free_again(desk: Desk) -> None:
    who = desk.practitioner()
    desk.book(who)
    path = f"/x/appointment/{desk.book(who, '10:00')['appointment_id']}"
    onto = {"app_time": f"{DAY}T09:00:00"}
    assert code(desk.api.patch(path, json=onto)) == TAKEN
    assert made(desk.api.patch(path, json={**onto, "overbook": True}))["overbooked"] is True
    assert made(desk.api.patch(path, json={"notes": "Squeezed in"}))["overbooked"] is True
    assert made(desk.api.patch(path, json={"app_time": f"{DAY}T11:00:00"}))["overbooked"] is False


def test_a_room_can_be_taken_twice_by_who_may(desk: Desk) -> None:
    room = desk.resource()
    desk.book(desk.practitioner(), resource_ids=[room])
    other = desk.visit(desk.practitioner(), resource_ids=[room])
    assert code(desk.api.post("/x/appointment", json=other)) == TAKEN
    over = made(desk.api.post("/x/appointment", json={**other, "overbook": True}))
    assert (over["overbooked"], over["resource_ids"]) == (True, [room])
    assert code(desk.api.post("/appointment", json=desk.visit(desk.practitioner(), resource_ids=[room]))) == TAKEN


@pytest.mark.parametrize("path", ["/appointment", "/reserve_appointment"])
def test_published_operations_do_not_know_it(desk: Desk, path: str) -> None:
    who = desk.practitioner()
    desk.book(who)
    body = desk.visit(who, overbook=True) if path == "/appointment" else desk.space(who, overbook=True)
    assert code(desk.api.post(path, json=body)) == TAKEN
