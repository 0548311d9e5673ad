"""Items (billable services and products) with their fee for each fee category, and groups of items."""

from decimal import Decimal
from typing import Annotated

from openprac.kernel.call import Call
from openprac.kernel.collection import (
    STAMPS,
    Change,
    Collection,
    Filter,
    Link,
    Listing,
    Reading,
    Scope,
    plain,
)
from openprac.kernel.row import EXTENSION, Children, Column, Flag, IdList, Row
from openprac.kernel.rules import refused

ITEM_CODE_MAX_CHARACTERS = 7
CHARGE_MAX = 1_000_000

ARCHIVED = Filter(format="boolean", expression="(t.archived_at IS NOT NULL)")
"""On items and groups the filter is a boolean; elsewhere `archived` is an instant."""


class ItemFeeRow(Row):
    fee_cat_id: Annotated[int, Column(write=EXTENSION, required=True)]
    charge: Annotated[Decimal, Column(write=EXTENSION, required=True, minimum=0, maximum=CHARGE_MAX, format="decimal")]
    discount: Annotated[Decimal, Column(write=EXTENSION, minimum=0, maximum=CHARGE_MAX, format="decimal")]


class ItemRow(Row):
    tenant_id: Annotated[int, Column()]
    item_id: Annotated[int, Column()]
    item_code: Annotated[
        str, Column(write=EXTENSION, required=True, max_length=ITEM_CODE_MAX_CHARACTERS, clean=str.strip)
    ]
    description: Annotated[
        str, Column(write=EXTENSION, required=True, max_length=255, meaning="Printed on invoices and receipts")
    ]
    gst: Annotated[bool, Column(write=EXTENSION, meaning="GST applies when billed")]
    archived: Annotated[bool, Flag()]
    print_code: Annotated[
        str | None, Column(write=EXTENSION, max_length=40, meaning="Printed in place of the item code")
    ]
    item_fees: Annotated[
        list[object],
        Children(
            row=ItemFeeRow, table="item_fee", parent="item_id", order="t.fee_cat_id", write=EXTENSION, listed=False
        ),
    ]


async def discounts_are_part_of_the_charge(call: Call, change: Change) -> None:
    for position, fee in enumerate(change.given.get("item_fees", ())):
        if fee.get("discount", 0) > fee["charge"]:
            raise refused(f"item_fees.{position}.discount", "must not be greater than the charge.")


ITEM_SORTS = ("item_id", "description", "item_code")

ITEM = Collection(
    name="item",
    tag="Item",
    noun="Item",
    row=ItemRow,
    table="item",
    id="item_id",
    key="items",
    single_name="ItemWithFees",
    links={"self": "/item/{item_id}"},
    filters={
        **dict(plain(name, "string") for name in ("item_code", "description")),
        **STAMPS,
        "archived": ARCHIVED,
    },
    listings=(
        Listing(
            id="listItems-Get",
            path="/item",
            summary="List Items",
            filters=("item_code", "description", "archived", "created", "updated"),
            sorts=ITEM_SORTS,
        ),
        Listing(
            id="listItemsByItemGroup-Get",
            path="/item_group/{item_group_id}/item",
            summary="List Items By Item Group",
            scope=Scope(
                param="item_group_id",
                parent=("item_group", "item_group_id"),
                link=Link("item_group_item", "item_id", "item_group_id"),
            ),
            filters=("item_code", "description"),
            sorts=ITEM_SORTS,
        ),
    ),
    reading=Reading(id="getItem-Get", path="/item/{item_id}", summary="Get Item"),
    plain_writes=True,
    rules=(discounts_are_part_of_the_charge,),
)


class ItemGroupRow(Row):
    tenant_id: Annotated[int, Column()]
    item_group_id: Annotated[int, Column()]
    description: Annotated[str, Column(write=EXTENSION, required=True, max_length=100)]
    archived: Annotated[bool, Flag()]
    item_ids: Annotated[
        list[int], IdList(table="item_group_item", parent="item_group_id", column="item_id", write=EXTENSION)
    ]


ITEM_GROUP = Collection(
    name="item_group",
    tag="Item Group",
    noun="Item Group",
    row=ItemGroupRow,
    table="item_group",
    id="item_group_id",
    key="item_groups",
    links={"self": "/item_group/{item_group_id}", "items": "/item_group/{item_group_id}/item"},
    filters={**dict([plain("description", "string")]), "archived": ARCHIVED},
    listings=(
        Listing(
            id="listItemGroups-Get",
            path="/item_group",
            summary="List Item Groups",
            filters=("description", "archived"),
            sorts=("item_group_id", "description"),
        ),
    ),
    reading=Reading(id="getItemGroup-Get", path="/item_group/{item_group_id}", summary="Get Item Group"),
    plain_writes=True,
)

COLLECTIONS = (ITEM, ITEM_GROUP)
