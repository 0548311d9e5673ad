"""On which dates an override falls. Values in, values out."""

from calendar import monthrange
from datetime import date

from openprac.availability.model import Recurrence

SEARCHED_DAYS = 366 * 40
"""How far the first date is looked for: a fifth weekday of a February comes again after 40 years at the latest."""

LAST_OF_MONTH = -1
_WEEK_DAYS = 7


def falls_on(recurrence: Recurrence, day: date) -> bool:
    """Whether an override that recurs so holds on that date (help article 4183049; openprac/availability/model.py)."""
    start = recurrence.start_date
    if day < start or (recurrence.end_date is not None and day > recurrence.end_date):
        return False
    match recurrence.repeat:
        case "once":
            return day == start
        case "daily":
            return (day.toordinal() - start.toordinal()) % recurrence.every == 0
        case "weekly":
            return day.isoweekday() in recurrence.weekdays and (_week(day) - _week(start)) % recurrence.every == 0
        case "monthly":
            return (
                day.isoweekday() in recurrence.weekdays
                and (_month(day) - _month(start)) % recurrence.every == 0
                and _is_nth(recurrence.nth, day)
            )
    raise ValueError(f"{recurrence.repeat} is no way to repeat")


def first_date(recurrence: Recurrence) -> date | None:
    """The first date it falls on; None where there is none in the next 40 years."""
    first = recurrence.start_date.toordinal()
    last = min(first + SEARCHED_DAYS, (recurrence.end_date or date.max).toordinal())
    days = map(date.fromordinal, range(first, last + 1))
    return next((day for day in days if falls_on(recurrence, day)), None)


def _week(day: date) -> int:
    """Weeks from Monday to Sunday, counted on: the first day of the calendar, ordinal 1, is a Monday."""
    return (day.toordinal() - 1) // _WEEK_DAYS


def _month(day: date) -> int:
    return day.year * 12 + day.month


def _is_nth(nth: int | None, day: date) -> bool:
    """Whether it is the nth of its weekday in its month."""
    if nth == LAST_OF_MONTH:
        return day.day + _WEEK_DAYS > monthrange(day.year, day.month)[1]
    return (day.day + _WEEK_DAYS - 1) // _WEEK_DAYS == nth
