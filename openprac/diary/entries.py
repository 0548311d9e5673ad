"""The resources of the appointment book, as declared: what they show, list and filter by."""

from typing import Any

from openprac.diary.rows import (
    AppointmentBookRow,
    AppointmentLiteRow,
    AppointmentRow,
    CancelledAppointmentRow,
    GroupAppointmentRow,
    NoteRow,
)
from openprac.kernel.collection import STAMPS, Collection, Filter, Link, LinksBy, Listing, Reading, Scope, plain

SORTS = ("appointment_id", "app_time")
STAMPED = ("created", "updated", "app_time")
IDS = ("appointment_id", "profession_id", "business_id", "client_id", "appointment_type_id", "practitioner_id")
FILTERS = {
    "created": STAMPS["created"],
    "updated": STAMPS["updated"],
    "app_time": Filter(format="datetime", columns=("app_time",)),
    **dict(plain(name, "integer") for name in IDS),
}


def of_kind(kind: str) -> str:
    return f"t.kind = '{kind}' AND t.state = 'live'"


def _links(path: str, *more: str) -> dict[str, str]:
    own = f"/{path}/{{appointment_id}}"
    return {"self": own} | {name: own + end for name, end in LINK_ENDS.items() if name in more}


LINK_ENDS = {"resources": "/resource", "appointment_clients": "/appointment_client"}

TAKES = Link("appointment_resource", "appointment_id", "resource_id", only="l.state = 'live' AND l.kind = 'patient'")


def _listing(name: str, parent: str = "", *filters: str, key: str = "", link: Link | None = None) -> Listing:
    key = key or f"{parent}_id"
    return Listing(
        id=f"listAppointmentsBy{name.replace(' ', '')}-Get",
        path=f"/{parent}/{{{key}}}/appointment",
        summary=f"List Appointments by {name}",
        scope=Scope(param=key, parent=(parent, key), link=link),
        filters=(*STAMPED, *filters),
        sorts=SORTS,
    )


APPOINTMENT = Collection(
    name="appointment",
    tag="Appointment",
    noun="Appointment",
    row=AppointmentRow,
    table="appointment",
    where=of_kind("patient"),
    id="appointment_id",
    client="client_id",
    key="appointments",
    personal=True,
    links=_links("appointment", "resources"),
    filters=FILTERS,
    listings=(
        Listing(
            id="listAppointments-Get",
            path="/appointment",
            summary="List Appointments",
            filters=(*STAMPED, *IDS[1:], "appointment_id"),
            sorts=SORTS,
            description="Patients' appointments; notes, rule outs, groups and holds are not among them.",
        ),
        _listing(
            "Appointment Type", "appointment_type", "profession_id", "business_id", "client_id", "practitioner_id"
        ),
        _listing("Business", "business", "profession_id", "client_id", "appointment_type_id", "practitioner_id"),
        _listing("Profession", "profession", "business_id", "client_id", "appointment_type_id", "practitioner_id"),
        _listing(
            "Patient",
            "patient",
            *("profession_id", "business_id", "appointment_type_id", "practitioner_id"),
            key="client_id",
        ),
        _listing("Practitioner", "practitioner", "profession_id", "business_id", "client_id"),
        _listing("Resource", "resource", "profession_id", "business_id", "client_id", "practitioner_id", link=TAKES),
    ),
    reading=Reading(
        id="getAppointment-Get", path="/appointment/{appointment_id}", summary="Get Appointment", meta=True
    ),
)

HOLD = Collection(
    name="appointment",
    tag="Appointment",
    noun="Appointment Lite",
    row=AppointmentLiteRow,
    table="appointment",
    where=of_kind("reserved"),
    id="appointment_id",
    key="reserved_appointments",
    listings=(),
)

APPOINTMENT_BOOK = Collection(
    name="appointment_book",
    tag="Appointment Book",
    noun="Appointment Book",
    row=AppointmentBookRow,
    table="appointment",
    where="t.kind <> 'reserved' AND t.state = 'live'",
    id="appointment_id",
    client="client_id",
    key="data",
    personal=True,
    links=_links("group_appointment", "resources", "appointment_clients"),
    links_by=LinksBy(
        "category",
        {
            "Patient": _links("appointment", "resources"),
            "Note": _links("note", "resources"),
            "Group": _links("group_appointment", "resources", "appointment_clients"),
            "Rule Out": _links("rule_out"),
        },
    ),
    filters=FILTERS,
    listings=(
        Listing(
            id="listAppointmentBook-Get",
            path="/appointment_book",
            summary="List Appointment Book",
            filters=(*STAMPED, *IDS),
            sorts=SORTS,
            description="Patients' appointments, notes, rule outs and groups; holds are left out.",
        ),
    ),
)


def _simple(name: str, noun: str, **rest: Any) -> Collection:
    """A resource of this book with its own list and single object, both by appointment_id."""
    plural = f"{noun}s"
    return Collection(
        name=name,
        tag=noun,
        noun=noun,
        table="appointment",
        id="appointment_id",
        key=f"{name}s",
        filters=FILTERS,
        reading=Reading(
            id=f"get{noun.replace(' ', '')}-Get",
            path=f"/{name}/{{appointment_id}}",
            summary=f"Get {noun}",
            meta=True,
        ),
        listings=(
            Listing(
                id=f"list{plural.replace(' ', '')}-Get",
                path=f"/{name}",
                summary=f"List {plural}",
                filters=rest.pop("filtered"),
                sorts=SORTS,
            ),
        ),
        **rest,
    )


NOTE = _simple(
    "note",
    "Note",
    row=NoteRow,
    where=of_kind("note"),
    links=_links("note", "resources"),
    filtered=(*STAMPED, "appointment_id", "business_id", "practitioner_id"),
)

RULE_OUT = _simple(
    "rule_out",
    "Rule Out",
    row=AppointmentLiteRow,
    where=of_kind("rule_out"),
    filtered=(*STAMPED, "appointment_id", "business_id", "practitioner_id"),
)

GROUP_APPOINTMENT = _simple(
    "group_appointment",
    "Group Appointment",
    row=GroupAppointmentRow,
    where=of_kind("group"),
    links=_links("group_appointment", "resources", "appointment_clients"),
    filtered=(
        *STAMPED,
        *("appointment_id", "profession_id", "business_id", "appointment_type_id", "practitioner_id"),
    ),
)

CANCELLED_APPOINTMENT = Collection(
    name="cancelled_appointment",
    tag="Cancelled Appointment",
    noun="Cancelled Appointment",
    row=CancelledAppointmentRow,
    table="cancelled_appointment",
    id="appointment_id",
    # A group and each of its members leave a row under the group's id; the group's own is the last.
    tie="cancelled_appointment_id",
    client="client_id",
    key="cancelled_appointments",
    personal=True,
    links={"self": "/cancelled_appointment/{appointment_id}"},
    filters={**FILTERS, "cancellation_time": Filter(format="timestamp", columns=("cancellation_time",))},
    listings=(
        Listing(
            id="listCancelledAppointments-Get",
            path="/cancelled_appointment",
            summary="List Cancelled Appointments",
            filters=(
                *("created", "updated", "cancellation_time", "app_time"),
                *("profession_id", "business_id", "client_id", "appointment_type_id", "practitioner_id"),
            ),
            sorts=("appointment_id", "app_time", "cancellation_time"),
            switches={"include_deletions": "t.cancellation"},
            description="What was recorded as cancelled; with include_deletions also what was only removed.",
        ),
    ),
    reading=Reading(
        id="getCancelledAppointment-Get",
        path="/cancelled_appointment/{appointment_id}",
        summary="Get Cancelled Appointment",
        meta=True,
    ),
)

COLLECTIONS = (
    APPOINTMENT,
    APPOINTMENT_BOOK,
    NOTE,
    RULE_OUT,
    GROUP_APPOINTMENT,
    CANCELLED_APPOINTMENT,
)
