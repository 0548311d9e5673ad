"""`openprac import`: an archive of one clinic brought into an instance, which may serve others meanwhile.

All of the archive is read and compared before anything is written. Then: sequences are moved past its ids, files are
put, and all rows are written in one transaction, which is the moment the clinic is there.
"""

from dataclasses import dataclass

import asyncpg
import msgspec

from openprac.attachments.store import Store, StoreError
from openprac.keep import KeepError
from openprac.keep.bars import Bars
from openprac.keep.catalog import OBJECT_KEY, Catalog, Table, bind, listed, pass_id, quoted, read_catalog
from openprac.keep.clinic_out import CLINIC, FORMAT, TABLES, Archive, columns_of, travels, within_clinic
from openprac.keep.files import FILES, Room, read_list, some_at_once
from openprac.keep.parts import MANIFEST, KeptFile, KeptTable, check_bytes, read_part, unseal
from openprac.keep.places import BINARY, Place
from openprac.keep.restore import Target
from openprac.keep.schema import check_known, schema_of, version_of
from openprac.keep.snapshot import speak_plainly
from openprac.migrate import migrate

ROW = msgspec.json.Decoder(dict[str, msgspec.Raw])
# A link of the audit's chain names the clinic's id: under another one the chain is made anew.
SEALS = "audit_seal"
# Lines that came without a seal lie below where the sealer thinks it has been: it begins again, under its own lock.
SEAL_AGAIN = """
SELECT pg_advisory_xact_lock(hashtextextended('openprac.seal_audit', 7));
UPDATE audit_sealer SET sealed_below = 0, mark = 0, mark_xid = '0';
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """An archive all of which was read: whole, and of a schema this program carries. Highest ids by table, column."""

    archive: Archive
    files: dict[str, KeptFile]
    highest: dict[tuple[str, str], int]


async def import_clinic(place: Place, target: Target, bars: Bars, *, as_new: bool = False) -> tuple[int, Archive]:
    """Gives the clinic's id here. as_new: another id than it had. Raises KeepError, StoreError, MigrationError."""
    checked = await check_archive(place, bars)
    connection = await asyncpg.connect(target.owner_url)
    try:
        brought_forward = await _fit_schema(connection, checked.archive, target)
        catalog = await read_catalog(connection)
        _check_tables(catalog, checked.archive)
        tenant_id = await _choose_id(connection, checked.archive, as_new=as_new)
        await _be_alone(connection, tenant_id)
        await _pass_ids(connection, catalog, checked, tenant_id)
        put = await _put_files(place, checked, tenant_id, target.store, bars)
        try:
            await _write_rows(connection, catalog, place, checked.archive, tenant_id, bars)
        except BaseException:
            await _take_back(target.store, put)
            raise
        if brought_forward:
            await migrate(target.owner_url, target.runtime_url)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return tenant_id, checked.archive


# ---------------------------------------------------------------- reading all of it first


async def check_archive(place: Place, bars: Bars) -> Checked:
    """Raises KeepError for the first thing that is missing, damaged or unknown."""
    archive = unseal(await place.get(MANIFEST), Archive, f"The manifest in {place.label}")
    if archive.format != FORMAT:
        raise KeepError(f"The archive is of format {archive.format}, this program reads {FORMAT}.")
    check_known(archive.schema, "The archive")
    highest: dict[tuple[str, str], int] = {}
    bar = bars.bar("Checking tables", len(archive.tables))
    for table in archive.tables:
        await _check_table(place, table, highest)
        bar.advance()
    files = await read_list(place, "", archive.files)
    if len(files) != archive.file_count:
        raise KeepError(f"The archive's list of files has {len(files)} of {archive.file_count}.")
    file_bar, room = bars.bar("Checking files", len(files)), Room()

    async def look(one: KeptFile) -> None:
        async with room.of(one.size):
            check_bytes(await place.get(FILES + one.key), one.size, one.sha256, f"{FILES}{one.key} in {place.label}")
        file_bar.advance()

    await some_at_once(files.values(), look)
    return Checked(archive, files, highest)


async def _check_table(place: Place, table: KeptTable, highest: dict[tuple[str, str], int]) -> None:
    rows, members = 0, set(table.columns)
    for part in table.parts:
        for line in lines_of(await read_part(place, TABLES, part)):
            try:
                row = ROW.decode(line)
            except msgspec.MsgspecError:
                raise KeepError(f"Row {rows + 1} of the archive's {table.name} is no JSON object.") from None
            if row.keys() != members:
                odd = ", ".join(sorted(row.keys() ^ members))
                raise KeepError(f"Row {rows + 1} of the archive's {table.name} has not the columns it should: {odd}.")
            for name, value in row.items():
                text = bytes(value)
                if text.isdigit():
                    highest[table.name, name] = max(highest.get((table.name, name), 0), int(text))
            rows += 1
    if rows != table.rows:
        raise KeepError(f"The archive's {table.name} has {rows} of {table.rows} rows.")


def lines_of(body: bytes) -> list[bytes]:
    """JSON escapes line feeds and nothing else that some call the end of a line."""
    return body.rstrip(b"\n").split(b"\n") if body else []


# ---------------------------------------------------------------- where it goes


async def _fit_schema(connection: asyncpg.Connection, archive: Archive, target: Target) -> bool:
    """Whether the schema was made for this archive, and is to be brought forward behind it. Raises KeepError."""
    wanted, there = version_of(archive.schema), version_of(await schema_of(connection))
    if not there:
        await migrate(target.owner_url, target.runtime_url, until=wanted)
        return True
    if there != wanted:
        way = (
            "run `openprac migrate` first"
            if there < wanted
            else "import it into a database without tables, where it is brought forward, export it there, and import "
            "that"
        )
        raise KeepError(f"The archive is of schema {wanted}, the database of {there}: {way}.")
    return False


def _check_tables(catalog: Catalog, archive: Archive) -> None:
    here = {table.name: columns_of(table) for table in catalog.tables if travels(table)}
    there = {table.name: table.columns for table in archive.tables}
    for name in sorted(here.keys() | there.keys()):
        if sorted(here.get(name, ["?"])) != sorted(there.get(name, ["?"])):
            raise KeepError(f"The archive's table {name} is not the one of its schema: nothing was imported.")


async def _choose_id(connection: asyncpg.Connection, archive: Archive, *, as_new: bool) -> int:
    if as_new:
        return int(await connection.fetchval("SELECT nextval(pg_get_serial_sequence('tenant', 'tenant_id'))"))
    name = await connection.fetchval("SELECT name FROM tenant WHERE tenant_id = $1", archive.tenant_id)
    if name is not None:
        raise KeepError(
            f"There is a clinic {archive.tenant_id} already ({name}): say --as-new to bring it in under another id."
        )
    return archive.tenant_id


async def _be_alone(connection: asyncpg.Connection, tenant_id: int) -> None:
    """Two imports of one clinic would take back each other's files. Held until the connection ends."""
    locked = await connection.fetchval(
        "SELECT pg_try_advisory_lock(hashtextextended('import/' || $1, 7))", str(tenant_id)
    )
    if not locked:
        raise KeepError(f"Another import of clinic {tenant_id} is under way.")


async def _pass_ids(connection: asyncpg.Connection, catalog: Catalog, checked: Checked, tenant_id: int) -> None:
    """No sequence will give a number that the clinic has."""
    for one in catalog.sequences:
        highest = checked.highest.get((one.table or "", one.column or ""), 0)
        await pass_id(connection, one, tenant_id if one.table == CLINIC else highest)


# ---------------------------------------------------------------- writing


async def _put_files(place: Place, checked: Checked, tenant_id: int, store: Store, bars: Bars) -> list[str]:
    """The keys they have here. What was put is taken back if one fails."""
    await store.ensure_bucket()
    bar, room = bars.bar("Files", len(checked.files)), Room()
    put: list[str] = []

    async def one_file(one: KeptFile) -> None:
        key = within_clinic(one.key, tenant_id)
        async with room.of(one.size):
            body = await place.get(FILES + one.key)
            check_bytes(body, one.size, one.sha256, f"{FILES}{one.key} in {place.label}")
            await store.put(key, body, content_type=BINARY)
        put.append(key)
        bar.advance()

    try:
        await some_at_once(checked.files.values(), one_file)
    except BaseException:
        await _take_back(store, put)
        raise
    return put


async def _take_back(store: Store, keys: list[str]) -> None:
    try:
        await some_at_once(keys, store.delete)
    except StoreError:
        # No row names them: `openprac doctor` finds what is left.
        return


async def _write_rows(
    connection: asyncpg.Connection, catalog: Catalog, place: Place, archive: Archive, tenant_id: int, bars: Bars
) -> None:
    kept = {table.name: table for table in archive.tables}
    same_id = tenant_id == archive.tenant_id
    tables = [table for table in catalog.tables if travels(table) and (same_id or table.name != SEALS)]
    bar = bars.bar("Rows", len(tables))
    async with connection.transaction():
        await speak_plainly(connection)
        await bind(connection, tenant_id)
        await connection.execute("SET CONSTRAINTS ALL DEFERRED")
        for table in tables:
            await _write_table(connection, place, table, kept[table.name], tenant_id)
            bar.advance()
        if "audit_sealer" in catalog.by_name:
            await connection.execute(SEAL_AGAIN)


async def _write_table(
    connection: asyncpg.Connection, place: Place, table: Table, kept: KeptTable, tenant_id: int
) -> None:
    """By way of a table of lines: COPY is not allowed under row-level security, and one statement for all rows lets
    them refer to each other in any order."""
    await connection.execute("CREATE TEMP TABLE kept_line (line text NOT NULL) ON COMMIT DROP")
    for part in kept.parts:
        lines = [(line.decode(),) for line in lines_of(await read_part(place, TABLES, part))]
        await connection.copy_records_to_table("kept_line", records=lines, columns=["line"])
    columns = columns_of(table)
    status = await connection.execute(
        f"INSERT INTO {quoted(table.name)} (tenant_id, {listed(columns)}) OVERRIDING SYSTEM VALUE "
        f"SELECT $1::bigint, {', '.join(map(_in, columns))} "
        f"FROM kept_line l, json_populate_record(NULL::{quoted(table.name)}, l.line::json) r",
        tenant_id,
    )
    await connection.execute("DROP TABLE kept_line")
    if int(status.split()[-1]) != kept.rows:
        raise KeepError(f"Of {kept.rows} rows of {table.name} {status.split()[-1]} were written: nothing was imported.")


def _in(column: str) -> str:
    if column == OBJECT_KEY:
        return rf"regexp_replace(r.{OBJECT_KEY}, '^([^/]+)/', '\1/' || $1::bigint || '/')"
    return f"r.{quoted(column)}"
