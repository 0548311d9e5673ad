"""Why a time is not offered: every reason, with the id of what decides and in words. Values in, values out.

It looks at one time the way a person would and shares with the search what a layer of a roster is, nothing else; that
both always agree is a property test.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from openprac.availability.model import DAY_MINUTES, Flags, Override, Place, Question, Roster, Rule, Situation
from openprac.availability.opening import Layer, assigned, closing, layers, spans
from openprac.diary.spans import is_skipped

KINDS = {
    "not_offered": "The type is not offered there at all: by that practitioner, at that business, to that client",
    "not_searched": "The date is not one of those that are searched",
    "skipped_by_clock": "The clinic's clock never shows that time: daylight saving begins",
    "past": "The time is over",
    "closed_weekday": "The business does not open on that weekday",
    "outside_hours": "The business is not open then",
    "too_long": "The appointment would end after the business closes",
    "off_grid": "It is no step of the appointment book",
    "no_such_column": "The practitioner's book has no such column, or not as many beside it as the type is wide",
    "day_off": "A day off of the business or of the practitioner",
    "roster": "Outside the hours of the roster, or on a weekday that it does not show",
    "flag": "The roster's own flags, or that there is no roster: not open for who is asking",
    "rule": "A rule of the roster is not open for who is asking",
    "override": "An override of the roster is not open for who is asking",
    "type_not_allowed": "A rule or an override that is for other types",
    "entry": "An entry of the book is in the way",
    "elsewhere": "An entry of the practitioner at another business is in the way",
    "resource": "What the type needs is taken, or it takes none of the resources asked for",
}
"""The vocabulary of reasons, and what each means."""

FLAG_NAMES = {Flags.MANUAL: "manual booking", Flags.ONLINE: "online booking", Flags.WAITING_LIST: "the waiting list"}
ENTRY_NAMES = {
    "patient": "An appointment",
    "note": "A note",
    "group": "A group appointment",
    "rule_out": "A rule out",
    "reserved": "A reservation",
}
WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


@dataclass(frozen=True, slots=True)
class Reason:
    """of, id: what decides, as its resource is named; None where that is nobody's row. entry_kind: of an entry."""

    kind: str
    words: str
    of: str | None = None
    id: int | None = None
    entry_kind: str | None = None


def why_not(question: Question, situation: Situation, place: Place, minute: int, column: int) -> list[Reason]:
    """Every reason against a start, from the outside in; none where it is offered. minute: as Start has it."""
    number, of_day = divmod(minute, DAY_MINUTES)
    one = _Time(question, situation, place, question.from_date + timedelta(days=number), minute, of_day, column)
    found = [
        *one.of_place(),
        *one.of_clock(),
        *one.of_business(),
        *one.of_roster(),
        *one.of_book(),
        *one.of_resources(),
    ]
    return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class _Time:
    """The time that is asked about. minute: from the search's first midnight; of_day: from the day's own."""

    question: Question
    situation: Situation
    place: Place
    day: date
    minute: int
    of_day: int
    column: int

    @property
    def length(self) -> int:
        return self.place.length.minutes

    @property
    def columns(self) -> range:
        return range(self.column, self.column + self.place.length.width)

    def of_place(self) -> Iterator[Reason]:
        place = self.place
        if place not in self.situation.places:
            yield Reason("not_offered", "The type is not offered by that practitioner at that business.")
        if not 1 <= self.column <= place.columns - place.length.width + 1:
            yield Reason(
                "no_such_column",
                f"The practitioner's book has {_counted(place.columns, 'column')} there, and the appointment takes "
                f"{place.length.width} from column {self.column}.",
                "practitioner",
                place.practitioner_id,
            )

    def of_clock(self) -> Iterator[Reason]:
        question = self.question
        if not question.from_date <= self.day <= question.to_date:
            yield Reason("not_searched", f"{self.day} is not one of the dates searched.")
        label = datetime.combine(self.day, time(*divmod(self.of_day, 60), fold=1))
        if is_skipped(label.replace(fold=0), question.zone):
            yield Reason("skipped_by_clock", f"The clinic's clock skips {_label(self.of_day)} on {self.day}.")
        elif label.replace(tzinfo=question.zone).astimezone(UTC) < question.now:
            yield Reason("past", f"{_label(self.of_day)} on {self.day} is over.")

    def of_business(self) -> Iterator[Reason]:
        place, start, end = self.place, self.of_day, self.of_day + self.length
        whose = ("business", place.business_id)
        hours = _hours(place.opens, place.closes)
        if self.day.isoweekday() not in place.work_week:
            yield Reason("closed_weekday", f"The business is closed on {WEEKDAYS[self.day.weekday()]}.", *whose)
        if not place.opens <= start < place.closes:
            yield Reason("outside_hours", f"The business is open {hours}.", *whose)
        elif end > place.closes:
            yield Reason(
                "too_long",
                f"{self.length} minutes from {_label(start)} end after closing at {_label(place.closes)}.",
                *whose,
            )
        if (start - place.opens) % place.interval:
            yield Reason(
                "off_grid",
                f"Appointments begin every {place.interval} minutes from {_label(place.opens)} on.",
                *whose,
            )
        for one in closing(place, self.day, self.situation.days_off):
            dates = str(one.start_date) if one.start_date == one.end_date else f"{one.start_date} to {one.end_date}"
            yield Reason("day_off", f"Day off{_named(one.description)}: {dates}.", "day_off", one.day_off_id)

    def of_roster(self) -> Iterator[Reason]:
        """What of the time lies inside the hours of the business; the rest is told already."""
        place = self.place
        start, end = max(self.of_day, place.opens), min(self.of_day + self.length, place.closes)
        if start >= end:
            return
        assignment = assigned(place, self.day)
        roster = assignment.roster if assignment else None
        found = layers(roster, place.opens, place.closes, self.day, self.question.appointment_type_id)
        for column in self.columns:
            for _, _, top in spans(found, column, start, end):
                if top is None and roster:
                    yield self._outside(roster)
                elif top and top.flags & self.question.flags != self.question.flags:
                    yield self._closed(top)

    def _outside(self, roster: Roster) -> Reason:
        hours = roster.days.get(self.day.isoweekday())
        on = WEEKDAYS[self.day.weekday()]
        words = f"is {_hours(*hours)} on {on}." if hours else f"has no hours on {on}."
        return Reason("roster", f"The roster{_named(roster.description)} {words}", "roster", roster.roster_id)

    def _closed(self, layer: Layer) -> Reason:
        asked = " and ".join(name for flag, name in FLAG_NAMES.items() if flag & self.question.flags & ~layer.flags)
        hours = _hours(layer.start, layer.end)
        match layer.decider:
            case None:
                words = f"No roster is assigned on {self.day}: only manual booking is open, not {asked}."
                return Reason("flag", words, "practitioner", self.place.practitioner_id)
            case Roster(roster_id=row_id, description=name):
                words = f"The roster{_named(name)} is not open for {asked} where it has no rule."
                return Reason("flag", words, "roster", row_id)
            case Rule(rule_id=row_id, description=name):
                kind, of, what = "rule", "roster_rule", f"The roster's rule{_named(name)} {hours}"
            case Override(roster_override_id=row_id, description=name):
                kind, of, what = "override", "roster_override", f"The roster's override{_named(name)} {hours}"
        if layer.refuses and self._would_be_open(layer.decider):
            return Reason("type_not_allowed", f"{what} is for other types of appointment.", of, row_id)
        return Reason(kind, f"{what} is not open for {asked}.", of, row_id)

    def _would_be_open(self, decider: Rule | Override) -> bool:
        """For a type that it names."""
        return decider.flags & self.question.flags == self.question.flags

    def of_book(self) -> Iterator[Reason]:
        place, start, end = self.place, self.minute, self.minute + self.length
        for one in self.situation.taken:
            if one.practitioner_id != place.practitioner_id or one.start >= end or one.end <= start:
                continue
            entry = ENTRY_NAMES.get(one.kind, "An entry")
            at = f"{_label(one.start % DAY_MINUTES)} to {_label(one.end % DAY_MINUTES)}"
            if one.business_id != place.business_id:
                words = f"{entry} of the practitioner at another business is there from {at}."
                yield Reason("elsewhere", words, "appointment", one.appointment_id, one.kind)
            elif one.column < self.columns.stop and one.column + one.width > self.columns.start:
                words = f"{entry} is there from {at}."
                yield Reason("entry", words, "appointment", one.appointment_id, one.kind)

    def of_resources(self) -> Iterator[Reason]:
        place, asked = self.place, self.question.resource_ids
        needed = list(place.resources)
        if asked is not None and not (asked & set(needed)):
            yield Reason("resource", "The appointment would take none of the resources asked for.")
            return
        if place.any_of and asked is not None:
            needed = [one for one in needed if one in asked]
        taken = [one for one in needed if self._is_taken(one)]
        if place.any_of and len(taken) < len(needed):
            return
        for one in taken:
            yield Reason(
                "resource", f"Resource {one}, which the type takes, is not free for the whole time.", "resource", one
            )

    def _is_taken(self, resource_id: int) -> bool:
        busy = self.situation.busy_resources.get(resource_id, ())
        return any(start < self.minute + self.length and end > self.minute for start, end in busy)


def _hours(start: int, end: int) -> str:
    return f"from {_label(start)} to {_label(end)}"


def _label(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _named(description: str) -> str:
    return f" {description!r}" if description else ""


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
