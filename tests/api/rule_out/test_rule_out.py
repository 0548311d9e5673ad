"""Blocked time."""

from tests.api.answers import code, made
from tests.desk import DAY, Desk

TAKEN = (409, "RESERVE_APPOINTMENT_CONFLICT")
MEMBERS = ["appointment_id", "app_time", "practitioner_id", "business_id", "duration", "column_number", "width"]


def test_a_rule_out_shows_its_place_alone(desk: Desk) -> None:
    who = desk.practitioner()
    rule_out = made(desk.api.post("/rule_out", json=desk.space(who)))
    assert list(rule_out) == [*MEMBERS, "category"]
    assert rule_out["category"] == "Rule Out"
    read = made(desk.api.get(f"/rule_out/{rule_out['appointment_id']}"))
    assert read == {"row_num": 1, "total_rows": 1, **rule_out}
    listed = made(desk.api.get("/rule_out", params={"q[]": f"practitioner_id:={who}"}))
    assert [one["appointment_id"] for one in listed["rule_outs"]] == [rule_out["appointment_id"]]


def test_a_rule_out_blocks_until_it_is_deleted(desk: Desk) -> None:
    who = desk.practitioner()
    path = f"/rule_out/{made(desk.api.post('/rule_out', json=desk.space(who)))['appointment_id']}"
    answer = desk.api.post("/appointment", json=desk.visit(who))
    assert code(answer) == TAKEN
    assert answer.json()["error"]["blocked_by"]["kind"] == "Rule Out"
    moved = made(desk.api.patch(path, json={"app_time": f"{DAY}T10:00:00", "duration": 60}))
    assert (moved["app_time"], moved["duration"]) == (f"{DAY}T10:00:00", 60)
    desk.book(who)
    assert code(desk.api.patch(path, json={"app_time": f"{DAY}T09:00:00"})) == TAKEN
    assert desk.api.delete(path).status_code == 204
    assert desk.api.get(path).status_code == 404
    assert desk.book(who, "10:00")["duration"] == 30
