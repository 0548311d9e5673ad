"""A patient's accounts: who is billed. Every patient has one default account, which cannot be removed."""

from datetime import date
from typing import Annotated

from openprac.errors import Conflict
from openprac.fields import Text
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
from openprac.kernel.row import EXTENSION, Column, Flag, Row
from openprac.payers import OF_PAYER
from openprac.people import DIALLED_PHONE, OF_PATIENT


class PatientAccountRow(Row):
    tenant_id: Annotated[int, Column()]
    account_id: Annotated[int, Column()]
    client_id: Annotated[int, Column()]
    archive: Annotated[bool, Flag()]
    bill_3rd_party: Annotated[bool, Column(write=EXTENSION)]
    short_description: Annotated[
        str, Column(write=EXTENSION, required=True, max_length=100, meaning="The account's name, for example PRIMARY")
    ]
    billing_name: Text
    email: Annotated[str | None, Column(write=EXTENSION, max_length=100, format="email")]
    contact_name: Text
    acc_no: Text
    claim_number: Text
    employer_name: Text
    injury: Text
    date_of_injury: Annotated[date | None, Column(write=EXTENSION)]
    hospital: Text
    fee_cat_id: Annotated[int | None, Column(write=EXTENSION, meaning="Overrides the patient's fee category")]
    client_no: Text
    address_1: Text
    address_2: Text
    address_3: Text
    address_4: Text
    suburb: Text
    address_state: Text
    postcode: Text
    country: Text
    phone: Text
    fax: Text
    notes: Annotated[str | None, Column(write=EXTENSION)]
    payer_id: Annotated[int | None, Column(write=EXTENSION, meaning="Who is billed, where a third party is")]
    payer_contact_id: Annotated[int | None, Column(write=EXTENSION, meaning="One of that payer's contacts")]
    custom_field_name: Text
    custom_field_value: Text
    bill_family: Annotated[bool, Column(write=EXTENSION)]
    referrer_id: Annotated[
        int | None,
        Column(write=EXTENSION, shown=False, meaning="Who referred the patient, for the claims of this account"),
    ]


FILTERS = ("created", "updated", "email", "phone", "short_description")
SORTS = ("client_id", "account_id")

ACCOUNTS_SQL = """
SELECT p.default_account_id, (SELECT count(*) FROM patient_account a WHERE a.tenant_id = p.tenant_id
                                                                     AND a.client_id = p.client_id) AS accounts
  FROM patient p WHERE p.tenant_id = $1 AND p.client_id = $2 FOR NO KEY UPDATE OF p"""


async def keep_a_default_account(call: Call, change: Change) -> None:
    """The default account stays, and with it the last one (help article 5987424). Raises Conflict.

    Money on it is a matter of foreign keys. The patient's row is locked: nobody names a new default meanwhile.
    """
    if change.kind != "delete":
        return
    patient = await call.connection.fetchrow(ACCOUNTS_SQL, call.caller.tenant_id, call.id_of("client_id"))
    if patient["accounts"] == 1:
        raise Conflict(
            "LAST_ACCOUNT", "This is the patient's only account and cannot be removed: add another one first."
        )
    if patient["default_account_id"] == change.row_id:
        raise Conflict(
            "DEFAULT_ACCOUNT",
            "This is the patient's default account and cannot be removed: set default_account_id to another one first.",
        )


PATIENT_ACCOUNT = Collection(
    name="patient_account",
    tag="Patient Account",
    noun="Patient Account",
    row=PatientAccountRow,
    table="patient_account",
    id="account_id",
    client="client_id",
    key="accounts",
    personal=True,
    links={
        "self": "/patient/{client_id}/account/{account_id}",
        "invoices": "/patient/{client_id}/account/{account_id}/invoice",
        "payments": "/patient/{client_id}/account/{account_id}/payment",
    },
    filters={
        "created": STAMPS["created"],
        "updated": STAMPS["updated"],
        **dict(plain(name, "string") for name in ("email", "short_description")),
        "phone": DIALLED_PHONE,
    },
    listings=(
        Listing(
            id="listAccountsForPatient-Get",
            path="/patient/{client_id}/account",
            summary="List Accounts for a Patient",
            scope=OF_PATIENT,
            filters=FILTERS,
            sorts=SORTS,
        ),
        Listing(
            id="listAccountsForPayer-Get",
            path="/payer/{payer_id}/account",
            summary="List Accounts for a Payer",
            scope=OF_PAYER,
            filters=FILTERS,
            sorts=SORTS,
        ),
    ),
    reading=Reading(
        id="getPatientAccount-Get",
        path="/patient/{client_id}/account/{account_id}",
        summary="Get Patient Account",
        scope=OF_PATIENT,
    ),
    creations=(
        Creation(
            id="createPatientAccount-Post",
            path="/x/patient/{client_id}/account",
            summary="Create Patient Account",
            extension=True,
            scope=OF_PATIENT,
        ),
    ),
    editions=(
        Edition(
            id="editPatientAccount-Patch",
            path="/x/patient/{client_id}/account/{account_id}",
            summary="Edit Patient Account",
            extension=True,
            scope=OF_PATIENT,
        ),
    ),
    deletions=(
        Deletion(
            id="deletePatientAccount-Delete",
            path="/x/patient/{client_id}/account/{account_id}",
            summary="Delete Patient Account",
            description="Refused while it is the patient's default account, the only one, or used.",
            extension=True,
            scope=OF_PATIENT,
        ),
    ),
    rules=(keep_a_default_account,),
)

COLLECTIONS = (PATIENT_ACCOUNT,)
