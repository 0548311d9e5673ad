"""What the rules of rosters read and write besides the row itself: who holds a rank, who has which roster when."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import asyncpg

from openprac.kernel.call import Call
from openprac.kernel.write import AUDIT_COLUMNS
from openprac.rosters.fields import DESCRIPTION_MAX_CHARACTERS

# Held until the transaction ends: changes of the ranks of one roster come one after the other.
LOCK_ROSTER_SQL = "SELECT true FROM roster WHERE tenant_id = $1 AND roster_id = $2 FOR NO KEY UPDATE"

# The same, before the override's own row is locked.
LOCK_ROSTER_OF_SQL = """
SELECT true FROM roster r WHERE r.tenant_id = $1 AND r.roster_id = (SELECT o.roster_id FROM roster_override o
       WHERE o.tenant_id = $1 AND o.roster_override_id = $2) FOR NO KEY UPDATE"""

# Held until the transaction ends: the assignments of one practitioner are written one after the other.
LOCK_PRACTITIONER_SQL = "SELECT true FROM practitioner WHERE tenant_id = $1 AND practitioner_id = $2 FOR NO KEY UPDATE"

WORKS_AT_SQL = """
SELECT true FROM practitioner_business
 WHERE tenant_id = $1 AND practitioner_id = $2 AND business_id = $3 AND archived_at IS NULL"""

OVERLAPPING_SQL = """
SELECT roster_assignment_id, start_date, end_date FROM roster_assignment
 WHERE tenant_id = $1 AND practitioner_id = $2 AND business_id = $3 AND roster_assignment_id <> $6
   AND start_date <= coalesce($5::date, 'infinity') AND coalesce(end_date, 'infinity') >= $4::date
 ORDER BY start_date LIMIT 1"""

UNKNOWN_TYPES_SQL = """
SELECT wanted FROM unnest($2::bigint[]) AS wanted
 WHERE NOT EXISTS (SELECT 1 FROM appointment_type t WHERE t.tenant_id = $1 AND t.appointment_type_id = wanted)"""

LAST_RANK_SQL = "SELECT coalesce(max(rank), 0) FROM roster_override WHERE tenant_id = $1 AND roster_id = $2"
RANK_TAKEN_SQL = "SELECT true FROM roster_override WHERE tenant_id = $1 AND roster_id = $2 AND rank = $3"

_OVERRIDE_AUDIT = (
    f"INSERT INTO audit_event ({AUDIT_COLUMNS}) SELECT $1::bigint, $2::bigint, $3::bigint, $4::bigint, $5::uuid, "
    "$6::text, 'roster_override', changed.roster_override_id, NULL::bigint, {changes} FROM changed"
)

# Those of a roster whose rank is from $8 to $9 go $10 further, and the one that moves goes to $12; its own line in the
# audit and its version come with its own write. Parameters: tenant, five of the audit, roster, first, last, step, the
# one that moves, its new rank.
MOVE_OVER_SQL = f"""
WITH changed AS (
    UPDATE roster_override
       SET rank = CASE roster_override_id WHEN $11::bigint THEN $12::integer ELSE rank + $10::integer END,
           modified = clock_timestamp(), version = version + (roster_override_id <> $11::bigint)::integer
     WHERE tenant_id = $1::bigint AND roster_id = $7::bigint AND rank BETWEEN $8::integer AND $9::integer
    RETURNING roster_override_id, rank)
{_OVERRIDE_AUDIT.format(changes="jsonb_build_object('rank', jsonb_build_array(rank - $10::integer, rank))")}
 WHERE changed.roster_override_id <> $11::bigint"""

CLEAR_OVERRIDE_TYPES_SQL = """
DELETE FROM roster_override_appointment_type l USING roster_override o
 WHERE l.tenant_id = $1 AND o.tenant_id = $1 AND o.roster_id = $2 AND l.roster_override_id = o.roster_override_id"""

# Parameters: tenant, five of the audit, roster.
REMOVE_OVERRIDES_SQL = f"""
WITH changed AS (DELETE FROM roster_override WHERE tenant_id = $1::bigint AND roster_id = $7::bigint
    RETURNING roster_override_id)
{_OVERRIDE_AUDIT.format(changes="'{}'::jsonb")}"""

_COPIED = " (copy)"
_COPIED_CHARACTERS = DESCRIPTION_MAX_CHARACTERS - len(_COPIED)
_SPAN = "start_time, end_time, manual, online, waiting_list, columns, types_online_only"
_LOOKS = "display_text, font_colour, bg_colour"
_DATES = "repeat, start_date, end_date, every, weekdays, nth"

# A roster with its days, rules and overrides once more. Ranks are unique in a roster, so they tell whose types are
# whose. Parameters: tenant, five of the audit, roster, its new description or null.
COPY_SQL = f"""
WITH new AS (
    INSERT INTO roster (tenant_id, description, manual, online, waiting_list, {_LOOKS})
    SELECT tenant_id, coalesce($8::text, left(description, {_COPIED_CHARACTERS}) || '{_COPIED}'), manual, online,
           waiting_list, {_LOOKS}
      FROM roster WHERE tenant_id = $1::bigint AND roster_id = $7::bigint RETURNING roster_id),
days AS (
    INSERT INTO roster_day (tenant_id, roster_id, weekday, start_time, end_time)
    SELECT $1, new.roster_id, weekday, start_time, end_time FROM roster_day d, new
     WHERE d.tenant_id = $1 AND d.roster_id = $7),
rules AS (
    INSERT INTO roster_rule (tenant_id, roster_id, position, weekday, appointment_type_ids, {_SPAN}, {_LOOKS})
    SELECT $1, new.roster_id, position, weekday, appointment_type_ids, {_SPAN}, {_LOOKS} FROM roster_rule r, new
     WHERE r.tenant_id = $1 AND r.roster_id = $7 ORDER BY position),
types AS (
    INSERT INTO roster_appointment_type (tenant_id, roster_id, appointment_type_id)
    SELECT $1, new.roster_id, appointment_type_id FROM roster_appointment_type t, new
     WHERE t.tenant_id = $1 AND t.roster_id = $7),
changed AS (
    INSERT INTO roster_override (tenant_id, roster_id, rank, {_DATES}, {_SPAN}, {_LOOKS})
    SELECT $1, new.roster_id, rank, {_DATES}, {_SPAN}, {_LOOKS} FROM roster_override o, new
     WHERE o.tenant_id = $1 AND o.roster_id = $7 ORDER BY rank RETURNING roster_override_id, rank),
override_types AS (
    INSERT INTO roster_override_appointment_type (tenant_id, roster_override_id, appointment_type_id)
    SELECT $1, changed.roster_override_id, l.appointment_type_id
      FROM changed JOIN roster_override o ON o.tenant_id = $1 AND o.roster_id = $7 AND o.rank = changed.rank
      JOIN roster_override_appointment_type l ON l.tenant_id = $1 AND l.roster_override_id = o.roster_override_id),
override_audit AS ({_OVERRIDE_AUDIT.format(changes="jsonb_build_object('copy_of_roster', $7::bigint)")}),
audit AS (
    INSERT INTO audit_event ({AUDIT_COLUMNS})
    SELECT $1, $2, $3, $4, $5, $6, 'roster', new.roster_id, NULL::bigint,
           jsonb_build_object('copy_of_roster', $7::bigint) FROM new)
SELECT roster_id FROM new"""


def _author(call: Call) -> tuple[Any, ...]:
    return (call.caller.tenant_id, *call.authorship.values())


async def lock_roster(call: Call, roster_id: int) -> bool:
    """False where there is none."""
    return bool(await call.connection.fetchval(LOCK_ROSTER_SQL, call.caller.tenant_id, roster_id))


async def lock_roster_of(call: Call, roster_override_id: int) -> None:
    await call.connection.execute(LOCK_ROSTER_OF_SQL, call.caller.tenant_id, roster_override_id)


async def lock_practitioner(call: Call, practitioner_id: int) -> bool:
    """False where there is none."""
    return bool(await call.connection.fetchval(LOCK_PRACTITIONER_SQL, call.caller.tenant_id, practitioner_id))


async def works_at(call: Call, practitioner_id: int, business_id: int) -> bool:
    return bool(await call.connection.fetchval(WORKS_AT_SQL, call.caller.tenant_id, practitioner_id, business_id))


async def overlapping(
    call: Call, practitioner_id: int, business_id: int, start: date, end: date | None, itself: int | None
) -> asyncpg.Record | None:
    """The first other assignment of that place with a date in common."""
    return await call.connection.fetchrow(
        OVERLAPPING_SQL, call.caller.tenant_id, practitioner_id, business_id, start, end, itself or 0
    )


async def unknown_types(call: Call, type_ids: Sequence[int]) -> set[int]:
    records = await call.connection.fetch(UNKNOWN_TYPES_SQL, call.caller.tenant_id, type_ids) if type_ids else ()
    return {record["wanted"] for record in records}


async def last_rank(call: Call, roster_id: int) -> int:
    rank: int = await call.connection.fetchval(LAST_RANK_SQL, call.caller.tenant_id, roster_id)
    return rank


async def make_room(call: Call, roster_id: int, rank: int, moving: tuple[int, int] | None = None) -> None:
    """Nobody but the override that moves has the rank afterwards, and the order of the others stays.

    moving: id and present rank of an override of the roster, which is locked. A new one, and one that moves up, makes
    those from `rank` on go down; one that moves down makes those up to `rank` go up.
    """
    if not await call.connection.fetchval(RANK_TAKEN_SQL, call.caller.tenant_id, roster_id, rank):
        return
    first, last, step, itself = rank, 2**31 - 1, 1, 0
    if moving:
        itself, present = moving
        first, last, step = (rank, present, 1) if rank < present else (present, rank, -1)
    await call.connection.execute(MOVE_OVER_SQL, *_author(call), roster_id, first, last, step, itself, rank)


async def remove_overrides(call: Call, roster_id: int) -> None:
    """Before the roster itself is removed."""
    await call.connection.execute(CLEAR_OVERRIDE_TYPES_SQL, call.caller.tenant_id, roster_id)
    await call.connection.execute(REMOVE_OVERRIDES_SQL, *_author(call), roster_id)


async def copy_roster(call: Call, roster_id: int, description: str | None) -> int:
    """The id of the new roster. The old one is locked."""
    copied: int = await call.connection.fetchval(COPY_SQL, *_author(call), roster_id, description)
    return copied
