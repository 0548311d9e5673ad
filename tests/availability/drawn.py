"""Questions and situations drawn from a seed: small, and crowded around whatever the rules distinguish."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import TypeVar
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
    Roster,
    Rule,
    Situation,
    Taken,
)
from openprac.diary.lengths import Length

Drawn = TypeVar("Drawn")
ZONES = (
    "Australia/Sydney",
    "Australia/Melbourne",
    "Australia/Adelaide",
    "Australia/Brisbane",
    "Australia/Perth",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Europe/London",
    "America/New_York",
)
FIRST_DATE, LAST_DATE = date(2026, 1, 1), date(2028, 12, 31)
DATES, DATE_STEP_DAYS = 60, 18
"""No more than these, so that the oracle need not walk through the clock's year for each case."""
ASKED_TYPE, OTHER_TYPE = 31, 32
PRACTITIONERS = (11, 12)
BUSINESSES = (21, 22)
ELSEWHERE = 29
"""A business that nothing is asked about."""
STRANGER = 19
RESOURCES = (41, 42, 43)
COLUMNS_MAX = 3
INTERVALS = (5, 10, 10, 15, 15, 20, 30, 30, 60, 7, 25, 240)
KINDS = ("patient", "note", "group", "rule_out", "reserved")
WEEKDAYS = (1, 2, 3, 4, 5, 6, 7)


def drawn(seed: int) -> tuple[Question, Situation]:
    """The same for the same seed."""
    return _Draw(Random(seed)).case()


@lru_cache
def transitions(zone: str) -> tuple[date, ...]:
    """The dates between whose noon and the noon before the clocks were moved."""
    days = [FIRST_DATE + timedelta(days=number) for number in range((LAST_DATE - FIRST_DATE).days)]
    noons = [datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).utcoffset() for day in days]
    return tuple(day for day, before, after in zip(days[1:], noons, noons[1:], strict=False) if before != after)


class _Draw:
    """What the parts of one case have in common: its dates, and the hours that all of it crowds into."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.zone = rng.choice(ZONES)
        self.days = rng.choice((1, 1, 1, 2, 2, 3, 4, 8))
        moved = transitions(self.zone)
        self.at_night = bool(moved) and rng.random() < 0.4
        if self.at_night:
            self.moved = rng.choice(moved)
            self.first = self.moved - timedelta(days=rng.randrange(self.days))
        elif rng.random() < 0.2:
            self.first = date(rng.randint(2026, 2028), rng.randint(1, 12), 1) - timedelta(days=rng.randint(0, 3))
        else:
            self.first = FIRST_DATE + timedelta(days=DATE_STEP_DAYS * rng.randrange(DATES))
        self.last = self.first + timedelta(days=self.days - 1)
        self.opens, self.closes = self.hours()
        self.ids = iter(range(1000, 9999))

    def case(self) -> tuple[Question, Situation]:
        rng = self.rng
        rosters = [self.roster() for _ in range(rng.choice((1, 1, 2, 3)))]
        pairs = [(who, where) for who in PRACTITIONERS for where in BUSINESSES]
        pairs = rng.sample(pairs, rng.choice((1, 1, 1, 2, 2, 3)))
        hours = {where: self.hours() if rng.random() < 0.3 else (self.opens, self.closes) for where in BUSINESSES}
        weeks = {where: self.weekdays(0.95) for where in BUSINESSES}
        places = [self.place(who, where, hours[where], weeks[where], rosters) for who, where in pairs]
        situation = Situation(
            places=places,
            days_off=[self.day_off() for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 2)))],
            taken=[self.entry() for _ in range(rng.choice((0, 1, 2, 3, 5, 8)))],
            busy_resources={
                one: [self.absolute_span() for _ in range(rng.randint(0, 4))] for one in RESOURCES if rng.random() < 0.8
            },
        )
        return self.question(), situation

    def question(self) -> Question:
        rng = self.rng
        flags = rng.choice((1, 1, 1, 1, 1, 2, 2, 4, 4, 3, 5, 6, 7))
        asked = None if rng.random() < 0.8 else frozenset(rng.sample(RESOURCES, rng.choice((0, 1, 1, 1, 2))))
        return Question(ASKED_TYPE, self.first, self.last, Flags(flags), ZoneInfo(self.zone), self.now(), asked)

    def now(self) -> datetime:
        """Long before, long after, or among the labels searched: as UTC or as the clinic's time, both showings."""
        rng, zone = self.rng, ZoneInfo(self.zone)
        midnight = datetime(self.first.year, self.first.month, self.first.day)
        chance = rng.random()
        if self.at_night and chance < 0.25:
            midnight = datetime(self.moved.year, self.moved.month, self.moved.day)
            label = midnight + timedelta(minutes=rng.randrange(60, 210, rng.choice((1, 5, 15))))
        elif chance < 0.5:
            label = midnight - timedelta(days=rng.randint(1, 60))
        elif chance < 0.53:
            label = midnight + timedelta(days=self.days + rng.randint(1, 60))
        else:
            minute = rng.randrange(self.opens, self.closes)
            label = midnight + timedelta(
                days=rng.randrange(self.days), minutes=minute - minute % rng.choice((1, 5, 30))
            )
            label += timedelta(microseconds=rng.choice((0, 0, 0, 1, 59_999_999, rng.randrange(60_000_000))))
        instant = label.replace(tzinfo=zone, fold=rng.randint(0, 1)).astimezone(UTC)
        return instant.astimezone(zone) if rng.random() < 0.2 else instant

    def place(
        self, who: int, where: int, hours: tuple[int, int], work_week: frozenset[int], rosters: Sequence[Roster]
    ) -> Place:
        rng = self.rng
        columns = rng.choice((1, 1, 1, 2, 2, COLUMNS_MAX))
        minutes = rng.choice((5, 5, 10, 15, 15, 20, 20, 25, 30, 30, 45, 60, 90, 180))
        if hours == (0, DAY_MINUTES) and rng.random() < 0.1:
            minutes = DAY_MINUTES
        resources = rng.sample(RESOURCES, rng.choice((0, 0, 0, 1, 2, 3)))
        return Place(
            practitioner_id=who,
            business_id=where,
            columns=columns,
            interval=rng.choice(INTERVALS),
            opens=hours[0],
            closes=hours[1],
            work_week=work_week,
            length=Length(51, None, minutes, min(columns, rng.choice((1, 1, 2, 3))), None, None),
            assignments=self.assignments(rosters),
            resources=tuple(resources),
            any_of=rng.random() < 0.5,
        )

    def hours(self) -> tuple[int, int]:
        rng = self.rng
        if rng.random() < 0.04:
            return 0, DAY_MINUTES
        opens = rng.choice((0, 60, 90, 115, 120, 150)) if self.at_night else rng.randrange(0, 1200, 5)
        return opens, min(opens + rng.randrange(60, 330, rng.choice((1, 5, 15))), DAY_MINUTES)

    def span(self, around: int = 30) -> tuple[int, int]:
        """Of one day, from shortly before opening to shortly after closing."""
        step = self.rng.choice((1, 5, 5, 15))
        first, last = max(self.opens - around, 0), min(self.closes + around, DAY_MINUTES)
        if self.rng.random() < 0.1:
            first, last = 0, DAY_MINUTES
        start, end = sorted(minute - minute % step for minute in self.rng.sample(range(first, last + 1), 2))
        return (start, end) if start < end else (start, min(start + step, DAY_MINUTES)) if start < last else (0, end)

    def absolute_span(self) -> tuple[int, int]:
        """Minutes from the midnight that begins the search; may begin the evening before and end the morning after."""
        start, end = self.span()
        day = self.rng.randrange(self.days)
        chance = self.rng.random()
        if chance < 0.08:
            start, end = DAY_MINUTES - self.rng.randrange(5, 60, 5), DAY_MINUTES + self.rng.randrange(5, 180, 5)
            day = self.rng.randrange(-1, self.days)
        elif chance < 0.1:
            start = self.rng.randrange(-DAY_MINUTES + 1, DAY_MINUTES)
            end = start + self.rng.choice((600, DAY_MINUTES))
        elif chance < 0.7:
            end = min(end, start + self.rng.choice((5, 10, 15, 30)))
        return day * DAY_MINUTES + start, day * DAY_MINUTES + end

    def weekdays(self, chance: float) -> frozenset[int]:
        return frozenset(one for one in WEEKDAYS if self.rng.random() < chance)

    def some_weekdays(self) -> frozenset[int]:
        """At least one, more likely one of those searched."""
        number = self.rng.choice((1, 1, 2, 3))
        return frozenset(
            self.any_day().isoweekday() if self.rng.random() < 0.7 else self.rng.choice(WEEKDAYS) for _ in range(number)
        )

    def any_day(self) -> date:
        return self.first + timedelta(days=self.rng.randrange(self.days))

    def roster(self) -> Roster:
        rng = self.rng
        usual = self.span()
        if rng.random() < 0.75:
            usual = max(self.opens - 10, 0), min(self.closes + 10, DAY_MINUTES)
        ranks = rng.sample(range(20), 20)
        return Roster(
            roster_id=next(self.ids),
            flags=Flags(rng.choice((7, 7, 7, 7, 7, 3, 1, 5, 6, 0, 2, 4))),
            days={one: self.span() if rng.random() < 0.15 else usual for one in WEEKDAYS if rng.random() < 0.93},
            rules=tuple(self.rule() for _ in range(rng.choice((0, 0, 1, 2, 4)))),
            overrides=tuple(self.override(ranks.pop()) for _ in range(rng.choice((0, 0, 1, 2, 3)))),
        )

    def rule(self) -> Rule:
        start, end = self.span()
        weekday = self.any_day().isoweekday() if self.rng.random() < 0.85 else self.rng.choice(WEEKDAYS)
        flags, columns = self.flags(), self.columns()
        return Rule(next(self.ids), weekday, start, end, flags, columns, self.types(), self.rng.random() < 0.5)

    def override(self, rank: int) -> Override:
        start, end = self.span()
        recurrence, flags, columns = self.recurrence(), self.flags(), self.columns()
        online_only = self.rng.random() < 0.5
        return Override(next(self.ids), rank, recurrence, start, end, flags, columns, self.types(), online_only)

    def flags(self) -> Flags:
        return Flags(self.rng.choice((7, 7, 7, 0, 0, *range(8))))

    def columns(self) -> frozenset[int] | None:
        if self.rng.random() < 0.65:
            return None
        return frozenset(self.rng.sample(range(1, COLUMNS_MAX + 2), self.rng.choice((1, 1, 2))))

    def types(self) -> frozenset[int] | None:
        if self.rng.random() < 0.65:
            return None
        return frozenset(self.rng.choice(((ASKED_TYPE,), (OTHER_TYPE,), (OTHER_TYPE,), (ASKED_TYPE, OTHER_TYPE))))

    def recurrence(self) -> Recurrence:
        """Mostly one that falls on a date searched: it begins a number of its own steps before one."""
        rng, day = self.rng, self.any_day()
        repeat = rng.choice(("once", "daily", "weekly", "weekly", "monthly", "monthly"))
        every = rng.choice((1, 1, 2, 2, 3, 4))
        steps = rng.choice((0, 1, 2, 5))
        match repeat:
            case "once":
                start = day
            case "daily":
                start = day - timedelta(days=every * steps)
            case "weekly":
                start = day - timedelta(weeks=every * steps, days=rng.randint(-2, 6))
            case _:
                month = day.year * 12 + day.month - 1 - every * steps - rng.choice((0, 0, 0, 1))
                start = date(month // 12, month % 12 + 1, rng.choice((1, 1, rng.randint(1, 28))))
        if rng.random() < 0.15:
            start += timedelta(days=rng.randint(-10, 3))
        end = rng.choice((None, None, max(start, day + timedelta(days=rng.choice((-1, 0, 0, 1, 40))))))
        weekdays = self.some_weekdays() | {day.isoweekday()} if repeat in ("weekly", "monthly") else frozenset[int]()
        nth = rng.choice((-1, -1, 1, 4, 5, *3 * [(day.day + 6) // 7])) if repeat == "monthly" else None
        return Recurrence(repeat, start, end, 1 if repeat == "once" else every, weekdays, nth)

    def assignments(self, rosters: Sequence[Roster]) -> tuple[Assignment, ...]:
        """One after the other, with gaps; often one that begins long before and never ends."""
        rng = self.rng
        if rng.random() < 0.12:
            return ()
        found = []
        begins = self.first - timedelta(days=rng.choice((0, 1, 30, 400)))
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            end = begins + timedelta(days=rng.choice((0, 1, 2, 31, 400)))
            found.append(Assignment(next(self.ids), rng.choice(rosters), begins, end))
            begins = end + timedelta(days=rng.choice((1, 1, 2, 3)))
        if rng.random() < 0.6:
            last = found.pop()
            found.append(Assignment(last.roster_assignment_id, last.roster, last.start_date))
        rng.shuffle(found)
        return tuple(found)

    def day_off(self) -> DayOff:
        rng = self.rng
        begins = self.any_day() - timedelta(days=rng.choice((0, 0, 1, 5)))
        whom = frozenset(rng.sample((*PRACTITIONERS, STRANGER), rng.choice((0, 1, 1))))
        where = frozenset(rng.sample((*BUSINESSES, ELSEWHERE), rng.choice((0, 0, 1))))
        return DayOff(next(self.ids), begins, begins + timedelta(days=rng.choice((0, 0, 1, 4))), where, whom)

    def entry(self) -> Taken:
        rng = self.rng
        who = rng.choice((*PRACTITIONERS, *PRACTITIONERS, STRANGER))
        where = rng.choice((*BUSINESSES, *BUSINESSES, ELSEWHERE))
        column, width = rng.randint(1, COLUMNS_MAX), rng.choice((1, 1, 1, 2))
        return Taken(next(self.ids), who, where, column, width, *self.absolute_span(), rng.choice(KINDS))
