"""Invoices and lines into the database, each write with the sums above it and its line in the audit, in one statement.

Lock before you write, in the order of decision 16. Nothing here decides anything.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import msgspec

from openprac.billing.bodies import LINES_MAX
from openprac.billing.totals import Share
from openprac.errors import Conflict, NotFound
from openprac.kernel.call import Call
from openprac.kernel.refusals import refusal
from openprac.kernel.write import AUDIT_COLUMNS

HEADER = ("client_id", "account_id", "payer_id", "business_id", "invoice_date", "due_date")
NOTES = ("invoice_notes", "practice_notes")

LINE_COLUMNS = {
    **{"place": "integer", "client_id": "bigint", "item_time": "timestamp", "item_id": "bigint"},
    **{"description": "text", "fee_cat_id": "bigint", "practitioner_id": "bigint", "appointment_id": "bigint"},
    **{"taxable": "boolean", "ndis_rounding": "boolean", "quantity": "numeric", "unit_price": "numeric"},
    **{"unit_discount": "numeric", "debit": "numeric", "discount": "numeric"},
}
_COPIED = ", ".join(name for name in LINE_COLUMNS if name != "place")
_TYPED = ", ".join(f"{name} {kind}" for name, kind in LINE_COLUMNS.items())

LOCK_SQL = """
SELECT invoice_id, version, client_id, account_id, payer_id, party, issued, owing
  FROM invoice t WHERE t.tenant_id = $1 AND t.invoice_id = ANY($2::bigint[])
 ORDER BY t.invoice_id FOR NO KEY UPDATE OF t"""

PATIENT_SQL = "SELECT client_id FROM invoice WHERE tenant_id = $1 AND invoice_id = $2"

OLDEST_OPEN_SQL = """
SELECT invoice_id FROM invoice WHERE tenant_id = $1 AND account_id = $2 AND issued IS NULL
 ORDER BY invoice_id LIMIT 1"""

LOCK_LINES_SQL = """
SELECT t.*, EXISTS (SELECT 1 FROM payment_item l
                     WHERE l.tenant_id = $1 AND l.invoice_item_id = t.invoice_item_id) AS has_payments
  FROM invoice_item t WHERE t.tenant_id = $1 AND t.invoice_id = $2
 ORDER BY t.invoice_item_id FOR NO KEY UPDATE OF t"""

_STAMPS = "modified = clock_timestamp(), version = version + 1, updated_by_user_id = $3"


def audited(source: str = "new") -> str:
    """The audit's line of a changed invoice. Parameters: tenant, five of the audit, changes."""
    return (
        f"audit AS (INSERT INTO audit_event ({AUDIT_COLUMNS}) SELECT $1::bigint, $2::bigint, $3::bigint, $4::bigint, "
        f"$5::uuid, $6::text, 'invoice', {source}.invoice_id, {source}.client_id, $7::jsonb FROM {source})"
    )


# Parameters: tenant, five of the audit, changes, the header.
CREATE_SQL = (
    "WITH number AS (UPDATE invoice_counter SET last_number = last_number + 1 WHERE tenant_id = $1 "
    "RETURNING last_number), "
    f"new AS (INSERT INTO invoice (tenant_id, invoice_number, created_by_user_id, {', '.join((*HEADER, *NOTES))}) "
    "SELECT $1, number.last_number, $3, $8::bigint, $9::bigint, $10::bigint, $11::bigint, $12::date, $13::date, "
    f"$14::text, $15::text FROM number RETURNING *), {audited()} SELECT invoice_id FROM new"
)

# Parameters: tenant, five of the audit, changes, invoice, the lines as JSON.
ADD_LINES_SQL = f"""
WITH line AS (
    INSERT INTO invoice_item (tenant_id, invoice_id, position, {_COPIED})
    SELECT $1::bigint, $8::bigint, (SELECT coalesce(max(l.position), 0) FROM invoice_item l
                     WHERE l.tenant_id = $1 AND l.invoice_id = $8) + one.place, {_COPIED}
      FROM jsonb_to_recordset($9::jsonb) AS one({_TYPED}) ORDER BY one.place
    RETURNING debit, discount, gst),
new AS (UPDATE invoice SET debit = debit + (SELECT sum(debit) FROM line),
                           discount = discount + (SELECT sum(discount) FROM line),
                           gst = gst + (SELECT sum(gst) FROM line), {_STAMPS}
         WHERE tenant_id = $1 AND invoice_id = $8 RETURNING *),
{audited()}
SELECT (SELECT count(*) FROM line)
     + (SELECT count(*) FROM invoice_item l WHERE l.tenant_id = $1 AND l.invoice_id = $8)"""

# The sums move by what the line's amounts moved. Parameters: tenant, five of the audit, changes, invoice, line, values.
EDITED = (
    *("quantity", "unit_price", "unit_discount", "debit", "discount", "taxable"),
    *("description", "practitioner_id", "item_time", "fee_cat_id"),
)
EDIT_LINE_SQL = f"""
WITH before AS (SELECT * FROM invoice_item WHERE tenant_id = $1 AND invoice_id = $8 AND invoice_item_id = $9),
line AS (UPDATE invoice_item
            SET {", ".join(f"{name} = ${place}" for place, name in enumerate(EDITED, 10))}, modified = clock_timestamp()
          WHERE tenant_id = $1 AND invoice_id = $8 AND invoice_item_id = $9 RETURNING *),
new AS (UPDATE invoice i SET debit = i.debit + line.debit - before.debit,
                             discount = i.discount + line.discount - before.discount,
                             gst = i.gst + line.gst - before.gst, {_STAMPS.replace("version + 1", "i.version + 1")}
          FROM line, before WHERE i.tenant_id = $1 AND i.invoice_id = $8 RETURNING i.*),
{audited()} SELECT 1"""

# Parameters: tenant, five of the audit, changes, invoice, line.
REMOVE_LINE_SQL = f"""
WITH gone AS (DELETE FROM adjustment WHERE tenant_id = $1 AND invoice_item_id = $9),
line AS (DELETE FROM invoice_item WHERE tenant_id = $1 AND invoice_id = $8 AND invoice_item_id = $9 RETURNING *),
new AS (UPDATE invoice i SET debit = i.debit - line.debit, discount = i.discount - line.discount,
                             write_off = i.write_off - line.write_off, gst = i.gst - line.gst,
                             {_STAMPS.replace("version + 1", "i.version + 1")}
          FROM line WHERE i.tenant_id = $1 AND i.invoice_id = $8 RETURNING i.*),
{audited()} SELECT 1"""

# Parameters: tenant, five of the audit, changes, invoice, the amounts by line as JSON, kind, reason, refund.
ADJUST_SQL = f"""
WITH one AS (SELECT * FROM jsonb_to_recordset($9::jsonb) AS one(invoice_item_id bigint, amount numeric)),
before AS (SELECT sum(l.gst) AS gst FROM invoice_item l JOIN one ON one.invoice_item_id = l.invoice_item_id
            WHERE l.tenant_id = $1),
made AS (INSERT INTO adjustment
                (tenant_id, invoice_id, invoice_item_id, kind, amount, reason, payment_id, created_by_user_id)
         SELECT $1::bigint, $8::bigint, one.invoice_item_id, $10::text, one.amount, $11::text, $12::bigint, $3::bigint
           FROM one RETURNING invoice_item_id, CASE kind WHEN 'discount' THEN amount ELSE 0 END AS discount,
                              CASE kind WHEN 'write_off' THEN amount ELSE 0 END AS write_off),
line AS (UPDATE invoice_item l
            SET given_discount = l.given_discount + made.discount, discount = l.discount + made.discount,
                write_off = l.write_off + made.write_off, modified = clock_timestamp()
           FROM made WHERE l.tenant_id = $1 AND l.invoice_item_id = made.invoice_item_id RETURNING l.gst),
new AS (UPDATE invoice SET discount = discount + (SELECT sum(made.discount) FROM made),
                           write_off = write_off + (SELECT sum(made.write_off) FROM made),
                           gst = gst + (SELECT sum(line.gst) FROM line) - (SELECT before.gst FROM before), {_STAMPS}
         WHERE tenant_id = $1 AND invoice_id = $8 RETURNING *),
{audited()} SELECT 1"""

# Parameters: tenant, five of the audit, changes, invoice, whether it is issued.
ISSUE_SQL = (
    f"WITH new AS (UPDATE invoice SET issued = CASE WHEN $9 THEN clock_timestamp() END, {_STAMPS} "
    f"WHERE tenant_id = $1 AND invoice_id = $8 RETURNING *), {audited()} SELECT 1"
)


async def locked(call: Call, *invoice_ids: int) -> list[asyncpg.Record]:
    """The invoices, by ascending id, held until the transaction ends. Raises NotFound for one that is not there."""
    records = await call.connection.fetch(LOCK_SQL, call.caller.tenant_id, sorted(set(invoice_ids)))
    missing = set(invoice_ids) - {record["invoice_id"] for record in records}
    if missing:
        raise NotFound("invoice_id", min(missing))
    return list(records)


async def locked_lines(call: Call, invoice_id: int) -> Mapping[int, asyncpg.Record]:
    """The lines of a locked invoice, held, by their id."""
    records = await call.connection.fetch(LOCK_LINES_SQL, call.caller.tenant_id, invoice_id)
    return {record["invoice_item_id"]: record for record in records}


async def oldest_open(call: Call, account_id: int) -> asyncpg.Record | None:
    """The account's oldest open invoice, held. The account is held already: nobody opens one meanwhile."""
    while True:
        invoice_id = await call.connection.fetchval(OLDEST_OPEN_SQL, call.caller.tenant_id, account_id)
        if invoice_id is None:
            return None
        (record,) = await locked(call, invoice_id)
        # While it was waited for it may have been issued, or moved.
        if record["issued"] is None and record["account_id"] == account_id:
            return record


async def create(call: Call, header: Mapping[str, Any]) -> int:
    given = {name: value for name, value in header.items() if value is not None}
    values = (header.get(name) for name in (*HEADER, *NOTES))
    invoice_id: int = await _said(call, CREATE_SQL, changes_text(given), *values)
    return invoice_id


async def add_lines(call: Call, invoice_id: int, lines: Sequence[Mapping[str, Any]]) -> None:
    """To a locked invoice, or one of this transaction. Raises InvalidBody, and Conflict for too many."""
    if len(lines) > LINES_MAX:
        raise _full()
    rows = [{**line, "place": place} for place, line in enumerate(lines, 1)]
    now = await _said(call, ADD_LINES_SQL, changes_text({"invoice_items": lines}), invoice_id, changes_text(rows))
    if now > LINES_MAX:
        raise _full()


def _full() -> Conflict:
    return Conflict("INVOICE_FULL", f"An invoice has at most {LINES_MAX} lines: begin another one.")


async def edit_line(call: Call, invoice_id: int, before: Mapping[str, Any], line: Mapping[str, Any]) -> None:
    """Write what differs; nothing where nothing does."""
    changed = {name: [before[name], line[name]] for name in EDITED if before[name] != line[name]}
    if changed:
        row_id = before["invoice_item_id"]
        text = changes_text({"invoice_items": [{"invoice_item_id": row_id, **changed}]})
        await _said(call, EDIT_LINE_SQL, text, invoice_id, row_id, *(line[name] for name in EDITED))


async def remove_line(call: Call, invoice_id: int, line: Mapping[str, Any]) -> None:
    named = {name: line[name] for name in ("invoice_item_id", "item_id", "description", "debit", "discount")}
    text = changes_text({"invoice_items": [[named, None]]})
    await _said(call, REMOVE_LINE_SQL, text, invoice_id, line["invoice_item_id"])


async def adjust(
    call: Call, invoice_id: int, kind: str, shares: Sequence[Share], reason: str, payment_id: int | None = None
) -> None:
    """A discount or a write-off over locked lines. payment_id: the refund it comes with."""
    rows = changes_text([share._asdict() for share in shares])
    told = changes_text({kind: {share.invoice_item_id: share.amount for share in shares}, "reason": reason})
    await _said(call, ADJUST_SQL, told, invoice_id, rows, kind, reason, payment_id)


async def patient_of(call: Call, invoice_id: int) -> int:
    """Whose invoice it is, which never changes. Raises NotFound."""
    client_id: int | None = await call.connection.fetchval(PATIENT_SQL, call.caller.tenant_id, invoice_id)
    if client_id is None:
        raise NotFound("invoice_id", invoice_id)
    return client_id


async def issue(call: Call, invoice_id: int, *, issued: bool) -> None:
    await _said(call, ISSUE_SQL, changes_text({"issued": issued}), invoice_id, issued)


async def _said(call: Call, sql: str, changes: str, *values: Any) -> Any:
    """Raises InvalidBody for a refused reference."""
    try:
        return await call.connection.fetchval(sql, call.caller.tenant_id, *call.authorship.values(), changes, *values)
    except asyncpg.IntegrityConstraintViolationError as error:
        raise refusal(error) from error


def changes_text(changes: Any) -> str:
    return msgspec.json.encode(changes).decode()
