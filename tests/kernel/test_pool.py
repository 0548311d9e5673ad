"""The free list: nothing is lost, nothing is handed to two, nothing unsound is handed on."""

import asyncio
import random

import asyncpg
import pytest

from openprac.kernel.pool import Pool
from tests.cast import Cast

SIZE = 3
PATIENCE_SECONDS = 10.0


@pytest.fixture
def pool(cast: Cast) -> Pool:
    return Pool(lambda: asyncpg.connect(cast.settings.database_url), SIZE)


async def test_never_more_than_its_size_and_never_one_for_two(pool: Pool) -> None:
    at_work: set[int] = set()
    most = 0

    async def work(number: int) -> None:
        nonlocal most
        connection = await pool.acquire(PATIENCE_SECONDS)
        assert id(connection) not in at_work
        at_work.add(id(connection))
        most = max(most, len(at_work))
        assert await connection.fetchval("SELECT $1::int", number) == number
        at_work.discard(id(connection))
        pool.release(connection, sound=True)

    await asyncio.gather(*(work(number) for number in range(60)))
    assert 1 <= most <= SIZE
    assert (pool.open, pool.idle) == (SIZE, SIZE)
    await pool.close()


async def test_cancelled_and_impatient_callers_lose_no_connection(pool: Pool) -> None:
    dice = random.Random(7)

    async def work() -> None:
        connection = await pool.acquire(dice.choice((0.001, 0.02, PATIENCE_SECONDS)))
        sound = False
        try:
            await connection.fetchval("SELECT pg_sleep(0.002)")
            sound = True
        finally:
            pool.release(connection, sound=sound)

    tasks = [asyncio.create_task(work()) for _ in range(200)]
    for task in tasks:
        await asyncio.sleep(0)
        if dice.random() < 0.3:
            task.cancel()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(end) for end in ends} <= {type(None), TimeoutError, asyncio.CancelledError}
    assert pool.idle == pool.open <= SIZE
    again = [await pool.acquire(PATIENCE_SECONDS) for _ in range(SIZE)]
    assert [await connection.fetchval("SELECT 1") for connection in again] == [1] * SIZE
    for connection in again:
        pool.release(connection, sound=True)
    await pool.close()


async def test_what_was_left_in_a_transaction_is_not_handed_on(pool: Pool) -> None:
    connection = await pool.acquire(PATIENCE_SECONDS)
    await connection.execute("BEGIN")
    pool.release(connection, sound=True)
    assert connection.is_closed()
    assert (pool.open, pool.idle) == (0, 0)


async def test_a_place_that_failed_to_connect_is_given_back() -> None:
    async def refuse() -> asyncpg.Connection:
        raise ConnectionRefusedError

    pool = Pool(refuse, 1)
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            await pool.acquire(PATIENCE_SECONDS)
    assert pool.open == 0


async def test_waiting_has_an_end(pool: Pool) -> None:
    held = [await pool.acquire(PATIENCE_SECONDS) for _ in range(SIZE)]
    with pytest.raises(TimeoutError):
        await pool.acquire(0.05)
    for connection in held:
        pool.release(connection, sound=True)
    assert pool.idle == SIZE
    await pool.close()
