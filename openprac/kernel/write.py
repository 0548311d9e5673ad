"""Insert and update for plain rows. The only tenant filter for writes of plain rows stands here.

One statement does the write and its line in the audit, so that neither exists without the other. `created`,
`modified` and `version` are set here, not by triggers.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import asyncpg
import msgspec

from openprac.errors import Conflict
from openprac.kernel.caller import Caller
from openprac.kernel.collection import Collection
from openprac.kernel.links import clear_links, store_links
from openprac.kernel.refusals import refusal
from openprac.kernel.row import Children, Column, Flag
from openprac.kernel.stored import stored

AUDIT_COLUMNS = (
    "tenant_id, account_key_id, user_id, vendor_id, request_id, operation_id, resource, resource_id, client_id, changes"
)


@dataclass(frozen=True, slots=True)
class Authorship:
    """Who writes, under which request: the audit's half of a write."""

    caller: Caller
    request_id: str
    operation_id: str

    def values(self) -> tuple[Any, ...]:
        caller = self.caller
        return (caller.account_key_id, caller.user_id, caller.vendor_id, self.request_id, self.operation_id)


async def insert(
    connection: asyncpg.Connection,
    collection: Collection,
    given: Mapping[str, Any],
    scope: Mapping[str, int],
    by: Authorship,
) -> int:
    """Insert one row and give its id. scope: columns fixed by the path. Raises InvalidBody for refused references."""
    own = _own(collection, given)
    sql = insert_sql(collection, tuple(own), tuple(scope))
    values = (by.caller.tenant_id, *by.values(), _changes(collection, {}, given), *scope.values(), *own.values())
    try:
        row_id: int = await connection.fetchval(sql, *values)
    except asyncpg.IntegrityConstraintViolationError as error:
        raise refusal(error) from error
    if len(own) < len(given):
        await store_links(connection, collection, by.caller.tenant_id, row_id, given)
    return row_id


async def lock(
    connection: asyncpg.Connection,
    collection: Collection,
    row_id: int,
    names: tuple[str, ...],
    scope: Mapping[str, int],
    tenant_id: int,
) -> asyncpg.Record | None:
    """The row to be changed, locked: its version and the old values of `names`. None when there is no such row."""
    sql = lock_sql(collection, names, tuple(scope))
    return await connection.fetchrow(sql, tenant_id, row_id, *scope.values())


async def update(
    connection: asyncpg.Connection,
    collection: Collection,
    row_id: int,
    given: Mapping[str, Any],
    old: asyncpg.Record,
    by: Authorship,
) -> None:
    """Change one locked row. Raises InvalidBody for refused references."""
    own = _own(collection, given)
    sql = update_sql(collection, tuple(own))
    try:
        await connection.execute(
            sql, by.caller.tenant_id, *by.values(), _changes(collection, old, given), row_id, *own.values()
        )
    except asyncpg.IntegrityConstraintViolationError as error:
        raise refusal(error) from error
    if len(own) < len(given):
        await store_links(connection, collection, by.caller.tenant_id, row_id, given)


async def delete(connection: asyncpg.Connection, collection: Collection, row_id: int, by: Authorship) -> None:
    """Remove one locked row that nothing points to. Raises Conflict IN_USE."""
    try:
        await clear_links(connection, collection, by.caller.tenant_id, row_id)
        await connection.execute(delete_sql(collection), by.caller.tenant_id, *by.values(), "{}", row_id)
    except asyncpg.ForeignKeyViolationError as error:
        instead = "; it can be archived" if any(isinstance(one.marker, Flag) for one in collection.fields) else ""
        raise Conflict("IN_USE", f"This {collection.noun} is used and cannot be removed{instead}.") from error


@lru_cache(maxsize=1024)
def insert_sql(collection: Collection, names: tuple[str, ...], scope: tuple[str, ...]) -> str:
    """Parameters: tenant, five of the audit, changes, the scope's columns, the fields' values."""
    fields = {one.name: one for one in collection.fields if isinstance(one.marker, Column | Flag)}
    expressions: dict[str, str] = {}
    for position, column in enumerate(scope, 8):
        expressions[column] = f"${position}::bigint"
    for position, name in enumerate(names, 8 + len(scope)):
        expressions[fields[name].column] = stored(fields[name], f"${position}")
    for one in fields.values():
        if isinstance(one.marker, Column) and one.marker.default and one.column not in expressions:
            expressions[one.column] = _default(one.marker.default, expressions)
    columns = ", ".join(["tenant_id", *expressions])
    row = ", ".join(["$1::bigint", *expressions.values()])
    also = _also_sql((*collection.companions, *collection.followers))
    return (
        f"WITH new AS (INSERT INTO {collection.table} ({columns}) VALUES ({row}) RETURNING *){also}, "
        f"{_audit_sql(collection)} SELECT {collection.id} FROM new"
    )


@lru_cache(maxsize=1024)
def update_sql(collection: Collection, names: tuple[str, ...]) -> str:
    """Parameters: tenant, five of the audit, changes, id, the fields' values."""
    fields = {one.name: one for one in collection.fields if isinstance(one.marker, Column | Flag)}
    sets = [f"{fields[name].column} = {stored(fields[name], f'${position}')}" for position, name in enumerate(names, 9)]
    return (
        f"WITH new AS (UPDATE {collection.table} SET {''.join(f'{one}, ' for one in sets)}"
        "modified = clock_timestamp(), version = version + 1 "
        f"WHERE tenant_id = $1::bigint AND {collection.id} = $8::bigint RETURNING *){_also_sql(collection.followers)}, "
        f"{_audit_sql(collection)} SELECT 1"
    )


@lru_cache(maxsize=1024)
def delete_sql(collection: Collection) -> str:
    """Parameters: tenant, five of the audit, changes, id."""
    return (
        f"WITH new AS (DELETE FROM {collection.table} WHERE tenant_id = $1::bigint "
        f"AND {collection.id} = $8::bigint RETURNING *), {_audit_sql(collection)} SELECT 1"
    )


@lru_cache(maxsize=1024)
def lock_sql(collection: Collection, names: tuple[str, ...], scope: tuple[str, ...]) -> str:
    """Parameters: tenant, id, the scope's columns. FOR NO KEY UPDATE: other rows may still point at this one."""
    fields = {one.name: one for one in collection.fields if not isinstance(one.marker, Children)}
    old = "".join(f", {fields[name].sql} AS {name}" for name in names if name in fields)
    narrowed = "".join(f" AND t.{column} = ${position}" for position, column in enumerate(scope, 3))
    narrowed += f" AND {collection.where}" if collection.where else ""
    return (
        f"SELECT t.version{old} FROM {collection.table} t "
        f"WHERE t.tenant_id = $1 AND t.{collection.id} = $2{narrowed} FOR NO KEY UPDATE OF t"
    )


def _also_sql(statements: tuple[str, ...]) -> str:
    return "".join(f", also_{number} AS ({sql})" for number, sql in enumerate(statements, 1))


def _audit_sql(collection: Collection) -> str:
    client = f"new.{collection.client}" if collection.client else "NULL::bigint"
    return (
        f"audit AS (INSERT INTO audit_event ({AUDIT_COLUMNS}) SELECT $1::bigint, $2::bigint, $3::bigint, $4::bigint, "
        f"$5::uuid, $6::text, '{collection.name}', new.{collection.id}, {client}, $7::jsonb FROM new)"
    )


def _default(sql: str, expressions: Mapping[str, str]) -> str:
    """A default may use the tenant ($tenant) and what another column of the new row gets ({column})."""
    text = sql.replace("$tenant", "$1::bigint")
    return "(" + re.sub(r"\{(\w+)\}", lambda match: expressions.get(match[1], "NULL"), text) + ")"


def _own(collection: Collection, given: Mapping[str, Any]) -> dict[str, Any]:
    """What goes into the row itself; the rest are linked lists."""
    linked = {one.name for one in collection.fields if one.linked}
    return {name: value for name, value in given.items() if name not in linked} if linked else dict(given)


def _changes(collection: Collection, old: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """The audit's text of a write: per field the new value, or [old, new]."""
    digested = _digested(collection)
    told = {name: _digest(value) if name in digested else value for name, value in given.items()}
    changed = {name: [old[name], value] if name in old else value for name, value in told.items()}
    return msgspec.json.encode(changed).decode()


@cache
def _digested(collection: Collection) -> frozenset[str]:
    return frozenset(one.name for one in collection.fields if isinstance(one.marker, Column) and one.marker.digest)


def _digest(text: str) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(text.encode()).hexdigest(), "characters": len(text)}
