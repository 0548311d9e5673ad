"""Invoices of one clinic, with their lines and payments, made by one statement in which every sum is right."""

from datetime import date

import asyncpg

# One to four lines of 60 to 155 dollars, every fifth of them with GST. Of three invoices one is paid, of one the first
# line is paid, one is owing. Their ids stand before those the clinic has, so that its first page is of these.
# Parameters: tenant, user, invoices, today.
INVOICES_SQL = """
WITH line AS (
    SELECT number, position, price, (number + position) % 5 = 0 AS taxable,
           CASE WHEN (number + position) % 5 = 0 THEN round(price / 11, 2) ELSE 0 END AS gst,
           CASE WHEN number % 3 = 1 OR (number % 3 = 2 AND position = 1) THEN price ELSE 0 END AS paid
      FROM generate_series(1, $3::bigint) AS number
     CROSS JOIN LATERAL generate_series(1, 1 + number % 4) AS position
     CROSS JOIN LATERAL (SELECT (60 + 5 * ((7 * number + position) % 20))::numeric AS price) AS prices
), who AS (
    SELECT row_number() OVER (ORDER BY client_id) - 1 AS place, client_id, default_account_id
      FROM patient WHERE tenant_id = $1 AND default_account_id IS NOT NULL
), bill AS (
    SELECT number, number % (SELECT count(*) FROM who) AS place,
           $4::date + time '10:00' - ($3 - number) / 20 * interval '1 day' AS at,
           sum(price) AS debit, sum(gst) AS gst, sum(paid) AS paid
      FROM line GROUP BY number
), what AS (
    SELECT (SELECT min(business_id) FROM business WHERE tenant_id = $1) AS business_id,
           (SELECT min(practitioner_id) FROM practitioner WHERE tenant_id = $1) AS practitioner_id,
           (SELECT min(item_id) FROM item WHERE tenant_id = $1) AS item_id,
           (SELECT min(invoice_id) FROM invoice WHERE tenant_id = $1) AS first_id,
           (SELECT last_number FROM invoice_counter WHERE tenant_id = $1) AS last_number
), made AS (
    INSERT INTO invoice (tenant_id, invoice_id, invoice_number, client_id, account_id, business_id, invoice_date,
                         issued, debit, paid, gst, created_by_user_id, created, modified)
    SELECT $1, first_id - 1 - $3 + number, last_number + number, client_id, default_account_id, business_id, at::date,
           at, debit, paid, gst, $2, at, at
      FROM bill JOIN who USING (place) CROSS JOIN what
    RETURNING *, invoice_number - (SELECT last_number FROM what) AS number
), billed AS (
    INSERT INTO invoice_item (tenant_id, invoice_id, position, client_id, item_time, item_id, description,
                              practitioner_id, taxable, quantity, unit_price, debit, discount, paid, created, modified)
    SELECT $1, invoice_id, position, client_id, created, item_id, 'Bench', practitioner_id, taxable, 1, price, price,
           0, line.paid, created, created
      FROM made JOIN line USING (number) CROSS JOIN what
     ORDER BY invoice_id, position
    RETURNING *
), receipt AS MATERIALIZED (
    SELECT made.*, nextval(pg_get_serial_sequence('payment', 'payment_id')) AS payment_id FROM made WHERE paid > 0
), taken AS (
    INSERT INTO payment (tenant_id, payment_id, client_id, account_id, payment_time, payment_type, total, allocated,
                         business_id, user_id, created_by_user_id, created, modified)
    SELECT $1, payment_id, client_id, account_id, created, 'EFTPOS', paid, paid, business_id, $2, $2, created, created
      FROM receipt
), allocated AS (
    INSERT INTO payment_item (tenant_id, payment_id, invoice_id, invoice_item_id, party, amount, gst, allocated_time)
    SELECT $1, payment_id, invoice_id, invoice_item_id, party, billed.paid, billed.gst, receipt.created
      FROM receipt JOIN billed USING (invoice_id) WHERE billed.paid > 0
)
UPDATE invoice_counter SET last_number = last_number + $3 WHERE tenant_id = $1"""


async def fill(owner: asyncpg.Connection, tenant_id: int, user_id: int, invoices: int, today: date) -> int:
    """Add them to a clinic that has some; the id of one of four lines, all of them paid."""
    # Without it every reference is looked up by reading a whole table, and that takes seven times as long.
    await owner.execute("ANALYZE")
    await owner.execute(INVOICES_SQL, tenant_id, user_id, invoices, today)
    asked: int = await owner.fetchval(
        "SELECT min(l.invoice_id) FROM invoice_item l JOIN invoice i USING (tenant_id, invoice_id) "
        "WHERE l.tenant_id = $1 AND l.position = 4 AND i.owing = 0",
        tenant_id,
    )
    return asked
