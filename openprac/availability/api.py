"""Free times: the published searches, and what goes beyond them under /x/."""

from collections.abc import Callable, Hashable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from openprac.availability import parameters, practitioner_diary, waiting
from openprac.availability.answers import (
    KEY,
    AvailableAppointmentRow,
    AvailableGroupAppointmentRow,
    rows_of,
    times_schema,
)
from openprac.availability.classes import list_classes, next_class
from openprac.availability.explanation import EXPLANATION, explain_time
from openprac.availability.load import definitions, searches
from openprac.availability.model import DAY_MINUTES
from openprac.availability.questions import Asked
from openprac.availability.search import Offered, Starts
from openprac.kernel.action import Endpoint
from openprac.kernel.call import Answer, Call
from openprac.kernel.page import envelope
from openprac.kernel.parameters import given, page_of
from openprac.kernel.query import Query, without_page

TAG = "Available Appointment"
GROUP_TAG = "Available Group Appointment"

WHOSE: dict[str, Callable[[Offered], Hashable]] = {
    "practitioner": lambda one: one.offer.place.practitioner_id,
    "business": lambda one: one.offer.place.business_id,
    "day": lambda one: one.minute // DAY_MINUTES,
}


async def list_times(call: Call) -> Answer:
    found = given(call.query_string, parameters.LIST_PARAMETERS, strict=False)
    asked, query = parameters.asked_by(found, call.today), page_of(call.query_string, found)
    return (await _page(call, asked, query, None)).ignoring(found.ignored)


async def list_times_of_types(call: Call) -> Answer:
    found = given(call.query_string, parameters.EXTENDED_PARAMETERS, strict=True)
    asked, query = parameters.asked_by(found, call.today), page_of(call.query_string, found)
    return await _page(call, asked, query, found.values.get("earliest_per"))


async def next_time(call: Call) -> Answer:
    """The first day is read alone: where it has a time, nothing else need be."""
    found = given(call.query_string, parameters.NEXT_PARAMETERS, strict=False)
    asked = parameters.asked_by(found, call.today)
    defined = await definitions(call, asked)
    rest = asked.from_date + timedelta(days=1)
    rows: list[Any] = []
    for first, last in ((asked.from_date, asked.from_date), (rest, asked.to_date)):
        if not rows and first <= last:
            rows = rows_of(first, defined, Starts(await searches(call, asked, defined, first, last)).offered(0, 1))
    query = Query(page_size=1, rest=without_page(call.query_string.decode("ascii")))
    return _answer(call, rows, len(rows), query).ignoring(found.ignored)


async def _page(call: Call, asked: Asked, query: Query, earliest_per: str | None) -> Answer:
    defined = await definitions(call, asked)
    starts = Starts(await searches(call, asked, defined, asked.from_date, asked.to_date))
    if earliest_per is None:
        shown, total = starts.offered(query.offset, query.page_size), len(starts)
    else:
        found = starts.earliest(WHOSE[earliest_per])
        shown, total = found[query.offset : query.offset + query.page_size], len(found)
    return _answer(call, rows_of(asked.from_date, defined, shown), total, query)


def _answer(call: Call, rows: Sequence[Any], total: int, query: Query) -> Answer:
    return Answer(200, envelope(KEY, rows, total, query, call.base + call.endpoint.path))


_LIST_LINKS, _NEXT_LINKS = ("self", "previous", "next"), ("self",)
_TIMES = times_schema("AvailableAppointments", AvailableAppointmentRow, _LIST_LINKS)
_searched = partial(Endpoint, method="GET", tag=TAG, permission="available_appointment:read", tagged=True)
_classes = partial(Endpoint, method="GET", tag=GROUP_TAG, permission="available_group_appointment:read", tagged=True)

ACTIONS = (
    _searched(
        id="listAvailableAppointments-Get",
        path="/available_appointments",
        summary="List available appointment times",
        description=f"Every free start of one type, in the order of time, practitioner, business and column. At most "
        f"{parameters.SEARCH_MAX_DAYS} days between `from` and `to`. All filters must hold.",
        handler=list_times,
        parameters=parameters.LIST_PARAMETERS,
        answer=_TIMES,
    ),
    _searched(
        id="getNextAvailableAppointment-Get",
        path="/next_available_appointment",
        summary="Get Next available appointment time",
        description="The first free start for manual booking, or none.",
        handler=next_time,
        parameters=parameters.NEXT_PARAMETERS,
        answer=times_schema("NextAvailableAppointment", AvailableAppointmentRow, _NEXT_LINKS),
    ),
    _classes(
        id="listAvailableGroupAppointments-Get",
        path="/available_group_appointments",
        summary="List available group appointments",
        description="The classes of one type that have room and have not begun, in the order of time.",
        handler=list_classes,
        parameters=parameters.GROUP_PARAMETERS,
        answer=times_schema("AvailableGroupAppointments", AvailableGroupAppointmentRow, _LIST_LINKS),
    ),
    _classes(
        id="getNextAvailableGroupAppointment-Get",
        path="/next_available_group_appointment",
        summary="Get Next available group appointment time",
        description="The first class with room, or none.",
        handler=next_class,
        parameters=parameters.NEXT_GROUP_PARAMETERS,
        answer=times_schema("NextAvailableGroupAppointment", AvailableGroupAppointmentRow, _NEXT_LINKS),
    ),
    _searched(
        id="searchAvailableAppointments-Get",
        path="/x/available_appointments",
        summary="Search available appointment times",
        description="As the published list, for several types in one answer; with `earliest_per` only the first start "
        "of each type for each practitioner, business or day.",
        extension=True,
        handler=list_times_of_types,
        parameters=parameters.EXTENDED_PARAMETERS,
        answer=_TIMES,
    ),
    _searched(
        id="explainAvailability-Get",
        path="/x/availability_explanation",
        summary="Explain Availability",
        description="Whether one start is offered, and if not, every reason: what decides, by its id, and in words. "
        "Entries are named by their ids and kinds; descriptions of rosters and days off are shown to keys with "
        "`roster:read` and `day_off:read`.",
        extension=True,
        handler=explain_time,
        parameters=parameters.EXPLANATION_PARAMETERS,
        answer=EXPLANATION,
    ),
    *waiting.ACTIONS,
    *practitioner_diary.ACTIONS,
)
