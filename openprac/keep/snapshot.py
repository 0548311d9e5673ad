"""Everything the database holds at one moment, without blocking a writer.

One REPEATABLE READ transaction that only reads. A role that row-level security binds reads clinic after clinic.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from openprac.keep import KeepError
from openprac.keep.catalog import (
    FILE_SIZE,
    OBJECT_KEY,
    TEMPORARY_KEY,
    Catalog,
    Table,
    bind,
    last_values,
    listed,
    passes_row_security,
    quoted,
    read_catalog,
)
from openprac.keep.parts import KeptTable, Migrated, PartWriter
from openprac.keep.schema import schema_of

ATTEMPTS = 5
# How values are written as text, and no time limit of the server's own on a long read.
SESSION = {
    "bytea_output": "hex",
    "datestyle": "ISO, YMD",
    "extra_float_digits": "1",
    "idle_in_transaction_session_timeout": "0",
    "intervalstyle": "postgres",
    "statement_timeout": "0",
    "timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Named:
    """A file as rows name it. `size` is in bytes, None where the row does not say."""

    key: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`moment`: what was committed before it, by the database's clock, is in. `clinics` are their ids."""

    connection: asyncpg.Connection
    catalog: Catalog
    schema: Sequence[Migrated]
    moment: datetime
    clinics: Sequence[int]
    sees_all: bool

    def turns(self, table: Table) -> Sequence[int | None]:
        """As which clinics a table is read: as none where all rows show at once."""
        return (None,) if self.sees_all or not table.of_clinic else self.clinics

    async def dump(self, table: Table, writer: PartWriter) -> KeptTable:
        """All rows of a table in COPY's text format."""
        rows = 0
        sql = f"SELECT {listed(table.columns)} FROM {quoted(table.name)}"
        for clinic in self.turns(table):
            await bind(self.connection, clinic)
            status = await self.connection.copy_from_query(sql, output=writer.write, format="text")
            rows += int(status.split()[-1])
        await writer.flush()
        return KeptTable(table.name, list(table.columns), rows, writer.parts)

    async def files(self, only: int | None = None) -> list[Named]:
        """Every file that a row names for good, of one clinic or of all."""
        found = []
        for table in self.catalog.tables:
            if table.names_files:
                size = FILE_SIZE if FILE_SIZE in table.columns else "NULL::bigint"
                sql = f"SELECT {OBJECT_KEY}, {size} FROM {quoted(table.name)}"
                found += [Named(*row) for row in await self._rows(table, sql, only)]
        return found

    async def uploads(self, only: int | None = None) -> list[tuple[str, str]]:
        """(temporary key, lasting key) of every upload on its way."""
        found: list[tuple[str, str]] = []
        for table in self.catalog.of_clinic:
            if TEMPORARY_KEY in table.columns:
                sql = f"SELECT {TEMPORARY_KEY}, {OBJECT_KEY} FROM {quoted(table.name)}"
                found += [(row[0], row[1]) for row in await self._rows(table, sql, only)]
        return found

    async def _rows(self, table: Table, sql: str, only: int | None) -> list[asyncpg.Record]:
        found: list[asyncpg.Record] = []
        for clinic in self.turns(table) if only is None else (only,):
            await bind(self.connection, clinic)
            bound = "" if clinic is None else " WHERE tenant_id = $1"
            found += await self.connection.fetch(sql + bound, *([] if clinic is None else [clinic]))
        return found

    async def last_values(self) -> dict[str, int]:
        """Read now, not at the moment: no number that any row here has is given again."""
        return await last_values(self.connection, self.catalog.sequences)


async def speak_plainly(connection: asyncpg.Connection) -> None:
    """Values as text look alike on every server, until the transaction ends."""
    for name, value in SESSION.items():
        await connection.execute("SELECT set_config($1, $2, true)", name, value)


@asynccontextmanager
async def snapshot(connection: asyncpg.Connection) -> AsyncIterator[Snapshot]:
    """The database as it is now, for as long as the block lasts. Raises KeepError for one without our schema."""
    for _ in range(ATTEMPTS):
        catalog, moment = await read_catalog(connection), await connection.fetchval("SELECT clock_timestamp()")
        schema = await schema_of(connection)
        if not schema:
            raise KeepError("The database has no openprac schema yet: there is nothing to take from it.")
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            # Before the first query, which fixes what is seen: a migration waits from here on, a writer never.
            tables = listed([table.name for table in catalog.tables])
            await connection.execute(f"LOCK TABLE {tables} IN ACCESS SHARE MODE")
            if await read_catalog(connection) != catalog or await schema_of(connection) != schema:
                continue
            await speak_plainly(connection)
            clinics = [row[0] for row in await connection.fetch("SELECT tenant_id FROM tenant ORDER BY tenant_id")]
            sees_all = await passes_row_security(connection)
            yield Snapshot(connection, catalog, schema, moment, clinics, sees_all)
            return
    raise KeepError("The schema keeps changing: a migration is under way; try again when it is done.")
