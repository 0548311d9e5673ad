"""Holds lapse by the sandbox clock of the server, not by the machine's."""

from dataclasses import replace

from openprac.app import create_app
from tests.api.answers import code
from tests.cast import serving
from tests.desk import Desk

HOUR_SECONDS = 3600


def test_a_hold_lasts_fifteen_minutes_of_the_clinics_clock(desk: Desk) -> None:
    who = desk.practitioner()
    hold = desk.hold(who)
    with serving(create_app(replace(desk.cast.settings, clock_ahead_seconds=HOUR_SECONDS))) as base_url:
        later = replace(desk.cast, base_url=base_url)
        with later.client(desk.clinic) as api:
            body = {"client_id": desk.client, "appointment_type_id": desk.type}
            assert code(api.post(f"/appointment/{hold}", json=body)) == (409, "RESERVE_APPOINTMENT_CONFLICT")
            held = api.post("/reserve_appointment", json=desk.space(who, "12:00"))
            assert api.post("/appointment", json=desk.visit(who, "12:00")).status_code == 409
            assert api.post("/appointment", json=desk.visit(who)).status_code == 201
    ((expires,),) = desk.sql(
        "SELECT extract(epoch FROM expires_at - now())::int FROM appointment WHERE appointment_id = $1",
        held.json()["appointment_id"],
    )
    assert HOUR_SECONDS < expires <= HOUR_SECONDS + 15 * 60
