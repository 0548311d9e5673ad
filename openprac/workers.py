"""The worker processes of one server: started early, told their settings when those are known, replaced when they die.

For the supervisor's event loop alone. A worker's status pipe tells everything: a line when it is ready or why it
cannot be, its end when the process is gone, however it went.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from openprac import logs, metrics
from openprac.embedded import process
from openprac.instance import InstanceError
from openprac.kernel.shared import make_memory
from openprac.worker import (
    GRACEFUL_SECONDS,
    LISTEN_VARIABLE,
    MEMORY_VARIABLE,
    SETTINGS_VARIABLE,
    STATUS_VARIABLE,
)

READY_TIMEOUT_SECONDS = 60.0
# Beyond what uvicorn gives running requests: the application closes its connections and writes its last audit rows.
STOP_SECONDS = GRACEFUL_SECONDS + 5.0
BACKOFF_FIRST_SECONDS = 0.1
BACKOFF_MAX_SECONDS = 10.0
# A worker that served this long did not die of its start: the next one is started without waiting.
STEADY_SECONDS = 30.0


class _Worker:
    """One process: `status` yields its lines, `tell` sends it its settings."""

    def __init__(self, child: subprocess.Popen[bytes], settings_fd: int, status: asyncio.StreamReader) -> None:
        self.child = child
        self.status = status
        self.since = time.monotonic()
        self.ready = False
        self._settings_fd = settings_fd

    def tell(self, variables: Mapping[str, str]) -> None:
        if self._settings_fd >= 0:
            # Much smaller than a pipe's buffer: this never waits. A worker that is gone already shows at its status.
            with suppress(BrokenPipeError):
                os.write(self._settings_fd, json.dumps(dict(variables)).encode() + b"\n")
            self.close()

    def close(self) -> None:
        if self._settings_fd >= 0:
            os.close(self._settings_fd)
            self._settings_fd = -1


class Workers:
    """`start`, `tell` (again after a change of address: `renew`), `wait_ready`, `stop`."""

    def __init__(self, count: int, listen_fd: int, metrics_dir: Path) -> None:
        self._count = count
        self._listen_fd = listen_fd
        self._metrics_dir = metrics_dir
        self._memory = make_memory()
        self._variables: asyncio.Future[Mapping[str, str]] = asyncio.get_running_loop().create_future()
        self._slots: list[asyncio.Task[None]] = []
        self._living: set[_Worker] = set()
        self._ready: list[asyncio.Future[None]] = []
        self._stopping = asyncio.Event()

    @property
    def pids(self) -> list[int]:
        """The processes that are ready, oldest first."""
        return [worker.child.pid for worker in sorted(self._living, key=lambda one: one.since) if worker.ready]

    def start(self) -> None:
        """Start the processes; they load their code and wait to be told."""
        metrics.prepare(self._metrics_dir)
        loop = asyncio.get_running_loop()
        self._ready = [loop.create_future() for _ in range(self._count)]
        self._slots = [loop.create_task(self._keep(ready)) for ready in self._ready]

    def tell(self, variables: Mapping[str, str]) -> None:
        """Give every worker, the later ones too, its settings as environment variables."""
        self._variables.set_result(variables)

    def renew(self, variables: Mapping[str, str]) -> None:
        """Replace the workers by ones with other settings: a bundled server came back at another address."""
        self._variables = asyncio.get_running_loop().create_future()
        self._variables.set_result(variables)
        for worker in self._living:
            worker.child.terminate()

    async def wait_ready(self) -> None:
        """Return when all serve. Raises InstanceError as soon as one cannot, or after 60 s."""
        try:
            async with asyncio.timeout(READY_TIMEOUT_SECONDS):
                await asyncio.gather(*self._ready)
        except TimeoutError:
            raise InstanceError(f"The workers did not get ready within {READY_TIMEOUT_SECONDS:.0f} s.") from None

    async def stop(self) -> None:
        """Let them finish what they are at, for 10 s at most; then end them."""
        self._stopping.set()
        for worker in self._living:
            worker.close()
            worker.child.terminate()
        if not self._variables.done():
            self._variables.set_result({})
        for ready in self._ready:
            if not ready.cancel() and not ready.cancelled():
                ready.exception()  # told or not: nobody waits for it any more
        if self._slots:
            _, late = await asyncio.wait(self._slots, timeout=STOP_SECONDS)
            self.kill()
            if late:
                await asyncio.wait(late)

    def kill(self) -> None:
        """End them now."""
        for worker in self._living:
            worker.child.send_signal(signal.SIGKILL)

    async def _keep(self, ready: asyncio.Future[None]) -> None:
        """Keep one worker running until we stop."""
        pause = 0.0
        while not await self._stopping_within(pause):
            try:
                worker = await self._start_one()
            except OSError as error:  # no process or no memory to be had now: as if it had died at its start
                logs.failure("worker not started", error)
                pause = BACKOFF_MAX_SECONDS
                continue
            why = await self._watch(worker, ready)
            status = await asyncio.to_thread(worker.child.wait)
            self._living.discard(worker)
            worker.close()
            metrics.forget(self._metrics_dir, worker.child.pid)
            if self._stopping.is_set():
                break
            if not ready.done():
                ready.set_exception(InstanceError(f"The server could not start: {why or _ended(status)}."))
                break
            logs.event("error", "worker ended", worker_pid=worker.child.pid, status=status)
            lived = time.monotonic() - worker.since
            pause = 0.0 if lived > STEADY_SECONDS else min(max(2 * pause, BACKOFF_FIRST_SECONDS), BACKOFF_MAX_SECONDS)

    async def _stopping_within(self, seconds: float) -> bool:
        if seconds and not self._stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), seconds)
        return self._stopping.is_set()

    async def _watch(self, worker: _Worker, ready: asyncio.Future[None]) -> str:
        """Until the worker is gone: why it could not start, as far as it said."""
        worker.tell(await asyncio.shield(self._variables))
        why = ""
        while line := await worker.status.readline():
            text = line.decode("utf-8", "replace").strip()
            if text == "ready":
                worker.ready = True
                if not ready.done():
                    ready.set_result(None)
            else:
                why = text.removeprefix("failed: ").rstrip(".")
        return why

    async def _start_one(self) -> _Worker:
        settings_read, settings_write = os.pipe()
        status_read, status_write = os.pipe()
        inherited = {
            LISTEN_VARIABLE: self._listen_fd,
            MEMORY_VARIABLE: self._memory.fileno(),
            SETTINGS_VARIABLE: settings_read,
            STATUS_VARIABLE: status_write,
        }
        environment = {**os.environ, metrics.DIRECTORY_VARIABLE: str(self._metrics_dir)}
        environment |= {name: str(descriptor) for name, descriptor in inherited.items()}
        try:
            # Killed with us and not asked to stop: the port must be free for the next start at once.
            child = process.launch(
                [sys.executable, "-m", "openprac.worker"],
                log_fd=sys.stderr.fileno(),
                death_signal=signal.SIGKILL,
                environment=environment,
                keep_fds=tuple(inherited.values()),
                cwd=Path.cwd(),
            )
        finally:
            os.close(settings_read)
            os.close(status_write)
        status = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(status), os.fdopen(status_read, "rb", buffering=0)
        )
        worker = _Worker(child, settings_write, status)
        self._living.add(worker)
        if self._stopping.is_set():
            worker.close()
            child.terminate()
        return worker


def _ended(status: int) -> str:
    if status < 0:
        return f"a worker was ended by {signal.Signals(-status).name}"
    return f"a worker ended with status {status}; the lines above say more"
