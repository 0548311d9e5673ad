"""What the commands of keeping do with the settings and the command line. Each gives the sentence it says at the end.

`given` are the settings as the environment has them, `there` the same with the addresses of bundled servers.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from openprac.keep import KeepError, backup, clinic_in, clinic_out, restore
from openprac.keep.bars import bars
from openprac.keep.places import PATIENCE, Place, open_place
from openprac.keep.restore import Target
from openprac.migrate import role_of
from openprac.serve import store_of
from openprac.settings import Settings

if TYPE_CHECKING:
    from openprac.attachments.store import Store
    from openprac.keep.doctor import Finding

MEGA = 1_000_000


def megabytes(count: int) -> str:
    return f"{count / MEGA:,.1f} MB"


@asynccontextmanager
async def place_at(where: str, given: Settings) -> AsyncIterator[Place]:
    place = await open_place(where, given)
    try:
        yield place
    finally:
        await place.close()


@asynccontextmanager
async def store_in(there: Settings) -> "AsyncIterator[Store]":
    store = store_of(there, **PATIENCE)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def owner_of(there: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(there.owner_database_url)
    try:
        yield connection
    finally:
        await connection.close()


async def back_up(given: Settings, there: Settings, target: str) -> str:
    """Raises KeepError, StoreError; and KeepError for a backup that was made but lacks files that are gone."""
    async with place_at(target, given) as place, store_in(there) as store, owner_of(there) as connection:
        with bars() as shown:
            made = await backup.back_up(connection, store, place, shown)
    manifest = made.manifest
    if manifest.missing:
        raise KeepError(
            f"Backup {made.stamp} was made, but {len(manifest.missing)} files that the database names are not in the "
            f"file store, such as {manifest.missing[0]}: see `openprac doctor`."
        )
    seconds = (manifest.ended - manifest.begun).total_seconds()
    return (
        f"Backup {made.stamp} in {target}: {_contents(manifest)}. Written: {megabytes(made.table_bytes)} of rows, "
        f"{made.copied:,} new files ({megabytes(made.copied_bytes)}), in {seconds:.1f} s. "
        f"It has every write that was acknowledged before {manifest.moment.isoformat()}."
    )


async def bring_back(given: Settings, there: Settings, source: str, stamp: str | None, *, beside_files: bool) -> str:
    """Raises KeepError, StoreError, MigrationError."""
    assert there.owner_database_url
    assert there.database_url
    async with place_at(source, given) as place, store_in(there) as store:
        stamp = stamp or await restore.newest(place)
        target = Target(there.owner_database_url, there.database_url, store)
        with bars() as shown:
            manifest = await restore.restore(place, stamp, target, shown, beside_files=beside_files)
    return f"Restored backup {stamp}: {_contents(manifest)}, as of {manifest.moment.isoformat()}."


async def verify(given: Settings, source: str, stamp: str | None) -> str:
    """Raises KeepError for the first thing that is not as it was written."""
    async with place_at(source, given) as place:
        stamp = stamp or await restore.newest(place)
        with bars() as shown:
            manifest = await restore.verify_backup(place, stamp, shown)
    return f"Backup {stamp} is whole: {_contents(manifest)}, as of {manifest.moment.isoformat()}."


async def backups(given: Settings, source: str) -> list[dict[str, object]]:
    """Every whole backup, oldest first."""
    async with place_at(source, given) as place:
        found = []
        for stamp in await backup.stamps(place):
            manifest = await backup.read_backup(place, stamp)
            found.append(
                {
                    "backup": stamp,
                    "moment": manifest.moment,
                    "schema": manifest.schema[-1].version,
                    "clinics": len(manifest.clinics),
                    "rows": sum(table.rows for table in manifest.tables),
                    "files": manifest.file_count,
                    "file_bytes": manifest.file_bytes,
                }
            )
        return found


def _contents(manifest: backup.Backup) -> str:
    rows = sum(table.rows for table in manifest.tables)
    return (
        f"{len(manifest.clinics)} clinics, {rows:,} rows, {manifest.file_count:,} files "
        f"({megabytes(manifest.file_bytes)})"
    )


# ---------------------------------------------------------------- one clinic


async def take_out(given: Settings, there: Settings, target: str, tenant_id: int) -> str:
    """Raises KeepError, StoreError."""
    async with place_at(target, given) as place, store_in(there) as store, owner_of(there) as connection:
        with bars() as shown:
            archive = await clinic_out.export_clinic(connection, store, place, tenant_id, shown)
    waiting = f" {archive.left_out} uploads that had not arrived are not in it." if archive.left_out else ""
    return f"Exported clinic {tenant_id}, {archive.name}, to {target}: {_contents_of(archive)}.{waiting}"


async def bring_in(given: Settings, there: Settings, source: str, *, as_new: bool) -> str:
    """Raises KeepError, StoreError, MigrationError."""
    assert there.owner_database_url
    assert there.database_url
    async with place_at(source, given) as place, store_in(there) as store:
        target = Target(there.owner_database_url, there.database_url, store)
        with bars() as shown:
            tenant_id, archive = await clinic_in.import_clinic(place, target, shown, as_new=as_new)
    return (
        f"Imported {archive.name} as clinic {tenant_id}: {_contents_of(archive)}. "
        f"Keys do not travel: give it one with `openprac key create --tenant {tenant_id}`."
    )


async def write_sheet(there: Settings, target: str, name: str, tenant_id: int) -> str:
    """A list as CSV, to a file or, for "-", to standard output. Raises KeepError."""
    from openprac.api import COLLECTIONS
    from openprac.keep.sheets import collection_named, sheet

    collection = collection_named(name, COLLECTIONS)
    async with owner_of(there) as connection:
        parts = sheet(connection, collection, tenant_id)
        if target == "-":
            async for part in parts:
                sys.stdout.buffer.write(part)
            return ""
        size = await _fill(Path(target), parts)
    return f"Wrote {name} of clinic {tenant_id} to {target} ({megabytes(size)})."


async def _fill(path: Path, parts: AsyncIterator[bytes]) -> int:
    """How many bytes it has. A file that is there already is left, and OSError raised."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        async for part in parts:
            file.write(part)
        return file.tell()


def _contents_of(archive: clinic_out.Archive) -> str:
    rows = sum(table.rows for table in archive.tables)
    return f"{rows:,} rows, {archive.file_count:,} files ({megabytes(archive.file_bytes)})"


# ---------------------------------------------------------------- the doctor


async def look(given: Settings, there: Settings, *, repair: bool) -> "list[Finding]":
    """Raises StoreError when the store does not answer."""
    from openprac.keep.doctor import Doctor

    assert there.database_url
    bundled = given.data_dir if there != given else None
    async with store_in(there) as store, owner_of(there) as connection:
        return await Doctor(connection, store, role_of(there.database_url), bundled, repair).visit()
