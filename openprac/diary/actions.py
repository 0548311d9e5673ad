"""Appointments: reserve, create, finalise, edit, and what notes and rule outs share with them."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from openprac.diary import bodies, store
from openprac.diary.entries import APPOINTMENT, HOLD, NOTE, RULE_OUT
from openprac.diary.place import clash, place
from openprac.diary.spans import HOLD_MINUTES
from openprac.errors import ApiError, Conflict, InvalidBody, NotFound, Problem
from openprac.kernel import body
from openprac.kernel.action import Endpoint, Method, permission_for
from openprac.kernel.call import Answer, Call
from openprac.kernel.collection import Collection, Creation, Edition
from openprac.kernel.handlers import answer_row, require_match
from openprac.kernel.query import ignored_of
from openprac.kernel.row import Row, fields_of
from openprac.kernel.shape import full_shape_of, single_shape_of

OVERBOOK = "appointment:overbook"
REASONS = ("appointment_reschedule_reason_id", "reason")


def checked(call: Call, row: type[Row], collection: Collection | None) -> body.Body:
    """The body of a write. Raises UnsupportedMediaType or InvalidBody.

    collection: whose objects may be sent back, members that are not written passed over.
    """
    fields = fields_of(row)
    return body.check(
        fields,
        [*(one.name for one in fields), *(collection.member_names() if collection else ())],
        body.decode(call.body, call.header(b"content-type")),
        required=True,
        strict=call.endpoint.extension or call.services.strict_bodies,
    )


async def answered(
    call: Call, collection: Collection, appointment_id: int, *, status: int, meta: bool, ignored: tuple[str, ...]
) -> Answer:
    """The entry as it stands now."""
    shape = full_shape_of(collection) if call.endpoint.extension else single_shape_of(collection)
    answer = await answer_row(collection, None, appointment_id, call, shape, meta=meta, written=True)
    answer.status, answer.resource_id = status, appointment_id
    return answer.ignoring(ignored)


def checked_later(call: Call, row: type[Row], collection: Collection | None) -> tuple[body.Body, ApiError | None]:
    """The same, where what is wrong with the path is told first."""
    try:
        return checked(call, row, collection), None
    except ApiError as error:
        return body.Body({}), error


async def found_entry(call: Call, appointment_id: int, *kinds: str) -> Mapping[str, Any]:
    """The live entry of one of these kinds, locked. Raises NotFound."""
    record = await store.locked(call, appointment_id, *kinds)
    if record is None or record["state"] != "live":
        raise NotFound("appointment_id", appointment_id)
    return dict(record)


def may_overbook(call: Call, given: dict[str, Any]) -> bool:
    """Whether it is asked for. Raises AccessDenied for a caller who may not."""
    wanted = bool(given.pop("overbook", False))
    if wanted:
        call.caller.require(OVERBOOK)
    return wanted


async def create_entry(collection: Collection, kind: str, row: type[Row], meta: bool, call: Call) -> Answer:
    ignored = ignored_of(call.query_string)
    found = checked(call, row, collection)
    given = dict(found.given)
    overbook = may_overbook(call, given)
    appointment_id, _ = await place(call, kind, given, overbook=overbook)
    return await answered(call, collection, appointment_id, status=201, meta=meta, ignored=ignored + found.unknown)


async def edit_entry(collection: Collection, kind: str, row: type[Row], meta: bool, call: Call) -> Answer:
    ignored = ignored_of(call.query_string)
    appointment_id = call.id_of("appointment_id")
    found, fault = checked_later(call, row, collection)
    before = await found_entry(call, appointment_id, kind)
    if fault:
        raise fault
    require_match(call, before["version"])
    given = dict(found.given)
    overbook = may_overbook(call, given)
    reason = {name: value for name in REASONS if (value := given.pop(name, None)) is not None}
    if REASONS[0] in reason and not await store.knows_reason(call, reason[REASONS[0]]):
        raise InvalidBody([Problem(REASONS[0], f"The selected {REASONS[0]} is invalid.")])
    _, moved = await place(call, kind, given, entry=(appointment_id, before), overbook=overbook, reason=reason)
    if moved and kind == "group":
        await store.reset_members(call, appointment_id)
    return await answered(call, collection, appointment_id, status=200, meta=meta, ignored=ignored + found.unknown)


async def finalise(call: Call) -> Answer:
    """A hold becomes an appointment under its own id. One that has lapsed is lost, even if its time is still free."""
    ignored = ignored_of(call.query_string)
    appointment_id = call.id_of("appointment_id")
    found, fault = checked_later(call, bodies.AppointmentFinalise, APPOINTMENT)
    record = await store.locked(call, appointment_id, "reserved", "patient")
    lapsed = record is None and await store.has_lapsed(call, appointment_id)
    if not lapsed and (record is None or record["state"] != "live"):
        raise NotFound("appointment_id", appointment_id)
    if fault:
        raise fault
    if record is None:
        raise clash()
    if record["kind"] == "patient":
        raise Conflict("ALREADY_FINALISED", "This reservation has been finalised already.")
    await place(call, "patient", dict(found.given), entry=(appointment_id, dict(record)))
    return await answered(call, APPOINTMENT, appointment_id, status=201, meta=True, ignored=ignored + found.unknown)


def creating(
    id: str, path: str, summary: str, collection: Collection, kind: str, row: type[Row], *, meta: bool, description: str
) -> Endpoint:
    """A create of this book. Extensions stand under /x."""
    return _writing("POST", Creation, id, path, summary, collection, kind, row, meta, description, create_entry)


def editing(
    id: str, path: str, summary: str, collection: Collection, kind: str, row: type[Row], *, meta: bool, description: str
) -> Endpoint:
    return _writing("PATCH", Edition, id, path, summary, collection, kind, row, meta, description, edit_entry)


def _writing(
    method: Method,
    operation: type[Creation] | type[Edition],
    id: str,
    path: str,
    summary: str,
    collection: Collection,
    kind: str,
    row: type[Row],
    meta: bool,
    description: str,
    handler: Callable[..., Awaitable[Answer]],
) -> Endpoint:
    extension = path.startswith("/x/")
    return Endpoint(
        id=id,
        method=method,
        path=path,
        tag=collection.tag,
        summary=summary,
        permission=permission_for(collection.tag, method),
        handler=partial(handler, collection, kind, row, meta),
        description=description,
        extension=extension,
        transaction=True,
        collection=collection,
        operation=operation(id=id, path=path, summary=summary, extension=extension, meta=meta),
        body=row,
        success=201 if method == "POST" else 200,
        statuses=(409,),
        rights=(OVERBOOK,) if any(one.name == "overbook" for one in fields_of(row)) else (),
    )


IN_THE_WAY = "A time or a resource that is taken answers 409 RESERVE_APPOINTMENT_CONFLICT; blocked_by says by what."
OVERBOOKING = " With overbook and the permission `appointment:overbook` it is booked all the same, and marked."

ACTIONS = (
    creating(
        "createAppointment-Post",
        "/appointment",
        "Create Appointment",
        APPOINTMENT,
        "patient",
        bodies.AppointmentCreate,
        meta=True,
        description=f"Width, resources, item or item group come from the type unless given. {IN_THE_WAY}",
    ),
    creating(
        "createAppointmentExtended-Post",
        "/x/appointment",
        "Create Appointment",
        APPOINTMENT,
        "patient",
        bodies.AppointmentCreateExtended,
        meta=True,
        description=IN_THE_WAY + OVERBOOKING,
    ),
    creating(
        "reserveAppointment-Post",
        "/reserve_appointment",
        "Reserve Appointment",
        HOLD,
        "reserved",
        bodies.AppointmentReserve,
        meta=False,
        description=f"Holds the time for {HOLD_MINUTES} minutes. {IN_THE_WAY}",
    ),
    Endpoint(
        id="finaliseAppointment-Post",
        method="POST",
        path="/appointment/{appointment_id}",
        tag=APPOINTMENT.tag,
        summary="Finalise Appointment",
        permission=permission_for(APPOINTMENT.tag, "POST"),
        handler=finalise,
        description="Length, width, resources, item or item group come from the type. A hold that has lapsed, or a "
        "longer length that meets something, is a 409.",
        transaction=True,
        collection=APPOINTMENT,
        operation=Creation(
            id="finaliseAppointment-Post",
            path="/appointment/{appointment_id}",
            summary="Finalise Appointment",
            meta=True,
        ),
        body=bodies.AppointmentFinalise,
        success=201,
        statuses=(409,),
    ),
    editing(
        "editAppointment-Patch",
        "/appointment/{appointment_id}",
        "Edit Appointment",
        APPOINTMENT,
        "patient",
        bodies.AppointmentEdit,
        meta=True,
        description=IN_THE_WAY,
    ),
    editing(
        "editAppointmentExtended-Patch",
        "/x/appointment/{appointment_id}",
        "Edit Appointment",
        APPOINTMENT,
        "patient",
        bodies.AppointmentEditExtended,
        meta=True,
        description=IN_THE_WAY + OVERBOOKING,
    ),
    creating(
        "createNote-Post", "/note", "Create Note", NOTE, "note", bodies.NoteCreate, meta=False, description=IN_THE_WAY
    ),
    editing(
        "editNote-Patch",
        "/note/{appointment_id}",
        "Edit Note",
        NOTE,
        "note",
        bodies.NoteEdit,
        meta=False,
        description=IN_THE_WAY,
    ),
    creating(
        "createRuleOut-Post",
        "/rule_out",
        "Create Rule Out",
        RULE_OUT,
        "rule_out",
        bodies.AppointmentReserve,
        meta=False,
        description=IN_THE_WAY,
    ),
    editing(
        "editRuleOut-Patch",
        "/rule_out/{appointment_id}",
        "Edit Rule Out",
        RULE_OUT,
        "rule_out",
        bodies.RuleOutEdit,
        meta=False,
        description=IN_THE_WAY,
    ),
)
