"""When a column of a practitioner's book is open and to whom, before anything is taken. Values in, values out.

Whatever decides about a time is a layer; where layers lie over each other the last one counts (openprac/availability/
model.py has the rules). The search makes minutes of them, the diary screen and the explanation spans.
"""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from openprac.availability.minutes import span
from openprac.availability.model import Assignment, DayOff, Flags, Override, Place, Roster, Rule
from openprac.rosters.recurrence import falls_on


class Layer(NamedTuple):
    """[start, end) in minutes of the day; columns: None means all. decider: what its flags come from.

    decider None: no roster is assigned, so that only staff may book. refuses: it names types, and not the asked one.
    """

    start: int
    end: int
    flags: Flags
    columns: frozenset[int] | None = None
    decider: Roster | Rule | Override | None = None
    refuses: bool = False

    def covers(self, column: int) -> bool:
        return self.columns is None or column in self.columns


def closing(place: Place, day: date, days_off: Sequence[DayOff]) -> list[DayOff]:
    """The days off that close a place on a date."""
    return [
        one
        for one in days_off
        if one.start_date <= day <= one.end_date
        and (place.business_id in one.business_ids or place.practitioner_id in one.practitioner_ids)
    ]


def assigned(place: Place, day: date) -> Assignment | None:
    for one in place.assignments:
        if one.start_date <= day and (one.end_date is None or day <= one.end_date):
            return one
    return None


def layers(roster: Roster | None, opens: int, closes: int, day: date, type_id: int | None) -> list[Layer]:
    """From the lowest to the one that wins, inside the business's hours. type_id None: as for any type."""
    if roster is None:
        return [Layer(opens, closes, Flags.MANUAL)] if opens < closes else []
    found = []
    hours = roster.days.get(day.isoweekday())
    if hours:
        first, last = max(hours[0], opens), min(hours[1], closes)
        found.append(Layer(first, last, roster.flags, decider=roster))
        for rule in roster.rules:
            if rule.weekday == day.isoweekday():
                found.append(_of(rule, first, last, type_id))
    for override in sorted(roster.overrides, key=lambda one: -one.rank):
        if falls_on(override.recurrence, day):
            found.append(_of(override, opens, closes, type_id))
    return [one for one in found if one.start < one.end]


def _of(decider: Rule | Override, first: int, last: int, type_id: int | None) -> Layer:
    """What of it lies between first and last."""
    refuses = decider.types is not None and type_id is not None and type_id not in decider.types
    flags = decider.flags
    if refuses:
        flags = flags & ~Flags.ONLINE if decider.types_online_only else Flags.NONE
    return Layer(max(decider.start, first), min(decider.end, last), flags, decider.columns, decider, refuses)


def open_minutes(layers: Sequence[Layer], column: int, flags: Flags) -> int:
    """The minutes of a day in which a column is open with every one of the flags."""
    found, asked = 0, int(flags)
    for one in layers:
        if one.covers(column):
            minutes = span(one.start, one.end)
            # Plain integers: an operation on flags costs as much as all the rest.
            found = found | minutes if int(one.flags) & asked == asked else found & ~minutes
    return found


def spans(layers: Sequence[Layer], column: int, start: int, end: int) -> list[tuple[int, int, Layer | None]]:
    """[start, end) of a column cut where another layer begins to decide; None where there is none: closed."""
    inside = [one for one in layers if one.covers(column) and one.start < end and one.end > start]
    cuts = sorted({start, end, *(max(one.start, start) for one in inside), *(min(one.end, end) for one in inside)})
    found: list[tuple[int, int, Layer | None]] = []
    for first, behind in pairwise(cuts):
        top = next((one for one in reversed(inside) if one.start <= first < one.end), None)
        if found and found[-1][2] is top:
            found[-1] = (found[-1][0], behind, top)
        else:
            found.append((first, behind, top))
    return found
