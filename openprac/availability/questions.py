"""What a caller asks for, and what the clinic says about it: who offers the type where, and for how long.

Values in, values out; openprac/availability/load.py reads them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from openprac.availability.model import DAY_MINUTES, Assignment, DayOff, Flags, Place
from openprac.diary.lengths import Length, length_for
from openprac.diary.spans import rounded_up

PlaceKey = tuple[int, int]
"""A practitioner and a business."""


@dataclass(frozen=True, slots=True)
class Asked:
    """None means all of them. Both dates are searched."""

    from_date: date
    to_date: date
    appointment_type_ids: tuple[int, ...]
    flags: Flags = Flags.MANUAL
    client_id: int | None = None
    account_id: int | None = None
    business_ids: tuple[int, ...] | None = None
    practitioner_ids: tuple[int, ...] | None = None
    profession_ids: tuple[int, ...] | None = None
    resource_ids: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """A practitioner who works at a business. professions: those asked for, as a booking takes them."""

    practitioner_id: int
    business_id: int
    name: str
    columns: int
    interval: int
    opens: time | None
    closes: time | None
    work_week: Sequence[int]
    professions: Sequence[int]


@dataclass(frozen=True, slots=True)
class TypeResource:
    """Where a resource stands, and who may use it: nobody named means everybody."""

    resource_id: int
    business_ids: Sequence[int]
    practitioner_ids: Sequence[int]

    def is_usable(self, seat: Seat) -> bool:
        return seat.business_id in self.business_ids and (
            not self.practitioner_ids or seat.practitioner_id in self.practitioner_ids
        )


@dataclass(frozen=True, slots=True)
class Type:
    """A type of single appointments. own: the lengths of single practitioners. resources: in their rank."""

    appointment_type_id: int
    any_of: bool
    lengths: Sequence[Length]
    own: Mapping[PlaceKey, Sequence[Length]]
    resources: Sequence[TypeResource]


@dataclass(frozen=True, slots=True)
class Definitions:
    """What does not change while a search goes on.

    seats: those asked for. places: of each type that single patients can book; unoffered: why not the others.
    """

    seats: Sequence[Seat]
    places: Mapping[int, Sequence[Place]]
    days_off: Sequence[DayOff]
    unoffered: Mapping[int, str]

    @property
    def names(self) -> dict[int, str]:
        """Of the practitioners."""
        return {seat.practitioner_id: seat.name for seat in self.seats}

    @property
    def practitioner_ids(self) -> list[int]:
        return sorted({place.practitioner_id for places in self.places.values() for place in places})

    @property
    def resource_ids(self) -> list[int]:
        return sorted({one for places in self.places.values() for place in places for one in place.resources})


def offered_by(kind: Type, seats: Sequence[Seat], fee_cat_id: int | None) -> Iterator[tuple[Seat, Length]]:
    """Each seat at which the type has a length: that of the first profession that has one."""
    for seat in seats:
        own = kind.own.get((seat.practitioner_id, seat.business_id), ())
        for profession_id in seat.professions:
            if length := length_for(own, kind.lengths, profession_id, fee_cat_id):
                yield seat, length
                break


def place_of(kind: Type, seat: Seat, length: Length, assignments: Sequence[Assignment]) -> Place:
    """As a booking takes it: the length on the grid of entries, no wider than the book (openprac/diary/drafts.py)."""
    return Place(
        seat.practitioner_id,
        seat.business_id,
        seat.columns,
        seat.interval,
        _first_minute(seat.opens),
        _last_minute(seat.closes),
        frozenset(seat.work_week),
        length._replace(minutes=rounded_up(length.minutes), width=min(length.width, seat.columns)),
        assignments,
        tuple(one.resource_id for one in kind.resources if one.is_usable(seat)),
        kind.any_of,
    )


def _first_minute(opens: time | None) -> int:
    """Hours may hold seconds; a start may not lie before them."""
    return 0 if opens is None else opens.hour * 60 + opens.minute + (1 if opens.second or opens.microsecond else 0)


def _last_minute(closes: time | None) -> int:
    return DAY_MINUTES if closes is None else closes.hour * 60 + closes.minute
