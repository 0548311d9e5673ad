"""What the clinic does and what it costs: items with a fee for each fee category, groups, appointment types."""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from openprac.demo.dice import Calendar, Row
from openprac.demo.practice import (
    CONCESSION,
    DVA,
    FAMILY,
    NDIS,
    OCCUPATIONAL_THERAPY,
    PHYSIOTHERAPY,
    PODIATRY,
    PRIVATE,
    PSYCHOLOGY,
    WORKCOVER,
)
from openprac.demo.rooms import CAR, GYM, HAND_ROOM, POOL, SURGERY, TREATMENT_ROOMS

CENT = Decimal("0.01")


class _Item(NamedTuple):
    """`charge` is the private fee; `funded` the fee of those who pay by a schedule of their own, by fee category."""

    code: str
    description: str
    charge: str
    funded: dict[str, str] = {}
    gst: bool = False
    print_code: str | None = None
    archived: bool = False


_ITEMS = (
    _Item("PT500", "Physiotherapy, initial consultation", "118.00", {DVA: "77.45", WORKCOVER: "112.30"}),
    _Item("PT505", "Physiotherapy, standard consultation", "92.00", {DVA: "77.45", WORKCOVER: "89.60"}),
    _Item("PT510", "Physiotherapy, extended consultation", "138.00", {WORKCOVER: "131.00"}),
    _Item("PT560", "Exercise class, one place", "32.00", {DVA: "23.55"}),
    _Item("PT570", "Hydrotherapy class, one place", "36.00", {DVA: "23.55"}),
    _Item("OT110", "Occupational therapy, initial assessment", "245.00", {DVA: "93.10", WORKCOVER: "228.00"}),
    _Item("OT120", "Occupational therapy, consultation", "165.00", {DVA: "93.10", WORKCOVER: "158.40"}),
    _Item("PS300", "Psychology, initial consultation", "265.00", {DVA: "168.25", WORKCOVER: "241.90"}),
    _Item("PS310", "Psychology, standard consultation", "240.00", {DVA: "168.25", WORKCOVER: "228.70"}),
    _Item("PD010", "Podiatry, initial consultation", "105.00", {DVA: "77.45"}),
    _Item("PD012", "Podiatry, standard consultation", "88.00", {DVA: "77.45"}),
    _Item("PD300", "Nail surgery, one toe", "420.00"),
    _Item("PD400", "Foot orthoses, custom made, pair", "495.00", {DVA: "431.60"}),
    _Item("NDISTH", "Therapy supports, per hour", "193.99", print_code="NDIS"),
    _Item("NDISTR", "Therapist travel, per hour", "193.99", print_code="NDIS"),
    _Item("CASECON", "Case conference, 30 minutes", "95.00"),
    _Item("REPORT", "Written report, per page", "60.00", gst=True),
    _Item("LATE", "Late cancellation", "50.00", gst=True),
    _Item("BAND", "Resistance band", "18.00", gst=True),
    _Item("TAPE", "Strapping tape, roll", "16.50", gst=True),
    _Item("ROLLER", "Foam roller", "45.00", gst=True),
    _Item("MASK", "Face mask, single use", "2.00", gst=True, archived=True),
)
_POSITIONS = {item.code: position for position, item in enumerate(_ITEMS)}

_GROUPS = (
    ("Shoulder programme: first visit", ("PT500", "BAND"), False),
    ("Orthoses: fitting", ("PD012", "PD400"), False),
    ("NDIS home visit", ("NDISTH", "NDISTR"), False),
    ("Winter special", ("PT505", "ROLLER"), True),
)
_ORTHOSES, _HOME_VISIT = 1, 2


class _Length(NamedTuple):
    """A row of durations. Without a fee category for all of them; `bills` is an item's code or a group's position."""

    profession: int
    minutes: int
    bills: str | int
    fee_category: str | None = None
    hourly: bool = False
    width: int = 1


class _Own(NamedTuple):
    """A row for one practitioner at one site, both as positions."""

    practitioner: int
    business: int
    length: _Length


class _Type(NamedTuple):
    description: str
    short_description: str
    lengths: tuple[_Length, ...]
    own: tuple[_Own, ...] = ()
    group_size: int = 0
    telehealth: bool = False
    resources: tuple[int, ...] = ()
    any_resource: bool = False
    archived: bool = False


_PT, _OT, _PSY, _POD = PHYSIOTHERAPY, OCCUPATIONAL_THERAPY, PSYCHOLOGY, PODIATRY
_HOUR_OF_NDIS = _Length(_OT, 60, "NDISTH", NDIS, hourly=True)
_TYPES = (
    _Type(
        "Initial Physiotherapy",
        "PT Initial",
        (_Length(_PT, 45, "PT500"), _Length(_PT, 60, "NDISTH", NDIS, hourly=True)),
        # A recent graduate takes longer.
        (_Own(3, 2, _Length(_PT, 60, "PT500")),),
    ),
    _Type(
        "Standard Physiotherapy",
        "PT Standard",
        (
            _Length(_PT, 30, "PT505"),
            _Length(_PT, 20, "PT505", DVA),
            _Length(_PT, 40, "PT505", WORKCOVER),
            _Length(_PT, 60, "NDISTH", NDIS, hourly=True),
        ),
        (
            _Own(3, 2, _Length(_PT, 40, "PT505")),
            _Own(1, 0, _Length(_PT, 20, "PT505")),
            _Own(1, 0, _Length(_PT, 30, "PT505", WORKCOVER)),
        ),
        resources=TREATMENT_ROOMS,
        any_resource=True,
    ),
    _Type("Extended Physiotherapy", "PT Extended", (_Length(_PT, 60, "PT510"),)),
    _Type("Clinical Pilates Class", "Pilates", (_Length(_PT, 60, "PT560"),), group_size=6, resources=(GYM,)),
    _Type("Hydrotherapy Class", "Hydro", (_Length(_PT, 45, "PT570"),), group_size=8, resources=(POOL,)),
    _Type(
        "Initial Occupational Therapy",
        "OT Initial",
        (_Length(_OT, 90, "OT110"), _Length(_OT, 120, "NDISTH", NDIS, hourly=True)),
    ),
    _Type(
        "Standard Occupational Therapy",
        "OT Standard",
        (_Length(_OT, 45, "OT120"), _HOUR_OF_NDIS),
        (_Own(5, 2, _Length(_OT, 60, "OT120")),),
    ),
    _Type("Hand Therapy", "OT Hand", (_Length(_OT, 40, "OT120"),), resources=(HAND_ROOM,)),
    _Type(
        "Home Visit",
        "OT Home",
        (_Length(_OT, 60, "OT120"), _Length(_OT, 90, _HOME_VISIT, NDIS, hourly=True)),
        resources=(CAR,),
    ),
    _Type("Initial Psychology", "PSY Initial", (_Length(_PSY, 60, "PS300"),)),
    _Type("Standard Psychology", "PSY Standard", (_Length(_PSY, 50, "PS310"), _Length(_PSY, 60, "PS310", WORKCOVER))),
    _Type("Psychology by Telehealth", "PSY Tele", (_Length(_PSY, 50, "PS310"),), telehealth=True),
    _Type("Initial Podiatry", "POD Initial", (_Length(_POD, 45, "PD010"),)),
    _Type(
        "Standard Podiatry",
        "POD Standard",
        (_Length(_POD, 30, "PD012"), _Length(_POD, 20, "PD012", DVA)),
        (_Own(11, 2, _Length(_POD, 40, "PD012")),),
    ),
    _Type("Orthoses Fitting", "POD Orthoses", (_Length(_POD, 40, _ORTHOSES),)),
    # Two columns: nobody else is seen in the time.
    _Type("Nail Surgery", "POD Surgery", (_Length(_POD, 60, "PD300", width=2),), resources=(SURGERY,)),
    _Type(
        "Case Conference",
        "Conference",
        tuple(_Length(profession, 30, "CASECON") for profession in range(4)),
        telehealth=True,
    ),
    _Type(
        "Review by Telehealth", "Review Tele", (_Length(_PT, 20, "PT505"), _Length(_OT, 30, "OT120")), telehealth=True
    ),
    _Type("Flu Clinic", "Flu", (_Length(_PT, 10, "LATE"),), archived=True),
)


def item_tables(calendar: Calendar) -> dict[str, list[Row]]:
    """Items, their fees, groups and what is in them."""
    created, archived = _days(calendar)
    return {
        "item": [
            {
                "item_code": item.code,
                "description": item.description,
                "gst": item.gst,
                "print_code": item.print_code,
                **_life(created, archived, hidden=item.archived),
            }
            for item in _ITEMS
        ],
        "item_fee": [
            {"item_id": position, "fee_cat_id": category, "charge": charge, "discount": discount}
            for position, item in enumerate(_ITEMS)
            for category, charge, discount in _fees(item)
        ],
        "item_group": [
            {"description": description, **_life(created, archived, hidden=hidden)}
            for description, _, hidden in _GROUPS
        ],
        "item_group_item": [
            {"item_group_id": position, "item_id": _POSITIONS[code]}
            for position, (_, codes, _) in enumerate(_GROUPS)
            for code in codes
        ],
    }


def type_tables(calendar: Calendar) -> dict[str, list[Row]]:
    """Appointment types, their lengths and what they take."""
    created, archived = _days(calendar)
    return {
        "appointment_type": [
            {
                "description": one.description,
                "short_description": one.short_description,
                "group_appointment": one.group_size > 0,
                "group_max_size": one.group_size,
                "telehealth": one.telehealth,
                "resource_mode": "any" if one.any_resource else "all",
                "profession_id": min(length.profession for length in one.lengths),
                **_life(created, archived, hidden=one.archived),
            }
            for one in _TYPES
        ],
        "appointment_type_duration": [
            {"appointment_type_id": position, **_duration(length)}
            for position, one in enumerate(_TYPES)
            for length in one.lengths
        ],
        "practitioner_appointment_type_duration": [
            {
                "appointment_type_id": position,
                "practitioner_id": own.practitioner,
                "business_id": own.business,
                **_duration(own.length),
            }
            for position, one in enumerate(_TYPES)
            for own in one.own
        ],
        "appointment_type_resource": [
            {"appointment_type_id": position, "resource_id": resource}
            for position, one in enumerate(_TYPES)
            for resource in one.resources
        ],
    }


def _fees(item: _Item) -> list[tuple[str, Decimal, Decimal]]:
    """(fee category, charge, discount): concession and family pay less than private, funds by their own schedule."""
    charge = Decimal(item.charge)
    fees = [
        (PRIVATE, charge, Decimal("0.00")),
        (CONCESSION, charge, (charge * Decimal("0.15")).quantize(CENT, ROUND_HALF_UP)),
        (FAMILY, charge, (charge * Decimal("0.10")).quantize(CENT, ROUND_HALF_UP)),
    ]
    if item.print_code == "NDIS":
        fees = [(NDIS, charge, Decimal("0.00"))]
    return fees + [(category, Decimal(text), Decimal("0.00")) for category, text in item.funded.items()]


def _duration(length: _Length) -> Row:
    return {
        "profession_id": length.profession,
        "duration": length.minutes,
        "width": length.width,
        "fee_cat_id": length.fee_category,
        "all_fee_cats": None if length.fee_category else True,
        "hourly_billing": length.hourly,
        "item_id": _POSITIONS[length.bills] if isinstance(length.bills, str) else None,
        "item_group_id": length.bills if isinstance(length.bills, int) else None,
    }


def _days(calendar: Calendar) -> tuple[datetime, datetime]:
    """When the lists were made, and when what is out of use was hidden."""
    opening = calendar.opening
    return calendar.at(opening - timedelta(days=18), 36_000), calendar.at(opening + timedelta(days=900), 36_000)


def _life(created: datetime, archived: datetime, *, hidden: bool) -> Row:
    return {
        "archived_at": archived if hidden else None,
        "created": created,
        "modified": archived if hidden else created,
    }
