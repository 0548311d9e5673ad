"""The clinic's rooms and machines, its own appointment status, and the practitioners' provider numbers."""

from datetime import timedelta
from typing import NamedTuple

from openprac.demo.dice import Calendar, Row
from openprac.demo.practice import DVA, SEATS

CITY, EAST, WEST = range(3)


class _Room(NamedTuple):
    """`businesses` and `practitioners` are positions; with nobody named everybody may use it."""

    description: str
    businesses: tuple[int, ...]
    practitioners: tuple[int, ...] = ()
    archived: bool = False


_ROOMS = (
    _Room("Treatment Room 1", (CITY,)),
    _Room("Treatment Room 2", (CITY,)),
    _Room("Treatment Room East", (EAST,)),
    _Room("Treatment Room West", (WEST,)),
    _Room("Gym", (CITY,), (0, 1, 10)),
    _Room("Pool", (EAST,), (0, 2)),
    _Room("Hand Therapy Room", (CITY, WEST), (4, 5)),
    _Room("Procedure Room", (CITY, WEST), (10, 11)),
    _Room("Clinic Car", (CITY, EAST, WEST), (4, 5, 6)),
    _Room("Ultrasound Machine", (CITY, EAST), (0, 1, 2)),
    _Room("Room 9", (CITY,), archived=True),
)
TREATMENT_ROOMS = (0, 1, 2, 3)
GYM, POOL, HAND_ROOM, SURGERY, CAR = range(4, 9)

OWN_STATUSES = (("Waiting for Referral", False), ("Quarantine Check", True))


def resource_tables(calendar: Calendar) -> dict[str, list[Row]]:
    """Resources, where they are and who may use them."""
    created = calendar.at(calendar.opening - timedelta(days=19), 36_000)
    archived = calendar.at(calendar.opening + timedelta(days=500), 36_000)
    return {
        "resource": [
            {
                "description": room.description,
                "resource_rank": rank,
                "archived_at": archived if room.archived else None,
                "created": created,
                "modified": archived if room.archived else created,
            }
            for rank, room in enumerate(_ROOMS, 1)
        ],
        "resource_business": [
            {"resource_id": number, "business_id": business}
            for number, room in enumerate(_ROOMS)
            for business in room.businesses
        ],
        "resource_practitioner": [
            {"resource_id": number, "practitioner_id": practitioner}
            for number, room in enumerate(_ROOMS)
            for practitioner in room.practitioners
        ],
    }


def own_statuses(calendar: Calendar) -> list[Row]:
    """What the clinic has added to the seven."""
    created = calendar.at(calendar.opening + timedelta(days=100), 36_000)
    archived = calendar.at(calendar.opening + timedelta(days=600), 36_000)
    return [
        {
            "status_description": description,
            "archived_at": archived if hidden else None,
            "created": created,
            "modified": archived if hidden else created,
        }
        for description, hidden in OWN_STATUSES
    ]


def provider_numbers(seats: list[Row], professions: list[Row]) -> list[Row]:
    """One for each seat and profession, and at two seats another for veterans. No such number is ever issued."""
    practised: dict[int, list[int]] = {}
    for row in professions:
        practised.setdefault(row["practitioner_id"], []).append(row["profession_id"])
    rows: list[Row] = []
    for number, (seat, row) in enumerate(zip(SEATS, seats, strict=True), 1):
        for profession in practised[seat.practitioner]:
            for category in (None, DVA) if number <= 2 else (None,):
                rows.append(
                    {
                        "practitioner_id": seat.practitioner,
                        "business_id": seat.business,
                        "profession_id": profession,
                        "provider_no": f"DEMO-{len(rows) + 1:04}",
                        "fee_cat_id": category,
                        "created": row["created"],
                        "modified": row["modified"],
                    }
                )
    return rows
