"""What the tests of patients share: plainly fictional people, and what an error says."""

from typing import Any

import httpx

from tests.api.answers import made

NEVER_EXISTED = 9_000_000_000
NAMES = {"first_name": "Test", "surname": "Patient"}


def create(client: httpx.Client, path: str = "/patient", **members: Any) -> dict[str, Any]:
    """A new patient as the answer shows it."""
    answer = client.post(path, json={**NAMES, **members})
    assert answer.status_code == 201, answer.text
    return made(answer)


def extended(client: httpx.Client, client_id: int) -> dict[str, Any]:
    """Everything the practice's own screens see of a patient, ids included."""
    return made(client.patch(f"/x/patient/{client_id}", json={}))


def error_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["status"] == status
    return dict(answer.json()["error"])
