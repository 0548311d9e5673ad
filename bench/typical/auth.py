"""Both key headers against the key tables: who calls, for which clinic, with which permissions."""

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, HTTPException
from sqlalchemy import bindparam, func, or_, select

from bench.typical.database import Session
from bench.typical.models import AccountKey, Tenant, Vendor, VendorKey


@dataclass(frozen=True, slots=True)
class Caller:
    tenant_id: int
    permissions: list[str]


# One statement for both keys: kinder to the database than the two lookups that two dependencies would make.
# Built once, with bound parameters, so that a request pays for running it and not for spelling it.
LOOKUP = (
    select(AccountKey.tenant_id, AccountKey.permissions, AccountKey.vendor_id, Vendor.vendor_id.label("caller"))
    .join(Tenant, Tenant.tenant_id == AccountKey.tenant_id)
    .join(VendorKey, VendorKey.hash == bindparam("vendor_hash"))
    .join(Vendor, Vendor.vendor_id == VendorKey.vendor_id)
    .where(AccountKey.hash == bindparam("account_hash"))
    .where(AccountKey.revoked_at.is_(None), Tenant.suspended_at.is_(None))
    .where(or_(AccountKey.expires_at.is_(None), AccountKey.expires_at > func.now()))
    .where(VendorKey.revoked_at.is_(None), Vendor.revoked_at.is_(None))
    .where(or_(VendorKey.expires_at.is_(None), VendorKey.expires_at > func.now()))
)


async def caller(session: Session, a_api_key: Annotated[str, Header()], x_api_key: Annotated[str, Header()]) -> Caller:
    found = await session.execute(LOOKUP, {"account_hash": _hash(a_api_key), "vendor_hash": _hash(x_api_key)})
    row = found.one_or_none()
    if row is None or row.vendor_id not in (None, row.caller):
        raise HTTPException(401, "Access could not be verified for this request.")
    return Caller(row.tenant_id, row.permissions)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def allowed(permission: str) -> Callable[[Caller], Coroutine[Any, Any, Caller]]:
    async def check(who: Annotated[Caller, Depends(caller)]) -> Caller:
        if permission not in who.permissions and "*" not in who.permissions:
            raise HTTPException(403, f"The permission {permission} is missing.")
        return who

    return check


Reader = Annotated[Caller, Depends(allowed("patient:read"))]
Writer = Annotated[Caller, Depends(allowed("patient:write"))]
