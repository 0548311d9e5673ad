"""How long `openprac demo` takes to its first answer, from nothing and with its data there."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from bench.load import ask
from bench.servers import STOP_TIMEOUT_SECONDS

READY_TIMEOUT_SECONDS = 90.0


def cold_and_warm(directory: Path) -> dict[str, float]:
    """Seconds from the command to the first answered list of patients."""
    data_dir = directory / "demo"
    return {name: _start(data_dir, directory / f"{name}.json") for name in ("cold_seconds", "warm_seconds")}


def _start(data_dir: Path, ready: Path) -> float:
    arguments = ["demo", "--data-dir", str(data_dir), "--port", "0", "--ready-file", str(ready), "--clinics", "1"]
    with ready.with_suffix(".log").open("wb") as log:
        begun = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "openprac", *arguments],
            env=dict(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            _await(process, ready, begun + READY_TIMEOUT_SECONDS)
            told = json.loads(ready.read_text())
            ask(urlsplit(told["base_url"]).port or 80, _first_request(told), 200)
            return time.monotonic() - begun
        finally:
            _interrupt(process)


def _await(process: subprocess.Popen[bytes], ready: Path, deadline: float) -> None:
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(
                f"openprac demo did not get ready: {ready.with_suffix('.log').read_text(errors='replace')[-2000:]}"
            )
        time.sleep(0.01)


def _first_request(told: dict[str, object]) -> bytes:
    clinics = told["clinics"]
    assert isinstance(clinics, list)
    return (
        f"GET /v1/patient HTTP/1.1\r\nhost: {urlsplit(str(told['base_url'])).netloc}\r\n"
        f"x-api-key: {told['x_api_key']}\r\na-api-key: {clinics[0]['a_api_key']}\r\n\r\n"
    ).encode()


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C does, so that the second start finds what a clean stop leaves."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
