"""Rows a resource keeps in tables of its own: lists of ids and lists of small rows. A write replaces the whole list."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import asyncpg

from openprac.errors import InvalidBody, Problem
from openprac.kernel.collection import Collection
from openprac.kernel.refusals import refusal
from openprac.kernel.row import Children, Field, IdList, fields_of
from openprac.kernel.stored import stored


async def store_links(
    connection: asyncpg.Connection, collection: Collection, tenant_id: int, row_id: int, given: Mapping[str, Any]
) -> None:
    """Replace every linked list that `given` holds. Raises InvalidBody, naming the list and the column."""
    for one in collection.fields:
        if not one.linked or one.name not in given:
            continue
        try:
            await connection.execute(clear_sql(one), tenant_id, row_id)
            if isinstance(one.marker, IdList):
                await connection.execute(ids_sql(one), tenant_id, row_id, given[one.name])
            else:
                await _store_children(connection, one, tenant_id, row_id, given[one.name])
        except asyncpg.IntegrityConstraintViolationError as error:
            problems = [_of_list(one, problem) for problem in refusal(error).problems]
            raise InvalidBody(problems) from error


async def clear_links(connection: asyncpg.Connection, collection: Collection, tenant_id: int, row_id: int) -> None:
    """Before the row itself is removed."""
    for one in collection.fields:
        if one.linked:
            await connection.execute(clear_sql(one), tenant_id, row_id)


async def _store_children(
    connection: asyncpg.Connection, one: Field, tenant_id: int, row_id: int, rows: Sequence[Mapping[str, Any]]
) -> None:
    assert isinstance(one.marker, Children)
    for row in rows:
        await connection.execute(child_sql(one, tuple(row)), tenant_id, row_id, *row.values())


@cache
def clear_sql(one: Field) -> str:
    """Parameters: tenant, parent's id."""
    assert isinstance(one.marker, IdList | Children)
    return f"DELETE FROM {one.marker.table} WHERE tenant_id = $1 AND {one.marker.parent} = $2"


@cache
def ids_sql(one: Field) -> str:
    """Parameters: tenant, parent's id, ids."""
    assert isinstance(one.marker, IdList)
    columns = f"tenant_id, {one.marker.parent}, {one.marker.column}"
    return f"INSERT INTO {one.marker.table} ({columns}) SELECT $1::bigint, $2::bigint, unnest($3::bigint[])"


@cache
def child_sql(one: Field, names: tuple[str, ...]) -> str:
    """Parameters: tenant, parent's id, the child's values."""
    assert isinstance(one.marker, Children)
    fields = {child.name: child for child in fields_of(one.marker.row)}
    columns = ", ".join(["tenant_id", one.marker.parent, *(fields[name].column for name in names)])
    values = ", ".join(["$1", "$2", *(stored(fields[name], f"${place}") for place, name in enumerate(names, 3))])
    return f"INSERT INTO {one.marker.table} ({columns}) VALUES ({values})"


def _of_list(one: Field, problem: Problem) -> Problem:
    """An id list is the wrong member itself; of small rows the column is named behind the list."""
    field = one.name if isinstance(one.marker, IdList) else f"{one.name}.{problem.field}"
    return Problem(field, problem.message.replace(problem.field, field, 1))
