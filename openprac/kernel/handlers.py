"""The plain handlers: list, get, create, edit, remove. What a Collection promises, these keep."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from openprac.errors import ApiError, InvalidBody, NotFound, PreconditionFailed
from openprac.kernel import body, write
from openprac.kernel.call import Answer, Call, etag_of
from openprac.kernel.children import children_of
from openprac.kernel.collection import Change, Collection, Creation, Deletion, Edition, Listing, Reading, Scope
from openprac.kernel.page import envelope
from openprac.kernel.query import ignored_of, parse_list
from openprac.kernel.row import EXTENSION, PUBLISHED
from openprac.kernel.select import list_sql, parent_sql, single_sql
from openprac.kernel.shape import Shape, full_shape_of, list_shape_of, single_shape_of


async def list_rows(collection: Collection, listing: Listing, call: Call) -> Answer:
    """One page. Two statements: the page, and the count only when the page does not tell it."""
    query = parse_list(collection, listing, call.query_string)
    shape = list_shape_of(collection)
    parameters: list[Any] = [call.caller.tenant_id]
    parents = {scope.param: call.id_of(scope.param) for scope in (listing.scope.chain if listing.scope else ())}
    parameters += parents.values()
    if listing.before:
        await listing.before(call)
    conditions = tuple(one.shape for one in query.conditions)
    first_page = query.page == 1
    sql = list_sql(shape, listing, conditions, query.sorts, query.page_size, first_page=first_page, on=query.on)
    parameters += [one.value for one in query.conditions]
    records = await call.connection.fetch(sql.page, *parameters, *(() if first_page else (query.offset,)))
    total = query.offset + len(records)
    if len(records) == query.page_size or (not records and query.page > 1):
        total = await call.connection.fetchval(sql.count, *parameters)
    if total == 0 and listing.scope and listing.scope.missing_is_404:
        await require_parent(call, listing.scope)
    children = await children_of(call.connection, call.caller.tenant_id, shape, records)
    rows = shape.rows(records, call.base, query.offset, total, children)
    if collection.personal:
        _note_list(collection, parents.get("client_id"), shape, records, call)
    content = envelope(collection.key, rows, total, query, call.base + list_path(listing, parents))
    return Answer(200, content).ignoring(query.ignored)


def _note_list(
    collection: Collection, patient: int | None, shape: Shape, records: Sequence[asyncpg.Record], call: Call
) -> None:
    """One line for one list: the patient of its path, or all whom its rows belong to."""
    position = shape.client_position
    shown = {record[position] for record in records} - {None} if position is not None else set()
    if patient is not None:
        call.note_read(collection.name, None, patient if shown else None, asked=None if shown else patient)
    else:
        call.note_read(collection.name, None, None, sorted(shown) or None)


async def get_row(collection: Collection, reading: Reading, call: Call) -> Answer:
    row_id = call.id_of(collection.id_param)
    ignored = ignored_of(call.query_string)
    answer = await answer_row(collection, reading.scope, row_id, call, single_shape_of(collection), meta=reading.meta)
    return answer.ignoring(ignored)


async def create_row(collection: Collection, creation: Creation, call: Call) -> Answer:
    ignored = ignored_of(call.query_string)
    scope = _fixed_by_path(creation.scope, call)
    try:
        checked = checked_body(collection, creation.extension, call, required=True)
        change = Change("create", None, dict(checked.given))
        for rule in collection.rules:
            await rule(call, change)
        row_id = await write.insert(call.connection, collection, change.given, scope, call.authorship)
    except ApiError as error:
        if creation.scope:
            await _prefer_missing_parent(call, creation.scope, error)
        raise
    shape = full_shape_of(collection) if creation.extension else single_shape_of(collection)
    answer = await answer_row(collection, creation.scope, row_id, call, shape, meta=creation.meta, written=True)
    answer.status = 201
    answer.resource_id = row_id
    return answer.ignoring(ignored + checked.unknown)


async def edit_row(collection: Collection, edition: Edition, call: Call) -> Answer:
    row_id = call.id_of(collection.id_param)
    ignored = ignored_of(call.query_string)
    scope = _fixed_by_path(edition.scope, call)
    try:
        checked = checked_body(collection, edition.extension, call, required=False)
        given, fault = dict(checked.given), None
    except ApiError as error:
        given, fault = {}, error
    old = await _locked(collection, row_id, given, scope, call)
    if fault:
        raise fault
    require_match(call, old["version"])
    if given:
        change = Change("edit", row_id, given)
        for rule in collection.rules:
            await rule(call, change)
        await write.update(call.connection, collection, row_id, change.given, old, call.authorship)
    shape = full_shape_of(collection) if edition.extension else single_shape_of(collection)
    answer = await answer_row(collection, edition.scope, row_id, call, shape, meta=edition.meta, written=bool(given))
    return answer.ignoring(ignored + checked.unknown)


async def delete_row(collection: Collection, deletion: Deletion, call: Call) -> Answer:
    row_id = call.id_of(collection.id_param)
    ignored = ignored_of(call.query_string)
    old = await _locked(collection, row_id, {}, _fixed_by_path(deletion.scope, call), call)
    require_match(call, old["version"])
    for rule in collection.rules:
        await rule(call, Change("delete", row_id, {}))
    await write.delete(call.connection, collection, row_id, call.authorship)
    return Answer(204).ignoring(ignored)


async def _locked(
    collection: Collection, row_id: int, given: Mapping[str, Any], scope: Mapping[str, int], call: Call
) -> asyncpg.Record:
    """The row about to be changed, locked, with its version and old values. Raises NotFound."""
    old = await write.lock(call.connection, collection, row_id, tuple(given), scope, call.caller.tenant_id)
    if old is None:
        raise NotFound(collection.id_param, row_id)
    return old


async def answer_row(
    collection: Collection,
    scope: Scope | None,
    row_id: int,
    call: Call,
    shape: Shape,
    *,
    meta: bool,
    written: bool = False,
) -> Answer:
    """One object with its ETag. Raises NotFound. A read is noted in the audit; a write already is."""
    parameters = [call.caller.tenant_id, row_id, *([call.id_of(scope.param)] if scope else [])]
    record = await call.connection.fetchrow(single_sql(shape, scope), *parameters)
    if record is None:
        raise NotFound(collection.id_param, row_id)
    children = await children_of(call.connection, call.caller.tenant_id, shape, [record])
    if collection.personal and not written:
        position = shape.client_position
        call.note_read(collection.name, row_id, record[position] if position is not None else None)
    content = shape.single(record, call.base, children[0] if children else (), meta=meta)
    return Answer(200, content, [("etag", etag_of(record[-1]))])


def checked_body(collection: Collection, extension: bool, call: Call, *, required: bool) -> body.Body:
    """Raises UnsupportedMediaType or InvalidBody."""
    return body.check(
        collection.writable(EXTENSION if extension else PUBLISHED),
        collection.member_names(),
        body.decode(call.body, call.header(b"content-type")),
        required=required,
        strict=extension or call.services.strict_bodies,
    )


def require_match(call: Call, version: int) -> None:
    """If-Match, where one was sent. Raises PreconditionFailed."""
    wanted = call.header(b"if-match")
    if wanted and wanted.strip() != "*" and etag_of(version) not in [tag.strip() for tag in wanted.split(",")]:
        raise PreconditionFailed(etag_of(version))


async def require_parent(call: Call, scope: Scope) -> None:
    """Raises NotFound for a path whose parent is not there."""
    parent_id = call.id_of(scope.param)
    if not await call.connection.fetchval(parent_sql(scope), call.caller.tenant_id, parent_id):
        raise NotFound(scope.param, parent_id)


def list_path(listing: Listing, parents: Mapping[str, int]) -> str:
    return listing.path.format_map(parents) if parents else listing.path


async def _prefer_missing_parent(call: Call, scope: Scope, error: ApiError) -> None:
    """A body under a parent that is not there is 404, whatever else is wrong with it. Raises NotFound.

    A refused statement has ended the transaction, so then only the constraint's own word can tell.
    """
    if not isinstance(error.__cause__, asyncpg.PostgresError):
        await require_parent(call, scope)
    elif isinstance(error, InvalidBody) and error.problems[0].field == (scope.column or scope.param):
        raise NotFound(scope.param, call.id_of(scope.param)) from error


def _fixed_by_path(scope: Scope | None, call: Call) -> Mapping[str, int]:
    return {scope.column or scope.param: call.id_of(scope.param)} if scope else {}
