"""What the tables of billing must say at any time, in plain sums and joins: nothing here is the product's.

The numbers are those of the invariants of semantics_billing.md, section 9.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

Fetch = Callable[..., Awaitable[Sequence[Any]]]
"""(statement, values...), as a connection past row-level security has it."""


# Both roundings are right for some line: which of them is the model's to know.
_AMOUNT = "(round({q} * {p}, 2), trunc({q} * {p}, 2))"

# A line that breaks a rule, by the rule's number. $1 is the clinic, $2 its first invoice that is looked at.
_LINES = f"""
WITH lines AS (SELECT * FROM invoice_item WHERE tenant_id = $1 AND invoice_id >= $2),
paid AS (SELECT invoice_item_id, sum(amount) AS amount, sum(gst) AS gst,
                sum(amount) FILTER (WHERE refund) AS back, min(amount) AS least
           FROM payment_item WHERE tenant_id = $1 AND invoice_id >= $2 GROUP BY invoice_item_id),
relief AS (SELECT invoice_item_id, sum(amount) FILTER (WHERE kind = 'discount') AS discount,
                  sum(amount) FILTER (WHERE kind = 'write_off') AS write_off
             FROM adjustment WHERE tenant_id = $1 AND invoice_id >= $2 GROUP BY invoice_item_id),
joined AS (SELECT l.*, coalesce(p.amount, 0) AS items, coalesce(p.gst, 0) AS items_gst,
                  coalesce(r.discount, 0) AS later, coalesce(r.write_off, 0) AS written_off
             FROM lines l LEFT JOIN paid p USING (invoice_item_id) LEFT JOIN relief r USING (invoice_item_id))
SELECT invoice_item_id AS id, '1 debit is quantity by price' AS rule FROM joined
 WHERE debit NOT IN {_AMOUNT.format(q="quantity", p="unit_price")}
UNION ALL SELECT invoice_item_id, '1 discount is quantity by discount and what was given later' FROM joined
 WHERE discount - later NOT IN {_AMOUNT.format(q="quantity", p="unit_discount")}
UNION ALL SELECT invoice_item_id, '2 owing is what is left' FROM joined
 WHERE owing <> debit - discount - write_off - items
UNION ALL SELECT invoice_item_id, '3 nothing is below zero or above the debit' FROM joined
 WHERE least(discount, write_off, owing, paid, debit) < 0 OR discount + write_off > debit
UNION ALL SELECT invoice_item_id, '3 a write-off has its reasons' FROM joined WHERE write_off <> written_off
UNION ALL SELECT invoice_item_id, '5 paid is the sum of what is allocated' FROM joined WHERE paid <> items
UNION ALL SELECT invoice_item_id, '11 GST is an eleventh of what is charged' FROM joined
 WHERE gst <> CASE WHEN taxable THEN round((debit - discount) / 11, 2) ELSE 0 END
UNION ALL SELECT invoice_item_id, '12 GST of allocations is that of what is paid' FROM joined
 WHERE items_gst <> CASE WHEN taxable THEN round(items / 11, 2) ELSE 0 END
UNION ALL SELECT invoice_item_id, '12 a fully paid line is fully taxed' FROM joined
 WHERE items = debit - discount AND items_gst <> gst"""

_INVOICES = """
WITH invoices AS (SELECT * FROM invoice WHERE tenant_id = $1 AND invoice_id >= $2),
sums AS (SELECT invoice_id, sum(debit) AS debit, sum(discount) AS discount, sum(write_off) AS write_off,
                sum(paid) AS paid, sum(gst) AS gst, sum(debit - discount - write_off - paid) AS owing
           FROM invoice_item WHERE tenant_id = $1 AND invoice_id >= $2 GROUP BY invoice_id)
SELECT i.invoice_id AS id, '4 sums are those of the lines' AS rule FROM invoices i LEFT JOIN sums s USING (invoice_id)
 WHERE (i.debit, i.discount, i.write_off, i.paid, i.gst, i.owing)
       IS DISTINCT FROM (coalesce(s.debit, 0), coalesce(s.discount, 0), coalesce(s.write_off, 0),
                         coalesce(s.paid, 0), coalesce(s.gst, 0), coalesce(s.owing, 0))
UNION ALL SELECT i.invoice_id, '10 the account is the patient''s' FROM invoices i
 WHERE NOT EXISTS (SELECT 1 FROM patient_account a WHERE a.tenant_id = $1 AND a.account_id = i.account_id
                                                     AND a.client_id = i.client_id)
UNION ALL SELECT invoice_id, '15 issued after it was made' FROM invoices WHERE issued < created
UNION ALL SELECT invoice_id, '17 due after its date' FROM invoices WHERE due_date < invoice_date
UNION ALL SELECT i.invoice_id, '16 a number is given once' FROM invoices i
 WHERE EXISTS (SELECT 1 FROM invoice o WHERE o.tenant_id = $1 AND o.invoice_number = i.invoice_number
                                         AND o.invoice_id <> i.invoice_id)
UNION ALL SELECT i.invoice_id, '16 no number is ahead of the counter' FROM invoices i
 WHERE i.invoice_number > (SELECT last_number FROM invoice_counter WHERE tenant_id = $1)"""

# $2 is the first payment that is looked at.
_PAYMENTS = """
WITH payments AS (SELECT * FROM payment WHERE tenant_id = $1 AND payment_id >= $2),
items AS (SELECT payment_id, sum(amount) AS amount FROM payment_item WHERE tenant_id = $1 GROUP BY payment_id),
given_back AS (SELECT r.refund_of AS payment_id, -sum(r.total) AS total, -sum(coalesce(i.amount, 0)) AS allocated
                 FROM payments r LEFT JOIN items i USING (payment_id) WHERE r.total < 0 GROUP BY r.refund_of),
joined AS (SELECT p.*, coalesce(i.amount, 0) AS items, coalesce(g.total, 0) AS back,
                  coalesce(g.allocated, 0) AS back_from_lines
             FROM payments p LEFT JOIN items i USING (payment_id) LEFT JOIN given_back g USING (payment_id))
SELECT payment_id AS id, '6 allocated is the sum of its parts' AS rule FROM joined WHERE allocated <> items
UNION ALL SELECT payment_id, '6 allocated lies between nothing and the total' FROM joined
 WHERE items NOT BETWEEN least(total, 0) AND greatest(total, 0)
UNION ALL SELECT payment_id, '14 no more is given back than came in' FROM joined WHERE total > 0 AND back > total
UNION ALL SELECT payment_id, '14 what is given back of lines was allocated' FROM joined
 WHERE total > 0 AND back_from_lines > items
UNION ALL SELECT payment_id, '14 credit is given back or allocated, not both' FROM joined
 WHERE total > 0 AND items + back - back_from_lines > total
UNION ALL SELECT payment_id, '14 what was given back is known' FROM joined
 WHERE total > 0 AND (refunded_allocated, refunded_credit) <> (back_from_lines, back - back_from_lines)
UNION ALL SELECT payment_id, '14 a refund gives one receipt of its party back' FROM payments r
 WHERE total < 0 AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.tenant_id = $1 AND p.payment_id = r.refund_of
        AND p.total > 0 AND p.payer_id IS NOT DISTINCT FROM r.payer_id
        AND (p.payer_id IS NOT NULL OR p.account_id = r.account_id))"""

_ITEMS = """
WITH items AS (SELECT * FROM payment_item WHERE tenant_id = $1 AND payment_id >= $2),
undone AS (SELECT undoes AS payment_item_id, -sum(amount) AS amount FROM items WHERE undoes IS NOT NULL GROUP BY undoes)
SELECT i.payment_item_id AS id, '9 an allocation stays inside one party' AS rule
  FROM items i JOIN payment p ON p.tenant_id = $1 AND p.payment_id = i.payment_id
  JOIN invoice v ON v.tenant_id = $1 AND v.invoice_id = i.invoice_id
 WHERE v.payer_id IS DISTINCT FROM p.payer_id OR (p.payer_id IS NULL AND v.account_id <> p.account_id)
UNION ALL SELECT i.payment_item_id, '7 a line and its invoice agree' FROM items i
 WHERE NOT EXISTS (SELECT 1 FROM invoice_item l WHERE l.tenant_id = $1 AND l.invoice_item_id = i.invoice_item_id
                                                  AND l.invoice_id = i.invoice_id)
UNION ALL SELECT i.payment_item_id, '14 no allocation is taken back twice' FROM items i LEFT JOIN undone u
       USING (payment_item_id)
 WHERE i.amount > 0 AND (coalesce(u.amount, 0) <> i.refunded OR coalesce(u.amount, 0) > i.amount)
UNION ALL SELECT r.payment_item_id, '14 a refund takes back what its receipt paid' FROM items r
 WHERE r.amount < 0 AND NOT EXISTS (
       SELECT 1 FROM payment_item i JOIN payment p ON p.tenant_id = $1 AND p.payment_id = r.payment_id
        WHERE i.tenant_id = $1 AND i.payment_item_id = r.undoes AND i.amount > 0
          AND i.payment_id = p.refund_of AND i.invoice_item_id = r.invoice_item_id)"""

# Nothing is lost and nothing is made: what came in is on lines or on no line.
_MONEY = """
SELECT 0 AS id, '19 all money is somewhere' AS rule
 WHERE (SELECT coalesce(sum(total), 0) FROM payment WHERE tenant_id = $1)
       <> (SELECT coalesce(sum(paid), 0) FROM invoice_item WHERE tenant_id = $1)
        + (SELECT coalesce(sum(total - allocated), 0) FROM payment WHERE tenant_id = $1)"""


async def faults(fetch: Fetch, tenant_id: int, first_invoice: int = 0, first_payment: int = 0) -> list[tuple[int, str]]:
    """(id, rule) of everything that must never be."""
    found: list[Any] = []
    for statement in (_LINES, _INVOICES):
        found += await fetch(statement, tenant_id, first_invoice)
    for statement in (_PAYMENTS, _ITEMS):
        found += await fetch(statement, tenant_id, first_payment)
    found += await fetch(_MONEY, tenant_id)
    return [tuple(record) for record in found]
