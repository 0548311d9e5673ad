"""The invented book: nothing overlaps, and it is full enough to look at."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest

from openprac.demo.book import DAYS_AFTER, DAYS_BEFORE
from openprac.demo.clinic import Clinic, make_clinic
from openprac.demo.dice import Row

TODAY = date(2026, 11, 22)


def clinic_of(patients: int) -> Clinic:
    return make_clinic(3, TODAY, patients, name="Riverside", time_zone="Australia/Adelaide")


@pytest.fixture(scope="module", params=[12, 60, 2000])
def clinic(request: pytest.FixtureRequest) -> Clinic:
    return clinic_of(request.param)


def end_of(entry: Row) -> datetime:
    return datetime.fromisoformat(str(entry["app_time"])) + timedelta(minutes=entry["duration"])


def test_nobody_and_no_room_is_taken_twice(clinic: Clinic) -> None:
    entries = clinic.tables["appointment"]
    taken: dict[tuple[object, ...], list[tuple[datetime, datetime]]] = {}
    for entry in entries:
        if entry["state"] == "live":
            whose = ("column", entry["practitioner_id"], entry["column_number"])
            taken.setdefault(whose, []).append((entry["app_time"], end_of(entry)))
    for row in clinic.tables["appointment_resource"]:
        taken.setdefault(("room", row["resource_id"]), []).append(row["span"])
    for spans in taken.values():
        assert all(first[1] <= second[0] for first, second in pairwise(sorted(spans)))


def test_a_practitioner_is_at_one_site_a_day_and_within_its_hours(clinic: Clinic) -> None:
    sites: dict[tuple[int, date], set[int]] = {}
    for entry in clinic.tables["appointment"]:
        site = clinic.tables["business"][entry["business_id"]]
        assert site["appointment_start_time"] <= entry["app_time"].time()
        assert end_of(entry).time() <= site["appointment_end_time"]
        assert entry["app_time"].isoweekday() in site["work_week"]
        sites.setdefault((entry["practitioner_id"], entry["app_time"].date()), set()).add(entry["business_id"])
    assert {len(found) for found in sites.values()} == {1}


def test_it_lies_around_today_and_holds_every_kind(clinic: Clinic) -> None:
    entries = clinic.tables["appointment"]
    days = [entry["app_time"].date() for entry in entries]
    assert min(days) >= TODAY - timedelta(days=DAYS_BEFORE)
    assert max(days) <= TODAY + timedelta(days=DAYS_AFTER)
    kinds = Counter(entry["kind"] for entry in entries)
    assert set(kinds) == {"patient", "note", "group", "rule_out"}
    assert kinds["patient"] > sum(kinds.values()) / 2
    assert {row["kind"] for row in clinic.tables["appointment_resource"]} == {"patient", "note", "group"}
    assert any(row["cancellation"] for row in clinic.tables["cancelled_appointment"])
    assert clinic.tables["waiting_list_entry"]


def test_classes_hold_their_members(clinic: Clinic) -> None:
    members = Counter(row["appointment_id"] for row in clinic.tables["appointment_client"])
    for place, entry in enumerate(clinic.tables["appointment"]):
        if entry["kind"] == "group":
            assert 0 < members[place] == entry["member_count"] <= entry["group_max_size"]
    pairs = [(row["appointment_id"], row["client_id"]) for row in clinic.tables["appointment_client"]]
    assert len(pairs) == len(set(pairs))


def test_entries_were_made_before_today_in_order(clinic: Clinic) -> None:
    made = [entry["created"] for entry in clinic.tables["appointment"]]
    assert made == sorted(made)
    assert max(made).date() < TODAY
    for entry in clinic.tables["appointment"]:
        if entry["client_id"] is not None:
            assert entry["created"] >= clinic.tables["patient"][entry["client_id"]]["created"]


def test_lunch_is_at_lunchtime() -> None:
    lunches = [entry for entry in clinic_of(2000).tables["appointment"] if entry["description"] == "Lunch"]
    assert len(lunches) > 100
    assert {entry["app_time"].time() for entry in lunches} == {time(12, 30)}
