"""What the bundled servers share: locks, starting a child that dies with us, waiting, stopping, the end of a log."""

import fcntl
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

from openprac.embedded import EmbeddedError

START_TIMEOUT_SECONDS = 60.0
# How long a start waits for the server of a killed process to finish dying.
PREDECESSOR_TIMEOUT_SECONDS = 30.0
POLL_SECONDS = 0.01
LOG_ROTATE_BYTES = 10_000_000
LOG_TAIL_LINES = 8

GUARD = Path(__file__).with_name("guard.py")


def make_private_dir(path: Path) -> None:
    """Create `path` and its missing parents for us alone; directories that are there keep their permissions."""
    missing = [directory for directory in (path, *path.parents) if not directory.exists()]
    for directory in reversed(missing):
        with suppress(FileExistsError):
            directory.mkdir(mode=0o700)


def open_log(path: Path) -> int:
    """Open a server's log for appending; one that grew past 10 MB is put aside first (one older file is kept)."""
    make_private_dir(path.parent)
    with suppress(FileNotFoundError):
        if path.stat().st_size > LOG_ROTATE_BYTES:
            path.replace(path.with_name(path.name + ".1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def log_tail(path: Path) -> str:
    """The last lines of a log, for an error message."""
    with suppress(FileNotFoundError):
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4096))
            lines = file.read().decode("utf-8", "replace").splitlines()
        return " | ".join(line.strip() for line in lines[-LOG_TAIL_LINES:])
    return "the log is empty"


class ServerLocks:
    """Two locks per server and data directory.

    `NAME.lock` is ours: who holds it may start the server. `NAME.server.lock` is inherited by the server and all its
    children, so it is free exactly when the last of them is gone, however it ended.
    """

    def __init__(self, data_dir: Path, name: str) -> None:
        self._name = name
        self._data_dir = data_dir
        self._owner_path = data_dir / f"{name}.lock"
        self._server_path = data_dir / f"{name}.server.lock"
        self._owner_fd = -1
        self._server_fd = -1

    def acquire(self) -> int:
        """Take both locks and return the descriptor the server must inherit; EmbeddedError if it is in use."""
        self._owner_fd = os.open(self._owner_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _try_lock(self._owner_fd):
            holder = os.pread(self._owner_fd, 20, 0).decode().strip() or "unknown"
            self.release()
            raise EmbeddedError(
                f"{self._data_dir} is in use: process {holder} already runs its {self._name};"
                " stop that process or choose another data directory."
            )
        os.ftruncate(self._owner_fd, 0)
        os.pwrite(self._owner_fd, f"{os.getpid()}\n".encode(), 0)
        self._server_fd = os.open(self._server_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + PREDECESSOR_TIMEOUT_SECONDS
        while not _try_lock(self._server_fd):
            if time.monotonic() > deadline:
                holder = os.pread(self._server_fd, 20, 0).decode().strip() or "unknown"
                self.release()
                raise EmbeddedError(
                    f"A {self._name} of an earlier run (process {holder}) still uses {self._data_dir}"
                    f" after {PREDECESSOR_TIMEOUT_SECONDS:.0f} s; end that process and start again."
                )
            time.sleep(POLL_SECONDS)
        return self._server_fd

    def handed_over(self, server_pid: int) -> None:
        """The server has inherited its lock: note its id and let our copy go."""
        os.ftruncate(self._server_fd, 0)
        os.pwrite(self._server_fd, f"{server_pid}\n".encode(), 0)
        os.close(self._server_fd)
        self._server_fd = -1

    def release(self) -> None:
        for descriptor in (self._owner_fd, self._server_fd):
            if descriptor >= 0:
                os.close(descriptor)
        self._owner_fd = self._server_fd = -1


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class _Spawner:
    """One thread that starts all children and never ends.

    The kernel sends a parent-death signal when the *thread* that made the child ends; a server started from a
    short-lived start-up thread would go down with that thread.
    """

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[tuple[Callable[[], subprocess.Popen[bytes]], Future[subprocess.Popen[bytes]]]]
        self._work = queue.SimpleQueue()
        self.owner_pid = os.getpid()
        threading.Thread(target=self._run, name="openprac-spawner", daemon=True).start()

    def _run(self) -> None:
        while True:
            start, future = self._work.get()
            try:
                future.set_result(start())
            except (OSError, ValueError, subprocess.SubprocessError) as error:
                future.set_exception(error)

    def start(self, start: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
        future: Future[subprocess.Popen[bytes]] = Future()
        self._work.put((start, future))
        return future.result()


_spawner: _Spawner | None = None
_spawner_lock = threading.Lock()


def launch(
    argv: Sequence[str | Path],
    *,
    log_fd: int,
    death_signal: signal.Signals,
    environment: Mapping[str, str],
    keep_fds: Sequence[int] = (),
    cwd: Path = Path("/"),
    identity: str = "plain",
) -> subprocess.Popen[bytes]:
    """Start a program that gets `death_signal` when this process ends, in whatever way.

    It runs in a session of its own, so a Ctrl-C in the terminal reaches us alone. `identity`: see `guard.py`.
    Errors of the start itself show as the guard's exit codes.
    """
    global _spawner
    with _spawner_lock:
        if _spawner is None or _spawner.owner_pid != os.getpid():
            _spawner = _Spawner()
    guarded = [sys.executable, "-I", "-S", GUARD, os.getpid(), int(death_signal), identity, cwd, *argv]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603
            [str(part) for part in guarded],
            stdin=subprocess.DEVNULL,
            stdout=log_fd,
            stderr=log_fd,
            env=dict(environment),
            pass_fds=tuple(keep_fds),
            start_new_session=True,
        )

    return _spawner.start(start)


def wait_until(ready: Callable[[], bool], child: subprocess.Popen[bytes], deadline: float) -> bool:
    """Poll until `ready()`; False if the child ends or the monotonic deadline passes first."""
    while not ready():
        if child.poll() is not None or time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def stop(child: subprocess.Popen[bytes], steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn to this child alone and give it that many seconds; the last step is always SIGKILL."""
    for number, seconds in (*steps, (signal.SIGKILL, 10.0)):
        if child.poll() is not None:
            return
        child.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            child.wait(seconds)


def process_name(pid: int) -> str:
    """The name of a running process, empty when there is none: the dead keep name and id until they are waited for."""
    if sys.platform == "linux":
        with suppress(OSError):
            # "4130 (postgres) S 1 ..."
            name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
            return "" if rest.split()[0] in ("Z", "X") else name
        return ""
    answer = subprocess.run(  # noqa: S603
        ["/bin/ps", "-o", "stat=,comm=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, name = answer.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else Path(name.strip()).name


def sync_file(path: Path) -> None:
    """Make what any process has written to a file or directory durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
