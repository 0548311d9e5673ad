"""What the invented clinic does and what it costs: types somebody performs, fees with cents, rooms of its sites."""

from datetime import date
from decimal import Decimal

import pytest

from openprac.demo.clinic import Clinic, make_clinic
from openprac.demo.dice import Row
from openprac.demo.names import CLINICS
from openprac.demo.practice import FEE_CATEGORIES


@pytest.fixture(scope="module")
def clinic() -> Clinic:
    name, time_zone = CLINICS[0]
    return make_clinic(7, date(2026, 11, 22), 20, name=name, time_zone=time_zone)


def seats_of(clinic: Clinic) -> set[tuple[int, int]]:
    return {(row["practitioner_id"], row["business_id"]) for row in clinic.tables["practitioner_business"]}


def practised(clinic: Clinic) -> set[tuple[int, int]]:
    return {(row["practitioner_id"], row["profession_id"]) for row in clinic.tables["practitioner_profession"]}


def durations(clinic: Clinic) -> list[Row]:
    return clinic.tables["appointment_type_duration"] + clinic.tables["practitioner_appointment_type_duration"]


def test_every_type_has_a_length_for_all_fee_categories_in_each_of_its_professions(clinic: Clinic) -> None:
    rows = clinic.tables["appointment_type_duration"]
    everybody = {(row["appointment_type_id"], row["profession_id"]) for row in rows if row["all_fee_cats"]}
    assert {(row["appointment_type_id"], row["profession_id"]) for row in durations(clinic)} == everybody
    assert {number for number, _ in everybody} == set(range(len(clinic.tables["appointment_type"])))
    assert len({profession for _, profession in everybody}) == 4


def test_every_row_is_for_one_fee_category_or_all_and_bills_one_thing(clinic: Clinic) -> None:
    for row in durations(clinic):
        assert (row["fee_cat_id"] is None) != (row["all_fee_cats"] is None)
        assert row["fee_cat_id"] is None or row["fee_cat_id"] in FEE_CATEGORIES
        assert (row["item_id"] is None) != (row["item_group_id"] is None)
        assert row["duration"] % 5 == 0
    assert sum(row["fee_cat_id"] is not None for row in durations(clinic)) >= 5
    assert sum(row["hourly_billing"] for row in durations(clinic)) >= 4


def test_overrides_and_provider_numbers_are_of_people_who_work_there_in_the_profession(clinic: Clinic) -> None:
    overrides = clinic.tables["practitioner_appointment_type_duration"]
    numbers = clinic.tables["practitioner_provider_number"]
    assert len(overrides) >= 5
    for row in overrides + numbers:
        assert (row["practitioner_id"], row["business_id"]) in seats_of(clinic)
        assert (row["practitioner_id"], row["profession_id"]) in practised(clinic)
    assert {(row["practitioner_id"], row["business_id"]) for row in numbers} == seats_of(clinic)
    assert all(row["provider_no"].startswith("DEMO-") for row in numbers)


def test_codes_are_short_and_unlike_and_fees_have_cents(clinic: Clinic) -> None:
    codes = [row["item_code"] for row in clinic.tables["item"]]
    assert len({code.lower() for code in codes}) == len(codes)
    assert max(map(len, codes)) <= 7
    fees = clinic.tables["item_fee"]
    assert {row["item_id"] for row in fees} == set(range(len(codes)))
    for row in fees:
        assert Decimal(0) <= row["discount"] <= row["charge"] < 1000
        assert row["charge"].as_tuple().exponent == row["discount"].as_tuple().exponent == -2


def test_classes_have_sizes_and_rooms_their_people(clinic: Clinic) -> None:
    types, tables = clinic.tables["appointment_type"], clinic.tables
    assert sum(row["group_appointment"] for row in types) == 2
    assert all((row["group_max_size"] > 0) == row["group_appointment"] for row in types)
    where = {row["resource_id"]: row["business_id"] for row in tables["resource_business"]}
    assert set(where) == set(range(len(tables["resource"])))
    sites: dict[int, set[int]] = {}
    for row in tables["resource_business"]:
        sites.setdefault(row["resource_id"], set()).add(row["business_id"])
    for row in tables["resource_practitioner"]:
        seats = {business for person, business in seats_of(clinic) if person == row["practitioner_id"]}
        assert seats & sites[row["resource_id"]]
