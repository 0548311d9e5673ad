"""The file store is away: what does not need it goes on, and what was sent before is there when it is back."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
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
