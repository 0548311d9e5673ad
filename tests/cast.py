"""The cast of the tests: two clinics, their keys, one server. Everything is real: PostgreSQL, S3, HTTP."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import uvicorn

from openprac import admin
from openprac.app import Application, create_app
from openprac.attachments.store import Store, StoreSettings
from openprac.demo.fill import fill_clinic
from openprac.embedded.postgres import EmbeddedPostgres
from openprac.embedded.seaweed import EmbeddedSeaweed
from openprac.migrate import migrate
from openprac.protocol import Bounds, bounded
from openprac.settings import Settings

BOUNDS = Bounds(10, 30, 1000)
TODAY = date(2026, 3, 2)
PATIENTS = 60


@dataclass(frozen=True)
class Clinic:
    """One tenant, with a key that may do everything."""

    tenant_id: int
    name: str
    time_zone: str
    user_id: int
    account_key_id: int
    account_key: str


@dataclass(frozen=True)
class Cast:
    """What a test can ask for. `riverside` and `hillside` are filled alike from different seeds."""

    settings: Settings
    owner_url: str
    vendor_id: int
    vendor_key: str
    riverside: Clinic
    hillside: Clinic
    base_url: str
    app: Application

    def headers(self, clinic: Clinic) -> dict[str, str]:
        return {"x-api-key": self.vendor_key, "a-api-key": clinic.account_key}

    def client(self, clinic: Clinic, **headers: str) -> httpx.Client:
        """A caller of the API; paths begin behind /v1."""
        return httpx.Client(base_url=f"{self.base_url}/v1", headers={**self.headers(clinic), **headers}, timeout=30)

    @asynccontextmanager
    async def owner(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection past row-level security, for looking behind the API."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            yield connection
        finally:
            await connection.close()

    def sql(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        """The same for tests that are not asynchronous."""

        async def run() -> list[asyncpg.Record]:
            async with self.owner() as connection:
                return await connection.fetch(statement, *values)

        return asyncio.run(run())

    async def key(self, clinic: Clinic, *permissions: str, **options: Any) -> str:
        """A new account key of that clinic."""
        async with self.owner() as connection:
            made = await admin.create_account_key(connection, clinic.tenant_id, "test", list(permissions), **options)
        return made[2]


@contextmanager
def the_cast(folder: Path) -> Iterator[Cast]:
    """Start the servers, fill both clinics, serve until the test session ends."""
    postgres, seaweed = EmbeddedPostgres(folder), EmbeddedSeaweed(folder)
    try:
        postgres.start()
        seaweed.start()
        store_settings = StoreSettings(
            seaweed.endpoint, None, seaweed.region, seaweed.bucket, seaweed.access_key_id, seaweed.secret_access_key
        )
        settings = Settings(
            data_dir=folder,
            sandbox=True,
            # Tests try bad keys by the hundred, all from one address.
            key_failures_per_minute=0,
            database_url=postgres.runtime_url,
            owner_database_url=postgres.owner_url,
            s3_endpoint=seaweed.endpoint,
            s3_region=seaweed.region,
            s3_bucket=seaweed.bucket,
            s3_access_key_id=seaweed.access_key_id,
            s3_secret_access_key=seaweed.secret_access_key,
        )
        vendor_id, vendor_key, clinics = asyncio.run(_people(postgres, store_settings))
        app = create_app(settings)
        with serving(app) as base_url:
            yield Cast(settings, postgres.owner_url, vendor_id, vendor_key, *clinics, base_url, app)
    finally:
        seaweed.stop()
        postgres.stop()


@contextmanager
def serving(app: Any, bounds: Bounds = BOUNDS) -> Iterator[str]:
    """Serve an application over real HTTP from a thread of this process; gives the base URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    protocol = bounded(bounds)
    config = uvicorn.Config(
        app, loop="uvloop", http=protocol, lifespan="on", log_level="error", access_log=False, proxy_headers=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    httpx.get(f"{base_url}/healthz", timeout=30).raise_for_status()
    try:
        yield base_url
    finally:
        server.should_exit = True
        thread.join(30)


async def _people(postgres: EmbeddedPostgres, store_settings: StoreSettings) -> tuple[int, str, list[Clinic]]:
    await migrate(postgres.owner_url, postgres.runtime_url)
    store = Store(store_settings)
    await store.ensure_bucket()
    connection = await asyncpg.connect(postgres.owner_url)
    try:
        vendor_id, vendor_key = await admin.create_vendor(connection, "Test Vendor")
        clinics = []
        for seed, (name, zone) in enumerate((("Riverside", "Australia/Adelaide"), ("Hillside", "Australia/Sydney")), 1):
            tenant_id = await admin.create_tenant(connection, name, zone)
            key_id, user_id, key = await admin.create_account_key(connection, tenant_id, "all", ["*"])
            async with connection.transaction():
                await fill_clinic(connection, store, tenant_id, user_id, seed=seed, today=TODAY, patients=PATIENTS)
            clinics.append(Clinic(tenant_id, name, zone, user_id, key_id, key))
        return vendor_id, vendor_key, clinics
    finally:
        await connection.close()
        await store.close()
