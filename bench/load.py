"""The load generator: `python -m bench.load < spec.json > result.json`, a process of its own.

A closed loop: every connection has one request in flight, over keep-alive. Raw sockets and epoll, no event loop and
no HTTP library: the answer's length is all it reads, its status all it checks. What it costs is in its result.
"""

import json
import select
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Any

HEAD_END = b"\r\n\r\n"
BUFFER_BYTES = 1 << 20


class Wrong(Exception):
    """A server did not answer as it should; the text says what came."""


class Connection:
    """One keep-alive connection with at most one request under way."""

    __slots__ = ("buffer", "expected", "have", "sent_at", "socket", "view")

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.buffer = bytearray(BUFFER_BYTES)
        self.view = memoryview(self.buffer)
        self.have = self.expected = 0
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.have = self.expected = 0
        self.sent_at = time.perf_counter()
        if self.socket.send(request) != len(request):
            raise Wrong("A request did not fit into the socket's buffer.")

    def receive(self, status: bytes) -> bool:
        """Take what has come; True when the answer is whole. Raises Wrong for another status than `status`."""
        received = self.socket.recv_into(self.view[self.have :])
        if not received:
            raise Wrong("The server closed a connection.")
        self.have += received
        if not self.expected:
            end = self.buffer.find(HEAD_END, 0, self.have)
            if end < 0:
                return False
            head = bytes(self.view[: end + 2]).lower()
            if head[9:12] != status:
                raise Wrong(bytes(self.view[: self.have]).decode("utf-8", "replace")[:2000])
            length = head.index(b"content-length:") + 15
            self.expected = end + 4 + int(head[length : head.index(b"\r\n", length)])
        return self.have >= self.expected

    def body(self) -> bytes:
        return bytes(self.view[self.buffer.index(HEAD_END) + 4 : self.expected])


def run(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Load `host:port` for `seconds` or `max_requests`, whichever ends first."""
    requests = cycle([request.encode("latin-1") for request in spec["requests"]])
    connections = [Connection((spec["host"], spec["port"])) for _ in range(spec["connections"])]
    try:
        begun, cpu = time.perf_counter(), time.process_time()
        latencies, received = _loop(
            connections, requests, str(spec["status"]).encode(), begun + spec["seconds"], spec["max_requests"]
        )
        elapsed, cpu = time.perf_counter() - begun, time.process_time() - cpu
    finally:
        for connection in connections:
            connection.socket.close()
    latencies.sort()
    return {
        "requests": len(latencies),
        "seconds": elapsed,
        "bytes": received,
        "client_cpu_seconds": cpu,
        "p50_ms": percentile(latencies, 0.50) * 1e3,
        "p99_ms": percentile(latencies, 0.99) * 1e3,
    }


def _loop(
    connections: list[Connection], requests: Iterator[bytes], status: bytes, deadline: float, max_requests: int
) -> tuple[list[float], int]:
    """Seconds of every answered request, and the bytes of all answers."""
    poll = select.epoll()
    by_fd = {connection.socket.fileno(): connection for connection in connections}
    for fd, connection in by_fd.items():
        poll.register(fd, select.EPOLLIN)
        connection.send(next(requests))
    in_flight, received = len(connections), 0
    latencies: list[float] = []
    started = in_flight
    while in_flight:
        events = poll.poll(10)
        if not events:
            raise Wrong("No answer within 10 s.")
        for fd, _ in events:
            connection = by_fd[fd]
            if not connection.receive(status):
                continue
            now = time.perf_counter()
            latencies.append(now - connection.sent_at)
            received += connection.have
            if now < deadline and started < max_requests:
                connection.send(next(requests))
                started += 1
            else:
                in_flight -= 1
    poll.close()
    return latencies, received


def percentile(ordered: list[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def ask(port: int, request: bytes, status: int) -> bytes:
    """One request on a connection of its own; the body of its answer. Raises Wrong for another status."""
    connection = Connection(("127.0.0.1", port))
    try:
        connection.socket.settimeout(10)
        connection.send(request)
        while not connection.receive(str(status).encode()):
            pass
        return connection.body()
    finally:
        connection.socket.close()


if __name__ == "__main__":
    try:
        json.dump(run(json.load(sys.stdin)), sys.stdout)
    except (Wrong, OSError) as error:
        sys.exit(f"load: {error}")
