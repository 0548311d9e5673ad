"""Draws that a seed decides, and the working hours they are spread over."""

import random
from bisect import bisect
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Any, Generic, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

# One row of a table to be; a missing column is left to the database.
Row = dict[str, Any]
Item = TypeVar("Item")

SATURDAY = 5
OPENING_SECONDS, CLOSING_SECONDS = 8 * 3600, 18 * 3600


class Weighted(Generic[Item]):
    """Things to draw from, each with how often it comes."""

    def __init__(self, *pairs: tuple[Item, float]) -> None:
        self.options = [option for option, _ in pairs]
        self.steps = list(accumulate(weight for _, weight in pairs))


class Dice:
    """One stream of draws. Streams of different names do not disturb each other when one draws more."""

    def __init__(self, seed: int, stream: str) -> None:
        self._source = random.Random(f"{seed}/{stream}")  # noqa: S311 - invented people, no secrets
        self.random = self._source.random

    def chance(self, part: float) -> bool:
        """True in this part of all cases, 0 to 1."""
        return self.random() < part

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, options: Sequence[Item]) -> Item:
        return options[int(self.random() * len(options))]

    def draw(self, table: Weighted[Item]) -> Item:
        return table.options[bisect(table.steps, self.random() * table.steps[-1])]

    def uuid(self) -> UUID:
        return UUID(bytes=self._source.randbytes(16), version=4)


class Calendar:
    """The days from the clinic's opening to yesterday; instants are aware, in UTC."""

    YEARS = 6

    def __init__(self, today: date, time_zone: str) -> None:
        self.today = today
        self.zone = ZoneInfo(time_zone)
        # Short of six whole years by a few days, so that a weekend moved to its Friday stays within them.
        self.opening = today - timedelta(days=365 * self.YEARS - 3)
        self.days = (today - self.opening).days
        # Nothing on record is younger than this.
        self.last = self.at(today - timedelta(days=1), 19 * 3600)

    def at(self, day: date, seconds: float) -> datetime:
        """The instant so many seconds after midnight on the clinic's clock."""
        local = datetime.combine(day, time(), self.zone) + timedelta(seconds=seconds)
        return local.astimezone(UTC)

    def working_time(self, day: date, dice: Dice) -> datetime:
        """Some instant of the day's opening hours; a weekend counts as its Friday."""
        day -= timedelta(days=max(0, day.weekday() - SATURDAY + 1))
        return self.at(day, OPENING_SECONDS + dice.random() * (CLOSING_SECONDS - OPENING_SECONDS))

    def later(self, instant: datetime, dice: Dice, *, sooner: float = 1) -> datetime:
        """Some instant after this one and not after `last`; the higher `sooner`, the nearer."""
        return instant + (self.last - instant) * (0.001 + 0.999 * float(dice.random() ** sooner))
