"""The appointment book, gathered: every collection and every action, in the order of the documentation."""

from functools import partial

from openprac.diary import actions, cancel, entries, groups, history, waiting_list
from openprac.kernel.action import Endpoint
from openprac.kernel.collection import Link, Listing, Scope
from openprac.kernel.handlers import list_rows
from openprac.resources import RESOURCE, RESOURCE_SORTS


def _resources_of(name: str, kind: str) -> Endpoint:
    """The resources that an entry of this kind takes."""
    path = f"/{kind if kind != 'patient' else 'appointment'}/{{appointment_id}}/resource"
    listing = Listing(
        id=f"listResourcesBy{name.replace(' ', '')}-Get",
        path=path,
        summary=f"List Resources by {name}",
        scope=Scope(
            param="appointment_id",
            parent=("appointment", "appointment_id"),
            link=Link(
                "appointment_resource",
                "resource_id",
                "appointment_id",
                only=f"l.state = 'live' AND l.kind = '{kind.removesuffix('_appointment')}'",
            ),
        ),
        sorts=RESOURCE_SORTS,
    )
    return Endpoint(
        id=listing.id,
        method="GET",
        path=path,
        tag=RESOURCE.tag,
        summary=listing.summary,
        permission="resource:read",
        handler=partial(list_rows, RESOURCE, listing),
        collection=RESOURCE,
        operation=listing,
    )


COLLECTIONS = (*entries.COLLECTIONS, *groups.COLLECTIONS, *waiting_list.COLLECTIONS)

ACTIONS = (
    *actions.ACTIONS,
    *groups.ACTIONS,
    *cancel.ACTIONS,
    *history.ACTIONS,
    _resources_of("Appointment", "patient"),
    _resources_of("Note", "note"),
    _resources_of("Group Appointment", "group_appointment"),
)
