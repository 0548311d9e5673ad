"""Removal: the entry stays under its id as cancelled or deleted, and leaves a row with the names of that moment."""

from functools import partial
from typing import Any

import asyncpg

from openprac.diary import bodies
from openprac.diary.actions import checked_later, found_entry
from openprac.diary.entries import APPOINTMENT, GROUP_APPOINTMENT, NOTE, RULE_OUT
from openprac.diary.groups import MEMBER
from openprac.diary.rows import CATEGORY_SQL
from openprac.diary.store import changes_text
from openprac.errors import InvalidBody, Problem
from openprac.kernel import body
from openprac.kernel.action import Endpoint, permission_for
from openprac.kernel.call import Answer, Call
from openprac.kernel.collection import Collection
from openprac.kernel.handlers import require_match
from openprac.kernel.query import ignored_of
from openprac.kernel.refusals import refusal
from openprac.kernel.row import Row
from openprac.kernel.write import AUDIT_COLUMNS

_KEPT = (
    "INSERT INTO cancelled_appointment (tenant_id, appointment_id, client_id, app_time, description, "
    "appointment_type_id, appointment_type, appointment_status, category, duration, notes, practitioner_id, "
    "business_id, profession_id, item_code, account_id, cancelled_by, cancellation, reason, "
    "appointment_cancellation_reason_id, created) "
    "SELECT t.tenant_id, t.appointment_id, {m}.client_id, t.app_time, t.description, t.appointment_type_id, "
    "(SELECT y.description FROM appointment_type y "
    "WHERE y.tenant_id = t.tenant_id AND y.appointment_type_id = t.appointment_type_id), "
    "(SELECT z.status_description FROM appointment_status z "
    "WHERE z.tenant_id = t.tenant_id AND z.appointment_status_id = {m}.appointment_status_id), "
    f"{CATEGORY_SQL}, t.duration, {{m}}.notes, t.practitioner_id, t.business_id, t.profession_id, "
    "(SELECT i.item_code FROM item i WHERE i.tenant_id = t.tenant_id AND i.item_id = {m}.item_id), {m}.account_id, "
    "(SELECT o.name FROM actor o WHERE o.tenant_id = t.tenant_id AND o.user_id = $3::bigint), "
    "$9, $10, $11, {m}.created FROM {source}"
)
_AUDIT = (
    f"audit AS (INSERT INTO audit_event ({AUDIT_COLUMNS}) SELECT $1::bigint, $2::bigint, $3::bigint, $4::bigint, "
    "$5::uuid, $6::text, 'appointment', new.appointment_id, new.client_id, $7::jsonb FROM new)"
)
_STATE = "state = CASE WHEN $9::boolean THEN 'cancelled' ELSE 'deleted' END, "
_STAMPS = "modified = clock_timestamp(), version = version + 1"

# Both: tenant, five of the audit, changes, entry, recorded, reason, standard reason.
ENTRY_SQL = (
    f"WITH new AS (UPDATE appointment SET {_STATE}{_STAMPS} "
    "WHERE tenant_id = $1 AND appointment_id = $8 RETURNING *), "
    f"kept AS ({_KEPT.format(m='t', source='new t')}), {_AUDIT} SELECT 1"
)
# And the patient, or null for all members.
MEMBERS_SQL = (
    f"WITH new AS (UPDATE appointment_client SET {_STATE}{_STAMPS} "
    "WHERE tenant_id = $1 AND appointment_id = $8 AND state = 'live' "
    "AND ($12::bigint IS NULL OR client_id = $12) RETURNING *), "
    "kept AS ("
    + _KEPT.format(
        m="m",
        source="new m JOIN appointment t ON t.tenant_id = m.tenant_id AND t.appointment_id = m.appointment_id",
    )
    + f"), counted AS (UPDATE appointment SET member_count = member_count - (SELECT count(*) FROM new), {_STAMPS} "
    f"WHERE tenant_id = $1 AND appointment_id = $8 AND EXISTS (SELECT 1 FROM new)), {_AUDIT} "
    "SELECT count(*) FROM new"
)


async def cancel_entry(collection: Collection, kinds: tuple[str, ...], row: type[Row], call: Call) -> Answer:
    """POST .../cancel. An empty body is one that says nothing."""
    ignored = ignored_of(call.query_string)
    appointment_id = call.id_of("appointment_id")
    found, fault = checked_later(call, row, collection) if call.body else (body.Body({}), None)
    before = await found_entry(call, appointment_id, *kinds)
    if fault:
        raise fault
    await _remove(call, appointment_id, found, is_group=before["kind"] == "group")
    return Answer(204).ignoring(ignored + found.unknown)


async def delete_entry(kind: str, call: Call) -> Answer:
    ignored = ignored_of(call.query_string)
    appointment_id = call.id_of("appointment_id")
    before = await found_entry(call, appointment_id, kind)
    require_match(call, before["version"])
    await _remove(call, appointment_id, body.Body({}), is_group=False)
    return Answer(204).ignoring(ignored)


async def remove_member(call: Call) -> Answer:
    ignored = ignored_of(call.query_string)
    appointment_id = call.id_of("appointment_id")
    found, fault = checked_later(call, bodies.MemberRemove, MEMBER)
    await found_entry(call, appointment_id, "group")
    if fault:
        raise fault
    client_id = found.given["client_id"]
    if not await _say(call, MEMBERS_SQL, appointment_id, found, client_id):
        raise InvalidBody([Problem("client_id", "The selected client_id is not a member of this group.")])
    return Answer(204).ignoring(ignored + found.unknown)


async def _remove(call: Call, appointment_id: int, found: body.Body, *, is_group: bool) -> None:
    """Members first, so that the group's own row is the last under its id."""
    if is_group:
        await _say(call, MEMBERS_SQL, appointment_id, found, None)
    await _say(call, ENTRY_SQL, appointment_id, found)


async def _say(call: Call, sql: str, appointment_id: int, found: body.Body, *more: Any) -> Any:
    given = found.given
    recorded = given.get("record_as_cancelled", False)
    told = {name: value for name, value in given.items() if value is not None}
    try:
        return await call.connection.fetchval(
            sql,
            call.caller.tenant_id,
            *call.authorship.values(),
            changes_text({"state": ["live", "cancelled" if recorded else "deleted"], **told}),
            appointment_id,
            recorded,
            given.get("reason"),
            given.get("appointment_cancellation_reason_id"),
            *more,
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise refusal(error) from error


def _cancelling(
    id: str, path: str, summary: str, collection: Collection, kinds: tuple[str, ...], description: str
) -> Endpoint:
    return Endpoint(
        id=id,
        method="POST",
        path=path,
        tag=collection.tag,
        summary=summary,
        description=description,
        permission=permission_for(collection.tag, "POST"),
        handler=partial(cancel_entry, collection, kinds, bodies.Cancellation),
        transaction=True,
        body=bodies.Cancellation,
        success=204,
    )


def _deleting(id: str, path: str, summary: str, collection: Collection, kind: str) -> Endpoint:
    return Endpoint(
        id=id,
        method="DELETE",
        path=path,
        tag=collection.tag,
        summary=summary,
        permission=permission_for(collection.tag, "DELETE"),
        handler=partial(delete_entry, kind),
        transaction=True,
        success=204,
    )


ACTIONS = (
    _cancelling(
        "removeAppointment-Post",
        "/appointment/{appointment_id}/cancel",
        "Remove Appointment",
        APPOINTMENT,
        ("patient", "reserved"),
        "Its time and resources are free at once. What was removed stays among the cancelled appointments. A hold is "
        "released the same way.",
    ),
    _cancelling(
        "removeGroupAppointment-Post",
        "/group_appointment/{appointment_id}/cancel",
        "Remove Group Appointment",
        GROUP_APPOINTMENT,
        ("group",),
        "Its members go with it: each leaves a row of its own among the cancelled appointments.",
    ),
    _deleting("deleteNote-Delete", "/note/{appointment_id}", "Delete Note", NOTE, "note"),
    _deleting("deleteRuleOut-Delete", "/rule_out/{appointment_id}", "Delete Rule Out", RULE_OUT, "rule_out"),
    Endpoint(
        id="removeGroupAppointmentMember-Post",
        method="POST",
        path="/group_appointment/{appointment_id}/remove_group_member",
        tag=MEMBER.tag,
        summary="Remove Group Appointment Member",
        permission=permission_for(MEMBER.tag, "POST"),
        handler=remove_member,
        transaction=True,
        body=bodies.MemberRemove,
        success=204,
    ),
)
