"""A book that knows lists of spans and nothing else: what the real one must answer, and what it must hold then."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

COLUMNS = 2
OPENS, CLOSES = 8 * 60, 18 * 60
"""Of the first site, in minutes; the second never closes."""


@dataclass(frozen=True)
class Space:
    """Minutes of the day, [start, start + minutes), and columns [column, column + width) of `who` at `site`."""

    who: int
    site: int
    start: int
    minutes: int
    column: int
    width: int

    @property
    def is_valid(self) -> bool:
        fits = self.column + self.width - 1 <= COLUMNS
        open_then = self.site == 1 or (self.start >= OPENS and self.start + self.minutes <= CLOSES)
        return fits and open_then and 5 <= self.minutes <= 1440 and self.minutes % 5 == 0

    def is_at_once_with(self, other: "Space") -> bool:
        return self.start < other.start + other.minutes and other.start < self.start + self.minutes

    def is_in_the_way_of(self, other: "Space") -> bool:
        beside = self.column >= other.column + other.width or other.column >= self.column + self.width
        return self.who == other.who and self.is_at_once_with(other) and (self.site != other.site or not beside)


@dataclass
class Entry:
    kind: str
    space: Space
    rooms: frozenset[int] = frozenset()
    places: int = 0
    members: set[int] = field(default_factory=set)


@dataclass
class DumbBook:
    """sites_of_room: where each room stands. type_rooms and type_minutes: what a type gives."""

    sites_of_room: tuple[frozenset[int], ...]
    type_rooms: tuple[frozenset[int], ...]
    type_minutes: tuple[int, ...]
    live: dict[int, Entry] = field(default_factory=dict)
    lapsed: set[int] = field(default_factory=set)
    removed: dict[int, bool] = field(default_factory=dict)
    """Entry -> whether it was recorded as cancelled."""
    removed_members: int = 0

    # Each gives the status; a success is written down by the caller, who knows the id.

    def status_of_put(self, entry: Entry, *, itself: int | None = None, asked_rooms: Iterable[int] = ()) -> int:
        if not entry.space.is_valid or any(entry.space.site not in self.sites_of_room[room] for room in asked_rooms):
            return 422
        taken = any(
            other.space.is_in_the_way_of(entry.space)
            or (other.rooms & entry.rooms and other.space.is_at_once_with(entry.space))
            for number, other in self.live.items()
            if number != itself
        )
        return 409 if taken else 201

    def rooms_of_type(self, kind_of_visit: int, site: int) -> frozenset[int]:
        return frozenset(room for room in self.type_rooms[kind_of_visit] if site in self.sites_of_room[room])

    def finalised(self, number: int, kind_of_visit: int, rooms: frozenset[int] | None) -> tuple[int, Entry | None]:
        there = self.live.get(number)
        if number in self.lapsed or (there and there.kind == "patient"):
            return 409, None
        if there is None or there.kind != "reserved":
            return 404, None
        space = replace(there.space, minutes=self.type_minutes[kind_of_visit], width=1)
        given = self.rooms_of_type(kind_of_visit, space.site) if rooms is None else rooms
        entry = Entry("patient", space, given)
        return self.status_of_put(entry, itself=number, asked_rooms=rooms or ()), entry

    def moved(
        self, number: int, kind: str, space: Space, rooms: frozenset[int] | None, kind_of_visit: int
    ) -> tuple[int, Entry | None]:
        """kind_of_visit: the type of what is moved, for whom another practitioner or site means other rooms."""
        there = self.live.get(number)
        if there is None or there.kind != kind:
            return 404, None
        stays = (space.who, space.site) == (there.space.who, there.space.site)
        if rooms is not None:
            taken = rooms
        elif stays:
            taken = there.rooms
        elif kind == "note":
            taken = frozenset(room for room in there.rooms if space.site in self.sites_of_room[room])
        else:
            taken = self.rooms_of_type(kind_of_visit, space.site)
        entry = replace(there, space=space, rooms=taken)
        status = self.status_of_put(entry, itself=number, asked_rooms=rooms or ())
        return 200 if status == 201 else status, entry

    def joined(self, number: int, patient: int) -> int:
        group = self.live.get(number)
        if group is None or group.kind != "group":
            return 404
        if len(group.members) >= group.places:
            return 409
        return 422 if patient in group.members else 201

    def left(self, number: int, patient: int) -> int:
        group = self.live.get(number)
        if group is None or group.kind != "group":
            return 404
        return 204 if patient in group.members else 422

    def resized(self, number: int, places: int) -> int:
        group = self.live.get(number)
        if group is None or group.kind != "group":
            return 404
        return 200 if places >= len(group.members) else 422

    def remove(self, number: int, kinds: Iterable[str], *, recorded: bool) -> int:
        entry = self.live.get(number)
        if entry is None or entry.kind not in kinds:
            return 404
        del self.live[number]
        self.removed[number] = recorded
        self.removed_members += len(entry.members)
        return 204

    def lapse(self, number: int) -> None:
        del self.live[number]
        self.lapsed.add(number)
