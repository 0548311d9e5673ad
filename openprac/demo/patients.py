"""The patients' files and who pays: one function for each part of a file, each over the same draws' stream."""

from datetime import datetime, timedelta

from openprac.demo import accounts, health
from openprac.demo.dice import Calendar, Dice, Row, Weighted
from openprac.demo.names import words
from openprac.demo.people import ADULT_YEARS, DAYS_PER_YEAR, Person, household, landline
from openprac.demo.places import COUNTRY, Region
from openprac.demo.practice import SEATS

HOME_PHONE, WORK_PHONE, MOBILE_PHONE = 1, 2, 3
OLD_YEARS = 70
# A file younger than this is in use.
YOUNG_FILE_YEARS = 0.25
SOFT_OPT_IN, OPT_IN, SOFT_OPT_OUT, OPT_OUT = 1, 2, 3, 4

_COLUMNS = words(
    """title, first_name, middle_name, surname, preferred_name, date_of_birth, email, gender, address_1, address_2,
    suburb, address_state, postcode, country, home_phone, work_phone, mobile, preferred_phone, file_no,
    patient_notes, patient_warnings, fee_cat_id, health_fund, health_fund_member_no, health_fund_card_issue_no,
    pension_no, pension_expiry, worksafe_claim_no, occupation, default_account_id, medicare_no, medicare_irn,
    medicare_expiry, medicare_claimant, dva_no, dva_type, default_business_id, default_practitioner_id,
    referrer, referrer_email, referrer_organisation, referrer_source, referral_date, medical_warnings,
    reminders_notifications, gp_name, deceased, family_notes, covid_vaccination_status, covid_vaccination_date,
    ndis_number, email_marketing_type, sms_marketing_type, sex_id, pronoun_id, timezone, default_phone_reminder,
    default_sms_reminder, default_email_reminder, default_sms_confirmation, default_email_confirmation,
    default_sms_follow_up, default_email_follow_up, archived_at, created, modified"""
)
_BLANK: Row = {**dict.fromkeys(_COLUMNS), "country": COUNTRY, "deceased": False}

_TITLES = {
    "Female": Weighted(("Ms", 40.0), ("Mrs", 32.0), ("Miss", 12.0), ("Dr", 2.0), (None, 14.0)),
    "Male": Weighted(("Mr", 83.0), ("Dr", 2.0), (None, 15.0)),
}
_OTHER_TITLES = Weighted(("Mx", 40.0), (None, 60.0))
_GENDERS = {
    "Female": Weighted((None, 70.0), ("Female", 20.0), ("Woman", 8.5), ("Non-binary", 1.0), ("Trans man", 0.5)),
    "Male": Weighted((None, 70.0), ("Male", 20.0), ("Man", 8.5), ("Non-binary", 1.0), ("Trans woman", 0.5)),
}
_OTHER_GENDERS = Weighted((None, 50.0), ("Non-binary", 30.0), ("Prefer not to say", 20.0))
_PRONOUNS = {
    "Female": Weighted((None, 60.0), ("She/Her", 38.0), ("They/Them", 2.0)),
    "Male": Weighted((None, 60.0), ("He/Him", 38.0), ("They/Them", 2.0)),
}
_OTHER_PRONOUNS = Weighted((None, 60.0), ("They/Them", 40.0))
# Few people answer the question themselves, so most statuses are the clinic's own ("soft").
_SMS_MARKETING = Weighted((SOFT_OPT_IN, 64.0), (OPT_IN, 21.0), (SOFT_OPT_OUT, 4.0), (OPT_OUT, 11.0))
_EMAIL_MARKETING = Weighted((SOFT_OPT_IN, 58.0), (OPT_IN, 18.0), (SOFT_OPT_OUT, 6.0), (OPT_OUT, 18.0))
_SEATS = Weighted(*((seat, seat.share) for seat in SEATS))
_LEFT = [seat for seat in SEATS if seat.left]


def patients_and_accounts(dice: Dice, calendar: Calendar, region: Region, count: int) -> tuple[list[Row], list[Row]]:
    """So many patients, oldest file first, and their accounts; accounts and patients name each other by position."""
    patients: list[Row] = []
    found: list[Row] = []
    for number, (created, person) in enumerate(_files(dice, calendar, region, count)):
        billing = accounts.billing(dice, person)
        row = _BLANK.copy()
        row["file_no"] = f"{created.year % 100:02}{number + 1:05}"
        row["default_account_id"] = len(found)
        _identity(row, dice, person)
        _contact(row, dice, person)
        health.fill_benefits(row, dice, calendar, person, billing)
        health.fill_history(row, dice, person, created.date())
        _preferences(row, dice)
        _life_of_file(row, dice, calendar, person, created)
        patients.append(row)
        found += accounts.accounts_of(dice, calendar, person, billing, number, row)
    return patients, found


def _files(dice: Dice, calendar: Calendar, region: Region, count: int) -> list[tuple[datetime, Person]]:
    """The people who came, by the instant their file was made; the clinic grows, so late days have more of them."""
    found: list[tuple[datetime, Person]] = []
    while len(found) < count:
        day = calendar.opening + timedelta(days=int(calendar.days * dice.random() ** 0.7))
        instant = calendar.working_time(day, dice)
        for person in household(dice, calendar, region, instant.date()):
            found.append((instant, person))
            # The others of a household come along on the day, or some other time.
            instant = min(instant + timedelta(seconds=240), calendar.last)
            if dice.chance(0.3):
                other_day = calendar.later(instant, dice, sooner=3).astimezone(calendar.zone).date()
                instant = calendar.working_time(other_day, dice)
    del found[count:]
    found.sort(key=lambda file: file[0])
    return found


def _identity(row: Row, dice: Dice, person: Person) -> None:
    sex = person.sex
    title = dice.draw(_TITLES.get(sex, _OTHER_TITLES))
    if person.years < ADULT_YEARS:
        title = {"Female": "Miss", "Male": "Master"}.get(sex) if title else None
    row["title"] = title
    row["first_name"] = person.first_name
    row["middle_name"] = person.middle_name
    row["surname"] = person.surname
    row["preferred_name"] = person.preferred_name
    row["date_of_birth"] = None if dice.chance(0.008) else person.born
    row["gender"] = dice.draw(_GENDERS.get(sex, _OTHER_GENDERS))
    row["sex_id"] = sex
    row["pronoun_id"] = dice.draw(_PRONOUNS.get(sex, _OTHER_PRONOUNS))
    if person.kin:
        relation = "Parent" if person.parent else "Partner"
        row["family_notes"] = f"{relation}: {person.kin}, also a patient here."


def _contact(row: Row, dice: Dice, person: Person) -> None:
    home = person.home
    row["address_1"] = home.address_1
    row["address_2"] = home.address_2
    row["suburb"] = home.suburb
    row["address_state"] = home.region.state
    row["postcode"] = home.postcode
    row["home_phone"] = home.phone
    row["timezone"] = home.time_zone
    if dice.chance(0.93 if person.years < OLD_YEARS else 0.7):
        row["mobile"] = _typed(dice, person.mobile)
        row["preferred_phone"] = MOBILE_PHONE
    elif home.phone:
        row["preferred_phone"] = HOME_PHONE
    if dice.chance(0.88 if person.years < OLD_YEARS else 0.55):
        row["email"] = person.email
    if ADULT_YEARS <= person.years < OLD_YEARS and dice.chance(0.08):
        row["work_phone"] = landline(dice, home.region)
        row["preferred_phone"] = row["preferred_phone"] or WORK_PHONE


def _typed(dice: Dice, mobile: str) -> str:
    """A mobile number as receptions and patients write it."""
    if dice.chance(0.8):
        return mobile
    return mobile.replace(" ", "") if dice.chance(0.8) else f"+61 {mobile[1:]}"


def _preferences(row: Row, dice: Dice) -> None:
    row["sms_marketing_type"] = dice.draw(_SMS_MARKETING)
    row["email_marketing_type"] = dice.draw(_EMAIL_MARKETING)
    by_sms = row["mobile"] is not None and not dice.chance(0.04)
    by_email = row["email"] is not None and not dice.chance(0.06)
    row["default_phone_reminder"] = not by_sms and not by_email
    row["default_sms_reminder"] = row["default_sms_confirmation"] = by_sms
    row["default_email_reminder"] = row["default_email_confirmation"] = by_email
    row["default_sms_follow_up"] = by_sms and not dice.chance(0.2)
    row["default_email_follow_up"] = by_email and not dice.chance(0.15)


def _life_of_file(row: Row, dice: Dice, calendar: Calendar, person: Person, created: datetime) -> None:
    """Who looks after the patient, when the file was changed, and whether it is still in use."""
    years_on_file = (calendar.last - created).days / DAYS_PER_YEAR
    deceased = years_on_file > YOUNG_FILE_YEARS and dice.chance(0.05 if person.years >= OLD_YEARS else 0.002)
    archived = deceased or (years_on_file > YOUNG_FILE_YEARS and dice.chance(0.035 * years_on_file))
    seat = dice.pick(_LEFT) if archived and dice.chance(0.15) else dice.draw(_SEATS)
    row["default_business_id"] = seat.business
    row["default_practitioner_id"] = seat.practitioner
    row["created"] = created
    row["modified"] = calendar.later(created, dice)
    if archived:
        row["deceased"] = deceased
        row["archived_at"] = row["modified"]
