"""Who waits for a time: with whom, where, when in the week, until when. Matching belongs to availability."""

from datetime import date, datetime, time
from typing import Annotated

from openprac.diary.spans import DURATION_MAX_MINUTES, DURATION_MIN_MINUTES, duration_problem
from openprac.kernel.call import Call
from openprac.kernel.collection import (
    STAMPS,
    Change,
    Collection,
    Listing,
    Reading,
    plain,
)
from openprac.kernel.row import EXTENSION, Children, Column, IdList, Row
from openprac.kernel.rules import refused

HIGH, LOW = 1, 3


class WaitingListTimeRow(Row):
    weekday: Annotated[
        int, Column(write=EXTENSION, required=True, minimum=1, maximum=7, meaning="1 Monday to 7 Sunday")
    ]
    start_time: Annotated[time, Column(write=EXTENSION, required=True)]
    end_time: Annotated[time, Column(write=EXTENSION, required=True)]


class WaitingListEntryRow(Row):
    tenant_id: Annotated[int, Column()]
    waiting_list_entry_id: Annotated[int, Column()]
    client_id: Annotated[int, Column(write=EXTENSION, required=True)]
    account_id: Annotated[int | None, Column(write=EXTENSION)]
    appointment_type_id: Annotated[int, Column(write=EXTENSION, required=True)]
    duration: Annotated[
        int | None,
        Column(
            write=EXTENSION,
            minimum=DURATION_MIN_MINUTES,
            maximum=DURATION_MAX_MINUTES,
            meaning="Minutes, divisible by 5; null: the type's",
        ),
    ]
    priority: Annotated[int, Column(write=EXTENSION, minimum=HIGH, maximum=LOW, meaning="1 high, 2 as others, 3 low")]
    wait_until: Annotated[date | None, Column(write=EXTENSION, meaning="Null: until it is removed")]
    notes: Annotated[str | None, Column(write=EXTENSION)]
    practitioner_ids: Annotated[
        list[int],
        IdList(
            table="waiting_list_entry_practitioner",
            parent="waiting_list_entry_id",
            column="practitioner_id",
            write=EXTENSION,
            meaning="Nobody named: anybody",
        ),
    ]
    business_ids: Annotated[
        list[int],
        IdList(
            table="waiting_list_entry_business",
            parent="waiting_list_entry_id",
            column="business_id",
            write=EXTENSION,
            meaning="None named: anywhere",
        ),
    ]
    profession_ids: Annotated[
        list[int],
        IdList(
            table="waiting_list_entry_profession",
            parent="waiting_list_entry_id",
            column="profession_id",
            write=EXTENSION,
            meaning="None named: any that performs the type",
        ),
    ]
    created: Annotated[datetime, Column()]
    modified: Annotated[datetime, Column()]
    times: Annotated[
        list[object],
        Children(
            row=WaitingListTimeRow,
            table="waiting_list_entry_time",
            parent="waiting_list_entry_id",
            order="t.weekday, t.start_time",
            write=EXTENSION,
            meaning="None given: any time",
        ),
    ]


async def lengths_and_times_make_sense(call: Call, change: Change) -> None:
    duration = change.given.get("duration")
    if duration is not None and (problem := duration_problem(duration)):
        raise refused("duration", problem)
    for position, row in enumerate(change.given.get("times", ())):
        if row["end_time"] <= row["start_time"]:
            raise refused(f"times.{position}.end_time", "must be later than start_time.")


WAITING_LIST_ENTRY = Collection(
    name="waiting_list_entry",
    tag="Waiting List Entry",
    noun="Waiting List Entry",
    row=WaitingListEntryRow,
    table="waiting_list_entry",
    id="waiting_list_entry_id",
    client="client_id",
    key="waiting_list_entries",
    personal=True,
    links={"self": "/x/waiting_list_entry/{waiting_list_entry_id}"},
    filters={
        "created": STAMPS["created"],
        "updated": STAMPS["updated"],
        "wait_until": plain("wait_until", "date")[1],
        **dict(plain(name, "integer") for name in ("client_id", "appointment_type_id", "priority")),
    },
    listings=(
        Listing(
            id="listWaitingListEntries-Get",
            path="/x/waiting_list_entry",
            summary="List Waiting List Entries",
            extension=True,
            filters=("created", "updated", "wait_until", "client_id", "appointment_type_id", "priority"),
            sorts=("waiting_list_entry_id", "priority", "created"),
        ),
    ),
    plain_writes=True,
    reading=Reading(
        id="getWaitingListEntry-Get",
        path="/x/waiting_list_entry/{waiting_list_entry_id}",
        summary="Get Waiting List Entry",
        extension=True,
    ),
    rules=(lengths_and_times_make_sense,),
)

COLLECTIONS = (WAITING_LIST_ENTRY,)
