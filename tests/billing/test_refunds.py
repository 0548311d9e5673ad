"""Giving money back: what it is taken from, what becomes of the lines, and that it is given once."""

from decimal import Decimal
from typing import Any

import pytest

from tests.api.answers import code, made, problems
from tests.billing.till import TAXABLE, Bill, Till


def refund(till: Till, path: str, amount: float, **more: Any) -> Any:
    return till.api.post(f"/x/{path}/refund", json={"amount": amount, "payment_type": "Cash", **more})


def amounts(till: Till, bill: Bill, *names: str) -> list[tuple[float, ...]]:
    return [tuple(line[name] for name in names) for line in till.lines(bill)]


LINE = ("paid", "discount", "write_off", "owing")


class TestAPayment:
    def test_it_is_a_payment_with_a_negative_total(self, till: Till) -> None:
        account = till.account()
        bill = till.bill(account, "50.00")
        payment = till.pay(account, "50.00", invoice_ids=[bill.invoice])
        back = made(refund(till, f"payment/{payment['payment_id']}", 20, reason="Overcharged"))
        assert (back["total"], back["allocated"], back["refund_of"]) == (-20.00, -20.00, payment["payment_id"])
        assert (back["payment_type"], back["refund_reason"], back["account_id"]) == (
            "Cash",
            "Overcharged",
            account.account,
        )
        assert [(one["amount"], one["undoes"]) for one in back["payment_items"]] == [
            (-20.00, payment["payment_items"][0]["payment_item_id"])
        ]
        shown = made(till.api.get(f"/payment/{back['payment_id']}"))
        assert (shown["total"], shown["payment_items"][0]["amount"]) == (-20.00, -20.00)

    def test_credit_goes_first_then_the_newest_allocation(self, till: Till) -> None:
        account = till.account()
        bill = till.bill(account, "30.00", "20.00")
        payment = till.pay(account, "60.00", invoice_ids=[bill.invoice])["payment_id"]
        back = made(refund(till, f"payment/{payment}", 35))
        assert (back["total"], back["allocated"]) == (-35.00, -25.00)
        assert amounts(till, bill, *LINE) == [(25.00, 0, 0, 5.00), (0, 0, 0, 20.00)]
        again = till.api.post(f"/x/payment/{payment}/allocate", json={"invoice_ids": [bill.invoice]})
        assert code(again) == (409, "EXCEEDS_CREDIT")

    @pytest.mark.parametrize(
        ("adjustment", "line"),
        [
            (None, (30.00, 0, 0, 20.00)),
            ("none", (30.00, 0, 0, 20.00)),
            ("discount", (30.00, 20.00, 0, 0)),
            ("write_off", (30.00, 0, 20.00, 0)),
        ],
    )
    def test_what_becomes_of_the_line(self, till: Till, adjustment: str | None, line: tuple[float, ...]) -> None:
        account = till.account()
        bill = till.bill(account, "50.00")
        payment = till.pay(account, "50.00", invoice_ids=[bill.invoice])["payment_id"]
        more = {} if adjustment is None else {"adjustment": adjustment, "reason": "Not helped"}
        made(refund(till, f"payment/{payment}", 20, **more))
        assert amounts(till, bill, *LINE) == [line]

    def test_each_line_may_say_its_own(self, till: Till) -> None:
        account = till.account()
        bill = till.bill(account, "50.00", "40.00")
        payment = till.pay(account, "95.00", invoice_ids=[bill.invoice])["payment_id"]
        lines = [
            {"invoice_item_id": bill.lines[0], "amount": 20, "discount": 5, "write_off": 10},
            {"invoice_item_id": bill.lines[1], "amount": 40},
        ]
        back = made(refund(till, f"payment/{payment}", 62, lines=lines, reason="As agreed"))
        assert (back["total"], back["allocated"]) == (-62.00, -60.00)
        assert amounts(till, bill, *LINE) == [(30.00, 5.00, 10.00, 5.00), (0, 0, 0, 40.00)]

    def test_gst_follows_what_is_paid(self, till: Till) -> None:
        """110.00 with 10.00 GST, paid and 11.11 given back: 98.89 hold 8.99, so 1.01 goes back.

        With a discount of it the line comes to 98.89 and holds the same 8.99; so do its parts.
        """
        account = till.account()
        for adjustment, gst in (("none", 10.00), ("discount", 8.99)):
            bill = till.bill(account, "110.00", kind=TAXABLE)
            payment = till.pay(account, "110.00", invoice_ids=[bill.invoice])["payment_id"]
            back = made(refund(till, f"payment/{payment}", 11.11, adjustment=adjustment, reason="Late"))
            assert back["payment_items"][0]["gst"] == -1.01
            [line] = till.lines(bill)
            assert line["gst"] == gst
            assert sum(Decimal(str(one["gst"])) for one in line["payment_items"]) == Decimal("8.99")

    def test_never_more_than_was_paid_and_not_yet_given_back(self, till: Till) -> None:
        account = till.account()
        bill = till.bill(account, "50.00")
        payment = till.pay(account, "60.00", invoice_ids=[bill.invoice])["payment_id"]
        answer = refund(till, f"payment/{payment}", 60.01)
        assert code(answer) == (409, "EXCEEDS_PAID")
        assert "60.00" in answer.json()["error"]["detail"]
        made(refund(till, f"payment/{payment}", 45))
        assert code(refund(till, f"payment/{payment}", 15.01)) == (409, "EXCEEDS_PAID")
        made(refund(till, f"payment/{payment}", 15))
        assert code(refund(till, f"payment/{payment}", 0.01)) == (409, "EXCEEDS_PAID")
        assert made(till.api.get(f"/x{account.path}/balance"))["balance"] == 50.00

    def test_a_refund_can_neither_be_given_back_nor_allocated(self, till: Till) -> None:
        account = till.account()
        bill = till.bill(account, "50.00")
        payment = till.pay(account, "50.00")["payment_id"]
        back = made(refund(till, f"payment/{payment}", 50))["payment_id"]
        assert code(refund(till, f"payment/{back}", 1)) == (409, "IS_REFUND")
        answer = till.api.post(f"/x/payment/{back}/allocate", json={"invoice_ids": [bill.invoice]})
        assert code(answer) == (409, "IS_REFUND")


class TestAnInvoice:
    def test_its_payments_give_back_the_newest_allocation_first(self, till: Till) -> None:
        account = till.account()
        bill, other = till.bill(account, "100.00"), till.bill(account, "30.00")
        first = till.pay(account, "60.00", invoice_ids=[bill.invoice], payment_type="Health Fund")["payment_id"]
        second = till.pay(account, "75.00", invoice_ids=[bill.invoice, other.invoice])["payment_id"]
        refunds = made(refund(till, f"invoice/{bill.invoice}", 50, reason="Cancelled"))["payments"]
        told = [(one["refund_of"], one["total"]) for one in refunds]
        assert told == [(first, -10.00), (second, -40.00)]
        assert amounts(till, bill, *LINE) == [(50.00, 0, 0, 50.00)]
        # What the payment did for another invoice, and its credit, stay.
        assert amounts(till, other, *LINE) == [(30.00, 0, 0, 0)]
        assert made(till.api.get(f"/payment/{second}"))["allocated"] == 70.00

    def test_never_more_than_was_paid_on_it(self, till: Till) -> None:
        account = till.account()
        bill = till.bill(account, "100.00")
        till.pay(account, "130.00", invoice_ids=[bill.invoice])
        assert code(refund(till, f"invoice/{bill.invoice}", 100.01)) == (409, "EXCEEDS_PAID")
        made(refund(till, f"invoice/{bill.invoice}", 100, adjustment="write_off", reason="Goodwill"))
        assert amounts(till, bill, *LINE) == [(0, 0, 100.00, 0)]
        assert code(refund(till, f"invoice/{bill.invoice}", 0.01)) == (409, "EXCEEDS_PAID")

    def test_a_line_may_say_its_own(self, till: Till) -> None:
        account = till.account()
        bill = till.bill(account, "50.00", "40.00")
        for _ in range(3):
            till.pay(account, "30.00", invoice_ids=[bill.invoice])
        lines = [{"invoice_item_id": bill.lines[0], "amount": 45, "discount": 40}]
        made(refund(till, f"invoice/{bill.invoice}", 45, lines=lines, reason="As agreed"))
        assert amounts(till, bill, *LINE) == [(5.00, 40.00, 0, 5.00), (40.00, 0, 0, 0)]
        # Nothing of an invoice is unallocated.
        assert code(refund(till, f"invoice/{bill.invoice}", 6, lines=[{**lines[0], "amount": 5, "discount": 0}])) == (
            409,
            "EXCEEDS_PAID",
        )

    def test_one_that_is_not_there(self, till: Till) -> None:
        assert code(till.api.post("/x/invoice/9000000000/refund", json={"nonsense": 1})) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -5}, "amount"),
        ({"payment_type": "Shells"}, "payment_type"),
        ({"adjustment": "forget"}, "adjustment"),
        ({"adjustment": "discount"}, "reason"),
        ({"adjustment": "discount", "reason": " "}, "reason"),
        ({"adjustment": "discount", "reason": "x", "lines": [{"invoice_item_id": 1, "amount": 1}]}, "adjustment"),
        ({"lines": [{"invoice_item_id": 1, "amount": 1, "write_off": 1}]}, "reason"),
        ({"lines": [{"invoice_item_id": 1, "amount": 1, "write_off": 1, "discount": 0.01}]}, "lines.0.discount"),
        ({"lines": [{"invoice_item_id": 1, "amount": 1}] * 2}, "lines.1.invoice_item_id"),
        ({"lines": [{"invoice_item_id": 1, "amount": 0}]}, "lines.0.amount"),
        ({"business_id": 9_000_000_000}, "business_id"),
    ],
)
def test_a_wrong_body_names_its_field(till: Till, more: dict[str, object], field: str) -> None:
    payment = till.pay(till.account(), "5.00")["payment_id"]
    body = {"amount": 5, "payment_type": "Cash", **more}
    assert set(problems(till.api.post(f"/x/payment/{payment}/refund", json=body))) == {field}
