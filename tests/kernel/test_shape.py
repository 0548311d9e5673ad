"""Rows of the database -> JSON: links, counters, and a base URL that cannot break out of its string."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openprac.kernel.shape import ENCODER, full_shape_of, is_base_url
from tests.kernel import drawn
from tests.kernel.things import THING

BASE = "https://clinic.example.com/v1"
SHAPE = full_shape_of(THING)
NAMES = [one.name for one in SHAPE.columns]


def a_record(thing_id: int, name: str) -> tuple[object, ...]:
    known = {"thing_id": thing_id, "name": name, "price": Decimal("12.50"), "at": datetime(2026, 1, 1, tzinfo=UTC)}
    return tuple(known.get(column) for column in NAMES)


@given(drawn.bigints, drawn.text)
def test_a_row_alone_and_in_a_list_says_the_same(thing_id: int, name: str) -> None:
    record = a_record(thing_id, name)
    alone = msgspec.json.decode(SHAPE.single(record, BASE, meta=True))
    (listed,) = msgspec.json.decode(ENCODER.encode(SHAPE.rows([record], BASE, 0, 1, [])))
    assert alone == listed
    assert alone["links"] == {"self": f"{BASE}/thing/{thing_id}"}
    assert (alone["thing_id"], alone["name"]) == (thing_id, name)
    assert list(alone) == ["row_num", "total_rows", "links", *NAMES]


def test_rows_are_numbered_from_their_place_in_the_whole() -> None:
    rows = SHAPE.rows([a_record(number, "x") for number in (7, 8)], BASE, 50, 52, [])
    assert [(row.row_num, row.total_rows) for row in rows] == [(51, 52), (52, 52)]


def test_money_is_a_number_and_an_instant_is_utc() -> None:
    text = SHAPE.single(a_record(1, "x"), BASE)
    assert b'"price":12.50' in text
    assert b'"at":"2026-01-01T00:00:00Z"' in text


@pytest.mark.parametrize(
    "base", ["http://localhost:8080", "https://api.example.com", "http://[::1]:80", "http://a_b.example.com"]
)
def test_what_a_caller_may_have_reached_us_by(base: str) -> None:
    assert is_base_url(base)


FORGED = (
    "",
    "http://",
    "ftp://x",
    "http://a b",
    'http://a"b',
    "http://a%b",
    "http://a\\b",
    "//x",
    "http://[",
    "http://a/{x}",
)


@pytest.mark.parametrize("base", FORGED)
def test_what_a_forged_host_header_may_not_put_into_links(base: str) -> None:
    assert not is_base_url(base)


@given(st.text(st.sampled_from("aZ0.-_:[]") | st.characters(), max_size=20))
def test_any_host_makes_sound_json_or_none(host: str) -> None:
    base = f"http://{host}"
    if is_base_url(base):
        links = msgspec.json.decode(SHAPE.single(a_record(7, "x"), base))["links"]
        assert links == {"self": f"{base}/thing/7"}
