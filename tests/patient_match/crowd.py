"""A clinic of many invented patients: names as unevenly spread as real ones, every number from a range for fiction."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, timedelta

import asyncpg

from openprac.demo.names import COMMUNITIES, ENGLISH_SURNAMES, ERAS, words

STARTS = words(
    "ba, be, bo, da, de, do, fa, ga, ha, he, ho, ja, ka, ke, ko, la, le, li, lo, ma, me, mi, mo, na, ne, no, pa"
)
ENDS = words(
    "son, man, berg, ic, ov, ski, ez, ini, elli, sen, ton, ley, er, wood, ford, ham, as, os, ova, enko, dze, yan"
)
RARE_SURNAMES = 30_000
OLDEST = date(1930, 1, 1)
DAYS = 34_000


@dataclass(frozen=True, slots=True)
class Patient:
    first_name: str
    surname: str
    preferred_name: str | None
    date_of_birth: date
    email: str | None
    home_phone: str | None
    mobile: str | None
    contact_phone: str | None
    archived: bool


def crowd(count: int, seed: int = 1) -> Iterator[Patient]:
    """A third of the surnames are rare ones, as in a real clinic; a tenth of the first names too."""
    dice = random.Random(seed)
    rare = [_rare(dice) for _ in range(RARE_SURNAMES)]
    given = [name for era in ERAS for name in (*era.women, *era.men)]
    family = list(ENGLISH_SURNAMES) * 3
    for community in COMMUNITIES:
        given += [*community.women, *community.men]
        family += community.surnames
    for number in range(count):
        first = dice.choice(rare if dice.random() < 0.1 else given)
        surname = dice.choice(rare if dice.random() < 0.35 else family)
        yield Patient(
            first,
            surname,
            first[:3] if dice.random() < 0.08 and len(first) > 4 else None,
            OLDEST + timedelta(days=dice.randrange(DAYS)),
            f"{first}.{surname}.{number}@example.com".replace(" ", "").lower() if dice.random() < 0.8 else None,
            _fictional(number, dice) if dice.random() < 0.3 else None,
            _fictional(number + 1, dice) if dice.random() < 0.9 else None,
            _fictional(number + 2, dice) if dice.random() < 0.15 else None,
            dice.random() < 0.1,
        )


def _rare(dice: random.Random) -> str:
    middle = dice.choice(STARTS) if dice.random() < 0.6 else ""
    return (dice.choice(STARTS) + dice.choice("nrlstmk") + middle + dice.choice(ENDS)).capitalize()


def _fictional(number: int, dice: random.Random) -> str:
    """One of 80,000 Australian numbers that are given to nobody, in one of three spellings."""
    area, exchange, last = number % 4, number // 4 % 2, number // 8 % 10_000
    digits = f"0{'2378'[area]}{('5550', '7010')[exchange]}{last:04}"
    spaced = f"{digits[2:6]} {digits[6:]}"
    return dice.choice((digits, f"({digits[:2]}) {spaced}", f"+61 {digits[1]} {spaced}"))


async def fill(owner: asyncpg.Connection, tenant_id: int, patients: list[Patient]) -> list[int]:
    """COPY, as an import does, then the names; gives the ids in the patients' order."""
    ids = [
        record[0]
        for record in await owner.fetch(
            "SELECT nextval(pg_get_serial_sequence('patient', 'client_id')) FROM generate_series(1, $1::int)",
            len(patients),
        )
    ]
    columns = [one.name for one in fields(Patient) if one.name not in ("contact_phone", "archived")]
    rows = [
        (tenant_id, row_id, *(getattr(one, name) for name in columns))
        for row_id, one in zip(ids, patients, strict=True)
    ]
    async with owner.transaction():
        await owner.copy_records_to_table("patient", records=rows, columns=["tenant_id", "client_id", *columns])
        await owner.copy_records_to_table(
            "patient_contact",
            records=[
                (tenant_id, row_id, "Parent", one.contact_phone)
                for row_id, one in zip(ids, patients, strict=True)
                if one.contact_phone
            ],
            columns=["tenant_id", "client_id", "relationship", "mobile"],
        )
        await owner.execute(
            "UPDATE patient SET archived_at = clock_timestamp() WHERE tenant_id = $1 AND client_id = ANY($2::bigint[])",
            tenant_id,
            [row_id for row_id, one in zip(ids, patients, strict=True) if one.archived],
        )
        await owner.execute("SELECT note_patient_names($1)", tenant_id)
    for table in ("patient", "patient_contact", "patient_name"):
        await owner.execute(f"VACUUM ANALYZE {table}")
    return ids
