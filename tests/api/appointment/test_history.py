"""What became of an entry: who did what, when and why."""

from tests.api.answers import made
from tests.desk import DAY, Desk


def test_every_change_is_told_with_its_reason(desk: Desk) -> None:
    body = desk.book(desk.practitioner())
    reasons = made(desk.api.get("/reschedule_reason"))["appointment_reschedule_reasons"]
    why = {name: reasons[0][name] for name in ("appointment_reschedule_reason_id",)} | {"reason": "Bus was late"}
    path = f"/appointment/{body['appointment_id']}"
    made(desk.api.patch(path, json={"app_time": f"{DAY}T11:00:00", **why}))
    desk.api.post(f"{path}/cancel", json={"record_as_cancelled": True, "reason": "Moved away"})
    found = made(desk.api.get(f"/x/appointment/{body['appointment_id']}/history"))
    assert found["total_entries"] == 3
    booked, moved, removed = found["history"]
    assert [one["operation"] for one in (booked, moved, removed)] == [
        "createAppointment-Post",
        "editAppointment-Patch",
        "removeAppointment-Post",
    ]
    assert {(one["user_id"], one["user"], one["client_id"]) for one in found["history"]} == {
        (desk.clinic.user_id, "desk", desk.client)
    }
    assert booked["at"] < moved["at"] < removed["at"]
    assert booked["changes"]["app_time"] == f"{DAY}T09:00:00"
    assert moved["changes"]["app_time"] == [f"{DAY}T09:00:00", f"{DAY}T11:00:00"]
    assert (moved["reason"], moved["standard_reason"]) == ("Bus was late", reasons[0]["reason"])
    assert removed["changes"]["state"] == ["live", "cancelled"]
    assert removed["reason"] == "Moved away"


def test_a_hold_that_lapsed_says_who_took_its_time(desk: Desk) -> None:
    who = desk.practitioner()
    hold = desk.hold(who)
    desk.lapse(hold)
    desk.book(who)
    events = made(desk.api.get(f"/x/appointment/{hold}/history"))["history"]
    assert [one["changes"].get("state") for one in events] == [None, ["live", "expired"]]


def test_members_are_part_of_a_groups_history(desk: Desk) -> None:
    group, client = desk.group(desk.practitioner()), desk.patient()
    path = f"/group_appointment/{group}"
    member = made(desk.api.post(f"{path}/add_group_member", json={"client_id": client}))["appointment_client_id"]
    made(desk.api.patch(f"/x/appointment_client/{member}", json={"notes": "Late"}))
    desk.api.post(f"{path}/remove_group_member", json={"client_id": client, "reason": "Ill"})
    events = made(desk.api.get(f"/x/appointment/{group}/history"))["history"]
    assert [one["client_id"] for one in events] == [None, client, client, client]
    assert events[2]["changes"] == {"notes": [None, "Late"]}
    assert events[3]["reason"] == "Ill"


def test_reads_are_no_part_of_it(desk: Desk) -> None:
    body = desk.book(desk.practitioner())
    desk.api.get(f"/appointment/{body['appointment_id']}")
    assert made(desk.api.get(f"/x/appointment/{body['appointment_id']}/history"))["total_entries"] == 1
    assert desk.api.get("/x/appointment/9000000000/history").status_code == 404
