"""The practice itself: businesses (sites), practitioners and their professions."""

from datetime import datetime, time
from typing import Annotated

from openprac.kernel.collection import STAMPS, Collection, Creation, Edition, Filter, Link, Listing, Reading, Scope
from openprac.kernel.row import EXTENSION, Children, Column, Flag, Row

Text = Annotated[str | None, Column(write=EXTENSION, max_length=255)]


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
    creations=(Creation(id="createBusiness-Post", path="/x/business", summary="Create Business", extension=True),),
    editions=(
        Edition(id="editBusiness-Patch", path="/x/business/{business_id}", summary="Edit Business", extension=True),
    ),
)


class PractitionerBusinessRow(Row):
    archive: Annotated[bool, Flag()]
    business_id: Annotated[int, Column(write=EXTENSION, required=True)]
    app_book_columns: Annotated[
        int, Column(write=EXTENSION, minimum=1, maximum=20, meaning="Columns of the appointment book")
    ]
    override_intervals: Annotated[
        int | None,
        Column(write=EXTENSION, minimum=5, maximum=240, meaning="Minutes; overrides the business's interval"),
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
    creations=(
        Creation(id="createPractitioner-Post", path="/x/practitioner", summary="Create Practitioner", extension=True),
    ),
    editions=(
        Edition(
            id="editPractitioner-Patch",
            path="/x/practitioner/{practitioner_id}",
            summary="Edit Practitioner",
            extension=True,
        ),
    ),
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
    creations=(
        Creation(id="createProfession-Post", path="/x/profession", summary="Create Profession", extension=True),
    ),
    editions=(
        Edition(
            id="editProfession-Patch", path="/x/profession/{profession_id}", summary="Edit Profession", extension=True
        ),
    ),
)

COLLECTIONS = (PRACTITIONER, BUSINESS, PROFESSION)
