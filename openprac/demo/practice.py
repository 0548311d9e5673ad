"""The clinic's own side: three sites, four professions, twelve practitioners, the fee categories."""

from datetime import time, timedelta
from typing import NamedTuple

from openprac.demo import names
from openprac.demo.dice import Calendar, Dice, Row, Weighted
from openprac.demo.people import e_mail, landline
from openprac.demo.places import COUNTRY, STREETS, Region

PRIVATE, CONCESSION, FAMILY, NDIS, DVA, WORKCOVER = "Private", "Concession", "Family", "NDIS", "DVA", "WorkCover"
FEE_CATEGORIES = (PRIVATE, CONCESSION, FAMILY, NDIS, DVA, WORKCOVER)
INACTIVE_FEE_CATEGORY = "Telehealth (old rates)"

PHYSIOTHERAPY, OCCUPATIONAL_THERAPY, PSYCHOLOGY, PODIATRY = range(4)
_PROFESSIONS = (
    ("Physiotherapy", "Physiotherapist", "BPhysio(Hons)"),
    ("Occupational Therapy", "Occupational Therapist", "BOccTher"),
    ("Psychology", "Psychologist", "MPsych(Clin)"),
    ("Podiatry", "Podiatrist", "BPod"),
)
_HOURS = ((time(8), time(18)), (time(8), time(18)), (time(7, 30), time(19)))
_COMMUNITIES = Weighted(
    (names.Community(0, names.ERAS[1].women, names.ERAS[1].men, names.ENGLISH_SURNAMES), 60.0),
    *((community, 4.0) for community in names.COMMUNITIES),
)


class Seat(NamedTuple):
    """A practitioner at a site, both as positions in their lists; `share` of the patients are booked with it."""

    practitioner: int
    business: int
    share: float
    columns: int = 1
    interval_minutes: int | None = None
    left: bool = False


class Post(NamedTuple):
    """One practitioner's post: the professions (the first is the default) and the years since the start."""

    professions: tuple[int, ...]
    years: float


_POSTS = (
    Post((PHYSIOTHERAPY,), 6),
    Post((PHYSIOTHERAPY,), 6),
    Post((PHYSIOTHERAPY,), 4.2),
    Post((PHYSIOTHERAPY,), 1.4),
    Post((OCCUPATIONAL_THERAPY,), 6),
    Post((OCCUPATIONAL_THERAPY,), 3.1),
    Post((OCCUPATIONAL_THERAPY,), 0.8),
    Post((PSYCHOLOGY,), 5.5),
    Post((PSYCHOLOGY,), 2.3),
    Post((PSYCHOLOGY,), 5),
    Post((PODIATRY, PHYSIOTHERAPY), 6),
    Post((PODIATRY,), 2),
)
SEATS = (
    Seat(0, 0, 9),
    Seat(0, 1, 7),  # two sites
    Seat(1, 0, 14, columns=2),  # two columns of the book
    Seat(2, 1, 11),
    Seat(3, 2, 8),
    Seat(4, 0, 9),
    Seat(5, 2, 8, interval_minutes=45),
    Seat(6, 1, 5),
    Seat(7, 0, 7, interval_minutes=60),
    Seat(8, 2, 6, interval_minutes=60),
    Seat(9, 1, 0, interval_minutes=60, left=True),  # archived
    Seat(10, 0, 8),
    Seat(11, 2, 8),
)
_LEFT_YEARS_AGO = 1.2


def businesses(dice: Dice, calendar: Calendar, region: Region, clinic_name: str) -> list[Row]:
    """The sites, oldest first: the city, then the two suburbs."""
    rows = []
    for number, (suburb, (opens, closes)) in enumerate(zip(region.suburbs, _HOURS, strict=False)):
        created = calendar.at(calendar.opening + timedelta(days=400 * number - 20), 36_000)
        rows.append(
            {
                "business_name": f"{clinic_name} {suburb.name}",
                "display_name": suburb.name,
                "address_1": f"{dice.whole(1, 180)} {dice.pick(STREETS)}",
                "address_2": "Level 2" if number == 0 else None,
                "suburb": suburb.name,
                "address_state": region.state,
                "postcode": suburb.postcode,
                "country": COUNTRY,
                "phone": landline(dice, region),
                "fax": landline(dice, region),
                "email": f"reception{number + 1}@example.com",
                "website": "https://clinic.example.com/",
                "appointment_start_time": opens,
                "appointment_end_time": closes,
                # Eleven zeros but the end: no such number is ever issued.
                "registration_number": f"00 000 000 {number + 1:03}",
                "registration_type": "ABN",
                "short_description": ("City", "East", "West")[number],
                "ndis_registration_number": "0000000001" if number == 0 else None,
                "interval_minutes": 15,
                # The city is open on Saturdays.
                "work_week": [1, 2, 3, 4, 5, 6] if number == 0 else [1, 2, 3, 4, 5],
                "created": created,
                "modified": calendar.later(created, dice),
            }
        )
    return rows


def professions(calendar: Calendar) -> list[Row]:
    created = calendar.at(calendar.opening - timedelta(days=20), 36_000)
    return [
        {"description": description, "default_title": title, "created": created, "modified": created}
        for description, title, _ in _PROFESSIONS
    ]


def fee_categories(calendar: Calendar) -> list[Row]:
    """All of them; the ones a clinic starts with are known by their description and not made twice."""
    created = calendar.at(calendar.opening - timedelta(days=20), 36_000)
    archived = calendar.at(calendar.opening + timedelta(days=700), 36_000)
    rows = [
        {"description": description, "archived_at": None, "created": created, "modified": created}
        for description in FEE_CATEGORIES
    ]
    rows.append(
        {"description": INACTIVE_FEE_CATEGORY, "archived_at": archived, "created": created, "modified": archived}
    )
    return rows


def practitioners(dice: Dice, calendar: Calendar) -> list[Row]:
    left = {seat.practitioner for seat in SEATS if seat.left}
    archived = calendar.at(calendar.today - timedelta(days=365 * _LEFT_YEARS_AGO), 61_200)
    rows = []
    for number, post in enumerate(_POSTS):
        description, title, degree = _PROFESSIONS[post.professions[0]]
        community, woman = dice.draw(_COMMUNITIES), dice.chance(0.65)
        first_name = dice.pick(community.women if woman else community.men)
        surname = dice.pick(community.surnames)
        created = calendar.at(max(calendar.opening, calendar.today - timedelta(days=365 * post.years)), 32_400 + number)
        rows.append(
            {
                "title": "Dr" if post.professions[0] == PSYCHOLOGY and woman else "Ms" if woman else "Mr",
                "first_name": first_name,
                "surname": surname,
                "short_description": f"{first_name[0]}{surname[0]}{number + 1}".upper(),
                "professional_title": title,
                "qualifications": degree,
                "email": e_mail(dice, first_name, surname),
                "about_me": f"{first_name} has been in {description.lower()} since {created.year - dice.whole(2, 20)}.",
                "telehealth_patient_link": f"https://telehealth.example.org/p/room-{number + 1}",
                "telehealth_practitioner_link": f"https://telehealth.example.org/h/room-{number + 1}",
                "archived_at": archived if number in left else None,
                "created": created,
                "modified": archived if number in left else calendar.later(created, dice),
            }
        )
    return rows


def practitioner_businesses(people: list[Row], sites: list[Row]) -> list[Row]:
    rows = []
    for seat in SEATS:
        person = people[seat.practitioner]
        # Nobody works at a site before it opens.
        created = max(person["created"], sites[seat.business]["created"])
        rows.append(
            {
                "practitioner_id": seat.practitioner,
                "business_id": seat.business,
                "app_book_columns": seat.columns,
                "override_intervals": seat.interval_minutes,
                "archived_at": person["archived_at"],
                "created": created,
                "modified": max(created, person["modified"]),
            }
        )
    return rows


def practitioner_professions(people: list[Row]) -> list[Row]:
    return [
        {
            "practitioner_id": number,
            "profession_id": profession,
            "title": _PROFESSIONS[profession][1],
            "qualifications": _PROFESSIONS[profession][2],
            "is_default": profession == post.professions[0],
            "created": people[number]["created"],
            "modified": people[number]["modified"],
        }
        for number, post in enumerate(_POSTS)
        for profession in post.professions
    ]
