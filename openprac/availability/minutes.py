"""A day as an integer with a bit for each of its minutes: bit m is the minute from m to m + 1.

Why minutes, and why integers: docs/decisions/0021-free-times.md. Values in, values out.
"""

from collections.abc import Iterator
from functools import lru_cache

from openprac.availability.model import DAY_MINUTES

ONES = tuple((1 << length) - 1 for length in range(DAY_MINUTES + 1))
"""ONES[n]: the first n minutes."""

WHOLE_DAY = ONES[DAY_MINUTES]


def span(start: int, end: int) -> int:
    """The minutes of [start, end); nothing where it is empty."""
    return ONES[end - start] << start if end > start else 0


def runs(minutes: int, length: int) -> int:
    """Where `length` minutes in a row begin. Each step doubles the run that is known, so there are log2(length)."""
    known = 1
    while known < length and minutes:
        step = min(known, length - known)
        minutes &= minutes >> step
        known += step
    return minutes


@lru_cache(maxsize=256)
def grid(first: int, interval: int, last: int) -> int:
    """Every interval-th minute from first up to last, both included."""
    if last < first:
        return 0
    count = (last - first) // interval + 1
    return ((1 << count * interval) - 1) // ONES[interval] << first if interval <= DAY_MINUTES else 1 << first


def each(minutes: int) -> Iterator[int]:
    """The minutes that are set, in order."""
    while minutes:
        lowest = minutes & -minutes
        yield lowest.bit_length() - 1
        minutes ^= lowest
