"""Work that no request waits for: it goes on after a failure, and what it holds back is bounded."""

import asyncio
import uuid

import pytest

from openprac import app
from openprac.kernel import audit
from openprac.kernel.caller import Caller
from tests.cast import Cast


async def test_background_work_that_fails_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "RESTART_AFTER_SECONDS", 0.0)
    starts = 0
    went_on = asyncio.Event()

    async def work() -> None:
        nonlocal starts
        starts += 1
        if starts == 3:
            went_on.set()
            await asyncio.Event().wait()
        raise ValueError("one bad row")

    task = asyncio.create_task(app._kept_going(work))
    async with asyncio.timeout(10):
        await went_on.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert starts == 3


async def test_reads_that_wait_are_written_once_and_in_full(cast: Cast) -> None:
    clinic = cast.riverside
    caller = Caller(
        clinic.tenant_id, clinic.time_zone, clinic.account_key_id, clinic.user_id, ("*",), cast.vendor_id, 1
    )
    database = app.Database(str(cast.settings.database_url), size=2)
    await database.open()
    waiting = audit.ReadAudit(database)
    request_id = str(uuid.uuid4())
    waiting.used(caller)
    for number in range(5):
        waiting.note(caller, request_id, "getPatient-Get", "patient", number, number)
    assert not waiting.is_full
    await asyncio.gather(waiting.flush(), waiting.flush())
    await database.close()
    async with cast.owner() as connection:
        sql = "SELECT resource_id FROM audit_event WHERE tenant_id = $1 AND request_id = $2 ORDER BY resource_id"
        found = await connection.fetch(sql, clinic.tenant_id, request_id)
    assert [record[0] for record in found] == list(range(5))
