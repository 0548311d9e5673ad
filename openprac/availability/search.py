"""The free times of a situation. Values in, values out; nothing is made that is not asked for.

A day of a column is an integer (openprac/availability/minutes.py): where a start fits is a handful of operations on
it, and how many there are its count of bits. A day is computed when it is needed, and only the starts of the page that
is asked for become objects.
"""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import date, timedelta
from functools import reduce
from itertools import islice
from operator import and_, or_
from typing import NamedTuple

from openprac.availability.labels import ahead
from openprac.availability.minutes import WHOLE_DAY, each, grid, runs, span
from openprac.availability.model import DAY_MINUTES, Place, Question, Roster, Situation, Start
from openprac.availability.opening import Layer, assigned, closing, layers, open_minutes
from openprac.availability.taken import Occupied, by_day


class Offer(NamedTuple):
    """One column of one day. minutes: where a start is offered. choices: resources and where each of them is free."""

    place: Place
    column: int
    appointment_type_id: int
    minutes: int
    choices: Sequence[tuple[int, int]]

    @property
    def order(self) -> tuple[int, int, int, int]:
        """Among the offers of one minute."""
        return self.place.practitioner_id, self.place.business_id, self.column, self.appointment_type_id

    def resources(self, of_day: int) -> tuple[int, ...]:
        """What a start in that minute would take."""
        if not self.place.any_of:
            return tuple(self.place.resources)
        return tuple([one for one, fits in self.choices if fits >> of_day & 1][:1])


class Offered(NamedTuple):
    """One start. minute: as Start has it."""

    minute: int
    offer: Offer

    @property
    def resource_ids(self) -> tuple[int, ...]:
        return self.offer.resources(self.minute % DAY_MINUTES)

    @property
    def start(self) -> Start:
        place = self.offer.place
        return Start(self.minute, place.practitioner_id, place.business_id, self.offer.column, self.resource_ids)


class Starts:
    """The offers of one search, or of several that differ in their types, over the same days.

    In the order of time, practitioner, business, column, type.
    """

    def __init__(self, searches: Sequence[tuple[Question, Situation]]) -> None:
        occupied = {id(one.taken): one.taken for _, one in searches}
        shared = {key: Occupied(taken) for key, taken in occupied.items()}
        self._searches = [_Search(question, one, shared[id(one.taken)]) for question, one in searches]
        days = [(one.to_date - one.from_date).days + 1 for one, _ in searches]
        self._days: list[list[Offer] | None] = [None] * max(days, default=0)

    def __len__(self) -> int:
        return sum(_count(self._day(number)) for number in range(len(self._days)))

    def first(self) -> Start | None:
        return next((one.start for one in self._behind(0)), None)

    def page(self, offset: int, limit: int) -> list[Start]:
        """At most `limit` starts behind the first `offset`."""
        return [one.start for one in self.offered(offset, limit)]

    def offered(self, offset: int, limit: int) -> list[Offered]:
        """The same, with what each offer is."""
        return list(islice(self._behind(offset), limit))

    def earliest(self, whose: Callable[[Offered], Hashable]) -> list[Offered]:
        """The first of each type for each of those that `whose` tells apart."""
        found: dict[Hashable, Offered] = {}
        for number in range(len(self._days)):
            for offer in self._day(number):
                one = Offered(number * DAY_MINUTES + next(each(offer.minutes)), offer)
                key = (offer.appointment_type_id, whose(one))
                if key not in found or one.minute < found[key].minute:
                    found[key] = one
        return sorted(found.values(), key=lambda one: (one.minute, one.offer.order))

    def _behind(self, offset: int) -> Iterator[Offered]:
        """Whole days are passed over by their count, and within a day whole minutes."""
        for number in range(len(self._days)):
            offers = self._day(number)
            count = _count(offers)
            if offset >= count:
                offset -= count
                continue
            yield from _in_order(offers, number, offset)
            offset = 0

    def _day(self, number: int) -> list[Offer]:
        found = self._days[number]
        if found is None:
            found = [offer for search in self._searches for offer in search.offers(number)]
            if len(self._searches) > 1:
                found.sort(key=lambda offer: offer.order)
            self._days[number] = found
        return found


def starts(question: Question, situation: Situation) -> Starts:
    return Starts([(question, situation)])


class _Search:
    """What the days of one search share."""

    def __init__(self, question: Question, situation: Situation, occupied: Occupied) -> None:
        self.question = question
        self.days_off = situation.days_off
        self.places = sorted(situation.places, key=lambda one: (one.practitioner_id, one.business_id))
        self.occupied = occupied
        self.busy = {resource_id: by_day(spans) for resource_id, spans in situation.busy_resources.items()}

    def offers(self, number: int) -> Iterator[Offer]:
        """In the order of practitioner, business, column; none that is empty."""
        day = _Day(self, number)
        if day.labels:
            for place in self.places:
                yield from day.offers(place)


class _Day:
    """One date of a search, and what its places share."""

    def __init__(self, search: _Search, number: int) -> None:
        question = search.question
        self._search = search
        self._number = number
        self._date = question.from_date + timedelta(days=number)
        self.labels = ahead(question.zone, self._date, question.now)
        self._within = _within(question, self._date)
        self._layers: dict[tuple[int, int, int], list[Layer]] = {}
        self._open: dict[tuple[int, int, int, int], int] = {}
        self._fits: dict[tuple[int, int], int] = {}

    def offers(self, place: Place) -> Iterator[Offer]:
        length, width = place.length.minutes, place.length.width
        here = self.labels & grid(place.opens, place.interval, place.closes - length)
        if not here or self._date.isoweekday() not in place.work_week:
            return
        if closing(place, self._date, self._search.days_off):
            return
        choices = self._choices(place)
        if place.resources or self._search.question.resource_ids is not None:
            here &= _all_or_any(place, choices)
        if not here:
            return
        elsewhere = self._search.occupied.elsewhere(place.practitioner_id, place.business_id, self._number)
        wanted = self._within & ~elsewhere
        free = [self._free(place, column) & wanted for column in range(1, place.columns + 1)]
        for column in range(1, place.columns - width + 2):
            together = free[column - 1] if width == 1 else reduce(and_, free[column - 1 : column - 1 + width])
            minutes = runs(together, length) & here
            if minutes:
                yield Offer(place, column, self._search.question.appointment_type_id, minutes, choices)

    def _free(self, place: Place, column: int) -> int:
        """Where a column is open with every asked flag, and not taken."""
        assignment = assigned(place, self._date)
        roster = assignment.roster if assignment else None
        key = (id(roster), place.opens, place.closes)
        found = self._open.get((*key, column))
        if found is None:
            if key not in self._layers:
                self._layers[key] = self._layers_of(roster, place)
            found = open_minutes(self._layers[key], column, self._search.question.flags)
            self._open[(*key, column)] = found
        return found & ~self._search.occupied.at(place.practitioner_id, place.business_id, self._number, column)

    def _layers_of(self, roster: Roster | None, place: Place) -> list[Layer]:
        return layers(roster, place.opens, place.closes, self._date, self._search.question.appointment_type_id)

    def _choices(self, place: Place) -> list[tuple[int, int]]:
        """The resources that count, in their rank, and where each is free for the whole length."""
        return [(one, self._fit(one, place.length.minutes)) for one in wanted(place, self._search.question)]

    def _fit(self, resource_id: int, length: int) -> int:
        key = (resource_id, length)
        if key not in self._fits:
            busy = self._search.busy.get(resource_id, {}).get(self._number, 0)
            self._fits[key] = runs(WHOLE_DAY & ~busy, length)
        return self._fits[key]


def _within(question: Question, day: date) -> int:
    """The minutes of the day that are asked about."""
    if question.within is None:
        return WHOLE_DAY
    return reduce(or_, (span(start, end) for start, end in question.within.get(day.isoweekday(), ())), 0)


def wanted(place: Place, question: Question) -> Sequence[int]:
    """What a start there would take: all of these, or with any_of one. None where that is nothing that is asked for."""
    asked = question.resource_ids
    if asked is None:
        return place.resources
    found = [one for one in place.resources if one in asked]
    return found if place.any_of or not found else place.resources


def _all_or_any(place: Place, choices: Sequence[tuple[int, int]]) -> int:
    """Nowhere, where there are none."""
    fits = [one for _, one in choices]
    return reduce(or_ if place.any_of else and_, fits) if fits else 0


def _count(offers: Sequence[Offer]) -> int:
    return sum(one.minutes.bit_count() for one in offers)


def _in_order(offers: Sequence[Offer], number: int, offset: int) -> Iterator[Offered]:
    """The starts of one day behind the first `offset` of it."""

    def before(minute: int) -> int:
        return sum((one.minutes & ((1 << minute) - 1)).bit_count() for one in offers)

    first = bisect_right(range(DAY_MINUTES + 1), offset, key=before) - 1
    offset -= before(first)
    for minute in each(reduce(or_, (one.minutes for one in offers)) >> first << first):
        bit = 1 << minute
        for one in offers:
            if one.minutes & bit:
                if offset:
                    offset -= 1
                else:
                    yield Offered(number * DAY_MINUTES + minute, one)
