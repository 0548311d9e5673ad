"""Classes with room."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.api.answers import code, made
from tests.desk import ZONE, Desk

FIELDS = [
    "appointment_id",
    "current_class_size",
    "max_class_size",
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


def tomorrow() -> date:
    return datetime.now(ZoneInfo(ZONE)).date() + timedelta(days=1)


def test_shows_classes_that_have_room_in_the_order_of_time(desk: Desk) -> None:
    who, day = desk.practitioner(), tomorrow()
    room = desk.resource()
    late, early = desk.group(who, f"{day}T15:00:00", resource_ids=[room]), desk.group(who, f"{day}T09:00:00")
    full = desk.group(who, f"{day}T11:00:00", max_class_size=1)
    for group in (early, full):
        made(desk.api.post(f"/group_appointment/{group}/add_group_member", json={"client_id": desk.client}))
    gone = desk.group(who, f"{day}T12:00:00")
    assert desk.api.post(f"/group_appointment/{gone}/cancel", json={}).status_code == 204
    asked = {"from": str(day), "to": str(day), "appointment_type_id": desk.group_type, "practitioner_ids": who}
    answer = made(desk.api.get("/available_group_appointments", params=asked))
    rows = answer["available_times"]
    assert [one["appointment_id"] for one in rows] == [early, late]
    assert [list(one) for one in rows] == [FIELDS] * 2
    assert [(one["current_class_size"], one["max_class_size"], one["resource_ids"]) for one in rows] == [
        (1, 3, []),
        (0, 3, [room]),
    ]
    assert (answer["total_entries"], list(answer["links"])) == (2, ["self"])
    second = made(desk.api.get("/available_group_appointments", params={**asked, "page": 2, "page_size": 1}))
    assert ([one["appointment_id"] for one in second["available_times"]], second["total_entries"]) == ([late], 2)
    behind = made(desk.api.get("/available_group_appointments", params={**asked, "page": 9}))
    assert (behind["available_times"], behind["total_entries"]) == ([], 2)
    following = made(desk.api.get("/next_available_group_appointment", params=asked))
    assert (following["available_times"], following["total_entries"]) == (rows[:1], 1)
    assert list(following["links"]) == ["self"]


def test_a_type_for_single_patients_has_none_and_an_unknown_one_is_refused(desk: Desk) -> None:
    day = str(tomorrow())
    asked = {"from": day, "to": day, "appointment_type_id": desk.type}
    for path in ("/available_group_appointments", "/next_available_group_appointment"):
        assert made(desk.api.get(path, params=asked))["total_entries"] == 0
        assert code(desk.api.get(path, params={**asked, "appointment_type_id": 10**9})) == (400, "INVALID_PARAMS")


def test_what_has_begun_is_left_out(desk: Desk) -> None:
    who, today = desk.practitioner(both=True), datetime.now(ZoneInfo(ZONE)).date()
    for hour in range(24):
        desk.group(who, f"{today}T{hour:02}:00:00", business_id=desk.other_business)
    before = datetime.now(ZoneInfo(ZONE)).replace(tzinfo=None)
    asked = {"from": str(today), "to": str(today), "appointment_type_id": desk.group_type, "practitioner_ids": who}
    rows = made(desk.api.get("/available_group_appointments", params=asked))["available_times"]
    after = datetime.now(ZoneInfo(ZONE)).replace(tzinfo=None)
    labels = [datetime.fromisoformat(one["app_time"]) for one in rows]
    every = [datetime(today.year, today.month, today.day, hour) for hour in range(24)]
    assert set(labels) >= {one for one in every if one >= after}
    assert set(labels) <= {one for one in every if one >= before.replace(second=0, microsecond=0)}
