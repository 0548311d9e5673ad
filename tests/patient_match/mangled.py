"""What callers and front desks make of a patient's particulars. Every way is seeded and has a name."""

import random
import re
import unicodedata
from collections.abc import Callable, Mapping

from tests.patient_match.crowd import Patient

LETTERS = "abcdefghijklmnopqrstuvwxyz"

Asked = dict[str, str]
Way = Callable[[Patient, random.Random], Asked]


def full(patient: Patient) -> str:
    return f"{patient.first_name} {patient.surname}"


def slip(text: str, dice: random.Random) -> str:
    """One letter wrong, gone, doubled or swapped with the next."""
    places = [place for place, letter in enumerate(text) if letter.isalpha()]
    place = dice.choice(places)
    kind = dice.randrange(4)
    if kind == 0:
        return text[:place] + dice.choice(LETTERS) + text[place + 1 :]
    if kind == 1 and len(places) > 2:
        return text[:place] + text[place + 1 :]
    if kind == 2:
        return text[:place] + text[place] + text[place:]
    return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]


def plain(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))


def _digits(patient: Patient) -> str:
    phone = patient.mobile or patient.home_phone or ""
    digits = re.sub("[^0-9]", "", phone)
    return f"0{digits[2:]}" if digits.startswith("61") else digits


PHONES: Mapping[str, Callable[[str], str]] = {
    "phone as dialled": lambda digits: digits,
    "phone in E.164": lambda digits: f"+61{digits[1:]}",
    "phone with brackets": lambda digits: f"({digits[:2]}) {digits[2:6]}-{digits[6:]}",
    "phone from abroad": lambda digits: f"0011 61 {digits[1]} {digits[2:6]} {digits[6:]}",
    "phone without area": lambda digits: f"{digits[2:6]} {digits[6:]}",
}

NAMES: Mapping[str, Callable[[Patient, random.Random], str]] = {
    "name as it is": lambda patient, _: full(patient),
    "name in capitals without accents": lambda patient, _: plain(full(patient)).upper(),
    "name, last first": lambda patient, _: f"{patient.surname}, {patient.first_name}",
    "one slip in the surname": lambda patient, dice: f"{patient.first_name} {slip(patient.surname, dice)}",
    "one slip in the first name": lambda patient, dice: f"{slip(patient.first_name, dice)} {patient.surname}",
    "one slip in each": lambda patient, dice: f"{slip(patient.first_name, dice)} {slip(patient.surname, dice)}",
    "two slips in the surname": lambda patient, dice: f"{patient.first_name} {slip(slip(patient.surname, dice), dice)}",
}


def _phone(spell: Callable[[str], str]) -> Way:
    return lambda patient, _: {"phone": spell(_digits(patient))}


def _name(way: Callable[[Patient, random.Random], str]) -> Way:
    return lambda patient, dice: {"name": way(patient, dice)}


def _with_birth(way: Callable[[Patient, random.Random], str]) -> Way:
    return lambda patient, dice: {"name": way(patient, dice), "date_of_birth": patient.date_of_birth.isoformat()}


WAYS: Mapping[str, Way] = {
    **{name: _phone(spell) for name, spell in PHONES.items()},
    **{name: _name(way) for name, way in NAMES.items()},
    "one slip in each, with date_of_birth": _with_birth(NAMES["one slip in each"]),
    "two slips in the surname, with date_of_birth": _with_birth(NAMES["two slips in the surname"]),
    "email in capitals": lambda patient, _: {"email": (patient.email or "").upper()},
    "a contact's phone and the name": lambda patient, dice: {
        "phone": patient.contact_phone or "",
        "name": NAMES["one slip in the first name"](patient, dice),
    },
}


def questions(way: str, patients: list[Patient], dice: random.Random, count: int) -> list[tuple[int, Asked]]:
    """(position of the patient, what is asked) for patients who have what the way needs."""
    found: list[tuple[int, Asked]] = []
    while len(found) < count:
        place = dice.randrange(len(patients))
        patient = patients[place]
        if way.startswith("phone") and not _digits(patient):
            continue
        asked = WAYS[way](patient, dice)
        if all(asked.values()):
            found.append((place, asked))
    return found
