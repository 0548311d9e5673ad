"""Assignments: which roster a practitioner has at a business, from when to when (help article 4183072)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from openprac.errors import InvalidBody, Problem
from openprac.kernel.call import Call
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
from openprac.kernel.row import EXTENSION, Column, Row
from openprac.kernel.rules import as_it_will_be, refused
from openprac.rosters import store
from openprac.rosters.fields import OF_ROSTER, Id, StartDate, require_dates


class RosterAssignmentRow(Row):
    tenant_id: Annotated[int, Column()]
    roster_assignment_id: Annotated[int, Column()]
    practitioner_id: Id
    business_id: Annotated[int, Column(write=EXTENSION, required=True, meaning="Where the practitioner works")]
    roster_id: Id
    start_date: StartDate
    end_date: Annotated[date | None, Column(write=EXTENSION, meaning="Included; null: until further notice")]
    created: Annotated[datetime, Column()]
    modified: Annotated[datetime, Column()]


async def it_fits(call: Call, change: Change) -> None:
    """To a business where the practitioner works, and no two of one place on one day."""
    if change.kind == "delete":
        return
    row = await as_it_will_be(call, ROSTER_ASSIGNMENT, change)
    require_dates(row)
    practitioner_id, business_id = row["practitioner_id"], row["business_id"]
    if not await store.lock_practitioner(call, practitioner_id):
        raise InvalidBody([Problem("practitioner_id", "The selected practitioner_id is invalid.")])
    moves = {"practitioner_id", "business_id"} & set(change.given)
    if moves and not await store.works_at(call, practitioner_id, business_id):
        raise refused("business_id", "must be a business where the practitioner works.")
    start, end = row["start_date"], row.get("end_date")
    other = await store.overlapping(call, practitioner_id, business_id, start, end, change.row_id)
    if other:
        raise _overlap(start, other)


def _overlap(start: date, other: Mapping[str, Any]) -> InvalidBody:
    field = "start_date" if start >= other["start_date"] else "end_date"
    until = f"to {other['end_date']}" if other["end_date"] else "until further notice"
    return refused(
        field,
        f"must not lie in the time of roster assignment {other['roster_assignment_id']}, which this practitioner "
        f"has at this business from {other['start_date']} {until}.",
    )


FILTERS = ("created", "updated", "practitioner_id", "business_id", "roster_id", "start_date", "end_date")
SORTS = ("roster_assignment_id", "practitioner_id", "business_id", "start_date", "end_date", "created", "updated")

ROSTER_ASSIGNMENT = Collection(
    name="roster_assignment",
    tag="Roster Assignment",
    noun="Roster Assignment",
    row=RosterAssignmentRow,
    table="roster_assignment",
    id="roster_assignment_id",
    key="roster_assignments",
    links={"self": "/x/roster_assignment/{roster_assignment_id}", "roster": "/x/roster/{roster_id}"},
    filters={
        "created": STAMPS["created"],
        "updated": STAMPS["updated"],
        **dict(plain(name, "integer") for name in ("practitioner_id", "business_id", "roster_id")),
        **dict(plain(name, "date") for name in ("start_date", "end_date")),
    },
    listings=(
        Listing(
            id="listRosterAssignments-Get",
            path="/x/roster_assignment",
            summary="List Roster Assignments",
            extension=True,
            filters=FILTERS,
            sorts=SORTS,
        ),
        Listing(
            id="listRosterAssignmentsByRoster-Get",
            path="/x/roster/{roster_id}/roster_assignment",
            summary="List Roster Assignments by Roster",
            extension=True,
            scope=OF_ROSTER,
            filters=tuple(name for name in FILTERS if name != "roster_id"),
            sorts=SORTS,
        ),
    ),
    reading=Reading(
        id="getRosterAssignment-Get",
        path="/x/roster_assignment/{roster_assignment_id}",
        summary="Get Roster Assignment",
        extension=True,
    ),
    creations=(
        Creation(
            id="createRosterAssignment-Post",
            path="/x/roster_assignment",
            summary="Create Roster Assignment",
            description="No two of one practitioner at one business may have a date in common.",
            extension=True,
        ),
    ),
    editions=(
        Edition(
            id="editRosterAssignment-Patch",
            path="/x/roster_assignment/{roster_assignment_id}",
            summary="Edit Roster Assignment",
            extension=True,
        ),
    ),
    deletions=(
        Deletion(
            id="deleteRosterAssignment-Delete",
            path="/x/roster_assignment/{roster_assignment_id}",
            summary="Remove Roster Assignment",
            extension=True,
        ),
    ),
    rules=(it_fits,),
)
