"""Groups and their members. A group's row is held while its members are counted, so a place is given once."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any

import asyncpg

from openprac.diary import bodies
from openprac.diary.actions import (
    IN_THE_WAY,
    OVERBOOK,
    checked_later,
    creating,
    editing,
    found_entry,
    may_overbook,
)
from openprac.diary.entries import FILTERS, GROUP_APPOINTMENT
from openprac.diary.facts import REMINDERS, Facts, facts_for
from openprac.diary.lengths import length_for
from openprac.diary.store import changes_text
from openprac.errors import Conflict, InvalidBody, Problem
from openprac.kernel.action import Endpoint, permission_for
from openprac.kernel.call import Answer, Call
from openprac.kernel.collection import Change, Collection, Creation, Edition, Listing, Scope, plain
from openprac.kernel.handlers import answer_row
from openprac.kernel.query import ignored_of
from openprac.kernel.refusals import refusal
from openprac.kernel.row import EXTENSION, Column, Row
from openprac.kernel.rules import refused
from openprac.kernel.shape import full_shape_of, single_shape_of
from openprac.kernel.write import AUDIT_COLUMNS

COLUMNS = (
    *("client_id", "account_id", "appointment_status_id", "notes", "item_id", "item_group_id"),
    *REMINDERS,
)
# Parameters: tenant, five of the audit, changes, the group, the columns.
JOIN_SQL = (
    f"WITH new AS (INSERT INTO appointment_client (tenant_id, appointment_id, {', '.join(COLUMNS)}) "
    f"VALUES ($1, $8, {', '.join(f'${place}' for place in range(9, 9 + len(COLUMNS)))}) RETURNING *), "
    "counted AS (UPDATE appointment SET member_count = member_count + 1, modified = clock_timestamp(), "
    "version = version + 1 WHERE tenant_id = $1 AND appointment_id = $8), "
    f"audit AS (INSERT INTO audit_event ({AUDIT_COLUMNS}) SELECT $1::bigint, $2::bigint, $3::bigint, $4::bigint, "
    "$5::uuid, $6::text, 'appointment', new.appointment_id, new.client_id, $7::jsonb FROM new) "
    "SELECT appointment_client_id FROM new"
)

IdOrNone = Annotated[int | None, Column(write=EXTENSION)]
Hidden = Annotated[bool, Column(write=EXTENSION, shown=False)]


class GroupAppointmentMemberRow(Row):
    tenant_id: Annotated[int, Column()]
    appointment_client_id: Annotated[int, Column()]
    client_id: Annotated[int, Column()]
    appointment_id: Annotated[int, Column()]
    appointment_status_id: IdOrNone
    notes: Annotated[str | None, Column(write=EXTENSION)]
    item_id: IdOrNone
    created: Annotated[datetime, Column()]
    modified: Annotated[datetime, Column()]
    item_group_id: IdOrNone
    account_id: Annotated[int | None, Column(write=EXTENSION, shown=False)]
    sms_reminder: Hidden
    email_reminder: Hidden
    sms_confirmation: Hidden
    email_confirmation: Hidden
    sms_follow_up: Hidden
    email_follow_up: Hidden


async def one_thing_is_billed(call: Call, change: Change) -> None:
    """An item puts a group of items out, and the other way round."""
    names = ("item_id", "item_group_id")
    given = [name for name in names if change.given.get(name) is not None]
    if len(given) == 2:
        raise refused("item_group_id", "must be null where item_id is given.")
    if given:
        change.given[names[1 - names.index(given[0])]] = None


MEMBER = Collection(
    name="group_appointment_member",
    tag="Group Appointment Member",
    noun="Group Appointment Member",
    row=GroupAppointmentMemberRow,
    table="appointment_client",
    where="t.state = 'live'",
    id="appointment_client_id",
    client="client_id",
    key="appointment_clients",
    personal=True,
    filters={
        "created": FILTERS["created"],
        "updated": FILTERS["updated"],
        **dict(plain(name, "integer") for name in ("client_id", "appointment_status_id")),
    },
    listings=(
        Listing(
            id="listGroupAppointmentMembers-Get",
            path="/group_appointment/{appointment_id}/appointment_client",
            summary="List Group Appointment Members",
            scope=Scope(param="appointment_id", parent=("appointment", "appointment_id")),
            filters=("created", "updated", "client_id", "appointment_status_id"),
            sorts=("appointment_client_id",),
        ),
    ),
    editions=(
        Edition(
            id="editGroupAppointmentMember-Patch",
            path="/x/appointment_client/{appointment_client_id}",
            summary="Edit Group Appointment Member",
            extension=True,
        ),
    ),
    rules=(one_thing_is_billed,),
)


async def add_member(row: type[Row], call: Call) -> Answer:
    ignored = ignored_of(call.query_string)
    appointment_id = call.id_of("appointment_id")
    found, fault = checked_later(call, row, MEMBER)
    group = await found_entry(call, appointment_id, "group")
    if fault:
        raise fault
    given = dict(found.given)
    overbook = may_overbook(call, given)
    facts = await facts_for(call, {**group, **given}, [])
    values = _member(given, group, facts)
    if group["member_count"] >= group["group_max_size"] and not overbook:
        raise Conflict("GROUP_APPOINTMENT_FULL", f"This group is full: it has {group['group_max_size']} places.")
    told = changes_text({"appointment_client": {name: values[name] for name in values if values[name] is not None}})
    author = (call.caller.tenant_id, *call.authorship.values())
    try:
        member_id = await call.connection.fetchval(
            JOIN_SQL, *author, told, appointment_id, *(values[name] for name in COLUMNS)
        )
    except asyncpg.UniqueViolationError as error:
        raise InvalidBody([Problem("client_id", "The selected client_id is in this group already.")]) from error
    except asyncpg.IntegrityConstraintViolationError as error:
        raise refusal(error) from error
    shape = full_shape_of(MEMBER) if call.endpoint.extension else single_shape_of(MEMBER)
    answer = await answer_row(MEMBER, None, member_id, call, shape, meta=False, written=True)
    answer.status, answer.resource_id = 201, member_id
    return answer.ignoring(ignored + found.unknown)


def _member(given: dict[str, Any], group: Any, facts: Facts) -> dict[str, Any]:
    """What is not given comes from the patient's file and the type. Raises InvalidBody."""
    if not facts.client_known:
        raise InvalidBody([Problem("client_id", "The selected client_id is invalid.")])
    if given.get("account_id") is not None and facts.account_id is None:
        raise InvalidBody([Problem("account_id", "The selected account_id is invalid.")])
    item, item_group = given.get("item_id"), given.get("item_group_id")
    if item is not None and item_group is not None:
        raise refused("item_group_id", "must be null where item_id is given.")
    if item is None and item_group is None and not {"item_id", "item_group_id"} & set(given):
        length = length_for(facts.own_lengths, facts.lengths, group["profession_id"], facts.fee_cat_id)
        billed = length or group
        item, item_group = (
            (billed.item_id, billed.item_group_id) if length else (group["item_id"], group["item_group_id"])
        )
    status = given.get("appointment_status_id")
    return {
        "client_id": given["client_id"],
        "account_id": facts.account_id,
        "appointment_status_id": facts.booked if status is None else status,
        "notes": given.get("notes"),
        "item_id": item,
        "item_group_id": item_group,
        **{name: given.get(name, bool(getattr(facts, name))) for name in REMINDERS},
    }


def _adding(id: str, path: str, row: type[Row], description: str) -> Endpoint:
    extension = path.startswith("/x/")
    summary = "Add Group Appointment Member"
    return Endpoint(
        id=id,
        method="POST",
        path=path,
        tag=MEMBER.tag,
        summary=summary,
        description=description,
        permission=permission_for(MEMBER.tag, "POST"),
        handler=partial(add_member, row),
        extension=extension,
        transaction=True,
        collection=MEMBER,
        operation=Creation(id=id, path=path, summary=summary, extension=extension),
        body=row,
        success=201,
        rights=(OVERBOOK,) if extension else (),
    )


ACTIONS = (
    creating(
        "createGroupAppointment-Post",
        "/group_appointment",
        "Create Group Appointment",
        GROUP_APPOINTMENT,
        "group",
        bodies.GroupCreate,
        meta=False,
        description=f"Length, width, size, resources, item or item group come from the type. {IN_THE_WAY}",
    ),
    editing(
        "editGroupAppointment-Patch",
        "/group_appointment/{appointment_id}",
        "Edit Group Appointment",
        GROUP_APPOINTMENT,
        "group",
        bodies.GroupEdit,
        meta=False,
        description=IN_THE_WAY,
    ),
    _adding(
        "addGroupAppointmentMember-Post",
        "/group_appointment/{appointment_id}/add_group_member",
        bodies.MemberAdd,
        "A group without a free place answers 409 GROUP_APPOINTMENT_FULL. A patient is in a group at most once.",
    ),
    _adding(
        "addGroupAppointmentMemberExtended-Post",
        "/x/group_appointment/{appointment_id}/add_group_member",
        bodies.MemberAddExtended,
        "With overbook and the permission `appointment:overbook` a full group takes one more.",
    ),
)

COLLECTIONS = (MEMBER,)
