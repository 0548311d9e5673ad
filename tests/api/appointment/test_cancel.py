"""Removal: what is free afterwards, what stays, and what is told of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.api.answers import made, problems
from tests.desk import DAY, Desk


def cancelled(desk: Desk, appointment_id: int) -> dict[str, Any]:
    return made(desk.api.get(f"/cancelled_appointment/{appointment_id}"))


def listed(desk: Desk, client: int, **params: str) -> list[int]:
    page = made(desk.api.get("/cancelled_appointment", params={"q[]": f"client_id:={client}", **params}))
    return [one["appointment_id"] for one in page["cancelled_appointments"]]


def test_the_time_is_free_and_the_entry_is_gone(desk: Desk) -> None:
    who = desk.practitioner()
    path = f"/appointment/{desk.book(who)['appointment_id']}"
    answer = desk.api.post(f"{path}/cancel", json={"record_as_cancelled": True})
    assert (answer.status_code, answer.content) == (204, b"")
    assert desk.api.get(path).status_code == 404
    assert desk.api.patch(path, json={}).status_code == 404
    assert desk.api.post(f"{path}/cancel", json={}).status_code == 404
    assert made(desk.api.get(f"/practitioner/{who}/appointment"))["total_entries"] == 0
    assert desk.book(who)["app_time"] == f"{DAY}T09:00:00"


def test_what_was_removed_shows_the_names_of_that_moment(desk: Desk) -> None:
    item = desk.new("item", item_code=f"I{next(desk.names)}", description="Visit")
    kind = desk.type_of(item_id=item, description="Knee check")
    client = desk.patient()
    body = desk.book(desk.practitioner(), appointment_type_id=kind, client_id=client)
    reason = made(desk.api.get("/cancellation_reason"))["appointment_cancellation_reasons"][0]
    why = {
        "record_as_cancelled": True,
        "reason": "Fell ill",
        "appointment_cancellation_reason_id": reason["appointment_cancellation_reason_id"],
    }
    assert desk.api.post(f"/appointment/{body['appointment_id']}/cancel", json=why).status_code == 204
    made(desk.api.patch(f"/x/appointment_type/{kind}", json={"description": "Another name"}))
    found = cancelled(desk, body["appointment_id"])
    when = datetime.fromisoformat(found.pop("cancellation_time"))
    assert timedelta() <= datetime.now(UTC) - when < timedelta(minutes=1)
    same = ("tenant_id", "appointment_id", "client_id", "app_time", "duration", "notes", "practitioner_id")
    same += ("business_id", "profession_id", "account_id")
    assert found == {
        "row_num": 1,
        "total_rows": 1,
        "links": {"self": f"{desk.cast.base_url}/v1/cancelled_appointment/{body['appointment_id']}"},
        **{name: body[name] for name in same},
        "description": "Knee check",
        "appointment_type": "Knee check",
        "appointment_status": "Booked",
        "category": "Patient",
        "item_code": desk.sql("SELECT item_code FROM item WHERE item_id = $1", item)[0][0],
        "cancelled_by": "desk",
        "cancellation": True,
        "reason": "Fell ill",
        "appointment_cancellation_reason_id": reason["appointment_cancellation_reason_id"],
    }


def test_a_plain_deletion_is_listed_on_request_and_read_always(desk: Desk) -> None:
    client, who = desk.patient(), desk.practitioner()
    ids = [desk.book(who, f"{hour}:00", client_id=client)["appointment_id"] for hour in (10, 11, 12)]
    desk.api.post(f"/appointment/{ids[0]}/cancel", json={"record_as_cancelled": True})
    desk.api.post(f"/appointment/{ids[1]}/cancel", json={"record_as_cancelled": False})
    desk.api.post(f"/appointment/{ids[2]}/cancel")
    assert listed(desk, client) == ids[:1]
    assert listed(desk, client, include_deletions="false") == ids[:1]
    assert listed(desk, client, include_deletions="true") == ids
    assert [cancelled(desk, one)["cancellation"] for one in ids] == [True, False, False]
    refused = desk.api.get("/cancelled_appointment", params={"include_deletions": "yes"})
    assert refused.status_code == 400
    assert "include_deletions" in refused.json()["error"]["detail"]


def test_the_switch_stays_in_the_links(desk: Desk) -> None:
    page = made(desk.api.get("/cancelled_appointment", params={"include_deletions": "true", "page_size": 1}))
    assert "include_deletions=true" in page["links"]["self"]


def test_a_reason_that_is_none_changes_nothing(desk: Desk) -> None:
    path = f"/appointment/{desk.book(desk.practitioner())['appointment_id']}"
    answer = desk.api.post(f"{path}/cancel", json={"appointment_cancellation_reason_id": 9_000_000_000})
    assert list(problems(answer)) == ["appointment_cancellation_reason_id"]
    assert list(problems(desk.api.post(f"{path}/cancel", json={"record_as_cancelled": "yes"}))) == [
        "record_as_cancelled"
    ]
    assert desk.api.get(path).status_code == 200


def test_each_kind_is_removed_by_its_own_path(desk: Desk) -> None:
    who = desk.practitioner()
    visit = desk.book(who)["appointment_id"]
    note = made(desk.api.post("/note", json=desk.space(who, "10:00", description="Lunch")))["appointment_id"]
    rule_out = made(desk.api.post("/rule_out", json=desk.space(who, "11:00")))["appointment_id"]
    group = desk.group(who, "12:00")
    for entry in (note, rule_out, group):
        assert desk.api.post(f"/appointment/{entry}/cancel").status_code == 404
        assert desk.api.get(f"/appointment/{entry}").status_code == 404
    for entry in (visit, rule_out, group):
        assert desk.api.delete(f"/note/{entry}").status_code == 404
    for entry in (visit, note, group):
        assert desk.api.delete(f"/rule_out/{entry}").status_code == 404
    for entry in (visit, note, rule_out):
        assert desk.api.post(f"/group_appointment/{entry}/cancel").status_code == 404
    assert desk.api.delete(f"/note/{note}").status_code == 204
    assert desk.api.delete(f"/rule_out/{rule_out}").status_code == 204
    assert [cancelled(desk, one)["category"] for one in (note, rule_out)] == ["Note", "Rule Out"]
    assert {cancelled(desk, one)["cancellation"] for one in (note, rule_out)} == {False}


def test_the_same_key_removes_once(desk: Desk) -> None:
    path = f"/appointment/{desk.book(desk.practitioner())['appointment_id']}/cancel"
    answers = [desk.api.post(path, json={}, headers={"Idempotency-Key": "cancel-once"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert answers[1].headers["idempotency-replayed"] == "true"
