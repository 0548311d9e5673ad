"""The two HTTP servers: started, waited for, measured from outside, stopped by their own process id."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.load import Wrong, ask
from bench.operations import BASE_URL, list_request
from bench.world import World

START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid


@contextmanager
def ours(world: World, directory: Path, pool: int) -> Iterator[Server]:
    """`openprac serve`, one worker, against the bench's database; no store, which none of the operations needs."""
    port = free_port()
    environment = {
        "DATABASE_URL": world.runtime_url,
        "OWNER_DATABASE_URL": world.owner_url,
        "S3_ENDPOINT": "http://127.0.0.1:9",
        "S3_ACCESS_KEY_ID": "none",
        "S3_SECRET_ACCESS_KEY": "none",
        "OPENPRAC_DATA_DIR": str(directory / "ours"),
        "OPENPRAC_PORT": str(port),
        "OPENPRAC_WORKERS": "1",
        "OPENPRAC_POOL_SIZE": str(pool),
        "OPENPRAC_BASE_URL": BASE_URL,
    }
    asked = list_request(world, world.clinics[0])
    with running("ours", ["-m", "openprac", "serve"], port, environment, directory, asked) as server:
        yield server


@contextmanager
def typical(world: World, directory: Path, pool: int) -> Iterator[Server]:
    """bench/typical by uvicorn, one worker, as the owner: its only fence is its own tenant filter."""
    port = free_port()
    environment = {
        "TYPICAL_DATABASE_URL": world.owner_url,
        "TYPICAL_POOL_SIZE": str(pool),
        "TYPICAL_BASE_URL": BASE_URL,
    }
    arguments = ["-m", "uvicorn", "bench.typical.app:app", "--host", "127.0.0.1", "--port", str(port)]
    arguments += [
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--no-access-log",
        "--no-proxy-headers",
        "--log-level",
        "warning",
    ]
    asked = list_request(world, world.clinics[0])
    with running("typical", arguments, port, environment, directory, asked) as server:
        yield server


@contextmanager
def running(
    name: str, arguments: list[str], port: int, environment: dict[str, str], directory: Path, asked: bytes
) -> Iterator[Server]:
    """A Python program of this checkout from its first answer with 200 to `asked` to its end."""
    with (directory / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            _wait(name, process, port, directory / f"{name}.log", asked)
            yield Server(name, port, process, directory / f"{name}.log")
        finally:
            stop(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(name: str, process: subprocess.Popen[bytes], port: int, log: Path, asked: bytes) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        # A port may accept before anything answers behind it.
        with suppress(OSError, Wrong):
            ask(port, asked, 200)
            return
        time.sleep(0.05)
    raise RuntimeError(f"{name} did not start: {last_words(log)}")


def last_words(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process we started; it ends its own children."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
