"""Taking money and putting it on lines: whose it is, where it goes, what is left, what is refused."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tests.api.answers import code, made, problems
from tests.billing.till import TAXABLE, Till
from tests.cast import Cast
from tests.desk import ZONE


def d(*amounts: str) -> list[Decimal]:
    return [Decimal(amount) for amount in amounts]


class TestWhereItGoes:
    def test_lines_are_paid_top_down_and_invoices_in_the_order_given(self, till: Till) -> None:
        account = till.account()
        first, second = till.bill(account, "50.00", "30.00"), till.bill(account, "20.00", "10.00")
        payment = till.pay(account, "75.00", invoice_ids=[second.invoice, first.invoice])
        assert (payment["total"], payment["allocated"], payment["credit"]) == (75.00, 75.00, 0)
        told = [(one["invoice_id"], one["invoice_item_id"], one["amount"]) for one in payment["payment_items"]]
        assert told == [
            (second.invoice, second.lines[0], 20.00),
            (second.invoice, second.lines[1], 10.00),
            (first.invoice, first.lines[0], 45.00),
        ]
        assert till.owing(first) == d("5", "30")

    def test_what_is_left_over_is_credit_and_can_be_allocated_later(self, till: Till) -> None:
        account = till.account()
        bill = till.bill(account, "40.00")
        payment = till.pay(account, "100.00", invoice_ids=[bill.invoice])
        assert (payment["allocated"], payment["credit"]) == (40.00, 60.00)
        later = till.bill(account, "25.00", "50.00")
        path = f"/x/payment/{payment['payment_id']}/allocate"
        again = made(till.api.post(path, json={"invoice_ids": [later.invoice]}))
        assert (again["allocated"], again["credit"]) == (100.00, 0)
        assert till.owing(later) == d("0", "15")
        more = till.api.post(path, json={"invoice_ids": [later.invoice]})
        assert code(more) == (409, "EXCEEDS_CREDIT")

    def test_without_a_word_it_is_all_credit(self, till: Till) -> None:
        account = till.account()
        bill = till.bill(account, "40.00")
        payment = till.pay(account, "30.00")
        assert (payment["allocated"], payment["credit"], payment["payment_items"]) == (0, 30.00, [])
        assert till.owing(bill) == d("40")

    def test_automatic_is_the_oldest_first(self, till: Till) -> None:
        account = till.account()
        young = till.bill(account, "20.00", day="2026-03-02")
        old = till.bill(account, "20.00", day="2026-02-01")
        middle = till.bill(account, "20.00", day="2026-02-15")
        payment = till.pay(account, "50.00", auto_allocate=True)
        assert [one["invoice_id"] for one in payment["payment_items"]] == [old.invoice, middle.invoice, young.invoice]
        assert till.owing(young) == d("10")

    def test_so_much_to_each_line(self, till: Till) -> None:
        account = till.account()
        bill = till.bill(account, "50.00", "30.00")
        asked = [{"invoice_item_id": bill.lines[1], "amount": 30}, {"invoice_item_id": bill.lines[0], "amount": 0.05}]
        payment = till.pay(account, "40.00", allocations=asked)
        assert payment["credit"] == 9.95
        assert till.owing(bill) == d("49.95", "0")

    def test_gst_of_the_parts_adds_up_to_the_line(self, till: Till) -> None:
        """110.00 with GST holds 10.00. Of it 33.33 holds 3.03; 66.66 hold 6.06, so 3.03 more; the rest 3.94."""
        account = till.account()
        bill = till.bill(account, "110.00", kind=TAXABLE)
        parts = [
            till.pay(account, amount, invoice_ids=[bill.invoice])["payment_items"][0]["gst"]
            for amount in ("33.33", "33.33", "43.34")
        ]
        assert parts == [3.03, 3.03, 3.94]
        assert [line["gst"] for line in till.lines(bill)] == [10.00]

    def test_ten_parts_of_a_cents_worth_do_not_drift(self, till: Till) -> None:
        """1.00 with GST holds 0.09. Every 0.10 of it holds 0.009; rounded each by itself that would be 0.10."""
        account = till.account()
        bill = till.bill(account, "1.00", kind=TAXABLE)
        parts = [
            Decimal(str(till.pay(account, "0.10", invoice_ids=[bill.invoice])["payment_items"][0]["gst"]))
            for _ in range(10)
        ]
        assert sum(parts) == Decimal("0.09")


class TestWhoseItIs:
    def test_a_payer_pays_invoices_of_several_patients(self, till: Till) -> None:
        payer = till.payer()
        one, other = till.account(payer=payer), till.account(payer=payer)
        bills = till.bill(one, "30.00"), till.bill(other, "30.00")
        payment = till.pay(one, "60.00", invoice_ids=[bill.invoice for bill in bills])
        assert (payment["payer_id"], payment["client_id"], payment["account_id"]) == (payer, None, None)
        assert [till.owing(bill) for bill in bills] == [d("0"), d("0")]

    def test_money_stays_with_its_party(self, till: Till) -> None:
        """The payer's invoice is not the patient's to pay, and an account's credit is not another's."""
        payer = till.payer()
        private, other = till.account(), till.account()
        third = till.account(client=private.client, payer=payer)
        bills = {
            "third": till.bill(third, "30.00"),
            "other": till.bill(other, "30.00"),
            "own": till.bill(private, "9.00"),
        }
        for wrong in ("third", "other"):
            body = till.money(private, "30.00", invoice_ids=[bills["own"].invoice, bills[wrong].invoice])
            assert "party" in problems(till.api.post("/x/payment", json=body))["invoice_ids"]
            asked = [{"invoice_item_id": bills[wrong].lines[0], "amount": 1}]
            answer = till.api.post("/x/payment", json=till.money(private, "30.00", allocations=asked))
            assert set(problems(answer)) == {"allocations.0.invoice_item_id"}
        credit = till.pay(private, "30.00")["payment_id"]
        answer = till.api.post(f"/x/payment/{credit}/allocate", json={"invoice_ids": [bills["other"].invoice]})
        assert set(problems(answer)) == {"invoice_ids"}
        assert till.owing(bills["own"]) == d("9")

    def test_a_payers_money_may_name_the_account_it_is_for(self, till: Till) -> None:
        account = till.account(payer=till.payer())
        bill = till.bill(account, "30.00")
        payment = till.pay(account, "30.00", account_id=account.account, invoice_ids=[bill.invoice])
        shown = payment["payer_id"], payment["client_id"], payment["account_id"]
        assert shown == (account.payer, account.client, account.account)

    def test_somebody_must_own_it(self, till: Till) -> None:
        account, other = till.account(), till.account()
        body = till.money(account, "5.00")
        assert set(problems(till.api.post("/x/payment", json={**body, "account_id": None}))) == {"account_id"}
        wrong = {**body, "client_id": other.client}
        assert set(problems(till.api.post("/x/payment", json=wrong))) == {"client_id"}
        nobody = {**body, "account_id": None, "client_id": account.client}
        assert set(problems(till.api.post("/x/payment", json=nobody))) == {"account_id"}

    def test_another_clinics_ids_are_ids_of_nothing(self, cast: Cast, till: Till) -> None:
        account = till.account()
        theirs = cast.sql(
            "SELECT account_id, (SELECT min(payer_id) FROM payer WHERE tenant_id = $1) AS payer_id "
            "FROM patient_account WHERE tenant_id = $1 LIMIT 1",
            cast.hillside.tenant_id,
        )[0]
        for name, foreign in theirs.items():
            body = till.money(account, "5.00")
            told = [problems(till.api.post("/x/payment", json={**body, name: id})) for id in (foreign, 9_000_000_000)]
            assert told[0] == told[1] == {name: f"The selected {name} is invalid."}


class TestWhatIsRefused:
    def test_more_than_a_line_owes(self, till: Till) -> None:
        account = till.account()
        bill = till.bill(account, "50.00")
        asked = [{"invoice_item_id": bill.lines[0], "amount": 50.01}]
        answer = till.api.post("/x/payment", json=till.money(account, "60.00", allocations=asked))
        assert code(answer) == (409, "EXCEEDS_OWING")
        assert "50.00" in answer.json()["error"]["detail"]
        credit = till.pay(account, "60.00")["payment_id"]
        answer = till.api.post(f"/x/payment/{credit}/allocate", json={"allocations": asked})
        assert code(answer) == (409, "EXCEEDS_OWING")
        till.pay(account, "50.00", invoice_ids=[bill.invoice])
        answer = till.api.post(f"/x/payment/{credit}/allocate", json={"invoice_ids": [bill.invoice]})
        assert code(answer) == (409, "EXCEEDS_OWING")

    def test_more_than_there_is_money(self, till: Till) -> None:
        account = till.account()
        bill = till.bill(account, "50.00", "50.00")
        asked = [{"invoice_item_id": line, "amount": 30} for line in bill.lines]
        answer = till.api.post("/x/payment", json=till.money(account, "59.99", allocations=asked))
        assert set(problems(answer)) == {"allocations"}
        credit = till.pay(account, "59.99")["payment_id"]
        answer = till.api.post(f"/x/payment/{credit}/allocate", json={"allocations": asked})
        assert code(answer) == (409, "EXCEEDS_CREDIT")
        assert till.owing(bill) == d("50", "50")

    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"total": 0}, "total"),
            ({"total": -1}, "total"),
            ({"total": 1.001}, "total"),
            ({"total": "1.00"}, "total"),
            ({"total": 100_000_000.01}, "total"),
            ({"payment_type": "Shells"}, "payment_type"),
            ({"business_id": 9_000_000_000}, "business_id"),
            ({"payment_time": "2026-03-02T10:00:00Z"}, "payment_time"),
            ({"invoice_ids": [9_000_000_000]}, "invoice_ids"),
            ({"allocations": [{"invoice_item_id": 9_000_000_000, "amount": 1}]}, "allocations.0.invoice_item_id"),
            ({"allocations": [{"invoice_item_id": 1, "amount": 0}]}, "allocations.0.amount"),
            ({"allocations": [{"invoice_item_id": 1, "amount": 1}] * 2}, "allocations.1.invoice_item_id"),
            ({"invoice_ids": [1], "auto_allocate": True}, "auto_allocate"),
            ({"refund_of": 1}, None),
            ({"tip": 1}, "tip"),
        ],
    )
    def test_a_wrong_body_names_its_field(self, till: Till, more: dict[str, object], field: str | None) -> None:
        answer = till.api.post("/x/payment", json={**till.money(till.account(), "5.00"), **more})
        if field is None:
            assert answer.status_code == 201
        else:
            assert set(problems(answer)) == {field}

    def test_allocating_needs_a_way_and_a_payment(self, till: Till) -> None:
        credit = till.pay(till.account(), "5.00")["payment_id"]
        assert set(problems(till.api.post(f"/x/payment/{credit}/allocate", json={}))) == {"invoice_ids"}
        never = till.api.post("/x/payment/9000000000/allocate", json={"nonsense": True})
        assert code(never) == (404, "NOT_FOUND")


class TestWhatIsKept:
    def test_a_method_in_use_under_the_clinics_own_spelling(self, till: Till) -> None:
        assert till.pay(till.account(), "5.00", payment_type="health fund")["payment_type"] == "Health Fund"

    def test_now_on_the_clinics_wall_unless_told(self, till: Till) -> None:
        account = till.account()
        label = datetime.fromisoformat(till.pay(account, "5.00")["payment_time"])
        now = datetime.now(ZoneInfo(ZONE)).replace(tzinfo=None)
        assert abs(now - label) < timedelta(minutes=1)
        told = till.pay(account, "5.00", payment_time="2026-03-02T23:59:59", card_type="Visa", notes="By phone")
        assert (told["payment_time"], told["card_type"], told["notes"]) == ("2026-03-02T23:59:59", "Visa", "By phone")

    def test_a_retry_takes_no_money_twice(self, till: Till) -> None:
        account = till.account()
        body, key = till.money(account, "5.00"), {"Idempotency-Key": "till-1"}
        first, again = (till.api.post("/x/payment", json=body, headers=key) for _ in range(2))
        assert first.content == again.content
        assert again.headers["idempotency-replayed"] == "true"
        assert made(till.api.get(f"{account.path}/payment"))["total_entries"] == 1

    def test_payment_and_invoice_are_audited_and_have_a_new_version(self, till: Till) -> None:
        account = till.account()
        bill = till.bill(account, "5.00")
        before = till.api.get(f"/invoice/{bill.invoice}").headers["etag"]
        payment = till.pay(account, "8.00", invoice_ids=[bill.invoice])["payment_id"]
        assert till.api.get(f"/invoice/{bill.invoice}").headers["etag"] != before
        events = till.desk.sql(
            "SELECT resource, resource_id, client_id, operation_id FROM audit_event WHERE tenant_id = $1 "
            "AND operation_id = 'createPayment-Post' AND client_id = $2 ORDER BY resource",
            till.desk.clinic.tenant_id,
            account.client,
        )
        told = [tuple(event) for event in events]
        assert told == [
            ("invoice", bill.invoice, account.client, "createPayment-Post"),
            ("payment", payment, account.client, "createPayment-Post"),
        ]
