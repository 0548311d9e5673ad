"""Where things are kept: a folder of this machine, or a bucket of any S3 with a prefix. Both hold named bytes.

A name is a path with slashes. What is written is whole or not there, also over a kill; nothing is ever changed
half-way, so whatever has a name can be read.
"""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import SplitResult, urlsplit
from uuid import uuid4

from openprac.attachments.store import ObjectMissing, Store, StoreSettings
from openprac.keep import KeepError
from openprac.settings import Settings

# One answer that does not come must not cost a night's backup: asked again, for half a minute in sum.
PATIENCE: dict[str, Any] = {"transfer_seconds": 600.0, "pauses_seconds": (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)}
UNFINISHED = ".unfinished-"
BINARY = "application/octet-stream"


class Place(Protocol):
    """Bodies are held in memory as a whole: files have 100 MB at most, parts of tables far less."""

    label: str
    """As the operator wrote it."""

    async def put(self, name: str, body: bytes) -> None:
        """Write `body` under `name`, over whatever is there."""

    async def get(self, name: str) -> bytes:
        """Raises KeepError when there is nothing under that name."""

    async def sizes(self, prefix: str) -> Mapping[str, int]:
        """Bytes of everything whose name begins with `prefix`, which ends with a slash or is empty."""

    async def close(self) -> None:
        """Make what was written last, also over a power cut."""


class Folder:
    """A folder, made for this account alone if it is not there."""

    def __init__(self, path: Path) -> None:
        self.label = str(path)
        self._root = path.absolute()
        if path.exists() and not path.is_dir():
            raise KeepError(f"{path} is not a folder.")
        self._touched: set[Path] = set()

    async def put(self, name: str, body: bytes) -> None:
        await asyncio.to_thread(self._put, self._path(name), body)

    def _put(self, path: Path, body: bytes) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f"{UNFINISHED}{uuid4()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        self._touched |= {path.parent, *(one for one in path.parents if one.is_relative_to(self._root))}

    async def get(self, name: str) -> bytes:
        try:
            return await asyncio.to_thread(self._path(name).read_bytes)
        except (FileNotFoundError, NotADirectoryError):
            raise KeepError(f"{self.label} has no {name}.") from None

    async def sizes(self, prefix: str) -> Mapping[str, int]:
        return await asyncio.to_thread(self._sizes, prefix)

    def _sizes(self, prefix: str) -> dict[str, int]:
        found = {}
        for folder, _, names in os.walk(self._path(prefix.rstrip("/")) if prefix else self._root):
            for name in names:
                path = Path(folder, name)
                if not name.startswith(UNFINISHED):
                    found[path.relative_to(self._root).as_posix()] = path.stat().st_size
        return found

    async def close(self) -> None:
        await asyncio.to_thread(self._sync)

    def _sync(self) -> None:
        for folder in self._touched:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        self._touched.clear()

    def _path(self, name: str) -> Path:
        # Names also come out of manifests, which anybody may have written.
        if any(part in ("", ".", "..") for part in name.split("/")) or "\0" in name:
            raise KeepError(f"{name!r} is no name of a file in {self.label}.")
        return self._root.joinpath(*name.split("/"))


class Bucket:
    """What lies below a prefix of a bucket."""

    def __init__(self, label: str, store: Store, prefix: str) -> None:
        self.label = label
        self._store = store
        self._prefix = f"{prefix}/" if prefix else ""

    async def put(self, name: str, body: bytes) -> None:
        await self._store.put(self._key(name), body, content_type=BINARY)

    async def get(self, name: str) -> bytes:
        try:
            return await self._store.read(self._key(name))
        except ObjectMissing:
            raise KeepError(f"{self.label} has no {name}.") from None

    async def sizes(self, prefix: str) -> Mapping[str, int]:
        start = len(self._prefix)
        return {one.key[start:]: one.size async for one in self._store.list_objects(self._prefix + prefix)}

    async def ensure(self) -> None:
        await self._store.ensure_bucket()

    async def close(self) -> None:
        await self._store.close()

    def _key(self, name: str) -> str:
        if any(part in ("", ".", "..") for part in name.split("/")):
            raise KeepError(f"{name!r} is no name of an object in {self.label}.")
        return self._prefix + name


async def open_place(where: str, settings: Settings) -> Place:
    """A folder, or `s3://bucket/prefix` in the S3 that the settings name for backups, else in the one they name at all.

    Raises KeepError for an address that is none, StoreError when the S3 does not answer.
    """
    if "://" not in where:
        return Folder(Path(where))
    parts = urlsplit(where)
    if parts.scheme != "s3" or not parts.netloc:
        raise KeepError(f"{where} is neither a folder nor an address such as s3://bucket/prefix.")
    try:
        place = Bucket(where, Store(_s3_of(settings, parts.netloc), **PATIENCE), _prefix(parts))
    except ValueError as error:
        raise KeepError(f"{where} cannot be used: {error}") from None
    await place.ensure()
    return place


def _prefix(parts: SplitResult) -> str:
    return parts.path.strip("/")


def _s3_of(settings: Settings, bucket: str) -> StoreSettings:
    """The S3 named for backups with its credentials, else the one of the clinics' files, in another bucket."""
    if bucket == settings.s3_bucket and settings.s3_backup_endpoint in (None, settings.s3_endpoint):
        raise KeepError(f"The bucket {bucket} holds the clinics' files themselves: choose another one.")
    secrets: tuple[str | None, str | None, str | None]
    if settings.s3_backup_endpoint:
        named = (settings.s3_backup_endpoint, settings.s3_backup_region)
        secrets = (
            settings.s3_backup_access_key_id,
            settings.s3_backup_secret_access_key,
            settings.s3_backup_session_token,
        )
    elif settings.s3_endpoint:
        named = (settings.s3_endpoint, settings.s3_region)
        secrets = (settings.s3_access_key_id, settings.s3_secret_access_key, settings.s3_session_token)
    else:
        raise KeepError("An s3:// address needs S3_BACKUP_ENDPOINT (or S3_ENDPOINT) and its credentials.")
    key_id, secret, token = secrets
    return StoreSettings(named[0], None, named[1], bucket, key_id or "", secret or "", token)
