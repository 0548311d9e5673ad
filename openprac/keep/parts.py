"""Manifests and parts: what was written, how much, with which checksum.

A manifest is written last and sealed with its own checksum. What has no manifest does not count.
"""

import hashlib
import zlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from openprac.keep import KeepError
from openprac.keep.places import Place

MANIFEST = "manifest.json"
PART_MAX_BYTES = 16_000_000
"""A part ends with the write that reaches this: they are held in memory one at a time."""
GZIP_LEVEL = 4
GZIP_WINDOW = 31

Manifest = TypeVar("Manifest")


class Part(msgspec.Struct, frozen=True):
    """`name` is relative to its manifest's folder; size and checksum are of what is stored there."""

    name: str
    bytes: int
    sha256: str


class Migrated(msgspec.Struct, frozen=True):
    """One migration of the schema that the rows are of."""

    version: int
    name: str
    digest: str


class KeptTable(msgspec.Struct, frozen=True):
    name: str
    columns: list[str]
    rows: int
    parts: list[Part]


class KeptFile(msgspec.Struct, frozen=True):
    """One object of the store. `etag` is the store's own, to see whether it is still that one."""

    key: str
    size: int
    sha256: str
    etag: str = ""


class Sealed(msgspec.Struct):
    sha256: str
    manifest: msgspec.Raw


def sha256_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def seal(manifest: Any) -> bytes:
    """The manifest's bytes, to be read by a program or a person."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    return msgspec.json.encode(Sealed(sha256_of(text), msgspec.Raw(text))) + b"\n"


def unseal(body: bytes, kind: type[Manifest], where: str) -> Manifest:
    """Raises KeepError for bytes that are not the manifest that was written."""
    try:
        sealed = msgspec.json.decode(body, type=Sealed)
        if sha256_of(bytes(sealed.manifest)) != sealed.sha256:
            raise KeepError(f"{where} was changed after it was written: its checksum is another one.")
        return msgspec.json.decode(sealed.manifest, type=kind)
    except msgspec.MsgspecError as error:
        raise KeepError(f"{where} is damaged, or made by another version of openprac: {error}") from None


class PartWriter:
    """Bytes in, parts out: `name` + a number from 1 + `suffix`, each compressed for itself or not at all."""

    def __init__(self, place: Place, folder: str, name: str, suffix: str, *, compress: bool) -> None:
        self.parts: list[Part] = []
        self._place = place
        self._folder = folder
        self._name = name
        self._suffix = suffix + (".gz" if compress else "")
        self._compress = compress
        self._number = 0
        self._start()

    def _start(self) -> None:
        self._held, self._taken = bytearray(), 0
        self._packer = zlib.compressobj(GZIP_LEVEL, wbits=GZIP_WINDOW) if self._compress else None

    async def write(self, data: bytes) -> None:
        self._taken += len(data)
        self._held += self._packer.compress(data) if self._packer else data
        if len(self._held) >= PART_MAX_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """End the part that is begun, if one is."""
        if not self._taken:
            return
        body = bytes(self._held) + (self._packer.flush() if self._packer else b"")
        self._number += 1
        name = f"{self._name}.{self._number:04}{self._suffix}"
        self._start()
        await self._place.put(self._folder + name, body)
        self.parts.append(Part(name, len(body), sha256_of(body)))


async def read_parts(place: Place, folder: str, parts: list[Part]) -> AsyncIterator[bytes]:
    """What was written, a part at a time. Raises KeepError for a part that is missing or not what was written."""
    for part in parts:
        yield await read_part(place, folder, part)


async def read_part(place: Place, folder: str, part: Part) -> bytes:
    """Raises KeepError as above."""
    body = await place.get(folder + part.name)
    check_bytes(body, part.bytes, part.sha256, f"{folder}{part.name} in {place.label}")
    return _unpacked(body, part.name) if part.name.endswith(".gz") else body


def check_bytes(body: bytes, size: int, sha256: str, what: str) -> None:
    """KeepError unless these are the bytes."""
    if len(body) != size or sha256_of(body) != sha256:
        raise KeepError(f"{what} is damaged: it is not what was written ({size} bytes, SHA-256 {sha256[:12]}...).")


def _unpacked(body: bytes, name: str) -> bytes:
    try:
        return zlib.decompress(body, wbits=GZIP_WINDOW)
    except zlib.error:
        raise KeepError(f"{name} is damaged: it cannot be unpacked.") from None


def stamp_of(moment: datetime) -> str:
    """How an instant (UTC) is written into a name."""
    return moment.strftime("%Y%m%dT%H%M%SZ")
