"""Coloured blocks on the book."""

import pytest

from tests.api.answers import code, made, problems
from tests.desk import DAY, Desk

TAKEN = (409, "RESERVE_APPOINTMENT_CONFLICT")


def test_a_note_is_what_was_sent(desk: Desk) -> None:
    who, room = desk.practitioner(columns=2), desk.resource()
    body = desk.space(
        who,
        description="Staff meeting",
        notes="Bring cake",
        font_colour="#000000",
        bg_colour="#FFD700",
        column_number=2,
        resource_ids=[room],
    )
    note = made(desk.api.post("/note", json=body))
    assert {name: note[name] for name in body} == body
    assert (note["category"], note["width"]) == ("Note", 1)
    assert "tenant_id" not in note
    read = made(desk.api.get(f"/note/{note['appointment_id']}"))
    assert read == {"row_num": 1, "total_rows": 1, **note}
    listed = made(desk.api.get("/note", params={"q[]": f"practitioner_id:={who}"}))["notes"]
    assert [one["notes"] for one in listed] == ["Bring cake"]


def test_a_note_takes_its_time_and_collides(desk: Desk) -> None:
    who = desk.practitioner()
    note = made(desk.api.post("/note", json=desk.space(who, description="Lunch")))
    answer = desk.api.post("/appointment", json=desk.visit(who))
    assert code(answer) == TAKEN
    assert answer.json()["error"]["blocked_by"] == {
        "kind": "Note",
        "time": f"{DAY}T09:00:00",
        "id": note["appointment_id"],
    }
    desk.book(who, "10:00")
    assert code(desk.api.post("/note", json=desk.space(who, "10:15", description="Lunch"))) == TAKEN


def test_a_note_is_edited_moved_and_deleted(desk: Desk) -> None:
    who = desk.practitioner()
    desk.book(who)
    path = f"/note/{made(desk.api.post('/note', json=desk.space(who, '10:00', description='Lunch')))['appointment_id']}"
    edited = desk.api.patch(path, json={"description": "Early lunch", "bg_colour": "#123456"})
    assert edited.headers["etag"] == '"2"'
    assert (made(edited)["description"], made(edited)["bg_colour"]) == ("Early lunch", "#123456")
    assert made(desk.api.patch(path, json={"bg_colour": None}))["bg_colour"] is None
    assert code(desk.api.patch(path, json={"app_time": f"{DAY}T09:15:00"})) == TAKEN
    assert made(desk.api.patch(path, json={"app_time": f"{DAY}T11:00:00"}))["app_time"] == f"{DAY}T11:00:00"
    assert desk.api.delete(path, headers={"If-Match": '"1"'}).status_code == 412
    assert desk.api.delete(path).status_code == 204
    assert [desk.api.get(path).status_code, desk.api.delete(path).status_code] == [404, 404]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"description": None}, "description"),
        ({"description": ""}, "description"),
        ({"font_colour": "red"}, "font_colour"),
        ({"duration": 6}, "duration"),
        ({"column_number": 2}, "column_number"),
        ({"resource_ids": [9_000_000_000]}, "resource_ids"),
        ({"app_time": "2026-10-04T02:15:00"}, "app_time"),
    ],
)
def test_what_is_wrong_is_named(desk: Desk, wrong: dict[str, object], field: str) -> None:
    body = {**desk.space(desk.practitioner(), description="Lunch"), **wrong}
    assert list(problems(desk.api.post("/note", json=body))) == [field]
