"""The tables of openprac as ORM classes, as far as the three operations touch them."""

from datetime import date, datetime

from sqlalchemy import ARRAY, BigInteger, DateTime, FetchedValue, ForeignKey, Identity, LargeBinary, SmallInteger, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bench.typical.schemas import BASE_URL, MARKETING


class Base(DeclarativeBase):
    type_annotation_map = {int: BigInteger, str: Text, datetime: DateTime(timezone=True)}


class Tenant(Base):
    __tablename__ = "tenant"
    tenant_id: Mapped[int] = mapped_column(primary_key=True)
    default_sms_marketing_type: Mapped[int] = mapped_column(SmallInteger)
    default_email_marketing_type: Mapped[int] = mapped_column(SmallInteger)
    suspended_at: Mapped[datetime | None]


class Vendor(Base):
    __tablename__ = "vendor"
    vendor_id: Mapped[int] = mapped_column(primary_key=True)
    revoked_at: Mapped[datetime | None]


class VendorKey(Base):
    __tablename__ = "vendor_key"
    vendor_key_id: Mapped[int] = mapped_column(primary_key=True)
    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.vendor_id"))
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AccountKey(Base):
    __tablename__ = "account_key"
    account_key_id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.tenant_id"))
    vendor_id: Mapped[int | None]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Sex(Base):
    __tablename__ = "sex"
    tenant_id: Mapped[int] = mapped_column(primary_key=True)
    sex_id: Mapped[int] = mapped_column(primary_key=True)
    description: Mapped[str]


class Pronoun(Base):
    __tablename__ = "pronoun"
    tenant_id: Mapped[int] = mapped_column(primary_key=True)
    pronoun_id: Mapped[int] = mapped_column(primary_key=True)
    description: Mapped[str]


class FeeCategory(Base):
    __tablename__ = "fee_category"
    tenant_id: Mapped[int] = mapped_column(primary_key=True)
    fee_cat_id: Mapped[int] = mapped_column(primary_key=True)
    description: Mapped[str]


class Business(Base):
    __tablename__ = "business"
    tenant_id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(primary_key=True)
    business_name: Mapped[str]
    display_name: Mapped[str]


class Practitioner(Base):
    __tablename__ = "practitioner"
    tenant_id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(primary_key=True)
    first_name: Mapped[str]
    surname: Mapped[str]
    archived_at: Mapped[datetime | None]


class PractitionerBusiness(Base):
    __tablename__ = "practitioner_business"
    tenant_id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(primary_key=True)
    archived_at: Mapped[datetime | None]


class PatientAccount(Base):
    __tablename__ = "patient_account"
    tenant_id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    client_id: Mapped[int]
    short_description: Mapped[str]


class Patient(Base):
    __tablename__ = "patient"
    tenant_id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    title: Mapped[str | None]
    first_name: Mapped[str]
    middle_name: Mapped[str | None]
    surname: Mapped[str]
    preferred_name: Mapped[str | None]
    date_of_birth: Mapped[date | None]
    email: Mapped[str | None]
    gender: Mapped[str | None]
    address_1: Mapped[str | None]
    address_2: Mapped[str | None]
    address_3: Mapped[str | None]
    address_4: Mapped[str | None]
    suburb: Mapped[str | None]
    address_state: Mapped[str | None]
    postcode: Mapped[str | None]
    country: Mapped[str | None]
    home_phone: Mapped[str | None]
    work_phone: Mapped[str | None]
    mobile: Mapped[str | None]
    fax: Mapped[str | None]
    preferred_phone: Mapped[int | None] = mapped_column(SmallInteger)
    file_no: Mapped[str | None]
    patient_notes: Mapped[str | None]
    patient_warnings: Mapped[str | None]
    fee_cat_id: Mapped[int | None]
    health_fund: Mapped[str | None]
    health_fund_member_no: Mapped[str | None]
    health_fund_card_issue_no: Mapped[str | None]
    health_fund_patient_id: Mapped[int | None]
    pension_no: Mapped[str | None]
    pension_expiry: Mapped[datetime | None]
    worksafe_claim_no: Mapped[str | None]
    occupation: Mapped[str | None]
    default_account_id: Mapped[int | None]
    medicare_no: Mapped[str | None]
    medicare_irn: Mapped[str | None]
    medicare_expiry: Mapped[date | None]
    medicare_claimant: Mapped[bool | None]
    medicare_claimants: Mapped[str | None]
    dva_no: Mapped[str | None]
    dva_type: Mapped[str | None]
    default_business_id: Mapped[int | None]
    default_practitioner_id: Mapped[int | None]
    referrer: Mapped[str | None]
    referrer_email: Mapped[str | None]
    referrer_organisation: Mapped[str | None]
    referrer_source: Mapped[str | None]
    referral_date: Mapped[date | None]
    medical_warnings: Mapped[str | None]
    reminders_notifications: Mapped[str | None]
    gp_name: Mapped[str | None]
    deceased: Mapped[bool] = mapped_column(server_default=FetchedValue())
    family_notes: Mapped[str | None]
    covid_vaccination_status: Mapped[str | None]
    covid_vaccination_date: Mapped[date | None]
    ndis_number: Mapped[str | None]
    email_marketing_type: Mapped[int] = mapped_column(SmallInteger)
    sms_marketing_type: Mapped[int] = mapped_column(SmallInteger)
    sex_id: Mapped[int | None]
    pronoun_id: Mapped[int | None]
    timezone: Mapped[str | None]
    default_phone_reminder: Mapped[bool] = mapped_column(server_default=FetchedValue())
    default_sms_reminder: Mapped[bool] = mapped_column(server_default=FetchedValue())
    default_email_reminder: Mapped[bool] = mapped_column(server_default=FetchedValue())
    default_sms_confirmation: Mapped[bool] = mapped_column(server_default=FetchedValue())
    default_email_confirmation: Mapped[bool] = mapped_column(server_default=FetchedValue())
    default_sms_follow_up: Mapped[bool] = mapped_column(server_default=FetchedValue())
    default_email_follow_up: Mapped[bool] = mapped_column(server_default=FetchedValue())
    archived_at: Mapped[datetime | None]
    created: Mapped[datetime] = mapped_column(server_default=FetchedValue())

    fee_category_row: Mapped[FeeCategory | None] = relationship(
        primaryjoin="and_(foreign(Patient.tenant_id) == FeeCategory.tenant_id,"
        " foreign(Patient.fee_cat_id) == FeeCategory.fee_cat_id)",
        viewonly=True,
    )
    business_row: Mapped[Business | None] = relationship(
        primaryjoin="and_(foreign(Patient.tenant_id) == Business.tenant_id,"
        " foreign(Patient.default_business_id) == Business.business_id)",
        viewonly=True,
    )
    practitioner_row: Mapped[Practitioner | None] = relationship(
        primaryjoin="and_(foreign(Patient.tenant_id) == Practitioner.tenant_id,"
        " foreign(Patient.default_practitioner_id) == Practitioner.practitioner_id)",
        viewonly=True,
    )
    sex_row: Mapped[Sex | None] = relationship(
        primaryjoin="and_(foreign(Patient.tenant_id) == Sex.tenant_id, foreign(Patient.sex_id) == Sex.sex_id)",
        viewonly=True,
    )
    pronoun_row: Mapped[Pronoun | None] = relationship(
        primaryjoin="and_(foreign(Patient.tenant_id) == Pronoun.tenant_id,"
        " foreign(Patient.pronoun_id) == Pronoun.pronoun_id)",
        viewonly=True,
    )

    # What the answer shows in place of a column; pydantic reads these like columns (from_attributes).

    @property
    def links(self) -> dict[str, str]:
        here = f"{BASE_URL}/v1/patient/{self.client_id}"
        return {
            "self": here,
            "accounts": f"{here}/account",
            "appointments": f"{here}/appointment",
            "invoices": f"{here}/invoice",
            "patient_attachments": f"{here}/patient_attachment",
            "patient_contacts": f"{here}/patient_contact",
            "patient_attachment_folders": f"{here}/patient_attachment_folder",
            "payments": f"{here}/payment",
        }

    @property
    def fee_category(self) -> str | None:
        return self.fee_category_row.description if self.fee_category_row else None

    @property
    def default_business(self) -> str | None:
        return self.business_row.display_name if self.business_row else None

    @property
    def default_practitioner(self) -> str | None:
        named = self.practitioner_row
        return f"{named.first_name} {named.surname}" if named else None

    @property
    def sex(self) -> str | None:
        return self.sex_row.description if self.sex_row else None

    @property
    def pronouns(self) -> str | None:
        return self.pronoun_row.description if self.pronoun_row else None

    @property
    def email_marketing(self) -> str:
        return MARKETING[self.email_marketing_type]

    @property
    def sms_marketing(self) -> str:
        return MARKETING[self.sms_marketing_type]

    @property
    def archive(self) -> bool:
        return self.archived_at is not None

    @property
    def file_created(self) -> datetime:
        return self.created
