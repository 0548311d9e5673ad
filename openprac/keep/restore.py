"""`openprac restore`: a backup brought into an empty instance.

Files first, each compared with its checksum; then all rows in one transaction, at the schema they were written in;
then the schema is brought forward. Whatever stops it leaves an instance that holds no clinic, and it may be run again.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import asyncpg

from openprac.attachments.store import Store
from openprac.keep import KeepError
from openprac.keep.backup import BACKUPS, TABLES, Backup, read_backup, stamps
from openprac.keep.bars import Bar, Bars
from openprac.keep.catalog import (
    Catalog,
    listed,
    passes_row_security,
    quoted,
    read_catalog,
)
from openprac.keep.files import FILES, Room, read_list, some_at_once
from openprac.keep.parts import KeptFile, KeptTable, check_bytes, read_part
from openprac.keep.places import BINARY, Place
from openprac.keep.schema import check_known, schema_of, version_of
from openprac.keep.snapshot import speak_plainly
from openprac.migrate import migrate

CANARY = "openprac-canary"


@dataclass(frozen=True, slots=True)
class Target:
    """Where to: the two URLs of the database, and the store."""

    owner_url: str
    runtime_url: str
    store: Store


async def newest(place: Place) -> str:
    """Raises KeepError where there is no backup."""
    found = await stamps(place)
    if not found:
        raise KeepError(f"There is no backup in {place.label}.")
    return found[-1]


async def restore(place: Place, stamp: str, target: Target, bars: Bars, *, beside_files: bool = False) -> Backup:
    """Raises KeepError unless the instance is empty and all of the backup is as it was written.

    beside_files: the store may hold other objects, as one does that was not lost with the database.
    """
    backup = await read_backup(place, stamp)
    folder = f"{BACKUPS}{stamp}/"
    check_known(backup.schema, f"Backup {stamp}")
    files = await read_list(place, folder, backup.files)
    await _check_empty_database(target, backup)
    there = await _sizes_there(target.store)
    ours = {*files, *(one.key for one in backup.uploads)}
    if not beside_files and (other := sorted(there.keys() - ours)):
        raise KeepError(
            f"The file store is not empty ({len(other)} objects that the backup does not have, such as {other[0]}): "
            "restore into an empty one, or say --beside-files."
        )
    await _put_files(place, files, target.store, {} if not beside_files else there, bars)
    for upload in backup.uploads:
        body = await place.get(folder + upload.part.name)
        check_bytes(body, upload.part.bytes, upload.part.sha256, upload.part.name)
        await target.store.put(upload.key, body, content_type=BINARY)
    await migrate(target.owner_url, target.runtime_url, until=version_of(backup.schema))
    connection = await asyncpg.connect(target.owner_url)
    try:
        await _load(connection, place, folder, backup, bars)
        await migrate(target.owner_url, target.runtime_url)
        # Statistics now: the first requests would be planned without, until autovacuum comes by.
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()
    return backup


# ---------------------------------------------------------------- emptiness


async def _check_empty_database(target: Target, backup: Backup) -> None:
    connection = await asyncpg.connect(target.owner_url)
    try:
        schema = await schema_of(connection)
        if not schema:
            return
        clinics = await connection.fetchval("SELECT count(*) FROM tenant")
        vendors = await connection.fetchval("SELECT count(*) FROM vendor")
        if clinics or vendors:
            raise KeepError(
                f"The database is not empty: it holds {clinics} clinics and {vendors} vendors. "
                "Restore into an empty one: another data directory, or another database."
            )
        if version_of(schema) > version_of(backup.schema):
            raise KeepError(
                f"The backup is of schema {version_of(backup.schema)} and the database, though empty, of "
                f"{version_of(schema)}: give it a database without any tables, the rows are brought forward there."
            )
    finally:
        await connection.close()


async def _sizes_there(store: Store) -> dict[str, int]:
    await store.ensure_bucket()
    return {one.key: one.size async for one in store.list_objects("") if one.key != CANARY}


# ---------------------------------------------------------------- files


async def _put_files(
    place: Place, files: Mapping[str, KeptFile], store: Store, there: Mapping[str, int], bars: Bars
) -> None:
    """Each under its key. One that is there already, with its size, is left: keys are lasting."""
    bar, room = bars.bar("Files", len(files)), Room()

    async def put(one: KeptFile) -> None:
        if there.get(one.key) != one.size:
            async with room.of(one.size):
                body = await place.get(FILES + one.key)
                check_bytes(body, one.size, one.sha256, f"{FILES}{one.key} in {place.label}")
                await store.put(one.key, body, content_type=BINARY)
        bar.advance()

    await some_at_once(files.values(), put)


# ---------------------------------------------------------------- rows


async def _load(connection: asyncpg.Connection, place: Place, folder: str, backup: Backup, bars: Bars) -> None:
    """Every row or none."""
    catalog = await read_catalog(connection)
    _check_tables(catalog, backup)
    kept = {table.name: table for table in backup.tables}
    bar = bars.bar("Tables", len(catalog.tables))
    async with connection.transaction():
        await speak_plainly(connection)
        await connection.execute(f"LOCK TABLE {listed([table.name for table in catalog.tables])}")
        if await connection.fetchval("SELECT exists(SELECT FROM tenant) OR exists(SELECT FROM vendor)"):
            raise KeepError("The database is not empty any more: somebody has begun to use it.")
        # COPY into a table with row-level security is for those only who may pass it: here the owner, for this moment,
        # behind locks that let nobody else see the tables.
        lifted = [] if await passes_row_security(connection) else catalog.of_clinic
        for table in lifted:
            await connection.execute(f"ALTER TABLE {quoted(table.name)} NO FORCE ROW LEVEL SECURITY")
        await connection.execute("SET CONSTRAINTS ALL DEFERRED")
        for table in reversed(catalog.tables):
            # What a migration puts into a table of nobody's: the backup has it as it has become.
            await connection.execute(f"DELETE FROM {quoted(table.name)}")
        for table in catalog.tables:
            await _load_table(connection, place, f"{folder}{TABLES}", kept[table.name])
            bar.advance()
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in lifted:
            await connection.execute(f"ALTER TABLE {quoted(table.name)} FORCE ROW LEVEL SECURITY")
        for one in catalog.sequences:
            if last := backup.sequences.get(one.name):
                await connection.execute("SELECT setval($1::text::regclass, $2)", quoted(one.name), last)


async def _load_table(connection: asyncpg.Connection, place: Place, folder: str, kept: KeptTable) -> None:
    async def source() -> AsyncIterator[bytes]:
        for part in kept.parts:
            yield await read_part(place, folder, part)

    status = await connection.copy_to_table(kept.name, source=source(), columns=kept.columns, format="text")
    if int(status.split()[-1]) != kept.rows:
        raise KeepError(f"The backup's {kept.name} has {kept.rows} rows, and {status.split()[-1]} were read.")


def _check_tables(catalog: Catalog, backup: Backup) -> None:
    """KeepError unless the backup has these tables with these columns, and no others."""
    here = {table.name: set(table.columns) for table in catalog.tables}
    there = {table.name: set(table.columns) for table in backup.tables}
    for name in sorted(here.keys() | there.keys()):
        if here.get(name) != there.get(name):
            raise KeepError(f"The backup's table {name} is not the one of its schema: nothing was restored.")


# ---------------------------------------------------------------- looking without restoring


async def verify_backup(place: Place, stamp: str, bars: Bars) -> Backup:
    """Read all of a backup. Raises KeepError for the first thing that is not as it was written."""
    backup = await read_backup(place, stamp)
    folder = f"{BACKUPS}{stamp}/"
    bar = bars.bar("Tables", len(backup.tables))
    for table in backup.tables:
        for part in table.parts:
            await read_part(place, f"{folder}{TABLES}", part)
        bar.advance()
    for upload in backup.uploads:
        body = await place.get(folder + upload.part.name)
        check_bytes(body, upload.part.bytes, upload.part.sha256, upload.part.name)
    files = await read_list(place, folder, backup.files)
    if len(files) != backup.file_count:
        raise KeepError(f"The list of files has {len(files)} of {backup.file_count}.")
    await _verify_files(place, files, bars.bar("Files", len(files)))
    return backup


async def _verify_files(place: Place, files: Mapping[str, KeptFile], bar: Bar) -> None:
    room = Room()

    async def look(one: KeptFile) -> None:
        async with room.of(one.size):
            check_bytes(await place.get(FILES + one.key), one.size, one.sha256, f"{FILES}{one.key} in {place.label}")
        bar.advance()

    await some_at_once(files.values(), look)
