"""What we say we serve, held against what is published: reference/*.yaml is the oracle of the contract."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from openprac.time_zones import TIME_ZONES
from tests import contract, reference
from tests.contract import Json, Served
from tests.reference import Filter, Member, Operation

NOT_BUILT_YET = Path(__file__).parent / "not_built_yet.txt"

# (operation id, what of it): why ours differs from the reference. A line here that no longer differs fails.
_A_LABEL = "a label without offset is no RFC 3339 date-time; newer pages publish the pattern of such labels instead"
DEVIATIONS: Mapping[tuple[str, str], str] = {
    (f"{id}-Get", "app_time format"): _A_LABEL
    for id in (
        "listAvailableAppointments",
        "getNextAvailableAppointment",
        "listAvailableGroupAppointments",
        "getNextAvailableGroupAppointment",
    )
}

PUBLISHED = reference.operations()
SERVED = {id: one for id, one in contract.served().items() if not one.extension}
PAIRS = [(PUBLISHED[id], one) for id, one in SERVED.items() if id in PUBLISHED]
BOTH = [pytest.param(*pair, id=pair[0].id) for pair in PAIRS]
LISTS = [pytest.param(*pair, id=pair[0].id) for pair in PAIRS if pair[0].key]
WRITES = [pytest.param(*pair, id=pair[0].id) for pair in PAIRS if pair[0].request]

FILTER_LINE = re.compile(r"- `(?P<name>\w+)` (?P<format>\w+) (?P<operators>[^:]+)(?:: (?P<codes>.+))?")
CODE = re.compile(r"(\d+) (.+?)(?=, \d+ |$)")
# A plain text may be said to be an address of some kind; it may not be said to be a date.
FORMATS_OF_PLAIN_TEXT = {None, "email", "uri"}


def agree(id: str, what: str, ours: object, theirs: object) -> None:
    """Equal, or a deviation with a reason; a deviation that is none any more fails too."""
    if (id, what) in DEVIATIONS:
        assert ours != theirs, f"{id}: {what} is as published now: take it out of DEVIATIONS"
    else:
        assert ours == theirs, f"{id}: {what}"


def lines_not_built() -> list[str]:
    return [line for line in NOT_BUILT_YET.read_text().splitlines() if line]


class TestTheListOfWhatIsNotBuilt:
    def test_names_published_operations_once_each_in_the_order_of_the_reference(self) -> None:
        known = [one.line for one in PUBLISHED.values()]
        assert lines_not_built() == [line for line in known if line in lines_not_built()]

    def test_and_what_is_served_are_together_everything_published(self) -> None:
        listed = set(lines_not_built())
        missing = [one.line for one in PUBLISHED.values() if one.id not in SERVED and one.line not in listed]
        assert not missing, "neither served nor in tests/not_built_yet.txt"

    def test_only_shrinks(self) -> None:
        built = [one.line for one in PUBLISHED.values() if one.id in SERVED and one.line in lines_not_built()]
        assert not built, "these are served: remove them from tests/not_built_yet.txt"


def test_nothing_is_served_as_published_that_is_not_published() -> None:
    assert [id for id in SERVED if id not in PUBLISHED] == []


def test_extensions_stay_under_their_own_path() -> None:
    for one in contract.served().values():
        assert one.path.startswith("/x/") == one.extension, one.id


def test_deviations_name_served_operations_and_say_why() -> None:
    for (id, _), reason in DEVIATIONS.items():
        assert id in SERVED
        assert len(reason) > 20


def test_both_keys_are_asked_for_together() -> None:
    assert contract.document()["security"] == [{"x-api-key": [], "a-api-key": []}]
    schemes = contract.document()["components"]["securitySchemes"]
    assert {name: (one["type"], one["in"], one["name"]) for name, one in schemes.items()} == {
        "x-api-key": ("apiKey", "header", "x-api-key"),
        "a-api-key": ("apiKey", "header", "a-api-key"),
    }


def test_errors_have_the_published_shape() -> None:
    schema = contract.document()["components"]["schemas"]["Error"]
    assert set(schema["required"]) == {"error", "request_id"}
    assert schema["properties"]["request_id"]["format"] == "uuid"
    error = schema["properties"]["error"]
    assert set(error["required"]) == {"status", "code", "detail"}
    assert set(error["properties"]["validation"]["items"]["properties"]) == {"field", "message"}


def test_the_published_time_zones_are_those_accepted() -> None:
    assert set(reference.time_zones()) == set(TIME_ZONES)


@pytest.mark.parametrize(("published", "ours"), BOTH)
class TestOperation:
    def test_has_its_method_path_tag_and_summary(self, published: Operation, ours: Served) -> None:
        agree(published.id, "method", ours.method, published.method)
        agree(published.id, "path", ours.path, published.path)
        agree(published.id, "tag", ours.spec["tags"], [published.tag])
        agree(published.id, "summary", ours.spec["summary"], published.summary)

    def test_takes_the_ids_of_its_path(self, published: Operation, ours: Served) -> None:
        found = ours.parameters("path")
        agree(published.id, "path parameters", tuple(found), published.path_params)
        for one in found.values():
            assert one["required"] is True
            assert one["schema"]["type"] == "integer"

    def test_takes_the_query_parameters_and_no_others(self, published: Operation, ours: Served) -> None:
        paging = {"page", "page_size"} if published.pages else set()
        paging |= {"sort_by"} if published.sorts else set()
        filtering = {"q[]"} if published.filters else set()
        own = {one["name"] for one in published.query}
        found = ours.parameters("query")
        agree(published.id, "query", set(found), paging | filtering | own)
        for one in published.query:
            schema = found[one["name"]]["schema"]
            agree(published.id, f"query {one['name']}", contract.types(schema), {one["type"]})
            assert found[one["name"]].get("required", False) == one.get("required", False)

    def test_answers_with_the_published_status_and_headers(self, published: Operation, ours: Served) -> None:
        status, answer = ours.success
        agree(published.id, "status", status, published.status)
        assert set(published.headers) <= set(answer.get("headers", {}))
        assert (ours.answer is None) == (published.answer is None)

    def test_documents_every_published_error(self, published: Operation, ours: Served) -> None:
        agree(published.id, "errors", set(published.errors) - ours.errors, set())

    def test_answers_with_every_documented_member_and_no_other(self, published: Operation, ours: Served) -> None:
        if published.answer is None:
            return
        assert ours.answer is not None
        schema = ours.answer["properties"][published.key]["items"] if published.key else ours.answer
        compare(published.id, "", contract.properties(schema), reference.members(published.answer).values())
        assert set(contract.properties(schema)).issuperset({"row_num", "total_rows"}) == reference.has_meta(
            published.answer
        )


@pytest.mark.parametrize(("published", "ours"), LISTS)
class TestList:
    def test_has_the_published_envelope(self, published: Operation, ours: Served) -> None:
        assert ours.answer is not None
        agree(published.id, "envelope", set(ours.answer["properties"]), {published.key, "total_entries", "links"})
        links = ours.answer["properties"]["links"]["properties"]
        assert set(links) == ({"self", "previous", "next"} if published.pages else {"self"})

    def test_pages_as_published(self, published: Operation, ours: Served) -> None:
        if not published.pages:
            return
        page, size = (ours.parameters("query")[name]["schema"] for name in ("page", "page_size"))
        assert (page["type"], page["minimum"]) == ("integer", 1)
        assert (size["type"], size["minimum"]) == ("integer", 1)
        agree(published.id, "page_size", size["maximum"], reference.page_size_maximum())
        assert size["default"] == reference.default_page_size()

    def test_sorts_by_the_published_names(self, published: Operation, ours: Served) -> None:
        if not published.sorts:
            return
        sort = ours.parameters("query")["sort_by"]
        agree(published.id, "sort_by", tuple(sort["example"]), published.sorts)
        assert (sort["schema"]["type"], sort["explode"]) == ("array", False)
        pattern = re.compile(sort["schema"]["items"]["pattern"])
        for name in published.sorts:
            assert all(pattern.search(text) for text in (name, f"-{name}", f"{name}:asc", f"{name}:desc"))
        assert not pattern.search("colour")

    def test_filters_by_the_published_names_operators_and_codes(self, published: Operation, ours: Served) -> None:
        agree(published.id, "filters", filters_of(ours), {one.name: one for one in published.filters})


@pytest.mark.parametrize(("published", "ours"), WRITES)
def test_bodies_take_the_documented_members_with_their_limits(published: Operation, ours: Served) -> None:
    assert published.request
    assert ours.body is not None
    theirs = reference.members(published.request)
    properties = contract.properties(ours.body)
    compare(published.id, "body ", properties, theirs.values())
    agree(published.id, "required", contract.required(ours.body), {one.name for one in theirs.values() if one.required})
    for name, one in theirs.items():
        if one.max_length is not None:
            agree(published.id, f"body {name} maxLength", properties[name].get("maxLength"), one.max_length)
        for limit, value in (("minimum", one.minimum), ("maximum", one.maximum)):
            if value is not None:
                agree(published.id, f"body {name} {limit}", properties[name].get(limit), value)


def compare(id: str, prefix: str, ours: Mapping[str, Json], theirs: Iterable[Member]) -> None:
    """Names, types, formats and enumerations, all the way down. Ours may be null where nothing is said of it."""
    documented = {one.name: one for one in theirs}
    agree(id, f"{prefix}members", set(ours), set(documented))
    for name, one in documented.items():
        if name not in ours:
            continue
        schema, what = ours[name], f"{prefix}{name}"
        agree(id, f"{what} type", contract.types(schema), {one.type})
        if one.format or schema.get("format") not in FORMATS_OF_PLAIN_TEXT:
            agree(id, f"{what} format", schema.get("format"), one.format)
        if one.pattern and not prefix.startswith("body "):
            agree(id, f"{what} pattern", schema.get("pattern"), one.pattern)
        enum = tuple(value for value in schema.get("enum", ()) if value is not None)
        agree(id, f"{what} enum", enum, one.enum)
        if one.type == "array":
            items = contract.resolved(schema["items"])
            agree(id, f"{what} items", contract.types(items), {one.items})
            compare(id, f"{what}[].", contract.properties(items), one.members)
        elif one.type == "object":
            compare(id, f"{what}.", contract.properties(schema), one.members)
            must = {inner.name for inner in one.members if inner.required}
            assert must <= contract.required(schema), what


def filters_of(ours: Served) -> dict[str, Filter]:
    """Read back from the text and held against the pattern, which is what a generated client uses."""
    parameter: Any = ours.parameters("query").get("q[]")
    if parameter is None:
        return {}
    pattern = re.compile(parameter["schema"]["items"]["pattern"])
    found = {}
    for line in parameter["description"].splitlines():
        if match := FILTER_LINE.fullmatch(line):
            codes = {int(code): text for code, text in CODE.findall(match["codes"] or "")}
            one = Filter(match["name"], match["format"], tuple(match["operators"].split()), codes)
            found[one.name] = one
            for operator in ("=", "!=", "<", "<=", ">", ">=", "~"):
                example = f"{one.name}:{operator}{EXAMPLES[one.format]}"
                assert bool(pattern.search(example)) == (operator in one.operators), example
    return found


EXAMPLES = {
    "string": "Ng",
    "integer": "1",
    "double": "12.5",
    "boolean": "true",
    "date": "2000-01-01",
    "datetime": "2025-01-03T10:15:00",
    "timestamp": "2024-06-01T00:00:00Z",
}
