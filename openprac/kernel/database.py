"""The two doors to the database: enter() for a caller's request, as_tenant() for work of our own.

A connection is never reset between requests (measured: the driver's reset costs 1.7 times on a single-row read).
What makes that safe: a connection is only ever acquired here, and both doors overwrite the bound tenant before anything
else is said on it (tests/test_house.py holds that; docs/decisions/0002-two-locks.md says why).
"""

from typing import Any

import asyncpg

from openprac.errors import ApiError, Unavailable
from openprac.kernel.pool import Pool

ACQUIRE_TIMEOUT_SECONDS = 5.0
CONNECT_TIMEOUT_SECONDS = 5.0
STATEMENT_TIMEOUT_SECONDS = 20
LOCK_TIMEOUT_SECONDS = 5
ANSWER_TIMEOUT_SECONDS = STATEMENT_TIMEOUT_SECONDS + 5
"""Longer than any statement may take: a server that is silent for so long has stopped, or the way to it has."""

IDLE_IN_TRANSACTION_TIMEOUT_SECONDS = 30

STATEMENTS_KEPT = 200
"""Prepared statements a connection keeps."""

SESSION_SETTINGS = {
    "application_name": "openprac",
    "timezone": "UTC",
    "jit": "off",
    "statement_timeout": f"{STATEMENT_TIMEOUT_SECONDS}s",
    "lock_timeout": f"{LOCK_TIMEOUT_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_TIMEOUT_SECONDS}s",
}

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
    # Its disk: full, or failing.
    asyncpg.PostgresSystemError,
    # Said on a connection whose server has just announced its end: the driver has read that, but not yet the end.
    asyncpg.InternalClientError,
)
"""What the driver raises when the database is away, going down, full, or too slow: 503, never a trace."""


class SharedSession(Exception):
    """DATABASE_URL leads to a pooler that shares sessions between clients."""

    def __init__(self) -> None:
        super().__init__(
            "DATABASE_URL leads to a pooler in transaction mode, where the tenant bound to a session could become "
            "another's: use session mode, or PostgreSQL itself."
        )


class _Session:
    """`async with`: a connection on which the door's statement has been said. Raises Unavailable."""

    __slots__ = ("_connection", "_database", "_sql", "_values")

    def __init__(self, database: "Database", sql: str, *values: Any) -> None:
        self._database = database
        self._sql = sql
        self._values = values
        self._connection: asyncpg.Connection | None = None

    async def said(self) -> tuple[asyncpg.Connection, asyncpg.Record]:
        try:
            self._connection, found = await self._database.say(self._sql, *self._values)
        except AWAY as error:
            raise Unavailable("The database") from error
        return self._connection, found

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        connection = self._connection
        assert connection is not None
        # The driver's InterfaceError is its word for a connection that is gone, and also for a slip of ours, which
        # stays a fault.
        away = isinstance(error, AWAY) or (isinstance(error, asyncpg.InterfaceError) and connection.is_closed())
        self._database.release(connection, sound=error is None or isinstance(error, ApiError))
        if away:
            raise Unavailable("The database") from error


class CallerSession(_Session):
    __slots__ = ()

    async def __aenter__(self) -> tuple[asyncpg.Connection, asyncpg.Record]:
        return await self.said()


class TenantSession(_Session):
    __slots__ = ()

    async def __aenter__(self) -> asyncpg.Connection:
        return (await self.said())[0]


class Database:
    """Connections as the runtime role."""

    def __init__(self, url: str, *, size: int, clock_ahead_seconds: int = 0) -> None:
        self._url = url
        self._size = size
        # Read by clinic_now(): holds lapse by the sandbox clock.
        self._session_settings = SESSION_SETTINGS | {"openprac.clock_ahead_seconds": str(clock_ahead_seconds)}
        self._pool = Pool(self._connect, size)

    async def open(self) -> None:
        """Connect. Raises SharedSession, or what connecting raises."""
        await self._refuse_shared_sessions()

    async def close(self) -> None:
        await self._pool.close()

    def enter(self, account_hash: bytes, vendor_hash: bytes) -> CallerSession:
        """A connection on which enter() has been said, and what it answered. The tenant is bound until the next one."""
        return CallerSession(self, ENTER_SQL, account_hash, vendor_hash)

    def as_tenant(self, tenant_id: int | None) -> TenantSession:
        """A connection bound to one tenant without a caller, or to none: background work."""
        return TenantSession(self, BIND_SQL, "" if tenant_id is None else str(tenant_id))

    def use(self) -> tuple[int, int]:
        """Connections there are, connections at work."""
        return self._pool.open, self._pool.open - self._pool.idle

    async def check(self) -> None:
        """Raises Unavailable."""
        async with self.as_tenant(None):
            pass

    async def say(self, sql: str, *values: Any) -> tuple[asyncpg.Connection, asyncpg.Record]:
        """A connection and the answer to the door's statement, for a session alone."""
        for _ in range(self._size + 1):
            connection = await self._pool.acquire(ACQUIRE_TIMEOUT_SECONDS)
            try:
                return connection, await connection.fetchrow(sql, *values)
            except (
                asyncpg.PostgresConnectionError,
                asyncpg.InterfaceError,
                asyncpg.InternalClientError,
                asyncpg.AdminShutdownError,
                OSError,
            ):
                # The server went away while this one lay idle. Nothing has been done on it yet: it is dropped and the
                # next one is fresh, or cannot be made, which ends the loop.
                self._pool.release(connection, sound=False)
            except BaseException:
                self._pool.release(connection, sound=False)
                raise
        raise ConnectionError("every connection was lost")

    def release(self, connection: asyncpg.Connection, *, sound: bool) -> None:
        self._pool.release(connection, sound=sound)

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            self._url,
            timeout=CONNECT_TIMEOUT_SECONDS,
            command_timeout=ANSWER_TIMEOUT_SECONDS,
            statement_cache_size=STATEMENTS_KEPT,
            max_cached_statement_lifetime=0,
            server_settings=self._session_settings,
        )

    async def _refuse_shared_sessions(self) -> None:
        """A transaction-mode pooler hands one session to several clients: the bound tenant would be another's.

        Told by its doings: while a second client holds a transaction open, the first must still be in the session
        it began with. Raises SharedSession.
        """
        first, second = await self._connect(), await self._connect()
        try:
            before = await first.fetchval("SELECT pg_backend_pid()")
            async with second.transaction():
                held = await second.fetchval("SELECT pg_backend_pid()")
                after = await first.fetchval("SELECT pg_backend_pid()")
            if before != after or before == held:
                raise SharedSession
        finally:
            await first.close()
            await second.close()
