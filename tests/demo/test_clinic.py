"""The demo clinic: deterministic, believable, plainly fictional."""

import itertools
import re
import unicodedata
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from openprac.demo.clinic import Clinic, make_clinic, object_key
from openprac.demo.dice import Row
from openprac.demo.names import CLINICS
from openprac.demo.places import REGIONS, region_of
from openprac.notes.sanitize import sanitize_memo

TODAY = date(2026, 11, 22)
ADELAIDE = CLINICS[0]
# What the Australian Communications and Media Authority keeps for fiction.
MOBILES = re.findall(
    r"\d+",
    """0491570006 0491570156 0491570157 0491570158 0491570159 0491570110 0491570313 0491570737 0491571266 0491571491
    0491571804 0491572549 0491572665 0491572983 0491573770 0491573087 0491574118 0491574632 0491575254 0491575789
    0491576398 0491576801 0491577426 0491577644 0491578957 0491578148 0491578888 0491579212 0491579760 0491579455""",
)
LANDLINE = re.compile(r"\(0[2378]\) (?:5550|7010) \d{4}")
# The published bounds of what a client may write; ours keep them everywhere.
LENGTHS = {
    **dict.fromkeys(("first_name", "surname"), 40),
    **dict.fromkeys(("address_1", "suburb", "address_state", "country", "email"), 100),
    "postcode": 10,
    **dict.fromkeys(("gender", "home_phone", "work_phone", "mobile", "phone", "fax"), 20),
}


def clinic_of(number: int = 0, *, seed: int = 7, today: date = TODAY, patients: int = 2000) -> Clinic:
    name, time_zone = CLINICS[number]
    return make_clinic(seed, today, patients, name=name, time_zone=time_zone)


@pytest.fixture(scope="module")
def clinic() -> Clinic:
    return clinic_of()


@pytest.fixture(scope="module")
def patients(clinic: Clinic) -> list[Row]:
    return clinic.tables["patient"]


def part(patients: list[Row], column: str, value: object = None) -> float:
    """The part of the patients with this value; with None, of those with any."""
    return sum(bool(row[column] == value) if value is not None else bool(row[column]) for row in patients) / len(
        patients
    )


def test_the_same_seed_and_day_give_the_same_clinic(clinic: Clinic) -> None:
    assert clinic_of() == clinic
    assert clinic_of(seed=8).tables["patient"] != clinic.tables["patient"]
    assert clinic_of(today=TODAY + timedelta(days=1)).tables["patient"] != clinic.tables["patient"]


def test_every_phone_is_one_kept_for_fiction() -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for number in range(len(CLINICS)):
        for table, rows in clinic_of(number, patients=500).tables.items():
            for row, column in itertools.product(rows, ("home_phone", "work_phone", "mobile", "phone", "fax")):
                if phone := row.get(column):
                    seen[table, column] += 1
                    plain = phone.replace("+61 ", "0").replace(" ", "")
                    assert plain in MOBILES if column == "mobile" else LANDLINE.fullmatch(phone), phone
    assert {table for table, _ in seen} == {
        *("patient", "patient_account", "patient_contact", "business"),
        *("payer", "payer_contact", "organisation", "referrer"),
    }


def test_every_e_mail_address_and_link_is_at_a_domain_kept_for_examples() -> None:
    for number in range(len(CLINICS)):
        for row in itertools.chain.from_iterable(clinic_of(number, patients=500).tables.values()):
            for value in row.values():
                if isinstance(value, str) and "@" in value:
                    assert re.fullmatch(r"[a-z0-9.]*[a-z0-9]@example\.(com|org)", value)
                if isinstance(value, str) and "://" in value:
                    assert re.match(r"https://(clinic|telehealth)\.example\.(com|org)/", value)


def test_nothing_is_longer_than_a_client_may_write(clinic: Clinic) -> None:
    for row in itertools.chain.from_iterable(clinic.tables.values()):
        for column, limit in LENGTHS.items():
            assert len(row.get(column) or "") <= limit


def test_every_row_of_a_table_has_the_same_columns(clinic: Clinic) -> None:
    for rows in clinic.tables.values():
        assert len({tuple(row) for row in rows}) == 1


def test_ages_are_those_of_an_allied_health_clinic(patients: list[Row]) -> None:
    ages = [(TODAY - row["date_of_birth"]).days / 365.25 for row in patients if row["date_of_birth"]]
    assert min(ages) >= 1
    assert max(ages) < 104
    assert 0.15 < sum(age < 18 for age in ages) / len(ages) < 0.35
    assert 0.40 < sum(18 <= age < 65 for age in ages) / len(ages) < 0.65
    assert 0.15 < sum(age >= 65 for age in ages) / len(ages) < 0.35
    assert 0 < len(patients) - len(ages) < 50


def test_files_were_made_in_the_last_six_years_in_opening_hours_and_changed_later(patients: list[Row]) -> None:
    zone = ZoneInfo(ADELAIDE[1])
    today = datetime.combine(TODAY, datetime.min.time(), zone)
    created = [row["created"] for row in patients]
    assert created == sorted(created)
    assert created[0] > today.replace(year=TODAY.year - 6)
    assert {instant.astimezone(zone).year for instant in created} == set(range(TODAY.year - 6, TODAY.year + 1))
    for row in patients:
        local = row["created"].astimezone(zone)
        assert row["created"].tzinfo is UTC
        assert row["created"] < row["modified"] < today
        assert local.weekday() < 5
        assert 8 <= local.hour < 19
        assert row["date_of_birth"] is None or row["date_of_birth"] < local.date()


def test_some_files_are_archived_and_the_dead_ones_always(patients: list[Row]) -> None:
    dead = [row for row in patients if row["deceased"]]
    archived = [row for row in patients if row["archived_at"]]
    assert 5 <= len(dead) < 60
    assert 0.05 < len(archived) / len(patients) < 0.2
    assert all(row["archived_at"] for row in dead)
    assert all(row["created"] < row["archived_at"] <= row["modified"] for row in archived)


def test_names_are_those_of_the_country(patients: list[Row]) -> None:
    surnames = Counter(row["surname"] for row in patients)
    assert len(surnames) > 250
    assert surnames.most_common(1)[0][1] < 60
    for sign in ("'", "-", " "):
        assert any(sign in surname for surname in surnames)
    assert sum(not row["surname"].isascii() for row in patients) > 20
    assert sum(not row["first_name"].isascii() for row in patients) > 20
    preferred = [row["preferred_name"] for row in patients if row["preferred_name"]]
    assert sum("LATIN" not in unicodedata.name(name[0]) for name in preferred) >= 5
    assert all(row["preferred_name"] != row["first_name"] for row in patients)


def test_what_is_often_missing_is_missing_and_what_skews_skews(patients: list[Row]) -> None:
    assert 0.75 < part(patients, "email") < 0.95
    assert 0.80 < part(patients, "mobile") < 0.98
    assert 0.10 < part(patients, "home_phone") < 0.5
    for column in ("sms_marketing_type", "email_marketing_type"):
        soft_in, opted_in, soft_out, opted_out = (part(patients, column, kind) for kind in (1, 2, 3, 4))
        assert soft_in > 0.5 > opted_in > opted_out > soft_out > 0
    for column in ("medical_warnings", "reminders_notifications"):
        assert 0.02 < part(patients, column) < 0.2
        assert all(re.match(r"<(p|ul)>.*</\1>\Z", row[column]) for row in patients if row[column])
    assert 0.3 < part(patients, "referrer") < 0.6
    assert {row["preferred_phone"] for row in patients} == {1, 2, 3, None}
    phones = {1: "home_phone", 2: "work_phone", 3: "mobile", None: "client_id"}
    assert all(row[phones[row["preferred_phone"]]] for row in patients if row["preferred_phone"])


def test_numbers_of_cards_and_claims_are_none_that_is_issued(clinic: Clinic, patients: list[Row]) -> None:
    forms = {
        "medicare_no": r"0000\d{6}",
        "ndis_number": r"000\d{6}",
        "dva_no": r"ZZ\d{6}",
        "pension_no": r"000\d{6}Z",
        "health_fund_member_no": r"TEST\d{8}",
        "worksafe_claim_no": r"TEST-\d{6}",
    }
    for column, form in forms.items():
        numbers = [row[column] for row in patients if row[column]]
        assert len(numbers) > 5
        assert all(re.fullmatch(form, number) for number in numbers)
    assert len({row["file_no"] for row in patients}) == len(patients)
    assert all(re.fullmatch(r"00 000 000 00\d", row["registration_number"]) for row in clinic.tables["business"])


def test_families_share_an_address_and_a_child_its_parents_mailbox(patients: list[Row]) -> None:
    by_name = {f"{row['first_name']} {row['surname']}": row for row in patients}
    kin = [row for row in patients if row["family_notes"]]
    assert 0.1 < len(kin) / len(patients) < 0.4
    shared = 0
    for row in kin:
        found = re.fullmatch(r"(Parent|Partner): (.*), also a patient here\.", row["family_notes"])
        assert found
        relation, name = found.groups()
        # Two patients may share a name: then the dict holds the later one.
        other = by_name[name]
        shared += all(row[column] == other[column] for column in ("address_1", "suburb", "postcode", "home_phone"))
        if relation == "Parent" and row["email"] and other["email"] and row["address_1"] == other["address_1"]:
            assert row["email"] == other["email"]
    assert shared > 0.9 * len(kin)


def test_every_patient_has_its_own_first_account_and_some_a_second(clinic: Clinic, patients: list[Row]) -> None:
    accounts = clinic.tables["patient_account"]
    for position, row in enumerate(patients):
        account = accounts[row["default_account_id"]]
        assert (account["client_id"], account["short_description"]) == (position, "PRIMARY")
    second = [account for account in accounts if account["short_description"] != "PRIMARY"]
    assert len(accounts) == len(patients) + len(second)
    names = Counter(account["short_description"] for account in second)
    assert set(names) == {"NDIS", "WORK COVER", "DVA"}
    assert min(names.values()) > 10
    for account in second:
        patient = patients[account["client_id"]]
        assert account["created"] > patient["created"]
        if account["short_description"] == "WORK COVER":
            assert account["claim_number"] == patient["worksafe_claim_no"]
            assert account["date_of_injury"] < patient["created"].date()
            assert account["employer_name"]
            assert account["injury"]
        else:
            assert account["client_no"] in (patient["ndis_number"], patient["dva_no"])


def test_the_practice_has_the_people_that_tests_of_a_client_need(clinic: Clinic, patients: list[Row]) -> None:
    tables = clinic.tables
    assert [len(tables[name]) for name in ("business", "profession", "practitioner")] == [3, 4, 12]
    assert sum(row["archived_at"] is not None for row in tables["practitioner"]) == 1
    assert sum(row["archived_at"] is not None for row in tables["fee_category"]) == 1
    seats = tables["practitioner_business"]
    assert sorted(Counter(row["practitioner_id"] for row in seats).values()) == [1] * 11 + [2]
    assert sorted(row["app_book_columns"] for row in seats) == [1] * 12 + [2]
    roles = tables["practitioner_profession"]
    assert sorted(Counter(row["practitioner_id"] for row in roles).values()) == [1] * 11 + [2]
    assert [row["practitioner_id"] for row in roles if row["is_default"]] == list(range(12))
    assert {row["profession_id"] for row in roles} == set(range(4))
    pairs = {(row["practitioner_id"], row["business_id"]): row for row in seats}
    for row in patients:
        seat = pairs[row["default_practitioner_id"], row["default_business_id"]]
        assert row["archived_at"] or seat["archived_at"] is None


@pytest.mark.parametrize(("number", "zone"), [(number, zone) for number, (_, zone) in enumerate(CLINICS)])
def test_a_clinic_lies_where_its_clock_is(number: int, zone: str) -> None:
    region = region_of(zone)
    assert region.time_zone == zone
    places = {(suburb.name, other.state, suburb.postcode) for other in REGIONS for suburb in other.suburbs}
    tables = clinic_of(number, patients=400).tables
    for row in tables["business"]:
        assert row["address_state"] == region.state
        assert row["appointment_start_time"] < row["appointment_end_time"]
    away = 0
    for row in tables["patient"]:
        assert (row["suburb"], row["address_state"], row["postcode"]) in places
        assert (row["timezone"] is None) == (row["address_state"] == region.state)
        away += row["timezone"] is not None
    assert away < 30


def test_a_third_of_the_patients_have_folders_and_few_have_files(clinic: Clinic) -> None:
    folders, attachments = (clinic.tables[f"patient_attachment{what}"] for what in ("_folder", ""))
    assert Counter(row["description"] for row in folders) == {"Referrals": 666, "Imaging": 666, "Forms": 666}
    assert len(attachments) == len(clinic.documents) == 40
    filed = [row for row in attachments if row["attachment_client_folder_id"] is not None]
    assert 5 < len(filed) < 35
    for row in filed:
        assert folders[row["attachment_client_folder_id"]]["client_id"] == row["client_id"]
    for row, document in zip(attachments, clinic.documents, strict=True):
        patient = clinic.tables["patient"][row["client_id"]]
        assert document.needs is None or patient[document.needs]
        assert row["created"] > patient["created"]
        assert row["file_date"] < TODAY
        assert row["file_type"] == row["file_name"].rpartition(".")[2]


def test_accounts_name_payers_their_own_contacts_and_the_doctors_of_the_files(clinic: Clinic) -> None:
    tables = clinic.tables
    for account in tables["patient_account"]:
        payer, contact, referrer = (account[name] for name in ("payer_id", "payer_contact_id", "referrer_id"))
        assert (payer is None) == (account["short_description"] == "PRIMARY")
        if payer is not None:
            assert tables["payer"][payer]["description"] == account["billing_name"]
        if contact is not None:
            assert tables["payer_contact"][contact]["payer_id"] == payer
        if referrer is not None:
            doctor, patient = tables["referrer"][referrer], tables["patient"][account["client_id"]]
            assert f"Dr {doctor['first_name']} {doctor['surname']}" == patient["referrer"]
            practice = tables["organisation"][doctor["organisation_id"]]
            assert practice["description"] == patient["referrer_organisation"]
    assert len({account["payer_id"] for account in tables["patient_account"]}) == 5


def test_contacts_are_of_every_kind_and_about_their_own_patient(clinic: Clinic) -> None:
    tables = clinic.tables
    contacts = tables["patient_contact"]
    assert 0.3 < len(contacts) / len(tables["patient"]) < 0.8
    for link in ("linked_client_id", "linked_referrer_id", "linked_payer_id", "account_id", "archived_at"):
        assert 10 < sum(row[link] is not None for row in contacts) < 0.5 * len(contacts)
    for row in contacts:
        patient = tables["patient"][row["client_id"]]
        assert row["created"] > patient["created"]
        assert row["linked_client_id"] != row["client_id"]
        if row["account_id"] is not None:
            account = tables["patient_account"][row["account_id"]]
            assert (account["client_id"], account["payer_id"]) == (row["client_id"], row["linked_payer_id"])
        if row["linked_client_id"] is not None:
            kin = tables["patient"][row["linked_client_id"]]
            assert (kin["first_name"], kin["surname"]) == (row["first_name"], row["surname"])


def test_html_is_as_the_sanitiser_leaves_it(clinic: Clinic) -> None:
    tables = clinic.tables
    texts = {row["memo"] for row in tables["clinical_note_memo"]}
    for name in ("medical_warnings", "reminders_notifications"):
        texts |= {row[name] for row in tables["patient"] if row[name]}
    assert len(texts) > 20
    assert any("<img" in text for text in texts)
    assert [text for text in texts if sanitize_memo(text) != text] == []


def test_memos_have_tags_and_files_of_their_patient(clinic: Clinic) -> None:
    tables = clinic.tables
    memos = tables["clinical_note_memo"]
    assert 0.1 < len(memos) / len(tables["patient"]) < 0.3
    assert len(tables["clinical_note_memo_tag"]) > 50
    assert len(tables["clinical_note_memo_attachment"]) == 10
    for row in tables["clinical_note_memo_attachment"]:
        memo = memos[row["clinical_note_memo_id"]]
        file = tables["patient_attachment"][row["attachment_client_id"]]
        assert memo["client_id"] == file["client_id"]
        assert memo["created"] > file["created"]
    for memo in memos:
        local = memo["created"].astimezone(ZoneInfo(ADELAIDE[1]))
        assert memo["memo_time"] == local.replace(tzinfo=None, microsecond=0)


def test_keys_of_objects_differ_by_seed_clinic_and_file() -> None:
    key = object_key(7, 3, 41, 0, "Consent form – signed.pdf")
    uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert re.fullmatch(rf"patient_attachment/3/41/{uuid}/Consent-form-signed\.pdf", key)
    uuids = {
        object_key(*parts, "x.pdf").split("/")[3] for parts in ((7, 3, 1, 0), (8, 3, 1, 0), (7, 4, 1, 0), (7, 3, 1, 1))
    }
    assert len(uuids) == 4


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_a_clinic_may_be_tiny(count: int) -> None:
    tables = clinic_of(patients=count).tables
    assert len(tables["patient"]) == count
    assert len(tables["patient_attachment"]) <= count


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2026, 4, 6), date(2026, 10, 4), date(2027, 1, 1)])
def test_a_clinic_stands_on_any_day(today: date) -> None:
    clinic = clinic_of(today=today, patients=300)
    midnight = datetime.combine(today, datetime.min.time(), ZoneInfo(ADELAIDE[1]))
    for row in itertools.chain.from_iterable(clinic.tables.values()):
        if "created" in row:  # links between two rows have no instants of their own
            # What is never changed has the one alone.
            assert row["created"] <= row.get("modified", row["created"]) < midnight
