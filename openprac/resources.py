"""Resources: rooms, machines, cars. Each stands at some businesses, and some practitioners may use it."""

from typing import Annotated

from openprac.kernel.collection import Collection, Link, Listing, Reading, Scope
from openprac.kernel.row import EXTENSION, Column, Flag, IdList, Row


class ResourceRow(Row):
    tenant_id: Annotated[int, Column()]
    resource_id: Annotated[int, Column()]
    description: Annotated[str, Column(write=EXTENSION, required=True, max_length=100)]
    resource_rank: Annotated[int, Column(write=EXTENSION, minimum=0, maximum=1_000_000, meaning="Order of display")]
    archived: Annotated[bool, Flag()]
    business_ids: Annotated[
        list[int],
        IdList(
            table="resource_business",
            parent="resource_id",
            column="business_id",
            write=EXTENSION,
            shown=False,
            meaning="Where it can be booked",
        ),
    ]
    practitioner_ids: Annotated[
        list[int],
        IdList(
            table="resource_practitioner",
            parent="resource_id",
            column="practitioner_id",
            write=EXTENSION,
            shown=False,
            meaning="Who may use it; with nobody named everybody may",
        ),
    ]


RESOURCE_SORTS = ("resource_id", "description", "resource_rank")

RESOURCE = Collection(
    name="resource",
    tag="Resource",
    noun="Resource",
    row=ResourceRow,
    table="resource",
    id="resource_id",
    key="resources",
    listings=(
        Listing(id="listResources-Get", path="/resource", summary="List Resources", sorts=RESOURCE_SORTS),
        Listing(
            id="listResourcesByAppointmentType-Get",
            path="/appointment_type/{appointment_type_id}/resource",
            summary="List Resources by Appointment Type",
            description="The default resources of the type: what a booking of it takes.",
            scope=Scope(
                param="appointment_type_id",
                parent=("appointment_type", "appointment_type_id"),
                link=Link("appointment_type_resource", "resource_id", "appointment_type_id"),
            ),
            sorts=RESOURCE_SORTS,
        ),
    ),
    reading=Reading(id="getResource-Get", path="/resource/{resource_id}", summary="Get Resource"),
    plain_writes=True,
)

COLLECTIONS = (RESOURCE,)
