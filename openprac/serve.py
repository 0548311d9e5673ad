"""The supervisor behind `openprac serve` and `openprac demo`: one listening socket, the servers, the workers.

    claim the data directory -> bind the port -> start the bundled servers and the workers' code side by side
    -> migrate -> `Hooks.admit` -> tell the workers -> `Hooks.prepare` -> all ready: `Hooks.announce` -> watch

Everything it starts ends with it, also when it is killed: the kernel signals its children (openprac/embedded/guard.py)
and every lock is one that ends with its holder, so the next start needs no repair.
"""

import asyncio
import itertools
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openprac import logs
from openprac.embedded import EmbeddedError
from openprac.embedded.postgres import EmbeddedPostgres
from openprac.embedded.seaweed import EmbeddedSeaweed
from openprac.instance import NOT_OURS, DataDirectory, InstanceError, Servers, urls_of
from openprac.listener import bind, origin
from openprac.settings import Settings
from openprac.workers import Workers

if TYPE_CHECKING:
    from openprac.attachments.store import Store

LOOK_SECONDS = 0.5
RESTART_PAUSE_MAX_SECONDS = 5.0


class Hooks:
    """What differs between `serve` and `demo`; this one is `serve`'s."""

    def claimed(self, path: Path) -> None:
        """The data directory is ours and nothing runs in it yet. Blocking is fine here."""

    async def admit(self, settings: Settings) -> None:
        """The database is migrated and no worker knows it yet: the last moment to refuse it, by an InstanceError."""

    async def prepare(self, settings: Settings) -> None:
        """The database is admitted and the store serves; the settings name both. Workers start meanwhile."""

    def announce(self, settings: Settings) -> None:
        """Requests are accepted now."""
        sys.stdout.write(f"openprac serves {origin(settings)}/v1, docs at {origin(settings)}/docs. Ctrl-C stops it.\n")
        sys.stdout.flush()

    def withdraw(self) -> None:
        """The end begins, after `announce` or before."""


def run(settings: Settings, hooks: Hooks | None = None) -> None:
    """Serve until SIGINT or SIGTERM. A second one does not wait for running requests, a third for nothing.

    Raises SettingsError, InstanceError, EmbeddedError, MigrationError and what the hooks raise, all stopped before.
    """
    logs.configure(settings.log_level)
    asyncio.run(_Supervisor(settings, hooks or Hooks()).run())


def store_of(settings: Settings, **patience: Any) -> "Store":
    """The file store of settings that name one, with the patience that Store takes. InstanceError for no address."""
    from openprac.attachments.store import Store, StoreSettings

    assert settings.s3_endpoint
    assert settings.s3_access_key_id
    assert settings.s3_secret_access_key
    try:
        return Store(
            StoreSettings(
                endpoint=settings.s3_endpoint,
                public_endpoint=settings.s3_public_endpoint,
                region=settings.s3_region,
                bucket=settings.s3_bucket,
                access_key_id=settings.s3_access_key_id,
                secret_access_key=settings.s3_secret_access_key,
                session_token=settings.s3_session_token,
            ),
            **patience,
        )
    except ValueError as error:
        raise InstanceError(f"The file store cannot be used (S3_ENDPOINT, S3_BUCKET): {error}") from None


class _Supervisor:
    def __init__(self, settings: Settings, hooks: Hooks) -> None:
        self._settings = settings
        self._hooks = hooks
        self._directory = DataDirectory(settings.data_dir)
        self._servers = Servers.wanted(settings)
        self._workers: Workers | None = None
        self._listener: socket.socket | None = None
        self._threads: set[asyncio.Future[None]] = set()
        self._asked = asyncio.Event()
        self._signals = 0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._signalled)
        serving = loop.create_task(self._serve())
        asked = loop.create_task(self._asked.wait())
        try:
            await asyncio.wait((serving, asked), return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
        finally:
            serving.cancel()
            asked.cancel()
            await asyncio.wait((serving, asked))
            await self._shut_down()

    def _signalled(self) -> None:
        self._signals += 1
        self._asked.set()
        if self._signals == 2:
            self._hurry()
        elif self._signals > 2:
            os._exit(130)

    def _hurry(self) -> None:
        """End what is asked to stop and still runs; the data of both servers is made to survive that."""
        if self._workers:
            self._workers.kill()
        for server, number in ((self._servers.postgres, signal.SIGQUIT), (self._servers.seaweed, signal.SIGKILL)):
            if server and (pid := server.pid):
                os.kill(pid, number)

    async def _serve(self) -> None:
        await self._in_thread(self._claim)
        self._listener = await bind(self._settings.host, self._settings.port)
        metrics_dir = self._directory.path / "metrics"
        self._workers = Workers(self._settings.workers, self._listener.fileno(), metrics_dir)
        self._workers.start()
        settings = await self._start_servers()
        await self._hooks.prepare(settings)
        await self._workers.wait_ready()
        self._hooks.announce(settings)
        await self._watch_servers()

    def _claim(self) -> None:
        self._directory.claim("serve")
        self._hooks.claimed(self._directory.path)

    async def _start_servers(self) -> Settings:
        """Both bundled servers at once; the workers are told as soon as the database is fit for them."""
        assert self._workers
        assert self._listener
        postgres, seaweed = self._servers.postgres, self._servers.seaweed
        if seaweed:
            await self._in_thread(seaweed.launch)
        store_ready = asyncio.create_task(self._in_thread(seaweed.wait_ready) if seaweed else self._ensure_bucket())
        try:
            if postgres:
                await self._in_thread(postgres.start)
            settings = replace(self._servers.settings(), port=self._listener.getsockname()[1])
            await _migrate(settings)
            await self._hooks.admit(settings)
            self._directory.publish(urls_of(settings) if postgres else NOT_OURS)
            self._workers.tell(settings.environment())
            await store_ready
        finally:
            store_ready.cancel()
        return settings

    async def _ensure_bucket(self) -> None:
        from openprac.attachments.store import StoreError

        store = store_of(self._settings)
        try:
            await store.ensure_bucket()
        except StoreError as error:
            # The store away is no reason not to serve what does not need it.
            logs.failure("store not ready", error)
        finally:
            await store.close()

    async def _watch_servers(self) -> None:
        """Bring back a bundled server that died."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for server in (self._servers.postgres, self._servers.seaweed):
                if server and server.pid is None:
                    await self._bring_back(server)

    async def _bring_back(self, server: EmbeddedPostgres | EmbeddedSeaweed) -> None:
        """Try until it comes: it ran before, and what stops it now (a full disk, say) may end by itself.

        Meanwhile requests that need it get 503, and each try leaves a line in the log.
        """
        before = self._servers.settings()
        for attempt in itertools.count(1):
            logs.event("error", "bundled server ended", server=type(server).__name__, attempt=attempt)
            await self._in_thread(server.stop)
            try:
                await self._in_thread(server.start)
                break
            except (EmbeddedError, OSError) as error:
                logs.failure("bundled server not back", error)
                await asyncio.sleep(min(attempt, RESTART_PAUSE_MAX_SECONDS))
        settings = self._servers.settings()
        if settings != before and self._workers and self._listener:
            settings = replace(settings, port=self._listener.getsockname()[1])
            if self._servers.postgres:
                self._directory.publish(urls_of(settings))
            self._workers.renew(settings.environment())

    async def _in_thread(self, call: Callable[[], None]) -> None:
        """Run what blocks. A cancelled start goes on in its thread, so the end waits for it before it stops things."""
        thread = asyncio.get_running_loop().run_in_executor(None, call)
        self._threads.add(thread)
        thread.add_done_callback(self._threads.discard)
        await asyncio.shield(thread)

    async def _shut_down(self) -> None:
        self._hooks.withdraw()
        if self._workers:
            await self._workers.stop()
        if self._listener:
            self._listener.close()
        await asyncio.gather(*self._threads, return_exceptions=True)
        stops = [asyncio.get_running_loop().run_in_executor(None, stop) for stop in self._servers.stops()]
        await asyncio.gather(*stops)
        self._directory.release()


async def _migrate(settings: Settings) -> None:
    from openprac.migrate import migrate

    urls = urls_of(settings)
    for name in await migrate(urls.owner, urls.runtime):
        logs.event("info", "migration applied", name=name)
