"""Practitioners: where they work, what they practise, under which provider numbers."""

from datetime import datetime
from typing import Annotated

from openprac.fields import Text
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
from openprac.kernel.row import EXTENSION, Children, Column, Flag, Row
from openprac.kernel.rules import refused


class PractitionerBusinessRow(Row):
    archive: Annotated[bool, Flag()]
    business_id: Annotated[int, Column(write=EXTENSION, required=True)]
    app_book_columns: Annotated[
        int, Column(write=EXTENSION, minimum=1, maximum=20, number=True, meaning="Columns of the appointment book")
    ]
    override_intervals: Annotated[
        int | None,
        Column(
            write=EXTENSION, minimum=5, maximum=240, number=True, meaning="Minutes; overrides the business's interval"
        ),
    ]


class PractitionerProfessionRow(Row):
    title: Annotated[str | None, Column(write=EXTENSION, max_length=100)]
    is_default: Annotated[bool, Column(write=EXTENSION)]
    profession_id: Annotated[int, Column(write=EXTENSION, required=True)]
    qualifications: Annotated[str | None, Column(write=EXTENSION, max_length=255)]


class PractitionerRow(Row):
    tenant_id: Annotated[int, Column()]
    practitioner_id: Annotated[int, Column()]
    title: Annotated[str | None, Column(write=EXTENSION, max_length=20)]
    first_name: Annotated[str, Column(write=EXTENSION, required=True, max_length=40)]
    surname: Annotated[str, Column(write=EXTENSION, required=True, max_length=40)]
    short_description: Annotated[str | None, Column(write=EXTENSION, max_length=40, meaning="Label on the book")]
    professional_title: Text
    qualifications: Text
    archive: Annotated[bool, Flag()]
    email: Annotated[str | None, Column(write=EXTENSION, max_length=100, format="email")]
    about_me: Annotated[str | None, Column(write=EXTENSION, max_length=4000)]
    telehealth_patient_link: Annotated[str | None, Column(write=EXTENSION, max_length=500, format="uri")]
    telehealth_practitioner_link: Annotated[str | None, Column(write=EXTENSION, max_length=500, format="uri")]
    created: Annotated[datetime, Column()]
    businesses: Annotated[
        list[object],
        Children(
            row=PractitionerBusinessRow,
            table="practitioner_business",
            parent="practitioner_id",
            order="t.business_id",
            write=EXTENSION,
        ),
    ]
    professions: Annotated[
        list[object],
        Children(
            row=PractitionerProfessionRow,
            table="practitioner_profession",
            parent="practitioner_id",
            order="t.is_default DESC, t.profession_id",
            write=EXTENSION,
        ),
    ]


WORKS_AT = Link("practitioner_business", "practitioner_id", "business_id", only="l.archived_at IS NULL")
PRACTISES = Link("practitioner_profession", "practitioner_id", "profession_id")
PRACTITIONER_SORTS = ("practitioner_id", "first_name", "surname", "created")


async def one_default_profession(call: Call, change: Change) -> None:
    """A practitioner with professions has exactly one default (help article 4181668). An only one is it by itself."""
    professions = change.given.get("professions")
    if not professions:
        return
    if len(professions) == 1:
        professions[0].setdefault("is_default", True)
    if sum(bool(one.get("is_default")) for one in professions) != 1:
        raise refused("professions", "must have is_default true for exactly one profession.")


PRACTITIONER = Collection(
    name="practitioner",
    tag="Practitioner",
    noun="Practitioner",
    row=PractitionerRow,
    table="practitioner",
    id="practitioner_id",
    key="practitioners",
    links={
        "self": "/practitioner/{practitioner_id}",
        "appointments": "/practitioner/{practitioner_id}/appointment",
        "practitioner_provider_numbers": "/practitioner/{practitioner_id}/practitioner_provider_number",
    },
    filters={
        **STAMPS,
        "profession_id": Filter(format="integer", link=PRACTISES),
        "business_id": Filter(format="integer", link=WORKS_AT),
    },
    listings=(
        Listing(
            id="listPractitioners-Get",
            path="/practitioner",
            summary="List Practitioners",
            filters=("created", "archived", "updated", "profession_id", "business_id"),
            sorts=PRACTITIONER_SORTS,
        ),
        Listing(
            id="listPractitionersFromBusiness-Get",
            path="/business/{business_id}/practitioner",
            summary="List Practitioners from Business",
            scope=Scope(param="business_id", parent=("business", "business_id"), link=WORKS_AT),
            filters=("created", "archived", "updated", "profession_id"),
            sorts=PRACTITIONER_SORTS,
        ),
        Listing(
            id="listPractitionersFromProfession-Get",
            path="/profession/{profession_id}/practitioner",
            summary="List Practitioners from Profession",
            scope=Scope(param="profession_id", parent=("profession", "profession_id"), link=PRACTISES),
            filters=("created", "archived", "updated", "business_id"),
            sorts=PRACTITIONER_SORTS,
        ),
    ),
    reading=Reading(id="getPractitioner-Get", path="/practitioner/{practitioner_id}", summary="Get Practitioner"),
    plain_writes=True,
    rules=(one_default_profession,),
)


class PractitionerProviderNumberRow(Row):
    tenant_id: Annotated[int, Column()]
    practitioner_provider_number_id: Annotated[int, Column()]
    practitioner_id: Annotated[int, Column(write=EXTENSION, required=True)]
    business_id: Annotated[int, Column(write=EXTENSION, required=True)]
    profession_id: Annotated[int, Column(write=EXTENSION, required=True)]
    provider_no: Annotated[str, Column(write=EXTENSION, required=True, max_length=40)]
    health_fund_id: Annotated[
        int | None, Column(write=EXTENSION, meaning="The number is used for this health fund's patients alone")
    ]
    fee_cat_id: Annotated[
        int | None, Column(write=EXTENSION, meaning="The number is used for patients of this fee category alone")
    ]


# The published pages name this resource and nothing of it: names and filters are reconstructed, and stand here alone.
PROVIDER_NUMBER_SORTS = ("practitioner_provider_number_id",)

PRACTITIONER_PROVIDER_NUMBER = Collection(
    name="practitioner_provider_number",
    tag="Practitioner Provider Number",
    noun="Practitioner Provider Number",
    row=PractitionerProviderNumberRow,
    table="practitioner_provider_number",
    id="practitioner_provider_number_id",
    key="practitioner_provider_numbers",
    links={"self": "/practitioner_provider_number/{practitioner_provider_number_id}"},
    filters={
        **dict(plain(name, "integer") for name in ("practitioner_id", "business_id", "profession_id")),
        "provider_no": Filter(format="string", columns=("provider_no",)),
    },
    listings=(
        Listing(
            id="listPractitionerProviderNumbers-Get",
            path="/practitioner_provider_number",
            summary="List Practitioner Provider Numbers",
            filters=("practitioner_id", "business_id", "profession_id", "provider_no"),
            sorts=PROVIDER_NUMBER_SORTS,
        ),
        Listing(
            id="listPractitionerProviderNumbersByPractitioner-Get",
            path="/practitioner/{practitioner_id}/practitioner_provider_number",
            summary="List Practitioner Provider Numbers by Practitioner",
            scope=Scope(param="practitioner_id", parent=("practitioner", "practitioner_id")),
            filters=("business_id", "profession_id", "provider_no"),
            sorts=PROVIDER_NUMBER_SORTS,
        ),
    ),
    reading=Reading(
        id="getPractitionerProviderNumber-Get",
        path="/practitioner_provider_number/{practitioner_provider_number_id}",
        summary="Get Practitioner Provider Number",
    ),
    plain_writes=True,
)

COLLECTIONS = (PRACTITIONER, PRACTITIONER_PROVIDER_NUMBER)
