"""Clients on raw keep-alive connections: every one has its request on the way before the first answer is read."""

import json
import random
import select
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

ANSWER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; `path` begins behind /v1."""

    method: str
    path: str
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    content: bytes
    replayed: bool = False

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.content)) if self.content else {}


class Server:
    """Where to ask and with which keys."""

    def __init__(self, base_url: str, keys: Mapping[str, str]) -> None:
        parts = urlsplit(base_url)
        self.address = (parts.hostname or "", parts.port or 0)
        self._head = "".join(
            f"{name}: {value}\r\n"
            for name, value in {"host": parts.netloc, "accept": "application/json", **keys}.items()
        )

    def bytes_of(self, ask: Ask) -> bytes:
        body = json.dumps(ask.body).encode()
        more = "".join(f"{name}: {value}\r\n" for name, value in ask.headers.items())
        return (
            f"{ask.method} /v1{ask.path} HTTP/1.1\r\n{self._head}{more}"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        ).encode() + body

    def send_and_cut(self, request: bytes, dice: random.Random) -> None:
        """Nobody waits for the answer; one in five does not even send all of it."""
        if dice.random() < 0.2:
            request = request[: dice.randrange(1, len(request))]
        with socket.create_connection(self.address) as connection:
            connection.sendall(request)
            if dice.random() < 0.5:
                # A reset instead of an orderly end.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Line:
    """One connection, kept as long as the server keeps it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._socket: socket.socket | None = None
        self._rest = b""

    def send(self, request: bytes) -> None:
        self._open().sendall(request)

    def reply(self) -> Reply:
        head = self._until(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        lengths = [line.partition(":")[2] for line in lines if line.lower().startswith("content-length:")]
        content = self._exactly(int(lengths[0]) if lengths else 0)
        return Reply(
            int(lines[0].split()[1]), content, "idempotency-replayed: true" in (line.lower() for line in lines)
        )

    def close(self) -> None:
        if self._socket:
            self._socket.close()
        self._socket, self._rest = None, b""

    def _open(self) -> socket.socket:
        # Readable before anything was asked: the server has closed it.
        if self._socket and select.select([self._socket], [], [], 0)[0]:
            self.close()
        if self._socket is None:
            self._socket = socket.create_connection(self._server.address, timeout=ANSWER_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._receive()
        head, _, self._rest = self._rest.partition(mark)
        return head

    def _exactly(self, length: int) -> bytes:
        while len(self._rest) < length:
            self._receive()
        content, self._rest = self._rest[:length], self._rest[length:]
        return content

    def _receive(self) -> None:
        assert self._socket
        part = self._socket.recv(65_536)
        if not part:
            raise ConnectionError("The server hung up without an answer.")
        self._rest += part


class Lines:
    """So many clients."""

    def __init__(self, server: Server, count: int) -> None:
        self._server = server
        self._lines = [Line(server) for _ in range(count)]

    def at_once(self, asks: Sequence[Ask]) -> list[Reply]:
        """Each from a client of its own; the answers in the order of what was asked."""
        requests = [self._server.bytes_of(ask) for ask in asks]
        lines = self._lines[: len(asks)]
        for line, request in zip(lines, requests, strict=True):
            line.send(request)
        return [line.reply() for line in lines]

    def shuffle(self, dice: random.Random) -> None:
        """Another order, and some new connections, which another worker may take."""
        dice.shuffle(self._lines)
        for line in self._lines[: len(self._lines) // 4]:
            line.close()

    def close(self) -> None:
        for line in self._lines:
            line.close()
