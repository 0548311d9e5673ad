"""Every line that is committed gets one place in its clinic's chain, whenever and in whatever order it is committed."""

import asyncio
import random
from uuid import uuid4

import asyncpg
import pytest

from openprac import admin
from openprac.audit.verification import verify
from openprac.kernel.audit import AuditSealer
from openprac.kernel.database import Database
from tests.audit.ledger import DONE_SQL, WRITE_SQL, Ledger, sealed

WRITERS = 8
SEALERS = 3
SEED = 20260302


def chain(ledger: Ledger) -> list[int]:
    return [one[0] for one in ledger.sql("SELECT audit_event_id FROM audit_seal ORDER BY position")]


async def write(connection: asyncpg.Connection, tenant_id: int) -> int:
    number: int = await connection.fetchval(WRITE_SQL, tenant_id, uuid4(), "editPatient-Patch", 1, [1, 2], '{"a": 1}')
    return number


def test_a_line_that_commits_long_after_a_younger_one_is_sealed(ledger: Ledger) -> None:
    """Its number is lower than those sealed meanwhile; rolled back numbers are nobody's."""

    async def run() -> tuple[int, int]:
        slow, quick = await asyncpg.connect(ledger.owner_url), await asyncpg.connect(ledger.owner_url)
        work = slow.transaction()
        await work.start()
        late = await write(slow, ledger.tenant_id)
        undone = quick.transaction()
        await undone.start()
        await write(quick, ledger.tenant_id)
        await undone.rollback()
        early = await write(quick, ledger.tenant_id)
        for _ in range(4):
            await asyncio.to_thread(sealed, ledger.runtime_url)
        assert [one[0] for one in await quick.fetch("SELECT audit_event_id FROM audit_seal")] == [early]
        await work.commit()
        await slow.close()
        await quick.close()
        return early, late

    early, late = asyncio.run(run())
    assert late < early
    ledger.seal()
    assert chain(ledger) == [early, late]
    assert ledger.findings() == []


@pytest.mark.parametrize("lines", [150, pytest.param(4000, marks=pytest.mark.prove)])
def test_lines_of_many_writers_are_sealed_once_each_by_many_sealers(ledger: Ledger, lines: int) -> None:
    """Transactions of random length, some rolled back, in two clinics, while several workers seal small batches."""
    written: dict[int, set[int]] = {}
    left = asyncio.Semaphore(0)

    async def writer(seed: int, tenants: list[int]) -> None:
        dice = random.Random(seed)
        connection = await asyncpg.connect(ledger.owner_url)
        for _ in range(lines // WRITERS):
            tenant_id = dice.choice(tenants)
            work = connection.transaction()
            await work.start()
            numbers = {await write(connection, tenant_id) for _ in range(dice.randint(1, 3))}
            await asyncio.sleep(dice.random() * 0.02)
            if dice.random() < 0.2:
                await work.rollback()
            else:
                await work.commit()
                written.setdefault(tenant_id, set()).update(numbers)
        await connection.close()
        left.release()

    async def sealer(database: Database) -> None:
        while True:
            async with database.as_tenant(None) as connection:
                await connection.execute("SELECT seal_audit(7)")
            await asyncio.sleep(0.005)

    async def run() -> dict[int, set[int]]:
        owner = await asyncpg.connect(ledger.owner_url)
        tenants = [ledger.tenant_id, await admin.create_tenant(owner, "Another", "Australia/Perth")]
        database = Database(ledger.runtime_url, size=SEALERS)
        tasks = [asyncio.create_task(sealer(database)) for _ in range(SEALERS)]
        await asyncio.gather(*(writer(SEED + number, tenants) for number in range(WRITERS)))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        last = AuditSealer(database, lambda *head: None)
        async with asyncio.timeout(60):
            # A sealer that was cut off holds its lock for a moment more, and other transactions the mark.
            while not await owner.fetchval(DONE_SQL):
                await last.seal()
        verdicts = await verify(owner)
        assert [(one.findings, one.waiting) for one in verdicts] == [((), 0)] * 2
        found: dict[int, set[int]] = {}
        for record in await owner.fetch("SELECT tenant_id, audit_event_id FROM audit_seal"):
            assert record[1] not in found.setdefault(record[0], set())
            found[record[0]].add(record[1])
        await owner.close()
        await database.close()
        return found

    assert asyncio.run(run()) == written


def test_a_history_from_before_the_chain_is_sealed_in_batches(ledger: Ledger) -> None:
    ledger.sql(
        "INSERT INTO audit_event (tenant_id, account_key_id, user_id, vendor_id, request_id, operation_id, resource) "
        "SELECT $1, 1, 1, 1, gen_random_uuid(), 'getPatient-Get', 'patient' FROM generate_series(1, 2500)",
        ledger.tenant_id,
    )
    ledger.seal()
    verdict = ledger.verdict()
    assert (verdict.sealed, verdict.waiting, verdict.findings) == (2500, 0, ())


def test_numbers_that_were_set_back_and_a_foreign_count_of_transactions_do_no_harm(ledger: Ledger) -> None:
    """What a restore may leave behind."""
    ledger.sql("SELECT setval('audit_event_audit_event_id_seq', 5000)")
    ledger.write(3)
    ledger.seal()
    ledger.sql("SELECT setval('audit_event_audit_event_id_seq', 100)")
    ledger.sql("UPDATE audit_sealer SET mark_xid = '900000000000'")
    low = ledger.write(2)
    ledger.seal()
    assert set(chain(ledger)) > set(low)
    ledger.seal()
    assert ledger.findings() == []


def test_the_runtime_role_cannot_write_seals(ledger: Ledger) -> None:
    ledger.write(1)
    ledger.seal()

    async def run() -> None:
        connection = await asyncpg.connect(ledger.runtime_url)
        await connection.execute("SELECT set_config('openprac.tenant_id', $1, false)", str(ledger.tenant_id))
        for statement in (
            "UPDATE audit_seal SET position = 2",
            "DELETE FROM audit_seal",
            "INSERT INTO audit_seal SELECT tenant_id, 2, 99, sealed_at, hash FROM audit_seal",
            "TRUNCATE audit_seal",
            "DELETE FROM audit_shown",
            "SELECT * FROM audit_sealer",
            "UPDATE audit_sealer SET sealed_below = 0",
            "UPDATE audit_event SET user_id = 1",
            "DELETE FROM audit_event",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        await connection.close()

    asyncio.run(run())
