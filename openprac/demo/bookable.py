"""What an invented clinic allows: which rooms a type takes where, how long it lasts for whom, whom to book."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from openprac.demo.dice import Dice, Row
from openprac.demo.practice import Seat
from openprac.diary.lengths import Length, length_for

TRIES = 20


class Practice:
    """The clinic's tables, looked things up in. Rows are named by their positions."""

    def __init__(self, tables: Mapping[str, list[Row]], today: date) -> None:
        self._tables, self._today = tables, today
        self._rooms: dict[tuple[int, Seat], list[int]] = {}

    def rooms_of(self, kind: int, seat: Seat) -> list[int]:
        """What a type takes by default at this seat."""
        if (kind, seat) not in self._rooms:
            self._rooms[kind, seat] = self._find_rooms(kind, seat)
        return self._rooms[kind, seat]

    def _find_rooms(self, kind: int, seat: Seat) -> list[int]:
        tables = self._tables
        here = {row["resource_id"] for row in tables["resource_business"] if row["business_id"] == seat.business}
        users: dict[int, set[int]] = {}
        for row in tables["resource_practitioner"]:
            users.setdefault(row["resource_id"], set()).add(row["practitioner_id"])
        wanted = [
            int(row["resource_id"])
            for row in tables["appointment_type_resource"]
            if row["appointment_type_id"] == kind and row["resource_id"] in here
        ]
        return [room for room in wanted if seat.practitioner in users.get(room, {seat.practitioner})]

    def length(self, kind: int, seat: Seat, profession: int, patient: int | None) -> Length | None:
        category: Any = None
        if patient is not None:
            row = self._tables["patient"][patient]
            account = self._tables["patient_account"][row["default_account_id"]]
            category = account["fee_cat_id"] or row["fee_cat_id"]
        whose = {"practitioner_id": seat.practitioner, "business_id": seat.business}
        own = self._lengths("practitioner_appointment_type_duration", appointment_type_id=kind, **whose)
        defaults = self._lengths("appointment_type_duration", appointment_type_id=kind)
        return length_for(own, defaults, profession, category)

    def _lengths(self, table: str, **only: int) -> list[Length]:
        names = ("profession_id", "fee_cat_id", "duration", "width", "item_id", "item_group_id")
        return [
            Length(*(row[name] for name in names))
            for row in self._tables[table]
            if all(row[name] == value for name, value in only.items())
        ]

    def profession(self, seat: Seat) -> int:
        """The practitioner's default."""
        rows = self._tables["practitioner_profession"]
        mine = (row for row in rows if row["practitioner_id"] == seat.practitioner and row["is_default"])
        return int(next(mine)["profession_id"])

    def patient(self, dice: Dice, day: date) -> int | None:
        """Somebody whose file is in use and was there by then."""
        files = self._tables["patient"]
        for _ in range(TRIES if files else 0):
            position = dice.whole(0, len(files) - 1)
            row = files[position]
            if row["archived_at"] is None and row["created"].date() < min(day, self._today):
                return position
        return None
