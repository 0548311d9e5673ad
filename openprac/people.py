"""Patients: what a file holds and what may be written of it.

The product says patient, the API and its tables say client (client_id, list key `clients`); published names stay.
"""

from datetime import date, datetime
from typing import Annotated

import msgspec

from openprac.fields import Text
from openprac.kernel.call import Call
from openprac.kernel.collection import (
    STAMPS,
    Change,
    Collection,
    Creation,
    Edition,
    Filter,
    Listing,
    Reading,
    Scope,
    plain,
)
from openprac.kernel.row import EXTENSION, PUBLISHED, Column, Flag, Join, Row, Shown
from openprac.kernel.rules import refused
from openprac.notes.fields import html

MARKETING = ("Soft Opt-In", "Opt-In", "Soft Opt-Out", "Opt-Out")
"""Codes 1 to 4. Soft: the practice decided; otherwise the patient did."""

MARKETING_SQL = "(ARRAY['" + "','".join(MARKETING) + "'])[{t}.%s]"


def claimants(text: str) -> str:
    """The text itself, if it is the JSON of an array of objects. Raises ValueError."""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError("must be the JSON text of an array of objects.")
    return text


Html = Annotated[str | None, Column(write=EXTENSION, clean=html, meaning="HTML, as in clinical memos")]
Published100 = Annotated[str | None, Column(write=PUBLISHED, max_length=100)]
Reminder = Annotated[bool, Column(write=PUBLISHED)]

FEE_CATEGORY = Join("fee_category", "fc", "fee_cat_id", "fee_cat_id")
DEFAULT_BUSINESS = Join("business", "db", "default_business_id", "business_id")
DEFAULT_PRACTITIONER = Join("practitioner", "dp", "default_practitioner_id", "practitioner_id")
SEX = Join("sex", "sx", "sex_id", "sex_id")
PRONOUN = Join("pronoun", "pn", "pronoun_id", "pronoun_id")

FIRST_ACTIVE_PRACTITIONER = (
    "SELECT practitioner_id FROM practitioner WHERE tenant_id = $tenant AND archived_at IS NULL "
    "ORDER BY practitioner_id LIMIT 1"
)
WHERE_THAT_PRACTITIONER_WORKS = (
    "SELECT business_id FROM practitioner_business WHERE tenant_id = $tenant AND archived_at IS NULL "
    "AND practitioner_id = {default_practitioner_id} ORDER BY business_id LIMIT 1"
)
TENANT_DEFAULT = "SELECT %s FROM tenant WHERE tenant_id = $tenant"


class PatientRow(Row):
    client_id: Annotated[int, Column()]
    first_name: Annotated[str, Column(write=PUBLISHED, required=True, max_length=40)]
    tenant_id: Annotated[int, Column()]
    title: Annotated[str | None, Column(write=EXTENSION, max_length=20)]
    middle_name: Annotated[str | None, Column(write=EXTENSION, max_length=40)]
    surname: Annotated[str, Column(write=PUBLISHED, required=True, max_length=40)]
    preferred_name: Annotated[str | None, Column(write=EXTENSION, max_length=40)]
    date_of_birth: Annotated[date | None, Column(write=PUBLISHED)]
    email: Annotated[str | None, Column(write=PUBLISHED, max_length=100, format="email")]
    gender: Annotated[str | None, Column(write=PUBLISHED, max_length=20)]
    address_1: Published100
    address_2: Text
    address_3: Text
    address_4: Text
    suburb: Published100
    address_state: Published100
    postcode: Annotated[str | None, Column(write=PUBLISHED, max_length=10)]
    country: Published100
    home_phone: Annotated[str | None, Column(write=PUBLISHED, max_length=20)]
    work_phone: Annotated[str | None, Column(write=EXTENSION, max_length=20)]
    mobile: Annotated[str | None, Column(write=PUBLISHED, max_length=20)]
    fax: Annotated[str | None, Column(write=EXTENSION, max_length=20)]
    file_no: Annotated[str | None, Column(write=EXTENSION, max_length=40)]
    patient_notes: Annotated[str | None, Column(write=EXTENSION)]
    patient_warnings: Annotated[str | None, Column(write=EXTENSION)]
    fee_category: Annotated[str | None, Shown(sql="fc.description", joins=(FEE_CATEGORY,))]
    health_fund: Text
    health_fund_member_no: Text
    pension_no: Text
    pension_expiry: Annotated[datetime | None, Column(write=EXTENSION)]
    worksafe_claim_no: Text
    archive: Annotated[bool, Flag()]
    occupation: Text
    default_account_id: Annotated[
        int,
        Column(
            write=EXTENSION,
            default="nextval('patient_account_account_id_seq')",
            meaning="One of the patient's own accounts; it follows from the first one when the file is made",
        ),
    ]
    medicare_no: Text
    medicare_irn: Text
    medicare_expiry: Annotated[date | None, Column(write=EXTENSION)]
    medicare_claimant: Annotated[bool | None, Column(write=EXTENSION)]
    dva_no: Text
    dva_type: Text
    health_fund_patient_id: Annotated[int | None, Column(write=EXTENSION)]
    file_created: Annotated[datetime, Column(name="created")]
    medicare_claimants: Annotated[
        str | None, Column(write=EXTENSION, clean=claimants, meaning="JSON text of an array of claimant objects")
    ]
    default_business: Annotated[str | None, Shown(sql="db.display_name", joins=(DEFAULT_BUSINESS,))]
    default_practitioner: Annotated[
        str | None, Shown(sql="dp.first_name || ' ' || dp.surname", joins=(DEFAULT_PRACTITIONER,))
    ]
    referrer: Text
    referrer_email: Annotated[str | None, Column(write=EXTENSION, max_length=100, format="email")]
    referrer_organisation: Text
    referrer_source: Text
    referral_date: Annotated[date | None, Column(write=EXTENSION)]
    medical_warnings: Html
    reminders_notifications: Html
    gp_name: Text
    deceased: Annotated[bool, Column(write=EXTENSION)]
    family_notes: Annotated[str | None, Column(write=EXTENSION)]
    health_fund_card_issue_no: Text
    covid_vaccination_status: Text
    covid_vaccination_date: Annotated[date | None, Column(write=EXTENSION)]
    ndis_number: Text
    email_marketing: Annotated[str, Shown(sql=MARKETING_SQL % "email_marketing_type", choices=MARKETING)]
    sms_marketing: Annotated[str, Shown(sql=MARKETING_SQL % "sms_marketing_type", choices=MARKETING)]
    sex: Annotated[str | None, Shown(sql="sx.description", joins=(SEX,))]
    pronouns: Annotated[str | None, Shown(sql="pn.description", joins=(PRONOUN,))]
    default_phone_reminder: Annotated[bool, Column(write=EXTENSION)]
    default_sms_reminder: Reminder
    default_email_reminder: Reminder
    default_sms_confirmation: Reminder
    default_email_confirmation: Reminder
    default_sms_follow_up: Reminder
    default_email_follow_up: Reminder
    # Written, but shown by extension answers only: the published object gives names where the bodies take ids.
    preferred_phone: Annotated[
        int | None, Column(write=PUBLISHED, shown=False, choices=(1, 3), meaning="1 home phone, 3 mobile")
    ]
    fee_cat_id: Annotated[int | None, Column(write=PUBLISHED, shown=False)]
    default_practitioner_id: Annotated[
        int | None, Column(write=PUBLISHED, shown=False, default=FIRST_ACTIVE_PRACTITIONER)
    ]
    default_business_id: Annotated[
        int | None, Column(write=PUBLISHED, shown=False, default=WHERE_THAT_PRACTITIONER_WORKS)
    ]
    sms_marketing_type: Annotated[
        int,
        Column(
            write=PUBLISHED, shown=False, choices=(1, 2, 3, 4), default=TENANT_DEFAULT % "default_sms_marketing_type"
        ),
    ]
    email_marketing_type: Annotated[
        int,
        Column(
            write=PUBLISHED, shown=False, choices=(1, 2, 3, 4), default=TENANT_DEFAULT % "default_email_marketing_type"
        ),
    ]
    timezone: Annotated[str | None, Column(write=PUBLISHED, shown=False, format="time_zone")]
    sex_id: Annotated[int | None, Column(write=PUBLISHED, shown=False)]
    pronoun_id: Annotated[int | None, Column(write=PUBLISHED, shown=False)]


async def get_an_account_first(call: Call, change: Change) -> None:
    """A file that is being made has no account to name: it gets its own. Raises InvalidBody."""
    if change.kind == "create" and "default_account_id" in change.given:
        raise refused("default_account_id", "cannot be given here: a new patient gets an account of its own.")


STATUS_CODES = {
    1: ("Active", "t.archived_at IS NULL"),
    2: ("Inactive", "t.archived_at IS NOT NULL"),
    3: ("All", "true"),
    4: ("Inactive (excl deceased)", "t.archived_at IS NOT NULL AND NOT t.deceased"),
    5: ("All (excl deceased)", "NOT t.deceased"),
    6: ("Deceased", "t.deceased"),
}


def _marketing(column: str) -> Filter:
    return Filter(
        format="integer", codes={code: (name, f"t.{column} = {code}") for code, name in enumerate(MARKETING, 1)}
    )


def dialled(text: str) -> str:
    """A number as it is dialled: without what people put between the digits (the same as the stored *_key columns)."""
    return text.translate(str.maketrans("", "", " ()-./"))


# For the short lists of resources with one number, where a stored key would be too much.
DIALLED_PHONE = Filter(format="string", expression="translate(t.phone, ' ()-./', '')", fold=dialled)

OF_PATIENT = Scope(param="client_id", parent=("patient", "client_id"))

# Every new patient gets an account named PRIMARY, meant for private billing (help article 6311974).
PRIMARY_ACCOUNT = (
    "INSERT INTO patient_account (tenant_id, account_id, client_id, short_description) "
    "SELECT tenant_id, default_account_id, client_id, 'PRIMARY' FROM new"
)

# A name no patient of the clinic has had before, under its tokens: what searches by name look in.
NEW_NAMES = (
    "INSERT INTO patient_name (tenant_id, token, name) SELECT n.tenant_id, token, n.name FROM ("
    "SELECT DISTINCT new.tenant_id, one.name FROM new, unnest(ARRAY[first_name, surname, preferred_name]) one(name) "
    "WHERE one.name IS NOT NULL AND NOT EXISTS (SELECT 1 FROM patient_name known "
    "WHERE known.tenant_id = new.tenant_id AND known.token = '' AND known.name = one.name) OFFSET 0) n, "
    "patient_name_tokens(n.name) token ORDER BY n.name, token ON CONFLICT DO NOTHING"
)


def _name(column: str) -> Filter:
    return Filter(format="string", columns=(column,), vocabulary="patient_name")


PATIENT = Collection(
    name="patient",
    tag="Patient",
    noun="Patient",
    row=PatientRow,
    table="patient",
    id="client_id",
    client="client_id",
    key="clients",
    personal=True,
    links={
        "self": "/patient/{client_id}",
        "accounts": "/patient/{client_id}/account",
        "appointments": "/patient/{client_id}/appointment",
        "invoices": "/patient/{client_id}/invoice",
        "patient_attachments": "/patient/{client_id}/patient_attachment",
        "patient_contacts": "/patient/{client_id}/patient_contact",
        "patient_attachment_folders": "/patient/{client_id}/patient_attachment_folder",
        "payments": "/patient/{client_id}/payment",
    },
    columns={"file_created": "created"},
    filters={
        **{name: _name(name) for name in ("first_name", "surname", "preferred_name")},
        **dict(plain(name, "string") for name in ("email", "home_phone", "work_phone", "mobile")),
        "phone": Filter(format="string", columns=("home_phone_key", "work_phone_key", "mobile_key"), fold=dialled),
        "date_of_birth": Filter(format="date", columns=("date_of_birth",)),
        "file_created": STAMPS["created"],
        "archived": STAMPS["archived"],
        "updated": STAMPS["updated"],
        "status": Filter(format="integer", codes=STATUS_CODES),
        "email_marketing_type": _marketing("email_marketing_type"),
        "sms_marketing_type": _marketing("sms_marketing_type"),
    },
    listings=(
        Listing(
            id="listPatients-Get",
            path="/patient",
            summary="List Patients",
            filters=(
                "first_name",
                "surname",
                "file_created",
                "date_of_birth",
                "preferred_name",
                "email",
                "archived",
                "updated",
                "home_phone",
                "work_phone",
                "mobile",
                "phone",
                "status",
                "email_marketing_type",
                "sms_marketing_type",
            ),
            sorts=("client_id", "first_name", "surname", "file_created"),
            description="Active and inactive files alike unless filtered by status. The filter phone looks at home, "
            "work and mobile numbers and passes over spaces, brackets, dots, slashes and hyphens.",
        ),
    ),
    creations=(
        Creation(
            id="createPatient-Post",
            path="/patient",
            summary="Create Patient",
            description="Without default_practitioner_id the first active practitioner of the practice is taken. "
            "The new file gets an account named PRIMARY, its default.",
        ),
        Creation(id="createPatientExtended-Post", path="/x/patient", summary="Create Patient", extension=True),
    ),
    reading=Reading(id="getPatient-Get", path="/patient/{client_id}", summary="Get Patient"),
    editions=(
        Edition(id="editPatient-Patch", path="/patient/{client_id}", summary="Edit Patient"),
        Edition(id="editPatientExtended-Patch", path="/x/patient/{client_id}", summary="Edit Patient", extension=True),
    ),
    companions=(PRIMARY_ACCOUNT,),
    followers=(NEW_NAMES,),
    rules=(get_an_account_first,),
)


COLLECTIONS = (PATIENT,)
