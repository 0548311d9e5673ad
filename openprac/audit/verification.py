"""What the operator does with the audit: verify its chains, export them, tell their heads. On an owner connection.

Row-level security is forced for the owner as well, so each clinic is bound, in one read-only transaction of its own.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from openprac.admin import AdminError
from openprac.audit.chain import Finding, Seal, Walk, first_hash, instant

ROWS_AT_ONCE = 5000
FINDINGS_MAX = 1000
"""Of one clinic; whoever changed more has changed everything."""

Pins = Mapping[int, Mapping[int, str]]
"""Clinic -> position -> hash, as `openprac audit head --json` told them some time ago."""

LINE = (
    "e.tenant_id, e.audit_event_id, e.at, e.account_key_id, e.user_id, e.vendor_id, e.request_id, e.operation_id, "
    "e.resource, e.resource_id, e.client_id, e.client_ids, e.changes::text AS changes"
)
CHAIN_SQL = f"""
SELECT s.position, s.audit_event_id AS sealed_id, s.sealed_at, s.hash, {LINE}
  FROM audit_seal s
  LEFT JOIN audit_event e ON e.tenant_id = s.tenant_id AND e.audit_event_id = s.audit_event_id
 WHERE s.tenant_id = $1 AND s.position > $2 ORDER BY s.position LIMIT {ROWS_AT_ONCE}"""

# Lines without a seal that should have one, and how many are still to get theirs.
SEALED_BELOW = "coalesce((SELECT sealed_below FROM audit_sealer), 0)"
UNSEALED = (
    "FROM audit_event e WHERE e.tenant_id = $1 AND NOT EXISTS (SELECT 1 FROM audit_seal s "
    "WHERE s.tenant_id = $1 AND s.audit_event_id = e.audit_event_id)"
)
INSERTED_SQL = (
    f"SELECT e.audit_event_id, e.at {UNSEALED} AND e.audit_event_id <= {SEALED_BELOW} "
    f"ORDER BY e.audit_event_id LIMIT {FINDINGS_MAX}"
)
WAITING_SQL = f"SELECT count(*) {UNSEALED} AND e.audit_event_id > {SEALED_BELOW}"

HEAD_SQL = "SELECT position, hash, sealed_at FROM audit_seal WHERE tenant_id = $1 ORDER BY position DESC LIMIT 1"
EXPORT_SQL = f"""
SELECT s.position, s.sealed_at, encode(s.hash, 'hex') AS hash, encode(b.hash, 'hex') AS hash_before, {LINE}
  FROM audit_seal s
  JOIN audit_event e ON e.tenant_id = s.tenant_id AND e.audit_event_id = s.audit_event_id
  LEFT JOIN audit_seal b ON b.tenant_id = s.tenant_id AND b.position = s.position - 1
 WHERE s.tenant_id = $1 AND s.position > $2
   AND ($3::timestamptz IS NULL OR e.at >= $3) AND ($4::timestamptz IS NULL OR e.at < $4)
 ORDER BY s.position LIMIT {ROWS_AT_ONCE}"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one clinic. sealed: lines in the chain; waiting: lines that are about to be sealed."""

    tenant_id: int
    sealed: int
    waiting: int
    head: str
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        return all(one.kind == "late" for one in self.findings)

    def lines(self) -> list[str]:
        """For people."""
        found = [
            f"Clinic {self.tenant_id}: {one.kind} at position {one.position or '-'}, "
            f"audit_event {one.audit_event_id or '-'}: {one.text}."
            for one in self.findings
        ]
        state = "the chain holds" if self.holds else "THE CHAIN DOES NOT HOLD"
        counted = f"{self.sealed} lines sealed, {self.waiting} about to be"
        return [*found, f"Clinic {self.tenant_id}: {state}; {counted}; head {self.head}."]

    def members(self) -> dict[str, Any]:
        return {**asdict(self), "holds": self.holds}


def pins_of(text: str) -> Pins:
    """What `openprac audit head --json` printed, once or several times over. Raises AdminError."""
    pins: dict[int, dict[int, str]] = {}
    decoder, text = json.JSONDecoder(), text.strip()
    try:
        while text:
            heads, end = decoder.raw_decode(text)
            for head in heads:
                pins.setdefault(int(head["tenant_id"]), {})[int(head["position"])] = str(head["hash"])
            text = text[end:].lstrip()
    except (ValueError, TypeError, KeyError):
        raise AdminError("The pinned heads are not what `openprac audit head --json` prints.") from None
    return {clinic: {at: head for at, head in by_position.items() if at} for clinic, by_position in pins.items()}


async def verify(
    connection: asyncpg.Connection, tenant_id: int | None = None, pins: Pins | None = None
) -> list[Verdict]:
    """Walk the chain of one clinic or of all. Raises AdminError for a clinic that is not there."""
    return [await _verdict(connection, one, (pins or {}).get(one, {})) for one in await _clinics(connection, tenant_id)]


async def heads(connection: asyncpg.Connection, tenant_id: int | None = None) -> list[dict[str, Any]]:
    """The newest link of each chain: tenant_id, position, hash, sealed_at. A clinic without one has position 0."""
    found = []
    for one in await _clinics(connection, tenant_id):
        async with _reading(connection, one):
            head = await connection.fetchrow(HEAD_SQL, one)
        position, last, at = head or (0, first_hash(one), None)
        found.append({"tenant_id": one, "position": position, "hash": last.hex(), "sealed_at": at})
    return found


async def export(
    connection: asyncpg.Connection, tenant_id: int, since: datetime | None, until: datetime | None
) -> AsyncIterator[bytes]:
    """The sealed lines of one clinic whose time is in [since, until), a line of JSON each, in the chain's order.

    Raises AdminError for a clinic that is not there.
    """
    (tenant_id,) = await _clinics(connection, tenant_id)
    position = 0
    async with _reading(connection, tenant_id):
        while records := await connection.fetch(EXPORT_SQL, tenant_id, position, since, until):
            for record in records:
                line = dict(record)
                line["hash_before"] = line["hash_before"] or first_hash(tenant_id).hex()
                line["sealed_at"], line["at"] = instant(line["sealed_at"]), instant(line["at"])
                if line["changes"] is not None:
                    # As it stands: its bytes are what the hash covers.
                    line["changes"] = msgspec.Raw(line["changes"].encode())
                yield msgspec.json.encode(line) + b"\n"
            position = records[-1]["position"]


async def _verdict(connection: asyncpg.Connection, tenant_id: int, pins: Mapping[int, str]) -> Verdict:
    chain, sealed = Walk(tenant_id, pins), 0
    findings: list[Finding] = []
    async with _reading(connection, tenant_id):
        while records := await connection.fetch(CHAIN_SQL, tenant_id, chain.position):
            sealed += len(records)
            for record in records:
                findings += chain.step(_seal(record))
            del findings[FINDINGS_MAX:]
        inserted = await connection.fetch(INSERTED_SQL, tenant_id)
        waiting = await connection.fetchval(WAITING_SQL, tenant_id)
    findings += chain.end()
    findings += [
        Finding("inserted", tenant_id, None, line["audit_event_id"], f"never sealed; its time is {instant(line['at'])}")
        for line in inserted
    ]
    return Verdict(tenant_id, sealed, waiting, chain.hash.hex(), tuple(findings))


def _seal(record: asyncpg.Record) -> Seal:
    line = None if record["audit_event_id"] is None else record
    return Seal(record["position"], record["sealed_id"], record["sealed_at"], record["hash"], line)


async def _clinics(connection: asyncpg.Connection, tenant_id: int | None) -> list[int]:
    """All, or the one. Raises AdminError for one that is not there."""
    sql = "SELECT tenant_id FROM tenant WHERE $1::bigint IS NULL OR tenant_id = $1 ORDER BY tenant_id"
    found = [record[0] for record in await connection.fetch(sql, tenant_id)]
    if tenant_id is not None and not found:
        raise AdminError(f"There is no clinic {tenant_id}.")
    return found


@asynccontextmanager
async def _reading(connection: asyncpg.Connection, tenant_id: int) -> AsyncIterator[None]:
    """One moment of one clinic."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute("SELECT set_config('openprac.tenant_id', $1, true)", str(tenant_id))
        yield
