"""Words of names, as Python and as the database cut them, and the distance between two."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openprac.patient_match.words import likeness, nearest, slips, tokens_of, words_of
from tests.cast import Cast

NAMES = (
    "Zoë O'Brien-Ng",
    "  De  Luca",
    "Łukasz Ødegård",
    "Straße",
    "MÜLLER",
    "a",
    "Nguyễn Thị",
    "İnan Æsir",
    "O\u2019Keefe (Jr.)",
    "-",
    "St\u00a0John",
    "李 小龍",
)


def by_the_table(one: str, other: str) -> int:
    """The textbook's table of optimal string alignment."""
    table = {(row, -1): row + 1 for row in range(-1, len(one))} | {
        (-1, column): column + 1 for column in range(-1, len(other))
    }
    for row, letter in enumerate(one):
        for column, another in enumerate(other):
            ways = [table[row - 1, column] + 1, table[row, column - 1] + 1]
            ways.append(table[row - 1, column - 1] + (letter != another))
            if row and column and letter == other[column - 1] and one[row - 1] == another:
                ways.append(table[row - 2, column - 2] + 1)
            table[row, column] = min(ways)
    return table[len(one) - 1, len(other) - 1]


@given(st.text("abc", max_size=9), st.text("abc", max_size=9))
def test_slips_are_the_distance_of_optimal_string_alignment(one: str, other: str) -> None:
    assert slips(one, other) == by_the_table(one, other)


@pytest.mark.parametrize(
    ("asked", "stored", "low", "high"),
    [
        ("smith", "smith", 1, 1),
        ("smyth", "smith", 0.8, 0.8),
        ("jhon", "john", 0.75, 0.75),
        ("alex", "alexander", 0.75, 0.75),
        ("al", "alexander", 0, 0),
        ("smith", "jones", 0, 0),
        ("li", "lo", 0, 0),
    ],
)
def test_likeness(asked: str, stored: str, low: float, high: float) -> None:
    assert low <= likeness(asked, stored) <= high


def test_the_nearest_word_of_a_name_counts() -> None:
    assert nearest("moore", "Hartley-Moore") == 1
    assert nearest("moore", "-") == 0


def test_the_database_cuts_names_as_python_does(cast: Cast) -> None:
    for name in NAMES:
        words = {record[0] for record in cast.sql("SELECT patient_name_words($1)", name)}
        assert words == set(words_of(name)), name
        tokens = {record[0] for record in cast.sql("SELECT patient_name_tokens($1)", name)}
        asked = {token for word in words for token in tokens_of(word)}
        pieces = {name.lower()[place : place + 3] for place in range(len(name) - 2)}
        if name.isascii():
            assert tokens == {"", *asked, *pieces}, name
        assert {"", *asked} <= tokens, name


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(categories=("L", "Zs", "Pd", "Po")), min_size=1, max_size=12))
def test_one_slip_keeps_a_token_in_common(name: str) -> None:
    for word in words_of(name):
        for place in range(len(word)):
            less = word[:place] + word[place + 1 :]
            if len(less) > 1:
                assert set(tokens_of(word)) & set(tokens_of(less)) or len(word) > 7, (word, less)
