"""The document is sound by itself, true of the answers, the same in both spellings, and strict when asked to be."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import httpx
import jsonschema_rs
import pytest
import yaml

from openprac.api import ENDPOINTS
from openprac.app import create_app, openapi_document
from openprac.settings import Settings
from tests import contract
from tests.cast import Cast, serving
from tests.contract import Served

FULL = openapi_document(Settings())
STRICT = openapi_document(Settings(extensions=False))
BOTH = pytest.mark.parametrize("document", [FULL, STRICT], ids=["with extensions", "without"])
GETS = [one for one in contract.served().values() if one.method == "GET"]
LISTS = [pytest.param(one, id=one.id) for one in GETS if "{" not in one.path and "page" in one.parameters("query")]


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


def schemas(document: dict[str, Any]) -> Iterator[Any]:
    """Every JSON schema in it, wherever it stands."""
    yield from document["components"]["schemas"].values()
    for node in nodes({"paths": document["paths"], "parameters": document["components"]["parameters"]}):
        if "schema" in node:
            yield node["schema"]


@BOTH
class TestSoundness:
    def test_it_is_openapi_3_1_and_says_who_serves_it(self, document: dict[str, Any]) -> None:
        assert document["openapi"] == "3.1.0"
        assert {"title", "version"} <= set(document["info"])
        assert all(one["url"].endswith("/v1") for one in document["servers"])
        json.dumps(document, allow_nan=False)

    def test_every_reference_leads_somewhere(self, document: dict[str, Any]) -> None:
        references = [node["$ref"] for node in nodes(document) if "$ref" in node]
        assert len(references) > 50
        for reference in references:
            assert contract.resolved({"$ref": reference}, document)

    def test_nothing_is_described_that_nothing_uses(self, document: dict[str, Any]) -> None:
        used = {node["$ref"] for node in nodes(document) if "$ref" in node}
        for kind in ("schemas", "parameters"):
            for name in document["components"][kind]:
                assert f"#/components/{kind}/{name}" in used

    def test_every_schema_is_a_schema(self, document: dict[str, Any]) -> None:
        for schema in schemas(document):
            jsonschema_rs.meta.validate(schema)

    def test_every_pattern_compiles(self, document: dict[str, Any]) -> None:
        for node in nodes(list(schemas(document))):
            if isinstance(node.get("pattern"), str):
                re.compile(node["pattern"])

    def test_every_operation_is_whole(self, document: dict[str, Any]) -> None:
        tags = {one["name"] for one in document["tags"]}
        ids = []
        for one in contract.operations_of(document):
            ids.append(one.id)
            assert set(one.spec["tags"]) <= tags
            assert one.spec["summary"]
            assert re.findall(r"\{(\w+)\}", one.path) == list(one.parameters("path"))
            assert one.success
            for answer in one.spec["responses"].values():
                assert contract.resolved(answer, document)["description"]
            # An action may have nothing to be told: to issue an invoice, its id is enough.
            if one.method != "POST":
                assert ("requestBody" in one.spec) == (one.method in ("PATCH", "PUT"))
        assert len(ids) == len(set(ids))


class TestExtensions:
    def test_are_marked_and_stand_in_sections_of_their_own(self) -> None:
        tags = next(one["tags"] for one in FULL["x-tagGroups"] if one["name"] == "openprac extensions")
        for one in contract.served().values():
            assert one.extension == (one.spec["tags"][0] in tags) == one.path.startswith("/x/")
            assert one.extension == next(endpoint.extension for endpoint in ENDPOINTS if endpoint.id == one.id)

    def test_leave_no_trace_in_the_strict_twin(self) -> None:
        text = json.dumps(STRICT)
        for trace in ("x-openprac", "(extension)", "extensions", "Extended", "/x/"):
            assert trace in json.dumps(FULL)
            assert trace not in text
        assert not any(path.startswith("/x/") for path in STRICT["paths"])

    def test_change_nothing_of_what_is_published(self) -> None:
        published = {one.id: one.spec for one in contract.operations_of(FULL) if not one.extension}
        assert {one.id: one.spec for one in contract.operations_of(STRICT)} == published
        for name, schema in STRICT["components"]["schemas"].items():
            assert FULL["components"]["schemas"][name] == schema


class TestOverHttp:
    def test_both_spellings_are_the_same_document(self, cast: Cast) -> None:
        as_json = httpx.get(f"{cast.base_url}/openapi.json")
        as_yaml = httpx.get(f"{cast.base_url}/openapi.yaml", timeout=60)
        assert as_json.headers["content-type"].startswith("application/json")
        assert as_yaml.headers["content-type"].startswith("application/yaml")
        assert as_json.json() == yaml.safe_load(as_yaml.text) == json.loads(json.dumps(openapi_document(cast.settings)))

    def test_the_strict_twin_serves_and_tells_published_operations_only(self, cast: Cast) -> None:
        with serving(create_app(replace(cast.settings, extensions=False))) as base_url:
            assert httpx.get(f"{base_url}/openapi.json").json()["paths"].keys() == STRICT["paths"].keys()
            headers = cast.headers(cast.riverside)
            assert httpx.get(f"{base_url}/v1/sex", headers=headers).status_code == 200
            hidden = httpx.post(f"{base_url}/v1/x/sex", headers=headers, json={"description": "x"})
            assert hidden.status_code == 403
            assert hidden.json()["error"]["code"] == "MISSING_AUTHENTICATION_TOKEN"
            assert "/x/" not in hidden.json()["error"]["detail"]

    @pytest.mark.parametrize("served", LISTS)
    def test_answers_are_what_the_document_says(self, cast: Cast, here: httpx.Client, served: Served) -> None:
        needed = {
            name: example(here, name, one["schema"])
            for name, one in served.parameters("query").items()
            if one.get("required")
        }
        rows = here.get(served.path.removeprefix("/v1"), params={"page_size": 200, **needed})
        assert rows.status_code == served.success[0]
        assert served.answer is not None
        schema = {**served.answer, "components": FULL["components"]}
        validator = jsonschema_rs.validator_for(schema, validate_formats=True, formats={"time": is_wall_clock})
        validator.validate(rows.json())


def example(here: httpx.Client, name: str, schema: Mapping[str, Any]) -> str:
    """A day ahead, or the first row that an id may name."""
    if schema.get("format") == "date":
        return str(date.today() + timedelta(days=2))
    resource = re.sub(r"_ids?$", "", name)
    (rows,) = (one for one in here.get(f"/{resource}").json().values() if isinstance(one, list))
    return str(rows[0][f"{resource}_id"])


def is_wall_clock(text: str) -> bool:
    """Opening hours are labels of the clinic's clock: `format: time` as published, without the offset of RFC 3339."""
    return bool(re.fullmatch(r"\d{2}:\d{2}:\d{2}", text))
