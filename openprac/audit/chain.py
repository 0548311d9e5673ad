"""The chain over a clinic's audit, as values: what a hash covers, and what a walk along the chain finds. Pure.

hash(n) = SHA-256(hash(n - 1) + content(n)); hash(0) = SHA-256("openprac audit TENANT_ID"). The content is one line of
JSON text in UTF-8, composed by audit_content() of openprac/migrations/0009_audit.sql and here, byte for byte alike.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

LATE = timedelta(hours=1)
"""Lines are sealed within seconds; reads wait longer only while the database is away."""

CONTENT = (
    *("position", "sealed_at", "tenant_id", "audit_event_id", "at", "account_key_id", "user_id", "vendor_id"),
    *("request_id", "operation_id", "resource", "resource_id", "client_id", "client_ids", "changes"),
)
"""What the content holds, in order. changes is the text of a jsonb as PostgreSQL prints it, or None."""

Kind = Literal["changed", "removed", "inserted", "rewritten", "late"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where the chain does not hold; `late` alone may be innocent. position is None for what has none."""

    kind: Kind
    tenant_id: int
    position: int | None
    audit_event_id: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Seal:
    """One link as it is stored, and the line it seals; None where that is gone."""

    position: int
    audit_event_id: int
    sealed_at: datetime
    hash: bytes
    line: Mapping[str, Any] | None


def first_hash(tenant_id: int) -> bytes:
    return hashlib.sha256(f"openprac audit {tenant_id}".encode()).digest()


def link(before: bytes, content: str) -> bytes:
    return hashlib.sha256(before + content.encode()).digest()


def content_of(line: Mapping[str, Any]) -> str:
    """The text that the hash of one line covers; the line has the members of CONTENT."""
    return "[" + ", ".join(_json(name, line[name]) for name in CONTENT) + "]"


def instant(at: datetime) -> str:
    """As everywhere: UTC, six digits, Z."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Walk:
    """Along one chain, link by link: what is wrong with it, at the row where it is.

    A link is checked against the stored hash before it, so one changed line is one finding and not all that follow.
    pins: hashes that were noted elsewhere, by position.
    """

    def __init__(self, tenant_id: int, pins: Mapping[int, str]) -> None:
        self._tenant_id = tenant_id
        self._pins = pins
        self.position = 0
        self.hash = first_hash(tenant_id)

    def step(self, seal: Seal) -> Iterator[Finding]:
        """The next link, in the order of their positions."""
        expected, before = self.position + 1, self.hash
        self.position, self.hash = seal.position, seal.hash
        if seal.position != expected:
            gone = f"{expected}" if seal.position == expected + 1 else f"{expected} to {seal.position - 1}"
            yield Finding("removed", self._tenant_id, expected, None, f"position {gone}: line and seal are gone")
        content = content_of({**seal.line, "position": seal.position, "sealed_at": seal.sealed_at}) if seal.line else ""
        if seal.line is None:
            yield self._finding("removed", seal, "the sealed line is gone")
        elif seal.position == expected and link(before, content) != seal.hash:
            yield self._finding("changed", seal, "the line or its seal was changed")
        elif seal.sealed_at - seal.line["at"] > LATE:
            times = f"{instant(seal.sealed_at)}, long after its time {instant(seal.line['at'])}"
            yield self._finding("late", seal, f"sealed at {times}")
        pinned = self._pins.get(seal.position)
        if pinned is not None and pinned != seal.hash.hex():
            yield self._finding("rewritten", seal, f"the hash was {pinned} when it was pinned")

    def end(self) -> Iterator[Finding]:
        """After the last link."""
        for position in sorted(self._pins):
            if position > self.position:
                yield Finding("removed", self._tenant_id, position, None, "it was pinned, and the chain ends before it")

    def _finding(self, kind: Kind, seal: Seal, text: str) -> Finding:
        return Finding(kind, self._tenant_id, seal.position, seal.audit_event_id, text)


def _json(name: str, value: Any) -> str:
    match value:
        case None:
            return "null"
        case int():
            return str(value)
        case datetime():
            return f'"{instant(value)}"'
        case list() | tuple():
            return "[" + ",".join(map(str, value)) + "]"
        case _:
            return str(value) if name == "changes" else json.dumps(str(value), ensure_ascii=False)
