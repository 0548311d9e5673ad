"""`openprac backup`: database and files of an instance, as they were at one moment, without blocking a writer.

    backups/STAMP/manifest.json          written last; without it there is no backup
    backups/STAMP/tables/NAME.0001.copy.gz ...
    backups/STAMP/files.0001.ndjson.gz ...  which files it has
    backups/STAMP/uploads/...            files that were on their way
    files/KEY                            every file once, for all backups

Files first, then the rows at one moment, then the files that came meanwhile: so the moment is as near to the end as
it can be. Every write acknowledged before the moment is in, and every file that its rows name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import msgspec

from openprac import __version__
from openprac.attachments.store import ObjectMissing, Store
from openprac.keep import KeepError
from openprac.keep.bars import Bars
from openprac.keep.files import FILES, LISTS, Copier, read_list, read_loose_list
from openprac.keep.parts import (
    MANIFEST,
    KeptFile,
    KeptTable,
    Migrated,
    Part,
    PartWriter,
    seal,
    sha256_of,
    stamp_of,
    unseal,
)
from openprac.keep.places import Place
from openprac.keep.schema import check_known
from openprac.keep.snapshot import Snapshot, snapshot

FORMAT = 1
BACKUPS = "backups/"
TABLES = "tables/"
UPLOADS = "uploads/"


class KeptUpload(msgspec.Struct, frozen=True):
    """An object of an upload on its way: `key` in the store, `part` in the backup's folder."""

    key: str
    part: Part


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """The manifest. `files` are the parts of the list, which has `file_count` files of `file_bytes` in sum."""

    format: int
    openprac: str
    postgresql: int
    begun: datetime
    moment: datetime
    ended: datetime
    schema: list[Migrated]
    clinics: list[int]
    tables: list[KeptTable]
    sequences: dict[str, int]
    files: list[Part]
    file_count: int
    file_bytes: int
    uploads: list[KeptUpload]
    missing: list[str]
    """Files that rows name and the store did not have."""
    odd: list[str]
    """Files whose size is not the one their row tells."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a backup came to. Sizes are in bytes, of what was written now."""

    stamp: str
    manifest: Backup
    copied: int
    copied_bytes: int
    table_bytes: int


async def back_up(connection: asyncpg.Connection, store: Store, place: Place, bars: Bars) -> Made:
    """Make a backup beside those that are there. Raises KeepError, StoreError."""
    begun = datetime.now(UTC)
    stamp = f"{stamp_of(begun)}-{uuid4().hex[:6]}"
    folder = f"{BACKUPS}{stamp}/"
    lists = PartWriter(place, folder, LISTS, ".ndjson", compress=True)
    copier = Copier(store, place, lists, await known_files(place), await place.sizes(FILES))
    async with snapshot(connection) as before:
        check_known(before.schema, "The database")
        files = await before.files()
    await copier.look(files)
    await copier.copy(files, bars, "Files")
    async with snapshot(connection) as now:
        tables = await _dump(now, place, f"{folder}{TABLES}", bars)
        files, on_their_way = await now.files(), await now.uploads()
        sequences = await now.last_values()
    await copier.copy(files, bars, "Files since")
    uploads = await _keep_uploads(store, place, folder, on_their_way)
    manifest = Backup(
        format=FORMAT,
        openprac=__version__,
        postgresql=connection.get_server_version().major,
        begun=begun,
        moment=now.moment,
        ended=datetime.now(UTC),
        schema=list(now.schema),
        clinics=list(now.clinics),
        tables=tables,
        sequences=sequences,
        files=lists.parts,
        file_count=len(copier.kept),
        file_bytes=sum(one.size for one in copier.kept.values()),
        uploads=uploads,
        missing=sorted(copier.missing),
        odd=sorted(copier.odd),
    )
    await place.put(folder + MANIFEST, seal(manifest))
    await place.close()
    written = sum(part.bytes for table in tables for part in table.parts)
    return Made(stamp, manifest, copier.copied, copier.copied_bytes, written)


async def _dump(now: Snapshot, place: Place, folder: str, bars: Bars) -> list[KeptTable]:
    bar = bars.bar("Tables", len(now.catalog.tables))
    kept = []
    for table in now.catalog.tables:
        kept.append(await now.dump(table, PartWriter(place, folder, table.name, ".copy", compress=True)))
        bar.advance()
    return kept


async def _keep_uploads(
    store: Store, place: Place, folder: str, on_their_way: Sequence[tuple[str, str]]
) -> list[KeptUpload]:
    """The object of each, if it has come: below temp/, or, once somebody has settled it meanwhile, at its end."""
    kept: list[KeptUpload] = []
    for keys in on_their_way:
        for key in keys:
            try:
                body = await store.read(key)
            except ObjectMissing:
                continue
            part = Part(f"{UPLOADS}{len(kept) + 1:06}", len(body), sha256_of(body))
            await place.put(folder + part.name, body)
            kept.append(KeptUpload(key, part))
            break
    return kept


# ---------------------------------------------------------------- what is there already


async def stamps(place: Place) -> list[str]:
    """The backups that are whole, oldest first."""
    names = await place.sizes(BACKUPS)
    return sorted(name.split("/")[1] for name in names if name.count("/") == 2 and name.endswith(f"/{MANIFEST}"))


async def read_backup(place: Place, stamp: str) -> Backup:
    """Raises KeepError for one that is not there, damaged, or of a format this program does not read."""
    where = f"The manifest of {stamp} in {place.label}"
    manifest = unseal(await place.get(f"{BACKUPS}{stamp}/{MANIFEST}"), Backup, where)
    if manifest.format != FORMAT:
        raise KeepError(f"{where} is of format {manifest.format}, this program reads {FORMAT}: use another openprac.")
    return manifest


async def known_files(place: Place) -> dict[str, KeptFile]:
    """What the newest backup has, and what later ones have copied that never ended."""
    whole = await stamps(place)
    newest = whole[-1] if whole else ""
    found: dict[str, KeptFile] = {}
    if newest:
        manifest = await read_backup(place, newest)
        found = await read_list(place, f"{BACKUPS}{newest}/", manifest.files)
    for name in sorted(await place.sizes(BACKUPS)):
        stamp, _, rest = name.removeprefix(BACKUPS).partition("/")
        if stamp > newest and rest.startswith(f"{LISTS}."):
            found |= await read_loose_list(place, name)
    return found
