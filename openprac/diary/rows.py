"""What the entries of the appointment book show. One table holds all kinds; each kind shows what it has."""

from datetime import datetime
from typing import Annotated

from openprac.kernel.row import EXTENSION, Column, IdList, LocalTime, Row, Shown

CATEGORIES = {"reserved": "Reserved", "patient": "Patient", "note": "Note", "group": "Group", "rule_out": "Rule Out"}
"""The published word of each kind."""

CATEGORY_SQL = "CASE t.kind " + " ".join(f"WHEN '{kind}' THEN '{word}'" for kind, word in CATEGORIES.items()) + " END"

Id = Annotated[int, Column()]
IdOrNone = Annotated[int | None, Column()]
Text = Annotated[str | None, Column()]
Instant = Annotated[datetime, Column()]
Label = Annotated[LocalTime, Column(meaning="Local time of the clinic, without offset")]
Minutes = Annotated[int, Column(meaning="Minutes")]
Category = Annotated[str, Shown(sql=CATEGORY_SQL, meaning="Kind of entry")]
Resources = Annotated[
    list[int], IdList(table="appointment_resource", parent="appointment_id", column="resource_id", write=EXTENSION)
]
Hidden = Annotated[int, Column(shown=False)]
Flag = Annotated[bool, Column(shown=False)]


class AppointmentRow(Row):
    tenant_id: Id
    appointment_id: Id
    client_id: Id
    app_time: Label
    description: Text
    appointment_type_id: Id
    appointment_status_id: IdOrNone
    category: Category
    duration: Minutes
    notes: Text
    practitioner_id: Id
    business_id: Id
    profession_id: IdOrNone
    item_id: IdOrNone
    account_id: IdOrNone
    created: Instant
    modified: Instant
    item_group_id: IdOrNone
    telehealth_patient_link: Text
    telehealth_practitioner_link: Text
    resource_ids: Resources
    column_number: Hidden
    width: Hidden
    sms_reminder: Flag
    email_reminder: Flag
    sms_confirmation: Flag
    email_confirmation: Flag
    sms_follow_up: Flag
    email_follow_up: Flag
    overbooked: Annotated[bool, Column(shown=False, meaning="Booked over something else")]
    created_by_user_id: Hidden


class AppointmentLiteRow(Row):
    """A hold, and a rule out: the time they take and nothing else."""

    appointment_id: Id
    app_time: Label
    practitioner_id: Id
    business_id: Id
    duration: Minutes
    column_number: Id
    width: Id
    category: Category


class AppointmentBookRow(Row):
    tenant_id: Id
    appointment_id: Id
    app_time: Label
    description: Text
    client_id: IdOrNone
    account_id: IdOrNone
    appointment_type_id: IdOrNone
    appointment_status_id: IdOrNone
    category: Category
    duration: Minutes
    notes: Text
    practitioner_id: Id
    business_id: Id
    profession_id: IdOrNone
    item_id: IdOrNone
    created: Instant
    modified: Instant
    item_group_id: IdOrNone
    telehealth_patient_link: Text
    telehealth_practitioner_link: Text
    resource_ids: Resources
    column_number: Id
    width: Id
    font_colour: Text
    bg_colour: Text


class NoteRow(Row):
    appointment_id: Id
    app_time: Label
    practitioner_id: Id
    business_id: Id
    duration: Minutes
    column_number: Id
    width: Id
    category: Category
    notes: Text
    description: Text
    created: Instant
    modified: Instant
    font_colour: Text
    bg_colour: Text
    resource_ids: Resources


class GroupAppointmentRow(Row):
    tenant_id: Id
    appointment_id: Id
    app_time: Label
    description: Text
    appointment_type_id: Id
    category: Category
    duration: Minutes
    notes: Text
    practitioner_id: Id
    business_id: Id
    profession_id: IdOrNone
    item_id: IdOrNone
    item_group_id: IdOrNone
    created: Instant
    modified: Instant
    telehealth_practitioner_link: Text
    resource_ids: Resources
    max_class_size: Annotated[int, Column(name="group_max_size")]
    current_class_size: Annotated[int, Column(name="member_count")]


class CancelledAppointmentRow(Row):
    """The names are those of the moment it was removed."""

    tenant_id: Id
    appointment_id: Id
    client_id: IdOrNone
    app_time: Label
    description: Text
    appointment_type: Text
    appointment_status: Text
    category: Annotated[str, Column()]
    duration: Minutes
    notes: Text
    practitioner_id: Id
    business_id: Id
    profession_id: IdOrNone
    item_code: Text
    account_id: IdOrNone
    cancellation_time: Instant
    cancelled_by: Annotated[str, Column()]
    cancellation: Annotated[bool, Column(meaning="Recorded as cancelled; false is a plain deletion")]
    reason: Text
    appointment_cancellation_reason_id: IdOrNone
