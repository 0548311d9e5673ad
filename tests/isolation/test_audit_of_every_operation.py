"""Whatever is served leaves its line: every patient an answer shows stands in a line of that request, every write too.

Nothing here names a resource. A new operation that shows a patient without a line fails here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from tests.isolation.document import Document, Ids, Json, id_in, ids_for
from tests.isolation.ground import Ground, Seed, ground_from
from tests.own_database import sql

WORDS = count(1)
LINES_SQL = "SELECT operation_id, client_id, client_ids, changes FROM audit_event WHERE request_id::text = $1"


@dataclass
class Asked:
    """What one operation answered."""

    method: str
    operation_id: str
    path: str
    answer: httpx.Response
    patients: set[int] = field(default_factory=set)


def patients_in(content: Any) -> Iterator[int]:
    """Every client_id, however deep."""
    if isinstance(content, dict):
        for name, value in content.items():
            if name == "client_id" and isinstance(value, int):
                yield value
            else:
                yield from patients_in(value)
    elif isinstance(content, list):
        for one in content:
            yield from patients_in(one)


def filled(path: str, ids: Ids) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: str(id_in(ids, match[1])), path)


def ask(api: httpx.Client, document: Document, ids: Ids, method: str, path: str, operation: Json) -> httpx.Response:
    """One good request of ours."""
    if method != "GET":
        body = document.good_body(operation, ids) if "requestBody" in operation else None
        if body == {} and "duration" in document.members(document.body(operation)):
            body = {"duration": 35}
        # Something else than is there: what changes nothing is no write, and some words may be there only once.
        word = f"W{next(WORDS)}"
        body = {name: word if value == "Probe" else value for name, value in body.items()} if body else body
        answer = api.request(method, filled(path, ids), json=body)
        if answer.status_code == 422 and body and "client_id" in body:
            # This patient has it already.
            another = api.post("/patient", json={"first_name": "Robin", "surname": "Another"}).json()["client_id"]
            answer = api.request(method, filled(path, ids), json={**body, "client_id": another})
        return answer
    answer = api.get(filled(path, ids))
    if answer.status_code == 400:
        # It wants to be told whom to look for.
        answer = api.get(filled(path, ids), params={"name": api.get(f"/patient/{ids['client_id']}").json()["surname"]})
    return answer


def ask_everything(ground: Ground) -> list[Asked]:
    document = Document(httpx.get(f"{ground.base_url}/openapi.json").json())
    found = []
    fresh: dict[str, Ids] = {}
    """The newest row of each kind: nothing points to it, so it can be removed."""
    with httpx.Client(base_url=f"{ground.base_url}/v1", headers=ground.headers, timeout=30) as api:
        waiting = document.operations()
        for method, path, operation in waiting:
            kind = [part for part in path.removesuffix("/cancel").split("/") if not part.startswith("{")][-1]
            ends = method == "DELETE" or path.endswith("/cancel")
            ids = {**ids_for(ground.own, path), **(fresh.get(kind, {}) if ends else {})}
            answer = ask(api, document, ids, method, path, operation)
            if answer.status_code == 409 and "reserve_appointment" not in fresh:
                # A hold can be finalised once: later, with a new one.
                waiting.append((method, path, operation))
                continue
            if answer.status_code == 409:
                answer = ask(api, document, {**ids, **fresh["reserve_appointment"]}, method, path, operation)
            one = Asked(method, operation["operationId"], path, answer)
            if answer.is_success and "json" in answer.headers.get("content-type", ""):
                one.patients = set(patients_in(answer.json()))
                if answer.status_code == 201:
                    fresh[kind] = {name: value for name, value in answer.json().items() if name.endswith("_id")}
            if answer.is_success and "{client_id}" in path:
                one.patients.add(ids_for(ground.own, path)["client_id"])
            found.append(one)
    return found


# What is made from the document alone does not satisfy these: they have rules that no schema tells. A list that only
# shrinks. The searches show no patient; tests/billing/test_payments.py looks for the lines of payments.
REFUSED = frozenset(
    {
        "listAvailableAppointments-Get",
        "getNextAvailableAppointment-Get",
        "listAvailableGroupAppointments-Get",
        "getNextAvailableGroupAppointment-Get",
        "searchAvailableAppointments-Get",
        "explainAvailability-Get",
        "createRosterAssignment-Post",
        "createDayOff-Post",
        "addInvoiceLine-Post",
        "billPatientAccount-Post",
        "discountInvoice-Post",
        "writeOffInvoice-Post",
        "createPayment-Post",
        "allocatePayment-Post",
        "refundPayment-Post",
        "refundInvoice-Post",
        "deleteInvoiceLine-Delete",
    }
)


def test_every_operation_leaves_a_line_for_every_patient_it_shows(seed: Seed) -> None:
    with ground_from(seed, "isolation_audit") as ground:
        asked = ask_everything(ground)
    # The server has ended, so reads that waited are written.
    failed = {one.operation_id: (one.answer.status_code, one.answer.text[:200]) for one in asked if one.answer.is_error}
    missing: list[tuple[str, str]] = []
    written = 0
    for one in asked:
        if one.answer.is_error:
            continue
        lines = sql(ground.owner_url, LINES_SQL, one.answer.headers["x-request-id"])
        told = {line["client_id"] for line in lines}.union(*(line["client_ids"] or () for line in lines))
        if one.patients - told:
            missing.append(
                (one.operation_id, f"shows {sorted(one.patients - told)[:5]} and tells {sorted(told - {None})}")
            )
        if one.method != "GET" and one.answer.request.content != b"{}" and not lines:
            missing.append((one.operation_id, "wrote and left no line"))
        written += one.method != "GET" and any(line["changes"] is not None for line in lines)
        if any(line["operation_id"] != one.operation_id for line in lines):
            missing.append((one.operation_id, "left a line of another operation"))
    assert missing == []
    unexpected = {name: answer for name, answer in failed.items() if name not in REFUSED}
    assert unexpected == {}, "\n".join(map(str, unexpected.items()))
    # What changes nothing (the same account, the same time) is a read of what it shows.
    assert written > 0.9 * sum(one.method != "GET" and one.answer.is_success for one in asked)
    assert sum(bool(one.patients) for one in asked) > 40
