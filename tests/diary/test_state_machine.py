"""Any order of bookings, moves and removals: the book answers and holds what a dumb list of spans says."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from openprac.diary.rows import CATEGORIES
from tests.api.answers import all_rows
from tests.desk import Desk
from tests.diary.dumb_book import COLUMNS, DumbBook, Entry, Space

FIRST_DAY = date(2031, 1, 6)
GROUP_MINUTES = 30
OTHERS = ("note", "group", "rule_out")
FEW = 3
"""Where there are so few entries none is removed: an empty book has nothing to say."""
PATHS = {"reserved": "reserve_appointment", "patient": "appointment", "group": "group_appointment"}

# Columns and width as one: the last does not fit. One start is before the first site opens, one length is none.
columns = st.sampled_from([(1, 1), (1, 1), (1, 1), (2, 1), (2, 1), (1, 2), (1, 2), (2, 2)])
spaces = st.builds(
    lambda who, site, start, minutes, columns: Space(who, site, start, minutes, *columns),
    who=st.integers(0, 1),
    site=st.sampled_from([0, 0, 0, 1]),
    start=st.sampled_from([*range(9 * 60, 12 * 60, 15), 7 * 60 + 45]),
    minutes=st.sampled_from([15, 30, 30, 45, 60, 15, 30, 30, 45, 60, 5, 7]),
    columns=columns,
)
some_rooms = st.none() | st.frozensets(st.integers(0, 1), max_size=2)
visit_types = st.integers(0, 2)
patients = st.integers(0, 2)
picks = st.integers(0, 999)


@dataclass
class Ground:
    """Ids of what the machine's small numbers stand for."""

    desk: Desk
    people: list[int]
    sites: list[int]
    rooms: list[int]
    types: list[int]
    patients: list[int]
    days: Any


def the_ground(desk: Desk) -> Ground:
    rooms = [desk.resource(business_ids=[desk.business, desk.other_business]), desk.resource()]
    return Ground(
        desk,
        people=[desk.practitioner(columns=COLUMNS) for _ in range(2)],
        sites=[desk.business, desk.other_business],
        rooms=rooms,
        types=[desk.type, desk.type_of(45), desk.type_of(20, resource_ids=rooms)],
        patients=[desk.patient() for _ in range(3)],
        days=itertools.count(),
    )


def there_is(*kinds: str) -> Callable[["Book"], bool]:
    return lambda book: any(entry.kind in kinds for entry in book.model.live.values())


class Book(RuleBasedStateMachine):
    """Every example has a day of its own."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.ground = ground
        self.day = FIRST_DAY + timedelta(days=next(ground.days))
        both, first = frozenset({0, 1}), frozenset({0})
        self.model = DumbBook((both, first), (frozenset(), frozenset(), both), (30, 45, 20))
        self.types: dict[int, int] = {}
        self.known: list[int] = []

    def pick(self, pick: int, *kinds: str) -> int:
        """An entry of one of these kinds where there is one, else another; now and then any that ever was."""
        fitting = [number for number, entry in self.model.live.items() if entry.kind in kinds]
        among = (fitting or list(self.model.live)) if pick % 8 != 7 else []
        return (among or self.known)[pick % len(among or self.known)]

    # ------------------------------------------------------------ what is asked

    def body(self, space: Space, rooms: frozenset[int] | None = None, **more: Any) -> dict[str, Any]:
        ground = self.ground
        start = datetime.combine(self.day, time()) + timedelta(minutes=space.start)
        return {
            "practitioner_id": ground.people[space.who],
            "business_id": ground.sites[space.site],
            "app_time": start.isoformat(),
            "duration": space.minutes,
            "column_number": space.column,
            "width": space.width,
            **self.rooms_of(rooms),
            **more,
        }

    def rooms_of(self, rooms: frozenset[int] | None) -> dict[str, Any]:
        return {} if rooms is None else {"resource_ids": [self.ground.rooms[room] for room in sorted(rooms)]}

    def ask(self, method: str, path: str, body: Any, wanted: int) -> dict[str, Any]:
        answer = self.ground.desk.api.request(method, path, json=body)
        assert answer.status_code == wanted, (method, path, body, answer.text)
        return dict(answer.json()) if answer.content else {}

    def put(self, entry: Entry, rooms: frozenset[int] | None, **more: Any) -> int | None:
        """Ask for a new entry; gives its id, or nothing."""
        wanted = self.model.status_of_put(entry, asked_rooms=rooms or ())
        path = f"/{PATHS.get(entry.kind, entry.kind)}"
        found = self.ask("POST", path, self.body(entry.space, rooms, **more), wanted)
        if wanted != 201:
            return None
        number = int(found["appointment_id"])
        self.known.append(number)
        self.model.live[number] = entry
        return number

    # ------------------------------------------------------------ new entries

    @rule(space=spaces)
    def reserve(self, space: Space) -> None:
        self.put(Entry("reserved", space), None)

    @rule(space=spaces)
    def rule_out(self, space: Space) -> None:
        self.put(Entry("rule_out", space), None)

    @rule(space=spaces, rooms=some_rooms)
    def note(self, space: Space, rooms: frozenset[int] | None) -> None:
        self.put(Entry("note", space, rooms or frozenset()), rooms, description="Supervision")

    @rule(space=spaces, rooms=some_rooms, type_=visit_types)
    def create(self, space: Space, rooms: frozenset[int] | None, type_: int) -> None:
        taken = self.model.rooms_of_type(type_, space.site) if rooms is None else rooms
        who = {"client_id": self.ground.patients[0], "appointment_type_id": self.ground.types[type_]}
        number = self.put(Entry("patient", space, taken), rooms, **who)
        if number is not None:
            self.types[number] = type_

    @rule(space=spaces, rooms=some_rooms, places=st.integers(1, 2))
    def group(self, space: Space, rooms: frozenset[int] | None, places: int) -> None:
        entry = Entry("group", space, rooms or frozenset(), places)
        more = {"appointment_type_id": self.ground.desk.group_type, "max_class_size": places}
        self.put(entry, rooms, **more)

    # ------------------------------------------------------------ what becomes of them

    @rule(pick=picks, rooms=some_rooms, type_=visit_types)
    @precondition(lambda book: book.model.lapsed or there_is("reserved", "patient")(book))
    def finalise(self, pick: int, rooms: frozenset[int] | None, type_: int) -> None:
        number = self.pick(pick, "reserved")
        wanted, entry = self.model.finalised(number, type_, rooms)
        who = {"client_id": self.ground.patients[1], "appointment_type_id": self.ground.types[type_]}
        self.ask("POST", f"/appointment/{number}", {**who, **self.rooms_of(rooms)}, wanted)
        if wanted == 201 and entry:
            self.model.live[number] = entry
            self.types[number] = type_

    @rule(pick=picks, space=spaces, rooms=some_rooms)
    @precondition(there_is("patient"))
    def move_visit(self, pick: int, space: Space, rooms: frozenset[int] | None) -> None:
        self.change(self.pick(pick, "patient"), "patient", space, rooms)

    @rule(pick=picks, space=spaces, rooms=some_rooms)
    @precondition(there_is(*OTHERS))
    def move(self, pick: int, space: Space, rooms: frozenset[int] | None) -> None:
        number = self.pick(pick, *OTHERS)
        there = self.model.live.get(number)
        self.change(number, there.kind if there and there.kind in OTHERS and pick % 5 else "note", space, rooms)

    def change(self, number: int, kind: str, space: Space, rooms: frozenset[int] | None) -> None:
        """By the path of that kind, whatever it is."""
        asked = None if kind == "rule_out" else rooms
        wanted, entry = self.model.moved(number, kind, space, asked, self.types.get(number, 0))
        self.ask("PATCH", f"/{PATHS.get(kind, kind)}/{number}", self.body(space, asked), wanted)
        if wanted == 200 and entry:
            self.model.live[number] = entry

    @rule(pick=picks, recorded=st.booleans())
    @precondition(lambda book: len(book.model.live) > FEW)
    def remove(self, pick: int, recorded: bool) -> None:
        number = self.pick(pick, *CATEGORIES)
        there = self.model.live.get(number)
        kind = there.kind if there else "patient"
        if kind in ("note", "rule_out"):
            self.ask("DELETE", f"/{kind}/{number}", None, self.model.remove(number, [kind], recorded=False))
            return
        path, kinds = ("group_appointment", ["group"]) if kind == "group" else ("appointment", ["patient", "reserved"])
        wanted = self.model.remove(number, kinds, recorded=recorded)
        self.ask("POST", f"/{path}/{number}/cancel", {"record_as_cancelled": recorded}, wanted)

    @rule(pick=picks)
    @precondition(there_is("reserved"))
    def lapse(self, pick: int) -> None:
        """The fifteen minutes are over, if it is a hold."""
        number = self.pick(pick, "reserved")
        there = self.model.live.get(number)
        if there and there.kind == "reserved":
            self.ground.desk.lapse(number)
            self.model.lapse(number)

    # ------------------------------------------------------------ members

    @rule(pick=picks, patient=patients)
    @precondition(there_is("group"))
    def join(self, pick: int, patient: int) -> None:
        number = self.pick(pick, "group")
        wanted = self.model.joined(number, patient)
        body = {"client_id": self.ground.patients[patient]}
        self.ask("POST", f"/group_appointment/{number}/add_group_member", body, wanted)
        if wanted == 201:
            self.model.live[number].members.add(patient)

    @rule(pick=picks, patient=patients)
    @precondition(there_is("group"))
    def leave(self, pick: int, patient: int) -> None:
        number = self.pick(pick, "group")
        wanted = self.model.left(number, patient)
        body = {"client_id": self.ground.patients[patient]}
        self.ask("POST", f"/group_appointment/{number}/remove_group_member", body, wanted)
        if wanted == 204:
            self.model.live[number].members.remove(patient)
            self.model.removed_members += 1

    @rule(pick=picks, places=st.integers(1, 3))
    @precondition(there_is("group"))
    def resize(self, pick: int, places: int) -> None:
        number = self.pick(pick, "group")
        wanted = self.model.resized(number, places)
        self.ask("PATCH", f"/group_appointment/{number}", {"max_class_size": places}, wanted)
        if wanted == 200:
            self.model.live[number].places = places

    # ------------------------------------------------------------ what must be so

    def day_only(self) -> list[tuple[str, str]]:
        after = self.day + timedelta(days=1)
        return [
            ("q[]", f"app_time:>={self.day}T00:00:00"),
            ("q[]", f"app_time:<{after}T00:00:00"),
            ("page_size", "200"),
        ]

    @invariant()
    def the_book_is_the_model(self) -> None:
        rows = self.ground.desk.api.get("/appointment_book", params=self.day_only()).json()["data"]
        shown = {
            row["appointment_id"]: (row["category"], *(row[name] for name in SHOWN), set(row["resource_ids"]))
            for row in rows
        }
        assert len(shown) == len(rows)
        wanted = {}
        for number, entry in self.model.live.items():
            if entry.kind != "reserved":
                rooms = frozenset() if entry.kind == "rule_out" else entry.rooms
                body = self.body(entry.space, rooms)
                ids = set(body["resource_ids"])
                wanted[number] = (CATEGORIES[entry.kind], *(body[name] for name in SHOWN), ids)
        assert shown == wanted

    def teardown(self) -> None:
        """What lists other than the book say, once an example."""
        api, model, ground = self.ground.desk.api, self.model, self.ground
        for number, entry in model.live.items():
            if entry.kind == "group":
                rows = all_rows(api, f"/group_appointment/{number}/appointment_client", "appointment_clients")
                assert {row["client_id"] for row in rows} == {ground.patients[one] for one in entry.members}
                group = api.get(f"/group_appointment/{number}").json()
                sizes = (group["max_class_size"], group["current_class_size"])
                assert sizes == (entry.places, len(entry.members))
        page = api.get("/cancelled_appointment", params=[*self.day_only(), ("include_deletions", "true")]).json()
        assert page["total_entries"] == len(model.removed) + model.removed_members
        own = {row["appointment_id"]: row["cancellation"] for row in page["cancelled_appointments"]}
        assert {number: own[number] for number in model.removed} == model.removed


SHOWN = ("app_time", "duration", "practitioner_id", "business_id", "column_number", "width")


def _run(desk: Desk, profile: settings) -> None:
    ground = the_ground(desk)
    run_state_machine_as_test(lambda: Book(ground), settings=profile)


def test_the_book_is_what_a_dumb_list_of_spans_says(desk: Desk) -> None:
    _run(desk, settings(max_examples=25, stateful_step_count=40, suppress_health_check=list(HealthCheck)))


@pytest.mark.prove
def test_the_book_is_what_a_dumb_list_of_spans_says_for_long(desk: Desk) -> None:
    _run(
        desk,
        settings(max_examples=300, stateful_step_count=50, derandomize=False, suppress_health_check=list(HealthCheck)),
    )
