"""Money: what a line comes to, its GST, and how a payment spreads over lines. Decimal in, Decimal out.

Prices include GST. Every amount has two decimal places, and each is rounded once. Rounding: help article 9463962;
docs/billing.md has the rules.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import NamedTuple

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
MINUTES_AN_HOUR = Decimal(60)

GST_PART = Decimal(11)
"""Of a price that includes Australian GST of 10 %, one part in eleven is GST."""


def cents(amount: Decimal, *, ndis_rounding: bool = False) -> Decimal:
    """Two places: half up, away from zero; or cut, where the clinic has "NDIS rounding logic" on."""
    return amount.quantize(CENT, ROUND_DOWN if ndis_rounding else ROUND_HALF_UP)


def hours_of(minutes: int, *, ndis_rounding: bool) -> Decimal:
    """The quantity of a line that is billed by the hour: 10 minutes are 0.17, or 0.16 cut."""
    return cents(Decimal(minutes) / MINUTES_AN_HOUR, ndis_rounding=ndis_rounding)


def amount_of(quantity: Decimal, unit_amount: Decimal, *, ndis_rounding: bool) -> Decimal:
    """A line's debit from its price, or its discount from the discount on one: rounded once, for the whole line."""
    return cents(quantity * unit_amount, ndis_rounding=ndis_rounding)


def gst_in(amount: Decimal, *, taxable: bool) -> Decimal:
    """The GST inside an amount, half up. Of a line: of its debit less its discount.

    Always rounded, in both modes: the mode is about fees. An eleventh of whole cents is never half a cent.
    """
    return cents(amount / GST_PART) if taxable else ZERO


def allocation_gst(paid_before: Decimal, amount: Decimal, *, taxable: bool) -> Decimal:
    """The GST in what is newly paid on a line that has `paid_before` on it; negative for a refund's negative amount.

    A difference of two rounded wholes, so that the allocations of a line always add up to the GST in what is paid, and
    those of a fully paid line to the line's GST, whatever the parts and whatever was discounted in between.
    """
    return gst_in(paid_before + amount, taxable=taxable) - gst_in(paid_before, taxable=taxable)


class Owing(NamedTuple):
    """A line that something can be spread over; `owing` is what it can take."""

    invoice_item_id: int
    owing: Decimal


class Share(NamedTuple):
    """What one line gets."""

    invoice_item_id: int
    amount: Decimal


def spread(amount: Decimal, lines: Iterable[Owing]) -> tuple[Sequence[Share], Decimal]:
    """Fill the lines top-down, in the order given, and what is left over when all are full.

    Lines that can take nothing get no share. The amount must not be negative.
    """
    shares = []
    for line in lines:
        if amount <= 0:
            break
        share = min(amount, line.owing)
        if share > 0:
            shares.append(Share(line.invoice_item_id, share))
            amount -= share
    return shares, amount
