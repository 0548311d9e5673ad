"""Which schema rows are of: the migrations that made it, compared with those this program carries."""

from collections.abc import Sequence

import asyncpg

from openprac.keep import KeepError
from openprac.keep.catalog import SCHEMA_TABLE
from openprac.keep.parts import Migrated
from openprac.migrate import migrations


async def schema_of(connection: asyncpg.Connection) -> list[Migrated]:
    """The migrations applied, oldest first; none for a database without a schema of ours."""
    if await connection.fetchval("SELECT to_regclass('public.' || $1) IS NULL", SCHEMA_TABLE):
        return []
    rows = await connection.fetch(f"SELECT version, name, digest FROM {SCHEMA_TABLE} ORDER BY version")
    return [Migrated(row["version"], row["name"], row["digest"]) for row in rows]


def version_of(schema: Sequence[Migrated]) -> int:
    return schema[-1].version if schema else 0


def known_schema() -> list[Migrated]:
    """This program's own."""
    return [Migrated(one.version, one.name, one.digest) for one in migrations()]


def check_known(schema: Sequence[Migrated], what: str) -> None:
    """KeepError unless this program carries every one of these migrations, as they were."""
    known = {one.version: one for one in known_schema()}
    newest = max(known)
    if not schema:
        raise KeepError(f"{what} has no openprac schema.")
    if version_of(schema) > newest:
        raise KeepError(f"{what} is of schema {version_of(schema)}, this program knows {newest}: use a newer openprac.")
    for one in schema:
        if known.get(one.version) != one:
            raise KeepError(
                f"{what} was made with another migration {one.version:04d}_{one.name} than this program's: "
                "use the openprac release that made it."
            )
