"""Keys that open nothing: slowed for their address, for nobody else, and not for keys that are in use."""

import asyncio
import secrets
import time

import pytest

from openprac.errors import TooManyFailures
from openprac.kernel.failures import WAIT_MAX_SECONDS, Failures, pair_of
from openprac.kernel.shared import Memory, make_memory
from openprac.keys import hash_key

HERE, THERE = "192.0.2.7", "198.51.100.7"


def some_pair() -> int:
    return pair_of(secrets.token_bytes(32), secrets.token_bytes(32))


async def fail(failures: Failures, address: str, pair: int | None = None) -> None:
    pair = pair or some_pair()
    failures.failed(address, pair, counted=await failures.wait_turn(address, pair))


async def fail_until_refused(failures: Failures, address: str) -> int:
    """How many look-ups the address got, tried all at once."""

    async def one() -> bool:
        try:
            await fail(failures, address)
        except TooManyFailures as error:
            waits.append(int(dict(error.headers)["retry-after"]))
            return False
        return True

    waits: list[int] = []
    allowed = sum([await one() for _ in range(10)] + await asyncio.gather(*(one() for _ in range(200))))
    assert all(1 <= wait <= WAIT_MAX_SECONDS + 1 for wait in waits)
    return allowed


async def test_an_address_gets_its_minute_at_once_and_then_one_look_up_each_interval() -> None:
    per_minute = 120
    failures = Failures(Memory(), per_minute)
    for _ in range(per_minute):
        assert not await failures.wait_turn(HERE, some_pair())
        failures.failed(HERE, some_pair(), counted=False)
    started = time.monotonic()
    for _ in range(4):
        await fail(failures, HERE)
    assert 1.0 <= time.monotonic() - started < 8


async def test_what_waits_is_bounded_and_the_rest_refused_at_once() -> None:
    per_minute = 600  # a look-up each tenth of a second
    failures = Failures(Memory(), per_minute)
    for _ in range(per_minute):
        failures.failed(HERE, some_pair(), counted=False)
    started = time.monotonic()
    allowed = await fail_until_refused(failures, HERE)
    seconds = time.monotonic() - started
    assert allowed <= (WAIT_MAX_SECONDS + seconds) * per_minute / 60 + 1
    assert seconds < WAIT_MAX_SECONDS + 10


async def test_other_addresses_and_keys_in_use_are_not_slowed() -> None:
    file = make_memory()
    one, other = Failures(Memory(file), 10), Failures(Memory(file), 10)
    good = some_pair()
    one.succeeded(HERE, good, counted=False)
    for _ in range(200):
        one.failed(HERE, some_pair(), counted=False)
    for worker in (one, other):  # all workers know the same
        with pytest.raises(TooManyFailures):
            await worker.wait_turn(HERE, some_pair())
        assert not await worker.wait_turn(HERE, good)
        assert not await worker.wait_turn(THERE, some_pair())
        assert not await worker.wait_turn(None, some_pair())


async def test_a_key_that_no_longer_opens_waits_like_any_other() -> None:
    failures = Failures(Memory(), 10)
    key = some_pair()
    failures.succeeded(HERE, key, counted=False)
    failures.failed(HERE, key, counted=False)
    for _ in range(200):
        failures.failed(HERE, some_pair(), counted=False)
    with pytest.raises(TooManyFailures):
        await failures.wait_turn(HERE, key)


async def test_a_burst_shuts_an_address_out_for_seconds_only() -> None:
    failures = Failures(Memory(), 600)
    for _ in range(100_000):
        failures.failed(HERE, some_pair(), counted=False)
    with pytest.raises(TooManyFailures) as refused:
        await failures.wait_turn(HERE, some_pair())
    wait = int(dict(refused.value.headers)["retry-after"])
    assert wait <= WAIT_MAX_SECONDS + 1
    await asyncio.sleep(0.5)
    assert await failures.wait_turn(HERE, some_pair())


async def test_a_good_key_that_waited_gives_its_turn_back() -> None:
    failures = Failures(Memory(), 60)
    for _ in range(60):
        failures.failed(HERE, some_pair(), counted=False)
    for _ in range(3):
        pair = some_pair()
        started = time.monotonic()
        counted = await failures.wait_turn(HERE, pair)
        assert time.monotonic() - started < 4
        failures.succeeded(HERE, pair, counted=counted)


async def test_a_network_of_ipv6_is_one_address() -> None:
    failures = Failures(Memory(), 10)
    for number in range(200):
        failures.failed(f"2001:db8:1:2::{number:x}", some_pair(), counted=False)
    with pytest.raises(TooManyFailures):
        await failures.wait_turn("2001:db8:1:2:ffff::1", some_pair())
    assert not await failures.wait_turn("2001:db8:1:3::1", some_pair())
    for _ in range(200):
        failures.failed("::ffff:192.0.2.7", some_pair(), counted=False)
    with pytest.raises(TooManyFailures):
        await failures.wait_turn(HERE, some_pair())


async def test_nobody_is_slowed_when_it_is_off() -> None:
    failures = Failures(Memory(), 0)
    for _ in range(1000):
        await fail(failures, HERE)


def test_pairs_differ_by_both_keys() -> None:
    one, two = hash_key("one"), hash_key("two")
    assert len({pair_of(one, two), pair_of(two, one), pair_of(one, one), pair_of(two, two)}) == 4
