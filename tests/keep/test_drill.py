"""The restore drill: a demo clinic under writes, a backup, a restore elsewhere, and a server on it.

Every write that was acknowledged before the backup's moment is asked for, and every file compared.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.patient_attachment.files import ask, download, new_patient, send
from tests.command.conftest import OPENPRAC, Instance, environment, poll, processes_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")

THREADS = 4
FILE_EVERY_WRITES = 5
COMMAND_SECONDS = 900
SERVED = re.compile(r"openprac serves (http://\S+)/v1")


@dataclass
class Write:
    client_id: int
    surname: str
    at: datetime
    """When the answer was here."""
    file: bytes | None = None
    file_at: datetime | None = None


@dataclass
class Writers:
    """Callers who create patients, every fifth with a file, until told to stop."""

    base_url: str
    headers: dict[str, str]
    done: list[Write] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Writers":
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(THREADS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self, thread: int) -> None:
        try:
            with httpx.Client(base_url=self.base_url, headers=self.headers, timeout=60) as api:
                for number in range(1_000_000):
                    if self._stop.is_set():
                        return
                    self._write(api, f"Drill {thread} {number}", with_file=number % FILE_EVERY_WRITES == 0)
        except (AssertionError, httpx.HTTPError) as error:
            self.failed.append(repr(error))

    def _write(self, api: httpx.Client, surname: str, *, with_file: bool) -> None:
        write = Write(new_patient(api, surname), surname, datetime.now(UTC))
        self.done.append(write)
        if with_file:
            content = f"file of {surname} ".encode() * 400
            form = ask(api, write.client_id, "drill.txt")
            assert send(form, content).is_success
            write.file, write.file_at = content, datetime.now(UTC)


class Server:
    """`openprac serve` on a data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.errors = data_dir.with_name("serve-errors.txt")
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [*OPENPRAC, "serve", "--data-dir", data_dir, "--port", "0"],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment(),
            )
        assert self.process.stdout
        said = SERVED.match(self.process.stdout.readline())
        assert said, self.errors.read_text()
        self.base_url = f"{said[1]}/v1"

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        assert self.process.stdout
        self.process.stdout.close()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Instance]:
    instance = Instance(tmp_path / "data", "--workers", "2")
    try:
        yield instance.start()
    finally:
        instance.stop(signal.SIGKILL)
        _all_gone(instance.data_dir)


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    started: list[Server] = []
    yield started
    for one in started:
        if one.process.poll() is None:
            one.stop()
        _all_gone(one.data_dir)


def _all_gone(data_dir: Path) -> None:
    for pid in processes_of(data_dir):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    poll(lambda: not processes_of(data_dir), 30)


def succeeded(*words: Any) -> str:
    """What a command prints; beside busy writers it may take its time."""
    done = subprocess.run(
        [*OPENPRAC, *words], capture_output=True, text=True, timeout=COMMAND_SECONDS, env=environment(), check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def drill(demo: Instance, servers: list[Server], folder: Path, writes: int, capsys: pytest.CaptureFixture[str]) -> None:
    base_url, keys = demo.ready["base_url"], demo.keys()
    with Writers(base_url, keys) as writers:
        poll(lambda: len(writers.done) >= writes or writers.failed, COMMAND_SECONDS)
        started = time.monotonic()
        said = succeeded("backup", folder, "--data-dir", demo.data_dir)
        backup_seconds = time.monotonic() - started
        at_end = len(writers.done)
        poll(lambda: len(writers.done) >= at_end + 5 or writers.failed, 60)
    assert writers.failed == []
    moment = datetime.fromisoformat(re.search(r"before (\S+)\.\n", said)[1])  # type: ignore[index]
    (listed,) = json.loads(succeeded("backups", folder, "--json"))
    succeeded("verify", folder)
    demo.stop()
    elsewhere = folder.with_name("elsewhere") / "data"
    started = time.monotonic()
    succeeded("restore", folder, "--data-dir", elsewhere)
    restore_seconds = time.monotonic() - started
    servers.append(Server(elsewhere))
    owed = [write for write in writers.done if write.at < moment]
    files = [write for write in writers.done if write.file_at and write.file_at < moment]
    assert len(owed) >= writes
    assert files
    assert len(owed) < len(writers.done), "nothing was written after the moment: the drill proves less than it should"
    with httpx.Client(base_url=servers[0].base_url, headers=keys, timeout=60) as api:
        _compare(api, owed, files)
    servers[0].stop()
    succeeded("doctor", "--json", "--data-dir", elsewhere)
    with capsys.disabled():
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        print(
            f"\ndrill: {listed['rows']} rows, {listed['files']} files, {size / 1e6:.1f} MB on disk; "
            f"backup under writes {backup_seconds:.1f} s, restore {restore_seconds:.1f} s; "
            f"{len(owed)} writes and {len(files)} files acknowledged before the moment, all there; "
            f"{len(writers.done) - len(owed)} later"
        )


def _compare(api: httpx.Client, owed: list[Write], files: list[Write]) -> None:
    for write in owed:
        answer = api.get(f"/patient/{write.client_id}")
        assert (answer.status_code, answer.json().get("surname")) == (200, write.surname)
    for write in files:
        path = f"/patient/{write.client_id}/patient_attachment"
        (row,) = poll(lambda path=path: api.get(path).json()["attachment_clients"], 60)
        assert download(api, row["attachment_client_id"]).content == write.file
    assert new_patient(api, "After") > max(write.client_id for write in owed)


def test_what_was_acknowledged_before_the_moment_is_there_elsewhere(
    demo: Instance, servers: list[Server], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drill(demo, servers, tmp_path / "backups", 20, capsys)


@pytest.mark.prove
def test_the_same_with_thousands_of_writes(
    demo: Instance, servers: list[Server], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drill(demo, servers, tmp_path / "backups", 3000, capsys)
