"""When an invented clinic can be booked: its rosters as the search for free times reads them."""

from collections.abc import Mapping
from datetime import date, datetime, time
from functools import cache

from openprac.availability.minutes import ONES
from openprac.availability.model import (
    DAY_MINUTES,
    Assignment,
    DayOff,
    Flags,
    Override,
    Place,
    Recurrence,
    Roster,
    Rule,
)
from openprac.availability.opening import Layer, assigned, closing, layers, open_minutes
from openprac.demo.dice import Row
from openprac.demo.practice import SEATS, Seat
from openprac.diary.lengths import Length

_ANY_LENGTH = Length(0, None, 0, 1, None, None)


class Hours:
    """The clinic's tables, looked things up in. Rows are named by their positions."""

    def __init__(self, tables: Mapping[str, list[Row]]) -> None:
        self._tables = tables
        self._rosters = [self._roster(number) for number in range(len(tables["roster"]))]
        self._places = {seat: self._place(seat) for seat in SEATS}
        self._days_off = [self._day_off(number) for number in range(len(tables["day_off"]))]
        self._open = cache(self._find_open)

    def works(self, seat: Seat, day: date) -> bool:
        """Whether anybody may book anything then."""
        return not seat.left and any(self._open(seat, day, column, None) for column in range(1, seat.columns + 1))

    def fits(self, seat: Seat, moment: datetime, minutes: int, column: int = 1, kind: int | None = None) -> bool:
        """Whether staff or the booking site may book so long a time, for that type or (None) for some type."""
        wanted = ONES[minutes] << (moment.hour * 60 + moment.minute)
        return self._open(seat, moment.date(), column, kind) & wanted == wanted

    def _find_open(self, seat: Seat, day: date, column: int, kind: int | None) -> int:
        found = self._layers(self._places[seat], day, kind)
        return open_minutes(found, column, Flags.MANUAL) | open_minutes(found, column, Flags.ONLINE)

    def _layers(self, place: Place, day: date, kind: int | None) -> list[Layer]:
        if day.isoweekday() not in place.work_week or closing(place, day, self._days_off):
            return []
        given = assigned(place, day)
        return layers(given.roster if given else None, place.opens, place.closes, day, kind)

    def _place(self, seat: Seat) -> Place:
        site = self._tables["business"][seat.business]
        return Place(
            practitioner_id=seat.practitioner,
            business_id=seat.business,
            columns=seat.columns,
            interval=site["interval_minutes"],
            opens=_minute(site["appointment_start_time"]),
            closes=_minute(site["appointment_end_time"], end=True),
            work_week=frozenset(site["work_week"]),
            length=_ANY_LENGTH,
            assignments=[
                Assignment(number, self._rosters[row["roster_id"]], row["start_date"], row["end_date"])
                for number, row in enumerate(self._tables["roster_assignment"])
                if (row["practitioner_id"], row["business_id"]) == (seat.practitioner, seat.business)
            ],
        )

    def _roster(self, number: int) -> Roster:
        days, rules, overrides = (
            [(place, row) for place, row in enumerate(self._tables[table]) if row["roster_id"] == number]
            for table in ("roster_day", "roster_rule", "roster_override")
        )
        return Roster(
            number,
            _flags(self._tables["roster"][number]),
            {row["weekday"]: (_minute(row["start_time"]), _minute(row["end_time"], end=True)) for _, row in days},
            [
                Rule(place, row["weekday"], *_span(row), _all_if_none(row["appointment_type_ids"]))
                for place, row in rules
            ],
            [
                Override(place, row["rank"], _recurrence(row), *_span(row), self._types_of_override(place))
                for place, row in overrides
            ],
        )

    def _types_of_override(self, number: int) -> frozenset[int] | None:
        rows = self._tables["roster_override_appointment_type"]
        return _all_if_none([row["appointment_type_id"] for row in rows if row["roster_override_id"] == number])

    def _day_off(self, number: int) -> DayOff:
        row = self._tables["day_off"][number]
        businesses, people = (
            frozenset(one[f"{name}_id"] for one in self._tables[f"day_off_{name}"] if one["day_off_id"] == number)
            for name in ("business", "practitioner")
        )
        return DayOff(number, row["start_date"], row["end_date"], businesses, people)


def _flags(row: Row) -> Flags:
    names = {Flags.MANUAL: "manual", Flags.ONLINE: "online", Flags.WAITING_LIST: "waiting_list"}
    return Flags(sum(flag for flag, name in names.items() if row[name]))


def _minute(at: time, *, end: bool = False) -> int:
    minutes = at.hour * 60 + at.minute
    return DAY_MINUTES if end and minutes == 0 else minutes


def _span(row: Row) -> tuple[int, int, Flags, frozenset[int] | None]:
    """start, end, flags, columns: as rules and overrides have them."""
    return _minute(row["start_time"]), _minute(row["end_time"], end=True), _flags(row), _all_if_none(row["columns"])


def _all_if_none(ids: list[int]) -> frozenset[int] | None:
    return frozenset(ids) or None


def _recurrence(row: Row) -> Recurrence:
    weekdays = frozenset(row["weekdays"])
    return Recurrence(row["repeat"], row["start_date"], row["end_date"], row["every"], weekdays, row["nth"])
