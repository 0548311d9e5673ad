"""Invoices from one account of a patient to another, with the payments that cover them (help article 5005464).

Payment and invoice are of one party, and foreign keys say so at both ends of every allocation: the two change in one
statement, and one that were left behind would be refused.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from openprac.billing import bodies, store
from openprac.billing.facts import account_for
from openprac.billing.lines import answered
from openprac.diary.actions import checked_later
from openprac.errors import Conflict, InvalidBody, Problem
from openprac.kernel.call import Answer, Call
from openprac.kernel.rules import refused
from openprac.kernel.write import AUDIT_COLUMNS

KNOWN_SQL = "SELECT invoice_id FROM invoice WHERE tenant_id = $1 AND invoice_id = ANY($2::bigint[])"

# What moves along: receipts on these invoices, those that refunds on them give back, and all refunds of either.
# Parameters: tenant, invoices.
ALONG_SQL = """
WITH receipt AS (SELECT DISTINCT coalesce(p.refund_of, p.payment_id) AS payment_id
                   FROM payment_item l JOIN payment p ON p.tenant_id = l.tenant_id AND p.payment_id = l.payment_id
                  WHERE l.tenant_id = $1 AND l.invoice_id = ANY($2::bigint[])),
along AS (SELECT payment_id FROM receipt
           UNION SELECT p.payment_id FROM payment p JOIN receipt r ON p.refund_of = r.payment_id WHERE p.tenant_id = $1)
SELECT ARRAY(SELECT payment_id FROM along ORDER BY payment_id) AS payment_ids,
       ARRAY(SELECT DISTINCT l.invoice_id FROM payment_item l JOIN along USING (payment_id)
              WHERE l.tenant_id = $1 AND l.invoice_id <> ALL($2::bigint[]) ORDER BY 1) AS shared_with,
       EXISTS (SELECT 1 FROM invoice_item l JOIN invoice i ON i.tenant_id = l.tenant_id AND i.invoice_id = l.invoice_id
                WHERE l.tenant_id = $1 AND l.invoice_id = ANY($2::bigint[])
                  AND l.client_id <> i.client_id) AS several_patients"""

HOLD_SQL = """
SELECT 1 FROM payment t WHERE t.tenant_id = $1 AND t.payment_id = ANY($2::bigint[])
 ORDER BY t.payment_id FOR UPDATE OF t"""

_STAMPS = "modified = clock_timestamp(), version = version + 1, updated_by_user_id = $3"
_TO_ACCOUNT = "account_id IS NOT NULL OR $11::bigint IS NULL"
_AUDIT = (
    "SELECT $1::bigint, $2::bigint, $3::bigint, $4::bigint, $5::uuid, $6::text, '{name}', {name}_id, client_id, "
    "$7::jsonb FROM {source}"
)

# A payer's payment that names no account stays one of a payer's alone.
# Parameters: tenant, five of the audit, changes, invoices, payments, account, payer, patient.
MOVE_SQL = f"""
WITH moved AS (UPDATE invoice SET account_id = $10, payer_id = $11, {_STAMPS}
                WHERE tenant_id = $1 AND invoice_id = ANY($8::bigint[]) RETURNING *),
along AS (UPDATE payment SET payer_id = $11, account_id = CASE WHEN {_TO_ACCOUNT} THEN $10::bigint END,
                             client_id = CASE WHEN {_TO_ACCOUNT} THEN $12::bigint END, {_STAMPS}
           WHERE tenant_id = $1 AND payment_id = ANY($9::bigint[]) RETURNING *),
audit AS (INSERT INTO audit_event ({AUDIT_COLUMNS})
          {_AUDIT.format(name="invoice", source="moved")} UNION ALL {_AUDIT.format(name="payment", source="along")})
SELECT 1"""


async def move(call: Call) -> Answer:
    """Those that share a payment move together, with it. One with lines of several patients does not move."""
    invoice_id = call.id_of("invoice_id")
    found, fault = checked_later(call, bodies.Move, None)
    client_id = await store.patient_of(call, invoice_id)
    if fault:
        raise fault
    account = await account_for(call, client_id, found.given["account_id"], held=True)
    if account is None:
        raise InvalidBody([Problem("account_id", "The selected account_id is invalid.")])
    ids = {invoice_id, *found.given.get("invoice_ids", ())}
    records = await call.connection.fetch(KNOWN_SQL, call.caller.tenant_id, sorted(ids))
    if len(records) < len(ids):
        raise InvalidBody([Problem("invoice_ids", "The selected invoice_ids is invalid.")])
    invoices = await store.locked(call, *ids)
    if len({one["account_id"] for one in invoices}) > 1:
        raise refused("invoice_ids", "must be of the same account as the invoice itself.")
    if invoices[0]["account_id"] != account["account_id"]:
        payments = await _payments_along(call, invoices, account)
        numbers = sorted(ids)
        told = store.changes_text({"account_id": [invoices[0]["account_id"], account["account_id"]]})
        values = (numbers, payments, account["account_id"], account["payer_id"], client_id)
        await call.connection.execute(MOVE_SQL, call.caller.tenant_id, *call.authorship.values(), told, *values)
    else:
        call.note_read("invoice", invoice_id, client_id)
    return await answered(call, invoice_id)


async def _payments_along(
    call: Call, invoices: Sequence[Mapping[str, Any]], account: Mapping[str, Any]
) -> Sequence[int]:
    """The payments that move, held; none where the payer stays the same. Raises Conflict."""
    ids = [one["invoice_id"] for one in invoices]
    held: set[int] = set()
    while True:
        along = await call.connection.fetchrow(ALONG_SQL, call.caller.tenant_id, ids)
        # Nobody pays on a held invoice, but a refund may have come to a payment that was not held yet.
        if held.issuperset(along["payment_ids"]):
            break
        await call.connection.fetch(HOLD_SQL, call.caller.tenant_id, along["payment_ids"])
        held.update(along["payment_ids"])
    if along["several_patients"]:
        raise Conflict("SEVERAL_PATIENTS", "An invoice with lines of several patients cannot be moved.")
    if account["payer_id"] is not None and {one["payer_id"] for one in invoices} == {account["payer_id"]}:
        return []
    if along["shared_with"]:
        others = ", ".join(map(str, along["shared_with"]))
        raise Conflict("SHARED_PAYMENT", f"Their payments also cover others: name these in invoice_ids too: {others}.")
    return list(along["payment_ids"])
