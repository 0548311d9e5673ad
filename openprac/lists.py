"""The short lists of a clinic that other resources point to."""

from typing import Annotated

from openprac.errors import Conflict
from openprac.kernel.call import Call
from openprac.kernel.collection import Change, Collection, Creation, Edition, Listing
from openprac.kernel.row import EXTENSION, Column, Flag, Row
from openprac.kernel.rules import as_it_is, refused

DESCRIPTION_MAX_CHARACTERS = 100


class SexRow(Row):
    tenant_id: Annotated[int, Column()]
    sex_id: Annotated[int, Column()]
    description: Annotated[str, Column(write=EXTENSION, required=True, max_length=DESCRIPTION_MAX_CHARACTERS)]


SEX = Collection(
    name="sex",
    tag="Sex",
    noun="Sex",
    row=SexRow,
    table="sex",
    id="sex_id",
    key="sexes",
    listings=(Listing(id="listSex-Get", path="/sex", summary="List Sexes", sorts=("sex_id", "description")),),
    creations=(Creation(id="createSex-Post", path="/x/sex", summary="Create Sex", extension=True),),
    editions=(Edition(id="editSex-Patch", path="/x/sex/{sex_id}", summary="Edit Sex", extension=True),),
)


class PronounRow(Row):
    tenant_id: Annotated[int, Column()]
    pronoun_id: Annotated[int, Column()]
    description: Annotated[str, Column(write=EXTENSION, required=True, max_length=DESCRIPTION_MAX_CHARACTERS)]
    nominative: Annotated[str | None, Column(write=EXTENSION, max_length=40, meaning="she")]
    objective: Annotated[str | None, Column(write=EXTENSION, max_length=40, meaning="her")]
    possessive: Annotated[str | None, Column(write=EXTENSION, max_length=40, meaning="hers")]
    possessive_determiner: Annotated[str | None, Column(write=EXTENSION, max_length=40, meaning="her")]
    reflexive: Annotated[str | None, Column(write=EXTENSION, max_length=40, meaning="herself")]


PRONOUN = Collection(
    name="pronoun",
    tag="Pronoun",
    noun="Pronoun",
    row=PronounRow,
    table="pronoun",
    id="pronoun_id",
    key="pronouns",
    listings=(
        Listing(id="listPronouns-Get", path="/pronoun", summary="List Pronouns", sorts=("pronoun_id", "description")),
    ),
    creations=(Creation(id="createPronoun-Post", path="/x/pronoun", summary="Create Pronoun", extension=True),),
    editions=(Edition(id="editPronoun-Patch", path="/x/pronoun/{pronoun_id}", summary="Edit Pronoun", extension=True),),
)


class FeeCategoryRow(Row):
    tenant_id: Annotated[int, Column()]
    fee_cat_id: Annotated[int, Column()]
    description: Annotated[str, Column(write=EXTENSION, required=True, max_length=DESCRIPTION_MAX_CHARACTERS)]
    active: Annotated[bool, Flag(inverted=True)]
    gst: Annotated[
        bool, Column(write=EXTENSION, shown=False, meaning="Include GST: what is billed in this category is taxable")
    ]


FEE_CATEGORY = Collection(
    name="fee_category",
    tag="Fee Category",
    noun="Fee Category",
    row=FeeCategoryRow,
    table="fee_category",
    id="fee_cat_id",
    key="fee_categories",
    listings=(
        Listing(
            id="listFeeCategories-Get",
            path="/fee_category",
            summary="List Fee Categories",
            sorts=("fee_cat_id", "description"),
        ),
    ),
    plain_writes=True,
)


class CancellationReasonRow(Row):
    tenant_id: Annotated[int, Column()]
    appointment_cancellation_reason_id: Annotated[int, Column()]
    reason: Annotated[str, Column(write=EXTENSION, required=True, max_length=DESCRIPTION_MAX_CHARACTERS)]


CANCELLATION_REASON = Collection(
    name="cancellation_reason",
    tag="Cancellation Reason",
    noun="Cancellation Reason",
    row=CancellationReasonRow,
    table="cancellation_reason",
    id="appointment_cancellation_reason_id",
    key="appointment_cancellation_reasons",
    listings=(
        Listing(
            id="listCancellationReasons-Get",
            path="/cancellation_reason",
            summary="List Cancellation Reasons",
            sorts=("appointment_cancellation_reason_id", "reason"),
        ),
    ),
    plain_writes=True,
)


class RescheduleReasonRow(Row):
    tenant_id: Annotated[int, Column()]
    appointment_reschedule_reason_id: Annotated[int, Column()]
    reason: Annotated[str, Column(write=EXTENSION, required=True, max_length=DESCRIPTION_MAX_CHARACTERS)]


RESCHEDULE_REASON = Collection(
    name="reschedule_reason",
    tag="Reschedule Reason",
    noun="Reschedule Reason",
    row=RescheduleReasonRow,
    table="reschedule_reason",
    id="appointment_reschedule_reason_id",
    key="appointment_reschedule_reasons",
    listings=(
        Listing(
            id="listRescheduleReasons-Get",
            path="/reschedule_reason",
            summary="List Reschedule Reasons",
            sorts=("appointment_reschedule_reason_id", "reason"),
        ),
    ),
    plain_writes=True,
)


class AppointmentStatusRow(Row):
    tenant_id: Annotated[int, Column()]
    appointment_status_id: Annotated[int, Column()]
    status_description: Annotated[str, Column(write=EXTENSION, required=True, max_length=DESCRIPTION_MAX_CHARACTERS)]
    archived: Annotated[bool, Flag()]
    built_in: Annotated[
        int | None,
        Column(
            shown=False,
            meaning="1 Booked, 2 Reminder Sent, 3 Confirmed, 4 Arrived, 5 In Session, 6 Completed, 7 Missed/DNA; "
            "null for those the clinic has added",
        ),
    ]


async def the_built_in_ones_stay(call: Call, change: Change) -> None:
    """The seven can be renamed, not hidden and not removed (help article 12566632)."""
    if change.row_id is None or not (change.kind == "delete" or change.given.get("archived")):
        return
    status = await as_it_is(call, APPOINTMENT_STATUS, change.row_id)
    if status["built_in"] is None:
        return
    if change.kind == "delete":
        raise Conflict("BUILT_IN", "This is one of the seven statuses every clinic has and cannot be removed.")
    raise refused("archived", "must stay false: this is one of the seven statuses every clinic has.")


APPOINTMENT_STATUS = Collection(
    name="appointment_status",
    tag="Appointment Status",
    noun="Appointment Status",
    row=AppointmentStatusRow,
    table="appointment_status",
    id="appointment_status_id",
    key="appointment_statuses",
    listings=(
        Listing(
            id="listAppointmentStatuses-Get",
            path="/appointment_status",
            summary="List Appointment Statuses",
            sorts=("appointment_status_id", "status_description"),
        ),
    ),
    plain_writes=True,
    rules=(the_built_in_ones_stay,),
)

COLLECTIONS = (SEX, PRONOUN, FEE_CATEGORY, CANCELLATION_REASON, RESCHEDULE_REASON, APPOINTMENT_STATUS)
