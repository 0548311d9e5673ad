"""Classes, their members and their places."""

from typing import Any

import pytest

from tests.api.answers import code, made, problems
from tests.desk import DAY, Desk

FULL = (409, "GROUP_APPOINTMENT_FULL")
TAKEN = (409, "RESERVE_APPOINTMENT_CONFLICT")


def add(desk: Desk, group: int, client: int, **more: Any) -> Any:
    return desk.api.post(f"/group_appointment/{group}/add_group_member", json={"client_id": client, **more})


def size(desk: Desk, group: int) -> tuple[int, int]:
    found = made(desk.api.get(f"/group_appointment/{group}"))
    return found["current_class_size"], found["max_class_size"]


def members(desk: Desk, group: int) -> list[int]:
    page = made(desk.api.get(f"/group_appointment/{group}/appointment_client"))
    return [one["client_id"] for one in page["appointment_clients"]]


def test_a_group_takes_length_and_size_from_its_type(desk: Desk) -> None:
    body = desk.space(desk.practitioner(), appointment_type_id=desk.group_type)
    del body["duration"]
    group = made(desk.api.post("/group_appointment", json=body))
    assert (group["duration"], group["max_class_size"], group["current_class_size"]) == (30, 3, 0)
    assert (group["category"], group["description"]) == ("Group", "Class")
    assert set(group["links"]) == {"self", "resources", "appointment_clients"}
    assert made(desk.api.get(group["links"]["appointment_clients"]))["total_entries"] == 0
    own = made(desk.api.post("/group_appointment", json={**body, "app_time": f"{DAY}T12:00:00", "max_class_size": 8}))
    assert own["max_class_size"] == 8


def test_a_type_for_single_patients_is_refused(desk: Desk) -> None:
    body = desk.space(desk.practitioner(), appointment_type_id=desk.type)
    assert list(problems(desk.api.post("/group_appointment", json=body))) == ["appointment_type_id"]


def test_a_member_has_its_own_status_item_and_preferences(desk: Desk) -> None:
    group, client = desk.group(desk.practitioner()), desk.patient(default_sms_reminder=False)
    item = desk.new("item", item_code=f"I{next(desk.names)}", description="Place")
    member = made(add(desk, group, client, item_id=item, email_reminder=False))
    assert (member["client_id"], member["appointment_id"], member["item_id"]) == (client, group, item)
    assert list(member)[:2] == ["tenant_id", "appointment_client_id"]
    ((sms, mail, account),) = desk.sql(
        "SELECT sms_reminder, email_reminder, account_id FROM appointment_client WHERE appointment_client_id = $1",
        member["appointment_client_id"],
    )
    assert (sms, mail) == (False, False)
    assert account == made(desk.api.get(f"/patient/{client}"))["default_account_id"]
    statuses = made(desk.api.get("/appointment_status"))["appointment_statuses"]
    arrived = next(one for one in statuses if one["status_description"] == "Arrived")["appointment_status_id"]
    path = f"/x/appointment_client/{member['appointment_client_id']}"
    assert made(desk.api.patch(path, json={"appointment_status_id": arrived}))["appointment_status_id"] == arrived


def test_a_full_group_takes_nobody_more(desk: Desk) -> None:
    group = desk.group(desk.practitioner(), max_class_size=2)
    clients = [desk.patient() for _ in range(3)]
    for client in clients[:2]:
        assert add(desk, group, client).status_code == 201
    assert code(add(desk, group, clients[2])) == FULL
    assert size(desk, group) == (2, 2)
    assert members(desk, group) == clients[:2]
    removed = desk.api.post(f"/group_appointment/{group}/remove_group_member", json={"client_id": clients[0]})
    assert removed.status_code == 204
    assert add(desk, group, clients[2]).status_code == 201


def test_who_may_overbook_adds_one_more(desk: Desk) -> None:
    group = desk.group(desk.practitioner(), max_class_size=1)
    clients = [desk.patient() for _ in range(3)]
    assert add(desk, group, clients[0]).status_code == 201
    path = f"/x/group_appointment/{group}/add_group_member"
    assert code(desk.api.post(path, json={"client_id": clients[1]})) == FULL
    assert desk.api.post(path, json={"client_id": clients[1], "overbook": True}).status_code == 201
    with desk.key("group_appointment_member:write") as staff:
        refused = staff.post(path, json={"client_id": clients[2], "overbook": True})
    assert code(refused) == (403, "ACCESS_DENIED")
    assert size(desk, group) == (2, 1)
    assert code(add(desk, group, clients[2], overbook=True)) == FULL


def test_a_patient_is_in_a_group_once(desk: Desk) -> None:
    group, client = desk.group(desk.practitioner()), desk.patient()
    assert add(desk, group, client).status_code == 201
    assert list(problems(add(desk, group, client))) == ["client_id"]
    path = f"/group_appointment/{group}/remove_group_member"
    assert desk.api.post(path, json={"client_id": client}).status_code == 204
    assert list(problems(desk.api.post(path, json={"client_id": client}))) == ["client_id"]
    assert add(desk, group, client).status_code == 201
    assert size(desk, group) == (1, 3)


@pytest.mark.parametrize("field", ["client_id", "account_id", "appointment_status_id", "item_id", "item_group_id"])
def test_what_a_member_names_must_be_there(desk: Desk, field: str) -> None:
    group = desk.group(desk.practitioner())
    answer = (
        add(desk, group, **{"client": desk.client, field: 9_000_000_000})
        if field != "client_id"
        else add(desk, group, 9_000_000_000)
    )
    assert list(problems(answer)) == [field]
    assert size(desk, group) == (0, 3)


def test_a_removed_member_is_among_the_cancelled(desk: Desk) -> None:
    group, client = desk.group(desk.practitioner()), desk.patient()
    add(desk, group, client)
    body = {"client_id": client, "record_as_cancelled": True, "reason": "Ill"}
    assert desk.api.post(f"/group_appointment/{group}/remove_group_member", json=body).status_code == 204
    page = made(desk.api.get("/cancelled_appointment", params={"q[]": f"client_id:={client}"}))
    (row,) = page["cancelled_appointments"]
    assert (row["appointment_id"], row["category"], row["reason"]) == (group, "Group", "Ill")
    assert made(desk.api.get(f"/cancelled_appointment/{group}"))["client_id"] == client
    assert size(desk, group) == (0, 3)


def test_a_group_goes_with_its_members(desk: Desk) -> None:
    who = desk.practitioner()
    group = desk.group(who)
    clients = [desk.patient() for _ in range(2)]
    for client in clients:
        add(desk, group, client)
    answer = desk.api.post(f"/group_appointment/{group}/cancel", json={"record_as_cancelled": True})
    assert answer.status_code == 204
    page = made(desk.api.get("/cancelled_appointment", params={"q[]": f"practitioner_id:={who}"}))
    assert [row["client_id"] for row in page["cancelled_appointments"]] == [*clients, None]
    assert made(desk.api.get(f"/cancelled_appointment/{group}"))["client_id"] is None
    for path in (f"/group_appointment/{group}", f"/group_appointment/{group}/cancel"):
        assert desk.api.request("GET" if "cancel" not in path else "POST", path).status_code == 404
    assert members(desk, group) == []
    assert add(desk, group, desk.patient()).status_code == 404
    assert desk.book(who)["duration"] == 30


def test_a_group_is_moved_and_its_members_are_booked_again(desk: Desk) -> None:
    who = desk.practitioner()
    group, client = desk.group(who), desk.patient()
    statuses = made(desk.api.get("/appointment_status"))["appointment_statuses"]
    ids = {one["status_description"]: one["appointment_status_id"] for one in statuses}
    add(desk, group, client, appointment_status_id=ids["Confirmed"])
    path = f"/group_appointment/{group}"
    moved = made(desk.api.patch(path, json={"app_time": f"{DAY}T11:00:00", "reason": "Hall is cold"}))
    assert moved["app_time"] == f"{DAY}T11:00:00"
    (member,) = made(desk.api.get(f"{path}/appointment_client"))["appointment_clients"]
    assert member["appointment_status_id"] == ids["Booked"]
    desk.book(who, "12:00")
    assert code(desk.api.patch(path, json={"app_time": f"{DAY}T12:15:00"})) == TAKEN


def test_a_size_below_its_members_is_refused(desk: Desk) -> None:
    group = desk.group(desk.practitioner())
    for _ in range(2):
        add(desk, group, desk.patient())
    path = f"/group_appointment/{group}"
    assert list(problems(desk.api.patch(path, json={"max_class_size": 1}))) == ["max_class_size"]
    assert made(desk.api.patch(path, json={"max_class_size": 2}))["max_class_size"] == 2
    assert code(add(desk, group, desk.patient())) == FULL


def test_other_entries_have_no_members(desk: Desk) -> None:
    visit = desk.book(desk.practitioner())["appointment_id"]
    assert add(desk, visit, desk.patient()).status_code == 404
    assert members(desk, visit) == []
