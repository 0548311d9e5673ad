"""A body over what there is -> the entry to be, or every problem with it. Values in, values out.

What is not given is as it was; in a new entry the type, the practitioner and the patient's file give it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from openprac.diary.facts import REMINDERS, Facts
from openprac.diary.lengths import Length, length_for
from openprac.diary.spans import Span, duration_problem, hours_problem, label_problem, rounded_up
from openprac.errors import InvalidBody, Problem

SPACE = ("app_time", "duration", "practitioner_id", "business_id", "column_number", "width")
"""What says which time of whom an entry takes."""

WHEN_AND_WITH_WHOM = ("app_time", "practitioner_id", "business_id")
WITH_TYPE = ("patient", "group")
TEXTS = ("description", "notes", "font_colour", "bg_colour")
LINKS = ("telehealth_patient_link", "telehealth_practitioner_link")


@dataclass(frozen=True, slots=True)
class Draft:
    """values: the columns of the entry to be. resources: what it takes; with any_of one of these besides.

    moves: whether it takes time that it did not have.
    """

    kind: str
    values: Mapping[str, Any]
    resources: tuple[int, ...]
    any_of: tuple[int, ...]
    moves: bool

    @property
    def span(self) -> Span:
        return Span(self.values["app_time"], self.values["duration"])


@dataclass(slots=True)
class Drafting:
    """One draft in the making. before: the entry as it stands, empty for a new one."""

    kind: str
    given: Mapping[str, Any]
    before: Mapping[str, Any]
    facts: Facts
    zone: ZoneInfo
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        """New as a booking: a hold that is being finalised has time, but no patient and type yet."""
        return not self.before or self.before["kind"] != self.kind

    def refuse(self, name: str, ending: str) -> None:
        self.problems.append(Problem(name, f"The {name} field {ending}"))

    def invalid(self, name: str) -> None:
        self.problems.append(Problem(name, f"The selected {name} is invalid."))

    def has_problem(self, name: str) -> bool:
        return any(problem.field == name for problem in self.problems)

    def now(self, name: str, default: Any = None) -> Any:
        """The value to be: given, else as it was, else the default."""
        value = self.given.get(name)
        if value is None and name not in self.given:
            value = self.before.get(name)
        return default if value is None else value

    def changes(self, *names: str) -> bool:
        return not self.before or any(
            name in self.given and self.given[name] != self.before.get(name) for name in names
        )


def draft(kind: str, given: Mapping[str, Any], before: Mapping[str, Any], facts: Facts, zone: ZoneInfo) -> Draft:
    """Raises InvalidBody with every problem found."""
    one = Drafting(kind, given, before, facts, zone)
    length = _booking(one) if kind in WITH_TYPE else None
    _place(one, length)
    for name in TEXTS:
        if name in given:
            one.values[name] = given[name]
    if one.problems:
        raise InvalidBody(one.problems)
    fixed, any_of = _resources(one)
    if one.problems:
        raise InvalidBody(one.problems)
    more = bool(any_of) or not set(fixed) <= set(before.get("resource_ids", ()))
    moves = more or any(before.get(name) != one.values[name] for name in SPACE)
    return Draft(kind, one.values, fixed, any_of, moves)


def _place(one: Drafting, length: Length | None) -> None:
    """Where and when: label, length, seat, columns, hours."""
    facts, values = one.facts, one.values
    values["app_time"] = one.now("app_time")
    values["practitioner_id"], values["business_id"] = one.now("practitioner_id"), one.now("business_id")
    values["column_number"] = one.now("column_number", 1)
    values["duration"] = _duration(one, length)
    values["width"] = _width(one, length)
    if one.before and all(one.before[name] == values[name] for name in SPACE):
        return
    if problem := label_problem(values["app_time"], one.zone):
        one.refuse("app_time", problem)
        return
    if problem := duration_problem(values["duration"]):
        one.refuse("duration", problem)
        return
    if not facts.practitioner_known:
        one.invalid("practitioner_id")
    if not facts.business_known:
        one.invalid("business_id")
    if one.problems:
        return
    if not facts.business_active:
        one.refuse("business_id", "is an archived business.")
    elif not facts.practitioner_active or facts.columns is None:
        one.refuse("practitioner_id", "is nobody who works at this business.")
    else:
        _columns(one, facts.columns)
        if problem := hours_problem(Span(values["app_time"], values["duration"]), facts.opens, facts.closes):
            one.refuse("app_time", problem)


def _columns(one: Drafting, enabled: int) -> None:
    column, width = one.values["column_number"], one.values["width"]
    if column > enabled:
        one.refuse("column_number", f"must not be greater than {enabled}, the practitioner's columns at this business.")
    elif column + width - 1 > enabled:
        one.refuse("width", f"must not be greater than {enabled - column + 1}: the practitioner has {enabled} columns.")


def _duration(one: Drafting, length: Length | None) -> int:
    if "duration" in one.given or length is None:
        return int(one.now("duration", 0))
    # The length of the hold was a guess: the type is known now.
    return rounded_up(length.minutes)


def _width(one: Drafting, length: Length | None) -> int:
    """A type's width is a wish: where the practitioner has fewer columns, those there are."""
    if "width" in one.given or length is None:
        return int(one.now("width", 1))
    room = (one.facts.columns or 1) - one.values["column_number"] + 1
    return max(1, min(length.width, int(room)))


def _booking(one: Drafting) -> Length | None:
    """Type, profession, patient and what follows from them. Gives the type's length where the type is to decide it."""
    facts, values = one.facts, one.values
    values["appointment_type_id"] = one.now("appointment_type_id")
    if one.kind == "patient":
        _patient(one)
    new_type = one.is_new or one.changes("appointment_type_id")
    if not facts.type_known:
        one.invalid("appointment_type_id")
        return None
    if new_type and not facts.type_active:
        one.refuse("appointment_type_id", "is an archived type.")
    if bool(facts.group_appointment) != (one.kind == "group"):
        wanted = (
            "a type for groups" if one.kind == "group" else "a type for single patients: groups have their own path"
        )
        one.refuse("appointment_type_id", f"must be {wanted}.")
    _profession(one)
    length = length_for(facts.own_lengths, facts.lengths, values["profession_id"], facts.fee_cat_id)
    asked = new_type or one.changes("profession_id", "practitioner_id", "business_id")
    if length is None and asked and facts.practitioner_known and not one.has_problem("profession_id"):
        one.refuse("appointment_type_id", "has no duration for this profession: profession_id may name another.")
    _items(one, length if new_type else None)
    if new_type:
        values["description"] = facts.type_description
        for name in LINKS:
            values[name] = getattr(facts, name) if facts.telehealth else None
    for name in LINKS:
        if name in one.given:
            values[name] = one.given[name]
    if one.kind == "group":
        values["group_max_size"] = one.now("max_class_size", one.before.get("group_max_size") or facts.group_max_size)
        if values["group_max_size"] < one.before.get("member_count", 0) and "max_class_size" in one.given:
            one.refuse("max_class_size", f"must be at least {one.before['member_count']}, its members.")
    return length if one.is_new else None


def _profession(one: Drafting) -> None:
    """One of the practitioner's; the default one, unless given."""
    professions = one.facts.professions
    chosen = one.now("profession_id")
    if chosen is not None and chosen not in professions:
        if one.given.get("profession_id") is not None:
            one.refuse("profession_id", "must be one of the practitioner's professions.")
        elif one.changes("practitioner_id"):
            chosen = None
    if chosen is None:
        chosen = professions[0] if professions else None
    one.values["profession_id"] = chosen


def _items(one: Drafting, length: Length | None) -> None:
    """What is billed: one item or one group. One that is given puts the other out."""
    item, group = one.given.get("item_id"), one.given.get("item_group_id")
    if item is not None and group is not None:
        one.refuse("item_group_id", "must be null where item_id is given.")
    elif item is not None or group is not None:
        one.values |= {"item_id": item, "item_group_id": group}
    elif {"item_id", "item_group_id"} & set(one.given):
        cleared = {name: None for name in ("item_id", "item_group_id") if name in one.given}
        kept = {name: one.before.get(name) for name in ("item_id", "item_group_id")}
        one.values |= kept | cleared
    elif length:
        one.values |= {"item_id": length.item_id, "item_group_id": length.item_group_id}


def _patient(one: Drafting) -> None:
    facts, values = one.facts, one.values
    values["client_id"] = one.now("client_id")
    if not facts.client_known:
        one.invalid("client_id")
    elif one.now("account_id") is not None and facts.account_id is None:
        one.invalid("account_id")
    if one.is_new or "account_id" in one.given:
        values["account_id"] = facts.account_id
    for name in REMINDERS:
        values[name] = one.now(name, False) if not one.is_new else one.given.get(name, bool(getattr(facts, name)))
    moved = not one.is_new and one.changes(*WHEN_AND_WITH_WHOM)
    if "appointment_status_id" in one.given and one.given["appointment_status_id"] is not None:
        values["appointment_status_id"] = one.given["appointment_status_id"]
    elif one.is_new or (moved and facts.resets_status):
        values["appointment_status_id"] = facts.booked


def _resources(one: Drafting) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(all of these, one of those besides)."""
    facts, usable = one.facts, one.facts.usable_resources
    if one.kind in ("reserved", "rule_out"):
        return (), ()
    if "resource_ids" in one.given:
        wanted = one.given["resource_ids"]
        if missing := [resource_id for resource_id in wanted if resource_id not in usable]:
            one.refuse(
                "resource_ids",
                f"names {', '.join(map(str, missing))}: no resource that this practitioner can use at this business.",
            )
        return tuple(wanted), ()
    held = tuple(one.before.get("resource_ids", ()))
    stays = not one.is_new and not one.changes("practitioner_id", "business_id")
    if one.kind == "note" or (stays and not (facts.resource_mode == "any" and one.changes("app_time", "duration"))):
        return tuple(resource_id for resource_id in held if stays or resource_id in usable), ()
    defaults = tuple(resource_id for resource_id in usable if resource_id in facts.type_resources)
    if stays and not set(held) <= set(defaults):
        return held, ()
    if facts.resource_mode == "any" and defaults:
        # The one it has comes first.
        return (), tuple(sorted(defaults, key=lambda resource_id: resource_id not in held))
    return defaults, ()
