"""Who sends patients: the doctors around, few so that each sends many, their practices and professions."""

from typing import NamedTuple

from openprac.demo import names
from openprac.demo.dice import Calendar, Dice, Row
from openprac.demo.people import landline
from openprac.demo.places import COUNTRY, STREETS, Region

PRACTICES = (
    "Kurrajong Family Practice",
    "Banksia Medical Centre",
    "Lantern Hill Clinic",
    "Old Tannery Doctors",
    "Bluetongue Road Surgery",
)
CLOSED_PRACTICE = "Cuttlebone Specialist Rooms (closed)"
TYPES = ("General practitioner", "Medical specialist", "Support coordinator")
FORMER_TYPE = "Chiropractor"
GENERAL_PRACTITIONER, SPECIALIST, COORDINATOR = range(3)


class Referrer(NamedTuple):
    first_name: str
    surname: str
    type: int = GENERAL_PRACTITIONER
    archived: bool = False

    @property
    def called(self) -> str:
        return f"Dr {self.first_name} {self.surname}"

    @property
    def email(self) -> str:
        return f"dr.{self.surname.lower().replace(chr(39), '')}@example.org"

    @property
    def practice(self) -> int:
        return len(self.first_name + self.surname) % len(PRACTICES)


# Those that patients' files name; the position of one here is its position among the referrers.
DOCTORS = (
    *(
        Referrer(given, names.ENGLISH_SURNAMES[7 * number], SPECIALIST if number % 5 == 4 else GENERAL_PRACTITIONER)
        for number, given in enumerate(names.ERAS[1].women[:12])
    ),
    Referrer("Anh", "Nguyen"),
    Referrer("Meera", "Patel"),
    Referrer("Spiros", "Pappas", SPECIALIST),
    Referrer("Layla", "Haddad"),
)
OTHERS = (
    Referrer("Imogen", "Quillfeather", COORDINATOR),
    Referrer("Darragh", "Saltmarsh", COORDINATOR),
    Referrer("Ottilie", "Fernando", GENERAL_PRACTITIONER, archived=True),
)


def referrer_types(calendar: Calendar) -> list[Row]:
    created, dropped = (calendar.at(calendar.opening, seconds) for seconds in (36_000, 40_000))
    rows: list[Row] = [
        {"description": description, "archived_at": None, "created": created, "modified": created}
        for description in TYPES
    ]
    rows.append({"description": FORMER_TYPE, "archived_at": dropped, "created": created, "modified": dropped})
    return rows


def organisations(dice: Dice, calendar: Calendar, region: Region) -> list[Row]:
    rows: list[Row] = []
    for description in (*PRACTICES, CLOSED_PRACTICE):
        created = calendar.at(calendar.opening, 36_000 + 60 * len(rows))
        modified = calendar.later(created, dice)
        closed = description == CLOSED_PRACTICE
        suburb = dice.pick(region.suburbs)
        rows.append(
            {
                "description": description,
                "address_1": f"{dice.whole(1, 180)} {dice.pick(STREETS)}",
                "suburb": suburb.name,
                "address_state": region.state,
                "postcode": suburb.postcode,
                "country": COUNTRY,
                "phone": landline(dice, region),
                "fax": landline(dice, region),
                "email": f"reception.{description.split()[0].lower()}@example.org",
                "contact": dice.pick(names.ERAS[1].women),
                "website": None if closed else f"https://clinic.example.org/{description.split()[0].lower()}",
                "archived_at": modified if closed else None,
                "created": created,
                "modified": modified,
            }
        )
    return rows


def referrers(dice: Dice, calendar: Calendar, region: Region, organisations: list[Row]) -> list[Row]:
    rows: list[Row] = []
    for referrer in (*DOCTORS, *OTHERS):
        medical = referrer.type != COORDINATOR
        practice = organisations[referrer.practice]
        created = calendar.later(practice["created"], dice, sooner=6)
        modified = calendar.later(created, dice)
        rows.append(
            {
                "title": "Dr" if medical else None,
                "first_name": referrer.first_name,
                "surname": referrer.surname,
                "referrer_type_id": referrer.type,
                "organisation_id": referrer.practice if medical else None,
                "email": referrer.email if medical else f"{referrer.first_name.lower()}@example.org",
                "phone": practice["phone"] if medical else landline(dice, region),
                "fax": practice["fax"] if medical else None,
                # No number that is issued: real ones are six digits and two signs.
                "provider_no": f"TEST{len(rows):04}" if medical else None,
                "address_1": practice["address_1"] if medical else None,
                "suburb": practice["suburb"],
                "address_state": practice["address_state"],
                "postcode": practice["postcode"],
                "country": COUNTRY,
                "archived_at": modified if referrer.archived else None,
                "created": created,
                "modified": modified,
            }
        )
    return rows
