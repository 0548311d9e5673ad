"""The search for free times once more, as plain as it can be said: every date, column and minute in turn.

Written from the docstring of openprac/availability/model.py alone. It imports its plain values and nothing else of the
product: recurrences, rosters and the clock's changes are read here a second time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum, auto
from functools import lru_cache
from zoneinfo import ZoneInfo

from openprac.availability.model import (
    DAY_MINUTES,
    Assignment,
    DayOff,
    Flags,
    Override,
    Place,
    Question,
    Recurrence,
    Rule,
    Situation,
    Start,
)


class Why(StrEnum):
    """What is in the way of a start; several may be at once."""

    WORK_WEEK = auto()
    HOURS = auto()
    DAY_OFF = auto()
    NO_ROSTER = auto()
    ROSTER_HOURS = auto()
    ROSTER_FLAGS = auto()
    RULE = auto()
    OVERRIDE = auto()
    TYPE = auto()
    TAKEN = auto()
    ELSEWHERE = auto()
    RESOURCE = auto()
    RESOURCE_NOT_ASKED = auto()
    COLUMNS = auto()
    GRID = auto()
    SKIPPED = auto()
    PAST = auto()
    NOT_SEARCHED = auto()


@dataclass(frozen=True)
class Hindrance:
    """What, and the id of the row that says so, where it is one row."""

    why: Why
    id: int | None = None


Hindrances = frozenset[Hindrance]
NOTHING: Hindrances = frozenset()


def offered(question: Question, situation: Situation) -> list[Start]:
    """Every start that may be offered, in the order of the answer."""
    found = []
    for place in situation.places:
        for day in dates_of(question):
            sheet = Sheet(question, situation, place, day)
            for minute in filter(sheet.may_be_a_start, range(place.opens, place.closes)):
                for column in range(1, place.columns + 1):
                    if sheet.is_offered(column, minute):
                        found.append(sheet.start(column, minute))
    return sorted(found, key=lambda start: (start.minute, start.practitioner_id, start.business_id, start.column))


def dates_of(question: Question) -> Iterator[date]:
    day = question.from_date
    while day <= question.to_date:
        yield day
        day += timedelta(days=1)


class Sheet:
    """One place's page of the book on one date: for each column and minute what is in the way there."""

    def __init__(self, question: Question, situation: Situation, place: Place, day: date) -> None:
        self.question, self.situation, self.place, self.day = question, situation, place, day
        self.midnight = (day - question.from_date).days * DAY_MINUTES
        self.whole_day = whole_day(question, situation, place, day)
        self.shown = shown_labels(question.zone, day)
        self.assignment = next((one for one in place.assignments if is_assigned(one, day)), None)
        roster = self.assignment.roster if self.assignment else None
        self.overrides = sorted(
            (one for one in (roster.overrides if roster else ()) if falls_on(one.recurrence, day)),
            key=lambda one: one.rank,
        )
        self.rules = [one for one in (roster.rules if roster else ()) if one.weekday == day.isoweekday()]
        self.taken = self._taken()
        self._known: dict[tuple[int, int], Hindrances] = {}

    def may_be_a_start(self, minute: int) -> bool:
        """Asked first, since most minutes are none: `hindrances` says the same of them."""
        place = self.place
        on_the_grid = (minute - place.opens) % place.interval == 0
        return on_the_grid and place.opens <= minute and minute + place.length.minutes <= place.closes

    def is_offered(self, column: int, minute: int) -> bool:
        return next(self._hindrances(column, minute), None) is None

    def hindrances(self, column: int, minute: int) -> Hindrances:
        """Everything that is in the way of this start; nothing: it is offered."""
        return frozenset(self._hindrances(column, minute))

    def _hindrances(self, column: int, minute: int) -> Iterator[Hindrance]:
        place, length = self.place, self.place.length
        yield from self.whole_day
        yield from self._start_hindrances(minute)
        if column < 1 or column + length.width - 1 > place.columns:
            yield Hindrance(Why.COLUMNS)
        else:
            for beside in range(column, column + length.width):
                for at in range(minute, minute + length.minutes):
                    yield from self.at(beside, at)
        yield from self._resource_hindrances(minute)

    def start(self, column: int, minute: int) -> Start:
        place = self.place
        taken = place.resources
        if place.any_of and taken:
            taken = [next(one for one in self._that_would_do() if not self._is_busy(one, minute))]
        return Start(self.midnight + minute, place.practitioner_id, place.business_id, column, tuple(taken))

    def _resource_hindrances(self, minute: int) -> Iterator[Hindrance]:
        asked = self.question.resource_ids
        if asked is not None and not asked & set(self.place.resources):
            yield Hindrance(Why.RESOURCE_NOT_ASKED)
            return
        busy = [one for one in self._that_would_do() if self._is_busy(one, minute)]
        if not self.place.any_of or len(busy) == len(self._that_would_do()):
            yield from (Hindrance(Why.RESOURCE, one) for one in busy)

    def _that_would_do(self) -> list[int]:
        """Of the type's resources: those that a start may take, of which it needs all or one."""
        asked, narrowed = self.question.resource_ids, self.place.any_of
        return [one for one in self.place.resources if not narrowed or asked is None or one in asked]

    def _is_busy(self, resource: int, minute: int) -> bool:
        spans = self.situation.busy_resources.get(resource, ())
        begins = self.midnight + minute
        minutes = range(begins, begins + self.place.length.minutes)
        return any(start <= at < end for start, end in spans for at in minutes)

    def at(self, column: int, minute: int) -> Hindrances:
        """What is in the way in this one minute of this one column."""
        if (column, minute) not in self._known:
            self._known[column, minute] = frozenset(self._found_at(column, minute))
        return self._known[column, minute]

    def _found_at(self, column: int, minute: int) -> Iterator[Hindrance]:
        if self.place.opens <= minute < self.place.closes:
            flags, decided_by = self.flags(column, minute)
            if flags & self.question.flags != self.question.flags:
                yield decided_by
        else:
            yield Hindrance(Why.HOURS)
        yield from self.taken.get((column, minute), ())

    def flags(self, column: int, minute: int) -> tuple[Flags, Hindrance]:
        """Who may book then by the roster, and what of it says so."""
        if self.assignment is None:
            return Flags.MANUAL, Hindrance(Why.NO_ROSTER)
        roster = self.assignment.roster
        for override in self.overrides:
            if covers(override, column, minute):
                return self._said(override, Hindrance(Why.OVERRIDE, override.roster_override_id))
        begins, ends = roster.days.get(self.day.isoweekday(), (0, 0))
        if not begins <= minute < ends:
            return Flags.NONE, Hindrance(Why.ROSTER_HOURS, roster.roster_id)
        for rule in reversed(self.rules):
            if covers(rule, column, minute):
                return self._said(rule, Hindrance(Why.RULE, rule.rule_id))
        return roster.flags, Hindrance(Why.ROSTER_FLAGS, roster.roster_id)

    def _said(self, said: Rule | Override, hindrance: Hindrance) -> tuple[Flags, Hindrance]:
        if said.types is None or self.question.appointment_type_id in said.types:
            return said.flags, hindrance
        if said.flags & self.question.flags == self.question.flags:
            hindrance = replace(hindrance, why=Why.TYPE)
        return Flags(said.flags & ~Flags.ONLINE) if said.types_online_only else Flags.NONE, hindrance

    def _taken(self) -> dict[tuple[int, int], set[Hindrance]]:
        found: dict[tuple[int, int], set[Hindrance]] = {}
        for entry in self.situation.taken:
            if entry.practitioner_id != self.place.practitioner_id:
                continue
            if entry.business_id == self.place.business_id:
                columns, why = range(entry.column, entry.column + entry.width), Why.TAKEN
            else:
                columns, why = range(1, self.place.columns + 1), Why.ELSEWHERE
            for minute in range(entry.start - self.midnight, entry.end - self.midnight):
                if 0 <= minute < 2 * DAY_MINUTES:
                    for column in columns:
                        found.setdefault((column, minute), set()).add(Hindrance(why, entry.appointment_id))
        return found

    def _start_hindrances(self, minute: int) -> Iterator[Hindrance]:
        if (minute - self.place.opens) % self.place.interval:
            yield Hindrance(Why.GRID)
        if minute not in self.shown:
            yield Hindrance(Why.SKIPPED)
        elif self.shown[minute] < self.question.now:
            yield Hindrance(Why.PAST)


def whole_day(question: Question, situation: Situation, place: Place, day: date) -> Hindrances:
    """What closes all of the date."""
    found = {Hindrance(Why.DAY_OFF, one.day_off_id) for one in situation.days_off if is_off(one, place, day)}
    if day.isoweekday() not in place.work_week:
        found.add(Hindrance(Why.WORK_WEEK))
    if day not in dates_of(question):
        found.add(Hindrance(Why.NOT_SEARCHED))
    return frozenset(found)


def is_off(off: DayOff, place: Place, day: date) -> bool:
    whose = place.business_id in off.business_ids or place.practitioner_id in off.practitioner_ids
    return whose and off.start_date <= day <= off.end_date


def is_assigned(assignment: Assignment, day: date) -> bool:
    return assignment.start_date <= day and (assignment.end_date is None or day <= assignment.end_date)


def covers(said: Rule | Override, column: int, minute: int) -> bool:
    return said.start <= minute < said.end and (said.columns is None or column in said.columns)


def falls_on(recurrence: Recurrence, day: date) -> bool:
    """Whether the override is one of that date: by counting days, weeks and months up from its first date."""
    first, last = recurrence.start_date, recurrence.end_date
    if day < first or (last is not None and day > last):
        return False
    match recurrence.repeat:
        case "once":
            return day == first
        case "daily":
            return (day - first).days % recurrence.every == 0
        case "weekly":
            weeks = (monday_of(day) - monday_of(first)).days // 7
            return day.isoweekday() in recurrence.weekdays and weeks % recurrence.every == 0
        case "monthly":
            months = (day.year * 12 + day.month) - (first.year * 12 + first.month)
            return months % recurrence.every == 0 and is_nth_of_its_month(day, recurrence)
    raise ValueError(recurrence.repeat)


def monday_of(day: date) -> date:
    while day.isoweekday() != 1:
        day -= timedelta(days=1)
    return day


def is_nth_of_its_month(day: date, recurrence: Recurrence) -> bool:
    """Among the days of its month that fall on its weekday."""
    alike = [one for one in days_of_month(day) if one.isoweekday() == day.isoweekday()]
    if day.isoweekday() not in recurrence.weekdays:
        return False
    if recurrence.nth == -1:
        return alike[-1] == day
    return alike.index(day) + 1 == recurrence.nth


def days_of_month(day: date) -> list[date]:
    around = [day + timedelta(days=number) for number in range(-31, 32)]
    return [one for one in around if (one.year, one.month) == (day.year, day.month)]


@lru_cache(maxsize=20_000)
def shown_labels(zone: ZoneInfo, day: date) -> dict[int, datetime]:
    """The minutes that the clock shows on that date, each with the last instant at which it does.

    Found by walking through UTC, some more hours than a date can be away from it, a quarter of an hour at a time: today
    all clocks are moved at the quarters and by quarters.
    """
    shown = {}
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=16)
    for _ in range((24 + 2 * 16) * 4):
        local = instant.astimezone(zone)
        assert local.minute % 15 == local.second == 0
        if local.date() == day:
            for minute in range(15):
                shown[local.hour * 60 + local.minute + minute] = instant + timedelta(minutes=minute)
        instant += timedelta(minutes=15)
    return shown
