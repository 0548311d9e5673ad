"""Whoever looks away still cannot overlap: the exclusion constraints answer, and their answer is the same 409."""

from collections.abc import Iterator
from typing import Any

import pytest

from openprac.diary import store
from tests.api.answers import code
from tests.desk import DAY, Desk

TAKEN = (409, "RESERVE_APPOINTMENT_CONFLICT")


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The server, which runs in this process, sees nothing in the way."""

    async def nothing(*arguments: Any) -> list[Any]:
        return []

    with monkeypatch.context() as patch:
        patch.setattr(store, "in_the_way", nothing)
        yield


@pytest.mark.usefixtures("blind")
class TestTheConstraints:
    def test_columns_and_time_of_a_practitioner(self, desk: Desk) -> None:
        who = desk.practitioner(columns=2)
        desk.book(who, width=2)
        for column in (1, 2):
            answer = desk.api.post("/appointment", json=desk.visit(who, "09:29", column_number=column))
            assert code(answer) == TAKEN
            assert "blocked_by" not in answer.json()["error"]
        desk.book(who, "09:30")

    def test_one_business_at_a_time(self, desk: Desk) -> None:
        who = desk.practitioner()
        desk.book(who)
        there = desk.visit(who, "09:15", business_id=desk.other_business)
        assert code(desk.api.post("/appointment", json=there)) == TAKEN

    def test_one_entry_a_room(self, desk: Desk) -> None:
        room = desk.resource()
        desk.book(desk.practitioner(), resource_ids=[room])
        other = desk.book(desk.practitioner(), "11:00", resource_ids=[room])["appointment_id"]
        body = desk.visit(desk.practitioner(), "09:15", resource_ids=[room])
        assert code(desk.api.post("/appointment", json=body)) == TAKEN
        moved = desk.api.patch(f"/appointment/{other}", json={"app_time": f"{DAY}T09:15:00"})
        assert code(moved) == TAKEN

    def test_a_finalise_that_grows(self, desk: Desk) -> None:
        who = desk.practitioner()
        hold = desk.hold(who)
        desk.book(who, "09:30")
        body = {"client_id": desk.client, "appointment_type_id": desk.type_of(60)}
        assert code(desk.api.post(f"/appointment/{hold}", json=body)) == TAKEN
