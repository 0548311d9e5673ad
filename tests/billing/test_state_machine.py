"""Any order of billing, paying and giving back: the API answers and holds what a dumb ledger says.

After each step the tables are held against every invariant, by SQL that shares nothing with the product.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from tests.api.answers import all_rows
from tests.billing.billing_machine import (
    KINDS,
    LINES_SQL,
    PAYMENTS_SQL,
    Behind,
    Billing,
    Ground,
    accounts,
    cents,
    dollars,
    of_dollars,
    picks,
    there_are,
    ways,
)
from tests.billing.dumb_ledger import NO_CREDIT, NOT_OWED, REFUND, Line, Payment, Wanted
from tests.billing.till import Till


class Books(Billing):
    """Both halves, and what must be so after each step."""

    # ------------------------------------------------------------ paying

    def allocation(self, way: str, pick: int, amount: int, party: str, money: int, *, new: bool) -> tuple[Any, Wanted]:
        """(members of a body, what comes of them). Mostly what is of the party, now and then anything."""
        own = [one for one in self.invoices if one.party == party]
        among = own if own and pick % 7 else self.invoices
        if way == "oldest":
            return {"auto_allocate": True}, self.model.down(party, money, self.model.owed_by(party))
        if way == "none" or not among:
            return {}, Wanted(201)
        if way == "down":
            chosen = [among[(pick + step) % len(among)] for step in range(1 + pick % min(3, len(among)))]
            return {"invoice_ids": [one.number for one in chosen]}, self.model.down(party, money, chosen)
        lines = [line for one in among for line in one.lines]
        if not lines:
            return {}, Wanted(201)
        chosen_lines = [lines[(pick + 5 * step) % len(lines)] for step in range(1 + pick % 2)]
        amounts = [line.owing if pick % 3 and line.owing else amount for line in chosen_lines]
        asked = list(zip(chosen_lines, amounts, strict=True))
        rows = [{"invoice_item_id": line.number, "amount": dollars(share)} for line, share in asked]
        return {"allocations": rows}, self.model.by_hand(party, money, asked, new=new)

    @rule(account=accounts, pick=picks, way=ways, amount=cents, exact=st.booleans(), names=st.booleans())
    def pay(self, account: int, pick: int, way: str, amount: int, exact: bool, names: bool) -> None:
        """names: a payer's money for one account."""
        who = self.accounts[account]
        party = self.party(who)
        owed = sum(one.owing for one in self.model.owed_by(party))
        total = owed if exact and owed else amount
        more, wanted = self.allocation(way, pick, amount, party, total, new=True)
        body = self.till.money(who, "0", **more)
        body["total"] = dollars(total)
        if who.payer is not None and names:
            body["account_id"] = who.account
        answer = self.ask("POST", "/x/payment", body, wanted.status, wanted.code)
        if wanted.status == 201:
            of_account = account if who.payer is None or names else None
            self.model.put(Payment(answer["payment_id"], of_account, party, total), wanted.shares)
            self.compare(answer, wanted)

    @rule(pick=picks, which=picks, way=ways, amount=cents)
    @precondition(there_are("payments"))
    def allocate(self, pick: int, which: int, way: str, amount: int) -> None:
        payment = self.payments[which % len(self.payments)]
        money = self.model.credit(payment)
        more, wanted = self.allocation(way, pick, amount, payment.party, money, new=False)
        if not more:
            wanted = Wanted(422)
        elif payment.refund and not self.malformed(more):
            wanted = REFUND
        elif wanted.status == 422:
            # A payment that is used up is told before whose lines they are.
            wanted = wanted if money or self.malformed(more) else NO_CREDIT
        elif not money:
            wanted = NO_CREDIT
        elif wanted.status == 201 and not wanted.shares:
            wanted = NOT_OWED
        status = 200 if wanted.status == 201 else wanted.status
        answer = self.ask("POST", f"/x/payment/{payment.number}/allocate", more, status, wanted.code)
        if status == 200:
            self.model.put(payment, wanted.shares)
            assert of_dollars(answer["credit"]) == self.model.credit(payment)

    def malformed(self, more: dict[str, Any]) -> bool:
        numbers = [row["invoice_item_id"] for row in more.get("allocations", ())]
        return len(set(numbers)) < len(numbers)

    # ------------------------------------------------------------ giving back

    def refund_body(self, amount: int, kind: str, by_line: dict[int, int], pick: int) -> dict[str, Any]:
        body: dict[str, Any] = {"amount": dollars(amount), "payment_type": "Cash", "reason": "As agreed"}
        if not by_line:
            return {**body, "adjustment": kind}
        rows = []
        for number, share in by_line.items():
            discount, write_off = self.mix(share, kind, pick)
            row = {"invoice_item_id": number, "amount": dollars(share)}
            rows.append({**row, "discount": dollars(discount), "write_off": dollars(write_off)})
        return {**body, "lines": rows}

    def mix(self, share: int, kind: str, pick: int) -> tuple[int, int]:
        """Of a line that says its own: half of it, or a third each."""
        if kind == "none":
            return share // 3, share // 3
        return (share // 2, 0) if kind == "discount" else (0, share // 2)

    @rule(which=picks, pick=picks, amount=cents, kind=st.sampled_from(KINDS), whole=st.booleans(), own=st.booleans())
    @precondition(there_are("payments"))
    def refund_payment(self, which: int, pick: int, amount: int, kind: str, whole: bool, own: bool) -> None:
        payment = self.payments[which % len(self.payments)]
        there = self.model.still_paid(payment=payment)
        credit = self.model.credit(payment)
        if whole and credit + sum(item.left for item in there):
            amount = credit + sum(item.left for item in there)
        by_line = self.some_lines(there, pick) if own else {}
        if by_line:
            amount = sum(by_line.values()) + (credit if pick % 2 else 0)
        wanted = REFUND if payment.refund else self.model.given_back(amount, there, credit, by_line)
        body = self.refund_body(amount, kind, by_line, pick)
        answer = self.ask("POST", f"/x/payment/{payment.number}/refund", body, wanted.status, wanted.code)
        if wanted.status == 201:
            self.given_back([answer], wanted, kind, by_line, pick)

    @rule(which=picks, pick=picks, amount=cents, kind=st.sampled_from(KINDS), whole=st.booleans(), own=st.booleans())
    @precondition(there_are("invoices"))
    def refund_invoice(self, which: int, pick: int, amount: int, kind: str, whole: bool, own: bool) -> None:
        invoice = self.invoices[which % len(self.invoices)]
        there = self.model.still_paid(invoice=invoice)
        if whole and there:
            amount = sum(item.left for item in there)
        by_line = self.some_lines(there, pick) if own else {}
        if by_line:
            amount = sum(by_line.values())
        wanted = self.model.given_back(amount, there, 0, by_line)
        body = self.refund_body(amount, kind, by_line, pick)
        answer = self.ask("POST", f"/x/invoice/{invoice.number}/refund", body, wanted.status, wanted.code)
        if wanted.status == 201:
            self.given_back(answer["payments"], wanted, kind, by_line, pick)

    def some_lines(self, there: list[Any], pick: int) -> dict[int, int]:
        """Cents by line: all that was paid for it, some of it, or one too many."""
        sums: dict[int, int] = {}
        for item in there:
            sums[item.line.number] = sums.get(item.line.number, 0) + item.left
        asked = {number: left + 1 if pick % 11 == 0 else max(1, left - pick % 3) for number, left in sums.items()}
        return dict(list(asked.items())[: 1 + pick % 2])

    def given_back(
        self, answers: list[dict[str, Any]], wanted: Wanted, kind: str, by_line: dict[int, int], pick: int
    ) -> None:
        by_receipt: dict[int, list[tuple[Line, int]]] = {}
        for item, share in wanted.shares:
            item.left -= share
            by_receipt.setdefault(item.payment, []).append((item.line, -share))
            if not by_line and kind != "none":
                name = "later" if kind == "discount" else "write_off"
                setattr(item.line, name, getattr(item.line, name) + share)
        for line in self.lines:
            if line.number in by_line:
                discount, write_off = self.mix(by_line[line.number], kind, pick)
                line.later += discount
                line.write_off += write_off
        if wanted.of_credit and not by_receipt:
            by_receipt[answers[0]["refund_of"]] = []
        assert [answer["refund_of"] for answer in answers] == sorted(by_receipt)
        for answer in answers:
            receipt = self.model.payments[answer["refund_of"]]
            shares = by_receipt[receipt.number]
            of_credit = wanted.of_credit if len(answers) == 1 else 0
            receipt.back += of_credit
            total = sum(share for _, share in shares) - of_credit
            assert of_dollars(answer["total"]) == total
            refund = Payment(answer["payment_id"], receipt.account, receipt.party, total, gives_back=receipt.number)
            self.model.put(refund, shares)

    # ------------------------------------------------------------ what must be so

    def compare(self, answer: dict[str, Any], wanted: Wanted) -> None:
        """Where the money went, and what is left of it."""
        told = [(item["invoice_item_id"], of_dollars(item["amount"])) for item in answer["payment_items"]]
        assert told == [(line.number, share) for line, share in wanted.shares]
        assert of_dollars(answer["credit"]) == of_dollars(answer["total"]) - sum(share for _, share in told)

    @invariant()
    def every_rule_of_billing_holds(self) -> None:
        assert self.ground.behind.faults(self.till.desk.clinic.tenant_id, *self.first) == []

    @invariant()
    def the_books_are_the_model(self) -> None:
        behind, tenant_id = self.ground.behind, self.till.desk.clinic.tenant_id
        wanted = [
            (one.number, invoice.number, one.debit, one.discount, one.write_off, one.paid, one.owing, one.gst)
            for invoice in sorted(self.invoices, key=lambda one: one.number)
            for one in invoice.lines
        ]
        assert behind.rows(LINES_SQL, tenant_id, self.first[0]) == wanted
        payments = [
            (one.number, one.total, self.model.allocated(one), self.model.credit(one))
            for one in sorted(self.payments, key=lambda one: one.number)
        ]
        assert behind.rows(PAYMENTS_SQL, tenant_id, self.first[1]) == payments

    def teardown(self) -> None:
        """What the lists and the balances say, and that both views show the same, once an example."""
        for place, account in enumerate(self.accounts):
            owing, credit = self.model.balance(place)
            found = self.ask("GET", f"/x{account.path}/balance", None, 200)
            shown = tuple(of_dollars(found[name]) for name in ("owing", "credit", "balance"))
            assert shown == (owing, credit, owing - credit)
            invoices = all_rows(self.api, f"{account.path}/invoice", "invoices")
            own = [one for one in self.invoices if one.account == place]
            assert {row["invoice_id"] for row in invoices} == {one.number for one in own}
            payments = all_rows(self.api, f"{account.path}/payment", "payments")
            assert {row["payment_id"] for row in payments} == {
                one.number for one in self.payments if one.account == place
            }
            self.same_from_both_sides(invoices)

    def same_from_both_sides(self, invoices: list[dict[str, Any]]) -> None:
        for row in invoices:
            below = {
                (item["payment_id"], line["invoice_item_id"], item["amount"], item["gst"], item["allocated_time"])
                for line in row["invoice_items"]
                for item in line["payment_items"]
            }
            found = {
                (one["payment_id"], item["invoice_item_id"], item["amount"], item["gst"], item["allocated_time"])
                for number in {key[0] for key in below}
                for one in [self.ask("GET", f"/payment/{number}", None, 200)]
                for item in one["payment_items"]
                if item["invoice_id"] == row["invoice_id"]
            }
            assert found == below


def _run(till: Till, profile: settings) -> None:
    behind = Behind(till.desk.cast.owner_url)
    try:
        ground = Ground(till, behind)
        run_state_machine_as_test(lambda: Books(ground), settings=profile)
    finally:
        till.api.patch("/x/billing_settings", json={"ndis_rounding": False, "open_invoicing": True})
        behind.close()


def test_the_books_are_what_a_dumb_ledger_says(till: Till) -> None:
    _run(till, settings(max_examples=20, stateful_step_count=30, suppress_health_check=list(HealthCheck)))


@pytest.mark.prove
def test_the_books_are_what_a_dumb_ledger_says_for_long(till: Till) -> None:
    _run(
        till,
        settings(max_examples=2000, stateful_step_count=25, derandomize=False, suppress_health_check=list(HealthCheck)),
    )
