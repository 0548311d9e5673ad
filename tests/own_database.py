"""A database of a test's own in the cluster of the cast, for what would disturb the others."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from openprac import admin
from openprac.migrate import migrate
from openprac.settings import Settings


def in_database(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def settings_in(settings: Settings, database: str) -> Settings:
    """The same server, another database."""
    assert settings.database_url
    assert settings.owner_database_url
    return replace(
        settings,
        database_url=in_database(settings.database_url, database),
        owner_database_url=in_database(settings.owner_database_url, database),
    )


async def create_database(settings: Settings, database: str, template: str = "template0") -> None:
    assert settings.owner_database_url
    connection = await asyncpg.connect(in_database(settings.owner_database_url, "postgres"))
    try:
        await connection.execute(f"CREATE DATABASE {database} TEMPLATE {template}")
    finally:
        await connection.close()


@dataclass(frozen=True)
class SmallClinic:
    """A clinic with the lists every clinic starts with and nobody in it."""

    settings: Settings
    tenant_id: int
    headers: dict[str, str]


def small_clinic(settings: Settings, database: str, *, rate_per_second: int | None = None) -> SmallClinic:
    """A new, migrated database with one clinic and one vendor."""

    async def make() -> SmallClinic:
        await create_database(settings, database)
        assert there.database_url
        assert there.owner_database_url
        await migrate(there.owner_database_url, there.database_url)
        connection = await asyncpg.connect(there.owner_database_url)
        try:
            _, vendor_key = await admin.create_vendor(connection, "Small Vendor", rate_per_second)
            tenant_id = await admin.create_tenant(connection, "Small Clinic", "Australia/Adelaide")
            _, _, key = await admin.create_account_key(connection, tenant_id, "all", ["*"])
        finally:
            await connection.close()
        return SmallClinic(there, tenant_id, {"x-api-key": vendor_key, "a-api-key": key})

    there = settings_in(settings, database)
    return asyncio.run(make())


def sql(url: str, statement: str, *values: Any) -> list[asyncpg.Record]:
    """One statement as the owner, past row-level security."""

    async def run() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url)
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    return asyncio.run(run())
