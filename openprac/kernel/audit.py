"""Reads of personal data, appended to the audit in batches; and the sealing of all its lines into a chain.

Writes are audited in their own statement (kernel/write.py). Reads wait here for at most FLUSH_SECONDS: what is lost
if the process is killed is what was read in that time, and nothing else. Every worker tries to seal; the database lets
one at a time (docs/decisions/0024-audit-chain.md).
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from openprac.errors import Unavailable
from openprac.kernel.caller import Caller
from openprac.kernel.database import Database

FLUSH_SECONDS = 0.5
WAITING_MAX = 50_000
"""Beyond this a read waits for the database instead of memory growing without bound."""

SEAL_SECONDS = 1.0
SEALED_AT_ONCE = 1000
"""Lines of one clinic in one transaction."""

HEADS_TOLD_SECONDS = 600.0
"""A chain that grew is told to the log this often: a log kept elsewhere pins it there."""

APPEND_SQL = "SELECT append_reads($1::jsonb, $2::bigint[], $3::bigint[])"
SEAL_SQL = "SELECT * FROM seal_audit($1)"


class ReadAudit:
    """One a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[int, float, dict[str, Any]]] = []
        """(clinic, when by the monotonic clock, line)"""
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
        client_ids: Sequence[int] | None = None,
        asked: int | None = None,
    ) -> None:
        """A read happened. No I/O.

        client_id: the one patient whose data it showed; client_ids: all of them, where a list may show several;
        asked: the patient that was asked about where nothing was found, who may not exist.
        """
        line = {
            "account_key_id": caller.account_key_id,
            "user_id": caller.user_id,
            "vendor_id": caller.vendor_id,
            "request_id": request_id,
            "operation_id": operation_id,
            "resource": resource,
            "resource_id": row_id,
            "client_id": client_id,
            "client_ids": client_ids,
            "asked": asked,
        }
        self._waiting.append((caller.tenant_id, time.monotonic(), line))

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
                await connection.execute(APPEND_SQL, _by_clinic(batch), sorted(account_keys), sorted(vendor_keys))
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


class AuditSealer:
    """One a process."""

    def __init__(self, database: Database, tell: Callable[[int, int, str], None]) -> None:
        """tell: gets clinic, position and hash of a chain's new head, each clinic's every HEADS_TOLD_SECONDS."""
        self._database = database
        self._tell = tell
        self._told: dict[int, float] = {}

    async def seal(self) -> bool:
        """Seal what is due, unless another process is at it; whether there may be more. Raises Unavailable."""
        async with self._database.as_tenant(None) as connection:
            heads = await connection.fetch(SEAL_SQL, SEALED_AT_ONCE)
        for head in heads:
            now = time.monotonic()
            if now - self._told.get(head["tenant_id"], -HEADS_TOLD_SECONDS) >= HEADS_TOLD_SECONDS:
                self._told[head["tenant_id"]] = now
                self._tell(head["tenant_id"], head["head"], head["hash"].hex())
        return any(head["added"] == SEALED_AT_ONCE for head in heads)

    async def run(self) -> None:
        """Until cancelled."""
        more = False
        while True:
            await asyncio.sleep(0 if more else SEAL_SECONDS)
            try:
                more = await self.seal()
            except Unavailable:
                more = False


def _by_clinic(batch: Sequence[tuple[int, float, dict[str, Any]]]) -> str:
    """The lines as append_reads() takes them."""
    now = time.monotonic()
    lines: dict[int, list[dict[str, Any]]] = {}
    for tenant_id, at, line in batch:
        line["ago"] = now - at
        lines.setdefault(tenant_id, []).append(line)
    return msgspec.json.encode(lines).decode()
