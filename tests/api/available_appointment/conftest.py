"""Days ahead of today, at which the searches of these tests look."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.api.answers import made
from tests.desk import ZONE, Desk

DAYS_AHEAD = 10


def a_tuesday() -> date:
    """Days ahead by the clinic's clock, so that nothing of it is over, whenever the tests run."""
    day = datetime.now(ZoneInfo(ZONE)).date() + timedelta(days=DAYS_AHEAD)
    return day + timedelta(days=(1 - day.weekday()) % 7)


@dataclass
class Finder:
    """Asks for free times of a practitioner on one day, unless told otherwise."""

    desk: Desk
    day: date

    def params(self, practitioner: int | None = None, **more: Any) -> dict[str, Any]:
        asked = {"from": self.day, "to": self.day, "appointment_type_id": self.desk.type, **more}
        if practitioner is not None:
            asked["practitioner_ids"] = practitioner
        return {name: str(value) for name, value in asked.items() if value is not None}

    def ask(
        self, practitioner: int | None = None, path: str = "/available_appointments", **more: Any
    ) -> httpx.Response:
        return self.desk.api.get(path, params=self.params(practitioner, **more))

    def found(self, practitioner: int, **more: Any) -> list[dict[str, Any]]:
        return list(made(self.ask(practitioner, **{"page_size": 200, **more}))["available_times"])

    def times(self, practitioner: int, **more: Any) -> list[str]:
        """Hours and minutes of the first column at the first business."""
        return [
            one["app_time"][11:16]
            for one in self.found(practitioner, **{"business_ids": self.desk.business, **more})
            if one["column_number"] == 1
        ]

    def at(self, time: str) -> str:
        return f"{self.day}T{time}:00"

    def explained(self, practitioner: int, time: str, **more: Any) -> list[dict[str, Any]]:
        asked = {
            "app_time": self.at(time),
            "practitioner_id": practitioner,
            "business_id": self.desk.business,
            "appointment_type_id": self.desk.type,
            **more,
        }
        answer = made(self.desk.api.get("/x/availability_explanation", params=asked))
        assert answer["offered"] == (not answer["reasons"])
        return list(answer["reasons"])


@pytest.fixture
def finder(desk: Desk) -> Finder:
    return Finder(desk, a_tuesday())


@pytest.fixture
def roster(finder: Finder) -> "Rosters":
    return Rosters(finder)


@dataclass
class Rosters:
    """Rosters written behind the API: this is about what a search makes of them."""

    finder: Finder

    def given_to(self, practitioner: int, *, flags: str = "true, true, false", days: str = "1,2,3,4,5") -> int:
        """From nine to five; returns its id."""
        desk = self.finder.desk
        ((roster,),) = desk.sql(
            "INSERT INTO roster (tenant_id, description, manual, online, waiting_list) "
            f"VALUES ($1, 'Clinic days', {flags}) RETURNING roster_id",
            desk.clinic.tenant_id,
        )
        desk.sql(
            "INSERT INTO roster_day (tenant_id, roster_id, weekday, start_time, end_time) "
            f"SELECT $1, $2, day, '09:00', '17:00' FROM unnest(ARRAY[{days}]) day",
            desk.clinic.tenant_id,
            roster,
        )
        desk.sql(
            "INSERT INTO roster_assignment (tenant_id, practitioner_id, business_id, roster_id, start_date) "
            "VALUES ($1, $2, $3, $4, '2020-01-01')",
            desk.clinic.tenant_id,
            practitioner,
            desk.business,
            roster,
        )
        return int(roster)

    def rule(self, roster: int, start: str, end: str, flags: str = "false, false, false", types: str = "") -> int:
        """On every day that the search is about."""
        ((rule,),) = self.finder.desk.sql(
            "INSERT INTO roster_rule (tenant_id, roster_id, position, weekday, start_time, end_time, "
            "manual, online, waiting_list, appointment_type_ids, display_text) "
            f"SELECT $1, $2, count(*), 2, '{start}', '{end}', {flags}, ARRAY[{types}]::bigint[], 'Lunch' "
            "FROM roster_rule WHERE roster_id = $2 RETURNING roster_rule_id",
            self.finder.desk.clinic.tenant_id,
            roster,
        )
        return int(rule)

    def override(self, roster: int, start: str, end: str, flags: str = "true, true, true") -> int:
        """On that one date."""
        ((override,),) = self.finder.desk.sql(
            "INSERT INTO roster_override (tenant_id, roster_id, rank, repeat, start_date, start_time, end_time, "
            "manual, online, waiting_list) "
            f"VALUES ($1, $2, 1, 'once', $3, '{start}', '{end}', {flags}) RETURNING roster_override_id",
            self.finder.desk.clinic.tenant_id,
            roster,
            self.finder.day,
        )
        return int(override)
