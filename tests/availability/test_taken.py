"""What is taken: by place in arrays, by day at midnight, and never of the wrong column."""

from collections import defaultdict
from dataclasses import replace

from openprac.availability.minutes import span
from openprac.availability.model import Taken
from openprac.availability.search import starts
from openprac.availability.taken import Block, Entries, Occupied, by_day
from tests.availability.drawn import drawn

CASES = 150


def in_arrays(taken: list[Taken]) -> Entries:
    """The same entries as the database gives them."""
    places: dict[tuple[object, ...], list[Taken]] = defaultdict(list)
    for one in taken:
        places[(*one[1:5], one.kind)].append(one)
    return Entries(
        [
            Block(
                *found[0][1:5],
                found[0].kind,
                [one.appointment_id for one in found],
                [one.start for one in found],
                [one.end for one in found],
            )
            for found in places.values()
        ]
    )


def test_entries_in_arrays_are_the_same_entries() -> None:
    for seed in range(CASES):
        question, situation = drawn(seed)
        arrays = in_arrays(list(situation.taken))
        assert sorted(arrays) == sorted(situation.taken)
        assert len(arrays) == len(situation.taken)
        found, again = starts(question, situation), starts(question, replace(situation, taken=arrays))
        assert again.page(0, len(again)) == found.page(0, len(found))


def test_a_span_over_midnight_is_of_both_days() -> None:
    assert by_day([(-60, 30), (1430, 2900)]) == {
        -1: span(1380, 1440),
        0: span(0, 30) | span(1430, 1440),
        1: span(0, 1440),
        2: span(0, 20),
    }


def test_an_entry_takes_its_columns_there_and_the_whole_practitioner_elsewhere() -> None:
    occupied = Occupied([Taken(1, 7, 1, 2, 2, 600, 630)])
    there = {column: occupied.at(7, 1, 0, column) for column in (1, 2, 3, 4)}
    assert there == {1: 0, 2: span(600, 630), 3: span(600, 630), 4: 0}
    assert occupied.elsewhere(7, 2, 0) == span(600, 630)
    assert occupied.elsewhere(7, 1, 0) == occupied.elsewhere(7, 2, 1) == occupied.elsewhere(8, 2, 0) == 0
