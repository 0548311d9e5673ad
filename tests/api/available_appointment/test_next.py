"""The next free time, the searches beyond the published one, and why a time is not offered."""

from datetime import timedelta

import pytest

from tests.api.answers import code, made
from tests.api.available_appointment.conftest import Finder, Rosters
from tests.desk import Desk


class TestNext:
    def test_is_the_first_of_the_list(self, desk: Desk, finder: Finder) -> None:
        who = desk.practitioner(columns=2)
        desk.book(who, finder.at("08:00"))
        to = finder.day + timedelta(days=7)
        answer = made(finder.ask(who, path="/next_available_appointment", to=to))
        assert answer["available_times"] == made(finder.ask(who, to=to))["available_times"][:1]
        assert (answer["total_entries"], list(answer["links"])) == (1, ["self"])
        assert answer["links"]["self"].startswith(f"{desk.cast.base_url}/v1/next_available_appointment?")

    def test_is_on_a_later_day_where_the_first_has_none(self, desk: Desk, finder: Finder, roster: Rosters) -> None:
        who = desk.practitioner(both=False)
        roster.given_to(who, days="4")
        answer = made(finder.ask(who, path="/next_available_appointment", to=finder.day + timedelta(days=7)))
        assert answer["available_times"][0]["app_time"] == f"{finder.day + timedelta(days=2)}T09:00:00"

    def test_is_nothing_where_there_is_nothing(self, desk: Desk, finder: Finder, roster: Rosters) -> None:
        who = desk.practitioner(both=False)
        roster.given_to(who, days="4")
        answer = made(finder.ask(who, path="/next_available_appointment"))
        assert (answer["available_times"], answer["total_entries"], list(answer["links"])) == ([], 0, ["self"])


class TestSeveralTypes:
    def test_are_one_list(self, desk: Desk, finder: Finder) -> None:
        who, long = desk.practitioner(both=False), desk.type_of(60)
        types = f"{desk.type},{long}"
        both = made(
            finder.ask(who, path="/x/available_appointments", appointment_type_id=None, appointment_type_ids=types)
        )
        rows = both["available_times"]
        singles = [finder.found(who), finder.found(who, appointment_type_id=long)]
        assert both["total_entries"] == sum(map(len, singles))
        assert (
            rows
            == sorted(
                [one for found in singles for one in found],
                key=lambda one: (one["app_time"], one["appointment_type_id"]),
            )[: len(rows)]
        )

    @pytest.mark.parametrize(("per", "name"), [("practitioner", "practitioner_id"), ("business", "business_id")])
    def test_the_earliest_of_each(self, desk: Desk, finder: Finder, per: str, name: str) -> None:
        first, second, long = desk.practitioner(), desk.practitioner(both=False), desk.type_of(60)
        desk.book(second, finder.at("08:00"))
        asked = {"appointment_type_id": None, "appointment_type_ids": f"{desk.type},{long}", "page_size": 200}
        whose = f"{first},{second}"
        found = made(finder.ask(path="/x/available_appointments", practitioner_ids=whose, earliest_per=per, **asked))
        earliest: dict[tuple[int, int], dict[str, object]] = {}
        page = made(finder.ask(path="/x/available_appointments", practitioner_ids=whose, **asked))
        rows = list(page["available_times"])
        while "next" in page["links"]:
            page = made(desk.api.get(page["links"]["next"]))
            rows += page["available_times"]
        for one in rows:
            earliest.setdefault((one["appointment_type_id"], one[name]), one)
        assert found["available_times"] == list(earliest.values())
        assert found["total_entries"] == len(earliest) == 4

    def test_the_earliest_of_each_day(self, desk: Desk, finder: Finder) -> None:
        who = desk.practitioner(both=False)
        asked = {"appointment_type_id": None, "appointment_type_ids": desk.type, "earliest_per": "day"}
        to = finder.day + timedelta(days=3)
        found = made(finder.ask(who, path="/x/available_appointments", to=to, **asked))["available_times"]
        assert [one["app_time"] for one in found] == [
            f"{finder.day + timedelta(days=number)}T08:00:00" for number in range(4)
        ]

    def test_an_unknown_parameter_is_refused(self, finder: Finder) -> None:
        answer = finder.ask(path="/x/available_appointments", appointment_type_id=None, appointment_type_idz=1)
        assert code(answer) == (400, "INVALID_PARAMS")
        assert "Did you mean appointment_type_ids?" in answer.json()["error"]["detail"]


class TestExplanation:
    def test_says_nothing_of_an_offered_start(self, desk: Desk, finder: Finder) -> None:
        assert finder.explained(desk.practitioner(), "09:00") == []

    def test_names_what_decides(self, desk: Desk, finder: Finder, roster: Rosters) -> None:
        who = desk.practitioner()
        one = roster.given_to(who)
        rule = roster.rule(one, "12:00", "13:00")
        entry = desk.book(who, finder.at("10:00"))["appointment_id"]
        elsewhere = desk.book(who, finder.at("11:00"), business_id=desk.other_business)["appointment_id"]

        def kinds(time: str, **more: object) -> list[tuple[str, int | None]]:
            return [(reason["kind"], reason["id"]) for reason in finder.explained(who, time, **more)]

        assert kinds("12:00") == [("rule", rule)]
        assert kinds("08:00") == [("roster", one)]
        assert kinds("10:00") == [("entry", entry)]
        assert kinds("11:00") == [("elsewhere", elsewhere)]
        assert kinds("09:00", waiting_list="true") == [("flag", one)]
        assert kinds("09:00", column_number=2) == [("no_such_column", who)]
        assert kinds("09:01") == [("off_grid", desk.business)]
        assert kinds("07:00")[0] == ("outside_hours", desk.business)
        assert kinds("17:45")[0] == ("too_long", desk.business)
        assert [reason["entry_kind"] for reason in finder.explained(who, "10:00")] == ["patient"]

    def test_tells_the_past(self, desk: Desk, finder: Finder) -> None:
        reasons = finder.explained(desk.practitioner(), "09:00", app_time="2020-01-07T09:00:30")
        assert [one["kind"] for one in reasons] == ["past", "off_grid"]

    def test_tells_what_is_not_offered_at_all(self, desk: Desk, finder: Finder) -> None:
        who = desk.practitioner(both=False)
        for more in (
            {"appointment_type_id": desk.group_type},
            {"business_id": desk.other_business},
            {"practitioner_id": 10**9},
            {"appointment_type_id": desk.type_of(appointment_type_durations=[])},
        ):
            assert [one["kind"] for one in finder.explained(who, "09:00", **more)] == ["not_offered"]

    def test_shows_descriptions_to_those_who_may_read_them(self, desk: Desk, finder: Finder, roster: Rosters) -> None:
        who = desk.practitioner()
        roster.given_to(who)
        asked = {
            "app_time": finder.at("08:00"),
            "practitioner_id": who,
            "business_id": desk.business,
            "appointment_type_id": desk.type,
        }
        assert "Clinic days" in finder.explained(who, "08:00")[0]["words"]
        with desk.key("available_appointment:read") as stranger:
            reasons = made(stranger.get("/x/availability_explanation", params=asked))["reasons"]
        assert "Clinic days" not in reasons[0]["words"]
        assert reasons[0]["kind"] == "roster"
