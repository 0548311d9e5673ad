"""Payments into the database and out of it. Nothing here decides anything.

Locks come in the order of the billing migration: invoices, their lines, payments, each kind by ascending id in a
statement of its own. What pays a line, and every sum above it, changes in one statement with its line in the audit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec

from openprac.kernel.call import Call
from openprac.kernel.refusals import refusal
from openprac.kernel.write import AUDIT_COLUMNS

# Parameters: tenant, name of a method in any case, account, line ids. The name as the clinic spells it; the account's
# patient.
FACTS_SQL = """
SELECT (SELECT m.description FROM payment_method m
         WHERE m.tenant_id = $1 AND lower(m.description) = lower($2) AND m.archived_at IS NULL) AS payment_type,
       (SELECT a.client_id FROM patient_account a WHERE a.tenant_id = $1 AND a.account_id = $3) AS client_id"""

_LOCK = "SELECT t.invoice_id, t.party FROM invoice t WHERE t.tenant_id = $1 AND t.invoice_id %s"
_LOCKED = " ORDER BY t.invoice_id FOR NO KEY UPDATE OF t"

# Parameters: tenant, invoice ids.
LOCK_NAMED_SQL = _LOCK % "= ANY($2::bigint[])" + _LOCKED
# Parameters: tenant, line ids. A line never changes its invoice.
LOCK_BY_LINES_SQL = (
    _LOCK % "IN (SELECT l.invoice_id FROM invoice_item l WHERE l.tenant_id = $1 AND l.invoice_item_id = ANY($2))"
) + _LOCKED
# Parameters: tenant, party, amount. The oldest that owe, as many as the amount reaches to.
LOCK_OLDEST_SQL = (
    _LOCK
    % (
        "IN (SELECT o.invoice_id FROM (SELECT w.invoice_id, sum(w.owing) OVER (ORDER BY w.invoice_date, w.invoice_id) "
        "- w.owing AS before FROM invoice w WHERE w.tenant_id = $1 AND w.party = $2 AND w.owing > 0) o "
        "WHERE o.before < $3::numeric)"
    )
) + _LOCKED
# Parameters: tenant, payment.
LOCK_PAID_SQL = (
    _LOCK
    % (
        "IN (SELECT p.invoice_id FROM payment_item p WHERE p.tenant_id = $1 AND p.payment_id = $2 "
        "AND p.amount > p.refunded)"
    )
) + _LOCKED

# Parameters: tenant, invoice ids. Only what holds the invoices' locks may believe it.
LINES_SQL = """
SELECT l.invoice_id, l.invoice_item_id, l.owing, l.paid, l.taxable, i.invoice_date
  FROM invoice_item l JOIN invoice i ON i.tenant_id = l.tenant_id AND i.invoice_id = l.invoice_id
 WHERE l.tenant_id = $1 AND l.invoice_id = ANY($2::bigint[])
 ORDER BY l.invoice_id, l.position"""

# Unlocked: for what must be known before its invoices are locked. Parameters: tenant, payment.
PAYMENT_SQL = "SELECT t.party, t.credit FROM payment t WHERE t.tenant_id = $1 AND t.payment_id = $2"

# Parameters: tenant, payment ids.
LOCK_PAYMENTS_SQL = """
SELECT t.payment_id, t.party, t.refund, t.credit, t.client_id, t.account_id, t.payer_id, t.business_id, t.version,
       t.allocated - t.refunded_allocated AS still_allocated
  FROM payment t WHERE t.tenant_id = $1 AND t.payment_id = ANY($2::bigint[])
 ORDER BY t.payment_id FOR NO KEY UPDATE OF t"""

# Parameters: tenant, invoice.
PAYMENTS_OF_SQL = """
SELECT DISTINCT p.payment_id FROM payment_item p
 WHERE p.tenant_id = $1 AND p.invoice_id = $2 AND p.amount > p.refunded"""

# What of these payments pays a line still, the newest first. Parameters: tenant, payment ids, invoice or null for all.
STILL_PAID_SQL = """
SELECT p.payment_item_id, p.payment_id, p.invoice_id, p.invoice_item_id, p.amount - p.refunded AS amount,
       l.paid, l.taxable
  FROM payment_item p JOIN invoice_item l ON l.tenant_id = p.tenant_id AND l.invoice_item_id = p.invoice_item_id
 WHERE p.tenant_id = $1 AND p.payment_id = ANY($2::bigint[]) AND ($3::bigint IS NULL OR p.invoice_id = $3)
   AND p.amount > p.refunded
 ORDER BY p.payment_item_id DESC"""

_AUDITED = (
    f"INSERT INTO audit_event ({AUDIT_COLUMNS}) SELECT $1::bigint, $2::bigint, $3::bigint, $4::bigint, $5::uuid, "
    "$6::text, "
)


def _stamps(alias: str) -> str:
    return f"modified = clock_timestamp(), version = {alias}.version + 1, updated_by_user_id = $3::bigint"


# What every write of a payment does to lines and invoices; `new` is the payment. Parameters: tenant, five of the audit,
# changes, seven arrays of the parts. Of a part amount and gst are what the line's paid and the GST paid with it change
# by, negative in a refund; discount and write_off are what the line is relieved of besides.
_PARTS = (
    """
part AS (SELECT * FROM unnest($8::bigint[], $9::bigint[], $10::bigint[], $11::numeric[], $12::numeric[],
                              $13::numeric[], $14::numeric[])
         AS part(invoice_id, invoice_item_id, undoes, amount, gst, discount, write_off)),
items AS (INSERT INTO payment_item
                 (tenant_id, payment_id, party, refund, invoice_id, invoice_item_id, undoes, amount, gst)
          SELECT $1, new.payment_id, new.party, new.refund, part.invoice_id, part.invoice_item_id, part.undoes,
                 part.amount, part.gst FROM new, part),
line AS (UPDATE invoice_item l
            SET paid = l.paid + s.amount, given_discount = l.given_discount + s.discount,
                discount = l.discount + s.discount, write_off = l.write_off + s.write_off,
                modified = clock_timestamp()
           FROM (SELECT o.invoice_item_id, o.gst, sum(part.amount) AS amount, sum(part.discount) AS discount,
                        sum(part.write_off) AS write_off
                   FROM part JOIN invoice_item o ON o.tenant_id = $1 AND o.invoice_item_id = part.invoice_item_id
                  GROUP BY o.invoice_item_id, o.gst) s
          WHERE l.tenant_id = $1 AND l.invoice_item_id = s.invoice_item_id
         RETURNING l.invoice_id, s.amount, s.discount, s.write_off, l.gst - s.gst AS gst),
"""
    + f"""
billed AS (UPDATE invoice i
              SET paid = i.paid + s.amount, discount = i.discount + s.discount, write_off = i.write_off + s.write_off,
                  gst = i.gst + s.gst, {_stamps("i")}
             FROM (SELECT invoice_id, sum(amount) AS amount, sum(discount) AS discount, sum(write_off) AS write_off,
                          sum(gst) AS gst FROM line GROUP BY invoice_id) s
            WHERE i.tenant_id = $1 AND i.invoice_id = s.invoice_id
           RETURNING i.invoice_id, i.client_id, i.paid, s.amount),
audit AS ({_AUDITED}'payment', new.payment_id, new.client_id, $7::jsonb FROM new),
audit_of_invoices AS ({_AUDITED}'invoice', billed.invoice_id, billed.client_id,
     jsonb_build_object('payment_id', new.payment_id, 'paid', ARRAY[billed.paid - billed.amount, billed.paid])
     FROM new, billed)"""
)

# And: total, allocated, client, account, payer, business, time, method, card, notes.
PAY_SQL = f"""
WITH new AS (INSERT INTO payment (tenant_id, user_id, created_by_user_id, total, allocated, client_id, account_id,
                                  payer_id, business_id, payment_time, payment_type, card_type, notes)
             VALUES ($1, $3, $3, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24) RETURNING *),
{_PARTS} SELECT payment_id FROM new"""

# And: what is allocated, the payment.
ALLOCATE_SQL = f"""
WITH new AS (UPDATE payment p SET allocated = p.allocated + $15::numeric, {_stamps("p")}
              WHERE p.tenant_id = $1 AND p.payment_id = $16 RETURNING *),
{_PARTS} SELECT payment_id FROM new"""

# And: total, allocated, both negative, the payment that is given back, business, time, method, card, reason.
REFUND_SQL = f"""
WITH new AS (INSERT INTO payment (tenant_id, user_id, created_by_user_id, total, allocated, refund, refund_of,
                                  client_id, account_id, payer_id, business_id, payment_time, payment_type,
                                  card_type, refund_reason)
             SELECT $1, $3, $3, $15::numeric, $16::numeric, true, r.payment_id, r.client_id, r.account_id, r.payer_id,
                    $18::bigint, $19::timestamp, $20::text, $21::text, $22::text
               FROM payment r WHERE r.tenant_id = $1 AND r.payment_id = $17 RETURNING *),
{_PARTS},
undone AS (UPDATE payment_item p SET refunded = p.refunded - s.amount
             FROM (SELECT undoes, sum(amount) AS amount FROM part GROUP BY undoes) s
            WHERE p.tenant_id = $1 AND p.payment_item_id = s.undoes),
receipt AS (UPDATE payment r
               SET refunded_allocated = r.refunded_allocated - new.allocated,
                   refunded_credit = r.refunded_credit - new.unallocated, {_stamps("r")}
              FROM new WHERE r.tenant_id = $1 AND r.payment_id = $17
            RETURNING r.payment_id, r.client_id),
audit_of_receipt AS ({_AUDITED}'payment', receipt.payment_id, receipt.client_id,
     jsonb_build_object('refunded_by', new.payment_id, 'amount', -new.total) FROM new, receipt),
adjusted AS (INSERT INTO adjustment
                    (tenant_id, invoice_id, invoice_item_id, kind, amount, reason, payment_id, created_by_user_id)
             SELECT $1, part.invoice_id, part.invoice_item_id, given.kind, sum(given.amount), $22, new.payment_id, $3
               FROM new, part, LATERAL (VALUES ('discount', part.discount), ('write_off', part.write_off))
                    AS given(kind, amount)
              WHERE given.amount > 0
              GROUP BY part.invoice_id, part.invoice_item_id, given.kind, new.payment_id)
SELECT payment_id FROM new"""

BALANCE_SQL = """
SELECT coalesce((SELECT sum(i.owing) FROM invoice i
                  WHERE i.tenant_id = a.tenant_id AND i.account_id = a.account_id), 0) AS owing,
       coalesce((SELECT sum(p.unallocated) FROM payment p
                  WHERE p.tenant_id = a.tenant_id AND p.account_id = a.account_id), 0) AS credit
  FROM patient_account a WHERE a.tenant_id = $1 AND a.client_id = $2 AND a.account_id = $3"""


@dataclass(frozen=True, slots=True)
class Part:
    """What a write does to one line. Money out of a line is negative; undoes: the allocation that is taken back."""

    invoice_id: int
    invoice_item_id: int
    amount: Decimal
    gst: Decimal
    undoes: int | None = None
    discount: Decimal = Decimal(0)
    write_off: Decimal = Decimal(0)


async def facts(call: Call, payment_type: str, account_id: int | None) -> asyncpg.Record:
    return await call.connection.fetchrow(FACTS_SQL, call.caller.tenant_id, payment_type, account_id)


async def lock_invoices(call: Call, sql: str, *what: Any) -> dict[int, str]:
    """The party of each of these invoices, by id. They are held until the transaction ends."""
    records = await call.connection.fetch(sql, call.caller.tenant_id, *what)
    return {record["invoice_id"]: record["party"] for record in records}


async def lines_of(call: Call, invoice_ids: Sequence[int]) -> list[asyncpg.Record]:
    return list(await call.connection.fetch(LINES_SQL, call.caller.tenant_id, invoice_ids))


async def payment(call: Call, payment_id: int) -> asyncpg.Record | None:
    """Its party and credit as they were a moment ago."""
    return await call.connection.fetchrow(PAYMENT_SQL, call.caller.tenant_id, payment_id)


async def lock_payments(call: Call, payment_ids: Sequence[int]) -> list[asyncpg.Record]:
    return list(await call.connection.fetch(LOCK_PAYMENTS_SQL, call.caller.tenant_id, payment_ids))


async def payments_of(call: Call, invoice_id: int) -> list[int]:
    """What pays it still, before anything is locked."""
    records = await call.connection.fetch(PAYMENTS_OF_SQL, call.caller.tenant_id, invoice_id)
    return [record["payment_id"] for record in records]


async def still_paid(call: Call, payment_ids: Sequence[int], invoice_id: int | None) -> list[asyncpg.Record]:
    return list(await call.connection.fetch(STILL_PAID_SQL, call.caller.tenant_id, payment_ids, invoice_id))


async def write(call: Call, sql: str, parts: Sequence[Part], told: Mapping[str, Any], *values: Any) -> int:
    """One of the three statements; gives the payment's id. Raises InvalidBody for refused references."""
    told = {name: value for name, value in told.items() if value is not None}
    if parts:
        told["payment_items"] = [{"invoice_item_id": part.invoice_item_id, "amount": part.amount} for part in parts]
    columns = (
        [getattr(part, name) for part in parts]
        for name in ("invoice_id", "invoice_item_id", "undoes", "amount", "gst", "discount", "write_off")
    )
    author = (call.caller.tenant_id, *call.authorship.values())
    try:
        payment_id: int = await call.connection.fetchval(
            sql, *author, msgspec.json.encode(told).decode(), *columns, *values
        )
    except asyncpg.IntegrityConstraintViolationError as error:
        raise refusal(error) from error
    return payment_id


async def balance(call: Call, client_id: int, account_id: int) -> asyncpg.Record | None:
    return await call.connection.fetchrow(BALANCE_SQL, call.caller.tenant_id, client_id, account_id)
