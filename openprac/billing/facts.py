"""What lines are priced by, read from the database: the account that pays, visits, items with their fees."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec

from openprac.billing.pricing import Fee, Ground, Item, Visit
from openprac.diary.lengths import Length
from openprac.errors import Conflict
from openprac.kernel.call import Call

# Parameters: tenant, patient, account or null for the default one.
ACCOUNT_SQL = """
SELECT a.account_id, a.client_id, a.payer_id, a.bill_family, coalesce(a.fee_cat_id, p.fee_cat_id) AS fee_cat_id,
       coalesce(y.open_invoicing, s.open_invoicing) AS open_invoicing, s.ndis_rounding
  FROM patient_account a
  JOIN patient p ON p.tenant_id = a.tenant_id AND p.client_id = a.client_id
  JOIN billing_settings s ON s.tenant_id = a.tenant_id
  LEFT JOIN payer y ON y.tenant_id = a.tenant_id AND y.payer_id = a.payer_id
 WHERE a.tenant_id = $1 AND a.client_id = $2 AND a.account_id = coalesce($3, p.default_account_id)"""
LOCK_ACCOUNT_SQL = f"{ACCOUNT_SQL} FOR NO KEY UPDATE OF a"
KNOWN_SQL = "SELECT true FROM patient WHERE tenant_id = $1 AND client_id = $2"

_LENGTHS = (
    "(SELECT json_agg(json_build_array(d.profession_id, d.fee_cat_id, d.duration, d.width, d.item_id, "
    "d.item_group_id, d.hourly_billing)) FROM {table} d WHERE d.tenant_id = t.tenant_id "
    "AND d.appointment_type_id = t.appointment_type_id{only})"
)

# Held, so that a visit is billed once. In a group each member has an item of its own.
# Parameters: tenant, ids, the patient that is billed.
VISITS_SQL = f"""
SELECT t.appointment_id, CASE t.kind WHEN 'group' THEN m.client_id ELSE t.client_id END AS client_id,
       t.app_time, t.duration AS minutes, t.business_id, t.practitioner_id, t.profession_id,
       CASE t.kind WHEN 'group' THEN m.item_id ELSE t.item_id END AS item_id,
       CASE t.kind WHEN 'group' THEN m.item_group_id ELSE t.item_group_id END AS item_group_id,
       {
    _LENGTHS.format(
        table="practitioner_appointment_type_duration",
        only=" AND d.practitioner_id = t.practitioner_id AND d.business_id = t.business_id",
    )
} AS own_lengths,
       {_LENGTHS.format(table="appointment_type_duration", only="")} AS lengths
  FROM appointment t
  LEFT JOIN appointment_client m ON m.tenant_id = t.tenant_id AND m.appointment_id = t.appointment_id
        AND m.client_id = $3 AND m.state <> 'deleted' AND t.kind = 'group'
 WHERE t.tenant_id = $1 AND t.appointment_id = ANY($2::bigint[]) AND t.kind IN ('patient', 'group')
   AND t.state IN ('live', 'cancelled')
 ORDER BY t.appointment_id FOR NO KEY UPDATE OF t"""

BILLED_SQL = """
SELECT DISTINCT l.appointment_id FROM invoice_item l
 WHERE l.tenant_id = $1 AND l.appointment_id = ANY($2::bigint[]) AND l.client_id = ANY($3::bigint[])"""

# Parameters: tenant, items, groups, fee categories.
ITEMS_SQL = """
WITH wanted AS (SELECT unnest($2::bigint[]) AS item_id
                 UNION SELECT l.item_id FROM item_group_item l
                        WHERE l.tenant_id = $1 AND l.item_group_id = ANY($3::bigint[]))
SELECT (SELECT json_agg(json_build_array(i.item_id, i.item_code, i.description, i.gst, i.archived_at IS NOT NULL,
               (SELECT json_agg(json_build_array(f.fee_cat_id, f.charge::text, f.discount::text)) FROM item_fee f
                 WHERE f.tenant_id = $1 AND f.item_id = i.item_id AND f.fee_cat_id = ANY($4::bigint[]))))
          FROM item i WHERE i.tenant_id = $1 AND i.item_id IN (SELECT item_id FROM wanted)) AS items,
       (SELECT json_agg(json_build_array(l.item_group_id, l.item_id) ORDER BY l.item_group_id, l.item_id)
          FROM item_group_item l WHERE l.tenant_id = $1 AND l.item_group_id = ANY($3::bigint[])) AS groups,
       (SELECT json_agg(json_build_array(c.fee_cat_id, c.gst)) FROM fee_category c
         WHERE c.tenant_id = $1 AND c.fee_cat_id = ANY($4::bigint[])) AS taxable"""


async def account_for(
    call: Call, client_id: int, account_id: int | None, *, held: bool = False
) -> asyncpg.Record | None:
    """The account that is billed; None where the patient has no such account.

    held: until the transaction ends, so that what is billed to it comes one after the other, two callers find the same
    open invoice, and its payer stays.
    """
    sql = LOCK_ACCOUNT_SQL if held else ACCOUNT_SQL
    return await call.connection.fetchrow(sql, call.caller.tenant_id, client_id, account_id)


async def knows_patient(call: Call, client_id: int) -> bool:
    return bool(await call.connection.fetchval(KNOWN_SQL, call.caller.tenant_id, client_id))


async def visits_for(call: Call, lines: Iterable[Mapping[str, Any]], client_id: int) -> Mapping[int, Visit]:
    """The visits that the lines name, held. Raises Conflict for one that is billed as it is a second time."""
    ids = sorted({line["appointment_id"] for line in lines if line.get("appointment_id") is not None})
    if not ids:
        return {}
    records = await call.connection.fetch(VISITS_SQL, call.caller.tenant_id, ids, client_id)
    found = {}
    for record in records:
        visit = dict(record)
        for name in ("own_lengths", "lengths"):
            visit[name] = [Length(*row) for row in msgspec.json.decode(visit[name] or "[]")]
        found[record["appointment_id"]] = Visit(**visit)
    whose = [visit.client_id for visit in found.values()]
    billed = await call.connection.fetch(BILLED_SQL, call.caller.tenant_id, ids, whose)
    again = {record["appointment_id"] for record in billed} & {
        line["appointment_id"]
        for line in lines
        if line.get("appointment_id") and line.get("item_id") is None and line.get("item_group_id") is None
    }
    if again:
        raise Conflict(
            "ALREADY_BILLED",
            f"Appointment {min(again)} has been billed: name item_id or item_group_id to bill more for it.",
        )
    return found


async def ground_for(
    call: Call, account: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], visits: Mapping[int, Visit]
) -> Ground:
    """account: what account_for() gave."""
    named = [*lines, *({"item_id": one.item_id, "item_group_id": one.item_group_id} for one in visits.values())]
    item_ids, group_ids = (
        sorted({one[name] for one in named if one.get(name) is not None}) for name in ("item_id", "item_group_id")
    )
    categories = {account["fee_cat_id"], *(line.get("fee_cat_id") for line in lines)} - {None}
    items, groups, taxable = await _priced(call, item_ids, group_ids, sorted(categories))
    return Ground(
        client_id=account["client_id"],
        fee_cat_id=account["fee_cat_id"],
        ndis_rounding=account["ndis_rounding"],
        bill_family=account["bill_family"],
        now=call.wall_clock,
        items=items,
        groups=groups,
        visits=visits,
        taxable=taxable,
    )


async def item_for(call: Call, item_id: int, fee_cat_ids: Iterable[int | None]) -> tuple[Item, Mapping[int, bool]]:
    """One item that is there, and those of the fee categories that are: whether each includes GST."""
    wanted = sorted({one for one in fee_cat_ids if one is not None})
    items, _, taxable = await _priced(call, [item_id], [], wanted)
    return items[item_id], taxable


async def _priced(
    call: Call, item_ids: Sequence[int], group_ids: Sequence[int], fee_cat_ids: Sequence[int]
) -> tuple[dict[int, Item], dict[int, list[int]], dict[int, bool]]:
    record = await call.connection.fetchrow(ITEMS_SQL, call.caller.tenant_id, item_ids, group_ids, fee_cat_ids)
    items = {}
    for item_id, code, description, gst, archived, fees in msgspec.json.decode(record["items"] or "[]"):
        by_category = {category: Fee(Decimal(charge), Decimal(off)) for category, charge, off in fees or ()}
        items[item_id] = Item(item_id, code, description, gst, archived, by_category)
    groups: dict[int, list[int]] = {}
    for group_id, item_id in msgspec.json.decode(record["groups"] or "[]"):
        groups.setdefault(group_id, []).append(item_id)
    return items, groups, dict(msgspec.json.decode(record["taxable"] or "[]"))
