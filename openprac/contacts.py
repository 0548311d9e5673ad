"""The people around a patient: next of kin, carers, case managers. A contact may be another file of the clinic."""

from typing import Annotated

from openprac.fields import Phone, Text
from openprac.kernel.collection import Collection, Creation, Deletion, Edition, Filter, Listing, Reading, plain
from openprac.kernel.row import EXTENSION, Column, Flag, Row
from openprac.payers import IS_ARCHIVED
from openprac.people import OF_PATIENT, dialled


class PatientContactRow(Row):
    tenant_id: Annotated[int, Column()]
    patient_contact_id: Annotated[int, Column()]
    client_id: Annotated[int, Column()]
    relationship: Annotated[str | None, Column(write=EXTENSION, max_length=100, meaning="For example Mother")]
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
    home_phone: Phone
    work_phone: Phone
    mobile: Phone
    email: Annotated[str | None, Column(write=EXTENSION, max_length=100, format="email")]
    notes: Annotated[str | None, Column(write=EXTENSION)]
    fax: Phone
    linked_client_id: Annotated[int | None, Column(write=EXTENSION, meaning="The patient this contact is")]
    linked_referrer_id: Annotated[int | None, Column(write=EXTENSION, meaning="The referrer this contact is")]
    linked_payer_id: Annotated[int | None, Column(write=EXTENSION, meaning="The payer this contact speaks for")]
    account_id: Annotated[int | None, Column(write=EXTENSION, meaning="The one account it is for; null: all of them")]
    # A text here, where the patient's body takes a code.
    preferred_phone: Annotated[str | None, Column(write=EXTENSION, max_length=20, meaning="For example Mobile")]
    archive: Annotated[bool, Flag()]


FILTERS = ("first_name", "surname", "email", "home_phone", "work_phone", "mobile", "fax", "phone", "archive")
SORTS = ("patient_contact_id", "first_name", "surname")

PATIENT_CONTACT = Collection(
    name="patient_contact",
    tag="Patient Contact",
    noun="Patient Contact",
    row=PatientContactRow,
    table="patient_contact",
    id="patient_contact_id",
    client="client_id",
    key="patient_contacts",
    personal=True,
    links={"self": "/patient_contact/{patient_contact_id}"},
    filters={
        "client_id": Filter(format="integer", columns=("client_id",)),
        **dict(
            plain(name, "string")
            for name in ("first_name", "surname", "email", "home_phone", "work_phone", "mobile", "fax")
        ),
        "phone": Filter(format="string", columns=("home_phone_key", "work_phone_key", "mobile_key"), fold=dialled),
        "archive": IS_ARCHIVED,
    },
    listings=(
        Listing(
            id="listPatientContacts-Get",
            path="/patient_contact",
            summary="List Patient Contacts",
            filters=("client_id", *FILTERS),
            sorts=SORTS,
            description="The filter phone looks at home, work and mobile numbers, as that of patients does.",
        ),
        Listing(
            id="listPatientContactsByPatient-Get",
            path="/patient/{client_id}/patient_contact",
            summary="List Patient Contacts By Patient",
            scope=OF_PATIENT,
            filters=FILTERS,
            sorts=SORTS,
        ),
    ),
    reading=Reading(
        id="getPatientContact-Get", path="/patient_contact/{patient_contact_id}", summary="Get Patient Contact"
    ),
    creations=(
        Creation(
            id="createPatientContact-Post",
            path="/x/patient/{client_id}/patient_contact",
            summary="Create Patient Contact",
            extension=True,
            scope=OF_PATIENT,
        ),
    ),
    editions=(
        Edition(
            id="editPatientContact-Patch",
            path="/x/patient_contact/{patient_contact_id}",
            summary="Edit Patient Contact",
            extension=True,
        ),
    ),
    deletions=(
        Deletion(
            id="deletePatientContact-Delete",
            path="/x/patient_contact/{patient_contact_id}",
            summary="Delete Patient Contact",
            extension=True,
        ),
    ),
)

COLLECTIONS = (PATIENT_CONTACT,)
