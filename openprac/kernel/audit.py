"""Reads of personal data, appended to the audit in batches.

Writes are audited in their own statement (kernel/write.py). Reads wait here for at most FLUSH_SECONDS: what is lost
if the process is killed is what was read in that time, and nothing else.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec

from openprac.errors import Unavailable
from openprac.kernel.caller import Caller
from openprac.kernel.database import Database

FLUSH_SECONDS = 0.5
WAITING_MAX = 50_000
"""Beyond this a read waits for the database instead of memory growing without bound."""

APPEND_SQL = "SELECT append_reads($1::jsonb, $2::bigint[], $3::bigint[])"


class ReadAudit:
    """One a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[dict[str, Any]] = []
        self._account_keys: set[int] = set()
        self._vendor_keys: set[int] = set()

    def used(self, caller: Caller) -> None:
        """Both keys were good just now. No I/O."""
        self._account_keys.add(caller.account_key_id)
        self._vendor_keys.add(caller.vendor_key_id)

    def note(
        self,
        caller: Caller,
        request_id: str,
        operation_id: str,
        resource: str,
        row_id: int | None,
        client_id: int | None,
    ) -> None:
        """A read happened. No I/O."""
        self._waiting.append(
            {
                "tenant_id": caller.tenant_id,
                "at": datetime.now(UTC),
                "account_key_id": caller.account_key_id,
                "user_id": caller.user_id,
                "vendor_id": caller.vendor_id,
                "request_id": request_id,
                "operation_id": operation_id,
                "resource": resource,
                "resource_id": row_id,
                "client_id": client_id,
            }
        )

    @property
    def is_full(self) -> bool:
        return len(self._waiting) >= WAITING_MAX

    async def flush(self) -> None:
        """Append what waits. On failure it waits on. Raises Unavailable."""
        if not self._account_keys:
            return
        batch, self._waiting = self._waiting, []
        account_keys, self._account_keys = self._account_keys, set()
        vendor_keys, self._vendor_keys = self._vendor_keys, set()
        try:
            async with self._database.as_tenant(None) as connection:
                await connection.execute(
                    APPEND_SQL, msgspec.json.encode(batch).decode(), list(account_keys), list(vendor_keys)
                )
        except BaseException:
            self._waiting = batch + self._waiting
            self._account_keys |= account_keys
            self._vendor_keys |= vendor_keys
            raise

    async def run(self) -> None:
        """Until cancelled; the last batch is flushed on the way out."""
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                try:
                    await self.flush()
                except Unavailable:
                    continue
        finally:
            await self.flush()
