"""The arithmetic of money, with the published tables and examples worked by hand."""

import random
from decimal import Decimal
from fractions import Fraction

import pytest

from openprac.billing.totals import (
    ZERO,
    Owing,
    Share,
    allocation_gst,
    amount_of,
    cents,
    gst_in,
    hours_of,
    spread,
)

D = Decimal

# Help article 9463962: fee, quantity, amount normally, amount with NDIS rounding logic.
PUBLISHED_AMOUNTS = (("193.99", "2.25", "436.48", "436.47"), ("193.99", "0.5", "97.00", "96.99"))
# The same article: minutes, quantity normally, with NDIS rounding logic. The last of 35 minutes is cut off there.
PUBLISHED_QUANTITIES = (
    (5, "0.08", "0.08"),
    (10, "0.17", "0.16"),
    (15, "0.25", "0.25"),
    (20, "0.33", "0.33"),
    (25, "0.42", "0.41"),
    (30, "0.50", "0.50"),
    (35, "0.58", "0.58"),
)


@pytest.mark.parametrize(("fee", "quantity", "normal", "ndis"), PUBLISHED_AMOUNTS)
def test_the_published_amounts(fee: str, quantity: str, normal: str, ndis: str) -> None:
    assert amount_of(D(quantity), D(fee), ndis_rounding=False) == D(normal)
    assert amount_of(D(quantity), D(fee), ndis_rounding=True) == D(ndis)


@pytest.mark.parametrize(("minutes", "normal", "ndis"), PUBLISHED_QUANTITIES)
def test_the_published_quantities(minutes: int, normal: str, ndis: str) -> None:
    assert hours_of(minutes, ndis_rounding=False) == D(normal)
    assert hours_of(minutes, ndis_rounding=True) == D(ndis)


@pytest.mark.parametrize(
    ("amount", "gst"),
    [
        ("110.00", "10.00"),
        ("99.00", "9.00"),
        ("0.05", "0.00"),  # 0.4545 of a cent
        ("0.06", "0.01"),  # 0.5454 of a cent
        ("25.00", "2.27"),  # 2.2727...
        ("49.95", "4.54"),  # 4.5409...
        ("0.00", "0.00"),
    ],
)
def test_gst_is_an_eleventh_of_a_price_that_includes_it(amount: str, gst: str) -> None:
    assert gst_in(D(amount), taxable=True) == D(gst)
    assert gst_in(D(amount), taxable=False) == ZERO


def test_gst_of_ten_lines_worth_does_not_drift() -> None:
    """Ten resistance bands at 4.95, 10 % off: 10 * 4.95 - 10 * 0.50 = 44.50; an eleventh is 4.0454..., so 4.05.

    Rounded for one band first it would be (4.95 - 0.50) / 11 = 0.4045..., so 0.40, and ten of them 4.00: 5 cents lost.
    """
    ten = D(10)
    net = amount_of(ten, D("4.95"), ndis_rounding=False) - amount_of(ten, D("0.50"), ndis_rounding=False)
    assert gst_in(net, taxable=True) == D("4.05")
    assert ten * gst_in(D("4.95") - D("0.50"), taxable=True) == D("4.00")


def test_three_part_payments_carry_all_of_the_gst() -> None:
    """100.00 has 9.09. Paid 33.33 + 33.33 + 33.34: an eleventh of 33.33 is 3.03, of 66.66 is 6.06, of 100.00 is 9.09.

    So 3.03, 3.03, 3.03. And 33.00 + 33.00 + 34.00: 3.00, 3.00, 3.09, where 34 / 11 alone is 3.0909..., so 3.09.
    """
    assert _in_parts("33.33", "33.33", "33.34") == [D("3.03"), D("3.03"), D("3.03")]
    assert _in_parts("33.00", "33.00", "34.00") == [D("3.00"), D("3.00"), D("3.09")]


def test_parts_of_a_cent_are_carried_to_the_payment_that_completes_them() -> None:
    """0.30 has 0.03 (0.0272...). In six times 0.05: elevenths 0.0045 0.0090 0.0136 0.0181 0.0227 0.0272."""
    assert _in_parts(*["0.05"] * 6) == [D(one) for one in ("0.00", "0.01", "0.00", "0.01", "0.00", "0.01")]


def test_a_discount_after_a_part_payment_needs_no_correction() -> None:
    """100.00, 40.00 paid with 3.64 (3.6363...). Then 10.00 off: the line has 90 / 11 = 8.18. Paid 50.00: 8.18 - 3.64.

    That is 4.54, though 50 / 11 alone would be 4.55: the line's two allocations are its 8.18 all the same.
    """
    first = allocation_gst(ZERO, D(40), taxable=True)
    last = allocation_gst(D(40), D(50), taxable=True)
    assert (first, last, first + last) == (D("3.64"), D("4.54"), gst_in(D(90), taxable=True))


def test_a_refund_takes_back_what_the_payment_brought() -> None:
    assert allocation_gst(D(100), D(-100), taxable=True) == D("-9.09")
    assert allocation_gst(D(100), D(-40), taxable=True) == D("-3.64")  # 60 / 11 = 5.4545..., 5.45 - 9.09


def _in_parts(*amounts: str) -> list[Decimal]:
    paid, found = ZERO, []
    for amount in map(D, amounts):
        found.append(allocation_gst(paid, amount, taxable=True))
        paid += amount
    return found


def test_money_fills_the_lines_from_the_top() -> None:
    lines = [Owing(1, D(30)), Owing(2, ZERO), Owing(3, D(50)), Owing(4, D(20))]
    assert spread(D(60), lines) == ([Share(1, D(30)), Share(3, D(30))], ZERO)
    assert spread(D(120), lines) == ([Share(1, D(30)), Share(3, D(50)), Share(4, D(20))], D(20))
    assert spread(ZERO, lines) == ([], ZERO)


def test_against_fractions() -> None:
    """A dumb oracle in whole numbers of cents; the seed repeats a failure."""
    seed = random.randrange(2**32)
    dice = random.Random(seed)
    for _ in range(3000):
        quantity, price = Fraction(dice.randrange(1, 100_000), 100), Fraction(dice.randrange(100_000), 100)
        exact = quantity * price * 100
        half_up, cut = int(exact + Fraction(1, 2)), int(exact)
        for ndis, expected in ((False, half_up), (True, cut)):
            amount = amount_of(_decimal(quantity), _decimal(price), ndis_rounding=ndis)
            assert amount * 100 == expected, seed
        line = D(dice.randrange(1, 100_000)) / 100
        paid, gst = ZERO, ZERO
        while paid < line:
            part = min(line - paid, cents(D(dice.randrange(1, 50_000)) / 100))
            one = allocation_gst(paid, part, taxable=True)
            assert 0 <= one <= part, seed
            paid, gst = paid + part, gst + one
            assert int(gst * 100) == int(Fraction(paid) * 100 / 11 + Fraction(1, 2)), seed
        assert gst == gst_in(line, taxable=True), seed


def _decimal(number: Fraction) -> Decimal:
    return D(number.numerator) / D(number.denominator)
