"""Shape: records of the database -> the JSON objects of one collection.

The structs are made once from the declared row; a record's values go in as they come, so that a page of 50 costs
one call and one encoding a row.
"""

import re
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any, Protocol

import msgspec

from openprac.kernel.collection import Collection
from openprac.kernel.row import Children, Column, Field, Row, fields_of

ENCODER = msgspec.json.Encoder(decimal_format="number")
LINK_BASES_MAX = 64


class Record(Protocol):
    """What asyncpg gives: a tuple with names."""

    def __getitem__(self, index: Any) -> Any: ...
    def __iter__(self) -> Any: ...


class Shape:
    """How one collection looks to one kind of reader.

    `columns` are selected in this order; `children` (always last in the object) are filled in by one more statement.
    """

    def __init__(self, collection: Collection, fields: Sequence[Field], *, everything: bool = False) -> None:
        self.collection = collection
        self.everything = everything
        self.columns, self.children = split_fields(fields)
        links = (("links", msgspec.Raw),) if collection.links else ()
        members = [*links, *((one.name, Any) for one in fields)]
        self.plain = msgspec.defstruct(f"{collection.noun}Answer".replace(" ", ""), members, frozen=True)
        self.with_meta = msgspec.defstruct(
            f"{collection.noun}WithMeta".replace(" ", ""),
            [("row_num", int), ("total_rows", int), *members],
            frozen=True,
        )
        self._templates: dict[tuple[str, str], str] = {}

    @cached_property
    def id_position(self) -> int:
        return [one.name for one in self.columns].index(self.collection.id)

    @cached_property
    def client_position(self) -> int | None:
        """Where the patient's id stands, for the audit."""
        names = [one.name for one in self.columns]
        return names.index(self.collection.client) if self.collection.client else None

    def single(self, record: Record, base: str, children: Sequence[Sequence[Any]] = (), *, meta: bool = False) -> bytes:
        """One object. The record has the version behind the shape's columns."""
        values = record[: len(self.columns)]
        front = (1, 1) if meta else ()
        kind = self.with_meta if meta else self.plain
        return ENCODER.encode(kind(*front, *self._links(base, record), *values, *children))

    def rows(self, records: Sequence[Record], base: str, offset: int, total: int, children: Sequence[Any]) -> list[Any]:
        """The rows of one page; children: one sequence a record, or nothing when the shape has none."""
        kind = self.with_meta
        if not self.collection.links and not children:
            return [kind(number, total, *record) for number, record in enumerate(records, offset + 1)]
        if not children and not self.collection.links_by:
            template, positions = self._link_template(base, "")
            raw = msgspec.Raw
            if len(positions) == 1:
                place = positions[0]
                times = template.count("%d")
                return [
                    kind(number, total, raw((template % ((record[place],) * times)).encode()), *record)
                    for number, record in enumerate(records, offset + 1)
                ]
        return [
            kind(number, total, *self._links(base, record), *record, *own)
            for number, (record, own) in enumerate(
                zip(records, children or [()] * len(records), strict=True), offset + 1
            )
        ]

    def _links(self, base: str, record: Record) -> tuple[msgspec.Raw, ...]:
        if not self.collection.links:
            return ()
        template, positions = self._link_template(base, self._links_of(record))
        if len(positions) == 1:
            positions = positions * template.count("%d")
        return (msgspec.Raw((template % tuple(record[place] for place in positions)).encode()),)

    def _links_of(self, record: Record) -> str:
        """Which links a row has, where that depends on it."""
        by = self.collection.links_by
        return record[[one.name for one in self.columns].index(by.field)] if by else ""

    def _link_template(self, base: str, which: str) -> tuple[str, tuple[int, ...]]:
        """The JSON of `links` with %d for ids, and the columns of those ids (one when it is the same throughout)."""
        found = self._templates.get((base, which))
        if found is None:
            if len(self._templates) >= LINK_BASES_MAX:
                self._templates.clear()
            by = self.collection.links_by
            paths = by.links[which] if by else self.collection.links or {}
            text = msgspec.json.encode({name: base + path for name, path in paths.items()}).decode()
            found = self._templates[base, which] = re.sub(r"\{\w+\}", "%d", text.replace("%", "%%"))
        return found, self._link_positions

    @cached_property
    def _link_positions(self) -> tuple[int, ...]:
        names = [one.name for one in self.columns]
        used = [
            names.index(name)
            for path in (self.collection.links or {}).values()
            for name in re.findall(r"\{(\w+)\}", path)
        ]
        return (used[0],) if len(set(used)) == 1 else tuple(used)


class ChildShape:
    """The rows of a Children field; everything: with the columns that only extension answers show.

    children: those of each row, with the position in its record of the id that they name as their parent. The
    record's first column is the row's own parent.
    """

    def __init__(self, row: type[Row], *, everything: bool = False) -> None:
        self.columns, deeper = split_fields([one for one in fields_of(row) if everything or one.shown])
        places = {one.column: place for place, one in enumerate(self.columns, 1) if isinstance(one.marker, Column)}
        self.children = tuple((places[one.marker.parent], one) for one in deeper if isinstance(one.marker, Children))
        members = [(one.name, Any) for one in (*self.columns, *deeper)]
        self.struct = msgspec.defstruct(row.__name__, members, frozen=True)


def split_fields(fields: Sequence[Field]) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """Columns and children. Children come last in the object, so that a record's values need no reordering."""
    columns = tuple(one for one in fields if not isinstance(one.marker, Children))
    return columns, tuple(one for one in fields if isinstance(one.marker, Children))


@cache
def list_shape_of(collection: Collection) -> Shape:
    """What the rows of published lists show."""
    return Shape(collection, [one for one in collection.fields if one.shown and is_listed(one)])


@cache
def single_shape_of(collection: Collection) -> Shape:
    """What published single objects show."""
    return Shape(collection, [one for one in collection.fields if one.shown])


@cache
def full_shape_of(collection: Collection) -> Shape:
    """What extension answers show: the fields the published object leaves out as well."""
    columns, children = split_fields(collection.fields)
    return Shape(collection, [*columns, *children], everything=True)


def is_listed(one: Field) -> bool:
    return not isinstance(one.marker, Children) or one.marker.listed


@cache
def child_shape_of(marker: Children, *, everything: bool = False) -> ChildShape:
    return ChildShape(marker.row, everything=everything)


def is_base_url(text: str) -> bool:
    """Whether a text can stand before the paths of links: scheme, host, nothing that breaks out of a JSON string."""
    return bool(re.fullmatch(r"https?://(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._\-]{1,255})(:[0-9]{1,5})?", text))
