"""The bodies of the appointment book's writes. What a create leaves out, its type or the patient's file gives."""

from typing import Annotated

from openprac.diary.spans import DURATION_MAX_MINUTES, DURATION_MIN_MINUTES
from openprac.kernel.row import PUBLISHED, Column, IdList, LocalTime, Row

COLUMNS_MAX = 20
CLASS_SIZE_MAX = 1000

Id = Annotated[int, Column(write=PUBLISHED, required=True)]
IdOrNone = Annotated[int | None, Column(write=PUBLISHED)]
NewId = Annotated[int, Column(write=PUBLISHED)]
Label = Annotated[LocalTime, Column(write=PUBLISHED, required=True, meaning="Local time of the clinic, without offset")]
NewLabel = Annotated[LocalTime, Column(write=PUBLISHED, meaning="Local time of the clinic, without offset")]
Minutes = Annotated[
    int,
    Column(
        write=PUBLISHED,
        required=True,
        minimum=DURATION_MIN_MINUTES,
        maximum=DURATION_MAX_MINUTES,
        meaning="Minutes, divisible by 5",
    ),
]
NewMinutes = Annotated[
    int,
    Column(
        write=PUBLISHED,
        minimum=DURATION_MIN_MINUTES,
        maximum=DURATION_MAX_MINUTES,
        meaning="Minutes, divisible by 5",
    ),
]
Place = Annotated[int, Column(write=PUBLISHED, minimum=1, maximum=COLUMNS_MAX)]
Item = Annotated[int | None, Column(write=PUBLISHED, meaning="Null where item_group_id is not")]
ItemGroup = Annotated[int | None, Column(write=PUBLISHED, meaning="Null where item_id is not")]
Resources = Annotated[
    list[int],
    IdList(table="appointment_resource", parent="appointment_id", column="resource_id", write=PUBLISHED),
]
Flag = Annotated[bool, Column(write=PUBLISHED)]
Text = Annotated[str | None, Column(write=PUBLISHED)]
Headline = Annotated[str, Column(write=PUBLISHED, required=True, max_length=255)]
NewHeadline = Annotated[str, Column(write=PUBLISHED, max_length=255)]
Colour = Annotated[str | None, Column(write=PUBLISHED, format="colour")]
Link = Annotated[str | None, Column(write=PUBLISHED, max_length=500, format="uri")]
Size = Annotated[int, Column(write=PUBLISHED, minimum=1, maximum=CLASS_SIZE_MAX)]
Overbook = Annotated[
    bool, Column(write=PUBLISHED, meaning="Book although something is in the way; needs appointment:overbook")
]


class Reminders(Row):
    """Which messages go out. A create takes them from the patient's file."""

    sms_reminder: Flag
    email_reminder: Flag
    sms_confirmation: Flag
    email_confirmation: Flag
    sms_follow_up: Flag
    email_follow_up: Flag


class AppointmentCreate(Reminders):
    client_id: Id
    appointment_type_id: Id
    app_time: Label
    practitioner_id: Id
    business_id: Id
    duration: Minutes
    appointment_status_id: IdOrNone
    account_id: IdOrNone
    profession_id: IdOrNone
    item_id: Item
    item_group_id: ItemGroup
    column_number: Place
    width: Place
    resource_ids: Resources


class AppointmentCreateExtended(AppointmentCreate):
    notes: Text
    telehealth_patient_link: Link
    telehealth_practitioner_link: Link
    overbook: Overbook


class AppointmentReserve(Row):
    app_time: Label
    practitioner_id: Id
    business_id: Id
    duration: Minutes
    column_number: Place
    width: Place


class AppointmentFinalise(Reminders):
    client_id: Id
    appointment_type_id: Id
    account_id: IdOrNone
    profession_id: IdOrNone
    appointment_status_id: IdOrNone
    item_id: Item
    item_group_id: ItemGroup
    resource_ids: Resources


class Rescheduling(Row):
    """Why it is moved. Kept in the history."""

    appointment_reschedule_reason_id: IdOrNone
    reason: Text


class AppointmentEdit(Reminders, Rescheduling):
    appointment_type_id: NewId
    app_time: NewLabel
    practitioner_id: NewId
    business_id: NewId
    duration: NewMinutes
    column_number: Place
    width: Place
    appointment_status_id: NewId
    profession_id: NewId
    item_id: Item
    item_group_id: ItemGroup
    resource_ids: Resources


class AppointmentEditExtended(AppointmentEdit):
    account_id: IdOrNone
    notes: Text
    telehealth_patient_link: Link
    telehealth_practitioner_link: Link
    overbook: Overbook


class Cancellation(Row):
    appointment_cancellation_reason_id: IdOrNone
    record_as_cancelled: Annotated[
        bool, Column(write=PUBLISHED, meaning="True: counted in the attendance history; false, the default: not")
    ]
    reason: Text


class RuleOutEdit(Row):
    app_time: NewLabel
    practitioner_id: NewId
    business_id: NewId
    duration: NewMinutes
    column_number: Place
    width: Place


class NoteCreate(AppointmentReserve):
    description: Headline
    font_colour: Colour
    bg_colour: Colour
    notes: Text
    resource_ids: Resources


class NoteEdit(RuleOutEdit):
    description: NewHeadline
    font_colour: Colour
    bg_colour: Colour
    notes: Text
    resource_ids: Resources


class GroupCreate(Row):
    appointment_type_id: Id
    app_time: Label
    practitioner_id: Id
    business_id: Id
    duration: NewMinutes
    profession_id: IdOrNone
    item_id: Item
    item_group_id: ItemGroup
    column_number: Place
    width: Place
    resource_ids: Resources
    max_class_size: Size


class GroupEdit(Rescheduling):
    appointment_type_id: NewId
    app_time: NewLabel
    practitioner_id: NewId
    business_id: NewId
    duration: NewMinutes
    profession_id: NewId
    item_id: Item
    item_group_id: ItemGroup
    column_number: Place
    width: Place
    resource_ids: Resources
    max_class_size: Size


class MemberAdd(Reminders):
    client_id: Id
    account_id: IdOrNone
    appointment_status_id: IdOrNone
    item_id: Item
    item_group_id: ItemGroup


class MemberAddExtended(MemberAdd):
    notes: Text
    overbook: Overbook


class MemberRemove(Cancellation):
    client_id: Id
