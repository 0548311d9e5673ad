"""Four workers of one server, asked over HTTP: what they allow together."""

import asyncio
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from openprac import admin
from tests.cast import Cast
from tests.own_database import SmallClinic, small_clinic
from tests.own_server import served_by_the_command
from tests.waiting import until

WORKERS = 4
CLIENTS = 8


@dataclass(frozen=True)
class Server:
    """`openprac serve` with four workers, and its clinic's keys."""

    clinic: SmallClinic
    base_url: str

    def limited(self, rate: int | None, quota: int | None) -> dict[str, str]:
        """The keys of a new vendor with these limits."""

        async def make() -> str:
            import asyncpg

            owner = await asyncpg.connect(self.clinic.settings.owner_database_url)
            try:
                return (await admin.create_vendor(owner, f"Limited {time.monotonic_ns()}", rate, quota))[1]
            finally:
                await owner.close()

        return {**self.clinic.headers, "x-api-key": asyncio.run(make())}

    def ask(self, headers: dict[str, str], requests: int) -> Counter[str]:
        """How many got which answer. A connection each, so that every worker gets its share."""

        async def client(http: httpx.AsyncClient, times: int) -> list[str]:
            answers = []
            for _ in range(times):
                with suppress(httpx.TransportError):  # its worker was killed
                    answer = await http.get(f"{self.base_url}/v1/sex")
                    answers.append("allowed" if answer.status_code == 200 else answer.json()["error"]["code"])
            return answers

        async def all_clients() -> list[list[str]]:
            kept = httpx.Limits(max_keepalive_connections=0)
            async with httpx.AsyncClient(headers=headers, limits=kept, timeout=30) as http:
                return await asyncio.gather(*(client(http, requests // CLIENTS) for _ in range(CLIENTS)))

        return Counter(one for answers in asyncio.run(all_clients()) for one in answers)

    def workers(self) -> list[int]:
        listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
        mine = [line.split() for line in listed.splitlines()]
        servers = {row[0] for row in mine if "serve" in row[2:] and row[1] == str(os.getpid())}
        return [int(row[0]) for row in mine if row[1] in servers and "openprac.worker" in row[2:]]


@pytest.fixture(scope="module")
def server(cast: Cast, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    clinic = small_clinic(cast.settings, "four_workers")
    folder: Path = tmp_path_factory.mktemp("workers")
    with served_by_the_command(replace(clinic.settings, workers=WORKERS), folder) as (base_url, _):
        yield Server(clinic, base_url)


def shown(capsys: pytest.CaptureFixture[str], text: str) -> None:
    with capsys.disabled():
        print(f"\n{text}")


@pytest.mark.parametrize("quota", [100, pytest.param(5000, marks=pytest.mark.prove)])
def test_four_workers_give_exactly_the_quota(server: Server, quota: int, capsys: pytest.CaptureFixture[str]) -> None:
    headers = server.limited(None, quota)
    found = server.ask(headers, quota + quota // 2 + CLIENTS * 10)
    shown(capsys, f"{WORKERS} workers, quota {quota}: {dict(found)}")
    assert found["allowed"] == quota
    assert set(found) == {"allowed", "QUOTA_EXCEEDED"}


def test_four_workers_give_the_rate_together(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    rate = 5
    headers = server.limited(rate, None)
    started, found = time.monotonic(), Counter[str]()
    while time.monotonic() - started < 3:
        found += server.ask(headers, CLIENTS * 4)
    seconds = time.monotonic() - started
    most = 2 * rate + rate * seconds
    shown(capsys, f"{WORKERS} workers, {rate}/s for {seconds:.2f} s: {dict(found)}, at most {most:.0f}")
    # How near it comes to that depends on how fast the clients ask.
    assert 2 * rate <= found["allowed"] <= most + 1
    assert set(found) <= {"allowed", "THROTTLED"}


def test_a_killed_worker_costs_a_block_of_the_quota_at_most(server: Server) -> None:
    quota = 300
    headers = server.limited(None, quota)
    found = server.ask(headers, quota // 2)
    killed = server.workers()
    assert len(killed) == WORKERS
    for pid in killed[:2]:
        os.kill(pid, signal.SIGKILL)
    found += server.ask(headers, quota * 2)
    assert quota - 2 * quota // 50 <= found["allowed"] <= quota
    until(lambda: len(server.workers()) == WORKERS)
