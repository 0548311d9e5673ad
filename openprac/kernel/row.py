"""Row: the fields of one resource, in the documented order, and the markers that say where each comes from.

    class FolderRow(Row):
        tenant_id: Annotated[int, Column()]
        description: Annotated[str, Column(write=PUBLISHED, required=True, max_length=255)]

A marker is one of
    Column      a column of the collection's own table
    Flag        a boolean over a stored instant (archived_at): true when the instant is there
    Shown       an SQL expression, read only ("{t}" is the collection's table), with the joins it needs
    IdList      ids of other rows, kept in a table of links
    Children    a list of small rows, read by one more statement for a whole page
"""

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import IntEnum
from typing import Any, Literal


class Write(IntEnum):
    """Who may write a field. The published body may write less than the extension, never more."""

    NEVER = 0
    EXTENSION = 1
    PUBLISHED = 2


NEVER, EXTENSION, PUBLISHED = Write

Format = Literal["email", "uri", "time_zone", "colour", "decimal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the table. Limits are those of the body: characters for texts, values for numbers."""

    write: Write = NEVER
    required: bool = False
    shown: bool = True
    max_length: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[int | str, ...] = ()
    format: Format | None = None
    number: bool = False
    """Published as a JSON number, though ours are whole."""
    name: str | None = None
    default: str | None = None
    """SQL for a create that leaves the field out; "$tenant" is the bound tenant."""
    clean: Callable[[str], str] | None = None
    """Applied to a text before it is stored; raises ValueError with the end of "The x field ..."."""
    digest: bool = False
    """The audit keeps the digest of its text, not the text: of a field that is written once and never changed."""
    meaning: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A boolean over an instant: archived is true when `column` holds one, active when it does not."""

    column: str = "archived_at"
    inverted: bool = False
    write: Write = EXTENSION
    required: bool = False
    shown: bool = True
    meaning: str | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """LEFT JOIN of one row of another table of the same tenant: `ours` = the column of {t}, `theirs` = its key."""

    table: str
    alias: str
    ours: str
    theirs: str

    def sql(self) -> str:
        return (
            f"LEFT JOIN {self.table} {self.alias} "
            f"ON {self.alias}.tenant_id = t.tenant_id AND {self.alias}.{self.theirs} = t.{self.ours}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    sql: str
    joins: tuple[Join, ...] = ()
    choices: tuple[int | str, ...] = ()
    format: Format | None = None
    meaning: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdList:
    """Ids in `column` of the links in `table` whose `parent` (a column of both) is ours. A write replaces them all.

    ordered: whether the order in which a body gives them says something.
    """

    table: str
    parent: str
    column: str
    write: Write = NEVER
    required: bool = False
    shown: bool = True
    ordered: bool = False
    meaning: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Children:
    """Rows of `table` tied to ours by `parent` (a column of both), in the order of `order`.

    A write replaces them all; the columns it may set are those the child row marks writable. listed: whether lists
    show them, or the single object alone.
    """

    row: "type[Row]"
    table: str
    parent: str
    order: str
    write: Write = NEVER
    required: bool = False
    shown: bool = True
    listed: bool = True
    meaning: str | None = None


class LocalTime(datetime):
    """As an annotation: a label of the clinic's clock, without offset, as `app_time` and `memo_time` are."""


Marker = Column | Flag | Shown | IdList | Children


class Row:
    """Base of every declared row. It is a declaration: values travel as msgspec structs made from it."""


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: type
    nullable: bool
    marker: Marker

    @property
    def shown(self) -> bool:
        return isinstance(self.marker, Shown) or self.marker.shown

    @property
    def linked(self) -> bool:
        """Whether it is kept in rows of another table."""
        return isinstance(self.marker, IdList | Children)

    @property
    def column(self) -> str:
        """The column a write goes to."""
        if isinstance(self.marker, Flag):
            return self.marker.column
        if isinstance(self.marker, Column):
            return self.marker.name or self.name
        raise TypeError(f"{self.name} is not stored")

    def writable_by(self, who: Write) -> bool:
        return not isinstance(self.marker, Shown) and self.marker.write >= who

    @property
    def sql(self) -> str:
        """What a SELECT lists for this field."""
        match self.marker:
            case Flag(column=column, inverted=inverted):
                return f"t.{column} IS {'NULL' if inverted else 'NOT NULL'}"
            case Shown(sql=sql):
                return sql.replace("{t}", "t")
            case IdList(table=table, parent=parent, column=column):
                return (
                    f"ARRAY(SELECT l.{column} FROM {table} l WHERE l.tenant_id = t.tenant_id "
                    f"AND l.{parent} = t.{parent} ORDER BY l.{column})"
                )
            case _:
                return f"t.{self.column}"


BASE_TYPES: Mapping[type, str] = {
    int: "integer",
    str: "string",
    bool: "boolean",
    date: "string",
    datetime: "string",
    LocalTime: "string",
    time: "string",
    Decimal: "number",
    list: "array",
}


_FIELDS: dict[type[Row], tuple[Field, ...]] = {}


def fields_of(row: type[Row]) -> tuple[Field, ...]:
    """The declared fields in order. A field whose annotation is not understood stops the program at start."""
    if row not in _FIELDS:
        _FIELDS[row] = _read_fields(row)
    return _FIELDS[row]


def _read_fields(row: type[Row]) -> tuple[Field, ...]:
    found = []
    for name, annotation in typing.get_type_hints(row, include_extras=True).items():
        base, *markers = typing.get_args(annotation)
        if len(markers) != 1 or not isinstance(markers[0], Marker):
            raise TypeError(f"{row.__name__}.{name} needs exactly one marker")
        options = typing.get_args(base) if isinstance(base, types.UnionType) else (base,)
        kinds = [option for option in options if option is not type(None)]
        kind: Any = typing.get_origin(kinds[0]) or kinds[0]
        if len(kinds) != 1 or kind not in BASE_TYPES:
            raise TypeError(f"{row.__name__}.{name}: {base} is not a type of this API")
        found.append(Field(name, kind, len(options) > 1, markers[0]))
    return tuple(found)
