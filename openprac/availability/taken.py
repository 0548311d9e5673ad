"""What is taken of a practitioner's columns and of a resource, by day. Values in, values out."""

from collections.abc import Iterable, Iterator, Sequence

from openprac.availability.minutes import ONES
from openprac.availability.model import DAY_MINUTES, Taken

COLUMN_BITS = 8
"""A day and a column are one key: the day's number shifted by these, and the column below."""

Cells = dict[int, int]


class Occupied:
    """The live entries of a search. Days are numbers from its first date."""

    def __init__(self, taken: Iterable[Taken]) -> None:
        self._books: dict[int, dict[int, Cells]] = {}
        books = self._books
        for _, practitioner_id, business_id, column, width, start, end, _ in taken:
            cells = books.setdefault(practitioner_id, {}).setdefault(business_id, {})
            day, minute = divmod(start, DAY_MINUTES)
            if width == 1 and minute + end - start <= DAY_MINUTES:
                key = day << COLUMN_BITS | column
                cells[key] = cells.get(key, 0) | ONES[end - start] << minute
                continue
            for day, minutes in _days(start, end):
                for one in range(column, column + width):
                    key = day << COLUMN_BITS | one
                    cells[key] = cells.get(key, 0) | minutes

    def at(self, practitioner_id: int, business_id: int, day: int, column: int) -> int:
        """The minutes taken in a column."""
        cells = self._books.get(practitioner_id, {}).get(business_id)
        return cells.get(day << COLUMN_BITS | column, 0) if cells else 0

    def elsewhere(self, practitioner_id: int, business_id: int, day: int) -> int:
        """The minutes in which the practitioner is at another business, in whatever column."""
        books = self._books.get(practitioner_id, {})
        found = 0
        for other, cells in books.items():
            if other != business_id:
                for key, minutes in cells.items():
                    if key >> COLUMN_BITS == day:
                        found |= minutes
        return found


def by_day(spans: Sequence[tuple[int, int]]) -> dict[int, int]:
    """The minutes of each day that the spans cover."""
    found: dict[int, int] = {}
    for start, end in spans:
        for day, minutes in _days(start, end):
            found[day] = found.get(day, 0) | minutes
    return found


def _days(start: int, end: int) -> Iterator[tuple[int, int]]:
    """A span cut at midnights: the number of the day and its minutes."""
    while start < end:
        day, minute = divmod(start, DAY_MINUTES)
        length = min(end - start, DAY_MINUTES - minute)
        yield day, ONES[length] << minute
        start += length
