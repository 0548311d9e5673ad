"""`openprac export --csv`: a list of the API as a sheet, for people who look rather than program.

The same rows and columns as the API's list, links left out; a cell holds what the member's JSON would be, texts without
their quotes. A text that a spreadsheet would take for a formula gets an apostrophe before it.
"""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import asyncpg
import msgspec

from openprac.keep import KeepError
from openprac.keep.catalog import bind
from openprac.keep.snapshot import snapshot
from openprac.kernel.children import children_of
from openprac.kernel.collection import Collection, Listing
from openprac.kernel.select import list_sql
from openprac.kernel.shape import ENCODER, Shape, list_shape_of

ROWS_AT_ONCE = 5000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
# Spreadsheets guess UTF-8 from this and from nothing else.
MARK = "\ufeff"


def cell(value: Any) -> str:
    """What stands in the sheet for a value of the API. Numbers stay numbers, also negative ones."""
    if value is None:
        return ""
    text = ENCODER.encode(value)
    if not text.startswith(b'"'):
        return text.decode()
    words: str = msgspec.json.decode(text)
    return f"'{words}" if words.startswith(FORMULA_STARTS) else words


async def sheet(connection: asyncpg.Connection, collection: Collection, tenant_id: int) -> AsyncIterator[bytes]:
    """The CSV, some rows at a time, all of one moment. Raises KeepError for a clinic that is not there."""
    shape = list_shape_of(collection)
    # Lists that have only a path below a parent are written for all parents.
    listing = replace(collection.listings[0], scope=None)
    async with snapshot(connection) as now:
        if tenant_id not in now.clinics:
            raise KeepError(f"There is no clinic {tenant_id}.")
        await bind(connection, tenant_id)
        yield MARK.encode() + _lines([[one.name for one in (*shape.columns, *shape.children)]])
        offset = 0
        while rows := await _page(connection, shape, listing, tenant_id, offset):
            yield _lines([[cell(value) for value in row] for row in rows])
            offset += len(rows)


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


async def _page(
    connection: asyncpg.Connection, shape: Shape, listing: Listing, tenant_id: int, offset: int
) -> list[list[Any]]:
    sql = list_sql(shape, listing, (), (), ROWS_AT_ONCE, first_page=False)
    records = await connection.fetch(sql.page, tenant_id, offset)
    children = await children_of(connection, tenant_id, shape, records) or [[]] * len(records)
    return [[*record, *lists] for record, lists in zip(records, children, strict=True)]


def collection_named(name: str, collections: Sequence[Collection]) -> Collection:
    """Raises KeepError with the nearest name, or all of them."""
    from difflib import get_close_matches

    by_name = {one.name: one for one in collections if one.listings}
    if name in by_name:
        return by_name[name]
    near = get_close_matches(name, by_name, n=1)
    known = f"the nearest is {near[0]}" if near else f"there are {', '.join(sorted(by_name))}"
    raise KeepError(f"There is no list {name!r}; {known}.")
