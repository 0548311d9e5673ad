"""What goes out and what comes in, as pydantic models."""

import os
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

BASE_URL = os.environ["TYPICAL_BASE_URL"]
MARKETING = {1: "Soft Opt-In", 2: "Opt-In", 3: "Soft Opt-Out", 4: "Opt-Out"}

Text10 = Annotated[str, Field(max_length=10)]
Text20 = Annotated[str, Field(max_length=20)]
Text40 = Annotated[str, Field(min_length=1, max_length=40)]
Text100 = Annotated[str, Field(max_length=100)]
Marketing = Literal[1, 2, 3, 4]


class PatientLinks(BaseModel):
    self: str
    accounts: str
    appointments: str
    invoices: str
    patient_attachments: str
    patient_contacts: str
    patient_attachment_folders: str
    payments: str


class PatientOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    links: PatientLinks
    client_id: int
    first_name: str
    tenant_id: int
    title: str | None
    middle_name: str | None
    surname: str
    preferred_name: str | None
    date_of_birth: date | None
    email: str | None
    gender: str | None
    address_1: str | None
    address_2: str | None
    address_3: str | None
    address_4: str | None
    suburb: str | None
    address_state: str | None
    postcode: str | None
    country: str | None
    home_phone: str | None
    work_phone: str | None
    mobile: str | None
    fax: str | None
    file_no: str | None
    patient_notes: str | None
    patient_warnings: str | None
    fee_category: str | None
    health_fund: str | None
    health_fund_member_no: str | None
    pension_no: str | None
    pension_expiry: datetime | None
    worksafe_claim_no: str | None
    archive: bool
    occupation: str | None
    default_account_id: int | None
    medicare_no: str | None
    medicare_irn: str | None
    medicare_expiry: date | None
    medicare_claimant: bool | None
    dva_no: str | None
    dva_type: str | None
    health_fund_patient_id: int | None
    file_created: datetime
    medicare_claimants: str | None
    default_business: str | None
    default_practitioner: str | None
    referrer: str | None
    referrer_email: str | None
    referrer_organisation: str | None
    referrer_source: str | None
    referral_date: date | None
    medical_warnings: str | None
    reminders_notifications: str | None
    gp_name: str | None
    deceased: bool
    family_notes: str | None
    health_fund_card_issue_no: str | None
    covid_vaccination_status: str | None
    covid_vaccination_date: date | None
    ndis_number: str | None
    email_marketing: str
    sms_marketing: str
    sex: str | None
    pronouns: str | None
    default_phone_reminder: bool
    default_sms_reminder: bool
    default_email_reminder: bool
    default_sms_confirmation: bool
    default_email_confirmation: bool
    default_sms_follow_up: bool
    default_email_follow_up: bool


class PatientRow(PatientOut):
    row_num: int = 0
    total_rows: int = 0


class PatientList(BaseModel):
    clients: list[PatientRow]
    total_entries: int
    links: dict[str, str]


class PatientCreate(BaseModel):
    first_name: Text40
    surname: Text40
    date_of_birth: date | None = None
    address_1: Text100 | None = None
    suburb: Text100 | None = None
    address_state: Text100 | None = None
    country: Text100 | None = None
    postcode: Text10 | None = None
    email: Text100 | None = None
    gender: Text20 | None = None
    home_phone: Text20 | None = None
    mobile: Text20 | None = None
    preferred_phone: Literal[1, 3] | None = None
    fee_cat_id: int | None = None
    default_business_id: int | None = None
    default_practitioner_id: int | None = None
    default_sms_reminder: bool | None = None
    default_email_reminder: bool | None = None
    default_sms_confirmation: bool | None = None
    default_email_confirmation: bool | None = None
    default_sms_follow_up: bool | None = None
    default_email_follow_up: bool | None = None
    sms_marketing_type: Marketing | None = None
    email_marketing_type: Marketing | None = None
    timezone: Text100 | None = None
    sex_id: int | None = None
    pronoun_id: int | None = None
