"""kill -9 in the middle of writes: what was acknowledged is there after the next start, which needs no repair."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.api.patient_attachment.files import arrived, ask, download, send
from tests.command.conftest import Instance, poll, processes_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")

THREADS = 6
FILES_EVERY_WRITES = 10
DEAD_SECONDS = 30


@dataclass
class Write:
    """One create: its answer's id once it was acknowledged, and the file that was sent with it, likewise."""

    number: int
    key: str = field(default_factory=lambda: str(uuid4()))
    client_id: int | None = None
    file: bytes | None = None

    @property
    def surname(self) -> str:
        return f"Crash {self.number}"


class Writers:
    """Threads that create patients, every tenth with a file, until the server is gone."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._lock = threading.Lock()
        self.acknowledged = 0
        self.reached = threading.Event()
        self.wanted = 0

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self._instance.ready["base_url"], headers=self._instance.keys(), timeout=10)

    def run(self, write: Write) -> None:
        try:
            with self.client() as api:
                body = {"first_name": "Robin", "surname": write.surname}
                answer = api.post("/patient", json=body, headers={"idempotency-key": write.key})
                if answer.status_code != 201:
                    return
                write.client_id = int(answer.json()["client_id"])
                self._count()
                if write.number % FILES_EVERY_WRITES == 0:
                    content = f"file of {write.surname}".encode() * 500
                    form = api.post(f"/patient/{write.client_id}/patient_attachment", json={"file_name": "a.txt"})
                    if form.status_code == 201 and send(form.json(), content).is_success:
                        write.file = content
        except httpx.TransportError:
            return  # killed under us: not acknowledged, so nothing is owed

    def _count(self) -> None:
        with self._lock:
            self.acknowledged += 1
            if self.acknowledged >= self.wanted:
                self.reached.set()


@pytest.fixture
def crashing(tmp_path: Path) -> Iterator[Instance]:
    instance = Instance(tmp_path / "data", "--workers", "2")
    try:
        yield instance.start()
    finally:
        instance.stop(signal.SIGKILL)
        poll(lambda: not processes_of(instance.data_dir), DEAD_SECONDS)


def _crash(instance: Instance, everything: bool) -> None:
    assert instance.process
    victims = processes_of(instance.data_dir) if everything else [instance.process.pid]
    for pid in victims:
        with suppress(ProcessLookupError):  # gone with one killed before it
            os.kill(pid, signal.SIGKILL)
    instance.process.wait(10)
    poll(lambda: not processes_of(instance.data_dir), DEAD_SECONDS)


def _lived_through(instance: Instance, count: int, *, everything: bool, capsys: pytest.CaptureFixture[str]) -> None:
    writers = Writers(instance)
    writers.wanted = count // 2
    writes = [Write(number) for number in range(count)]
    with ThreadPoolExecutor(THREADS) as pool:
        running = [pool.submit(writers.run, write) for write in writes]
        assert writers.reached.wait(60)
        _crash(instance, everything)
        for one in running:
            one.result()
    acknowledged = [write for write in writes if write.client_id is not None]
    files = [write for write in writes if write.file is not None]
    assert count // 2 <= len(acknowledged) < count
    assert files
    started = time.monotonic()
    instance.start()
    seconds = time.monotonic() - started
    with writers.client() as api:
        for write in acknowledged:
            answer = api.get(f"/patient/{write.client_id}")
            assert (answer.status_code, answer.json()["surname"]) == (200, write.surname)
            account = api.get(f"/patient/{write.client_id}/account").json()["accounts"][0]
            assert account["account_id"] == answer.json()["default_account_id"]
        for write in files:
            assert write.client_id
            (file,) = arrived(api, write.client_id)
            assert download(api, file["attachment_client_id"]).content == write.file
        _finish(api, writes)
        send(ask(api, writes[0].client_id or 0, "after.txt"), b"the store takes files again")
    with capsys.disabled():
        print(
            f"\nkill -9 {'of everything' if everything else 'of the server'} during {count} writes: "
            f"{len(acknowledged)} acknowledged and found, {len(files)} files, next start {seconds:.1f} s"
        )


def _finish(api: httpx.Client, writes: list[Write]) -> None:
    """Every write is asked again with its key: each is there once, also those that were cut while they ran."""
    for write in writes:
        body = {"first_name": "Robin", "surname": write.surname}
        answer = api.post("/patient", json=body, headers={"idempotency-key": write.key})
        assert answer.status_code == 201
        assert write.client_id in (None, answer.json()["client_id"])
        write.client_id = answer.json()["client_id"]
    found = api.get("/patient", params={"q[]": "surname:~Crash ", "page_size": 1}).json()
    assert found["total_entries"] == len(writes)


def test_what_was_acknowledged_is_there_after_kill_9(crashing: Instance, capsys: pytest.CaptureFixture[str]) -> None:
    _lived_through(crashing, 30, everything=False, capsys=capsys)


@pytest.mark.prove
@pytest.mark.parametrize("everything", [False, True], ids=["server", "everything"])
def test_200_writes_live_through_kill_9(
    crashing: Instance, everything: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    _lived_through(crashing, 200, everything=everything, capsys=capsys)
