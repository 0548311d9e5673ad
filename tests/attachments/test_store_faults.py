"""What the file store makes of servers that fail, and what it refuses to sign: no server is needed."""

import asyncio
import contextlib
import dataclasses
import socket
import time
import traceback
from collections.abc import AsyncIterator, Sequence

import pytest

from openprac.attachments.store import (
    ObjectChanged,
    Store,
    StoreError,
    StoreSettings,
    StoreUnavailable,
)
from tests.attachments.test_store_contract import download, upload

ANYWHERE = StoreSettings("https://s3.example.com", None, "us-east-1", "clinic", "AKIDEXAMPLE", "example-secret")


@contextlib.asynccontextmanager
async def answering(
    *answers: bytes | None, call_seconds: float = 0.5, pauses_seconds: Sequence[float] = ()
) -> AsyncIterator[tuple[Store, list[str]]]:
    """A store whose n-th connection gets the n-th answer (empty: reset, None: silence), and what it was asked."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n", 1)[0])
        answer = answers[min(len(asked), len(answers)) - 1]
        if answer is None:
            await reader.read()  # until the client hangs up
        elif answer:
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    there = dataclasses.replace(ANYWHERE, endpoint=endpoint)
    store = Store(there, call_seconds=call_seconds, transfer_seconds=0.5, pauses_seconds=pauses_seconds)
    try:
        yield store, asked
    finally:
        await store.close()
        server.close()


def response(status: str, body: bytes = b"") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


async def test_a_patient_caller_gets_what_comes_after_a_failure() -> None:
    answers = (response("503 Slow Down"), response("500 Internal Error"), response("200 OK"))
    async with answering(*answers, call_seconds=20, pauses_seconds=(0.01, 0.01)) as (store, asked):
        await store.check()
        assert len(asked) == 3
    async with answering(*answers, call_seconds=20, pauses_seconds=(0.01,)) as (store, asked):
        with pytest.raises(StoreUnavailable):
            await store.check()
        assert len(asked) == 2


async def test_a_closed_port_is_unavailable_at_once() -> None:
    with socket.socket() as bound:  # held without listening, so nobody else gets it meanwhile
        bound.bind(("127.0.0.1", 0))
        store = Store(dataclasses.replace(ANYWHERE, endpoint=f"http://127.0.0.1:{bound.getsockname()[1]}"))
        started = time.monotonic()
        for call in (store.check(), store.head("secret-key"), store.delete("secret-key"), store.ensure_bucket()):
            with pytest.raises(StoreUnavailable) as raised:
                await call
            assert "secret-key" not in "".join(traceback.format_exception(raised.value))
        assert time.monotonic() - started < 2
        await store.close()


@pytest.mark.parametrize(
    ("answer", "error", "requests"),
    [
        (None, StoreUnavailable, 1),
        (b"", StoreUnavailable, 2),
        (b"no HTTP at all\r\n\r\n", StoreUnavailable, 2),
        (response("500 Internal Server Error"), StoreUnavailable, 1),
        (response("503 Slow Down", b"<Error><Code>SlowDown</Code></Error>"), StoreUnavailable, 1),
        (response("429 Too Many Requests"), StoreUnavailable, 1),
        (response("301 Moved Permanently", b"<Error><Code>PermanentRedirect</Code></Error>"), StoreUnavailable, 1),
        (response("403 Forbidden", b"<Error><Code>RequestTimeTooSkewed</Code></Error>"), StoreUnavailable, 1),
        (response("412 Precondition Failed"), ObjectChanged, 1),
        (response("400 Bad Request"), StoreUnavailable, 1),
        (response("400 Bad Request", b"<Error><Code>ExpiredToken</Code></Error>"), StoreUnavailable, 1),
        (response("400 Bad Request", b"<Error><Code>InvalidArgument</Code></Error>"), StoreError, 1),
        # A copy that fails after its headers are out.
        (response("200 OK", b'<?xml version="1.0"?><Error><Code>InternalError</Code></Error>'), StoreUnavailable, 1),
    ],
)
async def test_every_failure_has_its_error(answer: bytes | None, error: type[StoreError], requests: int) -> None:
    async with answering(answer) as (store, asked):
        with pytest.raises(StoreError) as raised:
            await store.copy("secret-key", "secret-key-2", etag='"0"', content_type="text/plain")
        assert type(raised.value) is error
        assert len(asked) == requests
        assert "secret-key" not in str(raised.value)


async def test_a_call_on_a_connection_that_was_reset_is_repeated_once() -> None:
    async with answering(b"", response("200 OK", b"hello")) as (store, asked):
        assert await store.read("a") == b"hello"
        assert len(asked) == 2


async def test_a_server_that_ignores_the_range_is_cut_off() -> None:
    async with answering(response("200 OK", b"x" * 100_000)) as (store, _):
        assert await store.read("a", first_bytes=10) == b"x" * 10


# What is refused before anything is asked


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "a/../b", "./a", "a\nb", "a\0", "x" * 1025, "é" * 513])
async def test_a_key_that_servers_read_differently_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="A key has"):
        upload(Store(ANYWHERE), key)
    with pytest.raises(ValueError, match="A key has"):
        await Store(ANYWHERE).head(key)


def test_a_form_is_not_made_for_a_pattern_or_no_time() -> None:
    with pytest.raises(ValueError, match="filename"):
        upload(Store(ANYWHERE), "temp/${filename}")
    for seconds in (0, -1, 604_801):
        with pytest.raises(ValueError, match="seconds"):
            upload(Store(ANYWHERE), "a", seconds=seconds)


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("https://s3.ap-southeast-2.amazonaws.com", "https://clinic.s3.ap-southeast-2.amazonaws.com/"),
        ("https://clinic.s3.ap-southeast-2.amazonaws.com/", "https://clinic.s3.ap-southeast-2.amazonaws.com/"),
        ("https://files.example.com", "https://files.example.com/clinic"),
        ("http://[::1]:9000/", "http://[::1]:9000/clinic"),
        ("https://example.com/storage/s3", "https://example.com/storage/s3/clinic"),
    ],
)
def test_the_bucket_is_in_the_path_and_at_aws_in_the_host(endpoint: str, url: str) -> None:
    assert upload(Store(dataclasses.replace(ANYWHERE, endpoint=endpoint, bucket="clinic")), "a").url == url


def test_secrets_stay_out_of_what_is_printed_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    lent = dataclasses.replace(ANYWHERE, session_token="lent-token")
    url = download(Store(lent), "a")
    assert ANYWHERE.secret_access_key not in repr(lent) + caplog.text
    assert "lent-token" not in repr(lent) + caplog.text
    assert url.rsplit("=", 1)[1] not in caplog.text
