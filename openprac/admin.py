"""Clinics, vendors and keys, as the operator manages them: every function takes a connection of the owner role.

Each function is one transaction (or part of the caller's). Whatever the operator got wrong is an AdminError, one
sentence. Secrets are returned once and never stored.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import asyncpg

from openprac.keys import NewKey, new_key

NAME_MAX_CHARS = 200
RATE_MAX_PER_SECOND = 1_000_000
QUOTA_MAX_PER_DAY = 1_000_000_000
OVERLAP_MAX = timedelta(days=366)
ID_MAX = 2**63 - 1
ALL_PERMISSIONS = "*"
NO_OVERLAP = timedelta(0)
Suspended = Literal["tenant", "vendor", "account_key"]

SEXES = ("Male", "Female", "Intersex / Indeterminate", "Not stated")
# description, nominative, objective, possessive, possessive_determiner, reflexive
PRONOUNS = (
    ("She/Her", "she", "her", "hers", "her", "herself"),
    ("He/Him", "he", "him", "his", "his", "himself"),
    ("They/Them", "they", "them", "theirs", "their", "themself"),
)
FEE_CATEGORIES = ("Private",)
CANCELLATION_REASONS = (
    "Unwell",
    "Work or school",
    "Transport",
    "Family",
    "No longer needed",
    "Cancelled by the clinic",
)
RESCHEDULE_REASONS = ("Unwell", "Work or school", "Another time suits better", "Practitioner unavailable")


class AdminError(Exception):
    """What the operator asked cannot be done; the text is one sentence that says why."""


# ---------------------------------------------------------------- clinics


async def create_tenant(connection: asyncpg.Connection, name: str, time_zone: str) -> int:
    """A new clinic with the lists every clinic starts with; gives its tenant_id.

    Raises AdminError for an unusable name and for a time zone the API does not know.
    """
    check_time_zone(time_zone)
    name = _checked_name(name, "The clinic's name")
    async with connection.transaction():
        tenant_id: int = await connection.fetchval(
            "INSERT INTO tenant (name, time_zone) VALUES ($1, $2) RETURNING tenant_id", name, time_zone
        )
        async with _bound(connection, tenant_id):
            await connection.executemany(
                "INSERT INTO sex (tenant_id, description) VALUES ($1, $2)", [(tenant_id, sex) for sex in SEXES]
            )
            await connection.executemany(
                "INSERT INTO pronoun (tenant_id, description, nominative, objective, possessive, "
                "possessive_determiner, reflexive) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                [(tenant_id, *pronoun) for pronoun in PRONOUNS],
            )
            await connection.executemany(
                "INSERT INTO fee_category (tenant_id, description) VALUES ($1, $2)",
                [(tenant_id, category) for category in FEE_CATEGORIES],
            )
            await _start_book_lists(connection, tenant_id)
            await connection.execute("CALL add_billing_lists($1)", tenant_id)
    return tenant_id


async def _start_book_lists(connection: asyncpg.Connection, tenant_id: int) -> None:
    """The seven statuses and some reasons."""
    await connection.execute("CALL add_built_in_statuses($1)", tenant_id)
    await connection.executemany(
        "INSERT INTO cancellation_reason (tenant_id, reason) VALUES ($1, $2)",
        [(tenant_id, reason) for reason in CANCELLATION_REASONS],
    )
    await connection.executemany(
        "INSERT INTO reschedule_reason (tenant_id, reason) VALUES ($1, $2)",
        [(tenant_id, reason) for reason in RESCHEDULE_REASONS],
    )


async def list_tenants(connection: asyncpg.Connection) -> list[dict[str, Any]]:
    """Every clinic, oldest first: tenant_id, name, time_zone, created, suspended_at."""
    return _dicts(
        await connection.fetch(
            "SELECT tenant_id, name, time_zone, created, suspended_at FROM tenant ORDER BY tenant_id"
        )
    )


def check_time_zone(time_zone: str) -> None:
    """AdminError, with the nearest name, unless the API knows the zone."""
    from openprac.time_zones import TIME_ZONES

    if time_zone not in TIME_ZONES:
        raise AdminError(f"There is no time zone {time_zone!r}{_nearest(time_zone, TIME_ZONES)}.")


# ---------------------------------------------------------------- vendors


async def create_vendor(
    connection: asyncpg.Connection,
    name: str,
    rate_per_second: int | None = None,
    quota_per_day: int | None = None,
    *,
    key: NewKey | None = None,
) -> tuple[int, str]:
    """A new vendor (an integration partner) with its first key: (vendor_id, secret).

    `rate_per_second` and `quota_per_day` (of UTC) bound the requests of all its keys together; None means no limit. A
    `key` made before is used instead of a fresh one. Raises AdminError for a name that is taken.
    """
    name = _checked_name(name, "The vendor's name")
    _check_limits(rate_per_second, quota_per_day)
    key = key or new_key("vendor")
    try:
        async with connection.transaction():
            vendor_id: int = await connection.fetchval(
                "INSERT INTO vendor (name, rate_per_second, quota_per_day) VALUES ($1, $2, $3) RETURNING vendor_id",
                name,
                rate_per_second,
                quota_per_day,
            )
            await _add_vendor_key(connection, vendor_id, key)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "vendor_name_key":
            raise AdminError(f"There is a vendor named {name!r} already.") from None
        raise
    return vendor_id, key.secret


async def list_vendors(connection: asyncpg.Connection) -> list[dict[str, Any]]:
    """Every vendor, oldest first, with the hints of the keys that open and the time any of its keys was last used.

    `used_today` is what servers have leased of the day's quota, so a little more than was used; None: nothing yet.
    """
    return _dicts(
        await connection.fetch(
            "SELECT v.vendor_id, v.name, v.rate_per_second, v.quota_per_day, "
            "(SELECT d.leased FROM vendor_day d WHERE d.vendor_id = v.vendor_id "
            "    AND d.day = (clock_timestamp() AT TIME ZONE 'UTC')::date) AS used_today, "
            "array(SELECT k.hint FROM vendor_key k WHERE k.vendor_id = v.vendor_id AND k.revoked_at IS NULL "
            "      AND v.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp()) "
            "      ORDER BY k.vendor_key_id) AS keys, "
            "(SELECT max(k.last_used_at) FROM vendor_key k WHERE k.vendor_id = v.vendor_id) AS last_used_at, "
            "v.created, v.suspended_at, v.revoked_at FROM vendor v ORDER BY v.vendor_id"
        )
    )


async def limit_vendor(
    connection: asyncpg.Connection, vendor_id: int, rate_per_second: int | None, quota_per_day: int | None
) -> None:
    """Set both limits of a vendor, None for no limit; they hold from its next request on."""
    _check_limits(rate_per_second, quota_per_day)
    async with connection.transaction():
        await _check_vendor(connection, vendor_id)
        await connection.execute(
            "UPDATE vendor SET rate_per_second = $2, quota_per_day = $3 WHERE vendor_id = $1",
            vendor_id,
            rate_per_second,
            quota_per_day,
        )


async def rotate_vendor(
    connection: asyncpg.Connection, vendor_id: int, overlap: timedelta, *, key: NewKey | None = None
) -> str:
    """A new key for a vendor; its older keys end after the overlap (zero: now). Gives the new secret.

    Raises AdminError for an unknown or revoked vendor and an overlap that is negative or over 366 days.
    """
    _check_overlap(overlap)
    key = key or new_key("vendor")
    async with connection.transaction():
        await _check_vendor(connection, vendor_id)
        await connection.execute(
            "UPDATE vendor_key SET expires_at = least(expires_at, clock_timestamp() + $2) "
            "WHERE vendor_id = $1 AND revoked_at IS NULL",
            vendor_id,
            overlap,
        )
        await _add_vendor_key(connection, vendor_id, key)
    return key.secret


async def revoke_vendor(connection: asyncpg.Connection, vendor_id: int) -> None:
    """End a vendor and all its keys, at once and on every worker. Revoking again changes nothing."""
    async with connection.transaction():
        found = await connection.fetchval(
            "UPDATE vendor SET revoked_at = coalesce(revoked_at, clock_timestamp()) WHERE vendor_id = $1 "
            "RETURNING vendor_id",
            _checked_id(vendor_id, "vendor"),
        )
        if found is None:
            raise AdminError(f"There is no vendor {vendor_id}.")
        await connection.execute(
            "UPDATE vendor_key SET revoked_at = clock_timestamp() WHERE vendor_id = $1 AND revoked_at IS NULL",
            vendor_id,
        )


def _check_limits(rate_per_second: int | None, quota_per_day: int | None) -> None:
    if rate_per_second is not None and not 1 <= rate_per_second <= RATE_MAX_PER_SECOND:
        raise AdminError(f"The rate is {rate_per_second}: it must be 1 to {RATE_MAX_PER_SECOND} requests per second.")
    if quota_per_day is not None and not 1 <= quota_per_day <= QUOTA_MAX_PER_DAY:
        raise AdminError(f"The quota is {quota_per_day}: it must be 1 to {QUOTA_MAX_PER_DAY} requests per day.")


async def _add_vendor_key(connection: asyncpg.Connection, vendor_id: int, key: NewKey) -> None:
    await connection.execute(
        "INSERT INTO vendor_key (vendor_id, hash, hint) VALUES ($1, $2, $3)", vendor_id, key.hash, key.hint
    )


async def _check_vendor(connection: asyncpg.Connection, vendor_id: int) -> None:
    """AdminError unless the vendor is there and not revoked; keeps it so until the transaction ends."""
    row = await connection.fetchrow(
        "SELECT revoked_at FROM vendor WHERE vendor_id = $1 FOR UPDATE", _checked_id(vendor_id, "vendor")
    )
    if row is None:
        raise AdminError(f"There is no vendor {vendor_id}.")
    if row["revoked_at"] is not None:
        raise AdminError(f"Vendor {vendor_id} was revoked: create another one.")


# ---------------------------------------------------------------- account keys


async def create_account_key(
    connection: asyncpg.Connection,
    tenant_id: int,
    name: str,
    permissions: Iterable[str],
    expires_at: datetime | None = None,
    vendor_id: int | None = None,
    *,
    key: NewKey | None = None,
) -> tuple[int, int, str]:
    """An account key of a clinic, with the user it acts as: (account_key_id, user_id, secret).

    `permissions` are names such as "patient:read", or "*" for all; `expires_at` is aware and in the future; with a
    `vendor_id` the key opens beside that vendor's keys only. Raises AdminError for what is unknown or unusable.
    """
    name = _checked_name(name, "The key's name")
    granted = check_permissions(permissions)
    _check_expiry(expires_at)
    key = key or new_key("account")
    async with connection.transaction():
        if not await connection.fetchval(
            "SELECT true FROM tenant WHERE tenant_id = $1", _checked_id(tenant_id, "clinic")
        ):
            raise AdminError(f"There is no clinic {tenant_id}.")
        if vendor_id is not None:
            await _check_vendor(connection, vendor_id)
        async with _bound(connection, tenant_id):
            user_id: int = await connection.fetchval(
                "INSERT INTO actor (tenant_id, name) VALUES ($1, $2) RETURNING user_id", tenant_id, name
            )
            account_key_id: int = await connection.fetchval(
                "INSERT INTO account_key (tenant_id, user_id, vendor_id, name, hash, hint, permissions, expires_at) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING account_key_id",
                tenant_id,
                user_id,
                vendor_id,
                name,
                key.hash,
                key.hint,
                granted,
                expires_at,
            )
    return account_key_id, user_id, key.secret


async def list_account_keys(connection: asyncpg.Connection, tenant_id: int | None = None) -> list[dict[str, Any]]:
    """The account keys of one clinic or of all, oldest first; no secret and no hash among the columns."""
    if tenant_id is not None:
        _checked_id(tenant_id, "clinic")
    return _dicts(
        await connection.fetch(
            "SELECT account_key_id, tenant_id, user_id, name, hint, permissions, vendor_id, expires_at, last_used_at, "
            "created, suspended_at, revoked_at FROM account_key WHERE $1::bigint IS NULL OR tenant_id = $1 "
            "ORDER BY account_key_id",
            tenant_id,
        )
    )


async def revoke_account_key(connection: asyncpg.Connection, account_key_id: int) -> None:
    """End an account key, at once and on every worker. Revoking again changes nothing."""
    found = await connection.fetchval(
        "UPDATE account_key SET revoked_at = coalesce(revoked_at, clock_timestamp()) WHERE account_key_id = $1 "
        "RETURNING account_key_id",
        _checked_id(account_key_id, "account key"),
    )
    if found is None:
        raise AdminError(f"There is no account key {account_key_id}.")


async def rotate_account_key(
    connection: asyncpg.Connection, account_key_id: int, overlap: timedelta, expires_at: datetime | None = None
) -> tuple[int, datetime | None, str]:
    """A new key in place of one, which ends after the overlap (zero: now): (account_key_id, expires_at, secret).

    It is of the same clinic, acts as the same user, may do the same beside the same vendor. Without `expires_at` it
    lives as long from now as the old one was made to live. Raises AdminError for a key that is not there or was
    revoked, and for an overlap that is negative or over 366 days.
    """
    _check_overlap(overlap)
    _check_expiry(expires_at)
    key = new_key("account")
    async with connection.transaction():
        old = await connection.fetchrow(
            "SELECT revoked_at FROM account_key WHERE account_key_id = $1 FOR UPDATE",
            _checked_id(account_key_id, "account key"),
        )
        if old is None:
            raise AdminError(f"There is no account key {account_key_id}.")
        if old["revoked_at"] is not None:
            raise AdminError(f"Account key {account_key_id} was revoked: create another one.")
        made = await connection.fetchrow(
            "INSERT INTO account_key (tenant_id, user_id, vendor_id, name, permissions, suspended_at, hash, hint, "
            "expires_at) SELECT tenant_id, user_id, vendor_id, name, permissions, suspended_at, $2, $3, "
            "coalesce($4, clock_timestamp() + (expires_at - created)) FROM account_key WHERE account_key_id = $1 "
            "RETURNING account_key_id, expires_at",
            account_key_id,
            key.hash,
            key.hint,
            expires_at,
        )
        await connection.execute(
            "UPDATE account_key SET expires_at = least(expires_at, clock_timestamp() + $2) WHERE account_key_id = $1",
            account_key_id,
            overlap,
        )
    return made["account_key_id"], made["expires_at"], key.secret


def check_permissions(permissions: Iterable[str]) -> list[str]:
    """The permissions sorted and without doubles, or AdminError naming the nearest known one."""
    from openprac.api import PERMISSIONS

    granted = sorted(set(permissions))
    if not granted:
        raise AdminError("A key needs at least one permission.")
    for permission in granted:
        if permission != ALL_PERMISSIONS and permission not in PERMISSIONS:
            raise AdminError(f"There is no permission {permission!r}{_nearest(permission, PERMISSIONS)}.")
    return [ALL_PERMISSIONS] if ALL_PERMISSIONS in granted else granted


# ---------------------------------------------------------------- suspension


async def suspend(connection: asyncpg.Connection, table: Suspended, number: int, *, suspended: bool) -> None:
    """Refuse a clinic with all its keys, a vendor with all its keys, or an account key, at once and on every worker;
    or, not suspended, let it in again. Nothing else is changed, and doing it twice changes nothing.

    Raises AdminError for what is not there or was revoked, which cannot be undone.
    """
    what = {"tenant": "clinic", "vendor": "vendor", "account_key": "account key"}[table]
    revoked = "NULL" if table == "tenant" else "revoked_at"
    async with connection.transaction():
        row = await connection.fetchrow(
            f"UPDATE {table} SET suspended_at = CASE WHEN $2 THEN coalesce(suspended_at, clock_timestamp()) END "
            f"WHERE {table}_id = $1 RETURNING {revoked} AS revoked_at",
            _checked_id(number, what),
            suspended,
        )
        if row is None:
            raise AdminError(f"There is no {what} {number}.")
        if row["revoked_at"] is not None:
            raise AdminError(f"{what.capitalize()} {number} was revoked, which cannot be undone.")


# ---------------------------------------------------------------- what they share


@asynccontextmanager
async def _bound(connection: asyncpg.Connection, tenant_id: int) -> AsyncIterator[None]:
    """Row-level security is forced, so an owner that may not bypass it writes as the clinic's own session would."""
    await connection.execute("SELECT set_config('openprac.tenant_id', $1, true)", str(tenant_id))
    yield
    await connection.execute("SELECT set_config('openprac.tenant_id', '', true)")


def _check_overlap(overlap: timedelta) -> None:
    if not timedelta(0) <= overlap <= OVERLAP_MAX:
        raise AdminError(f"The overlap must be between nothing and {OVERLAP_MAX.days} days.")


def _check_expiry(expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise AdminError("The key would have expired already: the expiry must be in the future.")


def _checked_name(name: str, what: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= NAME_MAX_CHARS or not name.isprintable():
        raise AdminError(f"{what} must have 1 to {NAME_MAX_CHARS} characters, all of them printable.")
    return name


def _checked_id(number: int, what: str) -> int:
    if not 1 <= number <= ID_MAX:
        raise AdminError(f"There is no {what} {number}.")
    return number


def _nearest(given: str, known: Iterable[str]) -> str:
    """The tail of a sentence that names the known word most like the given one, if one is like it at all."""
    from difflib import get_close_matches

    lowered = {name.lower(): name for name in known}
    # Zones are known by their city too: "melbourne" is nearer to Australia/Melbourne than letters alone say.
    matches = [name for low, name in sorted(lowered.items()) if low.rpartition("/")[2] == given.lower().strip()]
    matches = matches or [lowered[low] for low in get_close_matches(given.lower(), lowered, n=1, cutoff=0.5)]
    return f"; the nearest is {matches[0]!r}" if matches else ""


def _dicts(records: Sequence[Any]) -> list[dict[str, Any]]:
    return [dict(record) for record in records]
