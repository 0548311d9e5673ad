"""GET /v1/x/waiting_list_entry/{id}/match: the free times that somebody waits for (help article 5322059)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import asyncpg
import msgspec

from openprac.availability import parameters, sql
from openprac.availability.answers import KEY, AvailableAppointmentRow, rows_of, times_schema
from openprac.availability.load import definitions, searches
from openprac.availability.model import Flags
from openprac.availability.questions import Asked, Definitions
from openprac.availability.search import Starts
from openprac.diary.waiting_list import WAITING_LIST_ENTRY
from openprac.errors import NotFound
from openprac.kernel.action import Endpoint, permission_for
from openprac.kernel.call import Answer, Call
from openprac.kernel.page import envelope
from openprac.kernel.parameters import given, page_of

PATH = "/x/waiting_list_entry/{waiting_list_entry_id}/match"


async def match_entry(call: Call) -> Answer:
    """No time behind wait_until, and where times of the week are named none that is not wholly inside them."""
    row_id = call.id_of("waiting_list_entry_id")
    found = given(call.query_string, parameters.MATCH_PARAMETERS, strict=True)
    first, last = parameters.week_of(found, call.today)
    parameters.require_dates(first, last, call.today)
    entry = await call.connection.fetchrow(sql.WAITING, call.caller.tenant_id, row_id)
    if entry is None:
        raise NotFound("waiting_list_entry_id", row_id)
    call.note_read(WAITING_LIST_ENTRY.name, row_id, entry["client_id"])
    last = min(last, entry["wait_until"] or last)
    query = page_of(call.query_string, found)
    rows, total = await _page(call, entry, first, last, query.offset, query.page_size) if first <= last else ([], 0)
    return Answer(200, envelope(KEY, rows, total, query, call.base + PATH.format(waiting_list_entry_id=row_id)))


async def _page(
    call: Call, entry: asyncpg.Record, first: date, last: date, offset: int, size: int
) -> tuple[list[Any], int]:
    """The times of one page, and how many there are."""
    asked = Asked(
        first,
        last,
        (entry["appointment_type_id"],),
        Flags.WAITING_LIST,
        *(entry["client_id"], entry["account_id"]),
        *(tuple(entry[f"{name}_ids"]) or None for name in ("business", "practitioner", "profession")),
    )
    defined = _lasting(await definitions(call, asked), entry["duration"])
    within = _within(entry["times"])
    starts = Starts(
        [
            (replace(question, within=within), situation)
            for question, situation in await searches(call, asked, defined, first, last)
        ]
    )
    return rows_of(first, defined, starts.offered(offset, size)), len(starts)


def _lasting(defined: Definitions, minutes: int | None) -> Definitions:
    """With the length that the entry asks for in place of the type's."""
    if minutes is None:
        return defined
    places = {
        type_id: [replace(place, length=place.length._replace(minutes=minutes)) for place in places]
        for type_id, places in defined.places.items()
    }
    return replace(defined, places=places)


def _within(text: str | None) -> Mapping[int, Sequence[tuple[int, int]]] | None:
    if text is None:
        return None
    found: dict[int, list[tuple[int, int]]] = {}
    for weekday, start, end in msgspec.json.decode(text):
        found.setdefault(weekday, []).append((start, end))
    return found


ACTIONS = (
    Endpoint(
        id="matchWaitingListEntry-Get",
        method="GET",
        path=PATH,
        tag=WAITING_LIST_ENTRY.tag,
        summary="Match Waiting List Entry",
        description="The free times for the entry that are open to the waiting list: of its type, with its "
        "practitioners, at its businesses, in its times of the week, up to its wait_until, for its own length where "
        f"it has one. Today and six days more unless said otherwise, at most {parameters.SEARCH_MAX_DAYS} days.",
        permission=permission_for(WAITING_LIST_ENTRY.tag, "GET"),
        handler=match_entry,
        extension=True,
        tagged=True,
        parameters=parameters.MATCH_PARAMETERS,
        answer=times_schema("WaitingListMatches", AvailableAppointmentRow, ("self", "previous", "next")),
    ),
)
