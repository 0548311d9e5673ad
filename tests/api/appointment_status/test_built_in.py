"""The seven statuses every clinic has: there from the first moment, with ids of the clinic, never hidden or removed."""

import httpx

from tests.api.answers import all_rows, code, made, problems
from tests.cast import Cast

SEVEN = ["Booked", "Reminder Sent", "Confirmed", "Arrived", "In Session", "Completed", "Missed/DNA"]


def built_in(client: httpx.Client) -> list[int]:
    return [one["appointment_status_id"] for one in all_rows(client, "/appointment_status", "appointment_statuses")[:7]]


def test_a_clinic_starts_with_the_seven_in_order_under_ids_of_its_own(here: httpx.Client, there: httpx.Client) -> None:
    for client in (here, there):
        rows = all_rows(client, "/appointment_status", "appointment_statuses")
        assert [one["status_description"] for one in rows[:7]] == SEVEN
        assert not any(one["archived"] for one in rows[:7])
        assert set(rows[0]) == {
            "row_num",
            "total_rows",
            "tenant_id",
            "appointment_status_id",
            "status_description",
            "archived",
        }
    assert not set(built_in(here)) & set(built_in(there))


def test_none_of_them_can_be_hidden_or_removed(here: httpx.Client) -> None:
    for status_id in built_in(here):
        path = f"/x/appointment_status/{status_id}"
        assert "every clinic has" in problems(here.patch(path, json={"archived": True}))["archived"]
        assert code(here.delete(path)) == (409, "BUILT_IN")
    assert [
        one["status_description"] for one in all_rows(here, "/appointment_status", "appointment_statuses")[:7]
    ] == SEVEN


def test_their_wording_is_the_clinics_and_their_meaning_stays(there: httpx.Client) -> None:
    path = f"/x/appointment_status/{built_in(there)[3]}"
    renamed = made(there.patch(path, json={"status_description": "In the waiting room", "archived": False}))
    assert (renamed["status_description"], renamed["built_in"]) == ("In the waiting room", 4)
    assert list(problems(there.patch(path, json={"status_description": " "}))) == ["status_description"]
    made(there.patch(path, json={"status_description": "Arrived"}))


def test_others_can_be_added_hidden_and_removed(here: httpx.Client) -> None:
    one = made(here.post("/x/appointment_status", json={"status_description": "Running late"}))
    assert one["built_in"] is None
    path = f"/x/appointment_status/{one['appointment_status_id']}"
    assert made(here.patch(path, json={"archived": True}))["archived"] is True
    assert here.delete(path).status_code == 204


def test_the_number_of_a_built_in_one_is_nobodys_to_write(here: httpx.Client) -> None:
    one = made(here.post("/x/appointment_status", json={"status_description": "Eighth", "built_in": 1}))
    assert one["built_in"] is None
    made(here.patch(f"/x/appointment_status/{one['appointment_status_id']}", json={"archived": True}))


def test_the_database_keeps_them_in_sight(cast: Cast) -> None:
    sql = (
        "SELECT count(*) FROM appointment_status WHERE tenant_id = $1 AND built_in IS NOT NULL AND archived_at IS NULL"
    )
    assert cast.sql(sql, cast.riverside.tenant_id)[0][0] == 7
