"""Payments as they are read: the filters, the two views of an allocation, and the balance of an account."""

from typing import Any

import pytest

from tests.api.answers import all_rows, code, made
from tests.billing.till import TAXABLE, Account, Till


@pytest.fixture(scope="module")
def account(till: Till) -> Account:
    return till.account()


@pytest.fixture(scope="module")
def payments(till: Till, account: Account) -> dict[str, int]:
    """By what is special about each. The clock goes past midnight between two of them."""
    bill = till.bill(account, "50.00", "30.00")
    third = till.account(client=account.client, payer=till.payer())
    made_ = {
        "all": till.pay(account, "50.00", invoice_ids=[bill.invoice], payment_time="2026-03-02T23:59:59"),
        "part": till.pay(account, "40.00", invoice_ids=[bill.invoice], payment_time="2026-03-03T00:00:00"),
        "none": till.pay(account, "12.34", payment_time="2026-03-05T12:00:00"),
        "payer": till.pay(third, "50.00", account_id=third.account, payment_time="2026-03-03T09:00:00"),
    }
    body = {"amount": 5, "payment_type": "Cash", "payment_time": "2026-03-06T09:00:00"}
    ids = {name: one["payment_id"] for name, one in made_.items()}
    ids["refund"] = made(till.api.post(f"/x/payment/{ids['all']}/refund", json=body))["payment_id"]
    return {**ids, "line": bill.lines[0], "other line": bill.lines[1], "payer id": third.payer or 0}


@pytest.mark.parametrize(
    ("conditions", "names"),
    [
        (["total:=50"], {"all", "payer"}),
        (["total:=50.00"], {"all", "payer"}),
        (["total:!=50"], {"part", "none", "refund"}),
        (["total:<12.35"], {"none", "refund"}),
        (["total:<=12.34"], {"none", "refund"}),
        (["total:>40"], {"all", "payer"}),
        (["total:>=40"], {"all", "part", "payer"}),
        (["total:<0"], {"refund"}),
        (["unallocated:=0"], {"all", "refund"}),
        (["unallocated:>0"], {"part", "none", "payer"}),
        (["unallocated:>0", "total:<50"], {"part", "none"}),
        (["unallocated:=10"], {"part"}),
        (["invoice_item_id:={line}"], {"all", "refund"}),
        (["invoice_item_id:={other line}"], {"part"}),
        (["invoice_item_id:!={line}"], {"part", "none", "payer"}),
        (["payment_date:=2026-03-02"], {"all"}),
        (["payment_date:>2026-03-02"], {"part", "none", "payer", "refund"}),
        (["payment_date:>=2026-03-03", "payment_date:<2026-03-05"], {"part", "payer"}),
        (["payer_id:={payer id}"], {"payer"}),
        (["created:>=2020-01-01T00:00:00Z"], {"all", "part", "none", "payer", "refund"}),
        (["updated:<2020-01-01T00:00:00Z"], set()),
    ],
)
def test_the_filters(
    till: Till, account: Account, payments: dict[str, int], conditions: list[str], names: set[str]
) -> None:
    asked = [("q[]", one.format_map(payments)) for one in conditions]
    page = made(till.api.get(f"/patient/{account.client}/payment", params=[*asked, ("page_size", "200")]))
    assert {row["payment_id"] for row in page["payments"]} == {payments[name] for name in names}
    assert page["total_entries"] == len(names)


def test_an_account_shows_its_own(till: Till, account: Account, payments: dict[str, int]) -> None:
    rows = all_rows(till.api, f"{account.path}/payment", "payments", sort_by="-payment_time")
    assert [row["payment_id"] for row in rows] == [payments[name] for name in ("refund", "none", "part", "all")]
    other = till.account()
    assert made(till.api.get(f"/patient/{other.client}/account/{account.account}/payment"))["payments"] == []
    refused = till.api.get(f"{account.path}/payment", params={"q[]": "payer_id:=1"})
    assert code(refused) == (400, "INVALID_PARAMS")


def allocations(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row[name] for name in names) for row in rows)


def test_an_allocation_is_seen_from_both_sides(till: Till) -> None:
    """Inside an invoice it shows payment_item_id and payment_id, inside a payment invoice_id and invoice_item_id."""
    account = till.account()
    bill = till.bill(account, "55.00", "22.00", kind=TAXABLE)
    paid = [till.pay(account, total, invoice_ids=[bill.invoice])["payment_id"] for total in ("30.00", "40.00")]
    back = till.api.post(f"/x/payment/{paid[0]}/refund", json={"amount": 7, "payment_type": "Cash"})
    paid.append(made(back)["payment_id"])
    shown = [made(till.api.get(f"/payment/{one}")) for one in paid]
    items = [item for one in shown for item in one["payment_items"]]
    assert {tuple(item) for item in items} == {("invoice_id", "invoice_item_id", "allocated_time", "amount", "gst")}
    lines = made(till.api.get(f"/invoice/{bill.invoice}"))["invoice_items"]
    below = [item for line in lines for item in line["payment_items"]]
    assert {tuple(item) for item in below} == {("payment_item_id", "payment_id", "amount", "allocated_time", "gst")}
    same = ("payment_id", "invoice_item_id", "amount", "gst", "allocated_time")
    by_payment = [{**item, "payment_id": one["payment_id"]} for one in shown for item in one["payment_items"]]
    by_line = [{**item, "invoice_item_id": line["invoice_item_id"]} for line in lines for item in line["payment_items"]]
    assert allocations(by_payment, *same) == allocations(by_line, *same)
    assert len(by_payment) == 4
    found = all_rows(till.api, "/invoice", "invoices", **{"q[]": f"payment_id:={paid[2]}"})
    assert [row["invoice_id"] for row in found] == [bill.invoice]


class TestBalance:
    def test_what_is_owed_less_what_lies_there(self, till: Till) -> None:
        account = till.account()
        path = f"/x{account.path}/balance"
        ids = {"client_id": account.client, "account_id": account.account}
        assert made(till.api.get(path)) == {**ids, "owing": 0, "credit": 0, "balance": 0}
        bill = till.bill(account, "50.00", "30.00")
        till.pay(account, "20.00", invoice_ids=[bill.invoice])
        credit = till.pay(account, "45.00")["payment_id"]
        assert made(till.api.get(path)) == {**ids, "owing": 60.00, "credit": 45.00, "balance": 15.00}
        made(till.api.post(f"/x/payment/{credit}/refund", json={"amount": 25, "payment_type": "Cash"}))
        assert made(till.api.get(path)) == {**ids, "owing": 60.00, "credit": 20.00, "balance": 40.00}
        made(till.api.post(f"/x/payment/{credit}/allocate", json={"auto_allocate": True}))
        assert made(till.api.get(path)) == {**ids, "owing": 40.00, "credit": 0, "balance": 40.00}

    def test_it_needs_both_rights_and_the_account_of_that_patient(self, till: Till) -> None:
        account, other = till.account(), till.account()
        with till.desk.key("payment:read") as half:
            assert code(half.get(f"/x{account.path}/balance")) == (403, "ACCESS_DENIED")
        with till.desk.key("payment:read", "invoice:read") as both:
            assert both.get(f"/x{account.path}/balance").status_code == 200
        wrong = till.api.get(f"/x/patient/{other.client}/account/{account.account}/balance")
        assert code(wrong) == (404, "NOT_FOUND")
