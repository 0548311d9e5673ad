"""Who pays: a patient's fee category and accounts."""

from datetime import timedelta
from typing import NamedTuple

from openprac.demo import names
from openprac.demo.dice import Calendar, Dice, Row
from openprac.demo.names import words
from openprac.demo.payers import CONTACTS_EACH, DVA_ACCOUNT, NDIS_ACCOUNT, PAYERS, WORKCOVER_ACCOUNT, payer_of
from openprac.demo.people import ADULT_YEARS, Person, e_mail, landline
from openprac.demo.places import COUNTRY
from openprac.demo.practice import CONCESSION, DVA, FAMILY, NDIS, PRIVATE, WORKCOVER
from openprac.demo.referrers import DOCTORS

PENSION_YEARS = 66
FIRST_ACCOUNT = "PRIMARY"


class Billing(NamedTuple):
    """The patient's fee category and the name of the second account, if there is one."""

    fee_category: str
    second_account: str | None


# The fee category of each.
_FEE_CATEGORIES = {NDIS_ACCOUNT: NDIS, WORKCOVER_ACCOUNT: WORKCOVER, DVA_ACCOUNT: DVA}
_DOCTORS = {doctor.called: position for position, doctor in enumerate(DOCTORS)}
_EMPLOYERS = (
    "Wombat Freight Pty Ltd (sample)",
    "Pavlova Bakeries (sample)",
    "Bottlebrush Aged Care (sample)",
    "Tin Kettle Joinery (sample)",
    "Saltbush Civil (sample)",
)
_INJURIES = (
    "Lower back strain, lifting",
    "Right shoulder, rotator cuff tear",
    "Left knee, meniscus",
    "Fracture of the right wrist",
    "Psychological injury",
    "Crush injury, left index finger",
)
_COLUMNS = words(
    """client_id, short_description, billing_name, email, contact_name, claim_number, employer_name, injury,
    date_of_injury, fee_cat_id, client_no, address_1, suburb, address_state, postcode, country, phone, payer_id,
    payer_contact_id, referrer_id, created, modified"""
)
_BLANK: Row = {**dict.fromkeys(_COLUMNS), "bill_3rd_party": False, "bill_family": False}


def billing(dice: Dice, person: Person) -> Billing:
    """Who pays: NDIS for the younger, DVA for the old, WorkCover for those who work, the rest themselves."""
    years, part = person.years, dice.random()
    if years < PENSION_YEARS and part < (0.16 if years < ADULT_YEARS else 0.05):
        return Billing(NDIS if part < 0.11 else PRIVATE, NDIS_ACCOUNT)
    if ADULT_YEARS <= years < PENSION_YEARS and part > 0.95:
        return Billing(WORKCOVER if part > 0.97 else PRIVATE, WORKCOVER_ACCOUNT)
    if years >= PENSION_YEARS:
        if part < 0.12:
            return Billing(DVA, DVA_ACCOUNT)
        return Billing(CONCESSION if part < 0.75 else PRIVATE, None)
    if person.kin and part < 0.6:
        return Billing(FAMILY, None)
    return Billing(CONCESSION if part > 0.88 else PRIVATE, None)


def accounts_of(
    dice: Dice, calendar: Calendar, person: Person, paid: Billing, position: int, patient: Row
) -> list[Row]:
    """The accounts of the patient at this position: the first is the default one, a payer's may follow."""
    first = _BLANK.copy()
    first["client_id"] = position
    first["short_description"] = FIRST_ACCOUNT
    first["billing_name"] = person.parent or f"{person.first_name} {person.surname}"
    first["referrer_id"] = _DOCTORS.get(patient["referrer"])
    first["bill_family"] = paid.fee_category == FAMILY
    first["created"] = patient["created"]
    first["modified"] = patient["modified"]
    if paid.second_account is None:
        return [first]
    return [first, _second(dice, calendar, person, paid.second_account, position, patient)]


def _second(dice: Dice, calendar: Calendar, person: Person, name: str, position: int, patient: Row) -> Row:
    """The account that a payer settles."""
    second = _BLANK.copy()
    second["client_id"] = position
    second["short_description"] = name
    second["bill_3rd_party"] = True
    second["payer_id"] = payer = payer_of(name, position)
    second["billing_name"], second["email"] = PAYERS[payer].description, PAYERS[payer].email
    if name == NDIS_ACCOUNT:
        second["payer_contact_id"] = payer * CONTACTS_EACH
    second["fee_cat_id"] = _FEE_CATEGORIES[name]
    second["address_1"], second["suburb"] = f"PO Box {dice.whole(1, 999)}", patient["suburb"]
    second["address_state"], second["postcode"] = patient["address_state"], patient["postcode"]
    second["country"] = COUNTRY
    second["phone"] = landline(dice, person.home.region)
    second["client_no"] = patient["ndis_number"] or patient["dva_no"]
    second["created"] = calendar.later(patient["created"], dice, sooner=4)
    second["modified"] = calendar.later(second["created"], dice)
    if name == WORKCOVER_ACCOUNT:
        given, surname = dice.pick(names.ERAS[1].women), dice.pick(names.ENGLISH_SURNAMES)
        second["contact_name"] = f"{given} {surname}"
        second["email"] = e_mail(dice, given, surname)
        second["claim_number"] = patient["worksafe_claim_no"]
        second["employer_name"] = dice.pick(_EMPLOYERS)
        second["injury"] = dice.pick(_INJURIES)
        second["date_of_injury"] = patient["created"].date() - timedelta(days=dice.whole(1, 200))
    return second
