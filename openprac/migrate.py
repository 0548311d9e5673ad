"""Numbered plain SQL, applied once each, under one advisory lock, each file in a transaction of its own.

A file that has been applied is never edited: its digest is kept and compared.
"""

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from urllib.parse import urlsplit

import asyncpg

ADVISORY_LOCK = 0x6F70656E70726163  # "openprac"
OLDEST_POSTGRESQL = 15


class MigrationError(Exception):
    """The schema cannot be brought to this program's state; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    version: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """Every migration the program carries, oldest first."""
    found = []
    for entry in files("openprac.migrations").iterdir():
        if match := re.fullmatch(r"(\d{4})_(\w+)\.sql", entry.name):
            found.append(Migration(int(match[1]), match[2], entry.read_text()))
    return sorted(found, key=lambda migration: migration.version)


async def migrate(owner_url: str, runtime_url: str, *, until: int | None = None) -> list[str]:
    """Bring the database to this program's schema and give the names of what was applied.

    With `until` no further than to that version, and without the runtime role's grants, which are of the newest: for
    rows of an older schema, which are brought forward once they are in.

    Raises MigrationError for a schema newer than the program, an edited migration or a server that is too old.
    """
    connection = await asyncpg.connect(owner_url)
    try:
        if connection.get_server_version().major < OLDEST_POSTGRESQL:
            raise MigrationError(
                f"PostgreSQL {connection.get_server_version().major} is too old: "
                f"openprac needs {OLDEST_POSTGRESQL} or newer."
            )
        await connection.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
        return await _apply(connection, role_of(runtime_url), until)
    finally:
        await connection.close()


async def _apply(connection: asyncpg.Connection, runtime_role: str, until: int | None) -> list[str]:
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migration (version integer PRIMARY KEY, name text NOT NULL, "
        "digest text NOT NULL, applied timestamptz NOT NULL DEFAULT clock_timestamp())"
    )
    done = {row["version"]: row for row in await connection.fetch("SELECT * FROM schema_migration")}
    known = migrations()
    if done and max(done) > known[-1].version:
        raise MigrationError(
            f"The database is at schema {max(done)}, this program knows {known[-1].version}: start a newer openprac."
        )
    applied: list[str] = []
    for migration in known:
        if until is not None and migration.version > until:
            return applied
        if earlier := done.get(migration.version):
            if earlier["digest"] != migration.digest:
                raise MigrationError(
                    f"Migration {migration.version:04d}_{migration.name} was changed after it was applied here: "
                    "use the openprac release that created this database, or start with an empty one."
                )
            continue
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO schema_migration (version, name, digest) VALUES ($1, $2, $3)",
                migration.version,
                migration.name,
                migration.digest,
            )
        applied.append(migration.name)
    async with connection.transaction():
        await state_grants(connection, runtime_role)
    return applied


async def state_grants(connection: asyncpg.Connection, runtime_role: str) -> None:
    """What the runtime role may do in the newest schema, said anew. As part of the caller's transaction."""
    grants = files("openprac.migrations").joinpath("grants.sql").read_text()
    await connection.execute(grants.replace("{runtime}", _quoted(runtime_role)))


def role_of(runtime_url: str) -> str:
    """The role that requests run as. Raises MigrationError for a URL that does not name it."""
    role = urlsplit(runtime_url).username
    if not role:
        raise MigrationError(
            "DATABASE_URL names no user: the runtime role must be spelled out, as in postgresql://ROLE@HOST/DB."
        )
    return role


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
