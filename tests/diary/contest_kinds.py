"""What clients fight for: each kind gives the requests of one contest and how many of them may win.

All the spans of one contest hold the same five minutes and the same column, so any two of them are a clash.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

from tests.api.answers import made
from tests.diary.ground import COLUMNS, ROOMS_OF_A_KIND, Ground
from tests.diary.lines import Ask

FIVE_MINUTES = timedelta(minutes=5)
REACH = 6
"""A span begins up to so many steps of five minutes before the common ones and ends as many behind."""
TABLE = {"patient": "appointment", "note": "note", "rule_out": "rule_out", "group": "group_appointment"}
CREATES = {"reserved": "reserve_appointment", **TABLE}
PARKED_KINDS = tuple(TABLE)
WITH_ROOMS = ("patient", "note", "group")


@dataclass
class Contest:
    """The requests, how many win, and what a client that cannot win in any case is told of."""

    asks: list[Ask]
    winners: int = 1
    hopeless: list[Ask] = field(default_factory=list)
    loser: str = "RESERVE_APPOINTMENT_CONFLICT"
    group: int | None = None


@dataclass
class Parked:
    """Entries of each kind that stand aside until a contest moves one of them."""

    ground: Ground
    ids: dict[str, list[int]] = field(default_factory=lambda: {kind: [] for kind in PARKED_KINDS})

    def take(self, kind: str, count: int) -> list[int]:
        """So many of a kind. They stay parked unless `left` is told."""
        there = self.ids[kind]
        while len(there) < count:
            maker = Maker(self.ground, Random(0), self.ground.fresh(), self.ground.people[0], 1)
            there.append(maker.put(kind))
        return there[:count]

    def left(self, appointment_id: int) -> None:
        for there in self.ids.values():
            if appointment_id in there:
                there.remove(appointment_id)


@dataclass
class Maker:
    """Bodies of one contest: around `centre`, over `column`."""

    ground: Ground
    dice: Random
    centre: datetime
    who: int
    column: int
    before: int = REACH
    set_up: set[int] = field(default_factory=set)

    def space(self, **more: Any) -> dict[str, Any]:
        start = self.centre - FIVE_MINUTES * self.dice.randint(0, self.before)
        end = self.centre + FIVE_MINUTES * self.dice.randint(1, REACH)
        column = self.dice.randint(1, self.column)
        return {
            "practitioner_id": self.who,
            "business_id": self.ground.sites[0],
            "app_time": start.isoformat(),
            "duration": (end - start) // timedelta(minutes=1),
            "column_number": column,
            "width": self.dice.randint(self.column - column + 1, COLUMNS - column + 1),
            **more,
        }

    def body(self, kind: str, **more: Any) -> dict[str, Any]:
        desk = self.ground.desk
        own: dict[str, Any] = {
            "patient": {"client_id": self.dice.choice(self.ground.patients), "appointment_type_id": desk.type},
            "note": {"description": "Supervision"},
            "group": {"appointment_type_id": desk.group_type},
        }.get(kind, {})
        return self.space(**{**own, **more})

    def create(self, kind: str, **more: Any) -> Ask:
        headers = {"idempotency-key": str(uuid4())} if self.dice.random() < 0.25 else {}
        return Ask("POST", f"/{CREATES[kind]}", self.body(kind, **more), headers)

    def move(self, kind: str, appointment_id: int, **more: Any) -> Ask:
        return Ask("PATCH", f"/{TABLE[kind]}/{appointment_id}", self.space(**more))

    def finalise(self, hold: int, **more: Any) -> Ask:
        body = {"client_id": self.dice.choice(self.ground.patients), "appointment_type_id": self.ground.desk.type}
        return Ask("POST", f"/appointment/{hold}", {**body, **more})

    def hold(self, **more: Any) -> int:
        return self.put("reserved", **more)

    def put(self, kind: str, **more: Any) -> int:
        """An entry that is there before the contest."""
        answer = made(self.ground.desk.api.post(f"/{CREATES[kind]}", json=self.body(kind, **more)))
        self.set_up.add(int(answer["appointment_id"]))
        return int(answer["appointment_id"])


Kind = Callable[[Maker, Parked, int], Contest]


def creates(kind: str) -> Kind:
    return lambda maker, parked, clients: Contest([maker.create(kind) for _ in range(clients)])


def moves(maker: Maker, parked: Parked, clients: int) -> Contest:
    kind = maker.dice.choice(PARKED_KINDS)
    return Contest([maker.move(kind, one) for one in parked.take(kind, clients)])


def mixed(maker: Maker, parked: Parked, clients: int, **more: Any) -> Contest:
    """Every kind against every other, moves too."""
    movers = {kind: iter(list(parked.take(kind, 4))) for kind in PARKED_KINDS}
    asks = []
    for _ in range(clients):
        kind = maker.dice.choice(tuple(CREATES))
        one = next(movers[kind], None) if kind in movers and maker.dice.random() < 0.4 else None
        asks.append(maker.create(kind, **more) if one is None else maker.move(kind, one, **more))
    return Contest(asks)


def two_sites(maker: Maker, parked: Parked, clients: int) -> Contest:
    """One practitioner, wanted at both businesses: there any column is in the way."""
    asks = []
    for _ in range(clients):
        (ask,) = mixed(maker, parked, 1, business_id=maker.dice.choice(maker.ground.sites)).asks
        # A parked entry may be moved by one client only.
        again = any(ask.method == "PATCH" and ask.path == other.path for other in asks)
        asks.append(maker.create("patient", business_id=maker.ground.sites[1]) if again else ask)
    return Contest(asks)


def longer_than_its_hold(maker: Maker, parked: Parked, clients: int) -> Contest:
    """A hold before the common time whose type reaches into it, finalised by one or more, against other clients."""
    start = maker.centre - 5 * FIVE_MINUTES
    hold = maker.hold(
        app_time=start.isoformat(), duration=5 * maker.dice.randint(1, 4), column_number=maker.column, width=1
    )
    maker.before = 1  # none of the others may touch the hold as it stands
    finalisers = maker.dice.randint(1, max(1, clients // 3))
    asks = [maker.finalise(hold, appointment_type_id=maker.ground.long_type) for _ in range(finalisers)]
    asks += mixed(maker, parked, clients - finalisers).asks
    return Contest(asks)


def lapsed(maker: Maker, parked: Parked, clients: int) -> Contest:
    """A hold that is over stands there: it blocks nobody and can be finalised by nobody."""
    hold = maker.hold()
    maker.ground.desk.lapse(hold)
    too_late = maker.finalise(hold)
    contest = mixed(maker, parked, clients - 1)
    return Contest([*contest.asks, too_late], hopeless=[too_late])


def one_room(maker: Maker, parked: Parked, clients: int) -> Contest:
    """Each at a practitioner of their own, all in the same room; some move there with an entry, some finalise."""
    room = {"resource_ids": [maker.dice.choice(maker.ground.rooms)]}
    movers = {kind: iter(list(parked.take(kind, 6))) for kind in WITH_ROOMS}
    asks = []
    for who in maker.dice.sample(maker.ground.people, clients):
        maker.who = who
        kind, way = maker.dice.choice(WITH_ROOMS), maker.dice.random()
        one = next(movers[kind], None) if way < 0.3 else None
        if one is not None:
            asks.append(maker.move(kind, one, **room))
        elif way < 0.4:
            start = (maker.centre - FIVE_MINUTES).isoformat()
            asks.append(maker.finalise(maker.hold(app_time=start, duration=15), **room))
        else:
            asks.append(maker.create(kind, **room))
    return Contest(asks)


def any_room(maker: Maker, parked: Parked, clients: int) -> Contest:
    """A type that takes one of three rooms: three win, each in a room of their own."""
    asks = []
    for who in maker.dice.sample(maker.ground.people, clients):
        maker.who = who
        asks.append(maker.create("patient", appointment_type_id=maker.ground.any_room_type))
    return Contest(asks, winners=min(ROOMS_OF_A_KIND, clients))


def members(maker: Maker, parked: Parked, clients: int) -> Contest:
    """The places of one group, wanted by one patient each."""
    places = maker.dice.randint(1, 8)
    group = maker.put("group", max_class_size=places)
    patients = maker.dice.sample(maker.ground.patients, clients)
    path = f"/group_appointment/{group}/add_group_member"
    asks = [Ask("POST", path, {"client_id": one}) for one in patients]
    return Contest(asks, winners=min(places, clients), loser="GROUP_APPOINTMENT_FULL", group=group)


KINDS: dict[str, Kind] = {
    "reserve": creates("reserved"),
    "create": creates("patient"),
    "note": creates("note"),
    "rule out": creates("rule_out"),
    "group": creates("group"),
    "edit-move": moves,
    "mixed": mixed,
    "two businesses": two_sites,
    "finalise": longer_than_its_hold,
    "lapsed hold": lapsed,
    "one room": one_room,
    "any room": any_room,
    "members": members,
}
