"""A drawn case written into a clinic of its own through the API: what the oracle is asked is what was accepted."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, TypeVar

import httpx

from openprac import admin
from openprac.app import create_app
from openprac.availability.model import (
    DAY_MINUTES,
    Assignment,
    DayOff,
    Flags,
    Override,
    Place,
    Question,
    Roster,
    Rule,
    Situation,
    Taken,
)
from openprac.diary.lengths import Length
from tests.api.answers import made
from tests.availability import oracle
from tests.availability.drawn import ASKED_TYPE, ELSEWHERE, OTHER_TYPE, drawn
from tests.cast import Cast, Clinic, serving

USUAL_MINUTES = 30
PATHS = {
    "patient": "/appointment",
    "note": "/note",
    "group": "/group_appointment",
    "rule_out": "/rule_out",
    "reserved": "/reserve_appointment",
}
CLASS_TYPE = 33
Body = dict[str, Any]
Said = TypeVar("Said", Rule, Override)


@dataclass
class Written:
    """question.now: of the moment it was written; the server's clock goes on from there."""

    api: httpx.Client
    ahead: timedelta
    question: Question
    situation: Situation
    client: int

    def question_now(self) -> Question:
        return replace(self.question, now=datetime.now(UTC) + self.ahead)


@contextmanager
def written(cast: Cast, seed: int) -> Iterator[Written]:
    """A server whose clock shows what the case says."""
    question, situation = worth_asking(seed)
    ahead = round((question.now - datetime.now(UTC)).total_seconds())
    today = question.now.astimezone(question.zone).date()
    clinic = asyncio.run(_clinic(cast, question.zone.key))
    with (
        serving(create_app(replace(cast.settings, clock_ahead_seconds=ahead))) as base_url,
        replace(cast, base_url=base_url).client(clinic) as api,
    ):
        writer = _Writer(cast, clinic, api, Random(seed), question.from_date)
        found = writer.situation(with_a_night(situation, writer.rng))
        asked = question.resource_ids
        yield Written(
            api,
            timedelta(seconds=ahead),
            replace(
                question,
                appointment_type_id=writer.types[ASKED_TYPE],
                from_date=max(question.from_date, today),
                resource_ids=frozenset(writer.resources[one] for one in asked) if asked else None,
            ),
            _since(found, max((today - question.from_date).days, 0) * DAY_MINUTES),
            writer.client,
        )


def worth_asking(seed: int) -> tuple[Question, Situation]:
    """The first case from there on in which something is offered. Nobody may ask for what is past."""
    for number in range(seed * 1000, (seed + 1) * 1000):
        question, situation = drawn(number)
        if question.now.astimezone(question.zone).date() > question.to_date:
            question = replace(question, now=question.now - timedelta(days=90))
        if oracle.offered(question, situation):
            return question, situation
    raise LookupError(f"nothing is offered in any case of seed {seed}")


def with_a_night(case: Situation, rng: Random) -> Situation:
    """Mostly somebody also works where there are no hours, and is there from the evening before to after opening."""
    if rng.random() < 0.3:
        return case
    first = case.places[0]
    night = replace(
        first,
        business_id=ELSEWHERE,
        columns=1,
        interval=rng.choice((30, 60)),
        opens=0,
        closes=DAY_MINUTES,
        work_week=frozenset(range(1, 8)),
        length=first.length._replace(width=1),
    )
    late = Taken(0, first.practitioner_id, ELSEWHERE, 1, 1, -30, min(first.opens + 30, DAY_MINUTES - 60))
    return replace(case, places=[*case.places, night], taken=[late, *case.taken])


async def _clinic(cast: Cast, zone: str) -> Clinic:
    async with cast.owner() as connection:
        tenant_id = await admin.create_tenant(connection, "Drawn", zone)
        key_id, user_id, key = await admin.create_account_key(connection, tenant_id, "drawn", ["*"])
    return Clinic(tenant_id, "Drawn", zone, user_id, key_id, key)


def _since(situation: Situation, minutes: int) -> Situation:
    """Counted from a later midnight."""
    return replace(
        situation,
        taken=[one._replace(start=one.start - minutes, end=one.end - minutes) for one in situation.taken],
        busy_resources={
            one: [(start - minutes, end - minutes) for start, end in spans]
            for one, spans in situation.busy_resources.items()
        },
    )


class _Writer:
    """Writes one thing after the other and keeps the ids that the clinic gives them."""

    def __init__(self, cast: Cast, clinic: Clinic, api: httpx.Client, rng: Random, first: date) -> None:
        self.cast, self.clinic, self.api, self.rng = cast, clinic, api, rng
        self.midnight = datetime.combine(first, time())
        self.businesses: dict[int, int] = {}
        self.practitioners: dict[int, int] = {}
        self.resources: dict[int, int] = {}
        self.types: dict[int, int] = {}
        self.rosters: dict[int, Roster] = {}

    def new(self, resource: str, *, id: str = "", **body: Any) -> int:
        return int(made(self.api.post(f"/x/{resource}", json=body))[id or f"{resource}_id"])

    def situation(self, case: Situation) -> Situation:
        self.profession = self.new("profession", description="Physiotherapy")
        self.fee_categories = [self.new("fee_category", id="fee_cat_id", description=name) for name in ("Own", "Other")]
        self.pays = self.rng.choice((None, self.fee_categories[0]))
        self.client = self.new("patient", id="client_id", first_name="Kim", surname="Sample", fee_cat_id=self.pays)
        for place in case.places:
            if place.business_id not in self.businesses:
                self.businesses[place.business_id] = self.business(place)
        for who in {place.practitioner_id for place in case.places}:
            self.practitioners[who] = self.practitioner([one for one in case.places if one.practitioner_id == who])
        open_to = self.write_resources(case)
        self.write_types(case, open_to)
        places = [self.place(one, case.places[0], open_to) for one in case.places]
        days_off = [found for one in case.days_off if (found := self.day_off(one))]
        busy: dict[int, list[tuple[int, int]]] = {}
        taken = [found for one in 2 * [*case.taken] if (found := self.entry(one, places, busy))]
        return Situation(places, days_off, taken, busy)

    def business(self, place: Place) -> int:
        name = f"Site {place.business_id}"
        return self.new(
            "business",
            business_name=name,
            display_name=name,
            appointment_start_time=_clock(place.opens) if place.opens else None,
            appointment_end_time=_clock(place.closes) if place.closes < DAY_MINUTES else None,
            work_week=sorted(place.work_week),
            interval_minutes=self.rng.choice((5, 60)),
        )

    def practitioner(self, places: list[Place]) -> int:
        return self.new(
            "practitioner",
            first_name="Robin",
            surname="Example",
            professions=[{"profession_id": self.profession, "is_default": True}],
            businesses=[
                {
                    "business_id": self.businesses[one.business_id],
                    "app_book_columns": one.columns,
                    "override_intervals": one.interval,
                }
                for one in places
            ],
        )

    def write_resources(self, case: Situation) -> Mapping[int, set[tuple[int, int]]]:
        """The type's, in their rank; by resource the places where it may be used."""
        places = {(one.practitioner_id, one.business_id) for one in case.places}
        found = {}
        for rank, one in enumerate(case.places[0].resources):
            sites = self.rng.sample(sorted(self.businesses), self.rng.randint(1, len(self.businesses)))
            whose = [who for who in sorted(self.practitioners) if self.rng.random() < 0.4]
            self.resources[one] = self.new(
                "resource",
                description=f"Room {one}",
                resource_rank=rank,
                business_ids=[self.businesses[site] for site in sites],
                practitioner_ids=[self.practitioners[who] for who in whose],
            )
            found[one] = {(who, site) for who, site in places if site in sites and (not whose or who in whose)}
        for one in {41, 42, 43} - set(found):
            self.resources[one] = self.new("resource", description=f"Room {one}", business_ids=[])
        return found

    def write_types(self, case: Situation, open_to: Mapping[int, set[tuple[int, int]]]) -> None:
        self.usual = [self.length(USUAL_MINUTES, 2), *self.some_lengths(USUAL_MINUTES, 1)]
        self.own = {
            (one.practitioner_id, one.business_id): [
                {
                    **row,
                    "practitioner_id": self.practitioners[one.practitioner_id],
                    "business_id": self.businesses[one.business_id],
                }
                for row in self.some_lengths(one.length.minutes, one.length.width, for_all=self.rng.random() < 0.7)
            ]
            for one in case.places
        }
        self.types[ASKED_TYPE] = self.new(
            "appointment_type",
            description="Asked",
            short_description="A",
            appointment_type_durations=self.usual,
            practitioner_appointment_type_durations=[row for rows in self.own.values() for row in rows],
            resource_ids=[self.resources[one] for one in open_to],
            resource_mode="any" if case.places[0].any_of else "all",
        )
        for number, more in ((OTHER_TYPE, {}), (CLASS_TYPE, {"group_appointment": True, "group_max_size": 3})):
            self.types[number] = self.new(
                "appointment_type",
                description="Other",
                short_description="O",
                appointment_type_durations=self.usual[:1],
                **more,
            )

    def some_lengths(self, minutes: int, width: int, *, for_all: bool = False) -> list[Body]:
        """Each different, so that it is seen which of them holds."""
        kinds = [None] * for_all + [one for one in self.fee_categories if self.rng.random() < 0.5]
        return [
            self.length(minutes + 5 * number + self.rng.choice((0, 0, -2)), width, one)
            for number, one in enumerate(kinds)
        ]

    def length(self, minutes: int, width: int, fee_category: int | None = None) -> Body:
        whose = {"fee_cat_id": fee_category} if fee_category else {"all_fee_cats": True}
        return {"profession_id": self.profession, "duration": min(minutes, DAY_MINUTES), "width": width, **whose}

    def place(self, drawn: Place, first: Place, open_to: Mapping[int, set[tuple[int, int]]]) -> Place:
        who, where = self.practitioners[drawn.practitioner_id], self.businesses[drawn.business_id]
        here = (drawn.practitioner_id, drawn.business_id)
        return replace(
            drawn,
            practitioner_id=who,
            business_id=where,
            length=self.length_at(here, drawn.columns),
            assignments=[self.assignment(one, who, where) for one in drawn.assignments],
            resources=[self.resources[one] for one, places in open_to.items() if here in places],
            any_of=first.any_of,
        )

    def length_at(self, here: tuple[int, int], columns: int) -> Length:
        """The practitioner's own go before the type's, those for the patient's fee category before those for all."""
        rows = [
            row
            for rows in (self.own[here], self.usual)
            for pays in (self.pays, None)
            for row in rows
            if row.get("fee_cat_id") == pays
        ]
        minutes = -(-rows[0]["duration"] // 5) * 5
        return Length(self.profession, None, minutes, min(rows[0]["width"], columns), None, None)

    def assignment(self, drawn: Assignment, who: int, where: int) -> Assignment:
        if drawn.roster.roster_id not in self.rosters:
            self.rosters[drawn.roster.roster_id] = self.roster(drawn.roster)
        roster = self.rosters[drawn.roster.roster_id]
        row = self.new(
            "roster_assignment",
            practitioner_id=who,
            business_id=where,
            roster_id=roster.roster_id,
            start_date=str(drawn.start_date),
            end_date=str(drawn.end_date) if drawn.end_date else None,
        )
        return Assignment(row, roster, drawn.start_date, drawn.end_date)

    def roster(self, drawn: Roster) -> Roster:
        """Rules that could never decide anything are refused, so they are left out."""
        reach = [
            one
            for one in drawn.rules
            if one.weekday in drawn.days
            and one.start < drawn.days[one.weekday][1]
            and one.end > drawn.days[one.weekday][0]
        ]
        days = [{"weekday": day, **_hours(*hours)} for day, hours in drawn.days.items()]
        row = made(
            self.api.post(
                "/x/roster",
                json={
                    "description": f"Roster {drawn.roster_id}",
                    **_flags(drawn.flags),
                    "days": days,
                    "rules": [{"weekday": one.weekday, **self.said(one)} for one in reach],
                },
            )
        )
        rules = [
            replace(self.mapped(one), rule_id=is_now["roster_rule_id"])
            for one, is_now in zip(reach, row["rules"], strict=True)
        ]
        overrides = [self.override(one, row["roster_id"]) for one in drawn.overrides if _falls(one)]
        return replace(drawn, roster_id=row["roster_id"], rules=rules, overrides=overrides)

    def override(self, drawn: Override, roster_id: int) -> Override:
        when = drawn.recurrence
        end_date = None if when.repeat == "once" else when.end_date
        row_id = self.new(
            "roster_override",
            roster_id=roster_id,
            rank=drawn.rank + 1,
            repeat=when.repeat,
            start_date=str(when.start_date),
            end_date=str(end_date) if end_date else None,
            every=when.every,
            weekdays=sorted(when.weekdays),
            nth=when.nth,
            **self.said(drawn),
        )
        return replace(self.mapped(drawn), roster_override_id=row_id)

    def said(self, drawn: Rule | Override) -> Body:
        types = sorted(self.types[one] for one in drawn.types or ())
        return {
            **_hours(drawn.start, drawn.end),
            **_flags(drawn.flags),
            "columns": sorted(drawn.columns or ()),
            "appointment_type_ids": types,
            "types_online_only": bool(types) and drawn.types_online_only,
        }

    def mapped(self, drawn: Said) -> Said:
        types = frozenset(self.types[one] for one in drawn.types) if drawn.types is not None else None
        return replace(drawn, types=types)

    def day_off(self, drawn: DayOff) -> DayOff | None:
        sites = [self.businesses[one] for one in sorted(drawn.business_ids) if one in self.businesses]
        whose = [self.practitioners[one] for one in sorted(drawn.practitioner_ids) if one in self.practitioners]
        if not sites and not whose:
            return None
        row_id = self.new(
            "day_off",
            description="Closed",
            start_date=str(drawn.start_date),
            end_date=str(drawn.end_date),
            business_ids=sites,
            practitioner_ids=whose,
        )
        return DayOff(row_id, drawn.start_date, drawn.end_date, frozenset(sites), frozenset(whose))

    def entry(self, drawn: Taken, places: Sequence[Place], busy: dict[int, list[tuple[int, int]]]) -> Taken | None:
        """Somewhere in one of the books; None where it is not taken, or where it is no longer live afterwards."""
        who, where = self.practitioners.get(drawn.practitioner_id), self.businesses.get(drawn.business_id)
        there = [one for one in places if (one.practitioner_id, one.business_id) == (who, where)]
        place = (there or [self.rng.choice(places)])[0]
        column = 1 + (drawn.column - 1) % place.columns
        width = min(drawn.width, place.columns + 1 - column)
        begins, minutes = drawn.start, max((drawn.end - drawn.start) // 5 * 5, 5)
        if place.closes < DAY_MINUTES and not place.opens <= begins % DAY_MINUTES <= place.closes - minutes:
            minutes = min(minutes, (place.closes - place.opens) // 5 * 5)
            begins = begins // DAY_MINUTES * DAY_MINUTES + self.rng.randint(place.opens, place.closes - minutes)
        start = self.midnight + timedelta(minutes=begins, seconds=self.rng.choice((0, 0, 0, 30)))
        space = {
            "practitioner_id": place.practitioner_id,
            "business_id": place.business_id,
            "app_time": start.isoformat(),
            "duration": minutes,
            "column_number": column,
            "width": width,
        }
        rooms = [one for one in self.resources.values() if self.rng.random() < 0.4]
        for taken in (rooms, []):
            answer = self.api.post(PATHS[drawn.kind], json={**space, **self.words(drawn.kind, taken)})
            if answer.status_code not in (409, 422):
                break
        else:
            return None
        row = made(answer)
        if self.rng.random() < 0.15:
            self.let_go(drawn.kind, row["appointment_id"])
            return None
        ends = begins + minutes + (start.second > 0)
        for one in row.get("resource_ids", ()):
            busy.setdefault(one, []).append((begins, ends))
        return Taken(
            row["appointment_id"], place.practitioner_id, place.business_id, column, width, begins, ends, drawn.kind
        )

    def words(self, kind: str, rooms: list[int]) -> Body:
        match kind:
            case "patient":
                return {"client_id": self.client, "appointment_type_id": self.types[OTHER_TYPE], "resource_ids": rooms}
            case "group":
                return {"appointment_type_id": self.types[CLASS_TYPE], "resource_ids": rooms}
            case "note":
                return {"description": "Meeting", "resource_ids": rooms}
            case "rule_out":
                return {"description": "Closed"}
        return {}

    def let_go(self, kind: str, appointment_id: int) -> None:
        if kind == "reserved":
            self.cast.sql(
                "UPDATE appointment SET expires_at = expires_at - interval '16 minutes' WHERE appointment_id = $1",
                appointment_id,
            )
        else:
            remove(self.api, kind, appointment_id)


def remove(api: httpx.Client, kind: str, appointment_id: int) -> None:
    path = f"{PATHS[kind]}/{appointment_id}"
    answer = api.delete(path) if kind in ("note", "rule_out") else api.post(f"{path}/cancel", json={})
    assert answer.status_code == 204, answer.text


def _falls(drawn: Override) -> bool:
    """One that never falls on any date is refused."""
    start = drawn.recurrence.start_date
    return any(oracle.falls_on(drawn.recurrence, start + timedelta(days=number)) for number in range(4000))


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}:00"


def _hours(start: int, end: int) -> Body:
    return {"start_time": _clock(start), "end_time": _clock(end)}


def _flags(flags: Flags) -> Body:
    return {
        "manual": Flags.MANUAL in flags,
        "online": Flags.ONLINE in flags,
        "waiting_list": Flags.WAITING_LIST in flags,
    }
