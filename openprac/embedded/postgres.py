"""The bundled PostgreSQL: one cluster below the data directory, reached by a Unix socket only."""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from openprac.embedded import EmbeddedError, cluster, process, programs
from openprac.embedded.programs import Identity, Programs

DATABASE = "openprac"
OWNER = "openprac_owner"
RUNTIME = "openprac_app"
BUILTIN_LOCALE_SINCE_MAJOR = 17
STOP_FAST_SECONDS = 30.0
STOP_IMMEDIATE_SECONDS = 5.0

# For a laptop and a small clinic. What is acknowledged must survive a crash: fsync and synchronous_commit stay on.
SETTINGS = {
    "listen_addresses": "",
    "port": str(cluster.SOCKET_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "logging_collector": "off",
}


class EmbeddedPostgres:
    """One PostgreSQL server of our own; `start` and `stop` from any thread, not at the same time."""

    def __init__(self, data_dir: Path) -> None:
        """Use `data_dir/postgres` for the cluster; nothing is touched before `start`."""
        self._data_dir = data_dir.absolute()
        self._cluster = self._data_dir / "postgres"
        self._log = self._data_dir / "logs" / "postgres.log"
        self._locks = process.ServerLocks(self._data_dir, "postgres")
        self._socket_dir: Path | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._deadline = 0.0

    @property
    def pid(self) -> int | None:
        """The server's process id, None when it does not run."""
        return self._child.pid if self._child and self._child.poll() is None else None

    @property
    def owner_url(self) -> str:
        """URL of the role that owns everything (superuser of this cluster): migrations and back-up."""
        return self._url(OWNER, DATABASE)

    @property
    def runtime_url(self) -> str:
        """URL of the role requests run as: it owns nothing and bypasses nothing."""
        return self._url(RUNTIME, DATABASE)

    def _url(self, role: str, database: str) -> str:
        if self._socket_dir is None:
            raise EmbeddedError("The bundled PostgreSQL is not started; call start() before asking for its URL.")
        return f"postgresql://{role}@/{database}?host={quote(str(self._socket_dir), safe='/')}"

    def start(self) -> None:
        """Start the server, made anew if there is none, and return when it answers a query.

        At most 60 s; EmbeddedError with the end of the log if that fails, or if the directory is in use.
        """
        if self.pid is not None:
            return
        self.stop()
        self._deadline = time.monotonic() + process.START_TIMEOUT_SECONDS
        process.make_private_dir(self._data_dir)
        lock_fd = self._locks.acquire()
        try:
            self._start(lock_fd)
        except BaseException:
            self.stop()
            raise

    def _start(self, lock_fd: int) -> None:
        identity = programs.choose_identity(self._cluster)
        binaries = programs.reachable_programs(programs.find_programs(), identity)
        if not (self._cluster / "PG_VERSION").exists():
            self._create_cluster(binaries, identity, lock_fd)
        cluster.check_version(self._cluster, binaries)
        cluster.own_tree(self._cluster, identity)
        cluster.remove_stale_pid_file(self._cluster)
        self._socket_dir = cluster.choose_socket_dir(self._data_dir, identity)
        for name in (f".s.PGSQL.{cluster.SOCKET_PORT}", f".s.PGSQL.{cluster.SOCKET_PORT}.lock"):
            (self._socket_dir / name).unlink(missing_ok=True)
        settings = {**SETTINGS, "unix_socket_directories": str(self._socket_dir)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        # SIGINT is PostgreSQL's fast shutdown: an orphaned server checkpoints, so the next start is a warm one.
        self._child = self._launch(
            [binaries.postgres, "-D", cluster.seen_from_inside(self._cluster, identity), *options],
            signal.SIGINT,
            identity,
            self._cluster,
            lock_fd,
        )
        self._locks.handed_over(self._child.pid)
        self._await_ready()
        try:
            _run(self._prepare_database())
        except (OSError, TimeoutError) as error:
            raise self._failure("does not answer") from error

    def _create_cluster(self, binaries: Programs, identity: Identity, lock_fd: int) -> None:
        """initdb beside its place, made durable once, then renamed: a cluster that exists is whole."""
        fresh = self._cluster.with_name("postgres.new")
        if fresh.exists():
            shutil.rmtree(fresh)
        if self._cluster.exists():
            try:
                self._cluster.rmdir()
            except OSError as error:
                raise EmbeddedError(
                    f"{self._cluster} holds files but no database; move them away and start again."
                ) from error
        fresh.mkdir(mode=0o700)
        os.chown(fresh, identity.uid, identity.gid)
        seen = cluster.seen_from_inside(fresh, identity)
        arguments = ["-D", seen, "-U", OWNER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions"]
        if binaries.major >= BUILTIN_LOCALE_SINCE_MAJOR:
            arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        initdb = self._launch([binaries.initdb, *arguments], signal.SIGKILL, identity, fresh, lock_fd)
        self._child = initdb
        try:
            code = initdb.wait(self._deadline - time.monotonic())
        except subprocess.TimeoutExpired:
            raise self._failure("could not be set up within 60 s") from None
        if code != 0:
            raise self._failure("could not be set up")
        self._child = None
        fresh.rename(self._cluster)
        process.sync_file(self._data_dir)

    def _launch(
        self, argv: list[str | Path], death_signal: signal.Signals, identity: Identity, cwd: Path, lock_fd: int
    ) -> subprocess.Popen[bytes]:
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        log_fd = process.open_log(self._log)
        try:
            return process.launch(
                argv,
                log_fd=log_fd,
                death_signal=death_signal,
                environment=environment,
                keep_fds=(lock_fd,),
                cwd=cwd,
                identity=identity.guard,
            )
        finally:
            os.close(log_fd)

    def _await_ready(self) -> None:
        pid_file = self._cluster / "postmaster.pid"

        def ready() -> bool:
            with suppress(FileNotFoundError):
                lines = pid_file.read_text().split("\n")
                return len(lines) > 7 and lines[7].strip() == "ready"
            return False

        if self._child is None or not process.wait_until(ready, self._child, self._deadline):
            raise self._failure("did not start")

    async def _prepare_database(self) -> None:
        import asyncpg

        async def connect(database: str) -> Any:
            return await asyncpg.connect(self._url(OWNER, database), timeout=self._deadline - time.monotonic())

        try:
            connection = await connect(DATABASE)
        except asyncpg.InvalidCatalogNameError:
            connection = await connect("postgres")
            await connection.execute(f"CREATE DATABASE {DATABASE}")
            await connection.close()
            connection = await connect(DATABASE)
        if not await connection.fetchval("SELECT count(*) FROM pg_roles WHERE rolname = $1", RUNTIME):
            await connection.execute(
                f"CREATE ROLE {RUNTIME} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION"
            )
        await connection.close()

    def _failure(self, what: str) -> EmbeddedError:
        return EmbeddedError(
            f"The bundled PostgreSQL {what}; see {self._log} or set DATABASE_URL to a server of yours."
            f" The log ends: {process.log_tail(self._log)}"
        )

    def stop(self) -> None:
        """Shut down fast (open connections end, data is checkpointed); nothing happens if it does not run."""
        if self._child is not None:
            process.stop(self._child, [(signal.SIGINT, STOP_FAST_SECONDS), (signal.SIGQUIT, STOP_IMMEDIATE_SECONDS)])
            self._child = None
        if self._socket_dir is not None:
            # Empty after a shutdown; one in the system's temporary directory would otherwise stay behind.
            with suppress(OSError):
                self._socket_dir.rmdir()
        self._locks.release()


def _run(coroutine: Coroutine[Any, Any, None]) -> None:
    # In a thread of its own: start() may be called where an event loop already runs.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, coroutine).result()
