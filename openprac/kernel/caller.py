"""Two keys -> Caller. The keys are looked up by enter() in the database; here is what comes of it."""

from dataclasses import dataclass
from functools import cached_property

import asyncpg

from openprac.errors import AccessDenied, Unauthorised, UnknownEndpoint


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
