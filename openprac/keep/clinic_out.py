"""`openprac export`: one clinic as it is now, as NDJSON with its files.

    manifest.json                  written last
    tables/NAME.0001.ndjson ...    a row a line, in the order of the primary key
    files.0001.ndjson ...          the list of files
    files/KIND/REST                the files themselves

No row names the clinic's id and no key of a file does: the same clinic under another id is the same archive, but for
the id and the time in its manifest. Keys do not travel, nor what belongs to them.
"""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from openprac import __version__
from openprac.attachments.store import ObjectMissing, Store
from openprac.keep import KeepError
from openprac.keep.bars import Bars
from openprac.keep.catalog import OBJECT_KEY, TEMPORARY_KEY, TENANT, Table, bind, quoted
from openprac.keep.files import FILES, LISTS, Room, some_at_once
from openprac.keep.parts import MANIFEST, KeptFile, KeptTable, Migrated, Part, PartWriter, seal, sha256_of
from openprac.keep.places import Place
from openprac.keep.schema import check_known
from openprac.keep.snapshot import Snapshot, snapshot

FORMAT = 1
TABLES = "tables/"
CLINIC = "tenant"
# Answers kept for a day for the retries of one key.
OF_KEYS = ("idempotency_key",)
ROWS_AT_ONCE = 500


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """The manifest. `left_out`: uploads that were on their way, with no file yet."""

    format: int
    openprac: str
    tenant_id: int
    name: str
    moment: datetime
    schema: list[Migrated]
    tables: list[KeptTable]
    files: list[Part]
    file_count: int
    file_bytes: int
    left_out: int


def travels(table: Table) -> bool:
    """Whether a clinic's archive has this table: all of a clinic's but keys' answers and uploads on their way."""
    return table.name == CLINIC or (
        table.of_clinic and table.name not in OF_KEYS and TEMPORARY_KEY not in table.columns
    )


def columns_of(table: Table) -> list[str]:
    return [name for name in table.columns if name != TENANT]


async def export_clinic(
    connection: asyncpg.Connection, store: Store, place: Place, tenant_id: int, bars: Bars
) -> Archive:
    """Raises KeepError for a clinic that is not there and a place that is not empty, StoreError."""
    if await place.sizes(""):
        raise KeepError(f"{place.label} is not empty: an archive has a folder of its own.")
    async with snapshot(connection) as now:
        check_known(now.schema, "The database")
        await bind(connection, tenant_id)
        name = await connection.fetchval("SELECT name FROM tenant WHERE tenant_id = $1", tenant_id)
        if name is None:
            raise KeepError(f"There is no clinic {tenant_id}.")
        tables = await _write_tables(now, place, tenant_id, bars)
        keys = [one.key for one in await now.files(tenant_id)]
        left_out = len(await now.uploads(tenant_id))
    kept = await _write_files(store, place, tenant_id, keys, bars)
    lists = PartWriter(place, "", LISTS, ".ndjson", compress=False)
    for one in kept:
        await lists.write(msgspec.json.encode(one) + b"\n")
    await lists.flush()
    archive = Archive(
        format=FORMAT,
        openprac=__version__,
        tenant_id=tenant_id,
        name=name,
        moment=now.moment,
        schema=list(now.schema),
        tables=tables,
        files=lists.parts,
        file_count=len(kept),
        file_bytes=sum(one.size for one in kept),
        left_out=left_out,
    )
    await place.put(MANIFEST, seal(archive))
    await place.close()
    return archive


async def _write_tables(now: Snapshot, place: Place, tenant_id: int, bars: Bars) -> list[KeptTable]:
    wanted = [table for table in now.catalog.tables if travels(table)]
    bar = bars.bar("Tables", len(wanted))
    kept = []
    for table in wanted:
        writer, rows = PartWriter(place, TABLES, table.name, ".ndjson", compress=False), 0
        async for row in now.connection.cursor(_rows_sql(table), tenant_id, prefetch=ROWS_AT_ONCE):
            # A value of type json is written as it was given, with its line ends; those mean nothing.
            await writer.write(row[0].replace("\n", " ").encode() + b"\n")
            rows += 1
        await writer.flush()
        kept.append(KeptTable(table.name, columns_of(table), rows, writer.parts))
        bar.advance()
    return kept


def _rows_sql(table: Table) -> str:
    """Each row as JSON: PostgreSQL writes every type so that it reads it again without loss."""
    columns = [_out(name) for name in columns_of(table)]
    return (
        f"SELECT row_to_json(r)::text FROM (SELECT {', '.join(columns)} FROM {quoted(table.name)} "
        f"WHERE tenant_id = $1 ORDER BY {', '.join(map(quoted, table.key))}) r"
    )


def _out(column: str) -> str:
    if column == OBJECT_KEY:
        # KIND/CLINIC/REST loses its middle.
        return rf"regexp_replace({OBJECT_KEY}, '^([^/]+)/[0-9]+/', '\1/') AS {OBJECT_KEY}"
    return quoted(column)


def without_clinic(key: str, tenant_id: int) -> str:
    """KIND/CLINIC/REST -> KIND/REST. KeepError for a key that is another clinic's."""
    kind, clinic, rest = (*key.split("/", 2), "", "")[:3]
    if clinic != str(tenant_id) or not rest:
        raise KeepError(f"A row of clinic {tenant_id} names a file that is not below its own keys: {key}.")
    return f"{kind}/{rest}"


def within_clinic(key: str, tenant_id: int) -> str:
    kind, _, rest = key.partition("/")
    return f"{kind}/{tenant_id}/{rest}"


async def _write_files(store: Store, place: Place, tenant_id: int, keys: Sequence[str], bars: Bars) -> list[KeptFile]:
    """All of them, or KeepError: an archive without a file would be taken for the whole clinic."""
    bar, room = bars.bar("Files", len(keys)), Room()
    kept: list[KeptFile] = []

    async def write(key: str) -> None:
        head = await store.head(key)
        async with room.of(head.size if head else 0):
            try:
                body = await store.read(key)
            except ObjectMissing:
                raise KeepError(
                    f"The file store has no {key}, which a row names: see `openprac doctor`. There is no archive."
                ) from None
            name = without_clinic(key, tenant_id)
            await place.put(FILES + name, body)
        kept.append(KeptFile(name, len(body), sha256_of(body)))
        bar.advance()

    await some_at_once(keys, write)
    return sorted(kept, key=lambda one: one.key)
