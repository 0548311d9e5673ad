"""Texts -> values: what is written is read back, and any other text is refused with a sentence."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openprac.kernel import values
from tests.kernel import drawn

PARSERS: tuple[Callable[[str], Any], ...] = (
    values.integer,
    values.double,
    values.boolean,
    values.a_date,
    values.local_time,
    values.instant,
    values.a_time,
)
LOOKS_LIKE = st.text(st.sampled_from("0123456789-+:.TtZz eE_٣²"), max_size=32)


@given(drawn.bigints)
def test_every_bigint_is_an_integer(number: int) -> None:
    assert values.integer(str(number)) == number


@pytest.mark.parametrize(
    "text", [str(2**63), str(-(2**63)), "", "-", "+1", " 1", "1 ", "1_000", "٣", "²", "1.0", "0x1"]
)
def test_what_is_no_integer(text: str) -> None:
    with pytest.raises(ValueError, match=r"^an integer, for example"):
        values.integer(text)


@given(st.integers(-(10**12) + 1, 10**12 - 1), st.integers(0, 6))
def test_a_double_keeps_every_digit(number: int, digits: int) -> None:
    expected = Decimal(number).scaleb(-digits)
    assert values.double(f"{expected:f}") == expected


@pytest.mark.parametrize("text", ["", ".5", "5.", "1e3", "NaN", "Infinity", "1,5", "--1", "1.1234567", "1" * 13])
def test_what_is_no_double(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a number, for example"):
        values.double(text)


@given(drawn.days)
def test_every_day_is_a_date(day: date) -> None:
    assert values.a_date(day.isoformat()) == day


@pytest.mark.parametrize(
    "text", ["2026-02-29", "2026-2-1", "20260201", "2026-W01-1", "0000-01-01", "2026-01-01T", "٢026-01-01"]
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a date as yyyy-MM-dd"):
        values.a_date(text)


@given(drawn.local_times)
def test_a_local_time_has_no_offset(at: datetime) -> None:
    assert values.local_time(at.isoformat()) == values.local_time(at.isoformat().lower()) == at


@pytest.mark.parametrize(
    "text", ["2026-01-01 10:00:00", "2026-01-01T10:00", "2026-01-01T10:00:00Z", "2026-01-01T24:00:00"]
)
def test_what_is_no_local_time(text: str) -> None:
    with pytest.raises(ValueError, match="without offset"):
        values.local_time(text)


@given(drawn.instants, drawn.offsets, st.integers(0, 6))
def test_an_instant_is_the_same_in_every_zone(at: datetime, zone: timezone, digits: int) -> None:
    text, expected = drawn.spelled(at, zone, digits)
    found = values.instant(text)
    assert found == values.instant(text.replace("T", "t").replace("+", " ")) == expected
    assert found.utcoffset() == timedelta()


def test_the_published_examples_of_an_instant() -> None:
    assert values.instant("2020-09-12T11:09:42.687393Z") == datetime(2020, 9, 12, 11, 9, 42, 687393, UTC)
    assert values.instant("2020-08-24T06:46:22.174468z") == datetime(2020, 8, 24, 6, 46, 22, 174468, UTC)
    assert values.instant("2024-06-01T00:00:00Z") == datetime(2024, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:60Z",
        "2026-01-01T25:00:00Z",
        "2026-01-01T00:00:00.1234567Z",
        "2026-01-01T00:00:00+25:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1767225600",
    ],
)
def test_what_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r"^an instant with its zone"):
        values.instant(text)


@given(drawn.clock_times)
def test_a_time_with_and_without_seconds(at: time) -> None:
    text = drawn.clock_text(at)
    assert values.a_time(text) == values.a_time(f"{text}Z") == at
    assert values.a_time(text[:5]) == at.replace(second=0)


@given(drawn.text | LOOKS_LIKE)
def test_any_text_is_a_value_or_a_sentence(text: str) -> None:
    for parse in PARSERS:
        try:
            parse(text)
        except ValueError as error:
            assert str(error).startswith(("a ", "an ", "true or false"))  # noqa: PT017 - it is raised or it is not
