"""Uploads on their way: a form handed out, an object found in the store, a row in the list.

Nothing confirms an upload; whoever looks settles it: a list of that patient's files, at the latest the sweep.
Settling one upload is five steps, each of which can be repeated without harm: head the temporary object, read its
first bytes, copy it (only if it is still the one that was seen) to its lasting key, turn the pending row into an
attachment in one statement, delete the temporary object. No transaction is open while the store is asked.
"""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

import asyncpg

from openprac.attachments.file_names import clean_file_name, object_name
from openprac.attachments.file_types import FIRST_BYTES, FileType, tell_type
from openprac.attachments.store import ObjectChanged, ObjectMissing, Store, StoreError, UploadForm
from openprac.errors import Unavailable
from openprac.kernel.database import Database
from openprac.kernel.refusals import refusal
from openprac.kernel.write import Authorship

FILE_MAX_BYTES = 100_000_000
UPLOAD_FORM_LIFE_SECONDS = 900
DOWNLOAD_LIFE_SECONDS = 300
KEPT_AFTER_EXPIRY_SECONDS = 3600
UPLOADS_PER_READ = 5
READ_PATIENCE_SECONDS = 0.3
SWEEP_EVERY_SECONDS = 2.0
SWEEP_BATCH = 50
STORE_PAUSE_SECONDS = 1.0
"""After the store failed, reads do not ask it again for so long."""

ADD_SQL = """
WITH new AS (INSERT INTO pending_upload (tenant_id, client_id, user_id, attachment_client_folder_id, file_date,
        file_name, temporary_key, object_key, expires_at)
    VALUES ($1, $8, $3, $9, $10, $11, $12, $13, clock_timestamp() + make_interval(secs => $14)) RETURNING *),
audit AS (INSERT INTO audit_event (tenant_id, account_key_id, user_id, vendor_id, request_id, operation_id, resource,
        resource_id, client_id, changes)
    SELECT $1, $2, $3, $4, $5, $6, 'patient_attachment_upload', upload_id, client_id, $7::jsonb FROM new)
SELECT upload_id FROM new"""

RENEW_SQL = """
UPDATE pending_upload SET expires_at = clock_timestamp() + make_interval(secs => $3)
WHERE tenant_id = $1 AND upload_id = $2 RETURNING temporary_key"""

PENDING_SQL = """
SELECT upload_id, client_id, file_name, temporary_key, object_key,
       expires_at + make_interval(secs => $3) < clock_timestamp() AS overdue
FROM pending_upload WHERE tenant_id = $1 AND ($2::bigint IS NULL OR client_id = $2) ORDER BY upload_id LIMIT $4"""

ONE_PENDING_SQL = """
SELECT upload_id, client_id, file_name, temporary_key, object_key,
       expires_at + make_interval(secs => $3) < clock_timestamp() AS overdue
FROM pending_upload WHERE tenant_id = $1 AND upload_id = $2"""

# The line of the form says for whom the file was added.
SETTLE_SQL = """
WITH gone AS (DELETE FROM pending_upload WHERE tenant_id = $1 AND upload_id = $2 RETURNING *),
new AS (INSERT INTO patient_attachment (tenant_id, client_id, user_id, attachment_client_folder_id, file_date,
        description, file_name, file_type, content_type, file_size, object_key)
    SELECT tenant_id, client_id, user_id, attachment_client_folder_id, file_date, file_name,
           file_name, $3, $4, $5, object_key FROM gone RETURNING *)
INSERT INTO audit_event (tenant_id, account_key_id, user_id, vendor_id, request_id, operation_id, resource,
       resource_id, client_id, changes)
SELECT $1, u.account_key_id, u.user_id, u.vendor_id, u.request_id, u.operation_id, 'patient_attachment',
       new.attachment_client_id, new.client_id, jsonb_build_object('file_name', new.file_name, 'file_size', $5::bigint)
  FROM new, audit_event u
 WHERE u.tenant_id = $1 AND u.resource = 'patient_attachment_upload' AND u.resource_id = $2"""

DROP_SQL = "DELETE FROM pending_upload WHERE tenant_id = $1 AND upload_id = $2"

DUE_SQL = "SELECT tenant_id, upload_id FROM take_due_uploads($1)"


@dataclass(frozen=True, slots=True)
class Found:
    """What the store says of an upload's object, now under its lasting key."""

    type: FileType
    size: int


class Uploads:
    """One a process: hands out forms and settles what came of them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._quiet_until = 0.0

    async def add(
        self,
        connection: asyncpg.Connection,
        by: Authorship,
        client_id: int,
        file_name: str,
        file_date: date,
        folder_id: int | None,
    ) -> tuple[int, UploadForm]:
        """Record a pending upload and give its form. Raises InvalidBody for a folder that is not the patient's.

        `file_name` is as the caller sent it; a name of which nothing is left raises ValueError with a sentence.
        """
        name = clean_file_name(file_name)
        tenant_id, unique = by.caller.tenant_id, uuid4()
        path = f"{tenant_id}/{client_id}/{by.caller.user_id}/{unique}/{object_name(name)}"
        temporary, lasting = f"temp/{path}", f"patient_attachment/{tenant_id}/{client_id}/{unique}/{object_name(name)}"
        values = (client_id, folder_id, file_date, name, temporary, lasting, float(UPLOAD_FORM_LIFE_SECONDS))
        try:
            upload_id = await connection.fetchval(ADD_SQL, tenant_id, *by.values(), "{}", *values)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise refusal(error) from error
        return upload_id, self._form(temporary)

    async def again(self, connection: asyncpg.Connection, tenant_id: int, upload_id: int) -> UploadForm | None:
        """The form of an earlier request, signed afresh. None when its file is there already or it has vanished."""
        key = await connection.fetchval(RENEW_SQL, tenant_id, upload_id, float(UPLOAD_FORM_LIFE_SECONDS))
        return self._form(key) if key else None

    async def settle_for_read(self, connection: asyncpg.Connection, tenant_id: int, client_id: int | None) -> None:
        """Settle a few uploads before a list is read. Bounded in number and time; never fails for the store's sake."""
        pending = await connection.fetch(
            PENDING_SQL, tenant_id, client_id, float(KEPT_AFTER_EXPIRY_SECONDS), UPLOADS_PER_READ
        )
        if not pending or time.monotonic() < self._quiet_until:
            return
        try:
            async with asyncio.timeout(READ_PATIENCE_SECONDS):
                found = [(row, await self._fetch_in(row)) for row in pending]
        except (StoreError, TimeoutError):
            self._quiet_until = time.monotonic() + STORE_PAUSE_SECONDS
            return
        for row, what in found:
            await self._conclude(connection, tenant_id, row, what)

    async def sweep(self, database: Database) -> int:
        """Settle what is due in every clinic; gives how many. Raises StoreError or Unavailable."""
        async with database.as_tenant(None) as connection:
            due = await connection.fetch(DUE_SQL, SWEEP_BATCH)
        for tenant_id, upload_id in due:
            async with database.as_tenant(tenant_id) as connection:
                row = await connection.fetchrow(ONE_PENDING_SQL, tenant_id, upload_id, float(KEPT_AFTER_EXPIRY_SECONDS))
            if row is None:
                continue
            what = await self._fetch_in(row)
            async with database.as_tenant(tenant_id) as connection:
                await self._conclude(connection, tenant_id, row, what)
        return len(due)

    async def run(self, database: Database) -> None:
        """The sweep, until cancelled."""
        await asyncio.sleep(SWEEP_EVERY_SECONDS)
        with suppress(StoreError):
            # Loads the store's libraries in a thread, so that no caller waits for that, a little after the start.
            await self.store.check()
        while True:
            try:
                await self.sweep(database)
            except (StoreError, Unavailable):
                # Away; what is pending stays pending and is settled when it is back.
                await asyncio.sleep(SWEEP_EVERY_SECONDS)
            await asyncio.sleep(SWEEP_EVERY_SECONDS)

    async def _fetch_in(self, row: asyncpg.Record) -> Found | None:
        """Bring the object to its lasting key. None when it is not there (yet)."""
        head = await self.store.head(row["temporary_key"])
        if head is None:
            # A settler that was cut off after its copy has left the lasting object and taken the temporary one.
            head = await self.store.head(row["object_key"])
            if head is None:
                return None
            first = await self.store.read(row["object_key"], first_bytes=FIRST_BYTES)
            return Found(tell_type(row["file_name"], first), head.size)
        if not 1 <= head.size <= FILE_MAX_BYTES:
            return None
        try:
            first = await self.store.read(row["temporary_key"], first_bytes=FIRST_BYTES)
            kind = tell_type(row["file_name"], first)
            await self.store.copy(
                row["temporary_key"], row["object_key"], etag=head.etag, content_type=kind.content_type
            )
        except (ObjectChanged, ObjectMissing):
            return None  # uploaded anew, or settled, this very moment: the next look sees it
        return Found(kind, head.size)

    async def _conclude(
        self, connection: asyncpg.Connection, tenant_id: int, row: asyncpg.Record, found: Found | None
    ) -> None:
        if found is None:
            if row["overdue"]:
                await connection.execute(DROP_SQL, tenant_id, row["upload_id"])
            return
        await connection.execute(
            SETTLE_SQL, tenant_id, row["upload_id"], found.type.extension, found.type.content_type, found.size
        )
        try:
            async with asyncio.timeout(READ_PATIENCE_SECONDS):
                await self.store.delete(row["temporary_key"])
        except (StoreError, TimeoutError):
            # The row is there and the file is at its lasting key; what is left under temp/ is only litter.
            return

    def _form(self, temporary_key: str) -> UploadForm:
        return self.store.presign_upload(
            temporary_key, max_bytes=FILE_MAX_BYTES, expires_seconds=UPLOAD_FORM_LIFE_SECONDS
        )
