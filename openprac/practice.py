"""The practice itself: its businesses (sites) and its professions."""

from datetime import time
from typing import Annotated

from openprac.fields import Text
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
from openprac.kernel.row import EXTENSION, Column, Flag, Row
from openprac.kernel.rules import as_it_will_be, refused

INTERVALS_MINUTES = (5, 10, 15, 20, 30, 60)
"""Steps of the appointment book (help article 4181612)."""

ISO_WEEKDAYS = range(1, 8)


class BusinessRow(Row):
    tenant_id: Annotated[int, Column()]
    business_id: Annotated[int, Column()]
    business_name: Annotated[str, Column(write=EXTENSION, required=True, max_length=255)]
    display_name: Annotated[
        str, Column(write=EXTENSION, required=True, max_length=100, meaning="Short name used in the program")
    ]
    address_1: Text
    address_2: Text
    address_3: Text
    address_4: Text
    suburb: Text
    address_state: Text
    postcode: Text
    country: Text
    archive: Annotated[bool, Flag()]
    phone: Text
    fax: Text
    email: Annotated[str | None, Column(write=EXTENSION, max_length=100, format="email")]
    website: Annotated[str | None, Column(write=EXTENSION, max_length=255, format="uri")]
    appointment_start_time: Annotated[
        time | None, Column(write=EXTENSION, meaning="First moment of the appointment book, clinic's wall clock")
    ]
    appointment_end_time: Annotated[
        time | None, Column(write=EXTENSION, meaning="Last moment of the appointment book, clinic's wall clock")
    ]
    registration_number: Text
    registration_type: Annotated[str | None, Column(write=EXTENSION, max_length=40, meaning="ABN, ACN ...")]
    short_description: Text
    ndis_registration_number: Text
    interval_minutes: Annotated[
        int, Column(write=EXTENSION, shown=False, choices=INTERVALS_MINUTES, meaning="Step of the appointment book")
    ]
    work_week: Annotated[
        list[int], Column(write=EXTENSION, shown=False, meaning="Weekdays it opens on: 1 Monday to 7 Sunday")
    ]


async def hours_and_week_make_sense(call: Call, change: Change) -> None:
    if not set(change.given.get("work_week", ())) <= set(ISO_WEEKDAYS):
        raise refused("work_week", "must hold weekdays from 1 (Monday) to 7 (Sunday).")
    if {"appointment_start_time", "appointment_end_time"} & set(change.given):
        business = await as_it_will_be(call, BUSINESS, change)
        start, end = business.get("appointment_start_time"), business.get("appointment_end_time")
        if start and end and end <= start:
            raise refused("appointment_end_time", "must be later than appointment_start_time.")


BUSINESS = Collection(
    name="business",
    tag="Business",
    noun="Business",
    row=BusinessRow,
    table="business",
    id="business_id",
    key="businesses",
    links={"self": "/business/{business_id}", "appointments": "/business/{business_id}/appointment"},
    filters=STAMPS,
    listings=(
        Listing(
            id="listBusinesses-Get",
            path="/business",
            summary="List Businesses",
            filters=("created", "archived", "updated"),
            sorts=("business_id", "business_name", "display_name"),
        ),
    ),
    reading=Reading(id="getBusiness-Get", path="/business/{business_id}", summary="Get Business"),
    plain_writes=True,
    rules=(hours_and_week_make_sense,),
)


class ProfessionRow(Row):
    tenant_id: Annotated[int, Column()]
    profession_id: Annotated[int, Column()]
    description: Annotated[str, Column(write=EXTENSION, required=True, max_length=100)]
    default_title: Annotated[
        str | None, Column(write=EXTENSION, max_length=100, meaning="Professional title offered to practitioners")
    ]
    archived: Annotated[bool, Flag()]


PROFESSION = Collection(
    name="profession",
    tag="Profession",
    noun="Profession",
    row=ProfessionRow,
    table="profession",
    id="profession_id",
    key="professions",
    # Singular link names, as published.
    links={
        "self": "/profession/{profession_id}",
        "appointment": "/profession/{profession_id}/appointment",
        "appointment_type": "/profession/{profession_id}/appointment_type",
    },
    filters=STAMPS,
    listings=(
        Listing(
            id="listProfessions-Get",
            path="/profession",
            summary="List Professions",
            filters=("created", "archived", "updated"),
            sorts=("profession_id", "description"),
        ),
        Listing(
            id="listProfessionsFromPractitioner-Get",
            path="/practitioner/{practitioner_id}/profession",
            summary="List Professions by Practitioner",
            scope=Scope(
                param="practitioner_id",
                parent=("practitioner", "practitioner_id"),
                link=Link("practitioner_profession", "profession_id", "practitioner_id"),
                missing_is_404=True,
            ),
            filters=("created", "archived", "updated"),
            sorts=("created", "updated", "archived"),
        ),
    ),
    reading=Reading(id="getProfession-Get", path="/profession/{profession_id}", summary="Get Profession"),
    plain_writes=True,
)

COLLECTIONS = (BUSINESS, PROFESSION)
