"""GET /v1/x/practitioner/{id}/diary: what a calendar screen draws of one practitioner's days.

For each date and business the spans of each column, with who may book in them and what decides that, and the entries
of the book.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import msgspec

from openprac.availability import parameters, sql
from openprac.availability.diary_answer import DIARY, DIARY_ENTRY
from openprac.availability.load import assignments_of, seats_of
from openprac.availability.model import DAY_MINUTES, DayOff, Flags, Override, Place, Roster, Rule
from openprac.availability.opening import Layer, assigned, closing, layers, spans
from openprac.availability.questions import Asked, Type, place_of
from openprac.diary.entries import APPOINTMENT, HOLD
from openprac.diary.lengths import Length
from openprac.diary.spans import Span
from openprac.errors import NotFound
from openprac.kernel.action import Endpoint
from openprac.kernel.call import Answer, Call
from openprac.kernel.parameters import given
from openprac.kernel.select import rows_sql
from openprac.kernel.shape import ENCODER, single_shape_of

NO_TYPE, NO_LENGTH = Type(0, False, (), {}, ()), Length(0, None, 0, 1, None, None)
PATIENTS = "appointment:read"
NAMES = "roster:read"

Looks = Mapping[tuple[str, int], tuple[str | None, str | None, str | None]]
"""Display text, font colour and background colour, by what they belong to and its id."""


class Entry(NamedTuple):
    business_id: int
    dates: Sequence[date]
    shown: msgspec.Raw


async def show_diary(call: Call) -> Answer:
    practitioner_id = call.id_of("practitioner_id")
    found = given(call.query_string, parameters.DIARY_PARAMETERS, strict=True)
    first, last = parameters.week_of(found, call.today)
    parameters.require_range(first, last)
    if not await call.connection.fetchval(sql.PRACTITIONER, call.caller.tenant_id, practitioner_id):
        raise NotFound("practitioner_id", practitioner_id)
    places = await _places(call, practitioner_id, first, last)
    days_off = await _days_off(call, practitioner_id, list(places), first, last)
    looks = await _looks(call, places.values())
    entries = await _entries(call, practitioner_id, first, last)
    dates = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    days = [day for one in dates for day in _days(one, places, days_off, looks, entries)]
    return Answer(200, ENCODER.encode({"practitioner_id": practitioner_id, "from": first, "to": last, "days": days}))


async def _places(call: Call, practitioner_id: int, first: date, last: date) -> dict[int, Place]:
    """By business: where the practitioner works."""
    asked = Asked(first, last, (), practitioner_ids=(practitioner_id,))
    seats = sorted(await seats_of(call, asked), key=lambda seat: seat.business_id)
    assignments = await assignments_of(call, asked, [practitioner_id]) if seats else {}
    return {
        seat.business_id: place_of(
            NO_TYPE, seat, NO_LENGTH, assignments.get((seat.practitioner_id, seat.business_id), ())
        )
        for seat in seats
    }


async def _days_off(
    call: Call, practitioner_id: int, business_ids: Sequence[int], first: date, last: date
) -> list[DayOff]:
    records = await call.connection.fetch(
        sql.DAYS_OFF, call.caller.tenant_id, practitioner_id, business_ids, first, last
    )
    named = call.caller.may("day_off:read")
    return [
        DayOff(row_id, start, end, frozenset(businesses), frozenset(people), text if named else "")
        for row_id, start, end, businesses, people, text in records
    ]


async def _looks(call: Call, places: Iterable[Place]) -> Looks:
    """Nothing for a key that may not read rosters."""
    roster_ids = sorted({one.roster.roster_id for place in places for one in place.assignments})
    if not roster_ids or not call.caller.may(NAMES):
        return {}
    records = await call.connection.fetch(sql.LOOKS, call.caller.tenant_id, roster_ids)
    return {(of, row_id): (text, font, ground) for of, row_id, text, font, ground in records}


async def _entries(call: Call, practitioner_id: int, first: date, last: date) -> list[Entry]:
    """With the patients for a key that may read them, else the time they take and their kind alone."""
    midnight = datetime.combine(first, time())
    behind = midnight + timedelta(days=(last - first).days + 1)
    taken = await call.connection.fetch(sql.DIARY_ENTRIES, call.caller.tenant_id, practitioner_id, midnight, behind)
    if not taken:
        return []
    whole = call.caller.may(PATIENTS)
    if whole:
        call.note_read(APPOINTMENT.name, None, None)
    shape = single_shape_of(DIARY_ENTRY if whole else HOLD)
    ids = [record["appointment_id"] for record in taken]
    records = await call.connection.fetch(rows_sql(shape), call.caller.tenant_id, ids)
    shown = {record[shape.id_position]: msgspec.Raw(shape.single(record, call.base)) for record in records}
    return [
        Entry(record["business_id"], Span(record["app_time"], record["duration"]).days, shown[record["appointment_id"]])
        for record in taken
        if record["appointment_id"] in shown
    ]


def _days(
    day: date, places: Mapping[int, Place], days_off: Sequence[DayOff], looks: Looks, entries: Sequence[Entry]
) -> Iterator[dict[str, Any]]:
    """One for each business where the practitioner works, or has entries still."""
    booked: dict[int, list[msgspec.Raw]] = {}
    for entry in entries:
        if day in entry.dates:
            booked.setdefault(entry.business_id, []).append(entry.shown)
    for business_id in sorted({*places, *booked}):
        place = places.get(business_id)
        given = assigned(place, day) if place else None
        yield {
            "date": day,
            "business_id": business_id,
            "opens": _label(place.opens) if place else None,
            "closes": _label(place.closes) if place else None,
            "interval": place.interval if place else None,
            "roster_assignment_id": given.roster_assignment_id if given else None,
            "roster_id": given.roster.roster_id if given else None,
            "closed_by": _closed_by(place, day, days_off, business_id),
            "columns": _columns(place, given.roster if given else None, day, days_off, looks) if place else [],
            "entries": booked.get(business_id, []),
        }


def _closed_by(place: Place | None, day: date, days_off: Sequence[DayOff], business_id: int) -> list[dict[str, Any]]:
    """Everything that closes the whole day."""
    if place is None:
        return [{"kind": "works_elsewhere", "of": "business", "id": business_id, "description": None}]
    found: list[dict[str, Any]] = []
    if day.isoweekday() not in place.work_week:
        found.append({"kind": "closed_weekday", "of": "business", "id": business_id, "description": None})
    for one in closing(place, day, days_off):
        words = one.description or None
        found.append({"kind": "day_off", "of": "day_off", "id": one.day_off_id, "description": words})
    return found


def _columns(
    place: Place, roster: Roster | None, day: date, days_off: Sequence[DayOff], looks: Looks
) -> list[dict[str, Any]]:
    found: list[Layer] = []
    if not _closed_by(place, day, days_off, place.business_id):
        found = layers(roster, place.opens, place.closes, day, None)
    return [
        {
            "column_number": column,
            "spans": [
                _span(start, end, top, looks)
                for start, end, top in spans(found, column, place.opens, place.closes)
                if top is not None
            ],
        }
        for column in range(1, place.columns + 1)
    ]


def _span(start: int, end: int, layer: Layer, looks: Looks) -> dict[str, Any]:
    of, row_id = _decider(layer)
    text, font, ground = looks.get((of, row_id), (None, None, None)) if of and row_id else (None, None, None)
    limits = layer.decider if isinstance(layer.decider, Rule | Override) else None
    return {
        "start_time": _label(start),
        "end_time": _label(end),
        "manual": Flags.MANUAL in layer.flags,
        "online": Flags.ONLINE in layer.flags,
        "waiting_list": Flags.WAITING_LIST in layer.flags,
        "appointment_type_ids": sorted(limits.types or ()) if limits else [],
        "types_online_only": limits.types_online_only if limits else False,
        "decided_by": of,
        "id": row_id,
        "display_text": text,
        "font_colour": font,
        "bg_colour": ground,
    }


def _decider(layer: Layer) -> tuple[str | None, int | None]:
    """No roster is nobody's row."""
    match layer.decider:
        case Roster(roster_id=row_id):
            return "roster", row_id
        case Rule(rule_id=row_id):
            return "roster_rule", row_id
        case Override(roster_override_id=row_id):
            return "roster_override", row_id
    return None, None


def _label(minute: int) -> time:
    """The midnight that ends the day is 00:00, as in rosters."""
    return time(*divmod(minute % DAY_MINUTES, 60))


ACTIONS = (
    Endpoint(
        id="getPractitionerDiary-Get",
        method="GET",
        path="/x/practitioner/{practitioner_id}/diary",
        tag="Available Appointment",
        summary="Get Practitioner Diary",
        description="What a calendar draws: for each date and business the spans of each column, who may book in them "
        "and what decides that, and the entries of every kind, reservations too. An entry over midnight is in both "
        f"days. Of patients it tells keys with `{PATIENTS}`, else an entry is its time and kind; texts and colours of "
        f"rosters are for keys with `{NAMES}`, descriptions of days off for `day_off:read`. Today and six days more "
        f"unless said otherwise, at most {parameters.SEARCH_MAX_DAYS} days.",
        permission="available_appointment:read",
        handler=show_diary,
        extension=True,
        tagged=True,
        parameters=parameters.DIARY_PARAMETERS,
        answer=DIARY,
    ),
)
