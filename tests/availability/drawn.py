"""Random situations: small enough that much of them touches, strange enough that every rule has its turn."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from openprac.availability.model import (
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

ZONES = ("Australia/Adelaide", "Australia/Lord_Howe", "Pacific/Chatham", "Europe/London", "America/New_York")
DAYS_OF_CHANGE = tuple(
    date(*one) for one in ((2026, 4, 4), (2026, 10, 3), (2026, 9, 26), (2026, 3, 28), (2026, 10, 24), (2026, 3, 7))
)
COLUMNS = 3
TYPE = 7


def drawn(random: Random) -> tuple[Question, Situation]:
    first = random.choice(DAYS_OF_CHANGE) + timedelta(days=random.randint(-2, 1))
    days = random.randint(1, 4)
    question = Question(
        TYPE,
        first,
        first + timedelta(days=days - 1),
        random.choice([*Flags, Flags.MANUAL | Flags.ONLINE, *[Flags.MANUAL] * 3]),
        ZoneInfo(random.choice(ZONES)),
        datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(seconds=random.randint(-90_000, 90_000)),
        random.choice([None] * 4 + [frozenset({1}), frozenset({2, 9}), frozenset({9})]),
    )
    rosters = [_roster(random, first) for _ in range(3)]
    places = [
        _place(random, practitioner, business, first, rosters)
        for practitioner in (1, 2)
        for business in random.sample((1, 2), random.randint(1, 2))
    ]
    entries = [_entry(random, number, days) for number in range(random.choice((0, 3, 12)))]
    busy = {one: [_span(random, days) for _ in range(random.randint(0, 2))] for one in (1, 2)}
    days_off = [_day_off(random, number, first) for number in range(random.choice((0, 0, 1)))]
    return question, Situation(places, days_off, entries, busy)


def _place(random: Random, practitioner: int, business: int, first: date, rosters: list[Roster]) -> Place:
    opens = random.choice((0, 0, 7, 60, 95))
    columns = random.randint(1, COLUMNS)
    changes = first + timedelta(days=random.randint(-1, 3))
    return Place(
        practitioner,
        business,
        columns,
        random.choice((5, 7, 10, 15, 30, 60, 240)),
        opens,
        random.choice((1440, 1440, 300, 1000)),
        frozenset(random.sample(range(1, 8), random.choice((5, 7, 7)))),
        Length(1, None, random.choice((5, 15, 30, 45, 60, 180, 1440)), random.randint(1, columns), None, None),
        random.choice(
            (
                (),
                [Assignment(1, random.choice(rosters), date(2020, 1, 1))],
                [
                    Assignment(1, random.choice(rosters), date(2020, 1, 1), changes),
                    Assignment(2, random.choice(rosters), changes + timedelta(days=random.randint(1, 2))),
                ],
            )
        ),
        random.choice(((), (), (1,), (2, 1))),
        random.random() < 0.5,
    )


def _roster(random: Random, first: date) -> Roster:
    shown = random.sample(range(1, 8), random.choice((4, 6, 7)))
    return Roster(
        random.randint(1, 3),
        random.choice((*Flags, Flags.NONE, Flags(7), Flags(7))),
        {day: random.choice(((0, 1440), (60, 600), (3, 777))) for day in shown},
        [_rule(random, number) for number in range(random.choice((0, 2, 8)))],
        [_override(random, number, first) for number in range(random.choice((0, 1, 3)))],
    )


def _rule(random: Random, number: int) -> Rule:
    return Rule(number, random.randint(1, 7), *_part_of_day(random), *_openness(random))


def _override(random: Random, number: int, first: date) -> Override:
    starts = first + timedelta(days=random.randint(-9, 2))
    recurrence = random.choice(
        (
            Recurrence("once", starts),
            Recurrence("daily", starts, every=random.randint(1, 3)),
            Recurrence("weekly", starts, every=random.randint(1, 2), weekdays=frozenset(random.sample(range(1, 8), 3))),
            Recurrence("monthly", starts, weekdays=frozenset(range(1, 8)), nth=random.choice((1, 4, 5, -1))),
        )
    )
    return Override(number, (number * 2) % 5, recurrence, *_part_of_day(random), *_openness(random))


def _openness(random: Random) -> tuple[Flags, frozenset[int] | None, frozenset[int] | None, bool]:
    return (
        random.choice((*Flags, Flags.NONE, Flags(7), Flags(7))),
        random.choice((None, None, frozenset({1}), frozenset({2, 3}))),
        random.choice((None, None, frozenset({TYPE}), frozenset({TYPE + 1}))),
        random.random() < 0.5,
    )


def _part_of_day(random: Random) -> tuple[int, int]:
    start = random.choice((0, 60, 121, 180, 700))
    return start, min(1440, start + random.choice((1, 30, 200, 1440)))


def _entry(random: Random, number: int, days: int) -> Taken:
    start, end = _span(random, days)
    column = random.randint(1, COLUMNS)
    width = random.randint(1, COLUMNS - column + 1)
    kind = random.choice(("patient", "note", "group", "rule_out", "reserved"))
    return Taken(number, random.choice((1, 2, 3)), random.choice((1, 2, 3)), column, width, start, end, kind)


def _span(random: Random, days: int) -> tuple[int, int]:
    start = random.choice((random.randint(-1439, 1440 * days), random.randrange(0, 1440 * days, 15)))
    return start, start + random.choice((5, 30, 60, 600, 1440))


def _day_off(random: Random, number: int, first: date) -> DayOff:
    starts = first + timedelta(days=random.randint(-1, 1))
    who = random.choice(
        ((frozenset({1}), frozenset()), (frozenset(), frozenset({2})), (frozenset({2}), frozenset({1})))
    )
    return DayOff(number, starts, starts + timedelta(days=random.randint(0, 1)), *who)
