"""Whose row of durations counts, against a dumb oracle over every combination."""

from itertools import product

from openprac.diary.lengths import Length, length_for


def row(minutes: int, *, profession: int = 1, category: int | None = None) -> Length:
    return Length(profession, category, minutes, 1, None, None)


def test_the_order_is_own_category_own_all_type_category_type_all() -> None:
    rows = [row(10, category=5), row(20), row(30, category=5), row(40)]
    for there in product((True, False), repeat=4):
        own = [one for one, is_there in zip(rows[:2], there[:2], strict=True) if is_there]
        defaults = [one for one, is_there in zip(rows[2:], there[2:], strict=True) if is_there]
        expected = next((one for one, is_there in zip(rows, there, strict=True) if is_there), None)
        assert length_for(own, defaults, 1, 5) == expected


def test_without_a_category_only_rows_for_all_count() -> None:
    assert length_for([row(10, category=5)], [row(40)], 1, None) == row(40)
    assert length_for([row(10, category=5)], [row(30, category=5)], 1, None) is None


def test_another_category_or_profession_does_not_count() -> None:
    assert length_for([row(10, category=6)], [row(30, category=6)], 1, 5) is None
    assert length_for([row(10, profession=2)], [row(30, profession=2)], 1, None) is None
    assert length_for([], [row(30)], None, None) is None
