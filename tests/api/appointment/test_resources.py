"""Rooms and machines: from the type or by hand, in one entry at a time."""

from tests.api.answers import code, made, problems
from tests.desk import DAY, Desk

TAKEN = (409, "RESERVE_APPOINTMENT_CONFLICT")


def test_a_room_is_in_one_entry_at_a_time_whoever_books(desk: Desk) -> None:
    room = desk.resource()
    first = desk.book(desk.practitioner(), resource_ids=[room])
    assert first["resource_ids"] == [room]
    answer = desk.api.post("/appointment", json=desk.visit(desk.practitioner(), "09:29", resource_ids=[room]))
    assert code(answer) == TAKEN
    assert answer.json()["error"]["blocked_by"]["id"] == first["appointment_id"]
    assert desk.book(desk.practitioner(), "09:30", resource_ids=[room])["resource_ids"] == [room]


def test_the_type_gives_all_of_its_rooms(desk: Desk) -> None:
    rooms = [desk.resource(), desk.resource()]
    elsewhere = desk.resource(business_ids=[desk.other_business])
    kind = desk.type_of(resource_ids=[*rooms, elsewhere])
    assert desk.book(desk.practitioner(), appointment_type_id=kind)["resource_ids"] == rooms
    answer = desk.api.post("/appointment", json=desk.visit(desk.practitioner(), appointment_type_id=kind))
    assert code(answer) == TAKEN
    bare = desk.book(desk.practitioner(), appointment_type_id=kind, resource_ids=[])
    assert bare["resource_ids"] == []


def test_the_type_gives_any_one_that_is_free(desk: Desk) -> None:
    rooms = [desk.resource(resource_rank=2), desk.resource(resource_rank=1)]
    kind = desk.type_of(resource_ids=rooms, resource_mode="any")
    taken = [desk.book(desk.practitioner(), appointment_type_id=kind)["resource_ids"] for _ in rooms]
    assert taken == [[rooms[1]], [rooms[0]]]
    answer = desk.api.post("/appointment", json=desk.visit(desk.practitioner(), appointment_type_id=kind))
    assert code(answer) == TAKEN


def test_a_move_takes_another_room_where_any_will_do(desk: Desk) -> None:
    rooms = [desk.resource(resource_rank=1), desk.resource(resource_rank=2)]
    kind = desk.type_of(resource_ids=rooms, resource_mode="any")
    desk.book(desk.practitioner(), "11:00", appointment_type_id=kind)
    body = desk.book(desk.practitioner(), "09:00", appointment_type_id=kind)
    assert body["resource_ids"] == [rooms[0]]
    moved = desk.api.patch(f"/appointment/{body['appointment_id']}", json={"app_time": f"{DAY}T11:00:00"})
    assert made(moved)["resource_ids"] == [rooms[1]]


def test_a_move_takes_its_rooms_along_or_leaves_them(desk: Desk) -> None:
    room, other = desk.resource(), desk.resource()
    desk.book(desk.practitioner(), "11:00", resource_ids=[room])
    path = f"/appointment/{desk.book(desk.practitioner(), '09:00', resource_ids=[room])['appointment_id']}"
    assert code(desk.api.patch(path, json={"app_time": f"{DAY}T11:00:00"})) == TAKEN
    moved = made(desk.api.patch(path, json={"app_time": f"{DAY}T11:00:00", "resource_ids": [other]}))
    assert moved["resource_ids"] == [other]
    assert desk.book(desk.practitioner(), "09:00", resource_ids=[room])["resource_ids"] == [room]


def test_a_move_to_another_business_takes_what_stands_there(desk: Desk) -> None:
    here, there = desk.resource(), desk.resource(business_ids=[desk.other_business])
    kind = desk.type_of(resource_ids=[here, there])
    body = desk.book(desk.practitioner(), appointment_type_id=kind)
    assert body["resource_ids"] == [here]
    moved = desk.api.patch(f"/appointment/{body['appointment_id']}", json={"business_id": desk.other_business})
    assert made(moved)["resource_ids"] == [there]


def test_a_room_that_is_let_go_is_free(desk: Desk) -> None:
    room = desk.resource()
    path = f"/appointment/{desk.book(desk.practitioner(), resource_ids=[room])['appointment_id']}"
    assert made(desk.api.patch(path, json={"resource_ids": []}))["resource_ids"] == []
    second = desk.book(desk.practitioner(), resource_ids=[room])["appointment_id"]
    assert desk.api.post(f"/appointment/{second}/cancel").status_code == 204
    assert desk.book(desk.practitioner(), resource_ids=[room])["resource_ids"] == [room]


def test_rooms_elsewhere_archived_or_of_others_are_refused(desk: Desk) -> None:
    who = desk.practitioner()
    wrong = [
        desk.resource(business_ids=[desk.other_business]),
        desk.resource(archived=True),
        desk.resource(practitioner_ids=[desk.practitioner()]),
    ]
    for room in wrong:
        answer = desk.api.post("/appointment", json=desk.visit(who, resource_ids=[room]))
        assert list(problems(answer)) == ["resource_ids"]
        assert str(room) in problems(answer)["resource_ids"]
    mine = desk.resource(practitioner_ids=[who])
    assert desk.book(who, resource_ids=[mine])["resource_ids"] == [mine]


def test_resources_are_listed_by_entry_and_entries_by_resource(desk: Desk) -> None:
    room, who = desk.resource(), desk.practitioner()
    visit = desk.book(who, resource_ids=[room])["appointment_id"]
    note = made(desk.api.post("/note", json=desk.space(who, "10:00", description="Repair", resource_ids=[room])))[
        "appointment_id"
    ]
    group = desk.group(who, "11:00", resource_ids=[room])
    for path, entry in (("appointment", visit), ("note", note), ("group_appointment", group)):
        page = made(desk.api.get(f"/{path}/{entry}/resource"))
        assert [one["resource_id"] for one in page["resources"]] == [room]
        others = {visit, note, group} - {entry}
        assert {made(desk.api.get(f"/{path}/{other}/resource"))["total_entries"] for other in others} == {0}
    listed = made(desk.api.get(f"/resource/{room}/appointment"))["appointments"]
    assert [one["appointment_id"] for one in listed] == [visit]
    assert desk.api.post(f"/appointment/{visit}/cancel").status_code == 204
    assert made(desk.api.get(f"/resource/{room}/appointment"))["total_entries"] == 0
    assert made(desk.api.get(f"/appointment/{visit}/resource"))["total_entries"] == 0
