"""The two doors to the database: enter() for a caller's request, as_tenant() for work of our own.

A pooled connection is never reset between requests (measured: the driver's reset costs 1.7 times on a single-row read).
What makes that safe: a connection is only ever acquired here, and both doors overwrite the bound tenant before anything
else is said on it (tests/test_house.py holds that; docs/decisions/0002-two-locks.md says why).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from openprac.errors import Unavailable

ACQUIRE_TIMEOUT_SECONDS = 5.0
CONNECT_TIMEOUT_SECONDS = 5.0
STATEMENT_TIMEOUT_SECONDS = 20
LOCK_TIMEOUT_SECONDS = 5
IDLE_IN_TRANSACTION_TIMEOUT_SECONDS = 30

ENTER_SQL = "SELECT * FROM enter($1, $2)"
BIND_SQL = "SELECT set_config('openprac.tenant_id', $1, false)"

AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.OperatorInterventionError,
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
)
"""What the driver raises when the database is away, going down, full, or too slow: 503, never a trace."""


async def _keep(connection: asyncpg.Connection) -> None:
    """The pool's reset: nothing, see above."""


class SharedSession(Exception):
    """DATABASE_URL leads to a pooler that shares sessions between clients."""

    def __init__(self) -> None:
        super().__init__(
            "DATABASE_URL leads to a pooler in transaction mode, where the tenant bound to a session could become "
            "another's: use session mode, or PostgreSQL itself."
        )


class Database:
    """A pool as the runtime role. Raises Unavailable where PostgreSQL cannot be reached."""

    def __init__(self, url: str, *, size: int) -> None:
        self._url = url
        self._size = size
        self._pool: asyncpg.Pool | None = None

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=2,
            max_size=self._size,
            reset=_keep,
            timeout=CONNECT_TIMEOUT_SECONDS,
            max_inactive_connection_lifetime=300,
            statement_cache_size=200,
            max_cached_statement_lifetime=0,
            server_settings={
                "application_name": "openprac",
                "timezone": "UTC",
                "jit": "off",
                "statement_timeout": f"{STATEMENT_TIMEOUT_SECONDS}s",
                "lock_timeout": f"{LOCK_TIMEOUT_SECONDS}s",
                "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_TIMEOUT_SECONDS}s",
            },
        )

        await self._refuse_shared_sessions()

    async def _refuse_shared_sessions(self) -> None:
        """A transaction-mode pooler hands one session to several clients: the bound tenant would be another's.

        Told by its doings: while a second client holds a transaction open, the first must still be in the session
        it began with. Raises SharedSession.
        """
        assert self._pool is not None
        async with self._pool.acquire() as first, self._pool.acquire() as second:
            before = await first.fetchval("SELECT pg_backend_pid()")
            async with second.transaction():
                held = await second.fetchval("SELECT pg_backend_pid()")
                after = await first.fetchval("SELECT pg_backend_pid()")
        if before != after or before == held:
            raise SharedSession

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()

    @asynccontextmanager
    async def enter(self, account_hash: bytes, vendor_hash: bytes) -> AsyncIterator[tuple[Any, asyncpg.Record]]:
        """A connection on which enter() has been said, and what it answered. The tenant is bound until the next one."""
        async with self._bound(ENTER_SQL, account_hash, vendor_hash) as (connection, found):
            yield connection, found

    @asynccontextmanager
    async def as_tenant(self, tenant_id: int | None) -> AsyncIterator[Any]:
        """A connection bound to one tenant without a caller, or to none: background work."""
        async with self._bound(BIND_SQL, "" if tenant_id is None else str(tenant_id)) as (connection, _):
            yield connection

    def use(self) -> tuple[int, int]:
        """Connections there are, connections at work."""
        assert self._pool is not None, "the database is not open"
        size: int = self._pool.get_size()
        return size, size - self._pool.get_idle_size()

    async def check(self) -> None:
        """Raises Unavailable."""
        async with self.as_tenant(None):
            pass

    @asynccontextmanager
    async def _bound(self, sql: str, *values: Any) -> AsyncIterator[tuple[Any, asyncpg.Record]]:
        assert self._pool is not None, "the database is not open"
        try:
            connection, found = await self._acquire(sql, *values)
        except AWAY as error:
            raise Unavailable("The database") from error
        try:
            yield connection, found
        except AWAY as error:
            raise Unavailable("The database") from error
        except asyncpg.InterfaceError as error:
            # The driver's word for a connection that is gone, and also for a slip of ours, which stays a fault.
            if not connection.is_closed():
                raise
            raise Unavailable("The database") from error
        finally:
            await self._pool.release(connection)

    async def _acquire(self, sql: str, *values: Any) -> tuple[Any, asyncpg.Record]:
        assert self._pool is not None
        for _ in range(self._size + 1):
            connection = await self._pool.acquire(timeout=ACQUIRE_TIMEOUT_SECONDS)
            try:
                return connection, await connection.fetchrow(sql, *values)
            except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.AdminShutdownError, OSError):
                # The server went away while this one lay in the pool. Nothing has been done on it yet: the pool
                # drops it and the next one is fresh, or cannot be made, which ends the loop.
                await self._pool.release(connection)
            except BaseException:
                await self._pool.release(connection)
                raise
        raise ConnectionError("every connection was lost")
