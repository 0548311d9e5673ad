"""Overrides: changes of a roster on some date or on dates that come again, ranked (help article 4183049).

What they mean to the search for free times: openprac/availability/model.py; on which dates they fall: recurrence.py.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from openprac.availability.model import Recurrence
from openprac.errors import InvalidBody, Problem
from openprac.kernel.action import Endpoint, permission_for
from openprac.kernel.call import Answer, Call
from openprac.kernel.collection import (
    STAMPS,
    Change,
    Collection,
    Creation,
    Deletion,
    Edition,
    Listing,
    Reading,
    plain,
)
from openprac.kernel.handlers import edit_row
from openprac.kernel.row import EXTENSION, Column, IdList, Row
from openprac.kernel.rules import as_it_is, as_it_will_be, refused
from openprac.rosters import store
from openprac.rosters.fields import (
    OF_ROSTER,
    Colour,
    Columns,
    DisplayText,
    EndTime,
    Manual,
    Online,
    StartTime,
    TypesOnlineOnly,
    WaitingList,
    require_columns_and_types,
    require_dates,
    require_span,
)
from openprac.rosters.recurrence import first_date

RANK_MAX = 1_000_000
EVERY_MAX = 52
REPEATS = ("once", "daily", "weekly", "monthly")
PLACES_IN_MONTH = (1, 2, 3, 4, 5, -1)
WEEKDAYS = range(1, 8)


class RosterOverrideRow(Row):
    tenant_id: Annotated[int, Column()]
    roster_override_id: Annotated[int, Column()]
    roster_id: Annotated[int, Column(write=EXTENSION, required=True, meaning="Stays as it was created")]
    rank: Annotated[
        int,
        Column(
            write=EXTENSION,
            minimum=1,
            maximum=RANK_MAX,
            meaning="The lower wins. At a rank that is taken the others move over; a create without one is the last",
        ),
    ]
    display_text: DisplayText
    font_colour: Colour
    bg_colour: Colour
    repeat: Annotated[str, Column(write=EXTENSION, required=True, choices=REPEATS)]
    start_date: Annotated[date, Column(write=EXTENSION, required=True, meaning="No date before it")]
    end_date: Annotated[date | None, Column(write=EXTENSION, meaning="No date after it; null with once, else for ever")]
    every: Annotated[
        int,
        Column(
            write=EXTENSION,
            minimum=1,
            maximum=EVERY_MAX,
            meaning="Days, weeks from Monday or months; the first is that of start_date. 1 with once",
        ),
    ]
    weekdays: Annotated[list[int], Column(write=EXTENSION, meaning="1 Monday to 7 Sunday; weekly and monthly alone")]
    nth: Annotated[
        int | None,
        Column(
            write=EXTENSION,
            choices=PLACES_IN_MONTH,
            meaning="Which of each weekday in the month, -1 the last; monthly alone",
        ),
    ]
    start_time: StartTime
    end_time: EndTime
    manual: Manual
    online: Online
    waiting_list: WaitingList
    columns: Columns
    appointment_type_ids: Annotated[
        list[int],
        IdList(
            table="roster_override_appointment_type",
            parent="roster_override_id",
            column="appointment_type_id",
            write=EXTENSION,
            meaning="Types that may be booked; none named: all",
        ),
    ]
    types_online_only: TypesOnlineOnly
    created: Annotated[datetime, Column()]
    modified: Annotated[datetime, Column()]


async def it_makes_sense(call: Call, change: Change) -> None:
    """It has a time of day, and a way to repeat that says no more than it needs and falls on some date."""
    if change.kind == "delete":
        return
    row = await as_it_will_be(call, ROSTER_OVERRIDE, change)
    require_span(row)
    require_columns_and_types(row)
    require_dates(row)
    _require_recurrence(row)


def _require_recurrence(row: Mapping[str, Any]) -> None:
    repeat, end_date, nth = row["repeat"], row.get("end_date"), row.get("nth")
    every, weekdays = row.get("every", 1), frozenset(row.get("weekdays", ()))
    if not weekdays <= set(WEEKDAYS):
        raise refused("weekdays", "must hold weekdays from 1 (Monday) to 7 (Sunday).")
    if repeat == "once" and end_date is not None:
        raise refused("end_date", "must be null with repeat once: it falls on start_date alone.")
    if repeat == "once" and every != 1:
        raise refused("every", "must be 1 with repeat once.")
    if repeat in ("weekly", "monthly") and not weekdays:
        raise refused("weekdays", f"must name at least one weekday with repeat {repeat}.")
    if repeat in ("once", "daily") and weekdays:
        raise refused("weekdays", f"must be empty with repeat {repeat}.")
    if repeat == "monthly" and nth is None:
        raise refused("nth", "is required with repeat monthly.")
    if repeat != "monthly" and nth is not None:
        raise refused("nth", f"must be null with repeat {repeat}.")
    if first_date(Recurrence(repeat, row["start_date"], end_date, every, weekdays, nth)) is None:
        field = "end_date" if end_date is not None else "start_date"
        raise refused(field, "leaves the override no date to fall on.")


async def it_has_a_rank_of_its_own(call: Call, change: Change) -> None:
    """Nobody else has its rank: the others move over. It stays in its roster."""
    rank = change.given.get("rank")
    if change.kind == "create":
        roster_id = change.given["roster_id"]
        if not await store.lock_roster(call, roster_id):
            raise InvalidBody([Problem("roster_id", "The selected roster_id is invalid.")])
        if rank is None:
            change.given["rank"] = await store.last_rank(call, roster_id) + 1
        else:
            await store.make_room(call, roster_id, rank)
    elif change.kind == "edit" and change.row_id is not None and {"rank", "roster_id"} & set(change.given):
        before = await as_it_is(call, ROSTER_OVERRIDE, change.row_id)
        if change.given.get("roster_id", before["roster_id"]) != before["roster_id"]:
            raise refused("roster_id", "cannot be changed: an override stays in its roster.")
        if rank is not None and rank != before["rank"]:
            await store.make_room(call, before["roster_id"], rank, (change.row_id, before["rank"]))


FILTERS = ("created", "updated", "roster_id", "start_date", "end_date")
SORTS = ("roster_override_id", "rank", "start_date", "created", "updated")

EDITION = Edition(
    id="editRosterOverride-Patch",
    path="/x/roster_override/{roster_override_id}",
    summary="Edit Roster Override",
    extension=True,
)

ROSTER_OVERRIDE = Collection(
    name="roster_override",
    tag="Roster Override",
    noun="Roster Override",
    row=RosterOverrideRow,
    table="roster_override",
    id="roster_override_id",
    key="roster_overrides",
    links={"self": "/x/roster_override/{roster_override_id}", "roster": "/x/roster/{roster_id}"},
    filters={
        "created": STAMPS["created"],
        "updated": STAMPS["updated"],
        "roster_id": plain("roster_id", "integer")[1],
        **dict(plain(name, "date") for name in ("start_date", "end_date")),
    },
    listings=(
        Listing(
            id="listRosterOverrides-Get",
            path="/x/roster_override",
            summary="List Roster Overrides",
            extension=True,
            filters=FILTERS,
            sorts=SORTS,
        ),
        Listing(
            id="listRosterOverridesByRoster-Get",
            path="/x/roster/{roster_id}/roster_override",
            summary="List Roster Overrides by Roster",
            extension=True,
            scope=OF_ROSTER,
            filters=tuple(name for name in FILTERS if name != "roster_id"),
            sorts=SORTS,
        ),
    ),
    reading=Reading(
        id="getRosterOverride-Get",
        path="/x/roster_override/{roster_override_id}",
        summary="Get Roster Override",
        extension=True,
    ),
    creations=(
        Creation(
            id="createRosterOverride-Post",
            path="/x/roster_override",
            summary="Create Roster Override",
            description="At a rank that is taken it takes the place, and those from there on go one further.",
            extension=True,
        ),
    ),
    deletions=(
        Deletion(
            id="deleteRosterOverride-Delete",
            path="/x/roster_override/{roster_override_id}",
            summary="Remove Roster Override",
            extension=True,
        ),
    ),
    rules=(it_makes_sense, it_has_a_rank_of_its_own),
)


async def edit_override(call: Call) -> Answer:
    """The roster is locked before the override: whoever makes room for another locks them in this order, too."""
    await store.lock_roster_of(call, call.id_of("roster_override_id"))
    return await edit_row(ROSTER_OVERRIDE, EDITION, call)


ACTIONS = (
    Endpoint(
        id=EDITION.id,
        method="PATCH",
        path=EDITION.path,
        tag=ROSTER_OVERRIDE.tag,
        summary=EDITION.summary,
        description="At a rank that is taken it takes the place, and those between its old place and the new one "
        "move over.",
        permission=permission_for(ROSTER_OVERRIDE.tag, "PATCH"),
        handler=edit_override,
        extension=True,
        transaction=True,
        collection=ROSTER_OVERRIDE,
        operation=EDITION,
    ),
)
