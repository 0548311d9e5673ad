"""The database that all sides share: 20 clinics with 5,000 patients each, their keys, and its upkeep between runs."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

import asyncpg

from bench import invoices
from openprac.admin import create_tenant
from openprac.attachments.store import Store
from openprac.demo.fill import fill_clinic
from openprac.embedded.postgres import EmbeddedPostgres
from openprac.keys import NewKey, new_key
from openprac.migrate import migrate

CLINICS = 20
PATIENTS_PER_CLINIC = 5_000
INVOICES = 5_000
"""Of the first clinic, beside what was billed for its visits."""
ID_SPACING = 10_000_000
"""Ids of different tables never meet: a captured parameter is recognised by its value alone."""
GROWING = ("patient", "patient_account", "appointment", "audit_event", "idempotency_key")


TODAY = date(2026, 3, 2)


BOOKED_SQL = """
SELECT c.default_account_id AS account_id, f.profession_id,
       (SELECT min(a.appointment_type_id) FROM appointment_type a
          JOIN appointment_type_duration d ON d.tenant_id = a.tenant_id
               AND d.appointment_type_id = a.appointment_type_id
               AND d.profession_id = f.profession_id AND d.fee_cat_id IS NULL
         WHERE a.tenant_id = $1 AND a.archived_at IS NULL AND NOT a.group_appointment AND NOT a.telehealth
           AND NOT EXISTS (SELECT 1 FROM appointment_type_resource r
                WHERE r.tenant_id = $1 AND r.appointment_type_id = a.appointment_type_id)) AS appointment_type_id,
       (SELECT z.appointment_status_id FROM appointment_status z
         WHERE z.tenant_id = $1 AND z.built_in = 1) AS appointment_status_id,
       (SELECT min(i.item_id) FROM item i WHERE i.tenant_id = $1) AS item_id
  FROM patient c JOIN practitioner_profession f ON f.tenant_id = c.tenant_id AND f.practitioner_id = $3 AND f.is_default
 WHERE c.tenant_id = $1 AND c.client_id = $2"""
"""What a booking names or is given."""


class Nowhere:
    """In the place of a file store: no operation that is measured looks at a file."""

    async def put(self, _key: str, _body: bytes, *, content_type: str) -> None:
        del content_type


@dataclass(frozen=True, slots=True)
class Clinic:
    """What one clinic's requests are made of. `first_client` to `last_client` are ids without a gap.

    account_id is the last client's: bookings are hers. The type takes no room.
    """

    tenant_id: int
    user_id: int
    account_key_id: int
    key: NewKey
    first_client: int
    last_client: int
    fee_cat_id: int
    default_business_id: int
    default_practitioner_id: int
    sex_id: int
    pronoun_id: int
    account_id: int
    profession_id: int
    appointment_type_id: int
    appointment_status_id: int
    item_id: int


@dataclass(frozen=True, slots=True)
class World:
    owner_url: str
    runtime_url: str
    log: Path
    postmaster_pid: int
    vendor_id: int
    vendor_key_id: int
    vendor_key: NewKey
    clinics: tuple[Clinic, ...]
    high_water: dict[str, int]
    invoice_id: int
    """Of the first clinic: four lines, paid."""
    week: date = TODAY
    """A Monday with a full book."""


async def build(server: EmbeddedPostgres, data_dir: Path, clinics: int, patients: int, billed: int = INVOICES) -> World:
    """Migrate an empty database and fill it. billed: invoices of the first clinic."""
    await migrate(server.owner_url, server.runtime_url)
    owner = await asyncpg.connect(server.owner_url)
    try:
        await _space_ids(owner)
        # Autovacuum would run into some sides' measurements and not into others'; tidy() does its work in between.
        await owner.execute("ALTER SYSTEM SET autovacuum = off")
        await owner.execute("SELECT pg_reload_conf()")
        vendor_key = new_key("vendor")
        vendor_id = await owner.fetchval(
            "INSERT INTO vendor (name, rate_per_second) VALUES ('Bench', 1000000) RETURNING vendor_id"
        )
        vendor_key_id = await owner.fetchval(
            "INSERT INTO vendor_key (vendor_id, hash, hint) VALUES ($1, $2, $3) RETURNING vendor_key_id",
            vendor_id,
            vendor_key.hash,
            vendor_key.hint,
        )
        made = [await _clinic(owner, number, patients) for number in range(clinics)]
        invoice_id = await invoices.fill(owner, made[0].tenant_id, made[0].user_id, billed, TODAY)
        await owner.execute("VACUUM (ANALYZE, FREEZE)")
        await owner.execute("CHECKPOINT")
        high_water = {table: await _highest(owner, table) for table in GROWING if table != "idempotency_key"}
    finally:
        await owner.close()
    assert server.pid is not None
    return World(
        server.owner_url,
        server.runtime_url,
        data_dir / "logs" / "postgres.log",
        server.pid,
        vendor_id,
        vendor_key_id,
        vendor_key,
        tuple(made),
        high_water,
        invoice_id,
    )


async def _space_ids(owner: asyncpg.Connection) -> None:
    columns = await owner.fetch(
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE is_identity = 'YES' AND table_schema = 'public' ORDER BY 1"
    )
    for number, (table, column) in enumerate(columns, 1):
        await owner.execute(f"ALTER TABLE {table} ALTER {column} RESTART WITH {number * ID_SPACING}")


async def _clinic(owner: asyncpg.Connection, number: int, patients: int) -> Clinic:
    key = new_key("account")
    tenant_id = await create_tenant(owner, f"Bench {number}", "Australia/Sydney")
    user_id = await owner.fetchval(
        "INSERT INTO actor (tenant_id, name) VALUES ($1, 'Bench') RETURNING user_id", tenant_id
    )
    account_key_id = await owner.fetchval(
        "INSERT INTO account_key (tenant_id, user_id, name, hash, hint, permissions) "
        "VALUES ($1, $2, 'Bench', $3, $4, '{*}') RETURNING account_key_id",
        tenant_id,
        user_id,
        key.hash,
        key.hint,
    )
    async with owner.transaction():
        store = cast(Store, Nowhere())
        await fill_clinic(owner, store, tenant_id, user_id, seed=number, today=TODAY, patients=patients)
    first, last, count = await owner.fetchrow(
        "SELECT min(client_id), max(client_id), count(*) FROM patient WHERE tenant_id = $1", tenant_id
    )
    if last - first + 1 != count:
        raise RuntimeError(f"The patients of clinic {tenant_id} are not numbered without a gap.")
    named = {
        column: await owner.fetchval(f"SELECT min({key_column}) FROM {table} WHERE tenant_id = $1", tenant_id)
        for column, table, key_column in (
            ("fee_cat_id", "fee_category", "fee_cat_id"),
            ("default_business_id", "business", "business_id"),
            ("default_practitioner_id", "practitioner", "practitioner_id"),
            ("sex_id", "sex", "sex_id"),
            ("pronoun_id", "pronoun", "pronoun_id"),
        )
    }
    booked = await owner.fetchrow(BOOKED_SQL, tenant_id, last, named["default_practitioner_id"])
    return Clinic(tenant_id, user_id, account_key_id, key, first, last, **named, **booked)


async def _highest(owner: asyncpg.Connection, table: str) -> int:
    highest: int = await owner.fetchval(f"SELECT coalesce(max({_id_of(table)}), 0) FROM {table}")
    return highest


def _id_of(table: str) -> str:
    return {
        "appointment": "appointment_id",
        "patient": "client_id",
        "patient_account": "account_id",
        "audit_event": "audit_event_id",
    }[table]


async def tidy(world: World) -> None:
    """Between two measurements: what was created goes, so every side meets the same tables, vacuumed and flushed."""
    owner = await asyncpg.connect(world.owner_url)
    try:
        await owner.execute("TRUNCATE audit_event")
        await owner.execute("DELETE FROM appointment WHERE appointment_id > $1", world.high_water["appointment"])
        await owner.execute(
            "UPDATE patient SET default_account_id = NULL WHERE client_id > $1", world.high_water["patient"]
        )
        await owner.execute("DELETE FROM patient_account WHERE account_id > $1", world.high_water["patient_account"])
        await owner.execute("DELETE FROM patient WHERE client_id > $1", world.high_water["patient"])
        await owner.execute("VACUUM (ANALYZE) patient, patient_account, appointment")
        await owner.execute("CHECKPOINT")
    finally:
        await owner.close()
