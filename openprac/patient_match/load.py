"""Patients who may be the one asked for, by `=` alone: what keeps its index under row-level security."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import asyncpg

from openprac.patient_match.rank import NAME_MIN, Candidate, Match, Question, ranked
from openprac.patient_match.words import nearest, tokens_of

NAMES_PER_WORD_MAX = 60
"""Stored names looked at for one word of the question, those with most tokens in common first."""
CANDIDATES_MAX = 300
"""Patients looked at by each way of finding one."""
STRANGERS_MAX = 600
"""Patients whose names are looked at because they share one word of the name, when nobody fits well."""
STRANGERS_KEPT = 40
SURE = 0.75
"""With a match this good nobody searches on."""
SHORT_WORD_WEIGHT = 4.0
"""Two short words that share one letter less are one slip apart: worth as much as four trigrams."""
WEIGHT_MIN = 2.0

NEAR_NAMES_SQL = f"""
SELECT number, name FROM (
    SELECT asked.number, k.name, row_number() OVER (
               PARTITION BY asked.number
               ORDER BY sum(asked.weight) / (asked.tokens + length(k.name)) DESC, k.name COLLATE "C") AS place
      FROM unnest($2::int[], $3::text[], $4::float8[], $5::int[]) AS asked(number, token, weight, tokens)
      JOIN patient_name k ON k.tenant_id = $1 AND k.token = asked.token
     GROUP BY asked.number, asked.tokens, k.name HAVING sum(asked.weight) >= {WEIGHT_MIN}) near
 WHERE place <= {NAMES_PER_WORD_MAX}
"""

WAYS: Mapping[str, tuple[str, ...]] = {
    "phone": tuple(
        f"SELECT client_id FROM {table} p WHERE p.tenant_id = $1 AND p.{column} = ANY(%s::text[])"
        for table in ("patient", "patient_contact")
        for column in ("mobile_tail", "home_phone_tail", "work_phone_tail")
    ),
    "email": ("SELECT client_id FROM patient p WHERE p.tenant_id = $1 AND p.email_key = lower(%s::text)",),
    "date_of_birth": ("SELECT client_id FROM patient p WHERE p.tenant_id = $1 AND p.date_of_birth = %s::date",),
    "names": (
        "SELECT client_id FROM patient p WHERE p.tenant_id = $1 AND p.surname = ANY(%s::text[]) "
        "AND (p.first_name = ANY(%s::text[]) OR p.preferred_name = ANY(%s::text[]))",
    ),
    "ids": ("SELECT unnest(%s::bigint[]) AS client_id",),
}
"""Ways to find a patient; %s is what is given for them."""

CONTACT_PHONES_SQL = """
ARRAY(SELECT phone FROM patient_contact c, unnest(ARRAY[c.home_phone, c.work_phone, c.mobile]) phone
       WHERE c.tenant_id = t.tenant_id AND c.client_id = t.client_id AND c.archived_at IS NULL AND phone IS NOT NULL)
"""

STRANGERS_SQL = " UNION ".join(
    f"(SELECT client_id, first_name, surname, preferred_name FROM patient t "
    f"WHERE t.tenant_id = $1 AND t.{column} = ANY($2::text[]) LIMIT {STRANGERS_MAX})"
    for column in ("surname", "first_name", "preferred_name")
)

APPOINTMENTS_SHOWN = 3

# A patient's next ones, from the wall clock on.
NEXT_APPOINTMENTS_SQL = f"""
SELECT client_id, appointment_id, app_time, duration, practitioner_id, business_id, appointment_type_id FROM (
    SELECT a.*, row_number() OVER (PARTITION BY a.client_id ORDER BY a.app_time, a.appointment_id) AS place
      FROM appointment a
     WHERE a.tenant_id = $1 AND a.client_id = ANY($2::bigint[]) AND a.app_time >= $3::timestamp
       AND a.kind = 'patient' AND a.state = 'live') next
 WHERE place <= {APPOINTMENTS_SHOWN} ORDER BY client_id, place"""

COUNTRY_SQL = "SELECT country FROM tenant WHERE tenant_id = $1"


async def country_of(connection: asyncpg.Connection, tenant_id: int) -> str:
    country: str = await connection.fetchval(COUNTRY_SQL, tenant_id)
    return country


async def next_appointments(
    connection: asyncpg.Connection, tenant_id: int, client_ids: Sequence[int], wall_clock: datetime
) -> dict[int, list[dict[str, Any]]]:
    """Of each patient the next three at most, soonest first; app_time is the clinic's label."""
    found: dict[int, list[dict[str, Any]]] = {client_id: [] for client_id in client_ids}
    for record in await connection.fetch(NEXT_APPOINTMENTS_SQL, tenant_id, client_ids, wall_clock):
        appointment = dict(record)
        found[appointment.pop("client_id")].append(appointment)
    return found


async def matches(connection: asyncpg.Connection, tenant_id: int, question: Question) -> list[Match]:
    """The best first. Statements: one or two, two more for a name that fits nobody well."""
    names = await _near_names(connection, tenant_id, question.words) if question.words else {}
    given: dict[str, Any] = {}
    if question.phone:
        given["phone"] = sorted(question.phone.tails)
    if question.email is not None:
        given["email"] = question.email
    if question.date_of_birth:
        given["date_of_birth"] = question.date_of_birth
    if names and len(question.words) > 1:
        given["names"] = list(names)
    found = await _candidates(connection, tenant_id, given) if given else []
    best = ranked(question, found)
    if names and not (best and best[0].score >= SURE):
        given["ids"] = await _strangers(connection, tenant_id, question.words, names)
        best = ranked(question, await _candidates(connection, tenant_id, given))
    return best


async def _near_names(connection: asyncpg.Connection, tenant_id: int, words: Sequence[str]) -> dict[str, float]:
    """Names of the clinic's patients that one of the words may mean, and how near that one is."""
    numbers, tokens, weights, counts = [], [], [], []
    for number, word in enumerate(words):
        of_word = tokens_of(word)
        for token in of_word:
            numbers.append(number)
            tokens.append(token)
            weights.append(SHORT_WORD_WEIGHT if token.startswith("-") else 1.0)
            counts.append(len(of_word))
    records = await connection.fetch(NEAR_NAMES_SQL, tenant_id, numbers, tokens, weights, counts)
    found: dict[str, float] = {}
    for number, name in records:
        near = nearest(words[number], name)
        if near >= NAME_MIN:
            found[name] = max(near, found.get(name, 0.0))
    return found


async def _candidates(connection: asyncpg.Connection, tenant_id: int, given: Mapping[str, Any]) -> list[Candidate]:
    records = await connection.fetch(candidates_sql(tuple(given)), tenant_id, *given.values())
    return [Candidate(*record) for record in records]


async def _strangers(
    connection: asyncpg.Connection, tenant_id: int, words: Sequence[str], names: Mapping[str, float]
) -> list[int]:
    """Of those who bear one of the nearest names, the ones whose other names are nearest too."""
    best = max(names.values())
    closest = [name for name, near in names.items() if near >= best - 0.15]
    records = await connection.fetch(STRANGERS_SQL, tenant_id, closest)

    def far(record: asyncpg.Record) -> tuple[float, int]:
        return -sum(max(nearest(word, name) for name in record[1:] if name) for word in words), record[0]

    return [record[0] for record in sorted(records, key=far)[:STRANGERS_KEPT]]


@cache
def candidates_sql(ways: tuple[str, ...]) -> str:
    """Parameters: tenant, one for each way. Made for what is given, so that the rest costs no planning."""
    found = " UNION ".join(
        f"({part.replace('%s', f'${position}')} LIMIT {CANDIDATES_MAX})"
        for position, way in enumerate(ways, 2)
        for part in WAYS[way]
    )
    phones = CONTACT_PHONES_SQL if "phone" in ways else "'{}'::text[]"
    return (
        f"WITH found AS ({found}) SELECT t.client_id, t.first_name, t.middle_name, t.surname, t.preferred_name, "
        "t.date_of_birth, t.email, t.home_phone, t.work_phone, t.mobile, t.archived_at IS NOT NULL AS archived, "
        f"{phones} AS contact_phones FROM found JOIN patient t ON t.tenant_id = $1 AND t.client_id = found.client_id"
    )
