"""What the tests of the search share: times of a case to look at, and many cases on all processors."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TypeVar

from openprac.availability.model import DAY_MINUTES, Place, Question, Situation
from tests.availability import oracle
from tests.availability.oracle import Sheet

CHUNK = 500
Case = tuple[Question, Situation]
Found = TypeVar("Found")


def in_chunks(among: Callable[[range], list[Found]], cases: int) -> list[Found]:
    """What `among` finds in the cases of these many seeds."""
    chunks = [range(first, min(first + CHUNK, cases)) for first in range(0, cases, CHUNK)]
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        return [one for found in workers.map(among, chunks) for one in found]


def sheets(case: Case) -> Iterator[tuple[Place, Sheet]]:
    """Of every place and date searched, and of the dates before and behind."""
    question, situation = case
    around = replace(
        question, from_date=question.from_date - timedelta(days=1), to_date=question.to_date + timedelta(days=1)
    )
    for place in situation.places:
        for day in oracle.dates_of(around):
            yield place, Sheet(question, situation, place, day)


def some_starts(rng: Random, place: Place) -> Iterator[tuple[int, int]]:
    """Columns and minutes of the day: most on the grid, in the hours and in the book."""
    for _ in range(6):
        grid = range(place.opens, place.closes, place.interval)
        minute = rng.choice(grid) if rng.random() < 0.85 else rng.randrange(DAY_MINUTES)
        beside = rng.randint(1, place.columns - place.length.width + 1)
        yield beside if rng.random() < 0.9 else rng.randint(0, place.columns + 1), minute
