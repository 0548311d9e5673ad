"""Instances to keep and to bring back: databases and buckets of their own in the servers of the cast."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from openprac import admin
from openprac.app import create_app
from openprac.attachments.store import Store
from openprac.demo.fill import fill_clinic
from openprac.keep import backup, clinic_in, clinic_out, restore
from openprac.keep.bars import bars
from openprac.keep.clinic_out import Archive
from openprac.keep.places import PATIENCE, Folder
from openprac.keep.restore import Target
from openprac.migrate import migrate
from openprac.serve import store_of
from openprac.settings import Settings
from tests.cast import TODAY, serving
from tests.own_database import create_database, settings_in, sql

PATIENTS = 12


@dataclass
class Place:
    """One instance: a database, a bucket, and the keys that open its clinic, if it has one."""

    settings: Settings
    headers: dict[str, str]

    @property
    def target(self) -> Target:
        assert self.settings.owner_database_url
        assert self.settings.database_url
        return Target(self.settings.owner_database_url, self.settings.database_url, store_of(self.settings, **PATIENCE))

    def sql(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        return sql(self.target.owner_url, statement, *values)

    def objects(self) -> dict[str, bytes]:
        """Every object of the bucket."""

        async def read() -> dict[str, bytes]:
            store = store_of(self.settings, **PATIENCE)
            try:
                return {one.key: await store.read(one.key) async for one in store.list_objects("")}
            finally:
                await store.close()

        return asyncio.run(read())

    def with_store(self, act: Any) -> Any:
        """Do something to the bucket."""

        async def done() -> Any:
            store = store_of(self.settings, **PATIENCE)
            try:
                return await act(store)
            finally:
                await store.close()

        return asyncio.run(done())

    @contextmanager
    def served(self) -> Iterator[httpx.Client]:
        """A caller of the instance while it is served; paths begin behind /v1."""
        with (
            serving(create_app(self.settings)) as base_url,
            httpx.Client(base_url=f"{base_url}/v1", headers=self.headers, timeout=30) as client,
        ):
            yield client

    def back_up(self, folder: Path) -> backup.Made:
        async def run() -> backup.Made:
            store, connection = store_of(self.settings, **PATIENCE), await asyncpg.connect(self.target.owner_url)
            try:
                with bars() as shown:
                    return await backup.back_up(connection, store, Folder(folder), shown)
            finally:
                await connection.close()
                await store.close()

        return asyncio.run(run())

    def restore(self, folder: Path, stamp: str | None = None, *, beside_files: bool = False) -> backup.Backup:
        async def run() -> backup.Backup:
            place, target = Folder(folder), self.target
            try:
                with bars() as shown:
                    chosen = stamp or await restore.newest(place)
                    return await restore.restore(place, chosen, target, shown, beside_files=beside_files)
            finally:
                await target.store.close()

        return asyncio.run(run())

    def export(self, folder: Path, tenant_id: int = 1) -> Archive:
        async def run() -> Archive:
            store, connection = store_of(self.settings, **PATIENCE), await asyncpg.connect(self.target.owner_url)
            try:
                with bars() as shown:
                    return await clinic_out.export_clinic(connection, store, Folder(folder), tenant_id, shown)
            finally:
                await connection.close()
                await store.close()

        return asyncio.run(run())

    def import_(self, folder: Path, *, as_new: bool = False) -> int:
        async def run() -> int:
            target = self.target
            try:
                with bars() as shown:
                    return (await clinic_in.import_clinic(Folder(folder), target, shown, as_new=as_new))[0]
            finally:
                await target.store.close()

        return asyncio.run(run())


def verify(folder: Path, stamp: str | None = None) -> None:
    async def run() -> None:
        place = Folder(folder)
        with bars() as shown:
            await restore.verify_backup(place, stamp or await restore.newest(place), shown)

    asyncio.run(run())


def bare(settings: Settings, owner: str = "", runtime: str = "", headers: dict[str, str] | None = None) -> Place:
    """A database without tables and a bucket that is not there yet. As other roles, where they are named."""
    name = f"keep_{uuid4().hex[:12]}"
    asyncio.run(create_database(settings, name))
    there = replace(settings_in(settings, name), s3_bucket=name.replace("_", "-"))
    if owner:
        there = replace(
            there,
            owner_database_url=(there.owner_database_url or "").replace("openprac_owner@", f"{owner}@"),
            database_url=(there.database_url or "").replace("openprac_app@", f"{runtime}@"),
        )
        sql((settings_in(settings, name)).owner_database_url or "", f"ALTER DATABASE {name} OWNER TO {owner}")
    return Place(there, headers or {})


def filled(settings: Settings, seed: int = 5, patients: int = PATIENTS) -> Place:
    """An instance with one invented clinic, number 1, and keys."""
    place = bare(settings)

    async def fill() -> None:
        await migrate(place.target.owner_url, place.target.runtime_url)
        store, connection = store_of(place.settings, **PATIENCE), await asyncpg.connect(place.target.owner_url)
        try:
            await store.ensure_bucket()
            _, vendor_key = await admin.create_vendor(connection, "Keeping Vendor")
            tenant_id, key = await add_clinic(connection, store, "Banksia Street", seed, patients)
            assert tenant_id == 1
            place.headers.update({"x-api-key": vendor_key, "a-api-key": key})
        finally:
            await connection.close()
            await store.close()

    asyncio.run(fill())
    return place


async def add_clinic(
    connection: asyncpg.Connection, store: Store, name: str, seed: int, patients: int = PATIENTS
) -> tuple[int, str]:
    """Its id and a key that may do everything."""
    tenant_id = await admin.create_tenant(connection, name, "Australia/Adelaide")
    _, user_id, key = await admin.create_account_key(connection, tenant_id, "all", ["*"])
    async with connection.transaction():
        await fill_clinic(connection, store, tenant_id, user_id, seed=seed, today=TODAY, patients=patients)
    return tenant_id, key


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
