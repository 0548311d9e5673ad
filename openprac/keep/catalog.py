"""What a database of ours holds, as its own catalogue tells it: tables in the order of their references, sequences.

Nothing here names a table of the trade, so that tables of later migrations are kept without a line about them.
Two conventions are read: a table with forced row-level security is a clinic's, a column `object_key` names a file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import asyncpg

from openprac.keep import KeepError

TENANT = "tenant_id"
OBJECT_KEY = "object_key"
TEMPORARY_KEY = "temporary_key"
FILE_SIZE = "file_size"
SCHEMA_TABLE = "schema_migration"

# Generated columns are left out: PostgreSQL makes them again. A reference that may wait for the end of the
# transaction, and one to the table itself, put nothing in order.
_TABLES = """
SELECT c.relname::text AS name, c.relforcerowsecurity AS of_clinic,
       array(SELECT a.attname::text FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
              ORDER BY a.attnum) AS columns,
       array(SELECT a.attname::text FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
               JOIN pg_attribute a ON a.attnum = k.number
              WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid ORDER BY k.place) AS key,
       array(SELECT DISTINCT other.relname::text FROM pg_constraint f JOIN pg_class other ON other.oid = f.confrelid
              WHERE f.conrelid = c.oid AND f.contype = 'f' AND NOT f.condeferrable AND other.oid <> c.oid
              ORDER BY 1) AS references
  FROM pg_class c
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
   AND NOT EXISTS (SELECT 1 FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY c.relname
"""
_SEQUENCES = """
SELECT s.relname::text AS name, t.relname::text AS table, a.attname::text AS column
  FROM pg_class s
  LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.objsubid = 0
       AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
  LEFT JOIN pg_class t ON t.oid = d.refobjid
  LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
 WHERE s.relkind = 'S' AND s.relnamespace = 'public'::regnamespace ORDER BY s.relname
"""


@dataclass(frozen=True, slots=True)
class Table:
    """`columns` are those that are stored as given, `key` the primary key's; `of_clinic`: its rows are clinics'."""

    name: str
    of_clinic: bool
    columns: tuple[str, ...]
    key: tuple[str, ...]
    references: tuple[str, ...]

    @property
    def names_files(self) -> bool:
        """Whether each row has a file of its own at its `object_key`, for good."""
        return self.of_clinic and OBJECT_KEY in self.columns and TEMPORARY_KEY not in self.columns


@dataclass(frozen=True, slots=True)
class IdSequence:
    """A sequence and the column it numbers; None for one that stands alone."""

    name: str
    table: str | None
    column: str | None


@dataclass(frozen=True, slots=True)
class Catalog:
    """`tables` stand in an order in which rows can be written: what is referred to comes first."""

    tables: tuple[Table, ...]
    sequences: tuple[IdSequence, ...]

    @property
    def by_name(self) -> Mapping[str, Table]:
        return {table.name: table for table in self.tables}

    @property
    def of_clinic(self) -> tuple[Table, ...]:
        return tuple(table for table in self.tables if table.of_clinic)


async def read_catalog(connection: asyncpg.Connection) -> Catalog:
    """Raises KeepError for tables that refer to each other in a ring that nothing defers."""
    tables = {
        row["name"]: Table(
            row["name"], row["of_clinic"], tuple(row["columns"]), tuple(row["key"]), tuple(row["references"])
        )
        for row in await connection.fetch(_TABLES)
    }
    sequences = [IdSequence(row["name"], row["table"], row["column"]) for row in await connection.fetch(_SEQUENCES)]
    return Catalog(tuple(tables[name] for name in in_order(tables)), tuple(sequences))


def in_order(tables: Mapping[str, Table]) -> Sequence[str]:
    """The names, each after those it refers to; alphabetical where that leaves a choice. Raises KeepError."""
    sorter: TopologicalSorter[str] = TopologicalSorter({name: tables[name].references for name in sorted(tables)})
    try:
        return list(sorter.static_order())
    except CycleError as error:
        ring = ", ".join(sorted(set(error.args[1])))
        raise KeepError(f"These tables refer to each other and no reference can wait: {ring}.") from None


async def passes_row_security(connection: asyncpg.Connection) -> bool:
    """Whether this role sees all clinics at once. One that does not binds them one after the other."""
    return bool(await connection.fetchval("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"))


async def bind(connection: asyncpg.Connection, tenant_id: int | None) -> None:
    """Be in this clinic until the transaction ends, as `enter()` would be."""
    value = "" if tenant_id is None else str(tenant_id)
    await connection.execute("SELECT set_config('openprac.tenant_id', $1, true)", value)


async def last_values(connection: asyncpg.Connection, sequences: Sequence[IdSequence]) -> dict[str, int]:
    """The last number each sequence gave; 0 for none."""
    return {one.name: await last_value(connection, one) for one in sequences}


async def last_value(connection: asyncpg.Connection, one: IdSequence) -> int:
    sql = f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {quoted(one.name)}"
    return int(await connection.fetchval(sql))


async def pass_id(connection: asyncpg.Connection, one: IdSequence, highest: int) -> None:
    """The sequence will give no number up to this one, however many others are using it.

    Outside any transaction: whoever held several of these locks could wait in a ring with writers.
    """
    if await last_value(connection, one) >= highest:
        return
    async with connection.transaction():
        # Nothing is altered: this lock keeps nextval() waiting, and nothing less does.
        await connection.execute(f"ALTER SEQUENCE {quoted(one.name)} NO CYCLE")
        if await last_value(connection, one) < highest:
            await connection.execute("SELECT setval($1::text::regclass, $2)", quoted(one.name), highest)


def quoted(name: str) -> str:
    """An identifier of the catalogue as it stands in SQL."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Sequence[str]) -> str:
    return ", ".join(quoted(name) for name in names)
