"""What one search needs, read in five statements, however many practitioners and days there are.

    1  the types with their lengths and resources, the patient, the days off
    2  who works where, and where the type is offered
    3  the rosters assigned there
    4  what these rosters hold
    5  what is taken, of practitioners and resources

A search for the next time reads 5 for the first day and, where that has nothing, once more for the rest.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from openprac.availability import sql
from openprac.availability.model import (
    Assignment,
    DayOff,
    Flags,
    Override,
    Question,
    Recurrence,
    Roster,
    Rule,
    Situation,
    Taken,
)
from openprac.availability.questions import (
    Asked,
    Definitions,
    PlaceKey,
    Seat,
    Type,
    TypeResource,
    offered_by,
    place_of,
)
from openprac.availability.taken import Block, Entries
from openprac.diary.lengths import Length
from openprac.errors import InvalidParams
from openprac.kernel.call import Call

FLAGS = tuple(Flags(number) for number in range(8))


async def definitions(call: Call, asked: Asked) -> Definitions:
    """Raises InvalidParams for a type, a patient or an account that is not there."""
    records = await _types(call, asked)
    named = call.caller.may("day_off:read")
    fee_cat_id, days_off = records[0]["fee_cat_id"], [day_off_of(row, named) for row in _rows(records[0]["days_off"])]
    unoffered = {record["appointment_type_id"]: words for record in records if (words := _unoffered(record))}
    types = [_type(record) for record in records if record["appointment_type_id"] not in unoffered]
    seats = await seats_of(call, asked) if types else []
    offered = {kind.appointment_type_id: list(offered_by(kind, seats, fee_cat_id)) for kind in types}
    practitioner_ids = sorted({seat.practitioner_id for pairs in offered.values() for seat, _ in pairs})
    assignments = await assignments_of(call, asked, practitioner_ids) if practitioner_ids else {}
    places = {
        kind.appointment_type_id: [
            place_of(kind, seat, length, assignments.get((seat.practitioner_id, seat.business_id), ()))
            for seat, length in offered[kind.appointment_type_id]
        ]
        for kind in types
    }
    return Definitions(seats, places, days_off, unoffered)


async def searches(
    call: Call, asked: Asked, found: Definitions, first: date, last: date
) -> list[tuple[Question, Situation]]:
    """One for each type that can be booked, on the days from first to last of those asked for; one statement."""
    resources = None if asked.resource_ids is None else frozenset(asked.resource_ids)
    zone, now = ZoneInfo(call.caller.time_zone), call.services.clock.now()
    taken, busy = await _occupied(call, found, first, last)
    return [
        (
            Question(type_id, first, last, asked.flags, zone, now, resources),
            Situation(places, found.days_off, taken, busy),
        )
        for type_id, places in found.places.items()
    ]


async def _occupied(
    call: Call, found: Definitions, first: date, last: date
) -> tuple[Sequence[Taken], dict[int, list[tuple[int, int]]]]:
    """What is taken, of practitioners and of resources, in minutes from the first midnight."""
    if not found.practitioner_ids:
        return (), {}
    midnight = datetime.combine(first, time())
    records = await call.connection.fetch(
        sql.TAKEN,
        call.caller.tenant_id,
        found.practitioner_ids,
        found.resource_ids,
        midnight,
        midnight + timedelta(days=(last - first).days + 1),
        midnight.replace(tzinfo=UTC).timestamp() / 60,
    )
    blocks, busy = [], {}
    for resource_id, *block in records:
        if resource_id is None:
            blocks.append(Block(*block))
        else:
            *_, starts, ends = block
            busy[resource_id] = list(zip(starts, ends, strict=True))
    return Entries(blocks), busy


async def _types(call: Call, asked: Asked) -> list[asyncpg.Record]:
    """One record a type, with what is the same for all of them: the patient and the days off."""
    records = await call.connection.fetch(
        sql.TYPES,
        call.caller.tenant_id,
        asked.appointment_type_ids,
        asked.client_id,
        asked.account_id,
        asked.from_date,
        asked.to_date,
    )
    known = {record["appointment_type_id"] for record in records}
    for type_id in asked.appointment_type_ids:
        if type_id not in known:
            raise InvalidParams(f"Could not find appointment_type_id: {type_id}")
    if asked.client_id is not None and not records[0]["client_known"]:
        raise InvalidParams(f"Could not find client_id: {asked.client_id}")
    if asked.account_id is not None and not records[0]["account_known"]:
        raise InvalidParams(f"Could not find account_id: {asked.account_id} of client_id: {asked.client_id}")
    return list(records)


def _unoffered(record: asyncpg.Record) -> str | None:
    if record["archived"]:
        return "The type is archived."
    if record["group_appointment"]:
        return "The type is for groups: available_group_appointments has its classes."
    return None


def _type(record: asyncpg.Record) -> Type:
    own: dict[PlaceKey, list[Length]] = {}
    for practitioner_id, business_id, *length in _rows(record["own_lengths"]):
        own.setdefault((practitioner_id, business_id), []).append(Length(*length))
    return Type(
        record["appointment_type_id"],
        record["resource_mode"] == "any",
        [Length(*row) for row in _rows(record["lengths"])],
        own,
        [TypeResource(*row) for row in _rows(record["resources"])],
    )


def day_off_of(row: Sequence[Any], named: bool) -> DayOff:
    day_off_id, start, end, businesses, practitioners, description = row
    dates = date.fromisoformat(start), date.fromisoformat(end)
    return DayOff(day_off_id, *dates, frozenset(businesses), frozenset(practitioners), description if named else "")


async def seats_of(call: Call, asked: Asked) -> list[Seat]:
    records = await call.connection.fetch(
        sql.SEATS, call.caller.tenant_id, asked.practitioner_ids, asked.business_ids, asked.profession_ids
    )
    return [Seat(*record) for record in records]


async def assignments_of(call: Call, asked: Asked, practitioner_ids: Sequence[int]) -> dict[PlaceKey, list[Assignment]]:
    days = (asked.from_date, asked.to_date)
    records = await call.connection.fetch(sql.ASSIGNMENTS, call.caller.tenant_id, practitioner_ids, *days)
    rosters = await _rosters(call, sorted({record["roster_id"] for record in records}), *days) if records else {}
    found: dict[PlaceKey, list[Assignment]] = {}
    for record in records:
        found.setdefault((record["practitioner_id"], record["business_id"]), []).append(
            Assignment(
                record["roster_assignment_id"], rosters[record["roster_id"]], record["start_date"], record["end_date"]
            )
        )
    return found


async def _rosters(call: Call, roster_ids: Sequence[int], first: date, last: date) -> dict[int, Roster]:
    """By their ids."""
    named = call.caller.may("roster:read")
    heads: dict[int, tuple[Flags, str]] = {}
    days: dict[int, dict[int, tuple[int, int]]] = {one: {} for one in roster_ids}
    rules: dict[int, list[Rule]] = {one: [] for one in roster_ids}
    overrides: dict[int, list[Override]] = {one: [] for one in roster_ids}
    for record in await call.connection.fetch(sql.ROSTERS, call.caller.tenant_id, roster_ids, first, last):
        what, roster_id, row_id, order, weekday, start, end, flags, columns, types, online_only, text, *repeats = record
        text = text if named else ""
        if what == "roster":
            heads[roster_id] = FLAGS[flags], text
        elif what == "day":
            days[roster_id][weekday] = start, end
        else:
            open_to = (start, end, FLAGS[flags], _some(columns), _some(types), online_only, text)
            if what == "rule":
                rules[roster_id].append(Rule(row_id, weekday, *open_to))
            else:
                overrides[roster_id].append(Override(row_id, order, _recurrence(*repeats), *open_to))
    return {
        one: Roster(one, flags, days[one], rules[one], overrides[one], text) for one, (flags, text) in heads.items()
    }


def _recurrence(
    repeat: str, start: date, end: date | None, every: int, weekdays: Sequence[int], nth: int | None
) -> Recurrence:
    return Recurrence(repeat, start, end, every, frozenset(weekdays), nth)


def _some(ids: Sequence[int]) -> frozenset[int] | None:
    """An empty list stands for all of them."""
    return frozenset(ids) if ids else None


def _rows(text: str | None) -> list[Any]:
    rows: list[Any] = msgspec.json.decode(text) if text else []
    return rows
