"""What billing costs in round trips to the database."""

from collections.abc import Iterator

import pytest

from tests.cast import Cast
from tests.counted import Counted, counting


@pytest.fixture(scope="module")
def counted(cast: Cast) -> Iterator[Counted]:
    with counting(cast, cast.riverside) as counted:
        yield counted


def test_a_page_of_invoices_costs_the_same_however_long_it_is(counted: Counted) -> None:
    """enter, the page, the count where the page does not tell it, the lines, what was paid on them."""
    for size in (1, 20):
        assert counted.of(lambda api, size=size: api.get("/invoice", params={"page_size": size})) == 5
    assert counted.of(lambda api: api.get("/invoice", params={"page_size": 200})) == 4


def test_one_invoice(cast: Cast, counted: Counted) -> None:
    """enter, the invoice, its lines, what was paid on them."""
    sql = "SELECT min(invoice_id) FROM invoice WHERE tenant_id = $1"
    one = cast.sql(sql, cast.riverside.tenant_id)[0][0]
    assert counted.of(lambda api: api.get(f"/invoice/{one}")) == 4


def test_writing_an_invoice(cast: Cast, counted: Counted) -> None:
    """Reading it back costs four of each: the invoice, its lines, what was paid on them, what was taken off them.

    Create: enter, the account, items and fees, the invoice, its lines. Bill an account: enter, the account before and
    under its lock, items and fees, the open invoice found and locked, the lines.
    """
    sql = (
        "SELECT a.client_id, a.account_id, f.item_id, b.business_id FROM patient_account a "
        "JOIN patient p USING (tenant_id, client_id) "
        "JOIN item_fee f ON f.tenant_id = a.tenant_id AND f.fee_cat_id = coalesce(a.fee_cat_id, p.fee_cat_id) "
        "JOIN item i ON i.tenant_id = f.tenant_id AND i.item_id = f.item_id AND i.archived_at IS NULL "
        "JOIN business b ON b.tenant_id = a.tenant_id WHERE a.tenant_id = $1 LIMIT 1"
    )
    client, account, item, business = cast.sql(sql, cast.riverside.tenant_id)[0]
    body = {"client_id": client, "account_id": account, "business_id": business, "lines": [{"item_id": item}] * 5}
    made = counted.api.post("/x/invoice", json=body).json()
    path = f"/x/invoice/{made['invoice_id']}"
    line = f"{path}/line/{made['invoice_items'][0]['invoice_item_id']}"
    bill = f"/x/patient/{client}/account/{account}/line"
    taken = {"amount": 1, "reason": "Counted"}
    costs = {
        "create": counted.of(lambda api: api.post("/x/invoice", json=body)),
        "add a line": counted.of(lambda api: api.post(f"{path}/line", json={"item_id": item})),
        "bill an account": counted.of(lambda api: api.post(bill, json={"item_id": item})),
        "edit a line": counted.of(lambda api: api.patch(line, json={"quantity": 2})),
        "discount": counted.of(lambda api: api.post(f"{path}/discount", json=taken)),
        "issue": counted.of(lambda api: api.post(f"{path}/issue")),
    }
    assert costs == {
        "create": 9,
        "add a line": 10,
        "bill an account": 11,
        "edit a line": 9,
        "discount": 8,
        "issue": 8,
    }
