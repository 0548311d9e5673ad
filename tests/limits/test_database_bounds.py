"""No statement, lock or forgotten transaction of a worker holds a connection for ever."""

import pytest

from openprac.errors import Unavailable
from openprac.kernel.database import Database
from tests.cast import Cast

BOUNDS = {"statement_timeout": "20s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "30s"}


async def test_every_connection_has_its_bounds_and_what_they_end_is_503(cast: Cast) -> None:
    assert cast.settings.database_url
    database = Database(cast.settings.database_url, size=1)
    try:
        for _ in range(2):
            async with database.as_tenant(None) as connection:
                assert {name: await connection.fetchval(f"SHOW {name}") for name in BOUNDS} == BOUNDS
            # A short one stands in for 20 s. What it ended is not handed on: the next connection is fresh.
            with pytest.raises(Unavailable) as ended:
                await _too_long(database)
            assert dict(ended.value.headers)["retry-after"] == "2"
    finally:
        await database.close()


async def _too_long(database: Database) -> None:
    async with database.as_tenant(None) as connection:
        await connection.execute("SET statement_timeout = '50ms'")
        await connection.execute("SELECT pg_sleep(30)")
