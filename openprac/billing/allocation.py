"""Which lines a payment pays and which payments a refund takes back: values in, values out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from openprac.billing.totals import ZERO, Owing, Share, spread


class Exceeds(Exception):
    """More is asked for than there is: of the part at `position`, or of all together where it is None."""

    def __init__(self, position: int | None, there_is: Decimal) -> None:
        super().__init__(f"{there_is} at most")
        self.position = position
        self.there_is = there_is


def as_asked(amount: Decimal, asked: Sequence[Share], owing: Iterable[Owing]) -> list[Share]:
    """The shares as they are asked for. Raises Exceeds for more than a line owes, or than there is money."""
    there_is = {line.invoice_item_id: line.owing for line in owing}
    for position, share in enumerate(asked):
        if share.amount > there_is[share.invoice_item_id]:
            raise Exceeds(position, there_is[share.invoice_item_id])
    if sum(share.amount for share in asked) > amount:
        raise Exceeds(None, amount)
    return list(asked)


@dataclass(frozen=True, slots=True)
class Paid:
    """An allocation as far as it has not been refunded. In a sequence of them the newest comes first."""

    payment_item_id: int
    invoice_item_id: int
    left: Decimal


@dataclass(frozen=True, slots=True)
class Taken:
    """What a refund takes: of the part that was never allocated, and of allocations, by payment_item_id."""

    credit: Decimal
    parts: dict[int, Decimal]


def taken_back(amount: Decimal, credit: Decimal, paid: Sequence[Paid]) -> Taken:
    """Unallocated money goes first, then the newest allocation. Raises Exceeds."""
    there_is = credit + sum((one.left for one in paid), ZERO)
    if amount > there_is:
        raise Exceeds(None, there_is)
    from_credit = min(amount, credit)
    return Taken(from_credit, _newest_first(amount - from_credit, paid))


def taken_back_by_line(amount: Decimal, asked: Sequence[Share], credit: Decimal, paid: Sequence[Paid]) -> Taken:
    """So much of each line that is asked for, its newest allocation first; the rest is unallocated money.

    Raises Exceeds: for a line of which less was paid, or where the rest is more than what is unallocated.
    """
    parts: dict[int, Decimal] = {}
    for position, line in enumerate(asked):
        of_line = [one for one in paid if one.invoice_item_id == line.invoice_item_id]
        there_is = sum((one.left for one in of_line), ZERO)
        if line.amount > there_is:
            raise Exceeds(position, there_is)
        parts |= _newest_first(line.amount, of_line)
    from_lines = sum(parts.values(), ZERO)
    if not from_lines <= amount <= from_lines + credit:
        raise Exceeds(None, from_lines + credit)
    return Taken(amount - from_lines, parts)


def _newest_first(amount: Decimal, paid: Sequence[Paid]) -> dict[int, Decimal]:
    shares, _ = spread(amount, [Owing(one.payment_item_id, one.left) for one in paid])
    return dict(shares)
