"""The audit of a small clinic, as its operator sees it and as somebody would who may change everything."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg

from openprac.audit import verification
from openprac.audit.chain import Finding
from openprac.kernel.audit import AuditSealer
from openprac.kernel.database import Database
from tests.own_database import SmallClinic, sql
from tests.waiting import until

T = TypeVar("T")

WRITE_SQL = (
    "INSERT INTO audit_event (tenant_id, account_key_id, user_id, vendor_id, request_id, operation_id, resource, "
    "resource_id, client_id, client_ids, changes) VALUES ($1, 1, 1, 1, $2, $3, 'patient', $4, $4, $5, $6::jsonb) "
    "RETURNING audit_event_id"
)


DONE_SQL = (
    "SELECT s.sealed_below = q.last_value - (NOT q.is_called)::integer "
    "FROM audit_sealer s, audit_event_audit_event_id_seq q"
)


class Ledger:
    def __init__(self, clinic: SmallClinic) -> None:
        self.clinic = clinic
        self.tenant_id = clinic.tenant_id
        assert clinic.settings.owner_database_url
        assert clinic.settings.database_url
        self.owner_url: str = clinic.settings.owner_database_url
        self.runtime_url: str = clinic.settings.database_url

    def as_owner(self, act: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        async def run() -> T:
            connection = await asyncpg.connect(self.owner_url)
            try:
                return await act(connection)
            finally:
                await connection.close()

        return asyncio.run(run())

    def sql(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        return sql(self.owner_url, statement, *values)

    def write(self, count: int, changes: str | None = '{"surname": ["Old", "New"]}') -> list[int]:
        """So many lines; their numbers."""
        return [
            self.sql(WRITE_SQL, self.tenant_id, uuid4(), "editPatient-Patch", number, None, changes)[0][0]
            for number in range(count)
        ]

    def seal(self) -> None:
        """Everything that is committed: until the mark is where the numbers are, which waits for other transactions."""

        def done() -> bool:
            sealed(self.runtime_url)
            return bool(self.sql(DONE_SQL)[0][0])

        until(done)

    def verdict(self, pins: verification.Pins | None = None) -> verification.Verdict:
        (found,) = self.as_owner(lambda connection: verification.verify(connection, self.tenant_id, pins))
        return found

    def findings(self) -> list[tuple[str, int | None, int | None]]:
        return [told(one) for one in self.verdict().findings]

    def position_of(self, audit_event_id: int) -> int:
        found = self.sql("SELECT position FROM audit_seal WHERE audit_event_id = $1", audit_event_id)
        return int(found[0][0])


def told(finding: Finding) -> tuple[str, int | None, int | None]:
    return finding.kind, finding.position, finding.audit_event_id


def sealed(runtime_url: str) -> None:
    """As a worker seals, as the runtime role, until nothing is left, the marks of the sealer included."""

    async def run() -> None:
        database = Database(runtime_url, size=2)
        await database.open()
        sealer = AuditSealer(database, lambda *head: None)
        try:
            for _ in range(3):
                while await sealer.seal():
                    pass
        finally:
            await database.close()

    asyncio.run(run())
