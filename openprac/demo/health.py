"""What is on a patient's file about health: cards and memberships, warnings, the doctors who referred."""

from datetime import UTC, date, datetime, time, timedelta

from openprac.demo.accounts import PENSION_YEARS, Billing
from openprac.demo.dice import Calendar, Dice, Row, Weighted
from openprac.demo.names import words
from openprac.demo.payers import DVA_ACCOUNT, HEALTH_FUNDS, NDIS_ACCOUNT, WORKCOVER_ACCOUNT
from openprac.demo.people import ADULT_YEARS, Person
from openprac.demo.practice import CONCESSION
from openprac.demo.referrers import DOCTORS, PRACTICES

_OCCUPATIONS = words(
    """Teacher, Nurse, Electrician, Retired, Student, Accountant, Carpenter, Chef, Retail assistant, Truck driver,
    Farmer, Office manager, Software developer, Plumber, Hairdresser, Aged care worker, Lawyer, Cleaner,
    Barista, Engineer, Musician, Home duties, Public servant, Winemaker"""
)
_WARNINGS = (
    "<p><strong>Latex allergy</strong></p>",
    "<p><strong>Allergy:</strong> adhesive tape (blisters)</p>",
    "<p>Pacemaker: <em>no electrotherapy</em></p>",
    "<ul><li>Type 2 diabetes, insulin</li><li>Reduced sensation in both feet</li></ul>",
    '<p><span style="color:#cc0000">Anticoagulants (warfarin)</span></p>',
    "<p>Epilepsy, last seizure over a year ago</p>",
    "<p>Osteoporosis &amp; falls risk</p>",
    "<p>Asthma, carries a puffer</p>",
    "<p>Total hip replacement (R): precautions &lt; 12 weeks</p>",
    "<p>Pregnant, due in spring</p>",
)
_REMINDERS = (
    "<p>Prefers morning appointments.</p>",
    "<p>Please ring the mobile on arrival; <strong>step-free entry</strong> needed.</p>",
    "<p>Interpreter booked by the clinic.</p>",
    "<p>Ask for the new care plan at the next visit.</p>",
)
_FLAGS = ("Hard of hearing, speak on the left.", "Do not leave messages at home.", "Fee owing from last year.")
_NOTES = (
    "Came by recommendation of a friend.",
    "Parks at the back.",
    "Likes to be called, not texted.",
    "Night shifts.",
)
_SOURCES = Weighted(("GP referral", 42.0), ("Word of mouth", 25.0), ("Web search", 20.0), ("Signage", 5.0), (None, 8.0))


def fill_benefits(row: Row, dice: Dice, calendar: Calendar, person: Person, paid: Billing) -> None:
    """Cards and memberships. No number is one that is issued: real Medicare numbers, say, begin with 2 to 6."""
    row["fee_cat_id"] = paid.fee_category
    if dice.chance(0.7):
        row["medicare_no"] = f"0000{dice.whole(0, 999_999):06}"
        row["medicare_irn"] = str(dice.whole(1, 5))
        row["medicare_expiry"] = _month_ahead(calendar.today, dice.whole(-8, 60))
        row["medicare_claimant"] = person.years >= ADULT_YEARS
    if dice.chance(0.38):
        row["health_fund"] = dice.pick(HEALTH_FUNDS)
        row["health_fund_member_no"] = f"TEST{dice.whole(0, 99_999_999):08}"
        row["health_fund_card_issue_no"] = f"{dice.whole(1, 9):02}"
    if paid.fee_category == CONCESSION:
        row["pension_no"] = f"000{dice.whole(0, 999_999):06}Z"
        expiry = _month_ahead(calendar.today, dice.whole(-3, 24))
        row["pension_expiry"] = datetime.combine(expiry, time(), UTC)
    if paid.second_account == NDIS_ACCOUNT:
        row["ndis_number"] = f"000{dice.whole(0, 999_999):06}"
    elif paid.second_account == DVA_ACCOUNT:
        row["dva_no"] = f"ZZ{dice.whole(0, 999_999):06}"
        row["dva_type"] = "Gold" if dice.chance(0.6) else "White"
    elif paid.second_account == WORKCOVER_ACCOUNT:
        row["worksafe_claim_no"] = f"TEST-{dice.whole(0, 999_999):06}"


def fill_history(row: Row, dice: Dice, person: Person, first_visit: date) -> None:
    if person.years >= ADULT_YEARS and dice.chance(0.5):
        row["occupation"] = "Retired" if person.years > PENSION_YEARS else dice.pick(_OCCUPATIONS)
    if dice.chance(0.11):
        row["medical_warnings"] = dice.pick(_WARNINGS)
    if dice.chance(0.06):
        row["reminders_notifications"] = dice.pick(_REMINDERS)
    if dice.chance(0.04):
        row["patient_warnings"] = dice.pick(_FLAGS)
    if dice.chance(0.08):
        row["patient_notes"] = dice.pick(_NOTES)
    doctor = dice.pick(DOCTORS)
    if dice.chance(0.6):
        row["gp_name"] = doctor.called
    row["referrer_source"] = source = dice.draw(_SOURCES)
    if source == "GP referral":
        row["referrer"] = doctor.called
        row["referrer_organisation"] = PRACTICES[doctor.practice]
        row["referrer_email"] = doctor.email
        row["referral_date"] = first_visit - timedelta(days=dice.whole(0, 40))
    if first_visit.year < 2024 and dice.chance(0.3):
        vaccinated = date(2021, 6, 1) + timedelta(days=dice.whole(0, 400))
        if vaccinated <= first_visit:
            row["covid_vaccination_status"] = "Fully vaccinated"
            row["covid_vaccination_date"] = vaccinated


def _month_ahead(today: date, months: int) -> date:
    """The first of the month that lies so many months ahead of today's."""
    month = today.year * 12 + today.month - 1 + months
    return date(month // 12, month % 12 + 1, 1)
