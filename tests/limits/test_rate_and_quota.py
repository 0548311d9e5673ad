"""A vendor's rate and quota: exact between workers and servers, whatever dies; what the vendor is told."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from openprac import admin
from openprac.errors import ApiError, QuotaExceeded, Throttled
from openprac.kernel.limits import LEASE_SQL, Limits
from openprac.kernel.shared import Memory, make_memory
from tests.cast import Cast

WORKERS = 4


@dataclass
class Vendor:
    """One with limits, and connections as the runtime role to lease on."""

    cast: Cast
    vendor_id: int
    connections: Sequence[asyncpg.Connection]

    async def limit(self, rate: int | None, quota: int | None) -> None:
        async with self.cast.owner() as owner:
            await admin.limit_vendor(owner, self.vendor_id, rate, quota)

    async def leased(self) -> int:
        async with self.cast.owner() as owner:
            return int(await owner.fetchval("SELECT sum(leased) FROM vendor_day WHERE vendor_id = $1", self.vendor_id))


@pytest.fixture
async def vendor(cast: Cast) -> AsyncIterator[Vendor]:
    async with cast.owner() as owner:
        vendor_id, _ = await admin.create_vendor(owner, f"Limited {uuid4()}")
    connections = [await asyncpg.connect(cast.settings.database_url) for _ in range(WORKERS)]
    yield Vendor(cast, vendor_id, connections)
    for connection in connections:
        await connection.close()


def entered(rate: int | None, quota: int | None, at: datetime | None = None) -> Mapping[str, Any]:
    """The part of enter()'s answer that counts here."""
    at = at or datetime.now(UTC)
    return {"rate_per_second": rate, "quota_per_day": quota, "quota_at": at if quota else None}


async def ask(limits: Limits, vendor: Vendor, found: Mapping[str, Any], connection: int = 0) -> ApiError | None:
    try:
        fields = await limits.take(vendor.connections[connection], vendor.vendor_id, found)
    except ApiError as error:
        return error
    assert [name for name, _ in fields] == ["ratelimit-policy", "ratelimit"]
    return None


async def asked_by_all(
    workers: Sequence[Limits], vendor: Vendor, found: Mapping[str, Any], times: int
) -> list[ApiError | None]:
    """Each worker asks so many times, all of them at once."""

    async def one(number: int) -> list[ApiError | None]:
        answers = []
        for _ in range(times):
            answers.append(await ask(workers[number], vendor, found, number))
            await asyncio.sleep(0)
        return answers

    return list(chain(*await asyncio.gather(*(one(number) for number in range(len(workers))))))


class TestQuota:
    @pytest.mark.parametrize("quota", [1, 7, 50, 1000])
    async def test_workers_of_one_server_give_exactly_the_quota(self, vendor: Vendor, quota: int) -> None:
        await vendor.limit(None, quota)
        file = make_memory()
        workers = [Limits(Memory(file)) for _ in range(WORKERS)]
        answers = await asked_by_all(workers, vendor, entered(None, quota), quota // 2 + 10)
        answers += await asked_by_all(workers, vendor, entered(None, quota), 5)
        refused = [answer for answer in answers if answer]
        assert len(answers) - len(refused) == quota == await vendor.leased()
        assert {type(answer) for answer in refused} == {QuotaExceeded}

    async def test_servers_never_give_more_together_and_hold_back_little(self, vendor: Vendor) -> None:
        quota = 2000
        await vendor.limit(None, quota)
        servers = [Limits(Memory()) for _ in range(3)]
        dice, allowed = random.Random(11), 0
        for _ in range(quota + 500):
            which = dice.choices(range(3), (90, 9, 1))[0]
            allowed += await ask(servers[which], vendor, entered(None, quota), which) is None
        assert quota - 3 * quota // 50 <= allowed <= quota
        assert await vendor.leased() == quota

    async def test_a_lost_server_costs_a_block_at_most(self, vendor: Vendor) -> None:
        quota = 1000
        await vendor.limit(None, quota)
        allowed = 0
        for _ in range(5):
            server = Limits(Memory())  # what the one before had leased is gone with it
            for _ in range(25):
                allowed += await ask(server, vendor, entered(None, quota)) is None
        last = await asked_by_all([Limits(Memory())], vendor, entered(None, quota), quota)
        allowed += sum(answer is None for answer in last)
        assert quota - 5 * quota // 50 <= allowed <= quota

    async def test_few_requests_write(self, vendor: Vendor) -> None:
        quota = 5000
        await vendor.limit(None, quota)
        worker = Limits(Memory())
        statements = 0

        class Counting:
            async def fetchrow(self, sql: str, *values: Any) -> asyncpg.Record:
                nonlocal statements
                statements += 1
                assert sql == LEASE_SQL
                return await vendor.connections[0].fetchrow(sql, *values)

        for _ in range(quota):
            await worker.take(Counting(), vendor.vendor_id, entered(None, quota))  # type: ignore[arg-type]
        assert statements < quota // 10
        before = statements
        for _ in range(20):
            with pytest.raises(QuotaExceeded):
                await worker.take(Counting(), vendor.vendor_id, entered(None, quota))  # type: ignore[arg-type]
        assert statements == before

    async def test_a_new_day_begins_with_the_whole_quota(self, vendor: Vendor) -> None:
        """The days before today: what is leased is always of the database's today."""
        await vendor.limit(None, 3)
        worker = Limits(Memory())
        for _ in range(3):
            assert await ask(worker, vendor, entered(None, 3)) is None
        assert isinstance(await ask(worker, vendor, entered(None, 3)), QuotaExceeded)
        async with vendor.cast.owner() as owner:
            await owner.execute("UPDATE vendor_day SET day = day - 1 WHERE vendor_id = $1", vendor.vendor_id)
        tomorrow = entered(None, 3, datetime.now(UTC) + timedelta(days=1))
        # The day has turned for enter(); the lease tells the database's own.
        assert await ask(worker, vendor, tomorrow) is None

    async def test_a_changed_quota_holds_from_the_next_request_on(self, vendor: Vendor) -> None:
        await vendor.limit(None, 2)
        worker = Limits(Memory())
        answers = [await ask(worker, vendor, entered(None, 2)) for _ in range(3)]
        assert [answer is None for answer in answers] == [True, True, False]
        await vendor.limit(None, 4)
        answers = [await ask(worker, vendor, entered(None, 4)) for _ in range(3)]
        assert [answer is None for answer in answers] == [True, True, False]
        await vendor.limit(None, 1)
        assert isinstance(await ask(worker, vendor, entered(None, 1)), QuotaExceeded)
        await vendor.limit(None, None)
        assert await worker.take(vendor.connections[0], vendor.vendor_id, entered(None, None)) == ()

    async def test_what_the_vendor_is_told(self, vendor: Vendor) -> None:
        await vendor.limit(None, 2)
        worker = Limits(Memory())
        evening = datetime.now(UTC).replace(hour=23, minute=59, second=30, microsecond=0)
        fields = dict(await worker.take(vendor.connections[0], vendor.vendor_id, entered(None, 2, evening)))
        assert fields == {"ratelimit-policy": '"day";q=2;w=86400', "ratelimit": '"day";r=1;t=30'}
        assert await ask(worker, vendor, entered(None, 2, evening)) is None
        refused = await ask(worker, vendor, entered(None, 2, evening))
        assert isinstance(refused, QuotaExceeded)
        assert dict(refused.headers) == {"retry-after": "30", **fields, "ratelimit": '"day";r=0;t=30'}


class TestRate:
    @pytest.mark.parametrize("rate", [1, 10, 1000])
    async def test_workers_together_give_two_seconds_worth_at_once_and_then_the_rate(
        self, vendor: Vendor, rate: int
    ) -> None:
        file = make_memory()
        workers = [Limits(Memory(file)) for _ in range(WORKERS)]
        loop = asyncio.get_running_loop()
        started, allowed = loop.time(), 0
        while loop.time() - started < 2.5:
            answers = await asked_by_all(workers, vendor, entered(rate, None), 50)
            allowed += sum(answer is None for answer in answers)
            await asyncio.sleep(0.01)
        elapsed = loop.time() - started
        assert 2 * rate + int(rate * 2.4) - 1 <= allowed <= 2 * rate + rate * elapsed + 1

    async def test_what_is_refused_uses_up_nothing(self, vendor: Vendor) -> None:
        await vendor.limit(1, 5)
        worker = Limits(Memory())
        answers = [await ask(worker, vendor, entered(1, 5)) for _ in range(20)]
        assert sum(answer is None for answer in answers) == 2
        refused = answers[-1]
        assert isinstance(refused, Throttled)
        told = dict(refused.headers)
        assert told["retry-after"] == "1"
        assert told["ratelimit-policy"] == '"rate";q=2;w=2, "day";q=5;w=86400'
        assert told["ratelimit"].startswith('"rate";r=0;t=1, "day";r=3;t=')

    async def test_vendors_do_not_count_for_each_other(self, vendor: Vendor) -> None:
        worker = Limits(Memory())
        while await ask(worker, vendor, entered(1, None)) is None:
            pass
        other = Vendor(vendor.cast, vendor.vendor_id + 1, vendor.connections)
        assert await ask(worker, other, entered(1, None)) is None
