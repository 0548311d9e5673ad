"""Classes with room: group appointments that have begun to be filled and have not begun."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import asyncpg

from openprac.availability import parameters, sql
from openprac.availability.answers import KEY, AvailableGroupAppointment
from openprac.availability.labels import ahead
from openprac.availability.minutes import each
from openprac.availability.questions import Asked
from openprac.errors import InvalidParams
from openprac.kernel.call import Answer, Call
from openprac.kernel.page import envelope
from openprac.kernel.parameters import given, page_of
from openprac.kernel.query import Query, without_page


async def list_classes(call: Call) -> Answer:
    found = given(call.query_string, parameters.GROUP_PARAMETERS, strict=False)
    asked, query = parameters.asked_by(found, call.today), page_of(call.query_string, found)
    records = await _classes(call, asked, query.page_size, query.offset)
    total = records[0]["total"]
    return _answer(call, records, total, query).ignoring(found.ignored)


async def next_class(call: Call) -> Answer:
    found = given(call.query_string, parameters.NEXT_GROUP_PARAMETERS, strict=False)
    records = await _classes(call, parameters.asked_by(found, call.today), 1, 0)
    query = Query(page_size=1, rest=without_page(call.query_string.decode("ascii")))
    return _answer(call, records, min(records[0]["total"], 1), query).ignoring(found.ignored)


async def _classes(call: Call, asked: Asked, limit: int, offset: int) -> Sequence[asyncpg.Record]:
    """At least one record, which has the total; one without an id is no class. Raises InvalidParams."""
    records: Sequence[asyncpg.Record] = await call.connection.fetch(
        sql.CLASSES,
        call.caller.tenant_id,
        asked.appointment_type_ids[0],
        _first_label(call, asked.from_date),
        datetime.combine(asked.to_date + timedelta(days=1), time()),
        asked.business_ids,
        asked.practitioner_ids,
        asked.profession_ids,
        limit,
        offset,
    )
    if not records:
        raise InvalidParams(f"Could not find appointment_type_id: {asked.appointment_type_ids[0]}")
    return records


def _first_label(call: Call, day: date) -> datetime:
    """The first on that date that is not over."""
    first = next(each(ahead(ZoneInfo(call.caller.time_zone), day, call.services.clock.now())), None)
    midnight = datetime.combine(day, time())
    return midnight + timedelta(days=1) if first is None else midnight + timedelta(minutes=first)


def _answer(call: Call, records: Sequence[asyncpg.Record], total: int, query: Query) -> Answer:
    rows = [AvailableGroupAppointment(*record[1:]) for record in records if record["appointment_id"] is not None]
    return Answer(200, envelope(KEY, rows, total, query, call.base + call.endpoint.path))
