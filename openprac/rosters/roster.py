"""Rosters: the days a practitioner's book shows, who may book in them, and rules that say otherwise for some hours.

Help article 4183049; what each part means to the search for free times: openprac/availability/model.py.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from openprac.errors import InvalidBody, NotFound, Problem
from openprac.kernel import body
from openprac.kernel.action import Endpoint, permission_for
from openprac.kernel.call import Answer, Call
from openprac.kernel.collection import STAMPS, Change, Collection, Creation, Deletion, Edition, Filter, Listing, Reading
from openprac.kernel.handlers import answer_row
from openprac.kernel.query import ignored_of
from openprac.kernel.row import EXTENSION, Children, Column, IdList, Row, fields_of
from openprac.kernel.rules import as_it_is, refused
from openprac.kernel.shape import full_shape_of
from openprac.rosters import store
from openprac.rosters.fields import (
    DESCRIPTION_MAX_CHARACTERS,
    Colour,
    Columns,
    Description,
    DisplayText,
    EndTime,
    Manual,
    Online,
    StartTime,
    TypesOnlineOnly,
    WaitingList,
    Weekday,
    minutes_of,
    require_columns_and_types,
    require_span,
)

WEEKDAY_NAMES = ("", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class RosterDayRow(Row):
    weekday: Weekday
    start_time: StartTime
    end_time: EndTime


class RosterRuleRow(Row):
    roster_rule_id: Annotated[
        int, Column(write=EXTENSION, meaning="Of a rule that is there already: it keeps its id. A new one gets one")
    ]
    position: Annotated[int, Column(meaning="Its place in the list, from 1")]
    weekday: Weekday
    start_time: StartTime
    end_time: EndTime
    manual: Manual
    online: Online
    waiting_list: WaitingList
    columns: Columns
    appointment_type_ids: Annotated[
        list[int], Column(write=EXTENSION, meaning="Types that may be booked; none named: all")
    ]
    types_online_only: TypesOnlineOnly
    display_text: DisplayText
    font_colour: Colour
    bg_colour: Colour


class RosterRow(Row):
    tenant_id: Annotated[int, Column()]
    roster_id: Annotated[int, Column()]
    description: Description
    display_text: DisplayText
    font_colour: Colour
    bg_colour: Colour
    manual: Manual
    online: Online
    waiting_list: WaitingList
    appointment_type_ids: Annotated[
        list[int],
        IdList(
            table="roster_appointment_type",
            parent="roster_id",
            column="appointment_type_id",
            meaning="Every type that a rule names",
        ),
    ]
    created: Annotated[datetime, Column()]
    modified: Annotated[datetime, Column()]
    days: Annotated[
        list[object],
        Children(
            row=RosterDayRow,
            table="roster_day",
            parent="roster_id",
            order="t.weekday",
            write=EXTENSION,
            meaning="Weekdays it shows; on others nothing is open but what an override opens",
        ),
    ]
    rules: Annotated[
        list[object],
        Children(
            row=RosterRuleRow,
            table="roster_rule",
            parent="roster_id",
            order="t.position",
            write=EXTENSION,
            meaning="Each replaces the roster's own flags in its span; of two that cover a minute the later one holds",
        ),
    ]


class RosterCopy(Row):
    """The body of a copy."""

    description: Annotated[
        str,
        Column(
            write=EXTENSION,
            max_length=DESCRIPTION_MAX_CHARACTERS,
            meaning="Of the new roster; unless given, the old one's with (copy) behind it",
        ),
    ]


SAYS = tuple(one.name for one in fields_of(RosterRuleRow) if one.name not in ("roster_rule_id", "position"))


async def days_and_rules_make_sense(call: Call, change: Change) -> None:
    """Rules lie on days the roster shows and reach into their hours; those that were there keep their ids."""
    if not {"days", "rules"} & set(change.given):
        return
    before = await as_it_is(call, ROSTER, change.row_id) if change.row_id is not None else {}
    days = {}
    for position, day in enumerate(change.given.get("days", ())):
        require_span(day, f"days.{position}.")
        if day["weekday"] in days:
            raise refused(f"days.{position}.weekday", "is the same as in an earlier day.")
        days[day["weekday"]] = day
    if "days" not in change.given:
        days = {day["weekday"]: day for day in before.get("days", ())}
    given = change.given.get("rules")
    for position, one in enumerate(before.get("rules", ()) if given is None else given):
        _require_rule(one, days, f"rules.{position}.", given is not None)
    if given is not None:
        await _require_types(call, given)
        _keep_ids(given, before.get("rules", ()))
        change.given["appointment_type_ids"] = sorted(
            {type_id for one in given for type_id in one.get("appointment_type_ids", ())}
        )


def _require_rule(one: Mapping[str, Any], days: Mapping[int, Mapping[str, Any]], name: str, is_new: bool) -> None:
    """is_new: whether the rules are given; else it is the days that leave an old rule behind."""
    if is_new:
        require_span(one, name)
        require_columns_and_types(one, name)
    day, weekday = days.get(one["weekday"]), WEEKDAY_NAMES[one["weekday"]]
    if day is None:
        if is_new:
            raise refused(f"{name}weekday", f"must be a weekday that days shows: {weekday} is not one.")
        raise refused("days", f"must show {weekday}, which rules still names.")
    start, end = minutes_of(one)
    opens, closes = minutes_of(day)
    if end <= opens or start >= closes:
        hours = f"the hours of {weekday}, {day['start_time']} to {day['end_time']}"
        if is_new:
            raise refused(f"{name}start_time", f"must lie so that the rule reaches into {hours}.")
        raise refused("days", f"must leave every rule some time: {name.rstrip('.')} lies wholly outside {hours}.")


async def _require_types(call: Call, rules: Sequence[Mapping[str, Any]]) -> None:
    named = {type_id for one in rules for type_id in one.get("appointment_type_ids", ())}
    unknown = await store.unknown_types(call, sorted(named))
    for position, one in enumerate(rules):
        if unknown & set(one.get("appointment_type_ids", ())):
            field = f"rules.{position}.appointment_type_ids"
            raise InvalidBody([Problem(field, f"The selected {field} is invalid.")])


def _keep_ids(rules: Sequence[dict[str, Any]], before: Sequence[Mapping[str, Any]]) -> None:
    """A rule that names its id has it; one that says the same as one that was there takes that one's."""
    known = {one["roster_rule_id"]: one for one in before}
    free = dict(known)
    for position, one in enumerate(rules):
        rule_id = one.get("roster_rule_id")
        if rule_id is not None and free.pop(rule_id, None) is None:
            why = (
                "is given twice." if rule_id in known else "must be left out of a new rule: this roster has none such."
            )
            raise refused(f"rules.{position}.roster_rule_id", why)
    same = {_said(one): rule_id for rule_id, one in reversed(free.items())}
    for position, one in enumerate(rules, 1):
        one["position"] = position
        if "roster_rule_id" not in one and (rule_id := same.pop(_said(one), None)) is not None:
            one["roster_rule_id"] = rule_id


def _said(one: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a rule says; what is left out is empty, false or null alike."""
    values = (one.get(name) or None for name in SAYS)
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)


async def overrides_go_with_their_roster(call: Call, change: Change) -> None:
    if change.kind == "delete" and change.row_id is not None:
        await store.remove_overrides(call, change.row_id)


ROSTER = Collection(
    name="roster",
    tag="Roster",
    noun="Roster",
    row=RosterRow,
    table="roster",
    id="roster_id",
    key="rosters",
    links={
        "self": "/x/roster/{roster_id}",
        "overrides": "/x/roster/{roster_id}/roster_override",
        "assignments": "/x/roster/{roster_id}/roster_assignment",
    },
    filters={
        "created": STAMPS["created"],
        "updated": STAMPS["updated"],
        "description": Filter(format="string", columns=("description",)),
    },
    listings=(
        Listing(
            id="listRosters-Get",
            path="/x/roster",
            summary="List Rosters",
            extension=True,
            filters=("created", "updated", "description"),
            sorts=("roster_id", "description", "created", "updated"),
        ),
    ),
    reading=Reading(id="getRoster-Get", path="/x/roster/{roster_id}", summary="Get Roster", extension=True),
    creations=(Creation(id="createRoster-Post", path="/x/roster", summary="Create Roster", extension=True),),
    editions=(
        Edition(
            id="editRoster-Patch",
            path="/x/roster/{roster_id}",
            summary="Edit Roster",
            description="`days` and `rules` are replaced as a whole where they are given.",
            extension=True,
        ),
    ),
    deletions=(
        Deletion(
            id="deleteRoster-Delete",
            path="/x/roster/{roster_id}",
            summary="Remove Roster",
            description="With its overrides. One that is assigned answers 409 IN_USE.",
            extension=True,
        ),
    ),
    rules=(days_and_rules_make_sense, overrides_go_with_their_roster),
)


async def copy_roster(call: Call) -> Answer:
    """Days, rules and overrides come along, assignments stay."""
    ignored = ignored_of(call.query_string)
    roster_id = call.id_of("roster_id")
    if not await store.lock_roster(call, roster_id):
        raise NotFound("roster_id", roster_id)
    fields = fields_of(RosterCopy)
    given = body.check(
        fields,
        [one.name for one in fields],
        body.decode(call.body, call.header(b"content-type")),
        required=True,
        strict=True,
    ).given
    copied = await store.copy_roster(call, roster_id, given.get("description"))
    answer = await answer_row(ROSTER, None, copied, call, full_shape_of(ROSTER), meta=False, written=True)
    answer.status, answer.resource_id = 201, copied
    return answer.ignoring(ignored)


ACTIONS = (
    Endpoint(
        id="copyRoster-Post",
        method="POST",
        path="/x/roster/{roster_id}/copy",
        tag=ROSTER.tag,
        summary="Copy Roster",
        description="A new roster with the same days, rules and overrides. Nobody is assigned to it.",
        permission=permission_for(ROSTER.tag, "POST"),
        handler=copy_roster,
        extension=True,
        transaction=True,
        body=RosterCopy,
        success=201,
        answer={"title": "RosterExtended"},
        answer_headers=(("ETag", "Version of the object, for If-Match"),),
    ),
)
