"""Revoked, suspended, expired: no worker answers a request that begins after the operator's command has ended."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

from openprac import admin
from tests.cast import Cast
from tests.own_database import SmallClinic, small_clinic
from tests.own_server import served_by_the_command

WORKERS = 4
CLIENTS = 12
ANSWERS = 30
"""At least so many before the command and after it."""


@dataclass(frozen=True)
class Bearer:
    """A clinic, a vendor and a key of their own."""

    tenant_id: int
    vendor_id: int
    account_key_id: int
    headers: dict[str, str]


@dataclass(frozen=True)
class Server:
    clinic: SmallClinic
    base_url: str

    async def owner(self) -> asyncpg.Connection:
        return await asyncpg.connect(self.clinic.settings.owner_database_url)

    async def bearer(self, owner: asyncpg.Connection) -> Bearer:
        name = f"Bearer {time.monotonic_ns()}"
        tenant_id = await admin.create_tenant(owner, name, "Australia/Perth")
        vendor_id, vendor_key = await admin.create_vendor(owner, name)
        key_id, _, key = await admin.create_account_key(owner, tenant_id, name, ["sex:read"])
        return Bearer(tenant_id, vendor_id, key_id, {"x-api-key": vendor_key, "a-api-key": key})


@pytest.fixture(scope="module")
def server(cast: Cast, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    clinic = small_clinic(cast.settings, "at_once")
    folder: Path = tmp_path_factory.mktemp("at_once")
    with served_by_the_command(replace(clinic.settings, workers=WORKERS), folder) as (base_url, _):
        yield Server(clinic, base_url)


class Load:
    """Clients that ask without a pause: when each request began and ended, and its status. A connection each time, so
    that every worker gets its share."""

    def __init__(self, server: Server, headers: dict[str, str]) -> None:
        self._url = f"{server.base_url}/v1/sex"
        self._headers = headers
        self.answers: list[tuple[float, float, int]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._answered = asyncio.Event()

    async def __aenter__(self) -> "Load":
        kept = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.AsyncClient(headers=self._headers, limits=kept, timeout=30)
        self._tasks = [asyncio.create_task(self._client()) for _ in range(CLIENTS)]
        return self

    async def __aexit__(self, *error: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()

    async def _client(self) -> None:
        while True:
            began = time.monotonic()
            answer = await self._http.get(self._url)
            self.answers.append((began, time.monotonic(), answer.status_code))
            self._answered.set()

    async def go_on(self) -> None:
        """Until ANSWERS more requests that begin from now on are answered."""
        now = time.monotonic()
        async with asyncio.timeout(60):
            while sum(self.within(now).values()) < ANSWERS:
                self._answered.clear()
                await self._answered.wait()

    def within(self, moment: float, until: float = float("inf")) -> Counter[int]:
        """Answers to requests that began and ended between the two."""
        return Counter(status for began, ended, status in self.answers if moment < began and ended < until)


Act = Callable[[asyncpg.Connection, Bearer], Awaitable[object]]


def suspend(what: admin.Suspended, number: Callable[[Bearer], int]) -> tuple[Act, Act]:
    async def begin(db: asyncpg.Connection, who: Bearer) -> None:
        await admin.suspend(db, what, number(who), suspended=True)

    async def end(db: asyncpg.Connection, who: Bearer) -> None:
        await admin.suspend(db, what, number(who), suspended=False)

    return begin, end


SUSPENSIONS = {
    "a clinic": (*suspend("tenant", lambda who: who.tenant_id), 401),
    "a vendor": (*suspend("vendor", lambda who: who.vendor_id), 403),
    "an account key": (*suspend("account_key", lambda who: who.account_key_id), 401),
}
ENDS: dict[str, tuple[Act, int]] = {
    "a key is revoked": (lambda db, who: admin.revoke_account_key(db, who.account_key_id), 401),
    "a vendor is revoked": (lambda db, who: admin.revoke_vendor(db, who.vendor_id), 403),
    "a key is rotated without overlap": (
        lambda db, who: admin.rotate_account_key(db, who.account_key_id, timedelta(0)),
        401,
    ),
    "a vendor is rotated without overlap": (lambda db, who: admin.rotate_vendor(db, who.vendor_id, timedelta(0)), 403),
}
ROUNDS = pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.prove)])


@ROUNDS
@pytest.mark.parametrize("name", ENDS)
def test_nothing_opens_once(server: Server, name: str, rounds: int, capsys: pytest.CaptureFixture[str]) -> None:
    act, status = ENDS[name]

    async def run() -> Counter[str]:
        found: Counter[str] = Counter()
        owner = await server.owner()
        for _ in range(rounds):
            who = await server.bearer(owner)
            async with Load(server, who.headers) as load:
                await load.go_on()
                before = time.monotonic()
                await act(owner, who)
                done = time.monotonic()
                await load.go_on()
            assert set(load.within(0, before)) == {200}
            after = load.within(done)
            assert after[status] > 0
            found += Counter(before=load.within(0, before)[200], refused=after[status], answered=after[200])
            assert set(after) == {status}
        await owner.close()
        return found

    found = asyncio.run(run())
    with capsys.disabled():
        print(f"\n{name}, {WORKERS} workers, {rounds} times: {dict(found)}")
    assert found["answered"] == 0


@ROUNDS
@pytest.mark.parametrize("name", SUSPENSIONS)
def test_nothing_opens_while_suspended_and_all_does_afterwards(
    server: Server, name: str, rounds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    begin, end, status = SUSPENSIONS[name]

    async def run() -> Counter[str]:
        found: Counter[str] = Counter()
        owner = await server.owner()
        for _ in range(rounds):
            who = await server.bearer(owner)
            async with Load(server, who.headers) as load:
                await load.go_on()
                before = time.monotonic()
                await begin(owner, who)
                done = time.monotonic()
                await load.go_on()
                resumed = time.monotonic()
                await end(owner, who)
                open_again = time.monotonic()
                await load.go_on()
            assert set(load.within(0, before)) == set(load.within(open_again)) == {200}
            closed = load.within(done, resumed)
            assert set(closed) == {status}
            found += Counter(before=load.within(0, before)[200], refused=closed[status], answered=closed[200])
        await owner.close()
        return found

    found = asyncio.run(run())
    with capsys.disabled():
        print(f"\n{name} suspended, {WORKERS} workers, {rounds} times: {dict(found)}")
    assert found["answered"] == 0
