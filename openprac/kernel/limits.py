"""A vendor's rate and its quota of a day, exact between all workers of a server, without a write a request.

The rate is a bucket of two seconds' worth, held as the one instant at which it will be full again (the generic cell
rate algorithm), by the machine's monotonic clock. Of the quota the server leases blocks from the database and counts
them down in shared memory; days are told apart by the database's clock, in UTC. docs/decisions/0017-limits.md.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import asyncpg

from openprac.errors import QuotaExceeded, Throttled
from openprac.kernel.shared import Memory

Header = tuple[str, str]

VENDORS_MAX = 1024
BURST_SECONDS = 2
"""How deep the bucket is: a vendor that was silent may send this many seconds' worth at once."""

LEASE_SQL = "SELECT * FROM lease_quota($1, $2)"
LEASE_PATIENCE_SECONDS = 1
SECOND = 1_000_000_000
DAY_SECONDS = 86_400

# The words of a vendor's row. UNITS are leased and not used; UNLEASED is what the database had left at the last lease.
FULL_AT, DAY, QUOTA, UNITS, UNLEASED, LEASING_UNTIL = range(1, 7)
WORDS = 7


class Limits:
    """One a process, all on one memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._vendors = memory.table(VENDORS_MAX, WORDS)

    async def take(self, connection: asyncpg.Connection, vendor_id: int, found: asyncpg.Record) -> Sequence[Header]:
        """Count one request of a vendor as enter() described it; the fields that tell it where it stands.

        Outside of a transaction: what is leased must be so at once. Raises Throttled or QuotaExceeded.
        """
        rate, quota, at = found["rate_per_second"], found["quota_per_day"], found["quota_at"]
        if rate is None and quota is None:
            return ()
        standing = self._spend(vendor_id, rate, quota, at)
        if isinstance(standing, _Lease):
            record = await connection.fetchrow(LEASE_SQL, vendor_id, standing.single)
            standing = self._refill(vendor_id, record, standing)
        fields = fields_of(rate, quota, at, standing)
        if standing.bucket < 0:
            raise Throttled(_seconds(-standing.bucket), headers=fields)
        if standing.today is not None and standing.today < 0:
            raise QuotaExceeded(until_midnight(at), headers=fields)
        return fields

    def _spend(self, vendor_id: int, rate: int | None, quota: int | None, at: datetime | None) -> "Standing | _Lease":
        words, now = self._vendors.words, time.monotonic_ns()
        with self._memory:
            row = self._vendors.place(vendor_id)
            full_at = max(words[row + FULL_AT], now) + (SECOND // rate if rate else 0)
            bucket = BURST_SECONDS * SECOND - (full_at - now)
            if quota is not None and at is not None:
                self._turn(row, at.toordinal(), quota)
            today = words[row + UNITS] + words[row + UNLEASED] if quota is not None else None
            if bucket < 0:
                return Standing(bucket, today)
            if today == 0:
                return Standing(bucket, -1)
            words[row + FULL_AT] = full_at
            if today is None:
                return Standing(bucket, None)
            if words[row + UNITS]:
                words[row + UNITS] -= 1
                return Standing(bucket, today - 1)
            # While somebody leases a block, the others lease what they need themselves.
            single = now < words[row + LEASING_UNTIL]
            if not single:
                words[row + LEASING_UNTIL] = now + LEASE_PATIENCE_SECONDS * SECOND
            return _Lease(bucket, single)

    def _turn(self, row: int, day: int, quota: int) -> None:
        """A new day, or another quota: what was leased before is void. Under the lock."""
        words = self._vendors.words
        if day > words[row + DAY] or quota != words[row + QUOTA]:
            words[row + DAY], words[row + QUOTA] = max(day, words[row + DAY]), quota
            words[row + UNITS], words[row + UNLEASED], words[row + LEASING_UNTIL] = 0, quota, 0

    def _refill(self, vendor_id: int, record: asyncpg.Record, lease: "_Lease") -> "Standing":
        """Put a block into the memory, less the one request that leased it."""
        quota, granted, unleased = record["quota_per_day"], record["granted"], record["unleased"]
        if quota is None:  # taken away meanwhile
            return Standing(lease.bucket, None)
        words, day = self._vendors.words, record["day"].toordinal()
        with self._memory:
            row = self._vendors.place(vendor_id)
            self._turn(row, day, quota)
            if day == words[row + DAY]:
                # What the database has left only shrinks: an answer that comes late must not make it grow.
                words[row + UNLEASED] = min(words[row + UNLEASED], unleased)
                words[row + UNITS] += max(granted - 1, 0)
                if not lease.single:
                    words[row + LEASING_UNTIL] = 0
            return Standing(lease.bucket, words[row + UNITS] + words[row + UNLEASED] if granted else -1)


class Standing(NamedTuple):
    """Nanoseconds left in the bucket; requests left today, None without a quota. Negative: refused for it."""

    bucket: int
    today: int | None


class _Lease(NamedTuple):
    """The rate was counted; a block of the day is needed, or (single) one request's worth."""

    bucket: int
    single: bool


def fields_of(rate: int | None, quota: int | None, at: datetime | None, standing: Standing) -> list[Header]:
    """RateLimit-Policy and RateLimit, as draft-ietf-httpapi-ratelimit-headers-10 writes them."""
    found = []
    if rate is not None:
        wait = _seconds(-standing.bucket) if standing.bucket < 0 else 1
        found.append(f'"rate";r={max(standing.bucket, 0) * rate // SECOND};t={wait}')
    if quota is not None:
        found.append(f'"day";r={max(standing.today or 0, 0)};t={until_midnight(at)}')
    return [("ratelimit-policy", _policy(rate, quota)), ("ratelimit", ", ".join(found))]


@lru_cache(maxsize=VENDORS_MAX)
def _policy(rate: int | None, quota: int | None) -> str:
    policies = []
    if rate is not None:
        policies.append(f'"rate";q={rate * BURST_SECONDS};w={BURST_SECONDS}')
    if quota is not None:
        policies.append(f'"day";q={quota};w={DAY_SECONDS}')
    return ", ".join(policies)


def until_midnight(at: datetime | None) -> int:
    """Whole seconds until the next day of UTC begins, at least 1."""
    at = at or datetime.now(UTC)
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return max(1, _seconds(int((midnight - at).total_seconds() * SECOND)))


def _seconds(nanoseconds: int) -> int:
    return -(-nanoseconds // SECOND)
