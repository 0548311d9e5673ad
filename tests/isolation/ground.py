"""A database of its own with two clinics: one asks, the other one's every text and id can be recognised."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import asyncpg
import httpx

from openprac import admin
from openprac.app import create_app
from openprac.demo.fill import fill_clinic
from openprac.migrate import migrate
from openprac.serve import store_of
from openprac.settings import Settings
from tests.cast import TODAY, serving
from tests.isolation.document import Document, Ids
from tests.isolation.seeding import seed_every_kind
from tests.own_database import create_database, settings_in

PATIENTS = 12
TOKEN_START = "zqx"
TOKEN_END = "Vorstellung"
TOKEN = TOKEN_START + TOKEN_END
"""In every text of the other clinic. A filter asks for its start, and its end must not come back."""

SOMEBODY = {
    "phone": "+1 202 555 0143",
    "email": "quuxberg@example.com",
    "name": "Quuxberg",
    "date_of_birth": "1931-07-09",
}
NOBODY = {
    "phone": "+1 202 555 0144",
    "email": "zyxwvuts@example.com",
    "name": "Zyxwvuts",
    "date_of_birth": "1931-07-10",
}
"""A patient of the other clinic as those who look for one would tell, and one that is nowhere."""

FOREIGN_FIRST_ID = 7_000_000_000
NEVER_FIRST_ID = 9_000_000_000
OWN_FIRST_ID = 1_000_000
"""Ids of three kinds that no text can be mistaken for: the other clinic's, those of no row, and our new rows'."""


@dataclass(frozen=True)
class Ground:
    """ids: what stands for each name of an id, in the clinic that asks and in the other one."""

    base_url: str
    owner_url: str
    headers: dict[str, str]
    own: Ids
    foreign: Ids


@dataclass(frozen=True)
class Seed:
    """A filled database that nobody is connected to, to be copied."""

    settings: Settings
    database: str
    headers: dict[str, str]
    own: Ids
    foreign: Ids


def make_seed(settings: Settings, database: str = "isolation_seed") -> Seed:
    """Two filled clinics in a new database of the same cluster."""
    settings = settings_in(settings, database)
    asyncio.run(create_database(settings, database))
    asyncio.run(_prepared(settings))
    riverside = asyncio.run(_clinic(settings, "Riverside", 1))
    own = _every_kind(settings, riverside)
    asyncio.run(_number_from(settings, FOREIGN_FIRST_ID))
    hillside = asyncio.run(_clinic(settings, "Hillside", 2))
    foreign = _every_kind(settings, hillside, somebody=True)
    asyncio.run(_number_from(settings, OWN_FIRST_ID))
    asyncio.run(_plant(settings, hillside.ids["tenant_id"]))
    return Seed(settings, database, riverside.headers, own, foreign)


@contextmanager
def ground_from(seed: Seed, name: str, *, row_level_security: bool = True) -> Iterator[Ground]:
    """Serve a fresh copy of the seed."""
    settings = settings_in(seed.settings, name)
    asyncio.run(_copy(seed, settings, name, row_level_security=row_level_security))
    assert settings.owner_database_url
    with serving(create_app(settings)) as base_url:
        yield Ground(base_url, settings.owner_database_url, seed.headers, seed.own, seed.foreign)


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
            "SELECT oid::regclass::text AS name FROM pg_class "
            "WHERE relrowsecurity AND relnamespace = 'public'::regnamespace"
        )
        assert tables
        for table in tables:
            await connection.execute(f"ALTER TABLE {table['name']} DISABLE ROW LEVEL SECURITY")


async def _prepared(settings: Settings) -> None:
    """The schema."""
    assert settings.database_url
    assert settings.owner_database_url
    await migrate(settings.owner_database_url, settings.database_url)


@dataclass(frozen=True)
class _Clinic:
    headers: dict[str, str]
    ids: Ids


async def _clinic(settings: Settings, name: str, seed: int) -> _Clinic:
    assert settings.owner_database_url
    store = store_of(settings)
    async with connected(settings.owner_database_url) as connection:
        tenant_id = await admin.create_tenant(connection, name, "Australia/Adelaide")
        vendor_id, vendor_key = await admin.create_vendor(connection, f"Vendor of {name}")
        key_id, user_id, key = await admin.create_account_key(connection, tenant_id, "all", ["*"])
        async with connection.transaction():
            await fill_clinic(connection, store, tenant_id, user_id, seed=seed, today=TODAY, patients=PATIENTS)
    await store.close()
    ids = {"tenant_id": tenant_id, "user_id": user_id, "account_key_id": key_id, "vendor_id": vendor_id}
    return _Clinic({"x-api-key": vendor_key, "a-api-key": key}, ids)


def _every_kind(settings: Settings, clinic: _Clinic, *, somebody: bool = False) -> Ids:
    """One row of every kind by the API, and a file, whose object is never asked for."""
    with (
        serving(create_app(settings)) as base_url,
        httpx.Client(base_url=f"{base_url}/v1", headers=clinic.headers, timeout=30) as api,
    ):
        ids = clinic.ids | seed_every_kind(api, Document(httpx.get(f"{base_url}/openapi.json").json()))
        if somebody:
            told = {"mobile": SOMEBODY["phone"], "surname": SOMEBODY["name"]}
            told |= {name: SOMEBODY[name] for name in ("email", "date_of_birth")}
            api.patch(f"/patient/{ids['client_id']}", json=told).raise_for_status()
    return ids | {"attachment_client_id": asyncio.run(_file(settings, ids))}


async def _file(settings: Settings, ids: Ids) -> int:
    assert settings.owner_database_url
    async with connected(settings.owner_database_url) as connection:
        return int(
            await connection.fetchval(
                "INSERT INTO patient_attachment (tenant_id, client_id, user_id, attachment_client_folder_id, "
                "file_date, description, file_name, file_type, content_type, file_size, object_key) "
                "VALUES ($1, $2, $3, $4, '2026-03-02', 'a', 'a.txt', 'txt', 'text/plain', 1, 'a') "
                "RETURNING attachment_client_id",
                *(ids[name] for name in ("tenant_id", "client_id", "user_id", "attachment_client_folder_id")),
            )
        )


async def _number_from(settings: Settings, first: int) -> None:
    """Every sequence goes on from there, each with a range of its own, so that no id fits two tables."""
    assert settings.owner_database_url
    async with connected(settings.owner_database_url) as connection:
        names = await connection.fetch("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1")
        for position, name in enumerate(names):
            await connection.execute("SELECT setval($1, $2)", name[0], first + position * 10_000)
        # Numbers of invoices are counted by clinic: the next one is like a new id.
        await connection.execute("UPDATE invoice_counter SET last_number = $1", first)


async def _plant(settings: Settings, tenant_id: int) -> None:
    """The token into every text of the clinic, whatever the column, but where the schema bounds its words."""
    assert settings.owner_database_url
    async with connected(settings.owner_database_url) as connection:
        columns = await connection.fetch(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c WHERE c.table_schema = 'public' "
            "AND c.data_type = 'text' AND c.is_generated = 'NEVER' AND c.column_name <> 'time_zone' "
            "AND NOT (c.table_name = 'patient' AND c.column_name IN ('mobile', 'email')) "  # SOMEBODY is found by them
            "AND EXISTS (SELECT 1 FROM information_schema.columns t WHERE t.table_schema = 'public' "
            "AND t.table_name = c.table_name AND t.column_name = 'tenant_id') ORDER BY 1, 2"
        )
        bounded = []
        for table, column in columns:
            try:
                await connection.execute(
                    f"UPDATE {table} SET {column} = coalesce({column}, '') || $2 WHERE tenant_id = $1", tenant_id, TOKEN
                )
            except asyncpg.IntegrityConstraintViolationError:
                bounded.append((table, column))
        assert len(columns) > 50
        assert len(bounded) < len(columns) / 10, bounded
