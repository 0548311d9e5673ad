"""The published list of free times: what it shows, what it takes into account, what it refuses."""

from datetime import timedelta

import httpx
import pytest

from tests.api.answers import code, made
from tests.api.available_appointment.conftest import Finder, Rosters
from tests.desk import Desk

FIELDS = [
    "app_time",
    "column_number",
    "item_id",
    "item_group_id",
    "appointment_type_id",
    "practitioner_id",
    "business_id",
    "profession_id",
    "width",
    "duration",
    "resource_ids",
    "practitioner_name",
]


def test_an_empty_day_is_free_on_the_grid_from_opening_to_closing(desk: Desk, finder: Finder) -> None:
    who = desk.practitioner(both=False)
    found = finder.found(who)
    assert [list(one) for one in found] == [FIELDS] * len(found)
    assert found[0] == {
        "app_time": finder.at("08:00"),
        "column_number": 1,
        "item_id": None,
        "item_group_id": None,
        "appointment_type_id": desk.type,
        "practitioner_id": who,
        "business_id": desk.business,
        "profession_id": desk.profession,
        "width": 1,
        "duration": 30,
        "resource_ids": [],
        "practitioner_name": found[0]["practitioner_name"],
    }
    assert found[-1]["app_time"] == finder.at("17:30")
    assert found[0]["practitioner_name"].startswith("Robin Example")


def test_pages_hang_together_and_links_keep_the_callers_query(desk: Desk, finder: Finder) -> None:
    who = desk.practitioner(columns=2)
    everything = finder.found(who, page_size=200)
    assert [one["app_time"] for one in everything] == sorted(one["app_time"] for one in everything)
    page = made(finder.ask(who, page_size=7))
    assert (page["total_entries"], set(page["links"])) == (made(finder.ask(who))["total_entries"], {"self", "next"})
    rows = list(page["available_times"])
    while "next" in page["links"]:
        page = made(desk.api.get(page["links"]["next"]))
        assert {"self", "previous"} <= set(page["links"])
        rows += page["available_times"]
        if len(rows) >= 200:
            break
    assert rows[:200] == everything[: len(rows)]
    assert f"practitioner_ids={who}" in page["links"]["self"]
    assert page["links"]["self"].startswith(f"{desk.cast.base_url}/v1/available_appointments?page=")
    assert made(finder.ask(who, page=9999))["available_times"] == []


def test_entries_of_every_kind_and_the_other_business_are_in_the_way(desk: Desk, finder: Finder) -> None:
    who = desk.practitioner()
    desk.book(who, finder.at("08:00"))
    desk.group(who, finder.at("09:00"))
    desk.hold(who, finder.at("10:00"))
    lapsed = desk.hold(who, finder.at("11:00"))
    made(desk.api.post("/note", json=desk.space(who, finder.at("12:00"), description="Lunch")))
    made(desk.api.post("/rule_out", json=desk.space(who, finder.at("13:00"), description="Away")))
    desk.book(who, finder.at("14:00"), business_id=desk.other_business)
    desk.lapse(lapsed)
    times = finder.times(who)
    taken = {f"{hour:02}:{minute:02}" for hour in (8, 9, 10, 12, 13, 14) for minute in (0, 15, 5, 10, 20, 25)}
    assert taken.isdisjoint(times)
    assert {"08:30", "09:30", "11:00", "11:15", "14:30"} <= set(times)


def test_every_offered_start_can_be_booked(desk: Desk, finder: Finder) -> None:
    who = desk.practitioner(columns=3)
    wide = desk.type_of(40, width=2)
    desk.book(who, finder.at("12:10"), column_number=2)
    booked = 0
    while offered := finder.found(who, appointment_type_id=wide, business_ids=desk.business):
        one = offered[booked % len(offered)]
        names = ("app_time", "column_number", "practitioner_id", "business_id", "appointment_type_id", "profession_id")
        body = {name: one[name] for name in (*names, "width", "duration")}
        answer = made(desk.api.post("/appointment", json={"client_id": desk.client, **body}))
        assert answer["resource_ids"] == one["resource_ids"]
        booked += 1
    assert booked > 5


def test_rosters_rules_and_overrides_decide(desk: Desk, finder: Finder, roster: Rosters) -> None:
    who = desk.practitioner(both=False)
    other_type = desk.type_of(30)
    one = roster.given_to(who)
    roster.rule(one, "12:00", "13:00")
    roster.rule(one, "15:00", "17:00", "true, true, true", str(other_type))
    roster.override(one, "16:00", "18:00")
    times = finder.times(who)
    assert (times[0], times[-1]) == ("09:00", "17:30")
    assert not {time for time in times if "11:30" < time < "13:00" or "14:30" < time < "16:00"}
    assert "15:00" in finder.times(who, appointment_type_id=other_type)
    assert finder.times(who, waiting_list="true")[0] == "16:00"
    assert finder.times(who, online="true") == times


def test_without_a_roster_only_staff_may_book(desk: Desk, finder: Finder) -> None:
    who = desk.practitioner(both=False)
    assert finder.times(who) == finder.times(who, manual="true") == finder.times(who, online="false")
    assert finder.times(who, online="true") == finder.times(who, manual="true", waiting_list="true") == []


def test_days_off_close(desk: Desk, finder: Finder) -> None:
    who = desk.practitioner(both=False)
    ((day_off,),) = desk.sql(
        "INSERT INTO day_off (tenant_id, description, start_date, end_date) VALUES ($1, 'Leave', $2, $2) "
        "RETURNING day_off_id",
        desk.clinic.tenant_id,
        finder.day,
    )
    desk.sql(
        "INSERT INTO day_off_practitioner (tenant_id, day_off_id, practitioner_id) VALUES ($1, $2, $3)",
        desk.clinic.tenant_id,
        day_off,
        who,
    )
    days = {one["app_time"][:10] for one in finder.found(who, to=finder.day + timedelta(days=1))}
    assert days == {str(finder.day + timedelta(days=1))}


def test_the_length_is_that_of_the_account_the_patient_or_everybody(desk: Desk, finder: Finder) -> None:
    who = desk.practitioner(both=False)
    rows = [{"profession_id": desk.profession, "duration": 30, "all_fee_cats": True}]
    rows.append({"profession_id": desk.profession, "duration": 58, "fee_cat_id": desk.fee_category})
    kind = desk.type_of(appointment_type_durations=rows)
    patient = desk.patient(fee_cat_id=desk.fee_category)
    other = desk.patient()
    account = made(
        desk.api.post(f"/x/patient/{other}/account", json={"short_description": "V", "fee_cat_id": desk.fee_category})
    )["account_id"]

    def lengths(**client: int) -> set[int]:
        return {one["duration"] for one in finder.found(who, appointment_type_id=kind, **client)}

    assert lengths() == {30}
    assert lengths(client_id=patient) == {60}
    assert lengths(client_id=other) == {30}
    assert lengths(client_id=other, account_id=account) == {60}


def test_the_profession_is_the_default_or_the_first_asked_for_that_has_a_length(desk: Desk, finder: Finder) -> None:
    second = desk.new("profession", description="Podiatry")
    professions = [
        {"profession_id": desk.profession, "is_default": False},
        {"profession_id": second, "is_default": True},
    ]
    who = desk.practitioner(both=False, professions=professions)
    assert {one["profession_id"] for one in finder.found(who)} == {desk.profession}
    assert finder.found(who, profession_ids=second) == []


def test_resources_must_be_free_all_of_them_or_one(desk: Desk, finder: Finder) -> None:
    who, other = desk.practitioner(both=False), desk.practitioner(both=False)
    first, second = desk.resource(resource_rank=2), desk.resource(resource_rank=1)
    every = desk.type_of(resource_ids=[first, second])
    either = desk.type_of(resource_ids=[first, second], resource_mode="any")
    desk.book(other, finder.at("10:00"), resource_ids=[second])

    def at_ten(kind: int, **more: int) -> list[list[int]]:
        found = finder.found(who, appointment_type_id=kind, **more)
        return [one["resource_ids"] for one in found if one["app_time"] == finder.at("10:00")]

    assert at_ten(every) == []
    assert at_ten(either) == [[first]]
    assert at_ten(either, resource_ids=second) == []
    assert finder.found(who, appointment_type_id=either, resource_ids=second)[0]["resource_ids"] == [second]
    assert finder.found(who, appointment_type_id=every, resource_ids=first)[0]["resource_ids"] == [second, first]
    assert finder.found(who, resource_ids=first) == []


def test_what_is_archived_or_for_groups_or_unknown_offers_nothing(desk: Desk, finder: Finder) -> None:
    who = desk.practitioner(both=False)
    gone = desk.practitioner(both=False)
    made(desk.api.patch(f"/x/practitioner/{gone}", json={"archive": True}))
    archived = desk.type_of()
    made(desk.api.patch(f"/x/appointment_type/{archived}", json={"archived": True}))
    assert finder.found(gone) == []
    assert finder.found(who, appointment_type_id=archived) == []
    assert finder.found(who, appointment_type_id=desk.group_type) == []
    for name in ("practitioner_ids", "business_ids", "profession_ids", "resource_ids"):
        assert made(finder.ask(**{name: 10**9}))["total_entries"] == 0


def test_lists_of_ids_are_repeated_or_separated_by_commas(desk: Desk, finder: Finder) -> None:
    first, second = desk.practitioner(both=False), desk.practitioner(both=False)
    query = str(httpx.QueryParams(finder.params()))
    repeated = desk.api.get(f"/available_appointments?{query}&practitioner_ids={first}&practitioner_ids={second}")
    assert made(repeated)["total_entries"] == made(finder.ask(f"{first},{second}"))["total_entries"]  # type: ignore[arg-type]
    assert made(repeated)["total_entries"] == 2 * made(finder.ask(first))["total_entries"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"from": None}, "from is missing"),
        ({"appointment_type_id": None}, "appointment_type_id is missing"),
        ({"appointment_type_id": "x"}, "an integer"),
        ({"appointment_type_id": 10**9}, "Could not find appointment_type_id"),
        ({"from": "2020-01-01"}, "before today"),
        ({"days": -1}, "before from"),
        ({"days": 8}, "at most 7 days"),
        ({"from": "tomorrow"}, "a date"),
        ({"account_id": 1}, "needs client_id"),
        ({"client_id": 10**9}, "Could not find client_id"),
        ({"manual": "yes"}, "true or false"),
        ({"business_ids": "1,x"}, "business_ids must be each an integer"),
        ({"page_size": 201}, "from 1 to 200"),
    ],
)
def test_what_cannot_be_meant_is_refused(finder: Finder, change: dict[str, object], words: str) -> None:
    if "days" in change:
        change = {"to": finder.day + timedelta(days=int(str(change["days"])))}
    answer = finder.ask(**change)  # type: ignore[arg-type]
    assert code(answer) == (400, "INVALID_PARAMS")
    assert words in answer.json()["error"]["detail"]


def test_an_account_of_somebody_else_is_unknown(desk: Desk, finder: Finder) -> None:
    account = made(desk.api.get(f"/patient/{desk.patient()}"))["default_account_id"]
    assert "account_id" in finder.ask(client_id=desk.client, account_id=account).json()["error"]["detail"]


def test_unknown_parameters_are_named_and_passed_over(finder: Finder) -> None:
    assert finder.ask(colour="red").headers["openprac-ignored"] == "colour"


def test_an_answer_that_is_known_already_is_not_sent_again(desk: Desk, finder: Finder) -> None:
    who = desk.practitioner(both=False)
    etag = finder.ask(who).headers["etag"]
    headers = {"if-none-match": f'"other", W/{etag}'}
    again = desk.api.get("/available_appointments", params=finder.params(who), headers=headers)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    desk.book(who, finder.at("09:00"))
    changed = desk.api.get("/available_appointments", params=finder.params(who), headers=headers)
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


def test_the_permission_is_that_of_the_tag(desk: Desk, finder: Finder) -> None:
    with desk.key("appointment:read") as stranger:
        assert code(stranger.get("/available_appointments", params=finder.params())) == (403, "ACCESS_DENIED")
    with desk.key("available_appointment:read") as friend:
        assert friend.get("/available_appointments", params=finder.params()).status_code == 200
