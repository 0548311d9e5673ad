"""HTTP connections with bounds: on the head of a request, on the time to send one, on how many there are.

uvicorn's own protocol bounds none of these: its parser keeps a head of any size, and a client that connects and sends
nothing, or a byte now and then, is kept for ever. docs/decisions/0018-slow-and-many-connections.md.
"""

import asyncio
import time
from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar, cast
from uuid import uuid4

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from openprac import logs, metrics
from openprac.answers import last_words
from openprac.errors import ApiError, HeadTooLarge, NotHttp, RequestTimeout, TooManyConnections

HEAD_MAX_BYTES = 32_768
HEADERS_MAX = 100
DISCARD_MAX_BYTES = 16_000_000
"""What is read of a request after it was answered, so that the client sees the answer and not a reset."""

LOOK_EVERY_SECONDS = 1.0
LINGER_SECONDS = 2.0
TAKE_SECONDS = 60.0
"""How long a client may take to read an answer."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds to send the head of a request and then its body; connections a worker keeps."""

    head_seconds: float
    body_seconds: float
    connections: int


def bounded(bounds: Bounds) -> "type[BoundedProtocol]":
    """The protocol of one server."""
    return cast("type[BoundedProtocol]", type("Protocol", (BoundedProtocol,), {"bounds": bounds, "looking": None}))


class _Refused(Exception):
    """Out of a callback of the parser, which then gives up."""


class BoundedProtocol(HttpToolsProtocol):
    bounds: ClassVar[Bounds]
    looking: ClassVar[asyncio.TimerHandle | None]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.owed_since: float | None = self.loop.time()
        """Since when the client owes us a request or the rest of one; None while we owe it an answer."""
        self._deadline = inf
        self._in_head = False
        self._began_at = 0.0
        self._head_bytes = 0
        self._chunk_bytes = 0
        self._body_bytes = 0
        self._refusal: ApiError | None = None
        self._lingers = False
        self._unread_since: float | None = None

    # ---------------------------------------------------------------- connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline = self.loop.time() + self.bounds.head_seconds
        if type(self).looking is None:
            type(self).looking = self.loop.call_later(LOOK_EVERY_SECONDS, self._look_around)
        if len(self.connections) > self.bounds.connections and not self._make_room():
            self._refuse(TooManyConnections())

    def _make_room(self) -> bool:
        """End the connection whose client has owed us something for longest: first those who send slowly or nothing."""
        others = [one for one in self.connections if isinstance(one, BoundedProtocol) and one is not self]
        owing = [one for one in others if one.owed_since is not None]
        if owing:
            min(owing, key=lambda one: one.owed_since or 0.0).transport.abort()
        return bool(owing)

    def _look_around(self) -> None:
        """Once a second, at every connection of this worker: cheaper than a timer for each."""
        now = self.loop.time()
        for one in list(self.connections):
            if isinstance(one, BoundedProtocol):
                one.look(now)
        again = bool(self.connections)
        type(self).looking = self.loop.call_later(LOOK_EVERY_SECONDS, self._look_around) if again else None

    def look(self, now: float) -> None:
        if not self.transport.get_write_buffer_size():
            self._unread_since = None
        elif self._unread_since is None:
            self._unread_since = now
        elif now - self._unread_since > TAKE_SECONDS:
            self.transport.abort()
        if now > self._deadline:
            self._deadline = inf
            self._end()

    def _end(self) -> None:
        """The client took too long."""
        if self._lingers:
            self.transport.abort()
        elif self._in_head:
            self._refuse(RequestTimeout("head", self.bounds.head_seconds))
        elif self.cycle is not None and not self.cycle.response_started and self.cycle.more_body:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._refuse(RequestTimeout("body", self.bounds.body_seconds))
        else:
            self.transport.close()

    # ---------------------------------------------------------------- what arrives

    def data_received(self, data: bytes) -> None:
        if self._lingers:
            self._discard(len(data))
            return
        if self._deadline == inf and self.owed_since is not None:
            self._deadline = self.loop.time() + self.bounds.head_seconds
        was_in_head, self._chunk_bytes = self._in_head, len(data)
        super().data_received(data)
        if was_in_head and self._in_head and not self._lingers:
            # A header that is not complete is kept by the parser and shows nowhere else.
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_MAX_BYTES:
                self._refuse(HeadTooLarge(HEAD_MAX_BYTES, HEADERS_MAX))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_bytes, self._body_bytes = True, 0, 0
        self._began_at = time.perf_counter()
        self._deadline = self.loop.time() + self.bounds.head_seconds

    def on_headers_complete(self) -> None:
        # Counted only where it may be over: a head within a small piece cannot be.
        if self._head_bytes + self._chunk_bytes > HEAD_MAX_BYTES or len(self.headers) > HEADERS_MAX:
            self._check_head()
        self._in_head = False
        self._deadline = self.loop.time() + self.bounds.body_seconds
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        if self.cycle.response_complete:
            self._discard(len(body))

    def on_message_complete(self) -> None:
        self._deadline = inf
        if not self.cycle.response_complete:
            self.owed_since = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if self.owed_since is None:
            self.owed_since = self.loop.time()
        super().on_response_complete()

    def _check_head(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > HEAD_MAX_BYTES or len(self.headers) > HEADERS_MAX:
            self._refusal = HeadTooLarge(HEAD_MAX_BYTES, HEADERS_MAX)
            raise _Refused

    def _discard(self, size: int) -> None:
        self._body_bytes += size
        if self._body_bytes > DISCARD_MAX_BYTES:
            self.transport.abort()

    # ---------------------------------------------------------------- refusals

    def send_400_response(self, msg: str) -> None:
        """What the base says when its parser gives up."""
        self._refuse(self._refusal or NotHttp())

    def _refuse(self, error: ApiError) -> None:
        """Answer what is no request yet, and end the connection once the client has had time to read that."""
        if self.transport.is_closing():
            return
        request_id = str(uuid4())
        date = self.server_state.default_headers
        self.transport.write(last_words(error, request_id, STATUS_LINE[error.status], date))
        self._lingers, self._deadline = True, self.loop.time() + LINGER_SECONDS
        self._body_bytes = 0
        self._unset_keepalive_if_required()
        self.transport.write_eof()
        seconds = time.perf_counter() - self._began_at if self._began_at else 0.0
        metrics.observe("unknown", error.status, seconds)
        logs.request_line(request_id, None, None, None, "", error.status, seconds * 1000)
