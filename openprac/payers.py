"""Who is billed instead of the patient: third-party payers, their contacts, and health funds."""

from typing import Annotated

from openprac.fields import Phone, Text
from openprac.kernel.collection import (
    Collection,
    Creation,
    Deletion,
    Edition,
    Filter,
    Listing,
    Reading,
    Scope,
    plain,
)
from openprac.kernel.row import EXTENSION, Column, Flag, Row
from openprac.people import DIALLED_PHONE, dialled

DESCRIPTION_MAX_CHARACTERS = 255

Notes = Annotated[str | None, Column(write=EXTENSION)]

IS_ARCHIVED = Filter(format="boolean", expression="(t.archived_at IS NOT NULL)")


class PayerRow(Row):
    tenant_id: Annotated[int, Column()]
    payer_id: Annotated[int, Column()]
    archive: Annotated[bool, Flag()]
    description: Annotated[
        str, Column(write=EXTENSION, required=True, max_length=DESCRIPTION_MAX_CHARACTERS, meaning="Name")
    ]
    address_1: Text
    address_2: Text
    address_3: Text
    address_4: Text
    suburb: Text
    address_state: Text
    postcode: Text
    country: Text
    phone: Phone
    fax: Phone
    # No format: the product keeps several addresses here, with commas between them (help article 12697606).
    email: Annotated[str | None, Column(write=EXTENSION, max_length=255, meaning="One address, or several with commas")]
    notes: Notes
    website: Annotated[str | None, Column(write=EXTENSION, max_length=255, format="uri")]
    open_invoicing: Annotated[
        bool | None, Column(write=EXTENSION, shown=False, meaning="For its accounts; null: as the clinic has it")
    ]


PAYER = Collection(
    name="payer",
    tag="Payer",
    noun="Payer",
    row=PayerRow,
    table="payer",
    id="payer_id",
    key="payers",
    links={
        "self": "/payer/{payer_id}",
        "accounts": "/payer/{payer_id}/account",
        "payer_contacts": "/payer/{payer_id}/payer_contact",
    },
    filters={
        **dict(plain(name, "string") for name in ("description", "email")),
        "phone": DIALLED_PHONE,
        "archive": IS_ARCHIVED,
    },
    listings=(
        Listing(
            id="listPayers-Get",
            path="/payer",
            summary="List Payers",
            filters=("description", "email", "phone", "archive"),
            sorts=("payer_id", "description"),
        ),
    ),
    reading=Reading(id="getPayer-Get", path="/payer/{payer_id}", summary="Get Payer", meta=True),
    plain_writes=True,
    removal="Delete",
)


class PayerContactRow(Row):
    tenant_id: Annotated[int, Column()]
    payer_contact_id: Annotated[int, Column()]
    payer_id: Annotated[int, Column()]
    archive: Annotated[bool, Flag()]
    title: Annotated[str | None, Column(write=EXTENSION, max_length=20)]
    first_name: Annotated[str | None, Column(write=EXTENSION, required=True, max_length=40)]
    surname: Annotated[str | None, Column(write=EXTENSION, max_length=40)]
    address_1: Text
    address_2: Text
    address_3: Text
    address_4: Text
    suburb: Text
    address_state: Text
    postcode: Text
    country: Text
    phone: Phone
    home_phone: Phone
    work_phone: Phone
    mobile: Phone
    email: Annotated[str | None, Column(write=EXTENSION, max_length=100, format="email")]
    notes: Notes
    job_title: Text
    primary_contact: Annotated[bool, Column(write=EXTENSION)]


OF_PAYER = Scope(param="payer_id", parent=("payer", "payer_id"))
CONTACT_FILTERS = ("first_name", "surname", "email", "home_phone", "work_phone", "mobile", "phone", "archive")
CONTACT_SORTS = ("payer_contact_id", "first_name", "surname")

PAYER_CONTACT = Collection(
    name="payer_contact",
    tag="Payer Contact",
    noun="Payer Contact",
    row=PayerContactRow,
    table="payer_contact",
    id="payer_contact_id",
    key="payer_contacts",
    links={"self": "/payer_contact/{payer_contact_id}"},
    filters={
        "payer_id": Filter(format="integer", columns=("payer_id",)),
        **dict(
            plain(name, "string") for name in ("first_name", "surname", "email", "home_phone", "work_phone", "mobile")
        ),
        "phone": Filter(
            format="string", columns=("phone_key", "home_phone_key", "work_phone_key", "mobile_key"), fold=dialled
        ),
        "archive": IS_ARCHIVED,
    },
    listings=(
        Listing(
            id="listPayerContacts-Get",
            path="/payer_contact",
            summary="List Payer Contacts",
            filters=("payer_id", *CONTACT_FILTERS),
            sorts=CONTACT_SORTS,
            description="The filter phone looks at all four numbers, as that of patients does.",
        ),
        Listing(
            id="listPayerContactsByPayer-Get",
            path="/payer/{payer_id}/payer_contact",
            summary="List Payer Contacts by Payer",
            scope=OF_PAYER,
            filters=CONTACT_FILTERS,
            sorts=CONTACT_SORTS,
        ),
    ),
    reading=Reading(
        id="getPayerContact-Get", path="/payer_contact/{payer_contact_id}", summary="Get Payer Contact", meta=True
    ),
    creations=(
        Creation(
            id="createPayerContact-Post",
            path="/x/payer/{payer_id}/payer_contact",
            summary="Create Payer Contact",
            extension=True,
            scope=OF_PAYER,
        ),
    ),
    editions=(
        Edition(
            id="editPayerContact-Patch",
            path="/x/payer_contact/{payer_contact_id}",
            summary="Edit Payer Contact",
            extension=True,
        ),
    ),
    deletions=(
        Deletion(
            id="deletePayerContact-Delete",
            path="/x/payer_contact/{payer_contact_id}",
            summary="Delete Payer Contact",
            extension=True,
        ),
    ),
)


class HealthFundRow(Row):
    tenant_id: Annotated[int, Column()]
    health_fund_id: Annotated[int, Column()]
    description: Annotated[str, Column(write=EXTENSION, required=True, max_length=DESCRIPTION_MAX_CHARACTERS)]
    archived: Annotated[bool, Flag()]


HEALTH_FUND = Collection(
    name="health_fund",
    tag="Health Fund",
    noun="Health Fund",
    row=HealthFundRow,
    table="health_fund",
    id="health_fund_id",
    key="health_funds",
    links={"self": "/health_fund/{health_fund_id}"},
    filters=dict([plain("description", "string")]),
    listings=(
        Listing(
            id="listHealthFunds-Get",
            path="/health_fund",
            summary="List Health Funds",
            filters=("description",),
            sorts=("health_fund_id", "description"),
        ),
    ),
    reading=Reading(id="getHealthFund-Get", path="/health_fund/{health_fund_id}", summary="Get Health Fund"),
    plain_writes=True,
    removal="Delete",
)

COLLECTIONS = (PAYER, PAYER_CONTACT, HEALTH_FUND)
