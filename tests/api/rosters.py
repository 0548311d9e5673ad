"""Bodies of rosters and what belongs to them, for the tests of their paths."""

from typing import Any

MONDAY, TUESDAY, WEDNESDAY, FRIDAY, SATURDAY = 1, 2, 3, 5, 6
OPEN = {"manual": True, "online": True, "waiting_list": True}
CLOSED = dict.fromkeys(OPEN, False)


def day(weekday: int, start: str = "09:00:00", end: str = "17:00:00") -> dict[str, Any]:
    return {"weekday": weekday, "start_time": start, "end_time": end}


def rule(weekday: int = MONDAY, start: str = "12:00:00", end: str = "13:00:00", **more: Any) -> dict[str, Any]:
    return {**day(weekday, start, end), **CLOSED, **more}


def roster(**more: Any) -> dict[str, Any]:
    return {"description": "Week", **OPEN, "days": [day(MONDAY), day(TUESDAY)], **more}


def override(roster_id: int, **more: Any) -> dict[str, Any]:
    span = {"start_time": "09:00:00", "end_time": "12:00:00", **OPEN}
    return {"roster_id": roster_id, "repeat": "once", "start_date": "2026-03-03", **span, **more}
