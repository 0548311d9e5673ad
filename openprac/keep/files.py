"""Copies objects from the clinics' store to where a backup is kept: only those that are not there yet.

Objects lie under lasting keys and are never changed, so a key that was copied once, with the size and the ETag it
still has, is not read again.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from openprac.attachments.store import ObjectMissing, Store
from openprac.keep.bars import Bars
from openprac.keep.parts import GZIP_WINDOW, KeptFile, Part, PartWriter, read_part, sha256_of
from openprac.keep.places import Place
from openprac.keep.snapshot import Named

FILES = "files/"
LISTS = "files"
AT_ONCE = 8
ROOM_BYTES = 256_000_000
LIST_EVERY_FILES = 1000
KEPT_FILES = msgspec.json.Decoder(KeptFile)


Item = TypeVar("Item")


async def some_at_once(items: Iterable[Item], act: Callable[[Item], Awaitable[None]]) -> None:
    """Do it to each, AT_ONCE of them at a time. Raises what the first failure was."""
    todo = iter(items)

    async def work() -> None:
        for one in todo:
            await act(one)

    try:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(work())
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


class Room:
    """So many bytes of files in memory at once."""

    def __init__(self) -> None:
        self._free = ROOM_BYTES
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def of(self, size: int) -> AsyncIterator[None]:
        size = min(size, ROOM_BYTES)
        async with self._changed:
            await self._changed.wait_for(lambda: self._free >= size)
            self._free -= size
        try:
            yield
        finally:
            async with self._changed:
                self._free += size
                self._changed.notify_all()


@dataclass
class Copier:
    """`known`: what earlier backups have, by key. `there`: bytes of what lies at the target, by its name there."""

    store: Store
    place: Place
    writer: PartWriter
    known: Mapping[str, KeptFile]
    there: Mapping[str, int]
    kept: dict[str, KeptFile] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    odd: set[str] = field(default_factory=set)
    """Files whose size is not the one their row tells."""
    copied: int = 0
    copied_bytes: int = 0
    _room: Room = field(default_factory=Room)
    _etags: dict[str, tuple[int, str]] = field(default_factory=dict)

    async def look(self, files: Iterable[Named]) -> None:
        """Learn sizes and ETags of what the store holds, a thousand a question."""
        for top in sorted({one.key.partition("/")[0] for one in files}):
            async for one in self.store.list_objects(f"{top}/"):
                self._etags[one.key] = (one.size, one.etag)

    async def copy(self, files: Iterable[Named], bars: Bars, label: str) -> None:
        """Have all of these at the target. Raises StoreError, KeepError."""
        wanted = {one.key: one for one in files if one.key not in self.kept}
        self.missing.clear()
        bar = bars.bar(label, len(wanted))

        async def copy_one(one: Named) -> None:
            await self._one(one)
            bar.advance()

        await some_at_once(wanted.values(), copy_one)
        await self.writer.flush()

    async def _one(self, wanted: Named) -> None:
        size, etag = self._etags.get(wanted.key) or await self._head(wanted.key)
        if size < 0:
            self.missing.add(wanted.key)
            return
        before = self.known.get(wanted.key)
        if not before or (before.size, before.etag) != (size, etag) or self.there.get(FILES + wanted.key) != size:
            async with self._room.of(size):
                before = await self._move(wanted.key, etag)
        if before is None:
            self.missing.add(wanted.key)
            return
        if wanted.size not in (None, before.size):
            self.odd.add(wanted.key)
        self.kept[wanted.key] = before
        await self.writer.write(msgspec.json.encode(before) + b"\n")
        if len(self.kept) % LIST_EVERY_FILES == 0:
            # What a killed backup has copied is known to the next one.
            await self.writer.flush()

    async def _head(self, key: str) -> tuple[int, str]:
        head = await self.store.head(key)
        return (head.size, head.etag) if head else (-1, "")

    async def _move(self, key: str, etag: str) -> KeptFile | None:
        try:
            body = await self.store.read(key)
        except ObjectMissing:
            return None
        await self.place.put(FILES + key, body)
        self.copied += 1
        self.copied_bytes += len(body)
        return KeptFile(key, len(body), sha256_of(body), etag)


async def read_list(place: Place, folder: str, parts: list[Part]) -> dict[str, KeptFile]:
    """The files of a backup by key. Raises KeepError for a list that is missing or damaged."""
    found = {}
    for part in parts:
        for one in KEPT_FILES.decode_lines(await read_part(place, folder, part)):
            found[one.key] = one
    return found


async def read_loose_list(place: Place, name: str) -> dict[str, KeptFile]:
    """A part of the list of a backup that never ended; nothing where it cannot be read."""
    try:
        lines = zlib.decompress(await place.get(name), wbits=GZIP_WINDOW)
        return {one.key: one for one in KEPT_FILES.decode_lines(lines)}
    except (zlib.error, msgspec.MsgspecError):
        return {}
