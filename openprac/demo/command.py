"""`openprac demo`: the server with invented clinics in it, whose keys are kept in a file for all to copy.

Order of what must hold after a kill at any moment: the keys are in the file before the database knows them, and a
clinic, its key, its data and the mark that it is whole are one transaction. What is missing is made at the next start.
"""

import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from openprac import admin
from openprac.demo.key_file import KEY_FILE, KeyFile
from openprac.instance import InstanceError, write_private
from openprac.keys import known_key
from openprac.listener import origin
from openprac.reset import check_resettable, leave_mark, reset
from openprac.serve import Hooks, store_of
from openprac.serve import run as serve
from openprac.settings import Settings

if TYPE_CHECKING:
    import asyncpg

CLINICS_MAX = 100
VENDOR = "Demo integration"
KEY_NAME = "Demo key"
ADVISORY_LOCK = 0x64656D6F  # "demo"

# In a schema of its own: these are notes of this command, no data of a clinic, and the runtime role never sees them.
NOTES = """
CREATE SCHEMA IF NOT EXISTS demo;
CREATE TABLE IF NOT EXISTS demo.clinic (
    number integer PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES public.tenant,
    filled timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""


def run(settings: Settings, *, clinics: int, ready_file: Path | None, afresh: bool) -> None:
    """Serve at least so many demo clinics until Ctrl-C, with their data made anew if `afresh`.

    Raises what serve.run raises, and InstanceError for a reset of anything but the demo's own directory.
    """
    if afresh:
        if settings.database_url or settings.s3_endpoint:
            raise InstanceError("--reset removes bundled data only: unset DATABASE_URL and S3_ENDPOINT.")
        check_resettable(settings.data_dir.absolute())
    serve(settings, Demo(settings.data_dir, clinics, ready_file, afresh=afresh))


@dataclass(frozen=True, slots=True)
class Clinic:
    tenant_id: int
    name: str
    time_zone: str
    a_api_key: str


class Demo(Hooks):
    """Fills what is missing of `clinics` demo clinics, then tells everyone how to reach them."""

    def __init__(self, data_dir: Path, clinics: int, ready_file: Path | None, *, afresh: bool = False) -> None:
        self._afresh = afresh
        self._keys = KeyFile(data_dir.absolute() / KEY_FILE)
        self._count = clinics
        self._ready_file = ready_file.absolute() if ready_file else None
        self._clinics: list[Clinic] = []
        self._some_client_id: int | None = None

    def claimed(self, path: Path) -> None:
        if self._ready_file:
            self._ready_file.unlink(missing_ok=True)  # a killed one's
        if self._afresh:
            reset(path)
        leave_mark(path)

    async def admit(self, settings: Settings) -> None:
        """Raises InstanceError for a database with clinics that are not the demo's."""
        async with _connection(settings) as connection:
            await _check_database(connection)

    async def prepare(self, settings: Settings) -> None:
        """Raises InstanceError for a damaged key file, StoreError when the store fails."""
        self._keys.have(self._count)
        async with _connection(settings) as connection:
            await self._prepare_vendor(connection)
            await self._prepare_clinics(connection, settings)
            self._some_client_id = await connection.fetchval(
                "SELECT min(client_id) FROM patient WHERE tenant_id = $1 AND archived_at IS NULL",
                self._clinics[0].tenant_id,
            )

    def announce(self, settings: Settings) -> None:
        base = origin(settings)
        ready = {
            "base_url": f"{base}/v1",
            "docs_url": f"{base}/docs",
            "x_api_key": self._keys.vendor,
            "clinics": [
                {"tenant_id": one.tenant_id, "name": one.name, "time_zone": one.time_zone, "a_api_key": one.a_api_key}
                for one in self._clinics
            ],
            "pid": os.getpid(),
        }
        sys.stdout.write(banner(base, self._keys.vendor, self._clinics, self._some_client_id or 1))
        sys.stdout.flush()
        if self._ready_file:
            write_private(self._ready_file, json.dumps(ready, indent=2) + "\n")

    def withdraw(self) -> None:
        if self._ready_file:
            self._ready_file.unlink(missing_ok=True)

    async def _prepare_vendor(self, connection: "asyncpg.Connection") -> None:
        """The vendor key of the file opens; a new one is made and noted where it does not (any more)."""
        opens = await connection.fetchval(
            "SELECT true FROM vendor_key k JOIN vendor v USING (vendor_id) WHERE k.hash = $1 AND k.revoked_at IS NULL "
            "AND v.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())",
            known_key(self._keys.vendor).hash,
        )
        if opens:
            return
        if await connection.fetchval("SELECT true FROM vendor_key WHERE hash = $1", known_key(self._keys.vendor).hash):
            self._keys.replace_vendor()
        key = known_key(self._keys.vendor)
        vendors = [row for row in await admin.list_vendors(connection) if row["name"].startswith(VENDOR)]
        alive = [row["vendor_id"] for row in vendors if row["revoked_at"] is None]
        if alive:
            await admin.rotate_vendor(connection, alive[-1], admin.NO_OVERLAP, key=key)
        else:
            name = f"{VENDOR} {len(vendors) + 1}" if vendors else VENDOR
            await admin.create_vendor(connection, name, key=key)

    async def _prepare_clinics(self, connection: "asyncpg.Connection", settings: Settings) -> None:
        rows = await connection.fetch(
            "SELECT c.number, t.tenant_id, t.name, t.time_zone FROM demo.clinic c JOIN tenant t USING (tenant_id)"
        )
        there = {row["number"]: row for row in rows}
        self._keys.have(max([self._count, *there]))
        missing = [number for number in range(1, self._count + 1) if number not in there]
        for number in sorted(there):
            row = there[number]
            secret = await self._open(connection, number, row["tenant_id"])
            self._clinics.append(Clinic(row["tenant_id"], row["name"], row["time_zone"], secret))
        if missing:
            store = store_of(settings)
            try:
                for number in missing:
                    self._clinics.append(await _fill(connection, store, number, self._keys.account(number), settings))
            finally:
                await store.close()
            # Statistics and visibility now: the first requests would be planned without, until autovacuum comes by.
            await connection.execute("VACUUM (ANALYZE)")

    async def _open(self, connection: "asyncpg.Connection", number: int, tenant_id: int) -> str:
        """The key of a clinic that is there: the file's where it opens, else a new one, noted first."""
        row = await connection.fetchrow(
            "SELECT tenant_id = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp()) "
            "AS opens FROM account_key WHERE hash = $1",
            known_key(self._keys.account(number)).hash,
            tenant_id,
        )
        if row is None or not row["opens"]:
            if row is not None:
                self._keys.replace_account(number)
            key = known_key(self._keys.account(number))
            await admin.create_account_key(connection, tenant_id, KEY_NAME, [admin.ALL_PERMISSIONS], key=key)
        return self._keys.account(number)


@asynccontextmanager
async def _connection(settings: Settings) -> "AsyncIterator[asyncpg.Connection]":
    """As the owner, one demo at a time on one database."""
    import asyncpg

    connection = await asyncpg.connect(settings.owner_database_url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
        yield connection
    finally:
        await connection.close()


async def _check_database(connection: "asyncpg.Connection") -> None:
    """Never invented people among real ones: only the demo's own database, or one without clinics."""
    if await connection.fetchval("SELECT to_regclass('demo.clinic') IS NULL"):
        if await connection.fetchval("SELECT exists(SELECT FROM tenant)"):
            raise InstanceError(
                "This database holds clinics that the demo did not make: choose another data directory with --data-dir "
                "or another DATABASE_URL."
            )
        async with connection.transaction():
            await connection.execute(NOTES)


async def _fill(connection: "asyncpg.Connection", store: Any, number: int, secret: str, settings: Settings) -> Clinic:
    """One clinic, from nothing to its mark, in one transaction."""
    from openprac.demo.fill import fill_clinic

    name, time_zone = clinic_of(number)
    async with connection.transaction():
        tenant_id = await admin.create_tenant(connection, name, time_zone)
        _, user_id, _ = await admin.create_account_key(
            connection, tenant_id, KEY_NAME, [admin.ALL_PERMISSIONS], key=known_key(secret)
        )
        now = datetime.now(UTC) + timedelta(seconds=settings.clock_ahead_seconds)
        today = now.astimezone(ZoneInfo(time_zone)).date()
        await fill_clinic(connection, store, tenant_id, user_id, seed=number, today=today)
        await connection.execute("INSERT INTO demo.clinic (number, tenant_id) VALUES ($1, $2)", number, tenant_id)
    return Clinic(tenant_id, name, time_zone, secret)


def clinic_of(number: int) -> tuple[str, str]:
    """Name and time zone of a demo clinic, numbered from 1; the names come round again with a number."""
    from openprac.demo.names import CLINICS

    round_, index = divmod(number - 1, len(CLINICS))
    name, time_zone = CLINICS[index]
    return (f"{name} {round_ + 1}" if round_ else name), time_zone


def banner(base: str, x_api_key: str, clinics: Sequence[Clinic], client_id: int) -> str:
    """What a new user needs, ready to be pasted."""
    keys = f"-H 'x-api-key: {x_api_key}' -H 'a-api-key: {clinics[0].a_api_key}'"
    json_type = "-H 'content-type: application/json'"
    lines = [
        "",
        f"  base URL   {base}/v1",
        f"  docs       {base}/docs",
        f"  x-api-key  {x_api_key}",
        *(f"  a-api-key  {clinic.a_api_key}  ({clinic.name}, {clinic.time_zone})" for clinic in clinics),
        "",
        "  Three lines to paste: find patients, create one, ask for a form to upload a file.",
        "",
        f"curl -sg '{base}/v1/patient?page_size=3&q[]=surname:~an' {keys}",
        "",
        f"curl -s '{base}/v1/patient' {keys} {json_type}"
        """ -d '{"first_name": "Robin", "surname": "Example", "email": "robin@example.com"}'""",
        "",
        f"curl -s '{base}/v1/patient/{client_id}/patient_attachment' {keys} {json_type}"
        """ -d '{"file_name": "letter.pdf"}'""",
        "",
        "  Ctrl-C stops everything.",
        "",
    ]
    return "\n".join(lines) + "\n"
