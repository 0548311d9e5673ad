"""Who waits for what."""

from typing import Any

import pytest

from tests.api.answers import made, problems
from tests.desk import Desk

PATH = "/x/waiting_list_entry"


def test_an_entry_is_made_read_changed_and_removed(desk: Desk) -> None:
    who = desk.practitioner()
    body = {
        "client_id": desk.client,
        "appointment_type_id": desk.type,
        "duration": 45,
        "priority": 1,
        "wait_until": "2026-06-30",
        "practitioner_ids": [who],
        "business_ids": [desk.business, desk.other_business],
        "profession_ids": [desk.profession],
        "times": [{"weekday": 1, "start_time": "09:00:00", "end_time": "12:00:00"}],
    }
    entry = made(desk.api.post(PATH, json=body))
    assert {name: entry[name] for name in body} == body
    path = f"{PATH}/{entry['waiting_list_entry_id']}"
    assert made(desk.api.get(path)) == entry
    listed = made(desk.api.get(PATH, params={"q[]": f"client_id:={desk.client}"}))["waiting_list_entries"]
    assert listed[-1]["times"] == body["times"]
    changed = made(desk.api.patch(path, json={"practitioner_ids": [], "times": [], "priority": 3}))
    assert (changed["practitioner_ids"], changed["times"], changed["priority"]) == ([], [], 3)
    assert desk.api.delete(path).status_code == 204
    assert desk.api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"client_id": 9_000_000_000}, "client_id"),
        ({"appointment_type_id": 9_000_000_000}, "appointment_type_id"),
        ({"duration": 7}, "duration"),
        ({"priority": 4}, "priority"),
        ({"practitioner_ids": [9_000_000_000]}, "practitioner_ids"),
        ({"business_ids": [9_000_000_000]}, "business_ids"),
        ({"profession_ids": [9_000_000_000]}, "profession_ids"),
        ({"times": [{"weekday": 8, "start_time": "09:00:00", "end_time": "10:00:00"}]}, "times.0.weekday"),
        ({"times": [{"weekday": 1, "start_time": "10:00:00", "end_time": "10:00:00"}]}, "times.0.end_time"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_named(desk: Desk, wrong: dict[str, Any], field: str) -> None:
    body = {"client_id": desk.client, "appointment_type_id": desk.type, **wrong}
    assert list(problems(desk.api.post(PATH, json=body))) == [field]
