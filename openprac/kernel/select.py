"""List and single-row SQL. The only tenant filter for reads of plain rows stands here, as `t.tenant_id = $1`.

Every shape of request is compiled once and kept; values are always parameters.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

from openprac.kernel.collection import PIECE_CHARACTERS, Collection, Filter, Link, Listing, Scope
from openprac.kernel.query import HOLDS_LONG, Sort
from openprac.kernel.row import Children, Join, Shown
from openprac.kernel.shape import ChildShape, Shape

CASTS = {
    "string": "text",
    "integer": "bigint",
    "double": "numeric",
    "boolean": "boolean",
    "date": "date",
    "datetime": "timestamp",
    "timestamp": "timestamptz",
    "uuid": "uuid",
}

FilterShape = tuple[str, str]
"""(name, operator) of one condition, as Condition.shape tells it; the value stays out of the SQL."""


@dataclass(frozen=True, slots=True)
class ListSql:
    """page: parameters tenant, scopes..., values..., and the offset for a page behind the first; count: without it."""

    page: str
    count: str


@cache
def single_sql(shape: Shape, scope: Scope | None = None) -> str:
    """Parameters: tenant, id[, scope]. One column more than the shape's: the version, last."""
    collection = shape.collection
    narrowed = f" AND {_scope_sql(scope, '$3')}" if scope else ""
    kept = f" AND {collection.where}" if collection.where else ""
    last = f" ORDER BY t.{collection.tie} DESC LIMIT 1" if collection.tie else ""
    return (
        f"SELECT {_columns(shape)}, t.version FROM {collection.table} t{_joins(shape)} "
        f"WHERE t.tenant_id = $1 AND t.{collection.id} = $2{kept}{narrowed}{last}"
    )


@cache
def rows_sql(shape: Shape) -> str:
    """Parameters: tenant, ids. In no order."""
    collection = shape.collection
    return (
        f"SELECT {_columns(shape)}, t.version FROM {collection.table} t{_joins(shape)} "
        f"WHERE t.tenant_id = $1 AND t.{collection.id} = ANY($2::bigint[])"
    )


@lru_cache(maxsize=2048)
def list_sql(
    shape: Shape,
    listing: Listing,
    conditions: tuple[FilterShape, ...],
    sorts: tuple[Sort, ...],
    page_size: int,
    *,
    first_page: bool,
    on: tuple[str, ...] = (),
) -> ListSql:
    """The two statements of one shape of list. on: the switches that are true.

    The size of a page is part of the text, and so is its being the first: with either as a parameter PostgreSQL plans
    anew at every call, since it takes an unknown LIMIT for a tenth of the table (1.3 ms of planning to 0.5 of work).
    """
    collection = shape.collection
    where = ["t.tenant_id = $1"]
    for position, scope in enumerate(listing.scope.chain if listing.scope else (), 2):
        where.append(_scope_sql(scope, f"${position}"))
    first = len(where) + 1
    for position, (name, operator) in enumerate(conditions, first):
        where.append(_condition_sql(collection, collection.filters[name], operator, f"${position}"))
    after = first + len(conditions)
    where += [sql for name, sql in listing.switches.items() if name not in on]
    if collection.where:
        where.append(collection.where)
    condition = " AND ".join(where)
    order = _order_sql(collection, sorts)
    part = f"ORDER BY {order} LIMIT {page_size}{'' if first_page else f' OFFSET ${after}'}"
    # The page first, then the joins: the rows before it are skipped without them.
    page = (
        f"SELECT {_columns(shape)} FROM (SELECT * FROM {collection.table} t WHERE {condition} {part}) t"
        f"{_joins(shape)} ORDER BY {order}"
    )
    if any(operator in ("~", HOLDS_LONG) for _, operator in conditions):
        # A `~` may look at every row: it does so in an index, and whole rows are read for the page alone.
        page = (
            f"SELECT {_columns(shape)} FROM (SELECT t.{collection.id} FROM {collection.table} t "
            f"WHERE {condition} {part}) page JOIN {collection.table} t "
            f"ON t.tenant_id = $1 AND t.{collection.id} = page.{collection.id}{_joins(shape)} ORDER BY {order}"
        )
    return ListSql(page=page, count=f"SELECT count(*) FROM {collection.table} t WHERE {condition}")


@cache
def children_sql(marker: Children, shape: ChildShape) -> str:
    """Parameters: tenant, ids of parents. The first column is the parent's id."""
    return (
        f"SELECT t.{marker.parent}, {_columns(shape)} FROM {marker.table} t "
        f"WHERE t.tenant_id = $1 AND t.{marker.parent} = ANY($2::bigint[]) ORDER BY {marker.order}"
    )


@cache
def parent_sql(scope: Scope) -> str:
    """Is there such a parent? Parameters: tenant, id."""
    table, key = scope.parent
    return f"SELECT true FROM {table} t WHERE t.tenant_id = $1 AND t.{key} = $2"


def _columns(shape: Shape | ChildShape) -> str:
    return ", ".join(one.sql for one in shape.columns)


def _joins(shape: Shape) -> str:
    joins: dict[str, Join] = {}
    for one in shape.columns:
        if isinstance(one.marker, Shown):
            joins |= {join.alias: join for join in one.marker.joins}
    return "".join(f" {join.sql()}" for join in joins.values())


def _order_sql(collection: Collection, sorts: tuple[Sort, ...]) -> str:
    parts = [f"t.{collection.column_of(sort.field)}{' DESC' if sort.descending else ''}" for sort in sorts]
    if all(collection.column_of(sort.field) != collection.id for sort in sorts):
        # The id is the last key always: a stable order, and one index scan, backwards when the caller asks for that.
        parts.append(f"t.{collection.id}{' DESC' if sorts and sorts[-1].descending else ''}")
    if collection.tie:
        parts.append(f"t.{collection.tie}{' DESC' if sorts and sorts[-1].descending else ''}")
    return ", ".join(parts)


def _scope_sql(scope: Scope, placeholder: str) -> str:
    if scope.link:
        return _link_sql(scope.link, f"= {placeholder}::bigint")
    return f"t.{scope.column or scope.param} = {placeholder}::bigint"


def _link_sql(link: Link, comparison: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM {link.table} l WHERE l.tenant_id = t.tenant_id "
        f"AND l.{link.ours} = t.{link.ours} AND {link.only} AND l.{link.theirs} {comparison})"
    )


def _condition_sql(collection: Collection, one: Filter, operator: str, placeholder: str) -> str:
    value = f"{placeholder}::{CASTS[one.format]}"
    if one.codes:
        cases = " ".join(f"WHEN {code} THEN {sql}" for code, (_, sql) in one.codes.items())
        return f"CASE {value} {cases} END"
    if one.link:
        if operator == "!=":
            return f"NOT {_link_sql(one.link, f'= {value}')}"
        return _link_sql(one.link, f"{operator} {value}")
    if one.vocabulary and operator == HOLDS_LONG:
        return _vocabulary_sql(collection, one, value)
    looked_at = [one.expression] if one.expression else [f"t.{collection.column_of(name)}" for name in one.columns]
    compared = [_comparison_sql(sql, operator, value) for sql in looked_at]
    return f"({(' AND ' if operator == '!=' else ' OR ').join(compared)})" if len(compared) > 1 else compared[0]


def _vocabulary_sql(collection: Collection, one: Filter, value: str) -> str:
    """`=` with the texts that hold the value: it may use an index under row-level security, strpos() may not."""
    names = (
        f"ARRAY(SELECT v.name FROM {one.vocabulary} v WHERE v.tenant_id = $1 "
        f"AND v.token = left(lower({value}), {PIECE_CHARACTERS}) AND strpos(lower(v.name), lower({value})) > 0)"
    )
    parts = [f"t.{collection.column_of(name)} = ANY({names})" for name in one.columns]
    return f"({' OR '.join(parts)})" if len(parts) > 1 else parts[0]


def _comparison_sql(sql: str, operator: str, value: str) -> str:
    match operator:
        case "!=":
            # A row without a value is not equal to the one asked for, so it stays.
            return f"({sql}) IS DISTINCT FROM {value}"
        case "~" | "~~":
            return f"strpos(lower({sql}), lower({value})) > 0"
        case _:
            return f"{sql} {operator} {value}"
