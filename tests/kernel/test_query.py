"""Query strings -> Query: the whole grammar of q[], sort_by and pages, and what is said when it is not kept."""

import json
import math
from datetime import UTC
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openprac.errors import InvalidParams
from openprac.kernel.collection import OPERATORS
from openprac.kernel.page import envelope
from openprac.kernel.query import (
    FILTERS_MAX,
    PAGE_MAX,
    QUERY_LENGTH_MAX_BYTES,
    Condition,
    Query,
    Sort,
    ignored_of,
    pairs_of,
    parse_list,
)
from openprac.kernel.slips import QUERY_SLIPS
from tests.kernel import drawn
from tests.kernel.things import FORMATS, LEVELS, LIST, LIST_WITHOUT_FILTERS, SORTS, THING

PARAMETERS = ("page", "page_size", "sort_by", "q[]")
EVERY_OPERATOR = ("=", "!=", "<", "<=", ">", ">=", "~")


def parse(query: str | bytes) -> Query:
    return parse_list(THING, LIST, query.encode() if isinstance(query, str) else query)


def refusal(query: str | bytes) -> str:
    with pytest.raises(InvalidParams) as caught:
        parse(query)
    caught.value.detail.encode()
    return caught.value.detail


def outcome(query: str | bytes) -> Query | str:
    """What came of it, or the sentence that says why nothing did."""
    try:
        return parse(query)
    except InvalidParams as error:
        return error.detail


@st.composite
def a_value(draw: st.DrawFn, format: str) -> tuple[str, Any]:
    """A text of that format and what it means."""
    match format:
        case "string":
            text = draw(drawn.text)
            return text, text
        case "integer":
            number = draw(drawn.bigints)
            return str(number), number
        case "double":
            digits = draw(st.integers(0, 6))
            amount = Decimal(draw(st.integers(-(10**12) + 1, 10**12 - 1))).scaleb(-digits)
            return f"{amount:f}", amount
        case "boolean":
            value = draw(st.booleans())
            return str(value).lower(), value
        case "date":
            day = draw(drawn.days)
            return day.isoformat(), day
        case "datetime":
            at = draw(drawn.local_times)
            return f"{at.isoformat()}", at
        case _:
            text, instant = drawn.spelled(draw(drawn.instants), draw(drawn.offsets), draw(st.integers(0, 6)))
            return (text.replace("+00:00", "Z"), instant) if draw(st.booleans()) else (text, instant)


@st.composite
def a_condition(draw: st.DrawFn) -> tuple[str, Condition]:
    """A filter as a caller writes it, not yet encoded, and what it means."""
    name = draw(st.sampled_from(sorted(FORMATS)))
    operator = draw(st.sampled_from(OPERATORS[FORMATS[name]]))
    text, value = draw(a_value(FORMATS[name]))
    return f"{name}:{operator}{text}", Condition(name, operator, value)


class TestFilters:
    @given(st.lists(a_condition(), max_size=5), st.data())
    def test_every_format_with_every_operator_in_every_encoding(
        self, conditions: list[tuple[str, Condition]], data: st.DataObject
    ) -> None:
        parts = []
        for text, _ in conditions:
            name = data.draw(st.sampled_from(("q[]", "q%5B%5D", "q%5b%5d", "%71[]")))
            parts.append(f"{name}={data.draw(drawn.percent_encoded(text))}")
        assert parse("&".join(parts)).conditions == tuple(condition for _, condition in conditions)

    def test_the_published_examples(self) -> None:
        published = "q[]=day:>=2000-01-01&q[]=created:<2024-06-01T00:00:00Z&q[]=app_time:=2025-01-03T10:15:00"
        assert [(one.field, one.operator) for one in parse(published).conditions] == [
            ("day", ">="),
            ("created", "<"),
            ("app_time", "="),
        ]
        (created,) = [one.value for one in parse(published).conditions if one.field == "created"]
        assert created.tzinfo is UTC

    @pytest.mark.parametrize("name", FORMATS)
    @pytest.mark.parametrize("operator", EVERY_OPERATOR)
    def test_an_operator_the_format_lacks_is_named_with_those_it_has(self, name: str, operator: str) -> None:
        allowed = OPERATORS[FORMATS[name]]
        if operator in allowed:
            value = {"string": "x", "integer": "1", "double": "1", "boolean": "true", "date": "2000-01-01"}
            value |= {"datetime": "2000-01-01T00:00:00", "timestamp": "2000-01-01T00:00:00Z"}
            assert parse(f"q[]={name}:{operator}{value[FORMATS[name]]}").conditions[0].operator == operator
        else:
            said = refusal(f"q[]={name}:{operator}1")
            assert name in said
            assert " ".join(allowed) in said

    @pytest.mark.parametrize("spelling", ["+09:30", "%2B09:30", " 09:30", "%2b09:30"])
    def test_an_offset_counts_also_when_its_plus_was_not_escaped(self, spelling: str) -> None:
        (condition,) = parse(f"q[]=created:>2026-03-01T09:30:00{spelling}").conditions
        assert condition.value.isoformat() == "2026-03-01T00:00:00+00:00"

    @pytest.mark.parametrize("code", LEVELS)
    def test_a_coded_filter_takes_its_codes(self, code: int) -> None:
        assert parse(f"q[]=level:={code}").conditions == (Condition("level", "=", code),)

    @pytest.mark.parametrize("wrong", ["level:=2", "level:=0", "level:!=1", "level:>1", "level:=one"])
    def test_a_coded_filter_says_what_its_codes_mean(self, wrong: str) -> None:
        assert "level" in refusal(f"q[]={wrong}")
        if "=2" in wrong:
            assert "1 Low, 3 High" in refusal(f"q[]={wrong}")

    def test_a_folded_filter_compares_what_is_left(self) -> None:
        assert parse("q[]=digits:=0491 570 006").conditions == (Condition("digits", "=", "0491570006"),)

    @given(st.sampled_from(sorted(set(FORMATS) - {"name"})), drawn.text)
    def test_a_value_of_another_kind_is_refused_by_name(self, name: str, text: str) -> None:
        query = f"q[]={name}:>{quote(text, safe='')}" if name != "good" else f"q[]=good:={quote(text, safe='')}"
        query_or_sentence = outcome(query)
        if isinstance(query_or_sentence, str):
            assert name in query_or_sentence
        else:
            (condition,) = query_or_sentence.conditions
            assert type(condition.value).__name__ in ("int", "Decimal", "bool", "date", "datetime")

    @pytest.mark.parametrize(
        "text", ["", ":", "colour:=red", "name", "name:", "name:x", "name=x", "name :=x", "Name:=x", ":=x", "name:≥1"]
    )
    def test_what_is_no_filter_is_told_the_form_or_the_names(self, text: str) -> None:
        said = refusal(f"q[]={quote(text)}")
        assert "name" in said
        assert "q[]=" in said or "Allowed are: " in said

    def test_the_nearest_name_is_offered(self) -> None:
        assert "Did you mean created?" in refusal("q[]=created_at:>2026-01-01T00:00:00Z")
        assert "Did you mean app_time?" in refusal("q[]=app_tim:=2025-01-03T10:15:00")

    def test_a_list_without_filters_says_so(self) -> None:
        with pytest.raises(InvalidParams, match=r"List All Things has no filters: leave q\[\] out"):
            parse_list(THING, LIST_WITHOUT_FILTERS, b"q[]=name:=x")

    def test_there_may_be_forty_and_no_more(self) -> None:
        assert len(parse("&".join(["q[]=size:>1"] * FILTERS_MAX)).conditions) == FILTERS_MAX
        assert str(FILTERS_MAX) in refusal("&".join(["q[]=size:>1"] * (FILTERS_MAX + 1)))


WAYS = st.sampled_from(("", ":asc", ":desc", "-"))


class TestSorts:
    @given(st.lists(st.tuples(st.sampled_from(SORTS), WAYS), max_size=6))
    def test_every_spelling_means_the_same(self, items: list[tuple[str, str]]) -> None:
        texts = [f"-{name}" if way == "-" else f"{name}{way}" for name, way in items]
        expected: dict[str, Sort] = {}
        for name, way in items:
            expected.setdefault(name, Sort(name, way in (":desc", "-")))
        spellings = [f"sort_by={','.join(texts)}", f"sort_by={quote(json.dumps(texts))}"]
        spellings.append("&".join(f"sort_by={text}" for text in texts))
        spellings.append(f"sort_by={quote(', '.join(texts), safe='')}")
        if not texts:
            spellings = ["", "sort_by=", "sort_by=[]"]
        for spelling in spellings:
            assert parse(spelling).sorts == tuple(expected.values()), spelling

    @pytest.mark.parametrize("text", ["colour", "name,colour", '["colour"]', "--name", "+name", "Name", ","])
    def test_an_unknown_field_is_told_the_known_ones(self, text: str) -> None:
        said = refusal(f"sort_by={quote(text)}")
        assert f"Allowed are: {', '.join(SORTS)}." in said

    @pytest.mark.parametrize("text", ["name:", "name:up", "name:descending", "name:desc:asc"])
    def test_a_direction_is_asc_or_desc(self, text: str) -> None:
        assert "must be asc or desc" in refusal(f"sort_by={text}")
        assert "'name'" in refusal(f"sort_by={text}")

    @pytest.mark.parametrize("text", ["[", '["name"', "[1]", '[["name"]]', '{"a":1}', "[" * 999])
    def test_broken_json_text_is_told_the_form(self, text: str) -> None:
        assert "sort_by" in refusal(f"sort_by={quote(text)}")


class TestPages:
    @given(st.integers(1, PAGE_MAX), st.integers(1, 200))
    def test_the_offset_is_what_lies_before(self, page: int, size: int) -> None:
        query = parse(f"page={page}&page_size={size}")
        assert (query.page, query.page_size, query.offset) == (page, size, (page - 1) * size)

    def test_without_any_it_is_the_first_fifty(self) -> None:
        for query in (parse(""), parse("colour=red")):
            assert (query.page, query.page_size) == (1, 50)

    @pytest.mark.parametrize("name", ["page", "page_size"])
    @pytest.mark.parametrize("text", ["0", "-1", "+1", "1.0", "1e1", "", " 1", "x", "٣", "0x1", str(10**30), "1,2"])
    def test_what_is_no_whole_number_in_range_is_refused_by_name(self, name: str, text: str) -> None:
        said = refusal(f"{name}={quote(text)}")
        assert said == f"{name} must be an integer from 1 to {200 if name == 'page_size' else PAGE_MAX}."

    def test_one_over_the_limit_is_refused(self) -> None:
        assert parse("page_size=200").page_size == 200
        assert "from 1 to 200" in refusal("page_size=201")

    @pytest.mark.parametrize("name", ["page", "page_size"])
    def test_given_twice_is_refused(self, name: str) -> None:
        assert refusal(f"{name}=1&{name}=1") == f"The parameter {name} is given twice."

    @pytest.mark.parametrize("spelling", ["page", "%70age", "pag%65"])
    def test_the_next_page_is_asked_for_once_however_the_last_was_spelled(self, spelling: str) -> None:
        again = f"page=3&{parse(f'{spelling}=2&q[]=name:=x').rest}"
        assert parse(again).page == 3


class TestEverythingElse:
    @pytest.mark.parametrize("name", QUERY_SLIPS)
    def test_a_known_slip_is_told_the_right_form(self, name: str) -> None:
        assert refusal(f"{name}=1") == f"Unknown parameter {name}. {QUERY_SLIPS[name]}"

    @given(st.lists(drawn.text.filter(lambda name: name not in {*QUERY_SLIPS, *PARAMETERS}), max_size=5))
    def test_what_no_list_knows_is_named_in_order(self, names: list[str]) -> None:
        query = "&".join(f"{quote(name, safe='')}=1" for name in names)
        assert parse(query).ignored == tuple(names)
        assert ignored_of(query.encode()) == tuple(names)
        assert ignored_of(query.encode(), names) == ()

    @pytest.mark.parametrize("raw", [b"q[]=\xff", b"q[]=name:=%ff", b"%ff=1", b"\xc3\xa9=1", b"a=%ed%a0%80"])
    def test_what_is_not_utf8_is_refused(self, raw: bytes) -> None:
        assert refusal(raw) == "The query string must be percent-encoded UTF-8."

    @pytest.mark.parametrize("raw", ["q[]=name:=%00", "%00=1", "sort_by=%00"])
    def test_a_nul_is_refused(self, raw: str) -> None:
        assert refusal(raw) == "The query string holds a NUL character."

    def test_too_long_and_too_many_are_refused_with_the_number(self) -> None:
        assert str(QUERY_LENGTH_MAX_BYTES) in refusal("a" * (QUERY_LENGTH_MAX_BYTES + 1))
        assert parse("a" * QUERY_LENGTH_MAX_BYTES).ignored == ("a" * QUERY_LENGTH_MAX_BYTES,)
        assert str(FILTERS_MAX * 3) in refusal("&".join("abc" for _ in range(FILTERS_MAX * 3 + 1)))


TOKENS = st.sampled_from(
    (
        *'&=[]:%+,;-~<>!#?/"\\1é',
        *PARAMETERS,
        *("q%5B%5D", "name", "size", "created", "level", "desc", "true", ":=", ":>", "2026-01-01", "T00:00:00Z"),
        *("%00", "%ff", "%zz", '["', '"]', "-1", "9" * 25),
    )
)
SOUPS = st.binary(max_size=60) | st.lists(TOKENS, max_size=14).map(lambda parts: "".join(parts).encode())


class TestAnyBytes:
    def hold(self, raw: bytes) -> None:
        query = outcome(raw)
        if isinstance(query, str):
            assert query.encode()
            return
        assert 1 <= query.page_size <= 200
        assert all(one.field in LIST.filters for one in query.conditions)
        self.follow(query)

    def follow(self, query: Query) -> None:
        """The next page's link asks the same question."""
        total = query.offset + query.page_size + 1
        links = msgspec.json.decode(envelope("things", [1], total, query, "http://x/v1/thing"))["links"]
        page = query.page + 1 if "next" in links and query.page < PAGE_MAX else query.page
        url = links["next"] if page > query.page else links["self"]
        url.encode("ascii")
        again = parse(urlsplit(url).query)
        assert (again.page, again.page_size) == (page, query.page_size)
        assert (again.sorts, again.conditions, again.ignored) == (query.sorts, query.conditions, query.ignored)

    @settings(max_examples=400)
    @given(SOUPS)
    def test_are_a_query_or_a_sentence_never_anything_else(self, raw: bytes) -> None:
        self.hold(raw)
        try:
            names = [name for name, _ in pairs_of(raw)]
        except InvalidParams:
            return
        assert ignored_of(raw) == tuple(names)

    @pytest.mark.prove
    @settings(max_examples=20_000, derandomize=False)
    @given(SOUPS)
    def test_are_a_query_or_a_sentence_over_many_more(self, raw: bytes) -> None:
        self.hold(raw)


def test_a_page_knows_its_neighbours() -> None:
    for total, size in ((0, 7), (1, 7), (7, 7), (8, 7), (21, 7), (22, 7)):
        last = max(1, math.ceil(total / size))
        for page in range(1, last + 2):
            query = parse(f"page={page}&page_size={size}")
            rows = list(range(query.offset, min(total, query.offset + size)))
            links = msgspec.json.decode(envelope("things", rows, total, query, "http://x/v1/thing"))["links"]
            assert ("previous" in links) == (page > 1)
            assert ("next" in links) == (page < last), (total, page)
