"""The invented rosters: every way to define one is in use, the API would take them, and the book lies inside them."""

from datetime import date, timedelta
from itertools import pairwise

import httpx
import pytest

from openprac.demo.clinic import Clinic, make_clinic
from openprac.demo.hours import Hours
from openprac.demo.practice import SEATS
from openprac.kernel.row import EXTENSION, fields_of
from openprac.rosters.override import RosterOverrideRow
from openprac.rosters.roster import RosterRuleRow
from tests.api.answers import all_rows, made

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def clinic() -> Clinic:
    return make_clinic(3, TODAY, 600, name="Riverside", time_zone="Australia/Adelaide")


def test_every_way_to_define_one_is_in_use(clinic: Clinic) -> None:
    tables = clinic.tables
    overrides, rules = tables["roster_override"], tables["roster_rule"]
    assert {row["repeat"] for row in overrides} == {"once", "weekly", "monthly"}
    assert {row["nth"] for row in overrides} >= {1, -1}
    assert any(row["every"] == 2 for row in overrides)
    assert any(row["columns"] for row in rules)
    assert any(row["columns"] for row in overrides)
    for row in ("appointment_type_ids", "types_online_only"):
        assert any(one[row] for one in rules), row
    assert tables["roster_override_appointment_type"]
    assert any(not row["manual"] and row["online"] for row in rules), "an evening for online booking alone"
    assert any(not row["manual"] and not row["online"] and not row["waiting_list"] for row in tables["roster"])
    shown = {(row["roster_id"], row["weekday"]) for row in tables["roster_day"]}
    assert any((row["roster_id"], weekday) not in shown for row in overrides for weekday in row["weekdays"])
    assert all(tables[f"day_off_{name}"] for name in ("business", "practitioner"))


def test_assignments_follow_each_other_and_begin_no_sooner_than_the_work(clinic: Clinic) -> None:
    rows = clinic.tables["roster_assignment"]
    places = [(row["practitioner_id"], row["business_id"]) for row in rows]
    assert len(places) > len(set(places)), "somebody has an earlier roster, too"
    assert any(row["start_date"] > TODAY for row in rows)
    assert {place for place, row in zip(places, rows, strict=True) if row["start_date"] <= TODAY} < {
        (seat.practitioner, seat.business) for seat in SEATS if not seat.left
    }, "somebody has none yet"
    for seat in SEATS:
        mine = [row for row, place in zip(rows, places, strict=True) if place == (seat.practitioner, seat.business)]
        for first, second in pairwise(mine):
            assert first["end_date"] + timedelta(days=1) == second["start_date"]


def test_the_book_lies_inside_them(clinic: Clinic) -> None:
    hours, seats = Hours(clinic.tables), {(seat.practitioner, seat.business): seat for seat in SEATS}
    entries = clinic.tables["appointment"]
    assert len(entries) > 500
    for entry in entries:
        seat = seats[entry["practitioner_id"], entry["business_id"]]
        place = (entry["duration"], entry["column_number"], entry["appointment_type_id"])
        assert hours.fits(seat, entry["app_time"], *place), entry


def test_nobody_is_booked_on_a_day_off(clinic: Clinic) -> None:
    tables = clinic.tables
    closed = set()
    for number, row in enumerate(tables["day_off"]):
        days = [
            row["start_date"] + timedelta(days=more) for more in range((row["end_date"] - row["start_date"]).days + 1)
        ]
        for name in ("business_id", "practitioner_id"):
            for one in tables[f"day_off_{name.removesuffix('_id')}"]:
                closed |= {(name, one[name], day) for day in days if one["day_off_id"] == number}
    assert len(closed) > 5
    for entry in tables["appointment"]:
        for name in ("business_id", "practitioner_id"):
            assert (name, entry[name], entry["app_time"].date()) not in closed


def test_they_can_be_sent_back_as_they_came(here: httpx.Client) -> None:
    """So the rules of the API hold for them, too. Ids of rules stay."""
    rosters = all_rows(here, "/x/roster", "rosters")
    assert len(rosters) > 9
    names = {one.name for one in fields_of(RosterRuleRow) if one.writable_by(EXTENSION)}
    for one in rosters:
        rules = [{name: rule[name] for name in names} for rule in one["rules"]]
        answer = made(here.patch(f"/x/roster/{one['roster_id']}", json={"days": one["days"], "rules": rules}))
        assert (answer["rules"], answer["days"]) == (one["rules"], one["days"])
    names = {one.name for one in fields_of(RosterOverrideRow) if one.writable_by(EXTENSION)}
    for one in all_rows(here, "/x/roster_override", "roster_overrides"):
        path = f"/x/roster_override/{one['roster_override_id']}"
        answer = made(here.patch(path, json={name: one[name] for name in names}))
        assert {name: answer[name] for name in names} == {name: one[name] for name in names}
    for path, key, id in (
        ("/x/roster_assignment", "roster_assignments", "roster_assignment_id"),
        ("/x/day_off", "days_off", "day_off_id"),
    ):
        for one in all_rows(here, path, key):
            made(here.patch(f"{path}/{one[id]}", json={"start_date": one["start_date"], "end_date": one["end_date"]}))
