"""The search against the oracle: the same starts in the same order, whatever is drawn."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from openprac.availability.model import Place, Recurrence, Taken
from openprac.availability.search import starts
from openprac.availability.taken import Block, Entries
from openprac.rosters.recurrence import falls_on
from tests.availability import oracle
from tests.availability.drawn import drawn
from tests.availability.oracle import Why
from tests.availability.some import Case, in_chunks, sheets, some_starts

CASES = 600
PROVE_CASES = 120_000
PAGE = 60
DAYS_OF_A_RECURRENCE = 100


def test_the_search_offers_what_the_oracle_offers() -> None:
    assert [seed for seed in range(CASES) if differs(drawn(seed))] == [], told(range(CASES))


def test_overrides_fall_on_the_dates_that_the_oracle_counts() -> None:
    wrong = [
        (recurrence, day)
        for seed in range(CASES)
        for recurrence in recurrences(drawn(seed))
        for day in (recurrence.start_date + timedelta(days=number) for number in range(-9, DAYS_OF_A_RECURRENCE))
        if falls_on(recurrence, day) != oracle.falls_on(recurrence, day)
    ]
    assert wrong == []


@pytest.mark.prove
def test_the_search_offers_what_the_oracle_offers_in_very_many_cases() -> None:
    wrong = in_chunks(wrong_among, PROVE_CASES)
    assert wrong == [], told(wrong)


def test_the_draws_reach_every_rule() -> None:
    """Each hindrance is the only one of some start, so that a search that forgot it would be seen."""
    alone: Counter[Why] = Counter()
    offered = 0
    for seed in range(CASES // 2):
        case, rng = drawn(seed), Random(seed)
        offered += bool(oracle.offered(*case))
        for place, sheet in sheets(case):
            for column, minute in some_starts(rng, place):
                if len(whys := {one.why for one in sheet.hindrances(column, minute)}) == 1:
                    alone.update(whys)
    assert offered > CASES // 8
    assert {why: alone[why] for why in Why if alone[why] < 3} == {}


def wrong_among(seeds: Sequence[int]) -> list[int]:
    return [seed for seed in seeds if differs(drawn(seed))]


def differs(case: Case) -> bool:
    """Also where a page or the first one is asked for alone."""
    expected, found = oracle.offered(*case), starts(*case)
    offset, limit = len(expected) // 3, len(expected) % PAGE + 1
    return (
        len(found) != len(expected)
        or list(found.page(0, len(expected) + 1)) != expected
        or list(starts(*in_blocks(case)).page(offset, limit)) != expected[offset : offset + limit]
        or starts(*case).first() != (expected[0] if expected else None)
    )


def in_blocks(case: Case) -> Case:
    """Entries as the database gives them."""
    question, situation = case
    places: dict[tuple[int, int, int, int, str], list[Taken]] = {}
    for one in situation.taken:
        places.setdefault((*one[1:5], one.kind), []).append(one)
    blocks = [
        Block(*place, [one.appointment_id for one in them], [one.start for one in them], [one.end for one in them])
        for place, them in places.items()
    ]
    return question, replace(situation, taken=Entries(blocks))


def recurrences(case: Case) -> Iterator[Recurrence]:
    for assignment in case[1].places[0].assignments:
        yield from (override.recurrence for override in assignment.roster.overrides)


def told(seeds: Sequence[int]) -> str:
    """The first case that differs, made as small as it goes on differing, with what is missing and what is too much."""
    seed = next((seed for seed in seeds if differs(drawn(seed))), None)
    if seed is None:
        return ""
    case = shrunk(drawn(seed))
    expected, found = oracle.offered(*case), starts(*case).page(0, 10**6)
    missing, spare = (sorted(set(left) - set(right))[:5] for left, right in ((expected, found), (found, expected)))
    return f"seed {seed}\n{case[0]}\n{case[1]}\nmissing {missing}\ntoo much {spare}\nfirst {starts(*case).first()}"


def shrunk(case: Case) -> Case:
    """Leave out one thing after the other for as long as the two still differ."""
    for smaller in smaller_than(case):
        if differs(smaller):
            return shrunk(smaller)
    return case


def smaller_than(case: Case) -> Iterator[Case]:
    question, situation = case
    if question.from_date < question.to_date:
        yield replace(question, to_date=question.to_date - timedelta(days=1)), situation
    if question.resource_ids is not None:
        yield replace(question, resource_ids=None), situation
    for name in ("places", "days_off", "taken"):
        for fewer in one_less(getattr(situation, name)):
            yield question, replace(situation, **{name: fewer})
    if situation.busy_resources:
        yield question, replace(situation, busy_resources={})
    for place in situation.places:
        others = [one for one in situation.places if one is not place]
        for smaller in smaller_places(place):
            yield question, replace(situation, places=[*others, smaller])


def smaller_places(place: Place) -> Iterator[Place]:
    if place.resources:
        yield replace(place, resources=())
    for fewer in one_less(place.assignments):
        yield replace(place, assignments=fewer)
    for number, assignment in enumerate(place.assignments):
        for name in ("rules", "overrides"):
            for fewer in one_less(getattr(assignment.roster, name)):
                smaller = replace(assignment, roster=replace(assignment.roster, **{name: fewer}))
                yield replace(
                    place, assignments=[*place.assignments[:number], smaller, *place.assignments[number + 1 :]]
                )


def one_less(things: Sequence[object]) -> Iterator[list[object]]:
    for number in range(len(things)):
        yield [*things[:number], *things[number + 1 :]]
