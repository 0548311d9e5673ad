"""reference/*.yaml as one state of the published API: the newer file wins where both speak."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent.parent / "reference"
BASE, NEWER = "api-2026-02.yaml", "api-2026-11.yaml"
SHARED_QUERY = ("Page", "PageSize", "Sort", "Filter")
PAGE_METADATA = "PageMetadata"
# What the text of a value looks like, where the page gave no `format` of its own.
FORMAT_OF_KIND = {"utc_timestamp": "date-time", "date": "date"}


@dataclass(frozen=True)
class Member:
    """One documented member of an object or a body. A pattern beside a format says nothing more."""

    name: str
    type: str
    format: str | None
    pattern: str | None
    enum: tuple[Any, ...]
    required: bool
    nullable: bool
    max_length: int | None
    minimum: float | None
    maximum: float | None
    items: str | None
    members: "tuple[Member, ...]"


@dataclass(frozen=True)
class Filter:
    name: str
    format: str
    operators: tuple[str, ...]
    codes: Mapping[int, str]


@dataclass(frozen=True)
class Operation:
    """One published operation. `answer` and `item` are names of schemas; `query` are the parameters of its own."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    path_params: tuple[str, ...]
    query: tuple[Mapping[str, Any], ...]
    pages: bool
    filters: tuple[Filter, ...]
    sorts: tuple[str, ...]
    request: str | None
    status: int
    key: str | None
    answer: str | None
    headers: tuple[str, ...]
    errors: tuple[int, ...]

    @property
    def line(self) -> str:
        return f"{self.method} {self.path} {self.id}"


@cache
def _files() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    base, newer = (yaml.safe_load((FOLDER / name).read_text()) for name in (BASE, NEWER))
    return base, newer


@cache
def operations() -> Mapping[str, Operation]:
    """Every published operation by its id."""
    base, newer = _files()
    found = {one["operation_id"]: _operation(one) for one in [*base["operations"], *newer["operations"]]}
    for amended in newer["operations_amended"]:
        one = found[amended["operation_id"]]
        found[one.id] = replace(one, filters=(*one.filters, *map(_filter, amended["filters"])))
    return found


@cache
def members(schema: str) -> Mapping[str, Member]:
    """The members of a schema by name, with those of the schemas it is made of."""
    base, newer = _files()
    entries = [entry for entry in (base["schemas"].get(schema), newer["schemas"].get(schema)) if entry]
    if entries and entries[-1].get("change") == "new":
        entries = entries[-1:]
    if not entries:
        raise KeyError(schema)
    found: dict[str, Member] = {}
    for entry in entries:
        for part in entry.get("all_of", ()):
            found |= members(part)
        for one in entry.get("fields", ()):
            earlier = found.get(one["name"])
            # An amendment that says nothing of it leaves it required.
            stays = "required" not in one and earlier is not None and earlier.required
            found[one["name"]] = replace(_member(one), required=stays or bool(one.get("required")))
    return found


def has_meta(schema: str) -> bool:
    """Whether row_num and total_rows belong to it."""
    return set(members(PAGE_METADATA)) <= set(members(schema))


def page_size_maximum() -> int:
    return int(_files()[1]["parameters"]["PageSize"]["maximum"])


def default_page_size() -> int:
    return int(_files()[1]["guides"]["pagination"]["default_page_size"])


def operators(format: str) -> tuple[str, ...]:
    """The operators the introduction gives a format of filter."""
    base, newer = _files()
    formats = base["guides"]["query_filtering"]["formats"] | newer["guides"]["query_filtering"]
    return tuple(formats[format]["operators"])


def time_zones() -> tuple[str, ...]:
    return tuple(_files()[0]["guides"]["time_zones"]["values"])


def error_codes() -> Mapping[int, str]:
    """The published code of each error status."""
    return {one["status"]: one["code"] for one in _files()[0]["responses"].values()}


def _operation(entry: Mapping[str, Any]) -> Operation:
    success, query = entry["success"], entry.get("query", ())
    return Operation(
        id=entry["operation_id"],
        method=entry["method"],
        path=entry["path"],
        tag=entry["tag"],
        summary=entry["summary"],
        path_params=tuple(one["name"] for one in entry.get("path_params", ())),
        query=tuple(one for one in query if one not in SHARED_QUERY),
        pages="Page" in query,
        filters=tuple(map(_filter, entry.get("filters", ()))),
        sorts=tuple(entry.get("sort_by", ())),
        request=entry.get("request"),
        status=success["status"],
        key=success.get("key"),
        answer=success.get("schema") or success.get("item"),
        headers=tuple(one["name"] for one in entry.get("headers", ())),
        errors=tuple(entry["errors"]),
    )


def _filter(entry: Mapping[str, Any]) -> Filter:
    chosen: Sequence[str] = entry.get("operators") or operators(entry["format"])
    return Filter(entry["name"], entry["format"], tuple(chosen), entry.get("values", {}))


def _member(entry: Mapping[str, Any]) -> Member:
    schema = entry.get("schema")
    inner = tuple(members(schema).values()) if schema else tuple(map(_member, entry.get("fields", ())))
    return Member(
        name=entry["name"],
        type=entry["type"],
        format=entry.get("format") or FORMAT_OF_KIND.get(entry.get("value_kind", "")),
        pattern=entry.get("pattern") if "format" not in entry else None,
        enum=tuple(entry.get("enum", ())),
        required=entry.get("required", False),
        nullable=entry.get("nullable", False),
        max_length=entry.get("max_length"),
        minimum=entry.get("minimum"),
        maximum=entry.get("maximum"),
        items=entry.get("items"),
        members=inner,
    )
