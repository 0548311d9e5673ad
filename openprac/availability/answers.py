"""What a free time looks like in an answer, published and documented."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from openprac.availability.questions import Definitions
from openprac.availability.search import Offered
from openprac.kernel.openapi import field_schema
from openprac.kernel.row import Column, LocalTime, Row, fields_of
from openprac.kernel.shape import ChildShape

KEY = "available_times"

Id = Annotated[int, Column()]
IdOrNone = Annotated[int | None, Column()]
Label = Annotated[LocalTime, Column(meaning="Local time of the clinic, without offset")]


class AvailableAppointmentRow(Row):
    app_time: Label
    column_number: Annotated[int, Column(meaning="Column of the practitioner's appointment book")]
    item_id: IdOrNone
    item_group_id: IdOrNone
    appointment_type_id: Id
    practitioner_id: Id
    business_id: Id
    profession_id: Id
    width: Annotated[int, Column(meaning="Columns")]
    duration: Annotated[int, Column(meaning="Minutes")]
    resource_ids: Annotated[list[int], Column(meaning="What a booking would take")]
    practitioner_name: Annotated[str, Column()]


class AvailableGroupAppointmentRow(Row):
    appointment_id: Id
    current_class_size: Annotated[int, Column(meaning="Members")]
    max_class_size: Annotated[int, Column()]
    app_time: Label
    column_number: Annotated[int, Column()]
    item_id: IdOrNone
    item_group_id: IdOrNone
    appointment_type_id: Id
    practitioner_id: Id
    business_id: Id
    profession_id: IdOrNone
    width: Annotated[int, Column(meaning="Columns")]
    duration: Annotated[int, Column(meaning="Minutes")]
    resource_ids: Annotated[list[int], Column()]
    practitioner_name: Annotated[str, Column()]


AvailableAppointment = ChildShape(AvailableAppointmentRow).struct
AvailableGroupAppointment = ChildShape(AvailableGroupAppointmentRow).struct


def times_schema(title: str, row: type[Row], links: Sequence[str]) -> Mapping[str, Any]:
    """Of the list of times, without the metadata that rows of other lists have."""
    properties = {one.name: field_schema(one) for one in fields_of(row)}
    uris = {name: {"type": "string", "format": "uri"} for name in links}
    members = {
        KEY: {"type": "array", "items": {"type": "object", "properties": properties}},
        "total_entries": {"type": "integer"},
        "links": {"type": "object", "properties": uris},
    }
    return {"title": title, "type": "object", "required": list(members), "properties": members}


def rows_of(first: date, defined: Definitions, shown: Sequence[Offered]) -> list[Any]:
    midnight, names = datetime.combine(first, time()), defined.names
    rows = []
    for one in shown:
        offer, place, length = one.offer, one.offer.place, one.offer.place.length
        rows.append(
            AvailableAppointment(
                app_time=midnight + timedelta(minutes=one.minute),
                column_number=offer.column,
                item_id=length.item_id,
                item_group_id=length.item_group_id,
                appointment_type_id=offer.appointment_type_id,
                practitioner_id=place.practitioner_id,
                business_id=place.business_id,
                profession_id=length.profession_id,
                width=length.width,
                duration=length.minutes,
                resource_ids=one.resource_ids,
                practitioner_name=names[place.practitioner_id],
            )
        )
    return rows
