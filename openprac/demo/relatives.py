"""The people around the patients: parents of children, next of kin, plan managers, doctors to be kept posted."""

from collections.abc import Iterator
from datetime import timedelta

from openprac.demo import names
from openprac.demo.dice import Calendar, Dice, Row, Weighted
from openprac.demo.payers import NDIS_ACCOUNT
from openprac.demo.people import ADULT_YEARS, DAYS_PER_YEAR, landline
from openprac.demo.places import COUNTRY, MOBILES, Region
from openprac.demo.referrers import DOCTORS

NEXT_OF_KIN, PLAN_MANAGER, KEPT_POSTED = 0.22, 0.8, 0.06
# This part of the contacts is out of date.
ARCHIVED = 0.05

_RELATIONS = Weighted(("Partner", 40.0), ("Daughter", 20.0), ("Son", 16.0), ("Friend", 14.0), ("Neighbour", 10.0))
_DOCTORS = {doctor.called: position for position, doctor in enumerate(DOCTORS)}
_BLANK: Row = dict.fromkeys(
    names.words(
        """client_id, relationship, title, first_name, surname, address_1, suburb, address_state, postcode, country,
        home_phone, work_phone, mobile, email, notes, linked_client_id, linked_referrer_id, linked_payer_id,
        account_id, preferred_phone, archived_at, created, modified"""
    )
)


def patient_contacts(dice: Dice, calendar: Calendar, region: Region, tables: dict[str, list[Row]]) -> list[Row]:
    """The contacts of all patients, in the order in which they were made."""
    second = {
        row["client_id"]: number for number, row in enumerate(tables["patient_account"]) if row["payer_id"] is not None
    }
    homes = _homes(tables["patient"])
    rows: list[Row] = []
    for position, patient in enumerate(tables["patient"]):
        account = second.get(position)
        made = [
            *_parent(calendar, patient, tables["patient_account"], homes),
            *_next_of_kin(dice, region, patient),
            *_plan_manager(dice, account, tables),
            *_doctor(dice, patient),
        ]
        for row in made:
            row["client_id"] = position
            row["created"] = calendar.later(patient["created"], dice, sooner=8)
            row["modified"] = calendar.later(row["created"], dice)
            row["archived_at"] = row["modified"] if dice.chance(ARCHIVED) else None
            if row["linked_client_id"] == position:
                row["linked_client_id"] = None
        rows += made
    rows.sort(key=lambda row: row["created"])
    return rows


def _homes(patients: list[Row]) -> dict[tuple[str, str], int]:
    """Who lives where: full name and street to the patient's position."""
    return {(f"{row['first_name']} {row['surname']}", row["address_1"]): number for number, row in enumerate(patients)}


def _parent(calendar: Calendar, patient: Row, accounts: list[Row], homes: dict[tuple[str, str], int]) -> Iterator[Row]:
    """A child's bills go to a parent, who may be a patient as well."""
    born, addressee = patient["date_of_birth"], accounts[patient["default_account_id"]]["billing_name"]
    if born is None or born < calendar.today - timedelta(days=ADULT_YEARS * DAYS_PER_YEAR):
        return
    if addressee == f"{patient['first_name']} {patient['surname']}":
        return
    first_name, _, surname = addressee.partition(" ")
    yield _BLANK | {
        "relationship": "Parent",
        "first_name": first_name,
        "surname": surname,
        **{
            name: patient[name] for name in ("address_1", "suburb", "address_state", "postcode", "home_phone", "mobile")
        },
        "country": COUNTRY,
        "email": patient["email"],
        "linked_client_id": homes.get((addressee, patient["address_1"])),
        "preferred_phone": "Mobile" if patient["mobile"] else None,
    }


def _next_of_kin(dice: Dice, region: Region, patient: Row) -> Iterator[Row]:
    if not dice.chance(NEXT_OF_KIN):
        return
    relation, era = dice.draw(_RELATIONS), dice.pick(names.ERAS[:2])
    woman = relation == "Daughter" or (relation != "Son" and dice.chance(0.5))
    at_home = relation == "Partner"
    yield _BLANK | {
        "relationship": relation,
        "first_name": dice.pick(era.women if woman else era.men),
        "surname": dice.pick(names.ENGLISH_SURNAMES) if relation in ("Friend", "Neighbour") else patient["surname"],
        **{name: patient[name] for name in ("address_1", "suburb", "address_state", "postcode") if at_home},
        "country": COUNTRY,
        "home_phone": landline(dice, region) if dice.chance(0.4) else None,
        "mobile": dice.pick(MOBILES),
        "notes": "Has a key; ring first in an emergency." if dice.chance(0.2) else None,
        "preferred_phone": "Mobile",
    }


def _plan_manager(dice: Dice, account: int | None, tables: dict[str, list[Row]]) -> Iterator[Row]:
    """The payer's own contact, for the one account that the payer settles."""
    if account is None or tables["patient_account"][account]["short_description"] != NDIS_ACCOUNT:
        return
    if not dice.chance(PLAN_MANAGER):
        return
    row = tables["patient_account"][account]
    person = tables["payer_contact"][row["payer_contact_id"]]
    yield _BLANK | {
        "relationship": "Plan manager",
        **{
            name: person[name]
            for name in names.words(
                "title, first_name, surname, address_1, suburb, address_state, postcode, country, work_phone, email"
            )
        },
        "linked_payer_id": row["payer_id"],
        "account_id": account,
        "preferred_phone": "Work phone",
    }


def _doctor(dice: Dice, patient: Row) -> Iterator[Row]:
    position = _DOCTORS.get(patient["gp_name"])
    if position is None or not dice.chance(KEPT_POSTED):
        return
    doctor = DOCTORS[position]
    yield _BLANK | {
        "relationship": "GP",
        "title": "Dr",
        "first_name": doctor.first_name,
        "surname": doctor.surname,
        "email": doctor.email,
        "linked_referrer_id": position,
    }
