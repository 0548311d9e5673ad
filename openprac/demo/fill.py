"""Puts an invented clinic into the database and the file store."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import asyncpg

from openprac.attachments.store import Store
from openprac.demo.clinic import Clinic, make_clinic, object_key
from openprac.demo.dice import Row
from openprac.demo.documents import body_of

OBJECTS_AT_ONCE = 8

# The tables whose rows others point to, with their ids' column.
_IDS = {
    "business": "business_id",
    "profession": "profession_id",
    "practitioner": "practitioner_id",
    "resource": "resource_id",
    "item": "item_id",
    "item_group": "item_group_id",
    "appointment_type": "appointment_type_id",
    "payer": "payer_id",
    "payer_contact": "payer_contact_id",
    "health_fund": "health_fund_id",
    "referrer_type": "referrer_type_id",
    "organisation": "organisation_id",
    "referrer": "referrer_id",
    "tag_category": "tag_category_id",
    "tag": "tag_id",
    "patient": "client_id",
    "patient_account": "account_id",
    "patient_attachment_folder": "attachment_client_folder_id",
    "patient_attachment": "attachment_client_id",
    "patient_contact": "patient_contact_id",
    "clinical_note_memo": "clinical_note_memo_id",
    "roster": "roster_id",
    "roster_override": "roster_override_id",
    "day_off": "day_off_id",
    "appointment": "appointment_id",
    "waiting_list_entry": "waiting_list_entry_id",
    "invoice": "invoice_id",
    "invoice_item": "invoice_item_id",
    "payment": "payment_id",
    "payment_item": "payment_item_id",
}
# The lists every clinic starts with, known by their description.
_LISTS = {"sex": "sex_id", "pronoun": "pronoun_id", "fee_category": "fee_cat_id"}
# Others, and what a row calls theirs: a status by the number that says what it means.
_OTHER_LISTS = (
    ("appointment_status", "appointment_status_id", "built_in"),
    ("cancellation_reason", "appointment_cancellation_reason_id", "reason"),
)
# Where a column that points elsewhere is not called as the id it holds.
_POINTERS = {
    "default_business_id": "business_id",
    "default_practitioner_id": "practitioner_id",
    "default_account_id": "account_id",
    "linked_client_id": "client_id",
    "linked_referrer_id": "referrer_id",
    "linked_payer_id": "payer_id",
    "refund_of": "payment_id",
    "undoes": "payment_item_id",
}

# What stands for an id in a row (a position or a description) to the id.
Ids = dict[str, Mapping[Any, int]]


async def fill_clinic(
    connection: asyncpg.Connection,
    store: Store,
    tenant_id: int,
    user_id: int,
    *,
    seed: int,
    today: date,
    patients: int = 2000,
) -> None:
    """Fill a clinic that has no more than what every clinic starts with, in the transaction the caller has begun.

    The connection is the owner's, past row-level security. The same seed, day, name and time zone give the same rows
    but for ids; `user_id` is the actor who filed the attachments. Objects are written first: a transaction that fails
    leaves some in the store, under keys that nothing names. Raises StoreError.
    """
    if not connection.is_in_transaction():
        raise ValueError("fill_clinic() needs a transaction of the caller's.")
    tenant = await connection.fetchrow("SELECT name, time_zone FROM tenant WHERE tenant_id = $1", tenant_id)
    if tenant is None:
        raise ValueError(f"There is no clinic {tenant_id}.")
    clinic = make_clinic(seed, today, patients, name=tenant["name"], time_zone=tenant["time_zone"])
    tables = clinic.tables
    await _add_fee_categories(connection, tenant_id, tables.pop("fee_category"))
    ids = await _take_ids(connection, tenant_id, tables)
    keys = [
        object_key(seed, tenant_id, ids["client_id"][row["client_id"]], number, row["file_name"])
        for number, row in enumerate(tables["patient_attachment"])
    ]
    await _put_objects(store, clinic, keys)
    for row, key in zip(tables["patient_attachment"], keys, strict=True):
        row |= {"user_id": user_id, "object_key": key}
    for row in tables["clinical_note_memo"]:
        row["user_id"] = user_id
    for table in ("appointment", "invoice", "adjustment", "payment"):
        for row in tables[table]:
            row["created_by_user_id"] = user_id
    for row in tables["payment"]:
        row["user_id"] = user_id
    for row in tables["payment_item"]:
        row["party"] = _party(tables["payment"][row["payment_id"]], ids)
    # A patient names an account of its own, which names the patient.
    await connection.execute("SET CONSTRAINTS patient_default_account_id_fk DEFERRED")
    for table, rows in tables.items():
        await _copy(connection, tenant_id, table, rows, ids)
    await connection.execute("SET CONSTRAINTS patient_default_account_id_fk IMMEDIATE")
    await connection.execute("SELECT note_patient_names($1)", tenant_id)
    await connection.execute(
        "UPDATE invoice_counter SET last_number = $2 WHERE tenant_id = $1", tenant_id, len(tables["invoice"])
    )


def _party(payment: Row, ids: Ids) -> str:
    """Whose money it is, as the tables spell it."""
    name = "account" if payment["payer_id"] is None else "payer"
    return f"{name} {ids[f'{name}_id'][payment[f'{name}_id']]}"


async def _add_fee_categories(connection: asyncpg.Connection, tenant_id: int, rows: Sequence[Row]) -> None:
    """Those that the clinic does not have already."""
    known = await connection.fetch("SELECT description FROM fee_category WHERE tenant_id = $1", tenant_id)
    descriptions = {record["description"] for record in known}
    await _copy(connection, tenant_id, "fee_category", [r for r in rows if r["description"] not in descriptions], {})


async def _take_ids(connection: asyncpg.Connection, tenant_id: int, tables: Mapping[str, Sequence[Row]]) -> Ids:
    """New ids for every row that others point to, by position, and the ids of the clinic's lists, by description."""
    ids: Ids = {}
    for table, column in _IDS.items():
        records = await connection.fetch(
            "SELECT nextval(pg_get_serial_sequence($1, $2)) AS id FROM generate_series(1, $3::integer)",
            table,
            column,
            len(tables[table]),
        )
        # Other sessions may take numbers between two of ours, so no block is assumed.
        ids[column] = dict(enumerate(sorted(record["id"] for record in records)))
    lists = (*((table, column, "description") for table, column in _LISTS.items()), *_OTHER_LISTS)
    for table, column, called in lists:
        records = await connection.fetch(
            f"SELECT {column} AS id, {called} AS name FROM {table} WHERE tenant_id = $1",
            tenant_id,
        )
        ids[column] = {record["name"]: record["id"] for record in records}
    return ids


async def _copy(
    connection: asyncpg.Connection,
    tenant_id: int,
    table: str,
    rows: Sequence[Row],
    ids: Mapping[str, Mapping[Any, int]],
) -> None:
    """Write the rows, each a dict of the same columns, with ids in place of positions and descriptions."""
    if not rows:
        return
    columns: dict[str, Iterable[Any]] = {"tenant_id": [tenant_id] * len(rows)}
    if table in _IDS:
        columns[_IDS[table]] = ids[_IDS[table]].values()
    for name in rows[0]:
        values = [row[name] for row in rows]
        if (found := ids.get(_POINTERS.get(name, name))) is not None:
            values = [None if value is None else found[value] for value in values]
        if name == "appointment_type_ids":
            values = [[ids["appointment_type_id"][one] for one in several] for several in values]
        if name == "span":
            # A pair would be taken with its end.
            values = [asyncpg.Range(*pair) for pair in values]
        columns[name] = values
    await connection.copy_records_to_table(table, records=zip(*columns.values(), strict=True), columns=list(columns))


async def _put_objects(store: Store, clinic: Clinic, keys: Sequence[str]) -> None:
    """One object for each attachment, a few at a time."""
    turns = asyncio.Semaphore(OBJECTS_AT_ONCE)

    async def put(key: str, number: int) -> None:
        async with turns:
            content_type = clinic.tables["patient_attachment"][number]["content_type"]
            await store.put(key, body_of(clinic.documents[number]), content_type=content_type)

    try:
        async with asyncio.TaskGroup() as tasks:
            for number, key in enumerate(keys):
                tasks.create_task(put(key, number))
    except ExceptionGroup as failures:
        # The group has stopped the others; the first says enough.
        raise failures.exceptions[0] from None
