"""The dates an override falls on: literal calendars first, then against one that writes the dates down by walking."""

from calendar import Calendar
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openprac.availability.model import Recurrence
from openprac.rosters.recurrence import LAST_OF_MONTH, falls_on, first_date

WINDOW_DAYS = 500
MONDAY, TUESDAY, FRIDAY, SUNDAY = 1, 2, 5, 7


def dates(recurrence: Recurrence, first: str, last: str) -> list[str]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    days = (start + timedelta(days=number) for number in range((end - start).days + 1))
    return [day.isoformat() for day in days if falls_on(recurrence, day)]


def test_once_is_one_date() -> None:
    assert dates(Recurrence("once", date(2026, 3, 3)), "2026-01-01", "2027-12-31") == ["2026-03-03"]


def test_daily_counts_from_its_start() -> None:
    every_third = Recurrence("daily", date(2026, 2, 27), date(2026, 3, 8), every=3)
    assert dates(every_third, "2026-02-01", "2026-04-01") == ["2026-02-27", "2026-03-02", "2026-03-05", "2026-03-08"]


def test_a_fortnight_is_counted_in_weeks_from_monday() -> None:
    """It begins on a Friday: the Monday before is past, the Tuesday of the week after is in the week between."""
    fortnight = Recurrence("weekly", date(2026, 3, 6), every=2, weekdays=frozenset({MONDAY, FRIDAY}))
    assert dates(fortnight, "2026-03-01", "2026-04-04") == [
        "2026-03-06",
        "2026-03-16",
        "2026-03-20",
        "2026-03-30",
        "2026-04-03",
    ]


def test_a_week_ends_with_sunday() -> None:
    fortnight = Recurrence("weekly", date(2026, 3, 8), every=2, weekdays=frozenset({MONDAY, SUNDAY}))
    assert dates(fortnight, "2026-03-01", "2026-03-31") == ["2026-03-08", "2026-03-16", "2026-03-22", "2026-03-30"]


def test_the_first_friday_and_the_last_of_a_month() -> None:
    first = Recurrence("monthly", date(2026, 1, 10), weekdays=frozenset({FRIDAY}), nth=1)
    assert dates(first, "2026-01-01", "2026-04-30") == ["2026-02-06", "2026-03-06", "2026-04-03"]
    last = Recurrence("monthly", date(2026, 1, 31), weekdays=frozenset({FRIDAY}), nth=LAST_OF_MONTH, every=2)
    assert dates(last, "2026-01-01", "2026-07-31") == ["2026-03-27", "2026-05-29", "2026-07-31"]


def test_a_fifth_weekday_is_in_some_months_alone() -> None:
    fifth = Recurrence("monthly", date(2026, 1, 1), weekdays=frozenset({TUESDAY}), nth=5)
    assert dates(fifth, "2026-01-01", "2026-07-31") == ["2026-03-31", "2026-06-30"]


def test_every_end_of_the_calendar_is_a_date() -> None:
    last = Recurrence("monthly", date(9999, 12, 1), weekdays=frozenset({FRIDAY}), nth=LAST_OF_MONTH)
    assert first_date(last) == date(9999, 12, 31)
    assert falls_on(Recurrence("daily", date(1, 1, 1)), date(9999, 12, 31))


@pytest.mark.parametrize(
    ("recurrence", "found"),
    [
        (Recurrence("once", date(2026, 3, 3)), date(2026, 3, 3)),
        (Recurrence("weekly", date(2026, 3, 3), date(2026, 3, 6), weekdays=frozenset({MONDAY})), None),
        (Recurrence("weekly", date(2026, 3, 3), date(2026, 3, 9), weekdays=frozenset({MONDAY})), date(2026, 3, 9)),
        # The fifth Friday of a February, and of one in the years between.
        (
            Recurrence("monthly", date(2025, 2, 1), None, 12, frozenset({FRIDAY}), 5),
            date(2036, 2, 29),
        ),
        (Recurrence("monthly", date(2025, 2, 1), None, 24, frozenset({FRIDAY}), 5), None),
    ],
)
def test_the_first_date_or_none(recurrence: Recurrence, found: date | None) -> None:
    assert first_date(recurrence) == found


def written_down(recurrence: Recurrence, until: date) -> Iterator[date]:
    """Every date up to `until`, by walking from period to period."""
    start, every = recurrence.start_date, recurrence.every
    match recurrence.repeat:
        case "once":
            yield start
        case "daily":
            day = start
            while day <= until:
                yield day
                day += timedelta(days=every)
        case "weekly":
            monday = start - timedelta(days=start.weekday())
            while monday <= until:
                yield from (monday + timedelta(days=weekday - 1) for weekday in recurrence.weekdays)
                monday += timedelta(weeks=every)
        case "monthly":
            year, month = start.year, start.month
            while date(year, month, 1) <= until:
                for weekday in recurrence.weekdays:
                    days = [
                        day
                        for day in Calendar().itermonthdates(year, month)
                        if (day.month, day.isoweekday()) == (month, weekday)
                    ]
                    place = LAST_OF_MONTH if recurrence.nth == LAST_OF_MONTH else (recurrence.nth or 1) - 1
                    yield from days[place:][:1]
                year, month = year + (month - 1 + every) // 12, (month - 1 + every) % 12 + 1


starts = st.dates(date(2020, 1, 1), date(2032, 12, 31))
recurrences = st.builds(
    Recurrence,
    st.sampled_from(["once", "daily", "weekly", "monthly"]),
    starts,
    st.none() | starts,
    st.integers(1, 52) | st.integers(1, 4),
    st.frozensets(st.integers(1, 7), min_size=1),
    st.sampled_from([1, 2, 3, 4, 5, LAST_OF_MONTH]),
)


@settings(max_examples=300)
@given(recurrence=recurrences)
def test_it_falls_on_the_dates_that_walking_finds(recurrence: Recurrence) -> None:
    first = recurrence.start_date - timedelta(days=40)
    window = [first + timedelta(days=number) for number in range(WINDOW_DAYS)]
    last = min(window[-1], recurrence.end_date or date.max)
    expected = {day for day in written_down(recurrence, window[-1]) if recurrence.start_date <= day <= last}
    assert {day for day in window if falls_on(recurrence, day)} == expected
    assert first_date(recurrence) == min(expected, default=None) or not expected
