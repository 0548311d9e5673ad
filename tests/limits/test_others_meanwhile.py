"""What other clients see while somebody sends slowly, or too much, or the database has no connection left."""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
import httpx
import pytest

from openprac.app import create_app
from openprac.kernel.database import ACQUIRE_TIMEOUT_SECONDS, LOCK_TIMEOUT_SECONDS
from tests.cast import Cast, serving
from tests.own_database import SmallClinic, small_clinic
from tests.own_server import REPOSITORY, served_by_the_command

CLIENTS = 4
KINDS = ("slow heads", "slow bodies", "long heads", "long bodies")
SETTLE_SECONDS = 1.0
PATIENCE_SECONDS = 4.0
"""Tells a server in trouble from a machine that is busy with other tests. The figures are what is printed."""


@dataclass(frozen=True)
class Server:
    clinic: SmallClinic
    base_url: str

    def measured(self, requests: int) -> list[float]:
        """Seconds of so many requests by other clients, all of which must succeed; sorted."""

        async def client(http: httpx.AsyncClient) -> list[float]:
            found = []
            for _ in range(requests // CLIENTS):
                started = time.perf_counter()
                answer = await http.get("/v1/sex")
                found.append(time.perf_counter() - started)
                assert answer.status_code == 200
            return found

        async def run() -> list[list[float]]:
            async with httpx.AsyncClient(base_url=self.base_url, headers=self.clinic.headers, timeout=30) as http:
                return await asyncio.gather(*(client(http) for _ in range(CLIENTS)))

        return sorted(one for found in asyncio.run(run()) for one in found)


@pytest.fixture(scope="module")
def server(cast: Cast, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    clinic = small_clinic(cast.settings, "meanwhile")
    folder: Path = tmp_path_factory.mktemp("meanwhile")
    settings = replace(clinic.settings, workers=2, head_seconds=3, body_seconds=3)
    with served_by_the_command(settings, folder) as (base_url, _):
        yield Server(clinic, base_url)


@contextmanager
def attacked(server: Server, kind: str) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.limits.attack", kind, server.base_url],
        env={**os.environ, "KEYS": json.dumps(server.clinic.headers)},
        cwd=REPOSITORY,
    )
    try:
        time.sleep(SETTLE_SECONDS)
        yield
        assert process.poll() is None, "the attacker gave up"
    finally:
        process.kill()
        process.wait()


def p99(found: list[float]) -> float:
    return found[int(len(found) * 0.99)]


def shown(found: list[float]) -> str:
    return f"median {statistics.median(found) * 1000:.1f} ms, p99 {p99(found) * 1000:.1f} ms, {len(found)} requests"


@pytest.mark.parametrize("requests", [400, pytest.param(8000, marks=pytest.mark.prove)])
@pytest.mark.parametrize("kind", KINDS)
def test_others_are_answered_all_the_while(
    server: Server, kind: str, requests: int, capsys: pytest.CaptureFixture[str]
) -> None:
    server.measured(CLIENTS * 10)
    before = server.measured(requests)
    with attacked(server, kind):
        meanwhile = server.measured(requests)
    with capsys.disabled():
        print(f"\n{kind}: before {shown(before)}; meanwhile {shown(meanwhile)}")
    assert p99(meanwhile) < PATIENCE_SECONDS / 2 + p99(before)


class TestAnExhaustedPool:
    def test_is_503_and_over_as_soon_as_a_connection_is_back(
        self, cast: Cast, capsys: pytest.CaptureFixture[str]
    ) -> None:
        clinic = small_clinic(cast.settings, "exhausted")
        keys = clinic.headers
        with (
            serving(create_app(replace(clinic.settings, pool_size=2))) as base_url,
            ThreadPoolExecutor(20) as threads,
        ):

            def get(path: str) -> tuple[int, float, str | None]:
                started = time.perf_counter()
                answer = httpx.get(f"{base_url}/v1{path}", headers=keys, timeout=30)
                return answer.status_code, time.perf_counter() - started, answer.headers.get("retry-after")

            assert get("/pronoun")[0] == 200
            owner, loop = clinic.settings.owner_database_url, asyncio.new_event_loop()
            holder = loop.run_until_complete(asyncpg.connect(owner))
            try:
                loop.run_until_complete(holder.execute("BEGIN; LOCK TABLE sex IN ACCESS EXCLUSIVE MODE"))
                held = [threads.submit(get, "/sex") for _ in range(8)]
                time.sleep(0.5)
                others = [threads.submit(get, "/pronoun") for _ in range(4)]
                alive = httpx.get(f"{base_url}/healthz", timeout=5)
                refused = [one.result() for one in (*held, *others)]
                held = [threads.submit(get, "/sex") for _ in range(2)]
                time.sleep(0.5)
                waiting = [threads.submit(get, "/pronoun") for _ in range(4)]
                time.sleep(0.5)
            finally:
                loop.run_until_complete(holder.close())
                loop.close()
            released = time.perf_counter()
            statuses = [one.result()[0] for one in (*held, *waiting)]
            recovered = time.perf_counter() - released
            after = [get("/sex") for _ in range(20)]
        with capsys.disabled():
            longest = max(seconds for _, seconds, _ in refused)
            print(
                f"\nexhausted pool: {len(refused)} refused, longest wait {longest:.2f} s; all waiting answered "
                f"{recovered * 1000:.0f} ms after the release, then {max(one[1] for one in after) * 1000:.0f} ms"
            )
        assert alive.status_code == 200
        assert {(status, retry) for status, _, retry in refused} <= {(503, "2"), (200, None)}
        assert sum(status == 503 for status, _, _ in refused) >= 8
        # One more wait for a lock may lie before that for a connection.
        assert longest < ACQUIRE_TIMEOUT_SECONDS + LOCK_TIMEOUT_SECONDS + PATIENCE_SECONDS
        assert statuses == [200] * 6
        assert recovered < PATIENCE_SECONDS
        assert [status for status, _, _ in after] == [200] * 20
