"""A collection of every type, for the tests of the machine: no resource of the trade has all of them."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated

from openprac.kernel.collection import Collection, Creation, Filter, FilterFormat, Listing, Reading
from openprac.kernel.row import PUBLISHED, Column, Flag, Row


class ThingRow(Row):
    thing_id: Annotated[int, Column()]
    name: Annotated[str, Column(write=PUBLISHED, required=True, max_length=10)]
    note: Annotated[str | None, Column(write=PUBLISHED)]
    email: Annotated[str | None, Column(write=PUBLISHED, format="email", max_length=100)]
    website: Annotated[str | None, Column(write=PUBLISHED, format="uri", max_length=200)]
    colour: Annotated[str | None, Column(write=PUBLISHED, format="colour")]
    zone: Annotated[str | None, Column(write=PUBLISHED, format="time_zone")]
    size: Annotated[int | None, Column(write=PUBLISHED, minimum=5, maximum=1440)]
    other_id: Annotated[int | None, Column(write=PUBLISHED)]
    level: Annotated[int | None, Column(write=PUBLISHED, choices=(1, 3))]
    price: Annotated[Decimal | None, Column(write=PUBLISHED)]
    good: Annotated[bool, Column(write=PUBLISHED)]
    day: Annotated[date | None, Column(write=PUBLISHED)]
    at: Annotated[datetime | None, Column(write=PUBLISHED)]
    opens: Annotated[time | None, Column(write=PUBLISHED)]
    archived: Annotated[bool, Flag()]


FORMATS: dict[str, FilterFormat] = {
    "name": "string",
    "size": "integer",
    "price": "double",
    "good": "boolean",
    "day": "date",
    "app_time": "datetime",
    "created": "timestamp",
}
LEVELS = {1: ("Low", "t.level = 1"), 3: ("High", "t.level = 3")}
SORTS = ("thing_id", "name", "day")

THING = Collection(
    name="thing",
    tag="Thing",
    noun="Thing",
    row=ThingRow,
    table="thing",
    id="thing_id",
    key="things",
    links={"self": "/thing/{thing_id}"},
    filters={
        **{name: Filter(format=format, columns=(name,)) for name, format in FORMATS.items()},
        "level": Filter(format="integer", codes=LEVELS),
        "digits": Filter(format="string", columns=("name",), fold=lambda text: text.replace(" ", "")),
    },
    listings=(
        Listing(
            id="listThings-Get",
            path="/thing",
            summary="List Things",
            filters=(*FORMATS, "level", "digits"),
            sorts=SORTS,
        ),
        Listing(id="listAllThings-Get", path="/all_thing", summary="List All Things", sorts=SORTS),
    ),
    reading=Reading(id="getThing-Get", path="/thing/{thing_id}", summary="Get Thing"),
    creations=(Creation(id="createThing-Post", path="/thing", summary="Create Thing"),),
)
LIST, LIST_WITHOUT_FILTERS = THING.listings
