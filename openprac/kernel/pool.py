"""A free list of connections: the one shared thing every request touches.

The driver's own pool costs a task, a timer and a proxy a request: 84 of the 306 µs of a single-row read, paired runs
(docs/decisions/0014-a-free-list-of-connections.md). This one hands over what is there, and waits only when there is
nothing. A connection that saw anything but success or an answered error is closed, never handed on: whatever state a
cancelled or broken request left it in dies with it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import asyncpg

Connect = Callable[[], Awaitable[asyncpg.Connection]]


class Pool:
    """At most `size` connections, made when first needed, the last one used first. For one event loop."""

    def __init__(self, connect: Connect, size: int) -> None:
        self._connect = connect
        self._size = size
        self._open = 0
        self._idle: list[asyncpg.Connection] = []
        self._waiters: deque[asyncio.Future[asyncpg.Connection | None]] = deque()

    @property
    def open(self) -> int:
        return self._open

    @property
    def idle(self) -> int:
        return len(self._idle)

    async def acquire(self, timeout_seconds: float) -> asyncpg.Connection:
        """A connection, for the caller alone until release(). Raises TimeoutError, or what connecting raises."""
        while True:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_closed():
                    return connection
                self._open -= 1
            if self._open < self._size and (made := await self._make()) is not None:
                return made
            handed = await self._wait(timeout_seconds)
            if handed is not None:
                return handed

    def release(self, connection: asyncpg.Connection, *, sound: bool) -> None:
        """Back to the list, or straight to who waits longest. Not sound: closed, and its place is free."""
        if not sound or connection.is_closed() or connection.is_in_transaction():
            connection.terminate()
            self._open -= 1
            self._hand(None)
        elif not self._hand(connection):
            self._idle.append(connection)

    async def close(self) -> None:
        """Close what lies idle; what is at work is closed when it comes back."""
        self._size = 0
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.close(timeout=2)

    async def _make(self) -> asyncpg.Connection | None:
        """One more, or None where the server has no more to give and those there are serve one after the other."""
        self._open += 1
        try:
            return await self._connect()
        except BaseException as error:
            self._open -= 1
            if isinstance(error, asyncpg.TooManyConnectionsError) and self._open:
                return None
            self._hand(None)
            raise

    async def _wait(self, timeout_seconds: float) -> asyncpg.Connection | None:
        """A connection handed over, or None when a place has become free to make one."""
        waiter: asyncio.Future[asyncpg.Connection | None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(timeout_seconds):
                return await waiter
        except BaseException:
            # Given up in the very moment something was handed over: it must not be lost.
            if waiter.done() and not waiter.cancelled():
                handed = waiter.result()
                if handed is None:
                    self._hand(None)
                else:
                    self.release(handed, sound=True)
            raise

    def _hand(self, connection: asyncpg.Connection | None) -> bool:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return True
        return False
