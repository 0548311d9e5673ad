"""The file store is away: what does not need it goes on, and what was sent before is there when it is back."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from openprac.app import create_app
from openprac.attachments import uploads
from tests.api.patient_attachment.files import arrived, ask, download, files_of, new_patient, send, upload
from tests.cast import Cast, serving
from tests.own_database import small_clinic, sql
from tests.relay import Relay, relay_to
from tests.waiting import until

WRITERS = 3
FORMS_EACH = 2


@dataclass(frozen=True)
class Away:
    """A clinic in a database of its own, whose way to the store can be closed."""

    api: httpx.Client
    relay: Relay
    owner_url: str


@pytest.fixture
def away(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Away]:
    monkeypatch.setattr(uploads, "STORE_PAUSE_SECONDS", 0.5)
    store = urlsplit(cast.settings.s3_endpoint or "")
    assert store.hostname
    assert store.port
    clinic = small_clinic(cast.settings, f"store_away_{time.monotonic_ns()}")
    with relay_to(store.hostname, store.port) as relay:
        settings = replace(clinic.settings, s3_endpoint=relay.url, s3_public_endpoint=cast.settings.s3_endpoint)
        with (
            serving(create_app(settings)) as base_url,
            httpx.Client(base_url=f"{base_url}/v1", headers=clinic.headers, timeout=30) as api,
        ):
            yield Away(api, relay, clinic.settings.owner_database_url or "")


def test_everything_but_the_bytes_goes_on_while_the_store_is_away(away: Away) -> None:
    api = away.api
    client_id = new_patient(api)
    upload(api, client_id, b"before", "before.txt")
    (before,) = arrived(api, client_id)
    form = ask(api, client_id, "pending.txt")
    send(form, b"meanwhile")
    away.relay.close()
    started = time.monotonic()
    assert api.get("/patient").status_code == 200
    assert new_patient(api) > client_id
    assert api.patch(f"/patient/{client_id}", json={"surname": "Filed"}).status_code == 200
    assert files_of(api, client_id) == [before]
    assert api.get("/patient_attachment").json()["total_entries"] == 1
    presigned = api.get(before["links"]["presign_url"])
    assert presigned.status_code == 200
    assert httpx.get(presigned.json()["url"]).content == b"before"
    assert ask(api, client_id, "later.txt")["fields"]["key"]
    assert time.monotonic() - started < 5
    away.relay.open()
    _, pending = arrived(api, client_id, 2)
    assert pending["description"] == "pending.txt"
    assert download(api, pending["attachment_client_id"]).content == b"meanwhile"


def test_the_sweep_settles_what_was_pending_once_the_store_is_back(away: Away, cast: Cast) -> None:
    client_id = new_patient(away.api)
    form = ask(away.api, client_id, "pending.txt")
    away.relay.close()
    send(form, b"meanwhile")
    assert files_of(away.api, client_id) == []
    away.relay.open()
    found = "SELECT file_name FROM patient_attachment WHERE client_id = $1"
    until(lambda: sql(away.owner_url, found, client_id), 40)
    assert [row["file_name"] for row in sql(away.owner_url, found, client_id)] == ["pending.txt"]


def test_a_read_waits_for_a_store_that_hangs_no_longer_than_its_patience(away: Away) -> None:
    client_id = new_patient(away.api)
    send(ask(away.api, client_id), b"slow")
    away.relay.stall()
    for _ in range(3):
        started = time.monotonic()
        assert files_of(away.api, client_id) == []
        assert time.monotonic() - started < uploads.READ_PATIENCE_SECONDS + 1
    away.relay.close()
    away.relay.open()
    arrived(away.api, client_id)


@pytest.mark.parametrize("seconds", [2, pytest.param(60, marks=pytest.mark.prove)])
@pytest.mark.parametrize("fault", ["close", "stall"])
def test_under_load_no_operation_fails_for_the_stores_sake(
    away: Away, fault: str, seconds: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """Signatures need no store, and what does need it (an arrived upload) is settled when it is back."""
    api = away.api
    clients = [new_patient(api) for _ in range(WRITERS)]
    for client_id in clients:
        upload(api, client_id, b"before", "before.txt")
        arrived(api, client_id)
    ended = threading.Event()
    statuses: Counter[tuple[str, int]] = Counter()
    slowest: dict[str, float] = {}
    lock = threading.Lock()

    def work(client_id: int) -> list[dict[str, Any]]:
        forms = []
        (file,) = files_of(api, client_id)
        operations: dict[str, Callable[[], httpx.Response]] = {
            "list patients": lambda: api.get("/patient?page_size=5"),
            "edit patient": lambda: api.patch(f"/patient/{client_id}", json={"surname": "Busy"}),
            "list files": lambda: api.get(f"/patient/{client_id}/patient_attachment"),
            "edit file": lambda: api.patch(
                f"/x/patient_attachment/{file['attachment_client_id']}", json={"description": "busy"}
            ),
            "sign": lambda: api.get(f"/patient_attachment/{file['attachment_client_id']}/presign_url"),
            "content": lambda: api.get(f"/patient_attachment/{file['attachment_client_id']}/content"),
            "ask for a form": lambda: api.post(
                f"/patient/{client_id}/patient_attachment", json={"file_name": "meanwhile.txt"}
            ),
        }
        while not ended.is_set():
            for name, operation in operations.items():
                started = time.monotonic()
                answer = operation()
                with lock:
                    statuses[name, answer.status_code] += 1
                    slowest[name] = max(slowest.get(name, 0), time.monotonic() - started)
                if name == "ask for a form" and len(forms) < FORMS_EACH:
                    forms.append(answer.json())
        return forms

    with ThreadPoolExecutor(WRITERS) as pool:
        getattr(away.relay, fault)()
        running = [pool.submit(work, client_id) for client_id in clients]
        ended.wait(seconds)
        ended.set()
        forms = [form for one in running for form in one.result()]
    away.relay.close()
    away.relay.open()
    good = {"list patients": 200, "edit patient": 200, "list files": 200, "edit file": 200, "sign": 200, "content": 307}
    assert {*statuses} == {*good.items(), ("ask for a form", 201)}
    assert len(forms) == WRITERS * FORMS_EACH
    for form in forms:
        assert send(form, b"meanwhile").is_success
    for client_id in clients:
        arrived(api, client_id, 1 + FORMS_EACH)
    with capsys.disabled():
        slow = ", ".join(f"{name} {longest:.2f} s" for name, longest in sorted(slowest.items()))
        print(f"\nstore away ({fault}) for {seconds} s: {sum(statuses.values())} answers, 0 errors; slowest: {slow}")
