"""Appointment types: how long they last for whom, what they take, what they bill."""

from collections.abc import Sequence
from typing import Annotated, Any

from openprac.kernel.call import Call
from openprac.kernel.collection import (
    STAMPS,
    Change,
    Collection,
    Link,
    Listing,
    Reading,
    Scope,
)
from openprac.kernel.row import EXTENSION, Children, Column, Flag, IdList, Row
from openprac.kernel.rules import as_it_is, as_it_will_be, refused

DURATION_MAX_MINUTES = 24 * 60
WIDTH_MAX_COLUMNS = 20
GROUP_SIZE_MAX = 1000

DEFAULTS, OVERRIDES = "appointment_type_durations", "practitioner_appointment_type_durations"

Id = Annotated[int, Column(write=EXTENSION, required=True)]
Duration = Annotated[
    int,
    Column(write=EXTENSION, required=True, minimum=1, maximum=DURATION_MAX_MINUTES, number=True, meaning="Minutes"),
]
Width = Annotated[
    int,
    Column(
        write=EXTENSION, minimum=1, maximum=WIDTH_MAX_COLUMNS, number=True, meaning="Columns of the appointment book"
    ),
]
FeeCategory = Annotated[int | None, Column(write=EXTENSION, meaning="Null where all_fee_cats is not null")]
AllFeeCategories = Annotated[
    bool | None,
    Column(write=EXTENSION, meaning="Null where fee_cat_id is not null; a row given with neither is for all"),
]
HourlyBilling = Annotated[
    bool, Column(write=EXTENSION, meaning="The quantity billed follows the length of the appointment")
]
# What is billed is kept with the row; the published rows do not show it.
Item = Annotated[int | None, Column(write=EXTENSION, shown=False, meaning="Billed; null where item_group_id is not")]
ItemGroup = Annotated[int | None, Column(write=EXTENSION, shown=False, meaning="Billed; null where item_id is not")]


class AppointmentTypeDurationRow(Row):
    profession_id: Id
    duration: Duration
    width: Width
    fee_cat_id: FeeCategory
    all_fee_cats: AllFeeCategories
    hourly_billing: HourlyBilling
    item_id: Item
    item_group_id: ItemGroup


class PractitionerAppointmentTypeDurationRow(Row):
    practitioner_id: Id
    business_id: Id
    profession_id: Id
    duration: Duration
    width: Width
    fee_cat_id: FeeCategory
    all_fee_cats: AllFeeCategories
    hourly_billing: HourlyBilling
    item_id: Item
    item_group_id: ItemGroup


class AppointmentTypeRow(Row):
    tenant_id: Annotated[int, Column()]
    appointment_type_id: Annotated[int, Column()]
    description: Annotated[str, Column(write=EXTENSION, required=True, max_length=100)]
    short_description: Annotated[
        str, Column(write=EXTENSION, required=True, max_length=40, meaning="Label on the appointment book")
    ]
    archived: Annotated[bool, Flag()]
    group_appointment: Annotated[bool, Column(write=EXTENSION, meaning="A class of several patients")]
    group_max_size: Annotated[
        int, Column(write=EXTENSION, minimum=0, maximum=GROUP_SIZE_MAX, meaning="Patients; 0 when it is not a class")
    ]
    telehealth: Annotated[bool, Column(write=EXTENSION, meaning="Its appointments hold join links")]
    profession_id: Annotated[
        int | None, Column(shown=False, meaning="The lowest of its durations', which lists sort by")
    ]
    resource_ids: Annotated[
        list[int],
        IdList(
            table="appointment_type_resource",
            parent="appointment_type_id",
            column="resource_id",
            write=EXTENSION,
            shown=False,
            meaning="Default resources: what a booking takes",
        ),
    ]
    resource_mode: Annotated[
        str,
        Column(
            write=EXTENSION,
            shown=False,
            choices=("all", "any"),
            meaning="all: every default resource; any: one of them",
        ),
    ]
    appointment_type_durations: Annotated[
        list[object],
        Children(
            row=AppointmentTypeDurationRow,
            table="appointment_type_duration",
            parent="appointment_type_id",
            order="t.profession_id, t.fee_cat_id NULLS FIRST",
            write=EXTENSION,
            listed=False,
            meaning="Default lengths by profession and fee category",
        ),
    ]
    practitioner_appointment_type_durations: Annotated[
        list[object],
        Children(
            row=PractitionerAppointmentTypeDurationRow,
            table="practitioner_appointment_type_duration",
            parent="appointment_type_id",
            order="t.practitioner_id, t.business_id, t.profession_id, t.fee_cat_id NULLS FIRST",
            write=EXTENSION,
            listed=False,
            meaning="Lengths of single practitioners, which go before the defaults",
        ),
    ]


async def durations_are_for_one_fee_category_or_all(call: Call, change: Change) -> None:
    """Exactly one of fee_cat_id and all_fee_cats; the other is null. At most one of item and item group."""
    for name in (DEFAULTS, OVERRIDES):
        seen = set()
        for position, row in enumerate(change.given.get(name, ())):
            row.setdefault("fee_cat_id", None)
            # False is what a client may write for the null that is published.
            row["all_fee_cats"] = row.get("all_fee_cats", row["fee_cat_id"] is None) or None
            if (row["fee_cat_id"] is None) == (row["all_fee_cats"] is None):
                raise refused(f"{name}.{position}.fee_cat_id", "must be given, or all_fee_cats must be true; not both.")
            if row.get("item_id") is not None and row.get("item_group_id") is not None:
                raise refused(f"{name}.{position}.item_group_id", "must be null where item_id is given.")
            whose = tuple(row.get(one) for one in ("practitioner_id", "business_id", "profession_id", "fee_cat_id"))
            if whose in seen:
                raise refused(f"{name}.{position}.fee_cat_id", "is the same as in an earlier row.")
            seen.add(whose)


async def every_profession_has_a_default(call: Call, change: Change) -> None:
    """Every profession that performs a type needs a row of its own (help article 4317911), also beside overrides."""
    if change.kind == "delete" or not {DEFAULTS, OVERRIDES} & set(change.given):
        return
    will_be = await as_it_will_be(call, APPOINTMENT_TYPE, change)
    professions = _professions(will_be.get(DEFAULTS, ()))
    for position, row in enumerate(will_be.get(OVERRIDES, ())):
        if row["profession_id"] not in professions:
            raise refused(
                f"{OVERRIDES}.{position}.profession_id",
                f"must be a profession that {DEFAULTS} has a row for.",
            )
    change.given["profession_id"] = min(professions, default=None)


async def only_classes_have_a_size(call: Call, change: Change) -> None:
    if not {"group_appointment", "group_max_size"} & set(change.given):
        return
    before = await as_it_is(call, APPOINTMENT_TYPE, change.row_id) if change.row_id is not None else {}
    is_class = change.given.get("group_appointment", before.get("group_appointment", False))
    if not is_class:
        if change.given.setdefault("group_max_size", 0):
            raise refused("group_max_size", "must be 0 unless group_appointment is true.")
    elif not change.given.get("group_max_size", before.get("group_max_size", 0)):
        raise refused("group_max_size", "must be at least 1 when group_appointment is true.")


def _professions(rows: Sequence[dict[str, Any]]) -> set[int]:
    return {row["profession_id"] for row in rows}


TYPE_FILTERS = ("created", "archived", "updated")
TYPE_SORTS = ("appointment_type_id", "created", "updated", "archived", "profession_id")

APPOINTMENT_TYPE = Collection(
    name="appointment_type",
    tag="Appointment Type",
    noun="Appointment Type",
    row=AppointmentTypeRow,
    table="appointment_type",
    id="appointment_type_id",
    key="appointment_types",
    single_name="AppointmentTypeWithDurations",
    links={
        "self": "/appointment_type/{appointment_type_id}",
        "appointments": "/appointment_type/{appointment_type_id}/appointment",
        "resources": "/appointment_type/{appointment_type_id}/resource",
    },
    filters=STAMPS,
    listings=(
        Listing(
            id="listAppointmentTypes-Get",
            path="/appointment_type",
            summary="List Appointment Types",
            filters=TYPE_FILTERS,
            sorts=TYPE_SORTS,
        ),
        Listing(
            id="getProfessionAppointmentTypes-Get",
            path="/profession/{profession_id}/appointment_type",
            summary="Get Appointment Types by Profession",
            description="The types with a duration for the profession.",
            scope=Scope(
                param="profession_id",
                parent=("profession", "profession_id"),
                link=Link("appointment_type_duration", "appointment_type_id", "profession_id"),
            ),
            filters=TYPE_FILTERS,
            sorts=TYPE_SORTS,
        ),
    ),
    reading=Reading(
        id="getAppointmentType-Get", path="/appointment_type/{appointment_type_id}", summary="Get Appointment Type"
    ),
    plain_writes=True,
    rules=(
        durations_are_for_one_fee_category_or_all,
        every_profession_has_a_default,
        only_classes_have_a_size,
    ),
)

COLLECTIONS = (APPOINTMENT_TYPE,)
