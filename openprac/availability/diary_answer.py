"""What the diary of a practitioner looks like in an answer: its entries, and the schema of all of it."""

from datetime import datetime
from typing import Annotated, Any

from openprac.diary.rows import Category, IdOrNone, Label, Minutes, Resources, Text
from openprac.kernel.collection import Collection
from openprac.kernel.openapi import field_schema
from openprac.kernel.row import Column, Join, Row, Shown, fields_of

Id = Annotated[int, Column()]

CLIENT = Join("patient", "c", "client_id", "client_id")
TYPE = Join("appointment_type", "y", "appointment_type_id", "appointment_type_id")
STATUS = Join("appointment_status", "z", "appointment_status_id", "appointment_status_id")


class DiaryEntryRow(Row):
    appointment_id: Id
    app_time: Label
    practitioner_id: Id
    business_id: Id
    duration: Minutes
    column_number: Id
    width: Id
    category: Category
    overbooked: Annotated[bool, Column(meaning="Booked over something else")]
    description: Text
    notes: Text
    client_id: IdOrNone
    client_name: Annotated[str | None, Shown(sql="c.first_name || ' ' || c.surname", joins=(CLIENT,))]
    account_id: IdOrNone
    appointment_type_id: IdOrNone
    appointment_type: Annotated[
        str | None, Shown(sql="y.short_description", joins=(TYPE,), meaning="Label of the type on the book")
    ]
    appointment_status_id: IdOrNone
    appointment_status: Annotated[str | None, Shown(sql="z.status_description", joins=(STATUS,))]
    profession_id: IdOrNone
    font_colour: Text
    bg_colour: Text
    telehealth_practitioner_link: Text
    resource_ids: Resources
    max_class_size: Annotated[int | None, Column(name="group_max_size")]
    current_class_size: Annotated[int, Column(name="member_count")]
    expires_at: Annotated[datetime | None, Column(meaning="Of a reservation: when it lapses")]


DIARY_ENTRY = Collection(
    name="appointment",
    tag="Available Appointment",
    noun="Diary Entry",
    row=DiaryEntryRow,
    table="appointment",
    id="appointment_id",
    client="client_id",
    key="entries",
    listings=(),
)

_INTEGER, _INTEGER_OR_NONE = {"type": "integer"}, {"type": ["integer", "null"]}
_TEXT_OR_NONE, _FLAG = {"type": ["string", "null"]}, {"type": "boolean"}
_TIME, _TIME_OR_NONE = {"type": "string", "format": "time"}, {"type": ["string", "null"], "format": "time"}
_DATE = {"type": "string", "format": "date"}


def _object(properties: dict[str, Any], required: bool = True) -> dict[str, Any]:
    return {"type": "object", **({"required": list(properties)} if required else {}), "properties": properties}


def _array(items: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {"type": "array", "items": items, **({"description": description} if description else {})}


_SPAN = _object(
    {
        "start_time": _TIME,
        "end_time": {**_TIME, "description": "00:00:00 is the midnight that ends the day"},
        **dict.fromkeys(("manual", "online", "waiting_list"), _FLAG),
        "appointment_type_ids": _array(_INTEGER, "Types that may be booked; none named: all"),
        "types_online_only": _FLAG,
        "decided_by": {
            "type": ["string", "null"],
            "enum": ["roster", "roster_rule", "roster_override", None],
            "description": "What the flags come from; null: no roster is assigned, so staff alone may book",
        },
        "id": {**_INTEGER_OR_NONE, "description": "Of what decides"},
        **dict.fromkeys(("display_text", "font_colour", "bg_colour"), _TEXT_OR_NONE),
    }
)
_CLOSED_BY = _object(
    {
        "kind": {"type": "string", "enum": ["closed_weekday", "day_off", "works_elsewhere"]},
        "of": {"type": "string", "enum": ["business", "day_off"]},
        "id": _INTEGER,
        "description": _TEXT_OR_NONE,
    }
)
_ENTRY = _object({one.name: field_schema(one) for one in fields_of(DiaryEntryRow)}, required=False)
_DAY = _object(
    {
        "date": _DATE,
        "business_id": _INTEGER,
        "opens": _TIME_OR_NONE,
        "closes": _TIME_OR_NONE,
        "interval": {**_INTEGER_OR_NONE, "description": "Minutes"},
        "roster_assignment_id": _INTEGER_OR_NONE,
        "roster_id": _INTEGER_OR_NONE,
        "closed_by": _array(_CLOSED_BY, "What closes the whole day; works_elsewhere: the practitioner has left there"),
        "columns": _array(
            _object(
                {"column_number": _INTEGER, "spans": _array(_SPAN, "In order; nobody may book in what is left out")}
            )
        ),
        "entries": _array(_ENTRY, "In the order of their times"),
    }
)
DIARY = {
    "title": "PractitionerDiary",
    **_object({"practitioner_id": _INTEGER, "from": _DATE, "to": _DATE, "days": _array(_DAY)}),
}
