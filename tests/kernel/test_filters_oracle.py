"""Every patient filter and sort, over HTTP and the real database, against a dumb oracle in plain Python."""

import asyncio
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openprac import admin
from openprac.kernel.collection import OPERATORS
from openprac.people import MARKETING, PATIENT
from tests.cast import Cast
from tests.kernel.drawn import NASTY

FILTERS = {name: PATIENT.filters[name] for name in PATIENT.listings[0].filters}
SORTS = PATIENT.listings[0].sorts
STORED = {"file_created": "created", "updated": "modified", "archived": "archived_at"}
PHONES = ("home_phone", "work_phone", "mobile")
PATIENTS = 48

COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Stored = Mapping[str, Any]
Condition = tuple[str, str, Any]


@dataclass(frozen=True)
class World:
    """A clinic of its own with nasty patients, and its rows as they lie in the database."""

    client: httpx.Client
    rows: tuple[Stored, ...]


def bodies() -> Iterator[dict[str, Any]]:
    """Names with every nasty text, most members sometimes null, numbers as people type them."""
    names = [text for text in NASTY if text.strip() and len(text) <= 40]
    emails: Iterator[Any] = cycle([None, *(f"{name}@example.com" for name in ("o'brien", "100%_\\", "ZOË", "zoë"))])
    phones: Iterator[Any] = cycle([None, "0491 570 006", "(08) 5550 1234", "08-5550.1234", "0491570006", "-", "+61/4"])
    births: Iterator[Any] = cycle([None, "1900-02-28", "2000-02-29", "2000-03-01", "1985-12-31"])
    for number in range(PATIENTS):
        yield {
            "first_name": names[number % len(names)],
            "surname": names[(number * 7) % len(names)],
            "preferred_name": [None, "", *NASTY[:-1]][number % (len(NASTY) + 1)],
            "email": next(emails),
            "home_phone": next(phones),
            "mobile": [None, "0491 570 156", "0491 570 006"][number % 3],
            "work_phone": [None, None, "(08) 5550 9999"][number % 3],
            "date_of_birth": next(births),
            "deceased": number % 5 == 0,
            "archive": number % 3 == 0,
            "email_marketing_type": number % 4 + 1,
            "sms_marketing_type": (number // 4) % 4 + 1,
        }


@pytest.fixture(scope="module")
def world(cast: Cast) -> Iterator[World]:
    async def clinic() -> tuple[int, str]:
        async with cast.owner() as connection:
            tenant_id = await admin.create_tenant(connection, "Oracle", "Australia/Adelaide")
            return tenant_id, (await admin.create_account_key(connection, tenant_id, "all", ["*"]))[2]

    tenant_id, key = asyncio.run(clinic())
    headers = {"x-api-key": cast.vendor_key, "a-api-key": key}
    with httpx.Client(base_url=f"{cast.base_url}/v1", headers=headers, timeout=30) as client:
        for body in bodies():
            answer = client.post("/x/patient", json=body)
            assert answer.status_code == 201, answer.text
        records = cast.sql("SELECT * FROM patient WHERE tenant_id = $1 ORDER BY client_id", tenant_id)
        yield World(client, tuple(map(dict, records)))


def dialled(text: str | None) -> str | None:
    """As the oracle understands a phone number: the digits, a plus, whatever is no usual punctuation."""
    return "".join(one for one in text if one not in " ()-./") or None if text is not None else None


def small(text: str) -> str:
    return "".join(one.lower() if len(one.lower()) == 1 else one for one in text)


def holds(row: Stored, name: str, sign: str, value: Any) -> bool:
    """Does one row satisfy one condition?"""
    if name == "status":
        gone, dead = row["archived_at"] is not None, row["deceased"]
        return bool({1: not gone, 2: gone, 3: True, 4: gone and not dead, 5: not dead, 6: dead}[value])
    if name == "phone":
        found, value = [dialled(row[phone]) for phone in PHONES], dialled(value) or ""
    else:
        found = [row[STORED.get(name, name)]]
    if sign == "!=":
        return all(one != value for one in found)
    if sign == "~":
        return any(one is not None and small(value) in small(one) for one in found)
    return any(one is not None and COMPARE[sign](one, value) for one in found)


def expected(rows: tuple[Stored, ...], conditions: list[Condition], sorts: list[tuple[str, bool]]) -> list[int]:
    """The ids of all rows that satisfy every condition, in order."""
    kept = [row for row in rows if all(holds(row, *condition) for condition in conditions)]
    # The last sort decides the direction of the id, unless the id was asked for itself.
    if all(name != "client_id" for name, _ in sorts):
        sorts = [*sorts, ("client_id", bool(sorts) and sorts[-1][1])]
    for name, descending in reversed(sorts):
        kept.sort(key=lambda row: row[STORED.get(name, name)], reverse=descending)
    return [row["client_id"] for row in kept]


def spelled(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


@st.composite
def values(draw: st.DrawFn, world: World, name: str) -> Any:
    """Mostly values that are there, or nearly."""
    one = FILTERS[name]
    if one.codes:
        return draw(st.sampled_from(sorted(one.codes)))
    columns = PHONES if name == "phone" else (STORED.get(name, name),)
    present = [row[column] for row in world.rows for column in columns if row[column] is not None]
    if one.format == "timestamp":
        near = draw(st.sampled_from([*present, datetime(2026, 1, 1, tzinfo=UTC)]))
        return near + draw(st.sampled_from((timedelta(), timedelta(microseconds=1), timedelta(microseconds=-1))))
    if one.format == "date":
        return draw(st.sampled_from(present)) + timedelta(days=draw(st.integers(-1, 1)))
    text = draw(st.sampled_from([*present, *NASTY]))
    start = draw(st.integers(0, len(text)))
    part = text[start : draw(st.integers(start, len(text)))] if draw(st.booleans()) else text
    return draw(st.sampled_from((part, part.upper(), small(part), part.replace(" ", ""))))


@st.composite
def questions(draw: st.DrawFn, world: World) -> tuple[list[Condition], list[tuple[str, bool]], int]:
    conditions = []
    for name in draw(st.lists(st.sampled_from(sorted(FILTERS)), max_size=3)):
        sign = draw(st.sampled_from(("=",) if FILTERS[name].codes else OPERATORS[FILTERS[name].format]))
        conditions.append((name, sign, draw(values(world, name))))
    sorts = [(name, draw(st.booleans())) for name in draw(st.lists(st.sampled_from(SORTS), max_size=3, unique=True))]
    return conditions, sorts, draw(st.integers(1, PATIENTS + 1))


def ask(world: World, conditions: list[Condition], sorts: list[tuple[str, bool]], size: int) -> None:
    params: list[tuple[str, str]] = [("q[]", f"{name}:{sign}{spelled(value)}") for name, sign, value in conditions]
    if sorts:
        params.append(("sort_by", ",".join(f"{name}:desc" if down else name for name, down in sorts)))
    answer = world.client.get("/patient", params=[*params, ("page_size", str(size))])
    assert answer.status_code == 200, answer.text
    found = expected(world.rows, conditions, sorts)
    assert answer.json()["total_entries"] == len(found)
    assert [row["client_id"] for row in answer.json()["clients"]] == found[:size]


def test_the_oracle_has_something_to_say(world: World) -> None:
    """Every filter can tell some rows from others; a filter nobody draws would be held by nothing."""
    assert len(world.rows) == PATIENTS
    for code, meaning in enumerate(MARKETING, 1):
        rows = world.client.get("/patient", params={"q[]": f"sms_marketing_type:={code}"}).json()["clients"]
        assert {row["sms_marketing"] for row in rows} == {meaning}
    for name in FILTERS:
        column = "mobile" if name == "phone" else "archived_at" if name == "status" else STORED.get(name, name)
        assert len({row[column] for row in world.rows}) > 1, name


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_filters_and_sorts_find_what_the_oracle_finds(world: World, data: st.DataObject) -> None:
    ask(world, *data.draw(questions(world)))


@pytest.mark.prove
@settings(max_examples=1_500, derandomize=False, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_many_more_filters_and_sorts_find_what_the_oracle_finds(world: World, data: st.DataObject) -> None:
    ask(world, *data.draw(questions(world)))


@pytest.mark.parametrize("name", [name for name, one in FILTERS.items() if one.codes])
def test_every_code(world: World, name: str) -> None:
    for code in FILTERS[name].codes or ():
        ask(world, [(name, "=", code)], [], PATIENTS)


@pytest.mark.parametrize("name", [name for name, one in FILTERS.items() if one.format in ("date", "timestamp")])
def test_every_moment_before_at_and_after(world: World, name: str) -> None:
    step = timedelta(days=1) if FILTERS[name].format == "date" else timedelta(microseconds=1)
    present = sorted({row[STORED.get(name, name)] for row in world.rows} - {None})
    for sign in FILTERS[name].operators:
        for moment in (present[0], present[-1]):
            for value in (moment - step, moment, moment + step):
                ask(world, [(name, sign, value)], [], PATIENTS)


@pytest.mark.parametrize("first", SORTS)
@pytest.mark.parametrize("second", SORTS)
def test_every_two_sorts_both_ways(world: World, first: str, second: str) -> None:
    for down in (False, True):
        ask(world, [], [(first, down)], PATIENTS)
        if first != second:
            ask(world, [], [(first, False), (second, down)], PATIENTS)


@pytest.mark.parametrize("name", [name for name, one in FILTERS.items() if one.format == "string"])
@pytest.mark.parametrize("sign", OPERATORS["string"])
def test_every_nasty_text_is_only_a_text(world: World, name: str, sign: str) -> None:
    for text in NASTY:
        ask(world, [(name, sign, text)], [], PATIENTS)
