"""What is taken of practitioners' columns. Values in, values out.

A week of a clinic is ten thousand entries, and looking at each is most of the work of a search. So they come from the
database by place, in arrays, and no entry becomes an object unless somebody looks at it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from openprac.availability.minutes import ONES
from openprac.availability.model import DAY_MINUTES, Taken

COLUMN_BITS = 8
"""A day and a column are one key: the day's number shifted by these, and the column below."""


@dataclass(frozen=True, slots=True)
class Block:
    """Entries of one kind that share practitioner, business, column and width."""

    practitioner_id: int
    business_id: int
    column: int
    width: int
    kind: str
    ids: Sequence[int]
    starts: Sequence[int]
    ends: Sequence[int]

    def entries(self) -> Iterator[Taken]:
        for row_id, start, end in zip(self.ids, self.starts, self.ends, strict=True):
            yield Taken(row_id, self.practitioner_id, self.business_id, self.column, self.width, start, end, self.kind)


class Entries(Sequence[Taken]):
    """A sequence of entries that is kept in blocks."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks

    def __len__(self) -> int:
        return sum(len(block.ids) for block in self.blocks)

    def __iter__(self) -> Iterator[Taken]:
        return (entry for block in self.blocks for entry in block.entries())

    @overload
    def __getitem__(self, index: int) -> Taken: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Taken]: ...
    def __getitem__(self, index: int | slice) -> Taken | Sequence[Taken]:
        return list(self)[index]


def in_blocks(taken: Sequence[Taken]) -> Sequence[Block]:
    if isinstance(taken, Entries):
        return taken.blocks
    return [Block(*one[1:5], one.kind, [one.appointment_id], [one.start], [one.end]) for one in taken]


class Occupied:
    """The minutes that entries take. Days are numbers from the first date of the search."""

    def __init__(self, taken: Sequence[Taken]) -> None:
        self._books: dict[int, dict[int, dict[int, int]]] = {}
        for block in in_blocks(taken):
            cells = self._books.setdefault(block.practitioner_id, {}).setdefault(block.business_id, {})
            for day, minutes in by_day(zip(block.starts, block.ends, strict=True)).items():
                for column in range(block.column, block.column + block.width):
                    key = day << COLUMN_BITS | column
                    cells[key] = cells.get(key, 0) | minutes

    def at(self, practitioner_id: int, business_id: int, day: int, column: int) -> int:
        """The minutes taken in a column."""
        cells = self._books.get(practitioner_id, {}).get(business_id)
        return cells.get(day << COLUMN_BITS | column, 0) if cells else 0

    def elsewhere(self, practitioner_id: int, business_id: int, day: int) -> int:
        """The minutes in which the practitioner is at another business, in whatever column."""
        found = 0
        for other, cells in self._books.get(practitioner_id, {}).items():
            if other != business_id:
                for key, minutes in cells.items():
                    if key >> COLUMN_BITS == day:
                        found |= minutes
        return found


def by_day(spans: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The minutes of each day that the spans cover."""
    found: dict[int, int] = {}
    for start, end in spans:
        day = start // DAY_MINUTES
        minute = start - day * DAY_MINUTES
        length = end - start
        if minute + length <= DAY_MINUTES:
            found[day] = found.get(day, 0) | ONES[length] << minute
        else:
            for number, minutes in _days(start, end):
                found[number] = found.get(number, 0) | minutes
    return found


def _days(start: int, end: int) -> Iterator[tuple[int, int]]:
    """A span cut at midnights: the number of the day and its minutes."""
    while start < end:
        day, minute = divmod(start, DAY_MINUTES)
        length = min(end - start, DAY_MINUTES - minute)
        yield day, ONES[length] << minute
        start += length
