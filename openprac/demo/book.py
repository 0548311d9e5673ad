"""The appointment book around today: visits, classes with their members, lunches, blocked times, what was cancelled.

Nothing overlaps: every seat and room keeps the five-minute steps it is taken for.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from openprac.demo.bookable import Practice
from openprac.demo.dice import Calendar, Dice, Row, Weighted
from openprac.demo.hours import Hours
from openprac.demo.practice import OCCUPATIONAL_THERAPY, PHYSIOTHERAPY, PODIATRY, PSYCHOLOGY, SEATS, Seat
from openprac.diary.facts import REMINDERS
from openprac.diary.lengths import Length
from openprac.diary.spans import rounded_up

DAYS_BEFORE, DAYS_AFTER = 14, 21
VISITS_OF_A_FULL_BOOK = 3200
FULLEST = 0.8
STEP_MINUTES = 5
LUNCH, LAST_START = time(12, 30), time(18)
WAITING = 12

BOOKED, REMINDED, CONFIRMED, COMPLETED, MISSED = 1, 2, 3, 6, 7
_PAST = Weighted((COMPLETED, 95.0), (MISSED, 5.0))
_COMING = Weighted((BOOKED, 60.0), (REMINDED, 20.0), (CONFIRMED, 20.0))
_PLAIN_TYPES = {
    PHYSIOTHERAPY: ("Standard Physiotherapy", "Standard Physiotherapy", "Initial Physiotherapy"),
    OCCUPATIONAL_THERAPY: ("Standard Occupational Therapy", "Initial Occupational Therapy", "Home Visit"),
    PSYCHOLOGY: ("Standard Psychology", "Psychology by Telehealth", "Initial Psychology"),
    PODIATRY: ("Standard Podiatry", "Standard Podiatry", "Initial Podiatry"),
}


class _Class(NamedTuple):
    """A class of every week: whose seat (a position), on which weekday (0 Monday), from when."""

    type: str
    seat: int
    weekday: int
    start: time


_CLASSES = (
    _Class("Clinical Pilates Class", 2, 0, time(16)),
    _Class("Clinical Pilates Class", 2, 3, time(16)),
    _Class("Hydrotherapy Class", 3, 2, time(10)),
)
_KEPT = (
    *("client_id", "app_time", "description", "appointment_type_id", "duration", "notes", "practitioner_id"),
    *("business_id", "profession_id", "account_id", "created"),
)
_NOTES = (("Team meeting", "#000000", "#FFD700"), ("Catch up on letters", "#FFFFFF", "#336699"))
_TRAINING = ("Ultrasound training", "#FFFFFF", "#336699")
# Even the emptiest book has one of everything, at this seat on the days after today.
_ALWAYS, _TRAINED_ON = SEATS[2], 9
CANCELLED_ONE_IN, DELETED_ONE_IN = 17, 4
_CANCELLED_BECAUSE = Weighted(("Unwell", 3.0), ("Work or school", 2.0), (None, 1.0))


class Book:
    """One clinic's book in the making. Entries name each other as objects until they are numbered."""

    def __init__(self, dice: Dice, calendar: Calendar, tables: Mapping[str, list[Row]]) -> None:
        self.dice, self.calendar, self.tables = dice, calendar, tables
        self.practice = Practice(tables, calendar.today)
        self.hours = Hours(tables)
        self.share = min(FULLEST, 2 * len(tables["patient"]) / VISITS_OF_A_FULL_BOOK)
        self.types = {row["description"]: number for number, row in enumerate(tables["appointment_type"])}
        self.entries: list[Row] = []
        self.rooms: list[tuple[Row, int]] = []
        self.members: list[tuple[Row, Row]] = []
        self.cancelled: list[tuple[Row, Row]] = []
        self.visits = 0
        self._taken: set[tuple[str, int, int, datetime]] = set()

    def fill(self) -> None:
        for offset in range(-DAYS_BEFORE, DAYS_AFTER + 1):
            day = self.calendar.today + timedelta(days=offset)
            for one in _CLASSES:
                if one.weekday == day.weekday():
                    self._class(one, day)
            for seat in SEATS:
                if self.hours.works(seat, day):
                    self._day(seat, day)

    def _day(self, seat: Seat, day: date) -> None:
        """The first visit of the days around today is there in the emptiest book, so that every seat has one."""
        lunch = datetime.combine(day, LUNCH)
        if self.dice.chance(self.share):
            self._plain(seat, lunch, 30, kind="note", description="Lunch", font_colour="#000000", bg_colour="#EEEEEE")
        tomorrow = seat is _ALWAYS and 0 < (day - self.calendar.today).days <= 3
        if tomorrow or self.dice.chance(self.share / 6):
            name, font, colour = _TRAINING if tomorrow else self.dice.pick(_NOTES)
            note = {"description": name, "font_colour": font, "bg_colour": colour}
            entry = self._plain(seat, datetime.combine(day, time(13)), 60, kind="note", **note)
            if entry and tomorrow:
                self._take(entry, [_TRAINED_ON])
        if tomorrow or self.dice.chance(self.share / 4):
            self._plain(seat, datetime.combine(day, time(15)), 60, kind="rule_out")
        near = abs((day - self.calendar.today).days) <= 1
        for column in range(1, seat.columns + 1):
            moment, first = datetime.combine(day, time(8, 30)), near
            while moment.time() < LAST_START:
                if first or self.dice.chance(self.share):
                    entry = self._visit(seat, moment, column)
                    moment += timedelta(minutes=entry["duration"] if entry else 30)
                    first = False
                else:
                    moment += timedelta(minutes=30)

    def _visit(self, seat: Seat, moment: datetime, column: int) -> Row | None:
        profession = self.practice.profession(seat)
        kind = self.types[self.dice.pick(_PLAIN_TYPES[profession])]
        patient = self.practice.patient(self.dice, moment.date())
        if patient is None:
            return None
        length = self.practice.length(kind, seat, profession, patient)
        rooms = self._free_rooms(kind, seat, moment, length)
        if length is None or rooms is None:
            return None
        row = self.tables["appointment_type"][kind]
        person = self.tables["practitioner"][seat.practitioner]
        telehealth = row["telehealth"]
        entry = self._plain(
            seat,
            moment,
            rounded_up(length.minutes),
            kind="patient",
            column_number=column,
            description=row["description"],
            client_id=patient,
            account_id=self.tables["patient"][patient]["default_account_id"],
            appointment_type_id=kind,
            appointment_status_id=self._status(moment),
            profession_id=profession,
            item_id=length.item_id,
            item_group_id=length.item_group_id,
            telehealth_patient_link=person["telehealth_patient_link"] if telehealth else None,
            telehealth_practitioner_link=person["telehealth_practitioner_link"] if telehealth else None,
            **self._reminders(patient),
        )
        if entry is None:
            return None
        self.visits += 1
        if self.visits % CANCELLED_ONE_IN == 0:
            self._cancel(entry)
        else:
            self._take(entry, rooms)
        return entry

    def _class(self, one: _Class, day: date) -> None:
        kind, seat = self.types[one.type], SEATS[one.seat]
        row = self.tables["appointment_type"][kind]
        moment = datetime.combine(day, one.start)
        length = self.practice.length(kind, seat, PHYSIOTHERAPY, None)
        rooms = self._free_rooms(kind, seat, moment, length)
        if length is None or not rooms:
            return
        members = {self.practice.patient(self.dice, day) for _ in range(self.dice.whole(1, row["group_max_size"]))} - {
            None
        }
        entry = self._plain(
            seat,
            moment,
            rounded_up(length.minutes),
            kind="group",
            description=row["description"],
            appointment_type_id=kind,
            profession_id=PHYSIOTHERAPY,
            item_id=length.item_id,
            group_max_size=row["group_max_size"],
            member_count=len(members),
        )
        if entry is None:
            return
        self._take(entry, rooms)
        for client in sorted(member for member in members if member is not None):
            member = {
                "client_id": client,
                "account_id": self.tables["patient"][client]["default_account_id"],
                "appointment_status_id": self._status(moment),
                "notes": None,
                "item_id": length.item_id,
                **self._reminders(client),
                "created": max(entry["created"], self.tables["patient"][client]["created"]),
            }
            self.members.append((entry, {**member, "modified": member["created"]}))

    def _plain(self, seat: Seat, moment: datetime, minutes: int, **more: Any) -> Row | None:
        """An entry, unless something is there already or nobody may book then."""
        column = more.get("column_number", 1)
        if not self.hours.fits(seat, moment, minutes, column, more.get("appointment_type_id")):
            return None
        steps = {("column", seat.practitioner, column, at) for at in _steps(moment, minutes)}
        if steps & self._taken:
            return None
        self._taken |= steps
        before = moment.date() - timedelta(days=self.dice.whole(1, 30))
        made = min(self.calendar.working_time(before, self.dice), self.calendar.last)
        if (client := more.get("client_id")) is not None:
            made = max(made, self.tables["patient"][client]["created"])
        empty = {
            **dict.fromkeys(("client_id", "account_id", "appointment_type_id", "appointment_status_id")),
            **dict.fromkeys(("profession_id", "item_id", "item_group_id", "description", "notes")),
            **dict.fromkeys(("font_colour", "bg_colour", "telehealth_patient_link", "telehealth_practitioner_link")),
            **dict.fromkeys(REMINDERS, False),
            **dict.fromkeys(("group_max_size",)),
        }
        entry = {
            "state": "live",
            "app_time": moment,
            "duration": minutes,
            "practitioner_id": seat.practitioner,
            "business_id": seat.business,
            "column_number": column,
            "member_count": 0,
            **empty,
            **more,
            "created": made,
            "modified": made,
        }
        self.entries.append(entry)
        return entry

    def _cancel(self, entry: Row) -> None:
        """It was taken out a while after it was made, mostly as a cancellation."""
        reason = self.dice.draw(_CANCELLED_BECAUSE)
        recorded = len(self.cancelled) % DELETED_ONE_IN != DELETED_ONE_IN - 1
        when = self.calendar.later(entry["created"], self.dice, sooner=2)
        entry |= {"state": "cancelled" if recorded else "deleted", "modified": when}
        item = entry["item_id"]
        self.cancelled.append(
            (
                entry,
                {
                    **{name: entry[name] for name in _KEPT},
                    "appointment_type": entry["description"],
                    "appointment_status": "Booked",
                    "category": "Patient",
                    "item_code": None if item is None else self.tables["item"][item]["item_code"],
                    "cancellation_time": when,
                    "cancelled_by": "Reception",
                    "cancellation": recorded,
                    "reason": "Rang in the morning" if recorded and self.dice.chance(0.3) else None,
                    "appointment_cancellation_reason_id": reason if recorded else None,
                    "modified": when,
                },
            )
        )

    def _take(self, entry: Row, rooms: Sequence[int]) -> None:
        for room in rooms:
            self._taken |= {("room", room, 0, at) for at in _steps(entry["app_time"], entry["duration"])}
            self.rooms.append((entry, room))

    def _free_rooms(self, kind: int, seat: Seat, moment: datetime, length: Length | None) -> Sequence[int] | None:
        """What the type takes there; None where it is in use."""
        wanted = self.practice.rooms_of(kind, seat)
        if length is None or not wanted:
            return wanted
        steps = list(_steps(moment, rounded_up(length.minutes)))
        free = [room for room in wanted if not any(("room", room, 0, at) in self._taken for at in steps)]
        if self.tables["appointment_type"][kind]["resource_mode"] == "any":
            return free[:1] or None
        return free if len(free) == len(wanted) else None

    def _status(self, moment: datetime) -> int:
        return self.dice.draw(_PAST if moment.date() < self.calendar.today else _COMING)

    def _reminders(self, patient: int) -> dict[str, bool]:
        row = self.tables["patient"][patient]
        return {name: bool(row.get(f"default_{name}", True)) for name in REMINDERS}


def book_tables(dice: Dice, calendar: Calendar, tables: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    """Entries in the order they were made, what hangs on them, and who waits."""
    book = Book(dice, calendar, tables)
    book.fill()
    entries = sorted(book.entries, key=lambda entry: (entry["created"], entry["app_time"], entry["practitioner_id"]))
    places = {id(entry): place for place, entry in enumerate(entries)}
    book.cancelled.sort(key=lambda pair: pair[1]["cancellation_time"])
    return {
        "appointment": entries,
        "appointment_resource": [
            {
                "appointment_id": places[id(entry)],
                "resource_id": room,
                "kind": entry["kind"],
                "span": (entry["app_time"], entry["app_time"] + timedelta(minutes=entry["duration"])),
                "state": entry["state"],
                "overbooked": False,
            }
            for entry, room in book.rooms
        ],
        "appointment_client": [{"appointment_id": places[id(entry)], **row} for entry, row in book.members],
        "cancelled_appointment": [{"appointment_id": places[id(entry)], **row} for entry, row in book.cancelled],
        **_waiting(dice, calendar, book),
    }


def _waiting(dice: Dice, calendar: Calendar, book: Book) -> dict[str, list[Row]]:
    """A few patients who would come sooner."""
    visits = [entry for entry in book.entries if entry["kind"] == "patient"]
    coming = [entry for entry in visits if entry["app_time"].date() > calendar.today]
    waiting = coming[:: max(1, len(coming) // WAITING)][:WAITING]
    rows = [
        {
            **{name: entry[name] for name in ("client_id", "account_id", "appointment_type_id")},
            "priority": dice.whole(1, 3),
            "wait_until": entry["app_time"].date() - timedelta(days=1),
            "notes": None,
            "created": entry["created"],
            "modified": entry["created"],
        }
        for entry in waiting
    ]
    return {
        "waiting_list_entry": rows,
        "waiting_list_entry_practitioner": [
            {"waiting_list_entry_id": place, "practitioner_id": entry["practitioner_id"]}
            for place, entry in enumerate(waiting)
        ],
        "waiting_list_entry_time": [
            {"waiting_list_entry_id": place, "weekday": weekday, "start_time": time(9), "end_time": time(12)}
            for place in range(len(waiting))
            for weekday in (1, 3)
        ],
    }


def _steps(moment: datetime, minutes: int) -> Iterator[datetime]:
    return (moment + timedelta(minutes=step) for step in range(0, minutes, STEP_MINUTES))
