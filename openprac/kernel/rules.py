"""What the rules of a collection need: the row as it stands and as it will stand, and a refusal that names a field."""

from typing import Any

from openprac.errors import InvalidBody, Problem
from openprac.kernel.call import Call
from openprac.kernel.collection import Change, Collection
from openprac.kernel.row import Children
from openprac.kernel.select import children_sql, single_sql
from openprac.kernel.shape import child_shape_of, full_shape_of


async def as_it_is(call: Call, collection: Collection, row_id: int) -> dict[str, Any]:
    """Every field of a row that is there, hidden ones too; lists of small rows as lists of dicts."""
    shape = full_shape_of(collection)
    record = await call.connection.fetchrow(single_sql(shape), call.caller.tenant_id, row_id)
    found = dict(zip((one.name for one in shape.columns), record, strict=False))
    for one in shape.children:
        assert isinstance(one.marker, Children)
        child = child_shape_of(one.marker, everything=True)
        names = [column.name for column in child.columns]
        records = await call.connection.fetch(children_sql(one.marker, child), call.caller.tenant_id, [row_id])
        found[one.name] = [dict(zip(names, list(record)[1:], strict=True)) for record in records]
    return found


async def as_it_will_be(call: Call, collection: Collection, change: Change) -> dict[str, Any]:
    """What is given over what is there. A create knows only what is given: its defaults are the database's."""
    before = await as_it_is(call, collection, change.row_id) if change.row_id is not None else {}
    return {**before, **change.given}


def refused(field: str, ending: str) -> InvalidBody:
    """ "The <field> field <ending>" as a 422 about that field."""
    return InvalidBody([Problem(field, f"The {field} field {ending}")])
