"""The half of the state machine that bills, and what it stands on. Every rule asks for one change of an invoice."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.billing.dumb_ledger import (
    DumbLedger,
    Invoice,
    Line,
    Payment,
)
from tests.billing.ledger_check import faults
from tests.billing.till import PLAIN, TAXABLE, Account, Till

FIRST_DAY = date(2026, 3, 2)
KINDS = ("none", "discount", "write_off")

picks = st.integers(0, 999)
accounts = st.sampled_from([0, 0, 0, 1, 2, 2, 3, 4])
cents = st.sampled_from([1, 2, 5, 10, 33, 50, 99, 100, 333, 1000, 1999, 5000, 9999, 20000])
prices = st.tuples(
    st.sampled_from([PLAIN, TAXABLE, TAXABLE]),
    st.sampled_from([0, 1, 5, 6, 99, 100, 1100, 1999, 5000, 9995, 19399]),
    st.sampled_from([100, 100, 100, 50, 225, 33, 117]),
    st.sampled_from([0, 0, 0, 10, 100]),
)
ways = st.sampled_from(["none", "down", "down", "oldest", "hand", "hand"])


def dollars(amount: int) -> float:
    """As a body says it."""
    return float(Decimal(amount) / 100)


def of_dollars(amount: Any) -> int:
    return int(Decimal(str(amount)) * 100)


@dataclass
class Behind:
    """The tables, past the API: one connection for a whole run."""

    url: str
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def __post_init__(self) -> None:
        self._connection: asyncpg.Connection = self.loop.run_until_complete(asyncpg.connect(self.url))

    def faults(self, tenant_id: int, first_invoice: int, first_payment: int) -> list[tuple[int, str]]:
        return self.loop.run_until_complete(faults(self._connection.fetch, tenant_id, first_invoice, first_payment))

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.loop.run_until_complete(self._connection.fetch(statement, *values))]

    def close(self) -> None:
        self.loop.run_until_complete(self._connection.close())
        self.loop.close()


@dataclass
class Ground:
    till: Till
    behind: Behind
    numbers: Any = field(default_factory=itertools.count)
    given: set[int] = field(default_factory=set)
    """Every invoice number that was ever given."""


LINES_SQL = """
SELECT l.invoice_item_id, l.invoice_id, round(l.debit * 100)::bigint, round(l.discount * 100)::bigint,
       round(l.write_off * 100)::bigint, round(l.paid * 100)::bigint, round(l.owing * 100)::bigint,
       round(l.gst * 100)::bigint
  FROM invoice_item l WHERE l.tenant_id = $1 AND l.invoice_id >= $2 ORDER BY l.invoice_id, l.position"""
PAYMENTS_SQL = """
SELECT payment_id, round(total * 100)::bigint, round(allocated * 100)::bigint, round(credit * 100)::bigint
  FROM payment WHERE tenant_id = $1 AND payment_id >= $2 ORDER BY payment_id"""
LAST_SQL = """
SELECT coalesce((SELECT max(invoice_id) FROM invoice), 0) + 1, coalesce((SELECT max(payment_id) FROM payment), 0) + 1"""


def there_are(what: str) -> Callable[["Billing"], bool]:
    return lambda books: bool(getattr(books, what))


class Billing(RuleBasedStateMachine):
    """Every example has patients of its own: two with a private account each, two accounts of one payer, one more."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.ground, self.till, self.api = ground, ground.till, ground.till.api
        first, second, payer = self.till.account(), self.till.account(), self.till.payer()
        self.accounts = [
            first,
            second,
            self.till.account(client=first.client, payer=payer),
            self.till.account(client=second.client, payer=payer),
            self.till.account(client=first.client, payer=self.till.payer()),
        ]
        self.first = ground.behind.rows(LAST_SQL)[0]
        self.model = DumbLedger()
        self.cut = self.open = False
        self.put_settings(cut=False, open_invoicing=True)

    # ------------------------------------------------------------ what is there

    def party(self, account: Account) -> str:
        return f"account {account.account}" if account.payer is None else f"payer {account.payer}"

    @property
    def invoices(self) -> list[Invoice]:
        return list(self.model.invoices.values())

    @property
    def payments(self) -> list[Payment]:
        return list(self.model.payments.values())

    @property
    def lines(self) -> list[Line]:
        return [line for invoice in self.invoices for line in invoice.lines]

    def ask(self, method: str, path: str, body: Any, wanted: int, code: str = "") -> dict[str, Any]:
        answer = self.api.request(method, path, json=body)
        assert answer.status_code == wanted, (method, path, body, answer.text)
        found = dict(answer.json()) if answer.content else {}
        if code:
            assert found["error"]["code"] == code, (method, path, body, answer.text)
        return found

    # ------------------------------------------------------------ billing

    @rule(cut=st.booleans(), open_invoicing=st.booleans())
    def other_settings(self, cut: bool, open_invoicing: bool) -> None:
        self.put_settings(cut=cut, open_invoicing=open_invoicing)

    def put_settings(self, *, cut: bool, open_invoicing: bool) -> None:
        self.ask("PATCH", "/x/billing_settings", {"ndis_rounding": cut, "open_invoicing": open_invoicing}, 200)
        self.cut, self.open = cut, open_invoicing

    def line_body(self, price: tuple[str, int, int, int]) -> dict[str, Any]:
        kind, cents, quantity, off = price
        body = {"item_id": self.till.items[kind], "unit_price": dollars(cents), "quantity": dollars(quantity)}
        return {**body, "unit_discount": dollars(min(off, cents))}

    def learn(self, invoice: Invoice, price: tuple[str, int, int, int], answer: dict[str, Any]) -> None:
        """A line that was made: its id is the last one's."""
        kind, cents, quantity, off = price
        number = answer["invoice_items"][len(invoice.lines)]["invoice_item_id"]
        invoice.lines.append(Line(number, quantity, cents, min(off, cents), kind == TAXABLE, self.cut))

    def new_invoice(self, account: int, day: date, answer: dict[str, Any]) -> Invoice:
        assert answer["invoice_number"] not in self.ground.given
        self.ground.given.add(answer["invoice_number"])
        party = self.party(self.accounts[account])
        invoice = Invoice(answer["invoice_id"], account, party, day.toordinal())
        self.model.invoices[invoice.number] = invoice
        return invoice

    @rule(account=accounts, lines=st.lists(prices, max_size=3), days=st.integers(0, 3))
    def bill(self, account: int, lines: list[tuple[str, int, int, int]], days: int) -> None:
        who, day = self.accounts[account], FIRST_DAY - timedelta(days=days)
        body = {
            "client_id": who.client,
            "account_id": who.account,
            "business_id": self.till.desk.business,
            "invoice_date": day.isoformat(),
            "lines": [self.line_body(price) for price in lines],
        }
        answer = self.ask("POST", "/x/invoice", body, 201)
        assert answer["payer_id"] == who.payer
        invoice = self.new_invoice(account, day, answer)
        for price in lines:
            self.learn(invoice, price, answer)

    @rule(account=accounts, price=prices)
    def bill_account(self, account: int, price: tuple[str, int, int, int]) -> None:
        """To the oldest open invoice of the account."""
        who = self.accounts[account]
        body = {**self.line_body(price), "business_id": self.till.desk.business}
        answer = self.ask("POST", f"/x{who.path}/line", body, 201)
        there = [one for one in self.invoices if one.account == account and not one.issued]
        if self.open and there:
            invoice = there[0]
            assert answer["invoice_id"] == invoice.number
        else:
            invoice = self.new_invoice(account, date.fromisoformat(answer["invoice_date"]), answer)
        self.learn(invoice, price, answer)

    @rule(pick=picks, price=prices)
    @precondition(there_are("invoices"))
    def add_line(self, pick: int, price: tuple[str, int, int, int]) -> None:
        invoice = self.invoices[pick % len(self.invoices)]
        wanted = 409 if invoice.issued else 201
        answer = self.ask("POST", f"/x/invoice/{invoice.number}/line", self.line_body(price), wanted)
        if wanted == 201:
            self.learn(invoice, price, answer)

    @rule(pick=picks, price=prices)
    @precondition(there_are("lines"))
    def edit_line(self, pick: int, price: tuple[str, int, int, int]) -> None:
        line = self.lines[pick % len(self.lines)]
        invoice = self.model.invoice_of(line)
        body = self.line_body(price)
        del body["item_id"]
        _, cents, quantity, off = price
        new = Line(line.number, quantity, cents, min(off, cents), line.taxable, line.cut, line.later)
        too_little = new.debit - new.discount < line.paid + line.write_off
        wanted = 409 if invoice.issued or too_little else 200
        self.ask("PATCH", f"/x/invoice/{invoice.number}/line/{line.number}", body, wanted)
        if wanted == 200:
            line.price, line.quantity, line.off = new.price, new.quantity, new.off

    @rule(pick=picks)
    @precondition(there_are("lines"))
    def remove_line(self, pick: int) -> None:
        line = self.lines[pick % len(self.lines)]
        invoice = self.model.invoice_of(line)
        used = any(item.line is line for item in self.model.items)
        wanted = 409 if invoice.issued or used else 204
        self.ask("DELETE", f"/x/invoice/{invoice.number}/line/{line.number}", None, wanted)
        if wanted == 204:
            invoice.lines.remove(line)

    @rule(pick=picks, issued=st.booleans())
    @precondition(there_are("invoices"))
    def issue(self, pick: int, issued: bool) -> None:
        invoice = self.invoices[pick % len(self.invoices)]
        wanted = 409 if issued and not invoice.issued and not invoice.lines else 200
        way = "issue" if issued else "unissue"
        answer = self.ask("POST", f"/x/invoice/{invoice.number}/{way}", None, wanted)
        if wanted == 200:
            invoice.issued = issued
            assert bool(answer["issued"]) == issued

    @rule(pick=picks, amount=cents, kind=st.sampled_from(KINDS[1:]), one_line=st.booleans(), back=st.booleans())
    @precondition(there_are("lines"))
    def relieve(self, pick: int, amount: int, kind: str, one_line: bool, back: bool) -> None:
        """A discount or a write-off, or an earlier one taken back."""
        line = self.lines[pick % len(self.lines)]
        invoice = self.model.invoice_of(line)
        name = "later" if kind == "discount" else "write_off"
        among = [line] if one_line else invoice.lines
        room = [getattr(one, name) if back else one.owing for one in among]
        wanted = 200 if sum(room) >= amount else 422
        body = {"amount": dollars(-amount if back else amount), "reason": "As agreed"}
        if one_line:
            body["invoice_item_id"] = line.number
        self.ask("POST", f"/x/invoice/{invoice.number}/{kind}", body, wanted)
        for one, most in zip(among, room, strict=True) if wanted == 200 else ():
            share = min(amount, most)
            setattr(one, name, getattr(one, name) + (-share if back else share))
            amount -= share

    @rule(pick=picks, account=accounts, others=st.booleans())
    @precondition(there_are("invoices"))
    def move(self, pick: int, account: int, others: bool) -> None:
        """To another account of the patient; those that share a payment move together, or not at all."""
        invoice = self.invoices[pick % len(self.invoices)]
        together = {invoice.number: invoice}
        if others:
            together |= {one.number: one for one in self.invoices if one.account == invoice.account}
        now, then = self.accounts[invoice.account], self.accounts[account]
        along = self.along(list(together.values()))
        body = {"account_id": then.account, "invoice_ids": sorted(together)}
        stays = now.account == then.account or (now.payer is not None and now.payer == then.payer)
        shared = any(
            self.model.invoice_of(item.line).number not in together
            for item in self.model.items
            if item.payment in along
        )
        wanted = 422 if now.client != then.client else 409 if shared and not stays else 200
        self.ask("POST", f"/x/invoice/{invoice.number}/move", body, wanted)
        if wanted != 200 or now.account == then.account:
            return
        for one in together.values():
            one.account, one.party = account, self.party(then)
        for number in () if stays else along:
            payment = self.model.payments[number]
            payment.party = self.party(then)
            if payment.account is not None or then.payer is None:
                payment.account = account

    def along(self, invoices: list[Invoice]) -> set[int]:
        """Receipts that pay on them or are given back there, with all their refunds."""
        lines = [line for invoice in invoices for line in invoice.lines]
        on_them = {item.payment for item in self.model.items if item.line in lines}
        receipts = {self.model.payments[number].gives_back or number for number in on_them}
        return receipts | {one.number for one in self.payments if one.gives_back in receipts}
