"""Why a time is not offered: nothing exactly where it is offered, and else what the oracle finds in the way."""

from random import Random

import pytest

from openprac.availability.explain import KINDS, why_not
from openprac.availability.search import starts
from tests.availability.drawn import drawn
from tests.availability.oracle import Hindrance, Sheet, Why
from tests.availability.some import Case, in_chunks, sheets, some_starts

CASES = 250
PROVE_CASES = 20_000

KIND_OF = {
    Why.WORK_WEEK: "closed_weekday",
    Why.DAY_OFF: "day_off",
    Why.NO_ROSTER: "flag",
    Why.ROSTER_HOURS: "roster",
    Why.ROSTER_FLAGS: "flag",
    Why.RULE: "rule",
    Why.OVERRIDE: "override",
    Why.TYPE: "type_not_allowed",
    Why.TAKEN: "entry",
    Why.ELSEWHERE: "elsewhere",
    Why.RESOURCE: "resource",
    Why.RESOURCE_NOT_ASKED: "resource",
    Why.COLUMNS: "no_such_column",
    Why.GRID: "off_grid",
    Why.SKIPPED: "skipped_by_clock",
    Why.PAST: "past",
    Why.NOT_SEARCHED: "not_searched",
}
"""Of explanations; those of HOURS are two."""
OF_A_ROW = {"day_off", "roster", "rule", "override", "type_not_allowed", "entry", "elsewhere", "resource"}
"""Kinds whose id says more than the question does."""


def test_explanations_agree_with_the_search_and_with_the_oracle() -> None:
    assert wrong_among(range(CASES)) == []


def test_every_kind_of_reason_comes_of_some_hindrance() -> None:
    """But the one of places that no search has."""
    assert {*KIND_OF.values(), "outside_hours", "too_long"} == set(KINDS) - {"not_offered"}


@pytest.mark.prove
def test_explanations_agree_in_very_many_cases() -> None:
    assert in_chunks(wrong_among, PROVE_CASES) == []


def wrong_among(seeds: range) -> list[str]:
    return [text for seed in seeds for text in wrong_words(seed, drawn(seed))]


def wrong_words(seed: int, case: Case) -> list[str]:
    """What some times are explained by, where it is wrong."""
    found, rng = [], Random(seed)
    answer = starts(*case)
    offered = {(one.practitioner_id, one.business_id, one.column, one.minute) for one in answer.page(0, len(answer))}
    for place, sheet in sheets(case):
        for column, of_day in some_starts(rng, place):
            minute = sheet.midnight + of_day
            reasons = why_not(*case, place, minute, column)
            told = {(one.kind, one.id if one.kind in OF_A_ROW else None) for one in reasons}
            is_offered = (place.practitioner_id, place.business_id, column, minute) in offered
            known = expected(sheet, column, of_day)
            # In columns that are not there nobody needs to look for more.
            as_known = told == known if ("no_such_column", None) not in known else told >= known
            if is_offered != (not told) or not as_known:
                found.append(
                    f"seed {seed}: {place.practitioner_id} at {place.business_id}, column {column}, {minute}: "
                    f"{told}, not {known}; offered: {is_offered}"
                )
    return found


def expected(sheet: Sheet, column: int, minute: int) -> set[tuple[str, int | None]]:
    def kind_of(one: Hindrance) -> str:
        if one.why is Why.HOURS:
            return "too_long" if sheet.place.opens <= minute < sheet.place.closes else "outside_hours"
        return KIND_OF[one.why]

    named = ((kind_of(one), one.id) for one in sheet.hindrances(column, minute))
    return {(kind, row_id if kind in OF_A_ROW else None) for kind, row_id in named}
