"""Direct booking: what the type and the file give, what is refused and by which name."""

from typing import Any

import pytest

from tests.api.answers import code, made, problems
from tests.desk import DAY, Desk

NEVER_EXISTED = 9_000_000_000
REMINDERS = ("sms_reminder", "email_reminder", "sms_confirmation", "email_confirmation")


def hidden(desk: Desk, appointment_id: int) -> Any:
    """What the published object does not show."""
    return desk.sql("SELECT * FROM appointment WHERE appointment_id = $1", appointment_id)[0]


def test_the_answer_is_the_object_as_it_is_read(desk: Desk) -> None:
    answer = desk.api.post("/appointment", json=desk.visit(desk.practitioner()))
    assert answer.status_code == 201
    body = answer.json()
    assert (body["row_num"], body["total_rows"]) == (1, 1)
    assert body["category"] == "Patient"
    assert body["app_time"] == f"{DAY}T09:00:00"
    assert body["description"] == "Visit"
    read = desk.api.get(f"/appointment/{body['appointment_id']}")
    assert read.json() == body
    assert read.headers["etag"] == answer.headers["etag"] == '"1"'
    assert body["links"] == {
        "self": f"{desk.cast.base_url}/v1/appointment/{body['appointment_id']}",
        "resources": f"{desk.cast.base_url}/v1/appointment/{body['appointment_id']}/resource",
    }


def test_it_starts_as_booked_with_the_patients_account_and_preferences(desk: Desk) -> None:
    client = desk.patient(default_sms_reminder=False, default_email_reminder=True, default_sms_confirmation=False)
    body = desk.book(desk.practitioner(), client_id=client)
    statuses = desk.api.get("/appointment_status").json()["appointment_statuses"]
    booked = {one["status_description"]: one["appointment_status_id"] for one in statuses}["Booked"]
    assert body["appointment_status_id"] == booked
    assert body["account_id"] == desk.api.get(f"/patient/{client}").json()["default_account_id"]
    assert body["profession_id"] == desk.profession
    row = hidden(desk, body["appointment_id"])
    assert [row[name] for name in REMINDERS] == [False, True, False, True]
    given = desk.book(desk.practitioner(), client_id=client, sms_reminder=True, email_reminder=False)
    row = hidden(desk, given["appointment_id"])
    assert [row[name] for name in REMINDERS] == [True, False, False, True]


def test_the_type_gives_width_and_what_is_billed(desk: Desk) -> None:
    item = desk.new("item", item_code=f"I{next(desk.names)}", description="Visit")
    other = desk.new("item", item_code=f"I{next(desk.names)}", description="Other")
    group = desk.new("item_group", description="Both")
    wide = desk.type_of(width=2, item_id=item)
    who = desk.practitioner(columns=2)
    body = desk.book(who, appointment_type_id=wide)
    assert (body["item_id"], body["item_group_id"], body["duration"]) == (item, None, 30)
    assert hidden(desk, body["appointment_id"])["width"] == 2
    given = desk.book(who, "10:00", appointment_type_id=wide, width=1, item_group_id=group)
    assert (given["item_id"], given["item_group_id"]) == (None, group)
    assert hidden(desk, given["appointment_id"])["width"] == 1
    assert desk.book(who, "11:00", appointment_type_id=wide, item_id=other)["item_id"] == other
    assert desk.book(who, "12:00", appointment_type_id=wide, item_id=None)["item_id"] is None


def test_a_types_width_is_no_more_than_there_are_columns(desk: Desk) -> None:
    body = desk.book(desk.practitioner(columns=1), appointment_type_id=desk.type_of(width=3))
    assert hidden(desk, body["appointment_id"])["width"] == 1


def test_the_row_of_the_fee_category_goes_before_that_for_all(desk: Desk) -> None:
    items = [desk.new("item", item_code=f"I{next(desk.names)}", description="Fee") for _ in range(4)]
    who = desk.practitioner()
    all_fees, veterans = {"all_fee_cats": True}, {"fee_cat_id": desk.fee_category}
    row = {"profession_id": desk.profession, "duration": 30}
    own = {**row, "practitioner_id": who, "business_id": desk.business}
    kind = desk.new(
        "appointment_type",
        description="Fees",
        short_description="F",
        appointment_type_durations=[{**row, **all_fees, "item_id": items[0]}, {**row, **veterans, "item_id": items[1]}],
        practitioner_appointment_type_durations=[{**own, **all_fees, "item_id": items[2]}],
    )
    veteran, other = desk.patient(fee_cat_id=desk.fee_category), desk.practitioner()
    assert desk.book(other, appointment_type_id=kind)["item_id"] == items[0]
    assert desk.book(other, "10:00", appointment_type_id=kind, client_id=veteran)["item_id"] == items[1]
    assert desk.book(who, appointment_type_id=kind, client_id=veteran)["item_id"] == items[2]


def test_the_practitioners_default_profession_counts_unless_one_is_given(desk: Desk) -> None:
    other = desk.new("profession", description="Podiatry")
    professions = [{"profession_id": other, "is_default": True}, {"profession_id": desk.profession}]
    who = desk.practitioner(professions=professions)
    assert "appointment_type_id" in problems(desk.api.post("/appointment", json=desk.visit(who)))
    assert desk.book(who, profession_id=desk.profession)["profession_id"] == desk.profession
    stranger = desk.new("profession", description="Dietetics")
    answer = desk.api.post("/appointment", json=desk.visit(who, "10:00", profession_id=stranger))
    assert "profession_id" in problems(answer)


def test_telehealth_types_carry_the_practitioners_links(desk: Desk) -> None:
    links = {
        "telehealth_patient_link": "https://telehealth.example.org/p",
        "telehealth_practitioner_link": "https://telehealth.example.org/h",
    }
    who = desk.practitioner(**links)
    body = desk.book(who, appointment_type_id=desk.type_of(telehealth=True))
    assert {name: body[name] for name in links} == links
    plain = desk.book(who, "10:00")
    assert {plain[name] for name in links} == {None}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"client_id": NEVER_EXISTED}, "client_id"),
        ({"appointment_type_id": NEVER_EXISTED}, "appointment_type_id"),
        ({"practitioner_id": NEVER_EXISTED}, "practitioner_id"),
        ({"business_id": NEVER_EXISTED}, "business_id"),
        ({"account_id": NEVER_EXISTED}, "account_id"),
        ({"profession_id": NEVER_EXISTED}, "profession_id"),
        ({"appointment_status_id": NEVER_EXISTED}, "appointment_status_id"),
        ({"item_id": NEVER_EXISTED}, "item_id"),
        ({"item_group_id": NEVER_EXISTED}, "item_group_id"),
        ({"item_id": 1, "item_group_id": 1}, "item_group_id"),
        ({"resource_ids": [NEVER_EXISTED]}, "resource_ids"),
        ({"duration": 0}, "duration"),
        ({"duration": 7}, "duration"),
        ({"duration": 1445}, "duration"),
        ({"column_number": 2}, "column_number"),
        ({"column_number": 0}, "column_number"),
        ({"width": 2}, "width"),
        ({"app_time": f"{DAY}T07:45:00"}, "app_time"),
        ({"app_time": f"{DAY}T17:45:00"}, "app_time"),
        ({"app_time": "2026-10-04T02:30:00"}, "app_time"),
        ({"app_time": f"{DAY}T09:00:00Z"}, "app_time"),
        ({"app_time": None}, "app_time"),
    ],
)
def test_what_is_wrong_is_named(desk: Desk, wrong: dict[str, Any], field: str) -> None:
    who = desk.practitioner()
    answer = desk.api.post("/appointment", json={**desk.visit(who), **wrong})
    assert list(problems(answer)) == [field]
    assert desk.book(who)["category"] == "Patient"


def test_all_problems_come_at_once(desk: Desk) -> None:
    body = {**desk.visit(desk.practitioner()), "client_id": NEVER_EXISTED, "appointment_type_id": NEVER_EXISTED}
    assert set(problems(desk.api.post("/appointment", json=body))) == {"client_id", "appointment_type_id"}
    assert set(problems(desk.api.post("/appointment", json={}))) == {
        *("client_id", "appointment_type_id", "app_time", "practitioner_id", "business_id", "duration")
    }


def test_another_patients_account_is_no_account(desk: Desk) -> None:
    account = desk.api.get(f"/patient/{desk.patient()}").json()["default_account_id"]
    answer = desk.api.post("/appointment", json=desk.visit(desk.practitioner(), account_id=account))
    assert list(problems(answer)) == ["account_id"]


def test_who_does_not_work_there_cannot_be_booked_there(desk: Desk) -> None:
    who = desk.practitioner(both=False)
    answer = desk.api.post("/appointment", json=desk.visit(who, business_id=desk.other_business))
    assert list(problems(answer)) == ["practitioner_id"]
    made(desk.api.patch(f"/x/practitioner/{who}", json={"archive": True}))
    assert list(problems(desk.api.post("/appointment", json=desk.visit(who)))) == ["practitioner_id"]


def test_types_for_groups_and_archived_ones_are_refused(desk: Desk) -> None:
    old = desk.type_of(archived=True)
    for kind in (desk.group_type, old):
        answer = desk.api.post("/appointment", json=desk.visit(desk.practitioner(), appointment_type_id=kind))
        assert list(problems(answer)) == ["appointment_type_id"]


def test_a_label_shown_twice_is_booked_as_the_label_it_is(desk: Desk) -> None:
    who = desk.practitioner()
    at = {"app_time": "2026-04-05T02:30:00", "business_id": desk.other_business}
    assert desk.book(who, **at)["app_time"] == "2026-04-05T02:30:00"
    assert code(desk.api.post("/appointment", json=desk.visit(who, **at)))[0] == 409


def test_a_span_may_run_over_midnight_where_the_business_has_no_hours(desk: Desk) -> None:
    who = desk.practitioner()
    night = {"business_id": desk.other_business, "duration": 120}
    desk.book(who, "23:00", **night)
    after = desk.visit(who, "2026-03-04T00:30:00", **night)
    assert code(desk.api.post("/appointment", json=after)) == (409, "RESERVE_APPOINTMENT_CONFLICT")
    assert desk.book(who, "2026-03-04T01:00:00", **night)["duration"] == 120


def test_a_clash_says_what_is_in_the_way_and_nothing_of_the_patient(desk: Desk) -> None:
    who = desk.practitioner()
    first = desk.book(who)
    answer = desk.api.post("/appointment", json=desk.visit(who, "09:15"))
    assert answer.status_code == 409
    assert answer.json()["error"] == {
        "status": 409,
        "code": "RESERVE_APPOINTMENT_CONFLICT",
        "detail": "This appointment slot is taken.",
        "blocked_by": {"kind": "Patient", "time": f"{DAY}T09:00:00", "id": first["appointment_id"]},
    }


def test_entries_may_touch_and_stand_in_other_columns(desk: Desk) -> None:
    who = desk.practitioner(columns=2)
    for time, column in (("09:00", 1), ("09:30", 1), ("09:15", 2), ("08:30", 1)):
        desk.book(who, time, column_number=column)
    answer = desk.api.post("/appointment", json=desk.visit(who, "09:40", width=2))
    assert answer.status_code == 409


def test_a_practitioner_is_at_one_business_at_a_time(desk: Desk) -> None:
    who = desk.practitioner(columns=2)
    desk.book(who)
    there = desk.visit(who, "09:15", business_id=desk.other_business, column_number=2)
    assert desk.api.post("/appointment", json=there).status_code == 409
    assert desk.book(who, "09:30", business_id=desk.other_business)["business_id"] == desk.other_business


def test_the_roster_and_the_past_refuse_nothing(desk: Desk) -> None:
    """A Sunday years ago, off every grid."""
    assert desk.book(desk.practitioner(), "2019-06-02T09:07:30")["app_time"] == "2019-06-02T09:07:30"


def test_unknown_members_are_passed_over_and_named_and_overbook_is_one_of_them(desk: Desk) -> None:
    who = desk.practitioner()
    answer = desk.api.post("/appointment", json=desk.visit(who, colour="red", overbook=True))
    assert answer.headers["openprac-ignored"] == "colour, overbook"
    assert desk.api.post("/appointment", json=desk.visit(who, overbook=True)).status_code == 409


def test_the_same_key_books_once(desk: Desk) -> None:
    body = desk.visit(desk.practitioner())
    first = desk.api.post("/appointment", json=body, headers={"Idempotency-Key": "book-once"})
    second = desk.api.post("/appointment", json=body, headers={"Idempotency-Key": "book-once"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"]
    assert second.headers["idempotency-replayed"] == "true"
