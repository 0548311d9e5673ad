"""What every write owes every caller: each wrong value is a 422 that names its field, and nothing is changed by it."""

import json
import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import httpx
import pytest

from openprac.api import ENDPOINTS
from openprac.kernel.body import TEXT_MAX_CHARACTERS
from openprac.kernel.collection import Collection, Creation, Edition
from openprac.kernel.row import EXTENSION, PUBLISHED, Column, Field, LocalTime
from tests.cast import Cast
from tests.test_every_collection import NEVER_EXISTED, a_row, error_of, parent_of, row_path

WRONG_TYPES: dict[type, list[Any]] = {
    str: [7, True, ["a"], {"a": 1}],
    int: ["seven", 1.5, True, 2**64],
    bool: ["true", 1, []],
    Decimal: ["1.00", 1.005, True, 10**12],
    date: ["2026-02-30", "26-01-01", "2026-1-1", 20260101, "2026-01-01T00:00:00Z"],
    datetime: ["2026-01-01", "2026-01-01T00:00:00", "yesterday", 7],
    LocalTime: ["2026-01-01", "2026-01-01T00:00:00Z", "yesterday", 7],
    time: ["25:00:00", "8 o'clock", 8],
    list: ["x", 7, {"a": 1}, ["x"], [1.5], [None]],
}

REFERENCES = """
SELECT c.confrelid::regclass::text AS to_table, a.attname AS to_column FROM pg_constraint c
JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = c.confkey[array_length(c.confkey, 1)]
WHERE c.contype = 'f' AND c.conname = $1"""


def writes(kind: type) -> list[Any]:
    found = [(one.collection, one.operation) for one in ENDPOINTS if isinstance(one.operation, kind)]
    return [pytest.param(collection, operation, id=operation.id) for collection, operation in found]


def fields_of_write(collection: Collection, operation: Creation | Edition) -> tuple[Field, ...]:
    return collection.writable(EXTENSION if operation.extension else PUBLISHED)


def refused_for(answer: httpx.Response, name: str) -> None:
    assert answer.status_code == 422, (name, answer.text)
    problems = error_of(answer)["validation"]
    assert any(problem["field"].split(".")[0] == name for problem in problems), (name, problems)
    assert all(problem["field"] in problem["message"] for problem in problems)


@pytest.mark.parametrize(("collection", "edition"), writes(Edition))
class TestEdit:
    @pytest.fixture
    def row(self, cast: Cast, collection: Collection) -> dict[str, Any]:
        return a_row(cast, cast.riverside, collection)

    @pytest.fixture
    def path(self, collection: Collection, edition: Edition, row: dict[str, Any]) -> str:
        return row_path(edition.path, collection, row)

    def test_every_wrong_value_is_refused_by_name_and_changes_nothing(
        self, cast: Cast, here: httpx.Client, collection: Collection, edition: Edition, row: dict[str, Any], path: str
    ) -> None:
        for one in fields_of_write(collection, edition):
            for wrong in WRONG_TYPES[one.type]:
                refused_for(here.patch(path, json={one.name: wrong}), one.name)
            if not one.nullable:
                refused_for(here.patch(path, json={one.name: None}), one.name)
            for wrong in beyond_limits(one):
                refused_for(here.patch(path, json={one.name: wrong}), one.name)
        assert a_row(cast, cast.riverside, collection) == row

    def test_references_to_nothing_and_to_another_clinic_are_refused_alike(
        self, cast: Cast, here: httpx.Client, collection: Collection, edition: Edition, row: dict[str, Any], path: str
    ) -> None:
        for one in fields_of_write(collection, edition):
            found = cast.sql(REFERENCES, f"{collection.table}_{one.name}_fk") if one.type is int else []
            if not found:
                continue
            sql = f"SELECT {found[0]['to_column']} FROM {found[0]['to_table']} WHERE tenant_id = $1 LIMIT 1"
            foreign = cast.sql(sql, cast.hillside.tenant_id)[0][0]
            never, theirs = (here.patch(path, json={one.name: value}) for value in (NEVER_EXISTED, foreign))
            refused_for(never, one.name)
            refused_for(theirs, one.name)
            assert error_of(never) == error_of(theirs)
        assert a_row(cast, cast.riverside, collection) == row

    def test_unknown_members_are_named(
        self, cast: Cast, here: httpx.Client, collection: Collection, edition: Edition, row: dict[str, Any], path: str
    ) -> None:
        answer = here.patch(path, json={"colour_of_shoes": "red"})
        if edition.extension:
            refused_for(answer, "colour_of_shoes")
        else:
            assert answer.status_code == 200
            assert answer.headers["openprac-ignored"] == "colour_of_shoes"
        assert a_row(cast, cast.riverside, collection) == row

    def test_an_object_can_be_sent_back_as_it_came(
        self, here: httpx.Client, collection: Collection, edition: Edition, path: str
    ) -> None:
        answer = here.patch(path, json={})
        assert answer.status_code == 200
        shown = {one.name for one in collection.fields if one.writable_by(EXTENSION) and not one.linked}
        read_only = {name: value for name, value in answer.json().items() if name not in shown}
        again = here.patch(path, json={"row_num": 1, "total_rows": 1, **read_only})
        assert again.status_code == 200, again.text
        assert "openprac-ignored" not in again.headers

    def test_a_stale_if_match_is_412(
        self, here: httpx.Client, collection: Collection, edition: Edition, path: str
    ) -> None:
        etag = here.patch(path, json={}).headers["etag"]
        assert here.patch(path, json={}, headers={"if-match": etag}).status_code == 200
        stale = here.patch(path, json={}, headers={"if-match": '"999999"'})
        assert (stale.status_code, error_of(stale)["code"]) == (412, "PRECONDITION_FAILED")

    def test_what_is_no_json_object_is_refused(
        self, here: httpx.Client, collection: Collection, edition: Edition, path: str
    ) -> None:
        json_type = {"content-type": "application/json"}
        for raw in (b"", b"{", b"[]", b"null", b'{"a":1,"a":2}', b'{"a":NaN}', b"\xff", b"[" * 100_000):
            answer = here.patch(path, content=raw, headers=json_type)
            assert (answer.status_code, error_of(answer)["code"]) == (422, "INVALID_BODY"), raw[:20]
        plain = here.patch(path, content=b"{}", headers={"content-type": "text/plain"})
        assert plain.status_code == 415


@pytest.mark.parametrize(("collection", "creation"), writes(Creation))
def test_a_create_names_everything_that_is_missing(
    cast: Cast, here: httpx.Client, collection: Collection, creation: Creation
) -> None:
    path = creation.path
    if "{" in path:
        never = re.sub(r"\{\w+\}", str(NEVER_EXISTED), path)
        assert here.post(never, content=json.dumps({"x": 1})).status_code == 404
    if creation.scope:
        parent = parent_of(cast, cast.riverside, creation.scope, collection)
        path = path.replace(f"{{{creation.scope.param}}}", str(parent))
    elif "{" in path:
        path = row_path(path, collection, a_row(cast, cast.riverside, collection))
    required = {one.name for one in fields_of_write(collection, creation) if getattr(one.marker, "required", False)}
    before = cast.sql(f"SELECT count(*) FROM {collection.table}")[0][0]
    answer = here.post(path, json={})
    if required:
        assert {problem["field"] for problem in error_of(answer)["validation"]} == required
        assert answer.status_code == 422
        assert cast.sql(f"SELECT count(*) FROM {collection.table}")[0][0] == before
    else:
        assert answer.status_code in (201, 422)


def beyond_limits(one: Field) -> list[Any]:
    marker = one.marker
    if not isinstance(marker, Column):
        return []
    found: list[Any] = []
    if one.type is str:
        found.append("x" * ((marker.max_length or TEXT_MAX_CHARACTERS) + 1))
        found += ["a\0b", ""] if marker.required else ["a\0b"]
        if marker.format in ("email", "uri", "colour", "time_zone"):
            found += ["x", "", "javascript:alert(1)"]
    if marker.minimum is not None:
        found.append(marker.minimum - 1)
    if marker.maximum is not None:
        found.append(marker.maximum + 1)
    if marker.choices:
        found.append("no choice" if one.type is str else 987)
    return found
