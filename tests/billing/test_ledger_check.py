"""The check that watches the state machine and the contests sees what is wrong, each by its rule."""

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.billing.ledger_check import faults
from tests.billing.till import TAXABLE, Till


@pytest.mark.parametrize(
    ("statement", "rules"),
    [
        ("UPDATE invoice SET debit = debit + 1 WHERE invoice_id = $1", {"4"}),
        ("UPDATE invoice SET paid = paid - 1 WHERE invoice_id = $1", {"4"}),
        ("UPDATE invoice SET gst = gst - 0.01 WHERE invoice_id = $1", {"4"}),
        ("UPDATE invoice_item SET paid = paid - 0.01 WHERE invoice_id = $1 AND position = 1", {"2", "4", "5", "19"}),
        ("UPDATE invoice_item SET write_off = 1 WHERE invoice_id = $1 AND position = 2", {"3", "4"}),
        ("UPDATE payment_item SET gst = gst - 0.01 WHERE invoice_id = $1 AND NOT refund", {"12"}),
        (
            "UPDATE payment_item SET amount = amount - 0.01 WHERE invoice_id = $1 AND refund",
            {"2", "5", "6", "12", "14"},
        ),
        (
            "UPDATE payment SET allocated = allocated - 1 WHERE NOT refund AND payment_id IN "
            "(SELECT payment_id FROM payment_item WHERE invoice_id = $1)",
            {"6", "19"},
        ),
        (
            "UPDATE payment SET refunded_credit = 1 WHERE payment_id = (SELECT max(payment_id) FROM payment "
            "WHERE NOT refund AND account_id = (SELECT account_id FROM invoice WHERE invoice_id = $1))",
            {"14"},
        ),
        (
            "UPDATE payment SET refund_of = (SELECT max(payment_id) FROM payment WHERE NOT refund AND account_id = "
            "(SELECT account_id FROM invoice WHERE invoice_id = $1)) WHERE refund AND payment_id IN "
            "(SELECT payment_id FROM payment_item WHERE invoice_id = $1)",
            {"14"},
        ),
        ("UPDATE payment_item SET refunded = refunded - 0.01 WHERE invoice_id = $1 AND NOT refund", {"14"}),
        (
            "UPDATE invoice_counter SET last_number = 0 WHERE tenant_id = (SELECT tenant_id FROM invoice "
            "WHERE invoice_id = $1)",
            {"16"},
        ),
    ],
)
def test_each_fault_is_found(till: Till, statement: str, rules: set[str]) -> None:
    account = till.account()
    bill = till.bill(account, "110.00", "20.00", kind=TAXABLE)
    paid = till.pay(account, "115.00", invoice_ids=[bill.invoice])["payment_id"]
    till.pay(account, "9.00")
    till.api.post(f"/x/payment/{paid}/refund", json={"amount": 10, "payment_type": "Cash"})
    before, after = asyncio.run(_around(till, statement, bill.invoice))
    assert before == []
    assert {rule.split()[0] for _, rule in after} == rules


async def _around(till: Till, statement: str, invoice_id: int) -> tuple[list[Any], list[Any]]:
    """What the check says before and after the damage, which is undone."""
    tenant_id = till.desk.clinic.tenant_id
    async with till.desk.cast.owner() as connection:
        before = await _faults(connection, tenant_id)
        damage = connection.transaction()
        await damage.start()
        await connection.execute(statement, invoice_id)
        after = await _faults(connection, tenant_id)
        await damage.rollback()
    return before, after


async def _faults(connection: asyncpg.Connection, tenant_id: int) -> list[Any]:
    return await faults(connection.fetch, tenant_id)
