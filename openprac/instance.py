"""A data directory and the bundled servers in it: who holds it, where its database answers, what may be removed.

One process at a time holds a data directory (`instance.lock`, free again however that process ended). While `serve`
or `demo` holds it, `instance.json` tells other commands of the same user where the database answers.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

from openprac.embedded.postgres import EmbeddedPostgres
from openprac.embedded.process import make_private_dir
from openprac.embedded.seaweed import EmbeddedSeaweed
from openprac.settings import Settings, SettingsError

LOCK = "instance.lock"
STATE = "instance.json"
# How long one command waits for another (one that starts the bundled database for a moment) to be done.
COMMAND_WAIT_SECONDS = 60.0
POLL_SECONDS = 0.05
HOLDER_BYTES = 100

Purpose = Literal["serve", "command"]


class InstanceError(Exception):
    """The server cannot run here as asked; the text is one sentence that says why and what to do."""


class Urls(NamedTuple):
    """Where a database answers: as its owner, and as the role requests run as."""

    owner: str
    runtime: str


NOT_OURS = Urls("", "")
"""What is published of a database that the settings name: its secrets stay out of files."""


class DataDirectory:
    """`claim` it before anything else is done in it; `release` is for a clean end, a killed process needs none."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock_fd = -1

    @property
    def claimed(self) -> bool:
        return self._lock_fd >= 0

    def claim(self, purpose: Purpose) -> None:
        """Hold the directory, made for us alone if it is not there. Raises InstanceError while a server holds it."""
        deadline = time.monotonic() + COMMAND_WAIT_SECONDS
        while not self._try_claim(purpose):
            holder = self._holder()
            if holder.get("purpose") != "command" or time.monotonic() > deadline:
                raise InstanceError(
                    f"{self.path} is in use by process {holder.get('pid', 'unknown')}: "
                    "stop that one first, or choose another data directory."
                )
            time.sleep(POLL_SECONDS)

    def claim_or_join(self) -> Urls | None:
        """Hold the directory for a command (None), or give the database of the server that holds it.

        Waits for one that is just starting or for another command. Raises InstanceError after 60 s.
        """
        deadline = time.monotonic() + COMMAND_WAIT_SECONDS
        while not self._try_claim("command"):
            if urls := self._published():
                return urls
            if time.monotonic() > deadline:
                raise InstanceError(
                    f"{self.path} is held by process {self._holder().get('pid', 'unknown')}: try later."
                )
            time.sleep(POLL_SECONDS)
        return None

    def publish(self, urls: Urls) -> None:
        """Let other commands of this user find what runs here, until the release."""
        write_private(self.path / STATE, json.dumps({"pid": os.getpid(), **urls._asdict()}))

    def release(self) -> None:
        if self.claimed:
            (self.path / STATE).unlink(missing_ok=True)
            os.close(self._lock_fd)
            self._lock_fd = -1

    def _try_claim(self, purpose: Purpose) -> bool:
        make_private_dir(self.path)
        descriptor = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        # What a killed holder left is not true any more.
        (self.path / STATE).unlink(missing_ok=True)
        # In one write and of one length, so that nobody reads half of it.
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "purpose": purpose}).ljust(HOLDER_BYTES).encode(), 0)
        self._lock_fd = descriptor
        return True

    def _holder(self) -> dict[str, object]:
        with suppress(OSError, ValueError):
            return dict(json.loads((self.path / LOCK).read_text()))
        return {}

    def _published(self) -> Urls | None:
        with suppress(OSError, ValueError, KeyError):
            state = json.loads((self.path / STATE).read_text())
            if state["pid"] == self._holder().get("pid"):
                return Urls(state["owner"], state["runtime"])
        return None


@dataclass(slots=True)
class Servers:
    """The bundled servers that stand in for what the settings do not name."""

    given: Settings
    postgres: EmbeddedPostgres | None
    seaweed: EmbeddedSeaweed | None

    @classmethod
    def wanted(cls, settings: Settings, *, store: bool = True) -> "Servers":
        """Raises SettingsError for half a database. Without `store` the file store is left alone."""
        if settings.owner_database_url and not settings.database_url:
            raise SettingsError("OWNER_DATABASE_URL needs DATABASE_URL (the runtime role's) as well.")
        if settings.database_url and not settings.owner_database_url:
            raise SettingsError(
                "DATABASE_URL (the runtime role, which owns nothing) needs OWNER_DATABASE_URL (the role that owns the "
                "tables and migrates them) as well."
            )
        return cls(
            settings,
            None if settings.database_url else EmbeddedPostgres(settings.data_dir),
            EmbeddedSeaweed(settings.data_dir) if store and not settings.s3_endpoint else None,
        )

    @property
    def bundled(self) -> list[EmbeddedPostgres | EmbeddedSeaweed]:
        return [server for server in (self.postgres, self.seaweed) if server]

    def settings(self) -> Settings:
        """The settings with the addresses of what has been started in place of what was not given."""
        settings = self.given
        if self.postgres:
            settings = replace(
                settings, database_url=self.postgres.runtime_url, owner_database_url=self.postgres.owner_url
            )
        return self._with_store(settings)

    def joined(self, urls: Urls) -> Settings:
        """The same of servers that another process runs here and has published. Raises EmbeddedError."""
        settings = self.given
        if self.postgres:
            settings = replace(settings, database_url=urls.runtime, owner_database_url=urls.owner)
        if self.seaweed:
            self.seaweed.join()
        return self._with_store(settings)

    def _with_store(self, settings: Settings) -> Settings:
        if self.seaweed is None:
            return settings
        return replace(
            settings,
            s3_endpoint=self.seaweed.endpoint,
            s3_public_endpoint=None,
            s3_region=self.seaweed.region,
            s3_bucket=self.seaweed.bucket,
            s3_access_key_id=self.seaweed.access_key_id,
            s3_secret_access_key=self.seaweed.secret_access_key,
            s3_session_token=None,
        )

    def stops(self) -> list[Callable[[], None]]:
        """What stops each of them; blocking, each may run in a thread of its own."""
        return [server.stop for server in self.bundled]


def urls_of(settings: Settings) -> Urls:
    """The two URLs of settings whose database is known."""
    assert settings.owner_database_url
    assert settings.database_url
    return Urls(settings.owner_database_url, settings.database_url)


def write_private(path: Path, text: str) -> None:
    """Write a file that only we may read, whole or not at all, also over a power cut."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
