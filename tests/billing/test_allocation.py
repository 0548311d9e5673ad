"""Which lines are paid and what is taken back: by hand, then against an oracle that moves one cent at a time."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openprac.billing.allocation import Exceeds, Paid, as_asked, taken_back, taken_back_by_line
from openprac.billing.totals import Owing, Share

CENT = Decimal("0.01")
cents = st.integers(0, 400).map(lambda number: number * CENT)


def d(text: str) -> Decimal:
    return Decimal(text)


def test_more_than_a_line_owes_or_than_there_is_is_refused() -> None:
    owing = [Owing(1, d("50.00")), Owing(2, d("20.00"))]
    asked = [Share(2, d("20.00")), Share(1, d("40.00"))]
    assert as_asked(d("60.00"), asked, owing) == asked
    with pytest.raises(Exceeds) as line:
        as_asked(d("90.00"), [Share(1, d("50.01"))], owing)
    assert (line.value.position, line.value.there_is) == (0, d("50.00"))
    with pytest.raises(Exceeds) as money:
        as_asked(d("59.99"), asked, owing)
    assert (money.value.position, money.value.there_is) == (None, d("59.99"))


def test_a_refund_takes_credit_first_then_the_newest_allocation() -> None:
    paid = [Paid(9, 2, d("30.00")), Paid(8, 1, d("50.00"))]
    taken = taken_back(d("55.00"), d("20.00"), paid)
    assert taken.credit == d("20.00")
    assert taken.parts == {9: d("30.00"), 8: d("5.00")}
    with pytest.raises(Exceeds) as more:
        taken_back(d("100.01"), d("20.00"), paid)
    assert more.value.there_is == d("100.00")


def test_a_refund_by_line_takes_what_was_paid_for_it_and_the_rest_from_credit() -> None:
    paid = [Paid(9, 1, d("30.00")), Paid(8, 2, d("50.00")), Paid(7, 1, d("10.00"))]
    taken = taken_back_by_line(d("45.00"), [Share(1, d("35.00"))], d("10.00"), paid)
    assert taken.credit == d("10.00")
    assert taken.parts == {9: d("30.00"), 7: d("5.00")}
    with pytest.raises(Exceeds) as line:
        taken_back_by_line(d("41.00"), [Share(1, d("40.01"))], d("10.00"), paid)
    assert (line.value.position, line.value.there_is) == (0, d("40.00"))
    for amount in ("34.99", "45.01"):
        with pytest.raises(Exceeds) as rest:
            taken_back_by_line(d(amount), [Share(1, d("35.00"))], d("10.00"), paid)
        assert (rest.value.position, rest.value.there_is) == (None, d("45.00"))


def cent_by_cent(amount: Decimal, purses: list[tuple[int, Decimal]]) -> dict[int, Decimal]:
    """Each cent goes to the first purse that still has room."""
    room, filled = dict(purses), dict.fromkeys((one for one, _ in purses), Decimal("0.00"))
    for _ in range(int(amount / CENT)):
        first = next((one for one in room if room[one] >= CENT), None)
        if first is None:
            break
        room[first] -= CENT
        filled[first] += CENT
    return {one: sum_ for one, sum_ in filled.items() if sum_}


@given(amount=cents, credit=cents, left=st.lists(cents, max_size=5))
def test_a_refund_is_what_cents_do_one_by_one(amount: Decimal, credit: Decimal, left: list[Decimal]) -> None:
    paid = [Paid(number, 1, room) for number, room in enumerate(left, 1)]
    wanted = cent_by_cent(amount, [(0, credit), *enumerate(left, 1)])
    if amount > credit + sum(left):
        with pytest.raises(Exceeds):
            taken_back(amount, credit, paid)
        return
    taken = taken_back(amount, credit, paid)
    assert {**({0: taken.credit} if taken.credit else {}), **taken.parts} == wanted
