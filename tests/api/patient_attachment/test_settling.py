"""Whoever looks settles what has arrived; the sweep does when nobody looks; nothing is settled twice."""

import asyncio

import httpx

from openprac.attachments.uploads import KEPT_AFTER_EXPIRY_SECONDS, Uploads
from openprac.kernel.database import Database
from openprac.serve import store_of
from tests.api.patient_attachment.files import arrived, ask, download, files_of, new_patient, send
from tests.cast import Cast
from tests.waiting import until

READERS = 32
UPLOADS = 7  # more than one read settles


def pending_of(cast: Cast, client_id: int) -> int:
    return len(cast.sql("SELECT 1 FROM pending_upload WHERE client_id = $1", client_id))


async def sweep(cast: Cast) -> None:
    assert cast.settings.database_url
    database, store = Database(cast.settings.database_url, size=2), store_of(cast.settings)
    await database.open()
    try:
        await Uploads(store).sweep(database)
    finally:
        await database.close()
        await store.close()


def test_the_sweep_settles_what_nobody_looks_at(cast: Cast, here: httpx.Client) -> None:
    client_id = new_patient(here)
    send(ask(here, client_id), b"swept")

    def settled() -> bool:
        # A sweep that came before the file looks again some seconds later.
        cast.sql("UPDATE pending_upload SET next_look_at = now() WHERE client_id = $1", client_id)
        asyncio.run(sweep(cast))
        return pending_of(cast, client_id) == 0

    until(settled)
    rows = cast.sql("SELECT attachment_client_id, file_size FROM patient_attachment WHERE client_id = $1", client_id)
    assert [row["file_size"] for row in rows] == [5]
    assert download(here, rows[0]["attachment_client_id"]).content == b"swept"


def test_the_temporary_object_is_gone_once_its_file_is_listed(cast: Cast, here: httpx.Client) -> None:
    client_id = new_patient(here)
    form = ask(here, client_id)
    send(form, b"moved")
    arrived(here, client_id)

    async def there() -> bool:
        store = store_of(cast.settings)
        try:
            return await store.head(form["fields"]["key"]) is not None
        finally:
            await store.close()

    until(lambda: not asyncio.run(there()), 5)


def test_many_readers_at_once_make_one_attachment_of_each_upload(cast: Cast, here: httpx.Client) -> None:
    client_id = new_patient(here)
    for number in range(UPLOADS):
        send(ask(here, client_id, f"{number}.txt"), f"file {number}".encode())

    async def read() -> list[int]:
        async with httpx.AsyncClient(headers=cast.headers(cast.riverside), timeout=60) as api:
            url = f"{cast.base_url}/v1/patient/{client_id}/patient_attachment"
            answers = await asyncio.gather(*(api.get(url) for _ in range(READERS)))
        return [answer.status_code for answer in answers]

    assert asyncio.run(read()) == [200] * READERS
    files = arrived(here, client_id, UPLOADS)
    assert sorted(file["description"] for file in files) == [f"{number}.txt" for number in range(UPLOADS)]
    assert pending_of(cast, client_id) == 0
    for file in files:
        content = download(here, file["attachment_client_id"]).content
        assert content == f"file {file['description'][0]}".encode()


def test_a_form_nobody_used_vanishes_an_hour_after_its_end(cast: Cast, here: httpx.Client) -> None:
    client_id = new_patient(here)
    ask(here, client_id)
    move = "UPDATE pending_upload SET expires_at = now() - make_interval(secs => $2) WHERE client_id = $1"
    cast.sql(move, client_id, float(KEPT_AFTER_EXPIRY_SECONDS - 60))
    assert files_of(here, client_id) == []
    assert pending_of(cast, client_id) == 1
    cast.sql(move, client_id, float(KEPT_AFTER_EXPIRY_SECONDS + 60))
    assert files_of(here, client_id) == []
    until(lambda: pending_of(cast, client_id) == 0, 10)


def test_a_file_posted_in_time_is_kept_however_late_anyone_looks(cast: Cast, here: httpx.Client) -> None:
    client_id = new_patient(here)
    form = ask(here, client_id)
    cast.sql("UPDATE pending_upload SET next_look_at = now() + interval '1 day' WHERE client_id = $1", client_id)
    send(form, b"late")
    cast.sql("UPDATE pending_upload SET expires_at = now() - interval '1 day' WHERE client_id = $1", client_id)
    assert [file["file_size"] for file in arrived(here, client_id)] == [4]
