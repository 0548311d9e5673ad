"""What callers see of a database that restarts, loses its sessions, has no connection to give, or stands still."""

import asyncio
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import pytest

from openprac.app import create_app
from openprac.embedded.postgres import EmbeddedPostgres
from openprac.kernel import database
from openprac.settings import Settings
from tests.cast import Cast, serving
from tests.own_database import small_clinic, sql
from tests.waiting import until

ASKERS = 6
BACK_SECONDS = 30


@dataclass(frozen=True)
class Clinic:
    """A service on a PostgreSQL of its own."""

    postgres: EmbeddedPostgres
    owner_url: str
    base_url: str
    headers: dict[str, str]

    def api(self, timeout_seconds: float = 60) -> httpx.Client:
        return httpx.Client(base_url=f"{self.base_url}/v1", headers=self.headers, timeout=timeout_seconds)

    def works(self) -> bool:
        with self.api() as api:
            body = {"first_name": "Robin", "surname": "Back"}
            return [api.get("/patient").status_code, api.post("/patient", json=body).status_code] == [200, 201]


@pytest.fixture(scope="module")
def clinic(cast: Cast, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    postgres = EmbeddedPostgres(tmp_path_factory.mktemp("faults"))
    try:
        postgres.start()
        settings = Settings.from_environment(
            cast.settings.environment()
            | {"DATABASE_URL": postgres.runtime_url, "OWNER_DATABASE_URL": postgres.owner_url}
        )
        small = small_clinic(settings, "faults")
        assert small.settings.owner_database_url
        with serving(create_app(small.settings)) as base_url:
            yield Clinic(postgres, small.settings.owner_database_url, base_url, small.headers)
    finally:
        postgres.stop()


class Asking:
    """Reads and writes that never stop. answers: how often which status came; one for what broke."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self.answers: Counter[int] = Counter()

    def ask(self, number: int) -> None:
        with self._clinic.api() as api:
            while not self._ended.is_set():
                body = {"first_name": "Robin", "surname": f"Asked {number}"}
                answer = api.post("/patient", json=body) if number % 2 else api.get("/patient?page_size=5")
                with self._lock:
                    self.answers[answer.status_code] += 1
                if answer.status_code == 503:
                    assert int(answer.headers["retry-after"]) >= 1
                    assert answer.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
                    self._ended.wait(0.02)

    def end(self) -> None:
        self._ended.set()


@contextmanager
def asked(clinic: Clinic) -> Iterator[Asking]:
    asking = Asking(clinic)
    with ThreadPoolExecutor(ASKERS) as pool:
        running = [pool.submit(asking.ask, number) for number in range(ASKERS)]
        try:
            until(lambda: asking.answers[200] > ASKERS and asking.answers[201] > ASKERS, BACK_SECONDS)
            yield asking
        finally:
            asking.end()
            for one in running:
                one.result()


def test_a_restart_under_load_is_503_until_it_is_over(clinic: Clinic) -> None:
    with asked(clinic) as asking:
        clinic.postgres.stop()
        until(lambda: asking.answers[503] > 0, BACK_SECONDS)
        clinic.postgres.start()
        before = asking.answers[200], asking.answers[201]
        until(lambda: asking.answers[200] > before[0] and asking.answers[201] > before[1], BACK_SECONDS)
    assert set(asking.answers) == {200, 201, 503}
    assert clinic.works()


def test_sessions_ended_under_load_cost_at_most_the_requests_on_them(clinic: Clinic) -> None:
    ended = 0
    with asked(clinic) as asking:
        for _ in range(5):
            gone = sql(
                clinic.owner_url,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'openprac'",
            )
            ended += len(gone)
            before = asking.answers[201]
            until(lambda before=before: asking.answers[201] > before, BACK_SECONDS)
    assert set(asking.answers) <= {200, 201, 503}
    assert ended >= 5
    assert asking.answers[503] <= ended
    assert clinic.works()


def test_with_fewer_connections_than_wanted_requests_wait_for_those_there_are(clinic: Clinic) -> None:
    sql(clinic.owner_url, "ALTER ROLE openprac_app CONNECTION LIMIT 2")
    sql(
        clinic.owner_url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'openprac'",
    )
    try:
        until(clinic.works, BACK_SECONDS)
        with asked(clinic) as asking:
            before = asking.answers[201]
            until(lambda: asking.answers[201] > before + 50, BACK_SECONDS)
    finally:
        sql(clinic.owner_url, "ALTER ROLE openprac_app CONNECTION LIMIT -1")
    assert set(asking.answers) == {200, 201}


async def test_with_no_connection_at_all_it_is_503_and_over_at_once_when_there_is_one(clinic: Clinic) -> None:
    owner = await asyncpg.connect(clinic.owner_url)
    try:
        await owner.execute("ALTER ROLE openprac_app CONNECTION LIMIT 0")
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'openprac'"
        )
        with clinic.api() as api:
            answer = await asyncio.to_thread(api.get, "/patient")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
        await owner.execute("ALTER ROLE openprac_app CONNECTION LIMIT -1")
    finally:
        await owner.close()
    assert await asyncio.to_thread(clinic.works)


def test_a_database_that_stands_still_is_503_in_bounded_time(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped processes answer nothing, and nothing tells the client: only its own patience ends the wait."""
    monkeypatch.setattr(database, "ANSWER_TIMEOUT_SECONDS", 1.5)
    # Connections made before had the patience of before.
    sql(clinic.owner_url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'openprac'")
    until(clinic.works, BACK_SECONDS)
    postmaster = clinic.postgres.pid
    assert postmaster
    family = [postmaster, *_children(postmaster)]
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        with clinic.api() as api:
            answer = api.get("/patient")
        assert answer.status_code == 503
        assert time.monotonic() - started < 15
    finally:
        for pid in family:
            os.kill(pid, signal.SIGCONT)
    until(clinic.works, BACK_SECONDS)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
