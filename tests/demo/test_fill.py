"""The clinic on a real PostgreSQL and a real file store: the bundled ones, for this module alone."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, NamedTuple

import asyncpg
import pytest

from openprac.admin import create_tenant
from openprac.attachments.store import Store, StoreSettings, StoreUnavailable
from openprac.demo.documents import DOCUMENTS, body_of
from openprac.demo.fill import fill_clinic
from openprac.demo.names import CLINICS
from openprac.embedded.postgres import EmbeddedPostgres
from openprac.embedded.seaweed import EmbeddedSeaweed
from openprac.migrate import migrate

TODAY = date(2026, 11, 22)
PATIENTS = 600
TABLES = (
    "business",
    "profession",
    "practitioner",
    "practitioner_business",
    "practitioner_profession",
    "practitioner_provider_number",
    "appointment_status",
    "resource",
    "item",
    "item_group",
    "appointment_type",
    "fee_category",
    "patient",
    "patient_account",
    "patient_attachment_folder",
    "patient_attachment",
)


class Servers(NamedTuple):
    postgres: EmbeddedPostgres
    store: StoreSettings


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    data_dir = tmp_path_factory.mktemp("demo")
    postgres, seaweed = EmbeddedPostgres(data_dir), EmbeddedSeaweed(data_dir)
    try:
        seaweed.launch()
        postgres.start()
        seaweed.wait_ready()
        keys = seaweed.access_key_id, seaweed.secret_access_key
        yield Servers(postgres, StoreSettings(seaweed.endpoint, None, seaweed.region, seaweed.bucket, *keys))
    finally:
        postgres.stop()
        seaweed.stop()


class Filled(NamedTuple):
    """Two clinics of one seed and zone."""

    connection: asyncpg.Connection
    store: Store
    tenants: tuple[int, int]
    users: tuple[int, int]


Made = tuple[tuple[int, int], tuple[int, int]]


@pytest.fixture(scope="module")
def made(servers: Servers) -> Made:
    return asyncio.run(make_two(servers))


async def make_two(servers: Servers) -> Made:
    await migrate(servers.postgres.owner_url, servers.postgres.runtime_url)
    async with opened(servers) as (connection, store):
        await store.ensure_bucket()
        pairs = []
        for _ in range(2):
            async with connection.transaction():
                pairs.append(await new_clinic(connection))
                await fill_clinic(connection, store, *pairs[-1], seed=7, today=TODAY, patients=PATIENTS)
    (first, first_user), (second, second_user) = pairs
    return (first, second), (first_user, second_user)


@pytest.fixture
async def filled(servers: Servers, made: Made) -> AsyncIterator[Filled]:
    async with opened(servers) as (connection, store):
        yield Filled(connection, store, *made)


@asynccontextmanager
async def opened(servers: Servers) -> AsyncIterator[tuple[asyncpg.Connection, Store]]:
    connection, store = await asyncpg.connect(servers.postgres.owner_url), Store(servers.store)
    try:
        yield connection, store
    finally:
        await connection.close()
        await store.close()


async def new_clinic(connection: asyncpg.Connection) -> tuple[int, int]:
    """A clinic as the operator's commands make it, and a user of it."""
    tenant_id = await create_tenant(connection, *CLINICS[0])
    user_id = await connection.fetchval(
        "INSERT INTO actor (tenant_id, name) VALUES ($1, 'Demo') RETURNING user_id", tenant_id
    )
    return tenant_id, user_id


async def rows_of(filled: Filled, which: int, table: str) -> list[dict[str, Any]]:
    """A clinic's rows by id, each with what is the same for every clinic of the seed."""
    own = {"tenant_id", "user_id", "object_key"}
    records = await filled.connection.fetch(
        f"SELECT * FROM {table} WHERE tenant_id = $1 ORDER BY 2, 3", filled.tenants[which]
    )
    return [
        {name: value for name, value in record.items() if name not in own and not name.endswith("_id")}
        for record in records
    ]


async def test_every_table_has_its_rows(filled: Filled) -> None:
    for tenant_id in filled.tenants:
        counts = {
            table: await filled.connection.fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1", tenant_id)
            for table in TABLES
        }
        assert PATIENTS < counts.pop("patient_account") < 1.3 * PATIENTS
        assert counts == {
            "business": 3,
            "profession": 4,
            "practitioner": 12,
            "practitioner_business": 13,
            "practitioner_profession": 13,
            "practitioner_provider_number": 16,
            "appointment_status": 9,
            "resource": 11,
            "item": 22,
            "item_group": 4,
            "appointment_type": 19,
            "fee_category": 7,
            "patient": PATIENTS,
            "patient_attachment_folder": PATIENTS,
            "patient_attachment": 40,
        }


async def test_two_clinics_of_one_seed_differ_in_ids_only(filled: Filled) -> None:
    for table in TABLES:
        first, second = [await rows_of(filled, which, table) for which in (0, 1)]
        # What every clinic starts with is as old as the clinic.
        started_with = {"fee_category": 1, "appointment_status": 7}.get(table, 0)
        first, second = first[started_with:], second[started_with:]
        assert first == second, table


async def test_no_id_is_in_both_clinics(filled: Filled) -> None:
    ids = {"patient": "client_id", "patient_account": "account_id", "patient_attachment": "attachment_client_id"}
    for table, column in ids.items():
        shared = await filled.connection.fetchval(
            f"SELECT count(*) FROM {table} a JOIN {table} b USING ({column}) WHERE a.tenant_id < b.tenant_id"
        )
        assert shared == 0
        highest = await filled.connection.fetchval(f"SELECT max({column}) FROM {table}")
        following = await filled.connection.fetchval("SELECT nextval(pg_get_serial_sequence($1, $2))", table, column)
        assert following > highest


async def test_every_reference_leads_to_the_row_that_was_meant(filled: Filled) -> None:
    wrong = await filled.connection.fetchval(
        "SELECT count(*) FROM patient p LEFT JOIN patient_account a ON (a.tenant_id, a.client_id, a.account_id) = "
        "(p.tenant_id, p.client_id, p.default_account_id) WHERE a.short_description IS DISTINCT FROM 'PRIMARY' "
        "OR a.created <> p.created"
    )
    assert wrong == 0
    missing = await filled.connection.fetchrow(
        "SELECT count(*) FILTER (WHERE fee_cat_id IS NULL) AS category, count(*) FILTER (WHERE sex_id IS NULL) AS sex, "
        "count(*) FILTER (WHERE default_business_id IS NULL OR default_practitioner_id IS NULL) AS seat FROM patient"
    )
    assert tuple(missing) == (0, 0, 0)
    nowhere = await filled.connection.fetchval(
        "SELECT count(*) FROM patient p LEFT JOIN practitioner_business s ON (s.tenant_id, s.practitioner_id, "
        "s.business_id) = (p.tenant_id, p.default_practitioner_id, p.default_business_id) WHERE s.tenant_id IS NULL"
    )
    assert nowhere == 0
    payers = await filled.connection.fetch(
        "SELECT DISTINCT a.short_description, f.description FROM patient_account a "
        "JOIN fee_category f USING (tenant_id, fee_cat_id) ORDER BY 1"
    )
    assert [tuple(row) for row in payers] == [("DVA", "DVA"), ("NDIS", "NDIS"), ("WORK COVER", "WorkCover")]
    pronouns = await filled.connection.fetch(
        "SELECT DISTINCT s.description, p.description FROM patient JOIN sex s USING (tenant_id, sex_id) "
        "JOIN pronoun p USING (tenant_id, pronoun_id) WHERE s.description IN ('Female', 'Male')"
    )
    assert ("Female", "She/Her") in pronouns
    assert ("Female", "He/Him") not in pronouns


async def test_every_attachment_is_in_the_store_as_the_row_says(filled: Filled) -> None:
    bodies = {document.file_name: body_of(document) for document in DOCUMENTS}
    for tenant_id, user_id in zip(filled.tenants, filled.users, strict=True):
        rows = await filled.connection.fetch("SELECT * FROM patient_attachment WHERE tenant_id = $1", tenant_id)
        keys = {one.key async for one in filled.store.list_objects(f"patient_attachment/{tenant_id}/")}
        assert keys == {row["object_key"] for row in rows}
        for row in rows:
            assert row["object_key"].startswith(f"patient_attachment/{tenant_id}/{row['client_id']}/")
            assert row["user_id"] == user_id
            head = await filled.store.head(row["object_key"])
            assert head is not None
            assert (head.size, head.content_type) == (row["file_size"], row["content_type"])
        row = rows[0]
        assert await filled.store.read(row["object_key"]) == bodies[row["file_name"]]


async def test_a_session_of_one_clinic_sees_its_own_rows_only(servers: Servers, filled: Filled) -> None:
    connection = await asyncpg.connect(servers.postgres.runtime_url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM patient") == 0
        await connection.execute("SELECT set_config('openprac.tenant_id', $1, false)", str(filled.tenants[1]))
        for table in TABLES:
            seen = await connection.fetch(f"SELECT DISTINCT tenant_id FROM {table}")
            assert [row["tenant_id"] for row in seen] == [filled.tenants[1]]
    finally:
        await connection.close()


async def test_a_store_that_does_not_answer_leaves_no_clinic(servers: Servers, filled: Filled) -> None:
    settings = StoreSettings("http://127.0.0.1:9", None, "us-east-1", "openprac", "key", "secret")
    store = Store(settings)
    before = await filled.connection.fetchval("SELECT count(*) FROM patient")

    async def fill() -> None:
        async with filled.connection.transaction():
            clinic = await new_clinic(filled.connection)
            await fill_clinic(filled.connection, store, *clinic, seed=7, today=TODAY, patients=60)

    with pytest.raises(StoreUnavailable):
        await fill()
    await store.close()
    assert await filled.connection.fetchval("SELECT count(*) FROM patient") == before


async def test_filling_outside_a_transaction_or_an_unknown_clinic_is_refused(filled: Filled) -> None:
    with pytest.raises(ValueError, match="transaction"):
        await fill_clinic(filled.connection, filled.store, filled.tenants[0], filled.users[0], seed=7, today=TODAY)
    async with filled.connection.transaction():
        with pytest.raises(ValueError, match="no clinic 999999"):
            await fill_clinic(filled.connection, filled.store, 999_999, filled.users[0], seed=7, today=TODAY)
