"""Collection: what is promised about one resource.

A plain resource is a Row and one of these. The constructor asserts that every name in it exists, so that a slip stops
the program at start and not a caller in the night. Declarations are compared by identity (eq=False), which makes them
cheap keys of the caches of compiled SQL.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from openprac.kernel.row import Column, Field, Row, Write, fields_of

if TYPE_CHECKING:
    from openprac.kernel.call import Call

FilterFormat = Literal["string", "integer", "double", "boolean", "date", "datetime", "timestamp", "uuid"]

OPERATORS: Mapping[FilterFormat, tuple[str, ...]] = {
    "string": ("=", "!=", "~"),
    "integer": ("=", "!=", "<", "<=", ">", ">="),
    "double": ("=", "!=", "<", "<=", ">", ">="),
    "boolean": ("=", "!="),
    "date": ("=", "!=", "<", "<=", ">", ">="),
    "datetime": ("=", "!=", "<", "<=", ">", ">="),
    "timestamp": ("<", "<=", ">", ">="),
    "uuid": ("=",),
}
"""Operators by the format of a filter (overview section 7: a timestamp has no equality)."""

PIECE_CHARACTERS = 3
"""What a vocabulary cuts its texts into; `~` with a shorter text cannot use one."""


@dataclass(frozen=True, slots=True)
class Link:
    """Rows of `table` tie ours (by `ours`) to others: the filter matches any link whose `theirs` fits."""

    table: str
    ours: str
    theirs: str
    only: str = "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One filterable name. Exactly one of columns, expression, codes and link says what it looks at.

    columns: the filter holds when any of them fits (and `!=` when none equals). expression: SQL over t.
    codes: an integer with fixed meanings, `=` only; each value is an SQL condition on t.
    fold: applied to the caller's text before it is compared.
    vocabulary: a table of every text that stands in the columns, each under its pieces of PIECE_CHARACTERS (tenant_id,
    token, name). With it `~` looks at the few texts that hold a piece instead of at every row.
    """

    format: FilterFormat
    columns: tuple[str, ...] = ()
    expression: str | None = None
    codes: Mapping[int, tuple[str, str]] | None = None
    link: Link | None = None
    fold: Callable[[str], str] | None = None
    vocabulary: str | None = None

    @property
    def operators(self) -> tuple[str, ...]:
        return ("=",) if self.codes else OPERATORS[self.format]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scope:
    """What a path parameter narrows: a column of ours, or a link table; `parent` is (table, key) of what it names.

    within: the parameter before it in the path, which narrows a list as well.
    """

    param: str
    parent: tuple[str, str]
    column: str | None = None
    link: Link | None = None
    missing_is_404: bool = False
    within: "Scope | None" = None

    @property
    def chain(self) -> "tuple[Scope, ...]":
        """Every parameter that narrows, the nearest first."""
        return (self, *(self.within.chain if self.within else ()))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operation:
    """What every operation says of itself."""

    id: str
    path: str
    summary: str
    extension: bool = False
    scope: Scope | None = None
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Listing(Operation):
    """before: what is done with the caller's connection before the page is read.

    switches: names of boolean parameters, each with the SQL condition over t that holds unless it is true.
    """

    filters: tuple[str, ...] = ()
    sorts: tuple[str, ...]
    switches: Mapping[str, str] = field(default_factory=dict)
    before: "Callable[[Call], Awaitable[None]] | None" = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading(Operation):
    meta: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Creation(Operation):
    meta: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edition(Operation):
    meta: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Deletion(Operation):
    """Removes a row that nothing points to; one that is used answers 409 and can be archived instead."""


@dataclass(slots=True)
class Change:
    """A write about to happen, for the rules of a collection. A rule may add to `given`.

    row_id is None for a create. The row of an edit or a removal is locked.
    """

    kind: Literal["create", "edit", "delete"]
    row_id: int | None
    given: dict[str, Any]


Rule = Callable[["Call", Change], Awaitable[None]]
"""A rule of the trade that no type or constraint holds. Raises an ApiError."""


@dataclass(frozen=True, slots=True, eq=False)
class LinksBy:
    """Links that depend on the row: the value of `field` says which of them it has."""

    field: str
    links: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Collection:
    """One resource: its row, its table, its operations.

    name: as in paths and permissions ("patient"); noun: as in sentences ("Patient").
    key: the plural under which lists carry it; id: the column that names a row; id_param: its name in paths.
    plain_writes: create, edit and remove are extensions under /x/<name>, named after the noun, with nothing more to say
    of them; removal: the word for the last in its summary.
    where: SQL condition over t for the rows of a table that are this resource; others are not there.
    tie: where several rows may have one id, the column that orders them; a single object is the last of them.
    links_by: where not every row has all of `links`, or not to the same paths.
    columns: published names of filters and sorts that are not columns of the table.
    single_name: the published name of the single object's schema, where it shows more than a list's row.
    companions: data-modifying statements that go with every create, reading the new row from `new`.
    followers: the same for every create and every edit.
    personal: reads are written to the audit.
    client: the column that holds the patient a row belongs to, for the audit.
    """

    name: str
    tag: str
    noun: str
    row: type[Row]
    table: str
    id: str
    key: str
    listings: tuple[Listing, ...]
    reading: Reading | None = None
    creations: tuple[Creation, ...] = ()
    editions: tuple[Edition, ...] = ()
    deletions: tuple[Deletion, ...] = ()
    plain_writes: bool = False
    removal: Literal["Remove", "Delete"] = "Remove"
    rules: tuple[Rule, ...] = ()
    single_name: str = ""
    id_param: str = ""
    links: Mapping[str, str] | None = None
    links_by: LinksBy | None = None
    where: str = ""
    tie: str = ""
    filters: Mapping[str, Filter] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    companions: tuple[str, ...] = ()
    followers: tuple[str, ...] = ()
    personal: bool = False
    client: str | None = None

    def __post_init__(self) -> None:
        if not self.id_param:
            object.__setattr__(self, "id_param", self.id)
        if self.plain_writes:
            self._declare_plain_writes()
        names = {one.name for one in self.fields}
        assert self.id in names or self.reading is None, f"{self.name}: no field {self.id}"
        for listing in self.listings:
            assert set(listing.filters) <= set(self.filters), f"{self.name}: {listing.id} names an unknown filter"
            assert len(set(listing.sorts)) == len(listing.sorts), f"{self.name}: {listing.id} sorts twice by one name"
        if self.links_by:
            assert self.links_by.field in names, f"{self.name}: no field {self.links_by.field}"
            for links in self.links_by.links.values():
                assert set(links) <= set(self.links or ()), f"{self.name}: links that are not declared"
        for one in self.filters.values():
            assert sum(map(bool, (one.columns, one.expression, one.codes, one.link))) == 1, (
                f"{self.name}: a filter looks at one thing"
            )
        assert not self.editions or not any(getattr(one.marker, "digest", False) for one in self.fields), (
            f"{self.name}: the audit would hold digests of values that are gone"
        )
        for operation in self.operations:
            if operation is self.reading or isinstance(operation, Edition | Deletion):
                assert f"{{{self.id_param}}}" in operation.path, f"{self.name}: {operation.id} names no row"
            for scope in operation.scope.chain if operation.scope else ():
                assert f"{{{scope.param}}}" in operation.path, f"{self.name}: {operation.id} has no scope"
                assert not scope.within or isinstance(operation, Listing), f"{self.name}: {operation.id} is no list"

    def _declare_plain_writes(self) -> None:
        spelled_out = (*self.creations, *self.editions, *self.deletions)
        assert not spelled_out, f"{self.name}: writes are plain or spelled out"
        name, path = self.noun.replace(" ", ""), f"/x/{self.name}"
        one = f"{path}/{{{self.id_param}}}"
        create = Creation(id=f"create{name}-Post", path=path, summary=f"Create {self.noun}", extension=True)
        edit = Edition(id=f"edit{name}-Patch", path=one, summary=f"Edit {self.noun}", extension=True)
        remove = Deletion(id=f"delete{name}-Delete", path=one, summary=f"{self.removal} {self.noun}", extension=True)
        for declared, operation in (("creations", create), ("editions", edit), ("deletions", remove)):
            object.__setattr__(self, declared, (operation,))

    @property
    def fields(self) -> tuple[Field, ...]:
        return fields_of(self.row)

    @property
    def operations(self) -> tuple[Operation, ...]:
        reading = (self.reading,) if self.reading else ()
        return (*self.listings, *self.creations, *reading, *self.editions, *self.deletions)

    def writable(self, who: Write) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if one.writable_by(who))

    def member_names(self) -> list[str]:
        """Every member an answer of ours can have: what a body may send back without harm."""
        links = ("links",) if self.links else ()
        return ["row_num", "total_rows", *links, *(one.name for one in self.fields)]

    def column_of(self, name: str) -> str:
        """The column behind a published name of a filter or a sort."""
        if name in self.columns:
            return self.columns[name]
        for one in self.fields:
            if one.name == name and isinstance(one.marker, Column):
                return one.column
        return {"updated": "modified", "archived": "archived_at"}.get(name, name)


def plain(name: str, format: FilterFormat) -> tuple[str, Filter]:
    """A filter over the column of the same name."""
    return name, Filter(format=format, columns=(name,))


STAMPS: Mapping[str, Filter] = {
    "created": Filter(format="timestamp", columns=("created",)),
    "updated": Filter(format="timestamp", columns=("modified",)),
    "archived": Filter(format="timestamp", columns=("archived_at",)),
}
"""The three instants that lists filter by under the same names, whatever their fields are called."""
