"""From the clinic's definitions to the answer: what is offered is what the oracle finds, and can be booked."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

import pytest

from openprac.availability.model import DAY_MINUTES, Flags, Start
from tests.api.answers import made
from tests.availability import oracle
from tests.availability.oracle import Sheet
from tests.availability.some import some_starts
from tests.availability.test_explanation import OF_A_ROW, expected
from tests.availability.written import Written, remove, written
from tests.cast import Cast

CASES, PROVE_CASES = range(8), range(100, 300)
BOOKED, EXPLAINED = 3, 6
PAGE_SIZE = 200


@pytest.mark.parametrize("seed", CASES)
def test_what_the_clinic_says_is_what_is_offered(cast: Cast, seed: int) -> None:
    assert wrong_with(cast, seed) == []


@pytest.mark.prove
def test_what_very_many_clinics_say_is_what_is_offered(cast: Cast) -> None:
    assert [text for seed in PROVE_CASES for text in wrong_with(cast, seed)] == []


def wrong_with(cast: Cast, seed: int) -> list[str]:
    with written(cast, seed) as case:
        rng = Random(seed)
        rows, first, known = answers(case)
        found = [start_of(case, row) for row in rows]
        wrong = [] if found in known else [f"offered {found}, not {known[0]}"]
        if case.question.flags == Flags.MANUAL and [start_of(case, row) for row in first] not in [
            one[:1] for one in known
        ]:
            wrong.append(f"next is {first}, not {known[0][:1]}")
        wrong += unexplained(case, rng, found)
        wrong += [text for row in rng.sample(rows, min(BOOKED, len(rows))) if (text := unbookable(case, row))]
        return [f"seed {seed}: {text}" for text in wrong]


def answers(case: Written) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[list[Start]]]:
    """The whole list, the next time, and what the oracle finds as the clock stood before and stands behind."""
    before = case.question_now()
    rows, page = [], 1
    while True:
        answer = made(
            case.api.get("/available_appointments", params=[*asked(case), ("page", page), ("page_size", PAGE_SIZE)])
        )
        rows += answer["available_times"]
        assert answer["total_entries"] >= len(rows)
        if len(rows) == answer["total_entries"]:
            break
        page += 1
    first = made(case.api.get("/next_available_appointment", params=asked(case, flags=False)))["available_times"]
    behind = case.question_now()
    return rows, first, [oracle.offered(question, case.situation) for question in (before, behind)]


def asked(case: Written, *, flags: bool = True) -> list[tuple[str, Any]]:
    question = case.question
    params: list[tuple[str, Any]] = [
        ("from", question.from_date),
        ("to", question.to_date),
        ("appointment_type_id", question.appointment_type_id),
        ("client_id", case.client),
        *(("resource_ids", one) for one in sorted(question.resource_ids or ())),
    ]
    return params + (flags_of(question.flags) if flags else [])


def flags_of(flags: Flags) -> list[tuple[str, Any]]:
    named = (("manual", Flags.MANUAL), ("online", Flags.ONLINE), ("waiting_list", Flags.WAITING_LIST))
    return [(name, "true") for name, flag in named if flag in flags]


def start_of(case: Written, row: Mapping[str, Any]) -> Start:
    since = datetime.fromisoformat(row["app_time"]) - datetime.combine(case.question.from_date, time())
    minute = since // timedelta(minutes=1)
    return Start(minute, row["practitioner_id"], row["business_id"], row["column_number"], tuple(row["resource_ids"]))


def unbookable(case: Written, row: Mapping[str, Any]) -> str | None:
    """Book what is offered as it is offered, and take it off the book again."""
    named = ("app_time", "practitioner_id", "business_id", "column_number", "appointment_type_id", "width", "duration")
    body = {"client_id": case.client, **{name: row[name] for name in named}}
    if case.question.resource_ids is not None:
        body["resource_ids"] = row["resource_ids"]
    answer = case.api.post("/appointment", json=body)
    if answer.status_code != 201:
        return f"{row} is offered: {answer.text}"
    booked = answer.json()
    remove(case.api, "patient", booked["appointment_id"])
    # Without resources asked for, a booking takes what the offer said it would.
    return None if sorted(booked["resource_ids"]) == sorted(row["resource_ids"]) else f"{row} took {booked}"


def unexplained(case: Written, rng: Random, offered: list[Start]) -> list[str]:
    """Times of any kind whose explanation is not the oracle's. It is asked without resources."""
    wrong = []
    days = list(oracle.dates_of(case.question))
    for _ in range(EXPLAINED):
        place, day = rng.choice(list(case.situation.places)), rng.choice(days)
        column, of_day = next(some_starts(rng, place))
        params = [
            ("app_time", f"{datetime.combine(day, time(*divmod(of_day, 60))).isoformat()}"),
            ("practitioner_id", place.practitioner_id),
            ("business_id", place.business_id),
            ("appointment_type_id", case.question.appointment_type_id),
            ("column_number", max(column, 1)),
            ("client_id", case.client),
            *flags_of(case.question.flags),
        ]
        known = []
        question = case.question_now()
        answer = made(case.api.get("/x/availability_explanation", params=params))
        told = {(one["kind"], one["id"] if one["kind"] in OF_A_ROW else None) for one in answer["reasons"]}
        for one in (question, case.question_now()):
            sheet = Sheet(replace(one, resource_ids=None), case.situation, place, day)
            known.append(expected(sheet, max(column, 1), of_day))
        if told not in known and not any(("no_such_column", None) in one and told >= one for one in known):
            wrong.append(f"{params}: {told}, not {known[0]}")
        start = ((day - case.question.from_date).days * DAY_MINUTES + of_day, place.practitioner_id, place.business_id)
        is_offered = any(
            (one.minute, one.practitioner_id, one.business_id, one.column) == (*start, max(column, 1))
            for one in offered
        )
        if is_offered and not answer["offered"]:
            wrong.append(f"{params}: offered, and explained by {told}")
    return wrong
