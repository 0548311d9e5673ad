"""place(): the one function that puts an entry of any kind into the appointment book, or moves it.

    1  read what the entry needs, unlocked, and judge it: 422 names the field
    2  take the locks of every practitioner's day and resource's day it touches, sorted, in a statement of their own
    3  look again: overdue holds go, whatever else is in the way is a 409
    4  write the entry, its resources and its line in the audit in one statement

An entry that is changed is locked before 1 (store.locked), so nothing of it can change in between. Who waits for an
entry's lock holds no other, and who waits for the locks of 2 takes them in one order: nobody waits in a circle. The
exclusion constraints have the last word (docs/decisions/0013-the-book.md).
"""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from openprac.diary import store
from openprac.diary.drafts import Draft, draft
from openprac.diary.facts import facts_for
from openprac.diary.rows import CATEGORIES
from openprac.diary.spans import Span, lock_keys
from openprac.errors import Conflict
from openprac.kernel.call import Call
from openprac.kernel.refusals import refusal


async def place(
    call: Call,
    kind: str,
    given: Mapping[str, Any],
    *,
    entry: tuple[int, Mapping[str, Any]] | None = None,
    overbook: bool = False,
    reason: Mapping[str, Any] | None = None,
) -> tuple[int, bool]:
    """Put or move one entry; gives its id and whether when or with whom it is has changed.

    entry: the id and the locked record of what is there already: an entry of this kind, or the hold that becomes one.
    overbook: whether something in the way is no matter. reason: what else the history is to keep.
    Raises InvalidBody or Conflict.
    """
    before = entry[1] if entry else {}
    resource_ids = list({*given.get("resource_ids", ()), *before.get("resource_ids", ())})
    facts = await facts_for(call, {**before, **given}, resource_ids)
    wanted = draft(kind, given, before, facts, ZoneInfo(call.caller.time_zone))
    values, resources = {**wanted.values, "kind": kind}, wanted.resources
    if wanted.moves:
        await store.take_locks(call, _keys(call, wanted, before))
        resources, values["overbooked"] = await _settled(call, wanted, entry[0] if entry else None, overbook)
    try:
        if entry is None:
            return await store.insert(call, values, resources), True
        await store.update(call, entry[0], before, values, resources, reason or {})
    except asyncpg.ExclusionViolationError as error:
        raise clash() from error
    except asyncpg.IntegrityConstraintViolationError as error:
        raise refusal(error) from error
    return entry[0], any(before[name] != values[name] for name in ("app_time", "practitioner_id", "business_id"))


def clash(record: Mapping[str, Any] | None = None) -> Conflict:
    """The published answer, with what is in the way: no patient, no text."""
    blocked_by = None
    if record:
        blocked_by = {
            "kind": CATEGORIES[record["kind"]],
            "time": record["app_time"].isoformat(),
            "id": record["appointment_id"],
        }
    return Conflict("RESERVE_APPOINTMENT_CONFLICT", "This appointment slot is taken.", blocked_by=blocked_by)


async def _settled(call: Call, wanted: Draft, itself: int | None, overbook: bool) -> tuple[tuple[int, ...], bool]:
    """The resources to take and whether the entry lies over another one. Raises Conflict."""
    asked = [*wanted.resources, *wanted.any_of]
    found = await store.in_the_way(call, wanted.values, wanted.span.end, asked, itself)
    overdue = [record["appointment_id"] for record in found if record["overdue"]]
    if overdue:
        gone = await store.expire(call, overdue)
        found = [record for record in found if record["appointment_id"] not in gone]
    in_the_way = [record for record in found if record["resource_id"] not in wanted.any_of]
    taken = {record["resource_id"]: record for record in found}
    free = [resource_id for resource_id in wanted.any_of if resource_id not in taken]
    if wanted.any_of and not free:
        in_the_way.append(taken[wanted.any_of[0]])
    if in_the_way and not overbook:
        raise clash(in_the_way[0])
    return (*wanted.resources, *(free or wanted.any_of)[:1]), bool(in_the_way)


def _keys(call: Call, wanted: Draft, before: Mapping[str, Any]) -> list[int]:
    """Old and new days: what is let go is also looked for by others."""
    tenant_id, values = call.caller.tenant_id, wanted.values
    keys = lock_keys(tenant_id, values["practitioner_id"], (*wanted.resources, *wanted.any_of), wanted.span.days)
    if before:
        days = Span(before["app_time"], before["duration"]).days
        keys |= lock_keys(tenant_id, before["practitioner_id"], before["resource_ids"], days)
    return list(keys)
