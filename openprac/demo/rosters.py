"""The clinic's rosters: who works when, who may book in which hours, what changes by the week, who is away.

Nearly every way there is to define one is in use somewhere, so that a search finds something to decide about.
"""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from openprac.availability.model import Flags
from openprac.demo.dice import Calendar, Row
from openprac.demo.practice import SEATS
from openprac.demo.rooms import CITY, EAST, WEST

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = range(1, 7)
WEEK = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
STAFF, SITE, WAITING = Flags.MANUAL, Flags.ONLINE, Flags.WAITING_LIST
ALL = STAFF | SITE | WAITING

CLOSED_FONT, CLOSED_GREY = "#000000", "#DDDDDD"
OPEN_FONT, OPEN_GREEN = "#000000", "#CCEECC"


class _Span(NamedTuple):
    """From and to, who may book, for which types (descriptions) and columns; none named means all."""

    start: time
    end: time
    flags: Flags
    text: str
    types: tuple[str, ...] = ()
    columns: tuple[int, ...] = ()
    online_only: bool = False


class _Rule(NamedTuple):
    weekdays: tuple[int, ...]
    span: _Span


class _Override(NamedTuple):
    """starts: weeks from the Monday of this week. once: on its weekday."""

    span: _Span
    repeat: str
    weekdays: tuple[int, ...]
    starts: int = -52
    every: int = 1
    nth: int | None = None


class _Roster(NamedTuple):
    description: str
    flags: Flags
    days: dict[int, tuple[time, time]]
    rules: tuple[_Rule, ...] = ()
    overrides: tuple[_Override, ...] = ()


def _days(weekdays: tuple[int, ...], start: time, end: time) -> dict[int, tuple[time, time]]:
    return dict.fromkeys(weekdays, (start, end))


_LUNCH = _Span(time(12, 30), time(13), Flags.NONE, "Lunch")
_PILATES = _Span(time(16), time(17), STAFF | SITE, "Clinical Pilates", ("Clinical Pilates Class",))
_HYDRO = _Span(time(10), time(10, 45), STAFF | SITE, "Hydrotherapy", ("Hydrotherapy Class",))
_SATURDAY = _Span(time(9), time(13), ALL, "Saturday clinic")

STANDARD, CITY_DAYS, EAST_DAYS, TWO_COLUMNS, SPLIT, EVENINGS, FORTNIGHT, HALF_WEEK, PSYCHOLOGY, OPENED, COMING = range(
    11
)
_ROSTERS = (
    _Roster("Standard week", ALL, _days(WEEK, time(8, 30), time(17, 30)), (_Rule(WEEK, _LUNCH),)),
    # At two sites: three days here, two there, every other Saturday besides.
    _Roster(
        "Physiotherapy, city days",
        ALL,
        _days((MONDAY, WEDNESDAY, FRIDAY), time(8, 30), time(17, 30)),
        overrides=(_Override(_SATURDAY, "weekly", (SATURDAY,), every=2),),
    ),
    _Roster("Physiotherapy, east days", STAFF | WAITING, _days((TUESDAY, THURSDAY), time(8), time(17))),
    # The first column is for everybody, the second for what takes little preparation.
    _Roster(
        "Physiotherapy, two columns",
        STAFF | WAITING,
        _days(WEEK, time(8), time(18)),
        (
            _Rule(WEEK, _Span(time(9), time(17), ALL, "Online", columns=(1,))),
            _Rule(
                WEEK,
                _Span(time(9), time(12), ALL, "Standard online", ("Standard Physiotherapy",), (2,), online_only=True),
            ),
            _Rule(WEEK, _LUNCH),
            _Rule((MONDAY, THURSDAY), _PILATES),
        ),
        (
            _Override(
                _Span(time(15), time(17), STAFF, "Student clinic", ("Standard Physiotherapy",), (2,)),
                "weekly",
                (FRIDAY,),
                every=4,
            ),
        ),
    ),
    _Roster(
        "Physiotherapy, split days",
        ALL,
        _days(WEEK, time(8), time(18)),
        (_Rule(WEEK, _Span(time(12), time(14), Flags.NONE, "Away at midday")), _Rule((WEDNESDAY,), _HYDRO)),
    ),
    _Roster(
        "Physiotherapy, evenings online",
        STAFF | WAITING,
        _days(WEEK, time(8), time(19)),
        (_Rule((TUESDAY, THURSDAY), _Span(time(17), time(19), SITE, "Evening, online alone")),),
    ),
    # Nine days a fortnight, and the first Saturday of a month.
    _Roster(
        "Occupational therapy, nine-day fortnight",
        ALL,
        _days(WEEK, time(8, 30), time(17)),
        overrides=(
            _Override(_Span(time(8), time(18), Flags.NONE, "Rostered day off"), "weekly", (FRIDAY,), every=2),
            _Override(_SATURDAY, "monthly", (SATURDAY,), nth=1),
        ),
    ),
    # The first half of the week, and every other week the second half, too.
    _Roster(
        "Occupational therapy, half weeks",
        STAFF | WAITING,
        _days((MONDAY, TUESDAY, WEDNESDAY), time(8), time(16, 30)),
        (_Rule((TUESDAY,), _Span(time(13), time(16, 30), STAFF, "Home visits", ("Home Visit",))),),
        (_Override(_Span(time(8), time(16, 30), STAFF | WAITING, "Long week"), "weekly", (THURSDAY, FRIDAY), every=2),),
    ),
    _Roster(
        "Psychology",
        STAFF | WAITING,
        _days((MONDAY, TUESDAY, WEDNESDAY, THURSDAY), time(9), time(18)),
        (
            _Rule(
                (WEDNESDAY,),
                _Span(time(14), time(18), ALL, "Telehealth", ("Psychology by Telehealth",), online_only=True),
            ),
        ),
        (_Override(_Span(time(9), time(11), Flags.NONE, "Case review"), "monthly", (MONDAY,), nth=-1),),
    ),
    # Closed but for what rules open.
    _Roster(
        "Podiatry, opened by rules",
        Flags.NONE,
        {**_days(WEEK, time(8), time(18)), SATURDAY: (time(8), time(13))},
        (
            _Rule((*WEEK, SATURDAY), _Span(time(8, 30), time(12, 30), ALL, "Morning")),
            _Rule(WEEK, _Span(time(13), time(17, 30), STAFF | WAITING, "Afternoon")),
        ),
        (_Override(_Span(time(14), time(17), ALL, "Extra shift"), "once", (SATURDAY,), starts=1),),
    ),
    _Roster("Occupational therapy, from next month", ALL, _days(WEEK, time(8), time(16))),
)


class _Given(NamedTuple):
    """To a seat (a position), between days from today; without them from the seat's first day, until further notice."""

    seat: int
    roster: int
    starts: int | None = None
    ends: int | None = None


_YEAR = 365
_GIVEN = (
    _Given(0, CITY_DAYS),
    _Given(1, EAST_DAYS),
    _Given(2, TWO_COLUMNS),
    _Given(3, SPLIT),
    _Given(4, EVENINGS),
    _Given(5, FORTNIGHT),
    _Given(6, HALF_WEEK),
    # The other days of seat 7 have no roster: only staff may book, in the hours of the business.
    _Given(7, COMING, starts=28),
    _Given(8, STANDARD, ends=-_YEAR - 1),
    _Given(8, PSYCHOLOGY, starts=-_YEAR),
    _Given(9, PSYCHOLOGY),
    _Given(11, OPENED),
    _Given(12, STANDARD),
)


class _Away(NamedTuple):
    """Weekdays, counted from the Monday of this week; businesses and practitioners are positions."""

    description: str
    first: int
    last: int
    businesses: tuple[int, ...] = ()
    practitioners: tuple[int, ...] = ()


_AWAY = (
    _Away("Public holiday", 16, 16, (CITY, EAST, WEST)),
    _Away("Annual leave", 7, 11, practitioners=(8,)),
    _Away("Conference", -4, -3, practitioners=(2, 3)),
    _Away("Site closed for repairs", 22, 22, (EAST,)),
)


def roster_tables(calendar: Calendar, tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Rosters with their days, rules and overrides, who has which, and the days off."""
    types = {row["description"]: number for number, row in enumerate(tables["appointment_type"])}
    created = calendar.at(calendar.opening - timedelta(days=17), 36_000)
    stamps = {"created": created, "modified": created}
    overrides = [(number, rank, one) for number, r in enumerate(_ROSTERS) for rank, one in enumerate(r.overrides, 1)]
    monday = calendar.today - timedelta(days=calendar.today.weekday())
    return {
        "roster": [{"description": one.description, **_flags(one.flags), **stamps} for one in _ROSTERS],
        "roster_day": [
            {"roster_id": number, "weekday": weekday, "start_time": start, "end_time": end}
            for number, one in enumerate(_ROSTERS)
            for weekday, (start, end) in one.days.items()
        ],
        "roster_rule": [
            {
                "roster_id": number,
                "position": position,
                "weekday": weekday,
                **_span(rule.span),
                "appointment_type_ids": [types[name] for name in rule.span.types],
            }
            for number, one in enumerate(_ROSTERS)
            for position, (weekday, rule) in enumerate(((day, r) for r in one.rules for day in r.weekdays), 1)
        ],
        "roster_appointment_type": [
            {"roster_id": number, "appointment_type_id": types[name]}
            for number, one in enumerate(_ROSTERS)
            for name in sorted({name for rule in one.rules for name in rule.span.types})
        ],
        "roster_override": [
            {"roster_id": number, "rank": rank, **_recurrence(one, monday), **_span(one.span), **stamps}
            for number, rank, one in overrides
        ],
        "roster_override_appointment_type": [
            {"roster_override_id": place, "appointment_type_id": types[name]}
            for place, (_, _, one) in enumerate(overrides)
            for name in one.span.types
        ],
        "roster_assignment": [_assignment(one, calendar, tables) for one in _GIVEN],
        **_days_off(monday, created),
    }


def _flags(flags: Flags) -> Row:
    return {"manual": STAFF in flags, "online": SITE in flags, "waiting_list": WAITING in flags}


def _span(span: _Span) -> Row:
    font, ground = (OPEN_FONT, OPEN_GREEN) if span.flags else (CLOSED_FONT, CLOSED_GREY)
    return {
        "start_time": span.start,
        "end_time": span.end,
        **_flags(span.flags),
        "columns": list(span.columns),
        "types_online_only": span.online_only,
        "display_text": span.text,
        "font_colour": font,
        "bg_colour": ground,
    }


def _recurrence(one: _Override, monday: date) -> Row:
    first = monday + timedelta(weeks=one.starts)
    once = one.repeat == "once"
    return {
        "repeat": one.repeat,
        "start_date": first + timedelta(days=one.weekdays[0] - 1) if once else first,
        "end_date": None,
        "every": one.every,
        "weekdays": [] if once else list(one.weekdays),
        "nth": one.nth,
    }


def _assignment(one: _Given, calendar: Calendar, tables: dict[str, list[Row]]) -> Row:
    made = tables["practitioner_business"][one.seat]["created"]
    begins = made.astimezone(calendar.zone).date()
    day = timedelta(days=1)
    return {
        "practitioner_id": SEATS[one.seat].practitioner,
        "business_id": SEATS[one.seat].business,
        "roster_id": one.roster,
        "start_date": begins if one.starts is None else calendar.today + one.starts * day,
        "end_date": None if one.ends is None else calendar.today + one.ends * day,
        "created": made,
        "modified": made,
    }


def _days_off(monday: date, created: datetime) -> dict[str, list[Row]]:
    day = timedelta(days=1)
    return {
        "day_off": [
            {
                "description": one.description,
                "start_date": monday + one.first * day,
                "end_date": monday + one.last * day,
                "created": created,
                "modified": created,
            }
            for one in _AWAY
        ],
        "day_off_business": [
            {"day_off_id": number, "business_id": business}
            for number, one in enumerate(_AWAY)
            for business in one.businesses
        ],
        "day_off_practitioner": [
            {"day_off_id": number, "practitioner_id": practitioner}
            for number, one in enumerate(_AWAY)
            for practitioner in one.practitioners
        ],
    }
