"""The lists of small rows inside objects, read for a whole page at once: one statement a field and level."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import msgspec

from openprac.kernel.row import Children, Field
from openprac.kernel.select import children_sql
from openprac.kernel.shape import Record, Shape, child_shape_of


async def children_of(
    connection: asyncpg.Connection, tenant_id: int, shape: Shape, records: Sequence[Record]
) -> list[list[Any]]:
    """For each record one list a Children field; nothing where the shape has none."""
    if not shape.children or not records:
        return []
    ids = [record[shape.id_position] for record in records]
    lists = [await _by_parent(connection, tenant_id, one, ids, shape.everything) for one in shape.children]
    return [[by_parent[row_id] for by_parent in lists] for row_id in ids]


async def _by_parent(
    connection: asyncpg.Connection, tenant_id: int, one: Field, parent_ids: Sequence[int], everything: bool
) -> Mapping[int, list[msgspec.Struct]]:
    """The rows of one Children field for each of the parents, with their own children."""
    assert isinstance(one.marker, Children)
    shape = child_shape_of(one.marker, everything=everything)
    found: dict[int, list[msgspec.Struct]] = {row_id: [] for row_id in parent_ids}
    if not parent_ids:
        return found
    records = await connection.fetch(children_sql(one.marker, shape), tenant_id, parent_ids)
    deeper = []
    for position, grandchild in shape.children:
        own_ids = [record[position] for record in records]
        deeper.append((position, await _by_parent(connection, tenant_id, grandchild, own_ids, everything)))
    for record in records:
        lists = (by_parent[record[position]] for position, by_parent in deeper)
        found[record[0]].append(shape.struct(*record[1:], *lists))
    return found
