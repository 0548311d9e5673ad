"""GET /v1/x/audit_event: every filter finds what it says, lists that showed a patient included; values stay out."""

import asyncio
import hashlib
from typing import Any

import httpx
import pytest

from tests.cast import Cast
from tests.waiting import until


@pytest.fixture
def patient(here: httpx.Client) -> int:
    answer = here.post("/patient", json={"first_name": "Robin", "surname": "Listened", "email": "r@example.com"})
    return int(answer.json()["client_id"])


def events(api: httpx.Client, *filters: str, **params: Any) -> list[dict[str, Any]]:
    answer = api.get("/x/audit_event", params={"q[]": filters, **params})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["audit_events"]
    return found


def test_a_patients_lines_tell_who_did_what_in_order(cast: Cast, here: httpx.Client, patient: int) -> None:
    edited = here.patch(f"/patient/{patient}", json={"surname": "Heard", "mobile": "0491 570 006"})
    read = here.get(f"/patient/{patient}")
    newest = here.get("/patient", params={"sort_by": "-client_id", "page_size": 3})
    assert patient in {one["client_id"] for one in newest.json()["clients"]}
    until(lambda: len(events(here, f"client_id:={patient}")) >= 4, 10)
    created, changed, shown, listed = events(here, f"client_id:={patient}", sort_by="audit_event_id")[:4]
    assert (created["operation_id"], changed["operation_id"]) == ("createPatient-Post", "editPatient-Patch")
    assert changed["changed"] == "mobile,surname"
    assert "Heard" not in str(changed)
    assert changed["request_id"] == edited.headers["x-request-id"]
    assert (changed["tenant_id"], changed["user_id"]) == (cast.riverside.tenant_id, cast.riverside.user_id)
    assert (changed["account_key_id"], changed["vendor_id"]) == (cast.riverside.account_key_id, cast.vendor_id)
    assert (changed["resource"], changed["resource_id"], changed["client_id"]) == ("patient", patient, patient)
    # Two reads that are noted in one batch.
    by_request = {one["request_id"]: one for one in (shown, listed)}
    shown, listed = by_request[read.headers["x-request-id"]], by_request[newest.headers["x-request-id"]]
    assert (shown["changed"], shown["client_ids"]) == (None, None)
    assert (listed["resource_id"], listed["client_id"]) == (None, None)
    assert listed["client_ids"] == sorted(one["client_id"] for one in newest.json()["clients"])
    assert all(one["audit_event_id"] for one in (created, changed, shown, listed))


def test_every_filter_finds_the_line(cast: Cast, here: httpx.Client, patient: int) -> None:
    edited = here.patch(f"/patient/{patient}", json={"surname": "Found"})
    request = f"request_id:={edited.headers['x-request-id']}"
    (line,) = events(here, request)
    until(lambda: events(here, request)[0]["position"], 10)
    assert len(events(here, request)[0]["hash"]) == 64
    for name in ("account_key_id", "user_id", "vendor_id", "resource_id", "operation_id", "resource", "client_id"):
        assert [one["audit_event_id"] for one in events(here, request, f"{name}:={line[name]}")] == [
            line["audit_event_id"]
        ]
        other = line[name] + 1 if isinstance(line[name], int) else "other"
        assert events(here, request, f"{name}:={other}") == []
    at = line["at"]
    assert events(here, request, f"at:>={at}", f"at:<={at}")
    assert events(here, request, f"at:>{at}") == events(here, request, f"at:<{at}") == []
    for wrong in ("request_id:=7", "request_id:!=" + line["request_id"], "changes:=x", "at:=" + at):
        assert here.get("/x/audit_event", params={"q[]": wrong}).status_code == 400


def test_a_read_of_nothing_names_a_patient_only_if_there_is_one(here: httpx.Client, there: httpx.Client) -> None:
    mine = here.post("/patient", json={"first_name": "Robin", "surname": "Empty"}).json()["client_id"]
    foreign = there.post("/patient", json={"first_name": "Robin", "surname": "Foreign"}).json()["client_id"]
    for asked, told in ((mine, mine), (foreign, None), (9_000_000_000, None)):
        answer = here.get(f"/patient/{asked}/patient_attachment")
        assert answer.json()["total_entries"] == 0
        request = f"request_id:={answer.headers['x-request-id']}"
        (line,) = until(lambda request=request: events(here, request), 10)  # type: ignore[misc]
        assert (line["client_id"], line["client_ids"]) == (told, None)


def test_nobody_sees_another_clinics_lines(here: httpx.Client, there: httpx.Client, patient: int) -> None:
    assert events(here, f"client_id:={patient}")
    assert events(there, f"client_id:={patient}") == []
    assert {one["tenant_id"] for one in events(there)} != {one["tenant_id"] for one in events(here)}


def test_pages_and_sorts(here: httpx.Client, patient: int) -> None:
    for number in range(7):
        here.patch(f"/patient/{patient}", json={"surname": f"Name {number}"})
    wanted = f"client_id:={patient}"
    ids = [one["audit_event_id"] for one in events(here, wanted, "operation_id:=editPatient-Patch")]
    assert len(ids) == 7
    for sort in ("audit_event_id", "at"):
        params = {"q[]": [wanted, "operation_id:=editPatient-Patch"], "sort_by": f"-{sort}", "page_size": 3}
        page, found = here.get("/x/audit_event", params=params).json(), []
        assert page["total_entries"] == 7
        while True:
            found += [one["audit_event_id"] for one in page["audit_events"]]
            if "next" not in page["links"]:
                break
            page = here.get(page["links"]["next"]).json()
        assert found == sorted(ids, reverse=True)


def test_reading_the_audit_is_in_the_audit(here: httpx.Client, patient: int) -> None:
    answer = here.get("/x/audit_event", params={"q[]": f"client_id:={patient}"})
    request = f"request_id:={answer.headers['x-request-id']}"
    (line,) = until(lambda: events(here, request), 10)
    assert (line["operation_id"], line["resource"], line["client_ids"]) == (
        "listAuditEvents-Get",
        "audit_event",
        [patient],
    )


def test_the_text_of_a_memo_is_not_in_the_audit_but_its_digest_is(cast: Cast, here: httpx.Client, patient: int) -> None:
    made = here.post("/clinical_note_memo", json={"client_id": patient, "memo": "<p>Knee, left</p>"})
    (line,) = cast.sql(
        "SELECT changes::text FROM audit_event WHERE request_id::text = $1", made.headers["x-request-id"]
    )
    assert "Knee" not in line[0]
    stored = here.get(f"/x/clinical_note_memo/{made.json()['clinical_note_memo_id']}").json()["memo"]
    assert hashlib.sha256(stored.encode()).hexdigest() in line[0]


def test_an_answer_given_again_is_a_read(cast: Cast, here: httpx.Client) -> None:
    headers = {"idempotency-key": f"audit-{id(object())}"}
    body = {"first_name": "Robin", "surname": "Twice"}
    first, again = (here.post("/patient", json=body, headers=headers) for _ in range(2))
    assert again.headers["idempotency-replayed"] == "true"
    request = f"request_id:={again.headers['x-request-id']}"
    (line,) = until(lambda: events(here, request), 10)
    assert (line["changed"], line["client_id"]) == (None, first.json()["client_id"])


def test_only_a_key_with_the_permission_may_ask(cast: Cast, patient: int) -> None:
    key = asyncio.run(cast.key(cast.riverside, "audit_event:read"))
    with cast.client(cast.riverside, **{"a-api-key": key}) as api:
        assert events(api, f"client_id:={patient}")
        assert api.get("/patient").status_code == 403
