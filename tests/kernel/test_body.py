"""Bytes -> the values a write stores: whatever the bytes are, a Body or an error that names the member."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openprac.errors import ApiError, InvalidBody, UnsupportedMediaType
from openprac.kernel import body
from openprac.kernel.body import TEXT_MAX_CHARACTERS, Body
from openprac.kernel.row import PUBLISHED
from tests.kernel import drawn
from tests.kernel.things import THING

FIELDS = THING.writable(PUBLISHED)
KNOWN = [one.name for one in THING.fields] + ["links"]
GOOD = {"name": "x"}
JSON = "application/json"


def read(raw: bytes, *, required: bool = True, strict: bool = False) -> Body:
    return body.check(FIELDS, KNOWN, body.decode(raw, JSON), required=required, strict=strict)


def given_of(**members: Any) -> Mapping[str, Any]:
    return read(json.dumps({**GOOD, **members}).encode()).given


def problems_of(raw: bytes, **options: bool) -> dict[str, str]:
    with pytest.raises(InvalidBody) as caught:
        read(raw, **options)
    return {one.field: one.message for one in caught.value.problems}


def problem(name: str, value: Any) -> str:
    """What is said of one wrong member."""
    found = problems_of(json.dumps({**GOOD, name: value}).encode())
    assert set(found) == {name}
    return found[name].removeprefix(f"The {name} field ")


class TestValues:
    @pytest.mark.parametrize(
        ("name", "sent", "stored"),
        [
            ("name", "Zoë 😀", "Zoë 😀"),
            ("note", "", ""),
            ("note", " kept as sent \n", " kept as sent \n"),
            ("size", 5, 5),
            ("size", 1440.0, 1440),
            ("other_id", -1, -1),
            ("level", 3, 3),
            ("price", 12, Decimal("12.00")),
            ("price", 12.5, Decimal("12.50")),
            ("price", -0.01, Decimal("-0.01")),
            ("good", True, True),
            ("day", "2000-02-29", date(2000, 2, 29)),
            ("at", "2026-03-01T09:30:00+09:30", datetime(2026, 3, 1, tzinfo=UTC)),
            ("opens", "08:30", time(8, 30)),
            ("email", "o'brien+tag@sub.example.com", "o'brien+tag@sub.example.com"),
            ("website", "https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
            ("colour", "#FFd700", "#FFd700"),
            ("zone", "Australia/Adelaide", "Australia/Adelaide"),
        ],
    )
    def test_are_taken(self, name: str, sent: Any, stored: Any) -> None:
        found = given_of(**{name: sent})[name]
        assert (found, type(found)) == (stored, type(stored))

    @pytest.mark.parametrize(
        ("name", "sent", "said"),
        [
            ("name", 1, "must be a string."),
            ("name", ["x"], "must be a string."),
            ("name", "a\0b", "must not hold a NUL character."),
            ("name", "\ud800", "must be valid Unicode: it holds half of a surrogate pair."),
            ("name", "", "is required."),
            ("name", " \t\u00a0", "is required."),
            ("name", None, "is required."),
            ("size", "5", "must be an integer."),
            ("size", 5.5, "must be an integer."),
            ("size", True, "must be an integer."),
            ("size", 2**63, "must be an integer."),
            ("size", 4, "must be at least 5."),
            ("size", 1441, "must not be greater than 1440."),
            ("level", 2, "must be one of: 1, 3."),
            ("price", "1", "must be a number with at most two decimal places."),
            ("price", 0.001, "must be a number with at most two decimal places."),
            ("price", True, "must be a number with at most two decimal places."),
            ("price", 10**12, "must be a number with at most two decimal places."),
            ("good", 1, "must be true or false."),
            ("good", "true", "must be true or false."),
            ("good", None, "must not be null."),
            ("day", "2026-02-29", "must be a date as yyyy-MM-dd, for example 2000-01-31."),
            ("day", 20260201, "must be a date as yyyy-MM-dd, for example 2000-01-31."),
            ("at", "2026-01-01T00:00:00", "must be an instant with its zone as yyyy-MM-ddTHH:mm:ssZ, "),
            ("opens", "8:30", "must be a time as HH:mm:ss, for example 08:30:00."),
            ("email", "nobody", "must be a valid email address."),
            ("email", "a b@example.com", "must be a valid email address."),
            ("website", "javascript:alert(1)", "must be an address that begins with http:// or https://."),
            ("colour", "#12345", "must be a colour as #RRGGBB."),
            (
                "zone",
                "Australia/Adelade",
                "must be one of the published IANA time zones, for example Australia/Adelaide.",
            ),
        ],
    )
    def test_are_refused_with_what_is_allowed(self, name: str, sent: Any, said: str) -> None:
        assert problem(name, sent).startswith(said)

    @pytest.mark.parametrize(("name", "limit"), [("name", 10), ("note", TEXT_MAX_CHARACTERS), ("website", 200)])
    def test_a_text_may_be_as_long_as_its_limit_counted_in_characters(self, name: str, limit: int) -> None:
        start = "https://" if name == "website" else ""
        assert len(given_of(**{name: start + "é" * (limit - len(start))})[name]) == limit
        assert problem(name, start + "é" * (limit + 1 - len(start))) == f"must not be greater than {limit} characters."

    def test_null_clears_what_may_be_empty(self) -> None:
        nullable = [one.name for one in FIELDS if one.nullable]
        assert given_of(**dict.fromkeys(nullable)) == {**GOOD, **dict.fromkeys(nullable)}

    @given(drawn.bigints)
    def test_every_bigint_is_an_id(self, number: int) -> None:
        assert given_of(other_id=number)["other_id"] == number

    @given(st.decimals(-(10**11), 10**11, places=2))
    def test_money_is_exact(self, amount: Decimal) -> None:
        assert read(b'{"name": "x", "price": %s}' % str(amount).encode()).given["price"] == amount

    @pytest.mark.parametrize(
        "number", ["1e999999999", "-1e999999999", "1e-999999999", "0.1e-5", "1" * 4000, "1e20", "12345678901234.5"]
    )
    def test_huge_and_tiny_numbers_are_refused_quickly(self, number: str) -> None:
        found = problems_of(b'{"name": "x", "size": %b, "price": %b, "other_id": %b}' % ((number.encode(),) * 3))
        assert set(found) == {"size", "price", "other_id"}

    @pytest.mark.parametrize("number", ["1e99999999999999999999", "1" * 5000, "-" + "1" * 5000])
    def test_numbers_no_program_holds_are_broken_json(self, number: str) -> None:
        found = problems_of(b'{"name": "x", "size": %b}' % number.encode())
        assert found == {"": "The body is not usable JSON: it holds a number out of range."}

    @pytest.mark.parametrize("number", ["5.0", "5e0", "50e-1", "0.5e1"])
    def test_an_integer_may_be_written_with_a_fraction_of_nothing(self, number: str) -> None:
        assert read(b'{"name": "x", "size": %b}' % number.encode()).given["size"] == 5


class TestMembers:
    def test_what_is_absent_is_not_given(self) -> None:
        assert read(b"{}", required=False).given == {}
        assert problems_of(b"{}") == {"name": "The name field is required."}

    def test_every_problem_is_told_at_once(self) -> None:
        found = problems_of(b'{"size": "x", "good": null, "day": "y", "name": ""}')
        assert set(found) == {"size", "good", "day", "name"}

    def test_what_is_not_written_is_passed_over_and_what_is_not_known_is_named(self) -> None:
        sent = {**GOOD, "thing_id": 7, "links": {}, "archived": True, "color": "x", "row_num": 1}
        found = read(json.dumps(sent).encode())
        assert found.given == GOOD
        assert found.unknown == ("color", "row_num")

    def test_strictly_what_is_not_known_is_refused_with_the_nearest_name(self) -> None:
        found = problems_of(b'{"name": "x", "color": "x", "qqq": 1}', strict=True)
        assert found == {
            "color": "The color field is not known here. Did you mean colour?",
            "qqq": "The qqq field is not known here.",
        }
        assert read(b'{"name": "x", "thing_id": 7, "links": 1}', strict=True).given == GOOD

    def test_a_member_given_twice_is_refused_by_name(self) -> None:
        for raw in (b'{"name": "x", "name": "y"}', b'{"name": "x", "\\u006eame": "x"}'):
            assert problems_of(raw) == {"": "The body is not usable JSON: the member name is given twice."}


FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
CHARSETS = (f"{JSON}; charset=latin-1", f"{JSON};charset=utf-16")
BROKEN = (
    *(b"", b" ", b"{", b"{]", b"[]", b"[{}]", b"null", b"1", b'"x"', b"{'a': 1}", b'{"a": 01}', b'{"a": 1,}'),
    *(b'{"a": NaN}', b'{"a": Infinity}', b'{"a": -Infinity}', b'{"a": 1} x', b'{"a": "\\x"}', b'{"a": "\n"}'),
    *(b"\xff", b'{"a": "\xed\xa0\x80"}', b"\xef\xbb\xbf{}", '{"a": 1}'.encode("utf-16")),
    *(b"[" * 200_000, b'{"a":' * 100_000),
)


class TestDecoding:
    @pytest.mark.parametrize(
        "content_type",
        [
            JSON,
            "Application/JSON",
            "application/json; charset=utf-8",
            'application/json;charset="UTF-8"',
            f" {JSON} ;x=y",
        ],
    )
    def test_json_is_what_it_says(self, content_type: str) -> None:
        assert body.decode(b'{"a": 1}', content_type) == {"a": 1}

    @pytest.mark.parametrize(
        "content_type",
        ["", "json", "text/plain", "text/json", "application/jsonx", "application/merge-patch+json", *FORMS, *CHARSETS],
    )
    def test_anything_else_is_not(self, content_type: str) -> None:
        with pytest.raises(UnsupportedMediaType):
            body.decode(b'{"a": 1}', content_type)

    @pytest.mark.parametrize("raw", BROKEN, ids=lambda raw: repr(raw[:16]))
    def test_broken_json_is_told_where(self, raw: bytes) -> None:
        found = problems_of(raw)
        assert set(found) == {""}
        assert found[""].startswith("The body is not usable JSON: ")
        assert len(found[""]) < 200


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Objects whose members are half ours, with values of any kind."""
    names = st.sampled_from([one.name for one in THING.fields]) | drawn.text | st.text(max_size=3)
    raw = drawn.json_bytes(draw(st.dictionaries(names, drawn.json_values, max_size=6)))
    if draw(st.booleans()):
        return raw
    place = draw(st.integers(0, len(raw)))
    return raw[:place] + draw(st.binary(max_size=4)) + raw[place:]


def hold(raw: bytes) -> None:
    for strict in (False, True):
        try:
            found = read(raw, required=not strict, strict=strict)
        except ApiError as error:
            assert isinstance(error, InvalidBody)  # noqa: PT017 - it is raised or it is not
            json.dumps([[one.field, one.message] for one in error.problems], ensure_ascii=False).encode()
        else:
            assert set(found.given) <= {one.name for one in FIELDS}


@settings(max_examples=300)
@given(st.binary(max_size=40) | bodies())
def test_any_bytes_are_a_body_or_problems_that_can_be_sent(raw: bytes) -> None:
    hold(raw)


@pytest.mark.prove
@settings(max_examples=10_000, derandomize=False)
@given(st.binary(max_size=80) | bodies())
def test_many_more_bytes_are_a_body_or_problems_that_can_be_sent(raw: bytes) -> None:
    hold(raw)
