"""Moving and changing an appointment."""

import pytest

from tests.api.answers import code, made, problems
from tests.desk import DAY, Desk


def status(desk: Desk, name: str) -> int:
    found = desk.api.get("/appointment_status").json()["appointment_statuses"]
    return int({one["status_description"]: one["appointment_status_id"] for one in found}[name])


def test_a_move_keeps_the_id_and_changes_modified(desk: Desk) -> None:
    who = desk.practitioner()
    before = desk.book(who)
    answer = desk.api.patch(f"/appointment/{before['appointment_id']}", json={"app_time": f"{DAY}T11:00:00"})
    after = made(answer)
    assert answer.headers["etag"] == '"2"'
    assert after["modified"] > before["modified"]
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"app_time", "modified"}
    assert desk.book(who)["app_time"] == f"{DAY}T09:00:00"


def test_nothing_given_changes_nothing(desk: Desk) -> None:
    before = desk.book(desk.practitioner())
    same = {"app_time": before["app_time"], "duration": 30}
    for body in ({}, same):
        answer = desk.api.patch(f"/appointment/{before['appointment_id']}", json=body)
        assert answer.json() == before
        assert answer.headers["etag"] == '"1"'


def test_a_move_onto_something_is_refused_and_changes_nothing(desk: Desk) -> None:
    who = desk.practitioner()
    first, second = desk.book(who), desk.book(who, "10:00")
    for body in ({"app_time": f"{DAY}T09:15:00"}, {"app_time": f"{DAY}T08:45:00", "duration": 20}):
        answer = desk.api.patch(f"/appointment/{second['appointment_id']}", json=body)
        assert code(answer) == (409, "RESERVE_APPOINTMENT_CONFLICT")
        assert answer.json()["error"]["blocked_by"]["id"] == first["appointment_id"]
    assert desk.api.get(f"/appointment/{second['appointment_id']}").json() == second


def test_it_may_overlap_where_it_stood(desk: Desk) -> None:
    body = desk.book(desk.practitioner())
    moved = desk.api.patch(f"/appointment/{body['appointment_id']}", json={"app_time": f"{DAY}T09:15:00"})
    assert made(moved)["app_time"] == f"{DAY}T09:15:00"


@pytest.mark.parametrize("what", ["app_time", "practitioner_id", "business_id"])
def test_a_move_sets_the_status_to_booked(desk: Desk, what: str) -> None:
    body = desk.book(desk.practitioner(), appointment_status_id=status(desk, "Confirmed"))
    moves = {
        "app_time": f"{DAY}T12:00:00",
        "practitioner_id": desk.practitioner(),
        "business_id": desk.other_business,
    }
    moved = made(desk.api.patch(f"/appointment/{body['appointment_id']}", json={what: moves[what]}))
    assert moved["appointment_status_id"] == status(desk, "Booked")


def test_a_status_that_is_given_with_the_move_stays(desk: Desk) -> None:
    arrived = status(desk, "Arrived")
    body = desk.book(desk.practitioner())
    change = {"app_time": f"{DAY}T12:00:00", "appointment_status_id": arrived}
    moved = made(desk.api.patch(f"/appointment/{body['appointment_id']}", json=change))
    assert moved["appointment_status_id"] == arrived


def test_a_clinic_may_keep_the_status_through_a_move(desk: Desk) -> None:
    tenant = desk.clinic.tenant_id
    confirmed = status(desk, "Confirmed")
    desk.sql("UPDATE tenant SET reset_status_on_reschedule = false WHERE tenant_id = $1", tenant)
    try:
        body = desk.book(desk.practitioner(), appointment_status_id=confirmed)
        moved = desk.api.patch(f"/appointment/{body['appointment_id']}", json={"app_time": f"{DAY}T12:00:00"})
        assert made(moved)["appointment_status_id"] == confirmed
    finally:
        desk.sql("UPDATE tenant SET reset_status_on_reschedule = true WHERE tenant_id = $1", tenant)


def test_a_longer_stay_keeps_the_status(desk: Desk) -> None:
    confirmed = status(desk, "Confirmed")
    body = desk.book(desk.practitioner(), appointment_status_id=confirmed)
    longer = made(desk.api.patch(f"/appointment/{body['appointment_id']}", json={"duration": 45}))
    assert (longer["duration"], longer["appointment_status_id"]) == (45, confirmed)


def test_patient_and_account_are_not_edited(desk: Desk) -> None:
    body = desk.book(desk.practitioner())
    change = {"client_id": desk.patient(), "account_id": 7}
    answer = desk.api.patch(f"/appointment/{body['appointment_id']}", json=change)
    assert answer.json() == body
    assert "openprac-ignored" not in answer.headers


def test_the_extension_edits_account_notes_and_links(desk: Desk) -> None:
    body = desk.book(desk.practitioner())
    account = made(desk.api.post(f"/x/patient/{desk.client}/account", json={"short_description": "WORK"}))["account_id"]
    change = {
        "account_id": account,
        "notes": "Knee",
        "telehealth_patient_link": "https://telehealth.example.org/x",
    }
    answer = made(desk.api.patch(f"/x/appointment/{body['appointment_id']}", json=change))
    assert {name: answer[name] for name in change} == change
    assert answer["column_number"] == 1
    foreign = desk.api.get(f"/patient/{desk.patient()}").json()["default_account_id"]
    refused = desk.api.patch(f"/x/appointment/{body['appointment_id']}", json={"account_id": foreign})
    assert list(problems(refused)) == ["account_id"]


def test_another_type_brings_its_label_and_item(desk: Desk) -> None:
    item = desk.new("item", item_code=f"I{next(desk.names)}", description="Long")
    other = desk.type_of(60, item_id=item, description="Long visit")
    body = desk.book(desk.practitioner())
    changed = made(desk.api.patch(f"/appointment/{body['appointment_id']}", json={"appointment_type_id": other}))
    assert (changed["description"], changed["item_id"], changed["duration"]) == ("Long visit", item, 30)


def test_an_item_puts_the_group_of_items_out(desk: Desk) -> None:
    item = desk.new("item", item_code=f"I{next(desk.names)}", description="One")
    group = desk.new("item_group", description="Some")
    path = f"/appointment/{desk.book(desk.practitioner(), item_id=item)['appointment_id']}"
    changed = made(desk.api.patch(path, json={"item_group_id": group}))
    assert (changed["item_id"], changed["item_group_id"]) == (None, group)
    changed = made(desk.api.patch(path, json={"item_id": item}))
    assert (changed["item_id"], changed["item_group_id"]) == (item, None)
    assert "item_group_id" in problems(desk.api.patch(path, json={"item_id": item, "item_group_id": group}))
    changed = made(desk.api.patch(path, json={"item_id": None}))
    assert (changed["item_id"], changed["item_group_id"]) == (None, None)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"app_time": "2026-10-04T02:30:00"}, "app_time"),
        ({"app_time": f"{DAY}T07:00:00"}, "app_time"),
        ({"duration": 33}, "duration"),
        ({"column_number": 2}, "column_number"),
        ({"practitioner_id": 9_000_000_000}, "practitioner_id"),
        ({"business_id": 9_000_000_000}, "business_id"),
        ({"appointment_type_id": 9_000_000_000}, "appointment_type_id"),
        ({"appointment_reschedule_reason_id": 9_000_000_000}, "appointment_reschedule_reason_id"),
        ({"appointment_status_id": None}, "appointment_status_id"),
    ],
)
def test_what_is_wrong_is_named(desk: Desk, wrong: dict[str, object], field: str) -> None:
    body = desk.book(desk.practitioner())
    assert list(problems(desk.api.patch(f"/appointment/{body['appointment_id']}", json=wrong))) == [field]


def test_a_status_can_be_set_where_nobody_could_be_booked_any_more(desk: Desk) -> None:
    who = desk.practitioner()
    path = f"/appointment/{desk.book(who)['appointment_id']}"
    made(desk.api.patch(f"/x/practitioner/{who}", json={"archive": True}))
    arrived = status(desk, "Arrived")
    assert made(desk.api.patch(path, json={"appointment_status_id": arrived}))["appointment_status_id"] == arrived
    assert "practitioner_id" in problems(desk.api.patch(path, json={"app_time": f"{DAY}T12:00:00"}))


def test_if_match_names_the_version(desk: Desk) -> None:
    path = f"/appointment/{desk.book(desk.practitioner())['appointment_id']}"
    assert desk.api.patch(path, json={"duration": 45}, headers={"If-Match": '"1"'}).status_code == 200
    stale = desk.api.patch(path, json={"duration": 60}, headers={"If-Match": '"1"'})
    assert code(stale) == (412, "PRECONDITION_FAILED")
    assert made(desk.api.get(path))["duration"] == 45


def test_a_path_of_nothing_is_told_before_the_body(desk: Desk) -> None:
    assert desk.api.patch("/appointment/9000000000", json={"duration": "x"}).status_code == 404
    assert desk.api.patch("/appointment/seven", json={}).status_code == 400


def test_a_move_into_a_lapsed_hold_replaces_it(desk: Desk) -> None:
    who = desk.practitioner()
    body = desk.book(who)
    desk.lapse(desk.hold(who, "12:00"))
    moved = desk.api.patch(f"/appointment/{body['appointment_id']}", json={"app_time": f"{DAY}T12:00:00"})
    assert moved.status_code == 200
