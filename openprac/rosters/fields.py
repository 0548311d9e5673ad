"""Kinds of field that rosters, overrides, assignments and days off share, and what holds for them anywhere.

Each refusal names the field. What a constraint can say the schema says again (0006_rosters.sql).
"""

from collections.abc import Mapping
from datetime import date, time
from typing import Annotated, Any

from openprac.availability.model import DAY_MINUTES
from openprac.diary.spans import FIRST_YEAR, LAST_YEAR
from openprac.kernel.collection import Scope
from openprac.kernel.row import EXTENSION, Column
from openprac.kernel.rules import refused

DESCRIPTION_MAX_CHARACTERS = 100
DISPLAY_TEXT_MAX_CHARACTERS = 100
COLUMNS_MAX = 20
MIDNIGHT = time(0)

OF_ROSTER = Scope(param="roster_id", parent=("roster", "roster_id"))

Id = Annotated[int, Column(write=EXTENSION, required=True)]
Description = Annotated[str, Column(write=EXTENSION, required=True, max_length=DESCRIPTION_MAX_CHARACTERS)]
DisplayText = Annotated[
    str | None,
    Column(write=EXTENSION, max_length=DISPLAY_TEXT_MAX_CHARACTERS, meaning="Shown in the appointment book"),
]
Colour = Annotated[str | None, Column(write=EXTENSION, format="colour")]
Manual = Annotated[bool, Column(write=EXTENSION, required=True, meaning="Staff may book")]
Online = Annotated[bool, Column(write=EXTENSION, required=True, meaning="The online booking site may book")]
WaitingList = Annotated[bool, Column(write=EXTENSION, required=True, meaning="The waiting list may book")]
Weekday = Annotated[int, Column(write=EXTENSION, required=True, minimum=1, maximum=7, meaning="1 Monday to 7 Sunday")]
StartTime = Annotated[time, Column(write=EXTENSION, required=True, meaning="Clinic's wall clock, a whole minute")]
EndTime = Annotated[
    time,
    Column(
        write=EXTENSION,
        required=True,
        meaning="Clinic's wall clock, a whole minute; 00:00:00 is the midnight that ends the day",
    ),
]
Columns = Annotated[
    list[int], Column(write=EXTENSION, meaning="Columns of the appointment book, 1 to 20; none named: all")
]
TypesOnlineOnly = Annotated[
    bool, Column(write=EXTENSION, meaning="Other types are closed to online booking alone, not to everybody")
]
StartDate = Annotated[date, Column(write=EXTENSION, required=True)]


def minutes_of(row: Mapping[str, Any]) -> tuple[int, int]:
    """From and to in minutes of the day; an end of 00:00 is the midnight that ends it."""
    start, end = row["start_time"], row["end_time"]
    return start.hour * 60 + start.minute, DAY_MINUTES if end == MIDNIGHT else end.hour * 60 + end.minute


def require_span(row: Mapping[str, Any], before: str = "") -> None:
    """before: what the names of the fields begin with."""
    for name in ("start_time", "end_time"):
        if row[name].second:
            raise refused(f"{before}{name}", "must be a whole minute.")
    start, end = minutes_of(row)
    if end <= start:
        raise refused(f"{before}end_time", "must be later than start_time; 00:00:00 is the midnight that ends the day.")


def require_columns_and_types(row: Mapping[str, Any], before: str = "") -> None:
    if not set(row.get("columns", ())) <= set(range(1, COLUMNS_MAX + 1)):
        raise refused(f"{before}columns", f"must hold columns from 1 to {COLUMNS_MAX}; none named means all.")
    if row.get("types_online_only") and not row.get("appointment_type_ids"):
        raise refused(f"{before}types_online_only", "must be false unless appointment_type_ids names types.")


def require_dates(row: Mapping[str, Any]) -> None:
    start, end = row["start_date"], row.get("end_date")
    for name, day in (("start_date", start), ("end_date", end)):
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise refused(name, f"must be a date of the years {FIRST_YEAR} to {LAST_YEAR}.")
    if end is not None and end < start:
        raise refused("end_date", "must not be earlier than start_date.")
