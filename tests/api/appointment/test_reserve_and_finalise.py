"""A hold of fifteen minutes and what becomes of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.answers import code, made, problems
from tests.desk import DAY, Desk

TAKEN = (409, "RESERVE_APPOINTMENT_CONFLICT")


def finalise(desk: Desk, hold: int, **more: Any) -> Any:
    body = {"client_id": desk.client, "appointment_type_id": desk.type, **more}
    return desk.api.post(f"/appointment/{hold}", json=body)


def state(desk: Desk, appointment_id: int) -> str:
    return str(desk.sql("SELECT state FROM appointment WHERE appointment_id = $1", appointment_id)[0][0])


def test_a_hold_shows_its_place_and_nothing_else(desk: Desk) -> None:
    who = desk.practitioner()
    answer = desk.api.post("/reserve_appointment", json=desk.space(who))
    assert answer.status_code == 201
    assert answer.json() == {
        "appointment_id": answer.json()["appointment_id"],
        "app_time": f"{DAY}T09:00:00",
        "practitioner_id": who,
        "business_id": desk.business,
        "duration": 30,
        "column_number": 1,
        "width": 1,
        "category": "Reserved",
    }
    ((expires,),) = desk.sql(
        "SELECT expires_at FROM appointment WHERE appointment_id = $1", answer.json()["appointment_id"]
    )
    assert timedelta(minutes=14) < expires - datetime.now(UTC) <= timedelta(minutes=15)


def test_a_hold_is_in_no_list_and_no_object_yet(desk: Desk) -> None:
    who = desk.practitioner()
    hold = desk.hold(who)
    assert made(desk.api.get(f"/practitioner/{who}/appointment"))["total_entries"] == 0
    for path in ("/appointment_book", "/appointment"):
        assert made(desk.api.get(path, params={"q[]": f"appointment_id:={hold}"}))["total_entries"] == 0
    assert desk.api.get(f"/appointment/{hold}").status_code == 404
    assert desk.api.patch(f"/appointment/{hold}", json={"duration": 60}).status_code == 404


def test_a_hold_takes_its_time(desk: Desk) -> None:
    who = desk.practitioner()
    hold = desk.hold(who)
    answer = desk.api.post("/appointment", json=desk.visit(who))
    assert code(answer) == TAKEN
    assert answer.json()["error"]["blocked_by"] == {"kind": "Reserved", "time": f"{DAY}T09:00:00", "id": hold}


def test_finalising_keeps_the_id_and_takes_what_the_type_gives(desk: Desk) -> None:
    who = desk.practitioner()
    hold = desk.hold(who)
    answer = finalise(desk, hold)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["appointment_id"], body["category"], body["duration"]) == (hold, "Patient", 30)
    assert (body["client_id"], body["app_time"]) == (desk.client, f"{DAY}T09:00:00")
    assert desk.api.get(f"/appointment/{hold}").json() == body
    assert code(desk.api.post("/appointment", json=desk.visit(who))) == TAKEN


def test_the_types_length_counts_and_may_collide(desk: Desk) -> None:
    hour, who = desk.type_of(60), desk.practitioner()
    hold = desk.hold(who)
    other = desk.hold(who, "09:30")
    answer = finalise(desk, hold, appointment_type_id=hour)
    assert code(answer) == TAKEN
    assert answer.json()["error"]["blocked_by"]["id"] == other
    assert state(desk, hold) == "live"
    desk.lapse(other)
    assert made(finalise(desk, hold, appointment_type_id=hour))["duration"] == 60
    assert state(desk, other) == "expired"
    shorter = desk.hold(who, "11:00", duration=60)
    assert made(finalise(desk, shorter, appointment_type_id=desk.type_of(12)))["duration"] == 15
    assert desk.book(who, "11:15")["duration"] == 30


def test_the_types_length_stays_within_the_hours(desk: Desk) -> None:
    hold = desk.hold(desk.practitioner(), "17:30")
    assert list(problems(finalise(desk, hold, appointment_type_id=desk.type_of(60)))) == ["app_time"]


def test_a_lapsed_hold_blocks_nobody_and_cannot_be_finalised(desk: Desk) -> None:
    who = desk.practitioner()
    hold = desk.hold(who)
    desk.lapse(hold)
    assert code(finalise(desk, hold)) == TAKEN
    desk.book(who)
    assert state(desk, hold) == "expired"
    assert code(finalise(desk, hold)) == TAKEN


def test_a_lapsed_hold_is_lost_even_if_its_time_is_free(desk: Desk) -> None:
    hold = desk.hold(desk.practitioner())
    desk.lapse(hold)
    assert code(finalise(desk, hold)) == TAKEN
    assert desk.api.post(f"/appointment/{hold}/cancel").status_code == 404


def test_a_second_finalise_says_so(desk: Desk) -> None:
    hold = desk.hold(desk.practitioner())
    made(finalise(desk, hold))
    assert code(finalise(desk, hold)) == (409, "ALREADY_FINALISED")


def test_finalising_twice_with_one_key_is_one_answer(desk: Desk) -> None:
    hold = desk.hold(desk.practitioner())
    body = {"client_id": desk.client, "appointment_type_id": desk.type}
    headers = {"Idempotency-Key": "finalise-once"}
    answers = [desk.api.post(f"/appointment/{hold}", json=body, headers=headers) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotency-replayed"] == "true"


def test_what_is_no_hold_is_not_found(desk: Desk) -> None:
    who = desk.practitioner()
    note = made(desk.api.post("/note", json=desk.space(who, description="Lunch")))["appointment_id"]
    for other in (note, desk.group(who, "10:00"), 9_000_000_000):
        assert finalise(desk, other).status_code == 404


def test_a_hold_that_is_given_back_frees_its_time(desk: Desk) -> None:
    who = desk.practitioner()
    hold = desk.hold(who)
    assert desk.api.post(f"/appointment/{hold}/cancel").status_code == 204
    assert finalise(desk, hold).status_code == 404
    assert desk.hold(who) != hold


@pytest.mark.parametrize("missing", ["app_time", "practitioner_id", "business_id", "duration"])
def test_a_hold_needs_its_place(desk: Desk, missing: str) -> None:
    body = desk.space(desk.practitioner())
    del body[missing]
    assert list(problems(desk.api.post("/reserve_appointment", json=body))) == [missing]


def test_a_hold_may_be_wide(desk: Desk) -> None:
    who = desk.practitioner(columns=2)
    desk.hold(who, width=2)
    assert code(desk.api.post("/reserve_appointment", json=desk.space(who, column_number=2))) == TAKEN


def test_what_is_wrong_with_a_finalise_leaves_the_hold(desk: Desk) -> None:
    hold = desk.hold(desk.practitioner())
    assert set(problems(desk.api.post(f"/appointment/{hold}", json={}))) == {"client_id", "appointment_type_id"}
    assert list(problems(finalise(desk, hold, client_id=9_000_000_000))) == ["client_id"]
    assert state(desk, hold) == "live"
    assert made(finalise(desk, hold))["appointment_id"] == hold
