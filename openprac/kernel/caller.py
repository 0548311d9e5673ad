"""Two keys -> Caller. The keys are looked up by enter() in the database; here is what comes of it."""

import time
from dataclasses import dataclass, field
from functools import cached_property

import asyncpg

from openprac.errors import AccessDenied, Throttled, Unauthorised, UnknownEndpoint


@dataclass(frozen=True)
class Caller:
    """Who asks: one clinic's account key used by one vendor."""

    tenant_id: int
    time_zone: str
    account_key_id: int
    user_id: int
    permissions: tuple[str, ...]
    vendor_id: int
    vendor_key_id: int

    @cached_property
    def _rights(self) -> frozenset[str]:
        return frozenset(self.permissions)

    def may(self, permission: str) -> bool:
        return permission in self._rights or "*" in self._rights

    def require(self, permission: str) -> None:
        """Raises AccessDenied, naming the permission."""
        if not self.may(permission):
            raise AccessDenied(permission)


def caller_from(row: asyncpg.Record) -> Caller:
    """What enter() found. Raises Unauthorised before UnknownEndpoint: the account key is judged first."""
    if row["tenant_id"] is None:
        raise Unauthorised
    if row["vendor_id"] is None:
        raise UnknownEndpoint
    return Caller(
        row["tenant_id"],
        row["time_zone"],
        row["account_key_id"],
        row["user_id"],
        tuple(row["permissions"]),
        row["vendor_id"],
        row["vendor_key_id"],
    )


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(slots=True)
class Rates:
    """A token bucket a vendor, refilled `rate` times a second, as deep as two seconds' worth.

    Kept by each worker for itself: with several workers a vendor may have up to that many times its rate.
    """

    buckets: dict[int, _Bucket] = field(default_factory=dict)

    def take(self, vendor_id: int, rate_per_second: int | None) -> None:
        """Raises Throttled with the seconds to wait."""
        if rate_per_second is None:
            return
        now = time.monotonic()
        depth = rate_per_second * 2.0
        bucket = self.buckets.setdefault(vendor_id, _Bucket(depth, now))
        bucket.tokens = min(depth, bucket.tokens + (now - bucket.at) * rate_per_second)
        bucket.at = now
        if bucket.tokens < 1:
            raise Throttled(max(1, round((1 - bucket.tokens) / rate_per_second)))
        bucket.tokens -= 1
