"""Days off: dates on which a business is closed or a practitioner is away (help article 4183069)."""

from datetime import date, datetime
from typing import Annotated

from openprac.kernel.call import Call
from openprac.kernel.collection import (
    STAMPS,
    Change,
    Collection,
    Creation,
    Deletion,
    Edition,
    Filter,
    Link,
    Listing,
    Reading,
    plain,
)
from openprac.kernel.row import EXTENSION, Column, IdList, Row
from openprac.kernel.rules import as_it_will_be, refused
from openprac.rosters.fields import Description, StartDate, require_dates


class DayOffRow(Row):
    tenant_id: Annotated[int, Column()]
    day_off_id: Annotated[int, Column()]
    description: Description
    start_date: StartDate
    end_date: Annotated[date, Column(write=EXTENSION, required=True, meaning="Included")]
    business_ids: Annotated[
        list[int],
        IdList(
            table="day_off_business",
            parent="day_off_id",
            column="business_id",
            write=EXTENSION,
            meaning="Closed for everybody",
        ),
    ]
    practitioner_ids: Annotated[
        list[int],
        IdList(
            table="day_off_practitioner",
            parent="day_off_id",
            column="practitioner_id",
            write=EXTENSION,
            meaning="Away from every business",
        ),
    ]
    created: Annotated[datetime, Column()]
    modified: Annotated[datetime, Column()]


async def it_is_somebodys(call: Call, change: Change) -> None:
    if change.kind == "delete":
        return
    row = await as_it_will_be(call, DAY_OFF, change)
    require_dates(row)
    if not row.get("business_ids") and not row.get("practitioner_ids"):
        field = "practitioner_ids" if "practitioner_ids" in change.given else "business_ids"
        raise refused(field, "must not be empty where nobody is named otherwise: name a business or a practitioner.")


DAY_OFF = Collection(
    name="day_off",
    tag="Day Off",
    noun="Day Off",
    row=DayOffRow,
    table="day_off",
    id="day_off_id",
    key="days_off",
    links={"self": "/x/day_off/{day_off_id}"},
    filters={
        "created": STAMPS["created"],
        "updated": STAMPS["updated"],
        **dict(plain(name, "date") for name in ("start_date", "end_date")),
        "business_id": Filter(format="integer", link=Link("day_off_business", "day_off_id", "business_id")),
        "practitioner_id": Filter(format="integer", link=Link("day_off_practitioner", "day_off_id", "practitioner_id")),
    },
    listings=(
        Listing(
            id="listDaysOff-Get",
            path="/x/day_off",
            summary="List Days Off",
            extension=True,
            filters=("created", "updated", "start_date", "end_date", "business_id", "practitioner_id"),
            sorts=("day_off_id", "start_date", "end_date", "created", "updated"),
        ),
    ),
    reading=Reading(id="getDayOff-Get", path="/x/day_off/{day_off_id}", summary="Get Day Off", extension=True),
    creations=(
        Creation(
            id="createDayOff-Post",
            path="/x/day_off",
            summary="Create Day Off",
            description="Blocks every kind of search, not the book itself: what is booked stays.",
            extension=True,
        ),
    ),
    editions=(Edition(id="editDayOff-Patch", path="/x/day_off/{day_off_id}", summary="Edit Day Off", extension=True),),
    deletions=(
        Deletion(id="deleteDayOff-Delete", path="/x/day_off/{day_off_id}", summary="Remove Day Off", extension=True),
    ),
    rules=(it_is_somebodys,),
)
