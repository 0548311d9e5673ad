"""The whole book: every kind in one list, each row pointing at itself."""

from tests.api.answers import all_rows, made
from tests.desk import Desk


def test_every_kind_is_there_but_holds_and_links_to_itself(desk: Desk) -> None:
    who = desk.practitioner()
    ids = {
        "Patient": desk.book(who, "09:00")["appointment_id"],
        "Note": made(desk.api.post("/note", json=desk.space(who, "10:00", description="Lunch")))["appointment_id"],
        "Rule Out": made(desk.api.post("/rule_out", json=desk.space(who, "11:00")))["appointment_id"],
        "Group": desk.group(who, "12:00"),
    }
    desk.hold(who, "13:00")
    gone = desk.book(who, "14:00")["appointment_id"]
    desk.api.post(f"/appointment/{gone}/cancel")
    rows = all_rows(desk.api, "/appointment_book", "data", **{"q[]": f"practitioner_id:={who}", "sort_by": "app_time"})
    assert {row["category"]: row["appointment_id"] for row in rows} == ids
    paths = {"Patient": "appointment", "Note": "note", "Rule Out": "rule_out", "Group": "group_appointment"}
    more = {"Patient": {"resources"}, "Note": {"resources"}, "Group": {"resources", "appointment_clients"}}
    for row in rows:
        assert set(row["links"]) == {"self"} | more.get(row["category"], set())
        assert row["links"]["self"].endswith(f"/v1/{paths[row['category']]}/{row['appointment_id']}")
        assert all(desk.api.get(link).status_code == 200 for link in row["links"].values())
    assert [row["client_id"] for row in rows] == [desk.client, None, None, None]


def test_appointments_are_patients_alone(desk: Desk) -> None:
    who = desk.practitioner()
    visit = desk.book(who)["appointment_id"]
    desk.group(who, "10:00")
    made(desk.api.post("/note", json=desk.space(who, "11:00", description="Lunch")))
    lists = (
        ("/appointment", {"q[]": f"practitioner_id:={who}"}),
        (f"/practitioner/{who}/appointment", {}),
        (f"/business/{desk.business}/appointment", {"q[]": f"practitioner_id:={who}"}),
        (f"/profession/{desk.profession}/appointment", {"q[]": f"practitioner_id:={who}"}),
        (f"/patient/{desk.client}/appointment", {"q[]": f"practitioner_id:={who}"}),
        (f"/appointment_type/{desk.type}/appointment", {"q[]": f"practitioner_id:={who}"}),
    )
    for path, params in lists:
        assert [row["appointment_id"] for row in all_rows(desk.api, path, "appointments", **params)] == [visit], path


def test_a_week_is_found_by_local_time(desk: Desk) -> None:
    who = desk.practitioner()
    first = desk.book(who, "2026-04-05T10:00:00")["appointment_id"]
    desk.book(who, "2026-04-06T10:00:00")
    params = [("q[]", f"practitioner_id:={who}"), ("q[]", "app_time:>=2026-04-05T00:00:00")]
    params.append(("q[]", "app_time:<2026-04-06T00:00:00"))
    rows = made(desk.api.get("/appointment_book", params=params))["data"]
    assert [row["appointment_id"] for row in rows] == [first]
