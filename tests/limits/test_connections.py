"""Heads and bodies over their bounds or sent slowly, and more connections than there is room for."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace

import httpx
import pytest

from openprac.app import create_app
from openprac.protocol import HEAD_MAX_BYTES, HEADERS_MAX, LINGER_SECONDS, LOOK_EVERY_SECONDS, Bounds
from tests.cast import Cast, serving
from tests.limits.wire import connected, parsed, said

SECONDS = 2
LATE_SECONDS = SECONDS + 2 * LOOK_EVERY_SECONDS + LINGER_SECONDS + 3
ROOM = 20
GET = b"GET /v1/sex HTTP/1.1\r\nHost: example.com\r\n"


@pytest.fixture(scope="module")
def url(cast: Cast) -> Iterator[str]:
    """A server that waits two seconds for anything and keeps twenty connections."""
    with serving(create_app(replace(cast.settings, pool_size=2)), Bounds(SECONDS, SECONDS, ROOM)) as base_url:
        yield base_url


class TestHeads:
    @pytest.mark.parametrize(
        "head",
        [
            GET + b"X-Long: " + b"x" * 1_000_000 + b"\r\n\r\n",
            GET + b"".join(b"X-%d: %s\r\n" % (number, b"x" * 1000) for number in range(1000)) + b"\r\n",
            GET + b"".join(b"X-%d: x\r\n" % number for number in range(HEADERS_MAX + 1)) + b"\r\n",
            b"GET /v1/sex?" + b"x" * 1_000_000 + b" HTTP/1.1\r\n\r\n",
            GET + b"x" * 1_000_000,
        ],
        ids=["one long", "many long", "too many", "the address", "never complete"],
    )
    def test_over_the_limit_are_431(self, url: str, head: bytes) -> None:
        with connected(url) as connection:
            connection.sendall(head)
            answer = parsed(said(connection))
        assert (answer.status, answer.code) == (431, "HEADERS_TOO_LARGE")
        assert answer.headers["connection"] == "close"
        assert str(HEAD_MAX_BYTES) in answer.body.decode()

    def test_within_the_limit_are_read(self, url: str, cast: Cast) -> None:
        headers = {**cast.headers(cast.riverside), "x-long": "x" * (HEAD_MAX_BYTES - 2000)}
        assert httpx.get(f"{url}/v1/sex", headers=headers).status_code == 200

    @pytest.mark.parametrize(
        "sent",
        [
            b"nonsense\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"POST /v1/patient HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"POST /v1/patient HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
            GET + b"X-Bad : x\r\n\r\n",
            GET + b" folded: x\r\n\r\n",
            GET + b"X-Nul: a\0b\r\n\r\n",
        ],
        ids=["words", "tls", "two lengths", "contradicting lengths", "a space", "a folded line", "a nul"],
    )
    def test_that_are_no_http_are_400_in_the_published_shape(self, url: str, sent: bytes) -> None:
        with connected(url) as connection:
            connection.sendall(sent)
            answer = parsed(said(connection))
        assert (answer.status, answer.code) == (400, "INVALID_PARAMS")


class TestSlowSenders:
    @pytest.mark.parametrize(
        ("first", "then", "status"),
        [
            (b"", b"", 0),
            (b"", b"\r\n", 0),
            (b"GET /v1/sex", b"x", 408),
            (GET, b"X: y\r\n", 408),
            (b"POST /v1/patient HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", b" ", 408),
            (b"POST /v1/patient HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 408),
        ],
        ids=["nothing", "empty lines", "the address", "headers", "a body", "chunks"],
    )
    def test_are_cut_off(self, url: str, first: bytes, then: bytes, status: int) -> None:
        with connected(url) as connection:
            connection.sendall(first)
            started, found = time.monotonic(), b""
            while not found and time.monotonic() - started < LATE_SECONDS:
                try:
                    connection.sendall(then)
                    connection.settimeout(0.3)
                    found = connection.recv(65_536)
                    if not found:
                        break
                except TimeoutError:
                    continue
                except ConnectionError:
                    break
            lasted = time.monotonic() - started
        assert SECONDS - 0.5 < lasted < LATE_SECONDS
        if status:
            answer = parsed(found)
            assert (answer.status, answer.code) == (status, "REQUEST_TIMEOUT")

    def test_the_time_of_a_second_request_begins_with_it(self, url: str, cast: Cast) -> None:
        keys = "".join(f"{name}: {value}\r\n" for name, value in cast.headers(cast.riverside).items()).encode()
        with connected(url) as connection:
            for _ in range(3):
                connection.sendall(GET + keys + b"\r\n")
                assert parsed(said(connection, SECONDS * 0.7)).status == 200
            connection.sendall(GET)
            assert parsed(said(connection, LATE_SECONDS)).status == 408

    def test_a_body_that_is_not_wanted_is_not_waited_for_either(self, url: str) -> None:
        with connected(url) as connection:
            connection.sendall(GET + b"Content-Length: 1000\r\n\r\n")
            started = time.monotonic()
            assert parsed(said(connection, LATE_SECONDS)).status == 401
            assert time.monotonic() - started < LATE_SECONDS

    def test_a_body_without_end_is_cut_off_after_its_refusal(self, url: str, cast: Cast) -> None:
        headers = {**cast.headers(cast.riverside), "content-type": "application/json", "content-length": str(10**10)}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        piece, sent = b"x" * 1_000_000, 0
        with connected(url) as connection:
            connection.sendall(b"POST /v1/patient HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n")
            with suppress(ConnectionError):
                while sent < 2 * 10**8:
                    connection.sendall(piece)
                    sent += len(piece)
        assert sent < 10**8


class TestManyConnections:
    def test_one_more_takes_the_place_of_who_owes_us_a_request_for_longest(self, cast: Cast) -> None:
        with ExitStack() as stack:
            url = stack.enter_context(serving(create_app(cast.settings), Bounds(60, 60, ROOM)))
            slow = [stack.enter_context(connected(url)) for _ in range(ROOM + 5)]
            for connection in slow:
                connection.sendall(b"GET /v1/s")
            for _ in range(10):
                answer = httpx.get(f"{url}/v1/sex", headers=cast.headers(cast.riverside))
                assert answer.status_code == 200
            assert said(slow[0], 5) == b""
            slow[-1].sendall(b"ex HTTP/1.1\r\n\r\n")
            assert parsed(said(slow[-1], 2)).status == 401

    def test_when_all_are_being_answered_one_more_is_told_to_come_back(self, url: str, cast: Cast) -> None:
        keys = "".join(f"{name}: {value}\r\n" for name, value in cast.headers(cast.riverside).items()).encode()
        with ExitStack() as stack:
            busy = [stack.enter_context(connected(url)) for _ in range(ROOM)]
            for connection in busy:
                connection.sendall(GET + keys + b"OpenPrac-Fault: slow=4\r\n\r\n")
            time.sleep(1)
            with connected(url) as connection:
                answer = parsed(said(connection, 10))
            assert (answer.status, answer.code) == (503, "SERVICE_UNAVAILABLE")
            assert answer.headers["retry-after"] == "1"
            for connection in busy:
                assert parsed(said(connection, 6)).status == 200
        assert httpx.get(f"{url}/v1/sex", headers=cast.headers(cast.riverside)).status_code == 200
