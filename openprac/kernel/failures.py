"""Keys that open nothing, counted by the address they came from, and slowed when there are too many.

An address may fail so often a minute. Above that, keys not known to be good wait for their turn: one look-up each
`60 / per_minute` seconds, 5 s of waiting at most, beyond that 429. A pair of keys that opened something in the last
hour never waits: many clinics share one address, and nobody must be able to shut them out by failing from it.
docs/decisions/0019-failed-keys.md.
"""

import asyncio
import time
from ipaddress import IPv6Address, ip_address

from openprac.errors import TooManyFailures
from openprac.kernel.shared import Memory

ADDRESSES_MAX = 4096
PAIRS_MAX = 8192
GOOD_FOR_SECONDS = 3600
NOTED_EVERY_SECONDS = 60
WINDOW_SECONDS = 60
WAIT_MAX_SECONDS = 5
SECOND = 1_000_000_000

# Words of an address: when it will have no failures left (as the bucket of a rate, upside down).
CLEAR_AT = 1
# Words of a pair of keys: when it last opened something.
OPENED_AT = 1
_ALL = 1  # the one row of the table that tells whether any address is over


class Failures:
    """One a process, all on one memory."""

    def __init__(self, memory: Memory, per_minute: int) -> None:
        """per_minute: 0 slows nobody."""
        self._memory = memory
        self._addresses = memory.table(ADDRESSES_MAX, 2)
        self._pairs = memory.table(PAIRS_MAX, 2)
        self._over = memory.table(1, 2)
        self._interval = WINDOW_SECONDS * SECOND // per_minute if per_minute else 0

    async def wait_turn(self, address: str | None, pair: int) -> bool:
        """Before the keys are looked up. True: a failure was counted in advance. Raises TooManyFailures."""
        now = time.monotonic_ns()
        if address is None or now > self._over.words[CLEAR_AT] or self._is_good(pair, now):
            return False
        key = _key_of(address)
        with self._memory:
            row = self._addresses.seek(key)
            wait = self._addresses.words[row + CLEAR_AT] - now - WINDOW_SECONDS * SECOND if row >= 0 else 0
            if wait <= 0:
                return False
            if wait > WAIT_MAX_SECONDS * SECOND:
                raise TooManyFailures(-(-wait // SECOND))
            self._count(row, now)
        await asyncio.sleep(wait / SECOND)
        return True

    def failed(self, address: str | None, pair: int, *, counted: bool) -> None:
        """Both keys were judged and at least one opens nothing."""
        if address is None or not self._interval:
            return
        words, row = self._pairs.words, self._row_of(pair)
        if words[row] == pair:
            words[row] = 0
        if not counted:
            with self._memory:
                self._count(self._addresses.place(_key_of(address)), time.monotonic_ns())

    def succeeded(self, address: str | None, pair: int, *, counted: bool) -> None:
        now = time.monotonic_ns()
        words, row = self._pairs.words, self._row_of(pair)
        if words[row] != pair or now - words[row + OPENED_AT] > NOTED_EVERY_SECONDS * SECOND:
            words[row], words[row + OPENED_AT] = pair, now
        if counted and address is not None:
            with self._memory:
                self._addresses.words[self._addresses.place(_key_of(address)) + CLEAR_AT] -= self._interval

    def _count(self, row: int, now: int) -> None:
        """One more. Under the lock. Bounded, so that a burst shuts nobody out for longer than one who goes on."""
        words = self._addresses.words
        most = now + (WINDOW_SECONDS + WAIT_MAX_SECONDS) * SECOND + self._interval
        words[row + CLEAR_AT] = min(max(words[row + CLEAR_AT], now) + self._interval, most)
        over_until = words[row + CLEAR_AT] - WINDOW_SECONDS * SECOND
        self._over.words[CLEAR_AT] = max(self._over.words[CLEAR_AT], over_until)

    def _is_good(self, pair: int, now: int) -> bool:
        words, row = self._pairs.words, self._row_of(pair)
        return bool(words[row] == pair and now - words[row + OPENED_AT] < GOOD_FOR_SECONDS * SECOND)

    def _row_of(self, pair: int) -> int:
        """Each pair has one place, without lock: what two writers may leave there is still a pair that was good."""
        return pair % PAIRS_MAX * 2


def pair_of(account_hash: bytes, vendor_hash: bytes) -> int:
    """64 bits of both digests, never 0."""
    mixed = bytes(a ^ b for a, b in zip(account_hash[:8], vendor_hash[8:16], strict=True))
    return int.from_bytes(mixed, "big", signed=True) or 1


def _key_of(address: str) -> int:
    """An IPv4 address, or the network of an IPv6 one: whoever has a network has all of its addresses."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    if isinstance(parsed, IPv6Address):
        return int.from_bytes(parsed.packed[:8], "big", signed=True) or 1
    return int(parsed) or 1
