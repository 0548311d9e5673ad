"""A database of its own with two clinics: one asks, the other one's every text and id can be recognised."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from openprac import admin
from openprac.app import create_app
from openprac.attachments.store import Store
from openprac.demo.fill import fill_clinic
from openprac.migrate import migrate
from openprac.serve import store_of
from openprac.settings import Settings
from tests.cast import TODAY, serving
from tests.own_database import create_database, settings_in

PATIENTS = 12
TOKEN_START = "zqx"
TOKEN_END = "Vorstellung"
TOKEN = TOKEN_START + TOKEN_END
"""In every text of the other clinic. A filter asks for its start, and its end must not come back."""

FOREIGN_FIRST_ID = 7_000_000_000
NEVER_FIRST_ID = 9_000_000_000
OWN_FIRST_ID = 1_000_000
"""Ids of three kinds that no text can be mistaken for: the other clinic's, those of no row, and our new rows'."""

Ids = dict[str, int]


@dataclass(frozen=True)
class Ground:
    """ids: what stands for each name of an id, in the clinic that asks and in the other one."""

    base_url: str
    owner_url: str
    tenant_id: int
    headers: dict[str, str]
    own: Ids
    foreign: Ids


@dataclass(frozen=True)
class Seed:
    """A filled database that nobody is connected to, to be copied."""

    settings: Settings
    database: str
    tenant_id: int
    headers: dict[str, str]
    own: Ids
    foreign: Ids


async def make_seed(settings: Settings, database: str = "isolation_seed") -> Seed:
    """Two filled clinics in a new database of the same cluster."""
    await create_database(settings, database)
    settings = settings_in(settings, database)
    assert settings.database_url
    assert settings.owner_database_url
    await migrate(settings.owner_database_url, settings.database_url)
    store = store_of(settings)
    connection = await asyncpg.connect(settings.owner_database_url)
    try:
        _, vendor_key = await admin.create_vendor(connection, "Prober")
        tenant_id, account_key, own = await _clinic(connection, store, "Riverside", 1)
        await _number_from(connection, FOREIGN_FIRST_ID)
        other_id, _, foreign = await _clinic(connection, store, "Hillside", 2)
        await _number_from(connection, OWN_FIRST_ID)
        await _plant(connection, other_id)
    finally:
        await connection.close()
        await store.close()
    return Seed(settings, database, tenant_id, {"x-api-key": vendor_key, "a-api-key": account_key}, own, foreign)


@contextmanager
def ground_from(seed: Seed, name: str, *, row_level_security: bool = True) -> Iterator[Ground]:
    """Serve a fresh copy of the seed."""
    settings = settings_in(seed.settings, name)
    asyncio.run(_copy(seed, settings, name, row_level_security=row_level_security))
    assert settings.owner_database_url
    with serving(create_app(settings)) as base_url:
        yield Ground(base_url, settings.owner_database_url, seed.tenant_id, seed.headers, seed.own, seed.foreign)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def _copy(seed: Seed, settings: Settings, name: str, *, row_level_security: bool) -> None:
    assert settings.owner_database_url
    await create_database(settings, name, seed.database)
    if row_level_security:
        return
    async with connected(settings.owner_database_url) as connection:
        tables = await connection.fetch(
            "SELECT oid::regclass::text AS name FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace"
        )
        assert tables
        for table in tables:
            await connection.execute(f"ALTER TABLE {table['name']} DISABLE ROW LEVEL SECURITY")


async def _clinic(connection: asyncpg.Connection, store: Store, name: str, seed: int) -> tuple[int, str, Ids]:
    tenant_id = await admin.create_tenant(connection, name, "Australia/Adelaide")
    key_id, user_id, key = await admin.create_account_key(connection, tenant_id, "all", ["*"])
    async with connection.transaction():
        await fill_clinic(connection, store, tenant_id, user_id, seed=seed, today=TODAY, patients=PATIENTS)
    ids = {"tenant_id": tenant_id, "user_id": user_id, "account_key_id": key_id}
    return tenant_id, key, ids | await _family(connection, tenant_id, user_id)


async def _family(connection: asyncpg.Connection, tenant_id: int, user_id: int) -> Ids:
    """One row of every kind, those of one patient and one practitioner together."""
    row = await connection.fetchrow(
        "SELECT client_id, account_id FROM patient_account WHERE tenant_id = $1 ORDER BY account_id LIMIT 1", tenant_id
    )
    client_id = row["client_id"]
    folder_id = await connection.fetchval(
        "INSERT INTO patient_attachment_folder (tenant_id, client_id, description) VALUES ($1, $2, 'Letters') "
        "RETURNING attachment_client_folder_id",
        tenant_id,
        client_id,
    )
    attachment_id = await connection.fetchval(
        "INSERT INTO patient_attachment (tenant_id, client_id, user_id, attachment_client_folder_id, file_date, "
        "description, file_name, file_type, content_type, file_size, object_key) "
        "VALUES ($1, $2, $3, $4, '2026-03-02', 'a', 'a.txt', 'txt', 'text/plain', 1, 'a') "
        "RETURNING attachment_client_id",
        tenant_id,
        client_id,
        user_id,
        folder_id,
    )
    practice = await connection.fetchrow(
        "SELECT practitioner_id, business_id, profession_id FROM practitioner_business "
        "JOIN practitioner_profession USING (tenant_id, practitioner_id) WHERE tenant_id = $1 ORDER BY 1, 2, 3 LIMIT 1",
        tenant_id,
    )
    lists = {
        name: await connection.fetchval(f"SELECT min({name}) FROM {table} WHERE tenant_id = $1", tenant_id)
        for table, name in (("sex", "sex_id"), ("pronoun", "pronoun_id"), ("fee_category", "fee_cat_id"))
    }
    files = {"attachment_client_folder_id": folder_id, "attachment_client_id": attachment_id}
    return {**dict(row), **dict(practice), **lists, **files}


async def _number_from(connection: asyncpg.Connection, first: int) -> None:
    """Every sequence goes on from there, each with a range of its own, so that no id fits two tables."""
    names = await connection.fetch("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1")
    for position, name in enumerate(names):
        await connection.execute("SELECT setval($1, $2)", name[0], first + position * 10_000)


async def _plant(connection: asyncpg.Connection, tenant_id: int) -> None:
    """The token into every text of the clinic, whatever the column."""
    columns: list[Any] = await connection.fetch(
        "SELECT c.table_name, c.column_name FROM information_schema.columns c WHERE c.table_schema = 'public' "
        "AND c.data_type = 'text' AND c.is_generated = 'NEVER' AND c.column_name <> 'time_zone' "
        "AND EXISTS (SELECT 1 FROM information_schema.columns t WHERE t.table_schema = 'public' "
        "AND t.table_name = c.table_name AND t.column_name = 'tenant_id') ORDER BY 1, 2"
    )
    assert len(columns) > 50
    for table, column in columns:
        await connection.execute(
            f"UPDATE {table} SET {column} = coalesce({column}, '') || $2 WHERE tenant_id = $1", tenant_id, TOKEN
        )
