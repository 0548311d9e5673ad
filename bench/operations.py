"""The operations as raw HTTP requests, the same for every server: clinics, keys and ids in a fixed cycle."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count, islice

from bench.world import Clinic, World

LIST, GET, CREATE = OPERATIONS = ("list", "get", "create")
RESERVE, BOOKING, WEEK = BOOK = ("reserve", "booking", "book week")
"""The appointment book's: ours against pgbench alone."""
INVOICE_LIST, INVOICE = INVOICES = ("invoice list", "invoice")
"""The first clinic's: ours against pgbench alone."""
EVERYTHING = (*OPERATIONS, *BOOK, *INVOICES)
STATUS = {LIST: 200, GET: 200, CREATE: 201, RESERVE: 201, BOOKING: 201, WEEK: 200, INVOICE_LIST: 200, INVOICE: 200}
BASE_URL = "http://bench.test"
"""Told to every server as its public address, so that the links in their answers are equal."""
REQUESTS = 2_000
BOOK_REQUESTS = 30_000
"""No time is booked twice: a cycle must be longer than a measurement."""
FIRST_DAY = datetime(2040, 1, 2, 8)  # noqa: DTZ001 - a label of the clinic's clock
STARTS_A_DAY = 10
"""Bookings begin on the hour and last thirty minutes, so that a start is never another one's end."""
BOOK_MINUTES = 30
CLIENT_STRIDE = 1_237
"""Coprime to 5,000: the ids of a clinic come in no order, and all of them before one comes twice."""


def requests_of(world: World, operation: str) -> list[bytes]:
    """A cycle of requests, one clinic after the other."""
    render, clinics = RENDER[operation], world_of(world, operation).clinics
    wanted = BOOK_REQUESTS if operation in (RESERVE, BOOKING) else REQUESTS
    turns = ((clinics[number % len(clinics)], number // len(clinics)) for number in count())
    return [render(world, clinic, turn) for clinic, turn in islice(turns, wanted)]


def world_of(world: World, operation: str) -> World:
    """With the clinics that the operation is measured over."""
    return replace(world, clinics=world.clinics[:1]) if operation in INVOICES else world


def list_request(world: World, clinic: Clinic, _turn: int = 0) -> bytes:
    return _request(world, clinic, "GET /v1/patient?page=1&page_size=50")


def get_request(world: World, clinic: Clinic, turn: int = 0) -> bytes:
    return _request(world, clinic, f"GET /v1/patient/{client_of(clinic, turn)}")


def create_request(world: World, clinic: Clinic, turn: int = 0) -> bytes:
    return _request(world, clinic, "POST /v1/patient", json.dumps(new_patient(clinic, turn)).encode())


def reserve_request(world: World, clinic: Clinic, turn: int = 0) -> bytes:
    return _request(world, clinic, "POST /v1/reserve_appointment", json.dumps(_space(clinic, turn)).encode())


def booking_request(world: World, clinic: Clinic, turn: int = 0) -> bytes:
    """All that the booking form knows; the rest comes from the type and the patient's file."""
    who = {
        "client_id": clinic.last_client,
        "account_id": clinic.account_id,
        "appointment_type_id": clinic.appointment_type_id,
        "item_id": clinic.item_id,
    }
    return _request(world, clinic, "POST /v1/appointment", json.dumps({**_space(clinic, turn), **who}).encode())


def week_request(world: World, clinic: Clinic, _turn: int = 0) -> bytes:
    """The week that a front desk looks at, of all practitioners."""
    first = world.week.isoformat()
    behind = (world.week + timedelta(days=7)).isoformat()
    filters = f"q[]=app_time:%3E={first}T00:00:00&q[]=app_time:%3C{behind}T00:00:00"
    return _request(world, clinic, f"GET /v1/appointment_book?{filters}&page_size=200")


def invoice_list_request(world: World, clinic: Clinic, _turn: int = 0) -> bytes:
    return _request(world, clinic, "GET /v1/invoice?page=1&page_size=50")


def invoice_request(world: World, clinic: Clinic, _turn: int = 0) -> bytes:
    """Always the same one: pgbench cannot hand the ids of several lines on to the statement that reads by them."""
    return _request(world, clinic, f"GET /v1/invoice/{world.invoice_id}")


RENDER: dict[str, Callable[[World, Clinic, int], bytes]] = {
    LIST: list_request,
    GET: get_request,
    CREATE: create_request,
    RESERVE: reserve_request,
    BOOKING: booking_request,
    WEEK: week_request,
    INVOICE_LIST: invoice_list_request,
    INVOICE: invoice_request,
}


def _space(clinic: Clinic, turn: int) -> dict[str, object]:
    start = FIRST_DAY + timedelta(days=turn // STARTS_A_DAY, hours=turn % STARTS_A_DAY)
    return {
        "practitioner_id": clinic.default_practitioner_id,
        "business_id": clinic.default_business_id,
        "app_time": start.isoformat(),
        "duration": BOOK_MINUTES,
    }


def client_of(clinic: Clinic, turn: int) -> int:
    return clinic.first_client + turn * CLIENT_STRIDE % (clinic.last_client - clinic.first_client + 1)


def new_patient(clinic: Clinic, turn: int) -> dict[str, object]:
    """What a booking site sends of a new patient."""
    return {
        "first_name": f"Given{turn}",
        "surname": "Benchmark",
        "date_of_birth": "1984-05-17",
        "email": f"person{turn}@example.test",
        "mobile": "0491 570 006",
        "address_1": "1 Example Street",
        "suburb": "Exampleton",
        "address_state": "NSW",
        "postcode": "2000",
        "gender": "Female",
        "fee_cat_id": clinic.fee_cat_id,
        "default_business_id": clinic.default_business_id,
        "default_practitioner_id": clinic.default_practitioner_id,
        "sex_id": clinic.sex_id,
        "pronoun_id": clinic.pronoun_id,
        "sms_marketing_type": 2,
    }


def _request(world: World, clinic: Clinic, target: str, body: bytes = b"") -> bytes:
    head = [
        f"{target} HTTP/1.1",
        f"host: {BASE_URL.removeprefix('http://')}",
        "accept: application/json",
        f"x-api-key: {world.vendor_key.secret}",
        f"a-api-key: {clinic.key.secret}",
    ]
    if body:
        head += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body
