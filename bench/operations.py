"""The three operations as raw HTTP requests, the same for every server: clinics, keys and ids in a fixed cycle."""

import json
from collections.abc import Callable
from itertools import count, islice

from bench.world import Clinic, World

LIST, GET, CREATE = OPERATIONS = ("list", "get", "create")
STATUS = {LIST: 200, GET: 200, CREATE: 201}
BASE_URL = "http://bench.test"
"""Told to every server as its public address, so that the links in their answers are equal."""
REQUESTS = 2_000
CLIENT_STRIDE = 1_237
"""Coprime to 5,000: the ids of a clinic come in no order, and all of them before one comes twice."""


def requests_of(world: World, operation: str) -> list[bytes]:
    """A cycle of requests, one clinic after the other."""
    render: Callable[[World, Clinic, int], bytes] = {LIST: list_request, GET: get_request, CREATE: create_request}[
        operation
    ]
    clinics = world.clinics
    turns = ((clinics[number % len(clinics)], number // len(clinics)) for number in count())
    return [render(world, clinic, turn) for clinic, turn in islice(turns, REQUESTS)]


def list_request(world: World, clinic: Clinic, _turn: int = 0) -> bytes:
    return _request(world, clinic, "GET /v1/patient?page=1&page_size=50")


def get_request(world: World, clinic: Clinic, turn: int = 0) -> bytes:
    return _request(world, clinic, f"GET /v1/patient/{client_of(clinic, turn)}")


def create_request(world: World, clinic: Clinic, turn: int = 0) -> bytes:
    return _request(world, clinic, "POST /v1/patient", json.dumps(new_patient(clinic, turn)).encode())


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
