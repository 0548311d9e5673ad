"""What a search for free times is answered from. Values alone: no database, no clock, no HTTP.

All times are labels of the clinic's clock. A time of day is in minutes from midnight, 0 to 1440; a time of a search in
minutes from the midnight that begins its first date, so an entry of the evening before may begin below 0. Spans are
half-open: [start, end). Weekdays are ISO's: 1 is Monday.

What decides, from the outside in, for one practitioner at one business, date, minute and column:

1. the business's hours and work week; nothing is open outside them;
2. a day off of the business or of the practitioner: closed;
3. the roster assigned for that date. Inside its day's hours the roster's own flags hold; a rule of the weekday that
   covers minute and column replaces them, of several the later in the list. An override that falls on the date and
   covers minute and column replaces all of that, also outside the day's hours and on days the roster does not show; of
   several the one with the lowest rank. What is neither covered by an override nor inside the day's hours is closed.
   A rule or override that names types is closed to any other type; with `types_online_only` it is closed to it for
   online booking only. No roster assigned on that date: the business's hours, manual only;
4. what is taken: live entries of any kind in that column at that business, and of that practitioner anywhere else.

A start is offered in the columns [column, column + width) if each of them is open with every asked flag and free for
the whole length; the start lies on the grid (minutes from the opening of the business, divisible by the interval), on
a label the clinic's clock shows on that date, not before now (of a label shown twice the second showing counts); the
end does not pass the business's closing; and the resources are free for the whole length: all of `resources`, or with
`any_of` one of them, the first that is free (where the question names resources, the first of those). No resources:
none are needed. A length may run over labels the clock skips: they count as minutes.

`description` of a roster and what belongs to it is for words only. It decides nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntFlag
from typing import NamedTuple
from zoneinfo import ZoneInfo

from openprac.diary.lengths import Length

DAY_MINUTES = 1440


class Flags(IntFlag):
    """Who may book: staff, the online booking site, the waiting list (help article 4183049)."""

    NONE = 0
    MANUAL = 1
    ONLINE = 2
    WAITING_LIST = 4


@dataclass(frozen=True, slots=True)
class Rule:
    """columns and types: None means all of them."""

    rule_id: int
    weekday: int
    start: int
    end: int
    flags: Flags
    columns: frozenset[int] | None = None
    types: frozenset[int] | None = None
    types_online_only: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """The dates an override falls on, all from start_date to end_date (None: for ever), both included.

    once: start_date alone. daily: every `every` days from start_date. weekly: on `weekdays`, every `every` weeks,
    counted in weeks from Monday on, the week of start_date being the first. monthly: the `nth` (1 to 5, -1 is the last)
    of each of `weekdays` in a month, every `every` months, the month of start_date being the first.
    """

    repeat: str
    start_date: date
    end_date: date | None = None
    every: int = 1
    weekdays: frozenset[int] = frozenset()
    nth: int | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """Of two that cover a minute the one with the lower rank wins; ranks are unique in a roster."""

    roster_override_id: int
    rank: int
    recurrence: Recurrence
    start: int
    end: int
    flags: Flags
    columns: frozenset[int] | None = None
    types: frozenset[int] | None = None
    types_online_only: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """flags: where no rule is. days: weekday -> (start, end); other weekdays are closed. rules: in their order."""

    roster_id: int
    flags: Flags
    days: Mapping[int, tuple[int, int]]
    rules: Sequence[Rule] = ()
    overrides: Sequence[Override] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A roster given to a practitioner at a business; the assignments of one place do not overlap."""

    roster_assignment_id: int
    roster: Roster
    start_date: date
    end_date: date | None = None


@dataclass(frozen=True, slots=True)
class DayOff:
    """Closes those businesses for everybody and those practitioners everywhere."""

    day_off_id: int
    start_date: date
    end_date: date
    business_ids: frozenset[int] = frozenset()
    practitioner_ids: frozenset[int] = frozenset()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A practitioner at a business, and what the asked type is there.

    opens, closes, work_week, interval: of the business, the practitioner's own interval before it. columns: of the
    practitioner's book there. length: resolved (openprac/diary/lengths.py), minutes already on the book's grid, width
    at most columns. resources: the type's that count here, in their rank.
    """

    practitioner_id: int
    business_id: int
    columns: int
    interval: int
    opens: int
    closes: int
    work_week: frozenset[int]
    length: Length
    assignments: Sequence[Assignment] = ()
    resources: Sequence[int] = ()
    any_of: bool = False


class Taken(NamedTuple):
    """A live entry of the book. kind: patient, note, group, rule_out or reserved."""

    appointment_id: int
    practitioner_id: int
    business_id: int
    column: int
    width: int
    start: int
    end: int
    kind: str = "patient"


@dataclass(frozen=True, slots=True)
class Question:
    """from_date and to_date are both searched. flags: every one must hold. resource_ids: only starts that would take
    at least one of them (None: whatever they take). now: aware. within: by weekday the spans in which the whole time
    must lie, in one or in several that touch (None: at any time); the explanation knows nothing of it."""

    appointment_type_id: int
    from_date: date
    to_date: date
    flags: Flags
    zone: ZoneInfo
    now: datetime
    resource_ids: frozenset[int] | None = None
    within: Mapping[int, Sequence[tuple[int, int]]] | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """busy_resources: resource -> the spans in which live entries have it."""

    places: Sequence[Place]
    days_off: Sequence[DayOff] = ()
    taken: Sequence[Taken] = ()
    busy_resources: Mapping[int, Sequence[tuple[int, int]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class Start:
    """One offer; the order of the fields is the order of the answer."""

    minute: int
    practitioner_id: int
    business_id: int
    column: int
    resource_ids: tuple[int, ...] = ()
