"""Connections by hand: bytes as they are sent, slowly or badly, and what comes back."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """Of an error in the published shape, held here."""
        document: dict[str, Any] = json.loads(self.body)
        assert set(document) == {"error", "request_id"}
        assert document["error"]["status"] == self.status
        assert document["request_id"] == self.headers["x-request-id"]
        assert self.headers["content-type"] == "application/json"
        assert self.headers["cache-control"] == "no-store"
        return str(document["error"]["code"])


@contextmanager
def connected(base_url: str) -> Iterator[socket.socket]:
    address = urlsplit(base_url)
    assert address.hostname
    assert address.port
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        yield connection


def said(connection: socket.socket, seconds: float = 30) -> bytes:
    """Everything until the other end closes (or resets), or the time is over."""
    deadline, found = time.monotonic() + seconds, b""
    with suppress(ConnectionError, TimeoutError):
        while (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            piece = connection.recv(65_536)
            if not piece:
                break
            found += piece
    return found


def parsed(text: bytes) -> Answer:
    """The first answer of what was said."""
    head, _, rest = text.partition(b"\r\n\r\n")
    match = re.match(rb"HTTP/1\.1 ([0-9]{3}) ", head)
    assert match, text[:200]
    lines = [line.decode("latin-1").partition(": ") for line in head.split(b"\r\n")[1:]]
    headers = {name.lower(): value for name, _, value in lines}
    return Answer(int(match[1]), headers, rest[: int(headers.get("content-length", 0))])
