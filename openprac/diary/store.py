"""Entries into the database and out of it, each write with its line in the audit. Nothing here decides anything."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import asyncpg
import msgspec

from openprac.diary.spans import HOLD_MINUTES
from openprac.kernel.call import Call
from openprac.kernel.write import AUDIT_COLUMNS

FIELDS = (
    *("kind", "app_time", "duration", "practitioner_id", "business_id", "column_number", "width", "overbooked"),
    *("client_id", "account_id", "appointment_type_id", "appointment_status_id", "profession_id"),
    *("item_id", "item_group_id", "description", "notes", "font_colour", "bg_colour"),
    *("telehealth_patient_link", "telehealth_practitioner_link"),
    *("sms_reminder", "email_reminder", "sms_confirmation", "email_confirmation", "sms_follow_up", "email_follow_up"),
    *("group_max_size", "member_count", "version"),
)

# An entry about to be changed, locked before anything else is: two changes of one entry come one after the other.
# A hold that has lapsed is not locked: writers let it go, and nobody may make them pass over it. Parameters: tenant,
# id, kinds.
LOCK_SQL = (
    f"SELECT {', '.join(f't.{name}' for name in FIELDS)}, t.state, "
    "ARRAY(SELECT l.resource_id FROM appointment_resource l WHERE l.tenant_id = $1 "
    "AND l.appointment_id = t.appointment_id ORDER BY l.resource_id) AS resource_ids "
    "FROM appointment t WHERE t.tenant_id = $1 AND t.appointment_id = $2 AND t.kind = ANY($3::text[]) "
    "AND (t.expires_at IS NULL OR t.expires_at > clinic_now()) FOR UPDATE OF t"
)

LAPSED_SQL = (
    "SELECT true FROM appointment WHERE tenant_id = $1 AND appointment_id = $2 AND kind = 'reserved' "
    "AND state IN ('live', 'expired') AND expires_at <= clinic_now()"
)

REASON_SQL = "SELECT true FROM reschedule_reason WHERE tenant_id = $1 AND appointment_reschedule_reason_id = $2"

RESET_MEMBERS_SQL = """
UPDATE appointment_client m SET appointment_status_id = z.appointment_status_id,
       modified = clock_timestamp(), version = m.version + 1
  FROM appointment_status z JOIN tenant o ON o.tenant_id = z.tenant_id AND o.reset_status_on_reschedule
 WHERE m.tenant_id = $1 AND m.appointment_id = $2 AND m.state = 'live'
   AND z.tenant_id = m.tenant_id AND z.built_in = 1
   AND m.appointment_status_id IS DISTINCT FROM z.appointment_status_id"""

TAKE_LOCKS_SQL = "SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key"

# What takes the time or the resources. Parameters: tenant, practitioner, business, start, end, first column, behind the
# last, resources, the entry itself. Labels are compared besides ranges, because only they may use an index under
# row-level security; no entry is longer than a day.
IN_THE_WAY_SQL = """
SELECT a.appointment_id, a.kind, a.app_time, a.expires_at <= clinic_now() AS overdue, NULL::bigint AS resource_id
  FROM appointment a
 WHERE a.tenant_id = $1 AND a.practitioner_id = $2 AND a.state = 'live' AND a.appointment_id <> $9
   AND a.app_time < $5::timestamp AND a.app_time > $4::timestamp - interval '1440 minutes'
   AND a.span && tsrange($4, $5)
   AND (a.business_id <> $3 OR a.book_columns && int4range($6::integer, $7::integer))
 UNION ALL
SELECT r.appointment_id, r.kind, r.app_time, false, r.resource_id
  FROM appointment_resource r
 WHERE r.tenant_id = $1 AND r.resource_id = ANY($8::bigint[]) AND r.state = 'live' AND r.appointment_id <> $9
   AND r.app_time < $5::timestamp AND r.app_time > $4::timestamp - interval '1440 minutes'
   AND r.span && tsrange($4, $5)
 ORDER BY app_time, appointment_id"""

_AUDIT = (
    f"audit AS (INSERT INTO audit_event ({AUDIT_COLUMNS}) SELECT $1::bigint, $2::bigint, $3::bigint, $4::bigint, "
    "$5::uuid, $6::text, 'appointment', new.appointment_id, new.client_id, $7::jsonb FROM new)"
)

# A hold that someone is finalising this very moment is passed over: it is still in the way.
# Parameters: tenant, five of the audit, changes, ids.
EXPIRE_SQL = f"""
WITH new AS (UPDATE appointment SET state = 'expired', modified = clock_timestamp(), version = version + 1
     WHERE tenant_id = $1 AND appointment_id IN (SELECT o.appointment_id FROM appointment o
           WHERE o.tenant_id = $1 AND o.appointment_id = ANY($8::bigint[]) AND o.kind = 'reserved'
             AND o.state = 'live' AND o.expires_at <= clinic_now() FOR UPDATE SKIP LOCKED)
    RETURNING appointment_id, client_id),
{_AUDIT} SELECT appointment_id FROM new"""


async def locked(call: Call, appointment_id: int, *kinds: str) -> asyncpg.Record | None:
    """The entry in whatever state, held until the transaction ends; None where there is none of these kinds.

    None for a hold that has lapsed, too.
    """
    return await call.connection.fetchrow(LOCK_SQL, call.caller.tenant_id, appointment_id, kinds)


async def has_lapsed(call: Call, appointment_id: int) -> bool:
    """Whether it is a hold that nobody finalised or released in time."""
    return bool(await call.connection.fetchval(LAPSED_SQL, call.caller.tenant_id, appointment_id))


async def knows_reason(call: Call, reason_id: int) -> bool:
    return bool(await call.connection.fetchval(REASON_SQL, call.caller.tenant_id, reason_id))


async def take_locks(call: Call, keys: Sequence[int]) -> None:
    """Held until the transaction ends. Sorted, and in a statement of their own: the next one sees what others did."""
    await call.connection.execute(TAKE_LOCKS_SQL, sorted(keys))


async def in_the_way(
    call: Call, values: Mapping[str, Any], end: Any, resource_ids: Sequence[int], itself: int | None
) -> list[asyncpg.Record]:
    column = values["column_number"]
    found = await call.connection.fetch(
        IN_THE_WAY_SQL,
        call.caller.tenant_id,
        *(values[name] for name in ("practitioner_id", "business_id", "app_time")),
        end,
        column,
        column + values["width"],
        resource_ids,
        itself or 0,
    )
    return list(found)


async def expire(call: Call, ids: Sequence[int]) -> set[int]:
    """Let overdue holds go; gives those that are gone."""
    found = await call.connection.fetch(EXPIRE_SQL, *_author(call), changes_text({"state": ["live", "expired"]}), ids)
    return {record["appointment_id"] for record in found}


async def insert(call: Call, values: Mapping[str, Any], resource_ids: Sequence[int]) -> int:
    given = {name: value for name, value in values.items() if value is not None}
    changes = changes_text({**given, "resource_ids": resource_ids} if resource_ids else given)
    sql = insert_sql(tuple(given), is_hold=values["kind"] == "reserved")
    row_id: int = await call.connection.fetchval(sql, *_author(call), changes, resource_ids, *given.values())
    return row_id


async def update(
    call: Call,
    appointment_id: int,
    before: Mapping[str, Any],
    values: Mapping[str, Any],
    resource_ids: Sequence[int],
    reason: Mapping[str, Any],
) -> bool:
    """Write what differs; False where nothing does."""
    changed = {name: value for name, value in values.items() if before[name] != value}
    same = sorted(resource_ids) == list(before["resource_ids"])
    if not changed and same and not reason:
        call.note_read("appointment", appointment_id, before["client_id"])
        return False
    changes = {name: [before[name], value] for name, value in changed.items()}
    if not same:
        changes["resource_ids"] = [list(before["resource_ids"]), sorted(resource_ids)]
    text = changes_text({**changes, **reason})
    sql = update_sql(tuple(changed))
    await call.connection.execute(sql, *_author(call), text, resource_ids, appointment_id, *changed.values())
    return True


async def reset_members(call: Call, appointment_id: int) -> None:
    """A group that is moved: its members are Booked again, where the clinic wants that."""
    await call.connection.execute(RESET_MEMBERS_SQL, call.caller.tenant_id, appointment_id)


@lru_cache(maxsize=256)
def insert_sql(names: tuple[str, ...], *, is_hold: bool) -> str:
    """Parameters: tenant, five of the audit, changes, resources, the columns' values."""
    columns = ", ".join(["tenant_id", "created_by_user_id", "expires_at", *names])
    places = ", ".join(f"${place}" for place in range(9, 9 + len(names)))
    lapses = f"clinic_now() + interval '{HOLD_MINUTES} minutes'" if is_hold else "NULL"
    return (
        f"WITH new AS (INSERT INTO appointment ({columns}) VALUES ($1, $3, {lapses}, {places}) RETURNING *), "
        f"taken AS ({_TAKE}), {_AUDIT} SELECT appointment_id FROM new"
    )


@lru_cache(maxsize=1024)
def update_sql(names: tuple[str, ...]) -> str:
    """Parameters: tenant, five of the audit, changes, resources, id, the columns' values.

    Resources that are let go are gone before those that stay follow the entry to its new time, which their reference
    to it does at the end of the statement.
    """
    sets = "".join(f"{name} = ${place}, " for place, name in enumerate(names, 10))
    sets += "expires_at = NULL, " if "kind" in names else ""
    return (
        "WITH gone AS (DELETE FROM appointment_resource WHERE tenant_id = $1 AND appointment_id = $9 "
        "AND resource_id <> ALL($8::bigint[])), "
        f"new AS (UPDATE appointment SET {sets}modified = clock_timestamp(), version = version + 1 "
        "WHERE tenant_id = $1 AND appointment_id = $9 RETURNING *), "
        f"taken AS ({_TAKE} ON CONFLICT (tenant_id, appointment_id, resource_id) DO NOTHING), {_AUDIT} SELECT 1"
    )


_TAKE = (
    "INSERT INTO appointment_resource (tenant_id, appointment_id, kind, span, state, overbooked, resource_id) "
    "SELECT new.tenant_id, new.appointment_id, new.kind, new.span, new.state, new.overbooked, wanted "
    "FROM new, unnest($8::bigint[]) AS wanted"
)


def _author(call: Call) -> tuple[Any, ...]:
    return (call.caller.tenant_id, *call.authorship.values())


def changes_text(changes: Mapping[str, Any]) -> str:
    return msgspec.json.encode(changes).decode()
