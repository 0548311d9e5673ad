"""Invoices and payments as a child would keep them: piles of cents. What must be answered, and what must be there then.

Cents are whole numbers here and never fractions, so nothing can be rounded away but where a line is made.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any


def half_up(amount: Fraction) -> int:
    return int(amount + Fraction(1, 2))


@dataclass
class Line:
    """Prices in cents, the quantity in hundredths; `later`: discounts given after the line was made."""

    number: int
    quantity: int
    price: int
    off: int
    taxable: bool
    cut: bool
    later: int = 0
    write_off: int = 0
    paid: int = 0

    def _times(self, price: int) -> int:
        amount = Fraction(self.quantity * price, 100)
        return int(amount) if self.cut else half_up(amount)

    @property
    def debit(self) -> int:
        return self._times(self.price)

    @property
    def discount(self) -> int:
        return self._times(self.off) + self.later

    @property
    def owing(self) -> int:
        return self.debit - self.discount - self.write_off - self.paid

    @property
    def gst(self) -> int:
        return half_up(Fraction(self.debit - self.discount, 11)) if self.taxable else 0


@dataclass
class Invoice:
    """day: of its date; lines top-down."""

    number: int
    account: int
    party: str
    day: int
    issued: bool = False
    lines: list[Line] = field(default_factory=list)

    @property
    def owing(self) -> int:
        return sum(line.owing for line in self.lines)


@dataclass
class Allocation:
    """age: the older, the less. left: what was not given back."""

    age: int
    payment: int
    line: Line
    amount: int
    left: int


@dataclass
class Payment:
    """A receipt, or a refund, whose total is negative.

    account: its place in a list, where it names one. back: given back of what was never allocated. gives_back: of a
    refund, its receipt.
    """

    number: int
    account: int | None
    party: str
    total: int
    back: int = 0
    gives_back: int | None = None

    @property
    def refund(self) -> bool:
        return self.gives_back is not None


@dataclass
class Wanted:
    """What is to be answered, and what is to be done if it is a success: so much for each line or allocation."""

    status: int
    code: str = ""
    shares: list[tuple[Any, int]] = field(default_factory=list)
    of_credit: int = 0


NOT_OWED = Wanted(409, "EXCEEDS_OWING")
NO_CREDIT = Wanted(409, "EXCEEDS_CREDIT")
NOT_PAID = Wanted(409, "EXCEEDS_PAID")
REFUND = Wanted(409, "IS_REFUND")
WRONG = Wanted(422, "INVALID_BODY")


@dataclass
class DumbLedger:
    invoices: dict[int, Invoice] = field(default_factory=dict)
    payments: dict[int, Payment] = field(default_factory=dict)
    items: list[Allocation] = field(default_factory=list)

    def invoice_of(self, line: Line) -> Invoice:
        return next(invoice for invoice in self.invoices.values() if line in invoice.lines)

    def owed_by(self, party: str) -> list[Invoice]:
        """The oldest first."""
        found = [one for one in self.invoices.values() if one.party == party and one.owing]
        return sorted(found, key=lambda one: (one.day, one.number))

    def allocated(self, payment: Payment) -> int:
        return sum(item.amount for item in self.items if item.payment == payment.number)

    def credit(self, payment: Payment) -> int:
        return 0 if payment.refund else payment.total - self.allocated(payment) - payment.back

    def balance(self, account: int) -> tuple[int, int]:
        """What is owed, and what lies there."""
        owing = sum(one.owing for one in self.invoices.values() if one.account == account)
        there = [one for one in self.payments.values() if one.account == account]
        return owing, sum(one.total - self.allocated(one) for one in there)

    # ------------------------------------------------------------ allocating

    def down(self, party: str, money: int, invoices: Iterable[Invoice]) -> Wanted:
        """Cents go to the first line that owes."""
        wanted = Wanted(201)
        for invoice in invoices:
            if invoice.party != party:
                return WRONG
            for line in invoice.lines:
                share = min(money, line.owing)
                money -= share
                if share:
                    wanted.shares.append((line, share))
        return wanted

    def by_hand(self, party: str, money: int, asked: Sequence[tuple[Line, int]], *, new: bool) -> Wanted:
        numbers = [line.number for line, _ in asked]
        if len(set(numbers)) < len(numbers) or any(self.invoice_of(line).party != party for line, _ in asked):
            return WRONG
        too_much = sum(amount for _, amount in asked) > money
        if too_much and new:
            return WRONG
        if any(amount > line.owing for line, amount in asked):
            return NOT_OWED
        if too_much:
            return NO_CREDIT
        return Wanted(201, shares=list(asked))

    def put(self, payment: Payment, shares: Iterable[tuple[Line, int]]) -> None:
        self.payments[payment.number] = payment
        for line, amount in shares:
            line.paid += amount
            left = 0 if payment.refund else amount
            self.items.append(Allocation(len(self.items), payment.number, line, amount, left))

    # ------------------------------------------------------------ giving back

    def still_paid(self, *, payment: Payment | None = None, invoice: Invoice | None = None) -> list[Allocation]:
        """By this payment, or on this invoice; the newest first."""
        found = [item for item in self.items if item.left]
        if payment:
            found = [item for item in found if item.payment == payment.number]
        if invoice:
            found = [item for item in found if item.line in invoice.lines]
        return found[::-1]

    def given_back(self, amount: int, there: Sequence[Allocation], credit: int, by_line: dict[int, int]) -> Wanted:
        """by_line: cents by the number of the line they come from; without any, credit goes first."""
        wanted = Wanted(201)
        if by_line:
            wanted.of_credit = amount - sum(by_line.values())
            if not 0 <= wanted.of_credit <= credit:
                return NOT_PAID
        else:
            wanted.of_credit = min(amount, credit)
            by_line = dict.fromkeys((item.line.number for item in there), amount - wanted.of_credit)
        left = amount - wanted.of_credit
        by_line = dict(by_line)
        for item in there:
            share = min(left, by_line.get(item.line.number, 0), item.left)
            if share:
                wanted.shares.append((item, share))
                by_line[item.line.number] -= share
                left -= share
        return NOT_PAID if left else wanted
