"""A full disk: what cannot be kept is refused, nothing acknowledged is lost, and room alone is enough to go on."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.command.conftest import Instance, poll, processes_of

DISK_MEGABYTES = 700
BALLAST_BYTES = 1 << 20
NOTES = "A long note about nothing in particular. " * 100
BACK_SECONDS = 90

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="mounts a small file system, which only root may"
)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m,mode=755", "openprac-test", str(disk)]
    made = subprocess.run(mount, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"mounting is not permitted here: {made.stderr.strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.fixture
def on_small_disk(small_disk: Path) -> Iterator[Instance]:
    instance = Instance(small_disk / "data")
    try:
        yield instance.start()
    finally:
        instance.stop(signal.SIGKILL)
        poll(lambda: not processes_of(instance.data_dir), 40)


def test_a_full_disk_is_503_and_room_is_all_it_needs(on_small_disk: Instance, small_disk: Path) -> None:
    instance = on_small_disk
    # Beside the data directory, on its disk; the instance's own small files too.
    ballast = small_disk / "ballast"
    acknowledged: list[int] = []
    refused: set[int] = set()

    def write(api: httpx.Client) -> int:
        body = {"first_name": "Robin", "surname": "Kept", "patient_notes": NOTES}
        answer = api.post("/patient", json=body)
        if answer.status_code == 201:
            acknowledged.append(answer.json()["client_id"])
        return answer.status_code

    with httpx.Client(base_url=instance.ready["base_url"], headers=instance.keys(), timeout=60) as api:
        assert write(api) == 201
        _fill(ballast)
        for _ in range(2000):
            refused.add(write(api))
            if 503 in refused:
                break
        # Some more, into the full disk: still nothing but "not now".
        refused |= {write(api) for _ in range(20)}
        assert 503 in refused
        assert refused <= {201, 503}, [
            line for line in instance.errors.read_text().splitlines() if "unexpected" in line
        ][:2]
        ballast.unlink()
        poll(lambda: write(api) == 201, BACK_SECONDS)
        assert instance.process
        assert instance.process.poll() is None
        for client_id in acknowledged:
            assert api.get(f"/patient/{client_id}").status_code == 200
        listed = api.get("/patient", params={"q[]": "surname:=Kept", "page_size": 1}).json()
        # One whose answer could not be given may be there too: it was never promised that it is not.
        assert len(acknowledged) <= listed["total_entries"] <= len(acknowledged) + 25


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(BALLAST_BYTES)):
            pass
