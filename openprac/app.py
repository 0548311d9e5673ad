"""Routes, keys, one error handler, database and store: one ASGI application.

The way of a request: route -> keys (enter) -> rate -> permission -> handler -> answer. Whatever goes wrong on it
surfaces as an ApiError in Application._serve, and openprac/answers.py writes the body.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import IO, Any
from uuid import uuid4

import asyncpg

from openprac import __version__, api, logs, metrics
from openprac.answers import error_answer, headers_of
from openprac.attachments.store import Store, StoreSettings, StoreUnavailable
from openprac.attachments.uploads import Uploads
from openprac.browsers import Browsers, origins_of
from openprac.errors import ApiError, BodyTooLarge, ServerFault, Unauthorised, Unavailable, UnknownEndpoint
from openprac.faults import play_fault
from openprac.kernel.action import Endpoint
from openprac.kernel.audit import AuditSealer, ReadAudit
from openprac.kernel.call import Answer, Call, tagged
from openprac.kernel.caller import Caller, caller_from
from openprac.kernel.clock import Clock
from openprac.kernel.database import Database
from openprac.kernel.failures import Failures, pair_of
from openprac.kernel.idempotency import once
from openprac.kernel.limits import Limits
from openprac.kernel.openapi import document
from openprac.kernel.routes import Router
from openprac.kernel.shape import ENCODER, is_base_url
from openprac.kernel.shared import Memory
from openprac.kernel.slips import path_hint
from openprac.keys import hash_key
from openprac.pages import create_pages
from openprac.proxies import Proxies
from openprac.settings import Settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

FORGET_EVERY_SECONDS = 3600.0
WATCH_EVERY_SECONDS = 5.0
RESTART_AFTER_SECONDS = 5.0
KEY_HEADERS = (b"a-api-key", b"x-api-key")


@dataclass(slots=True)
class Services:
    """What handlers share in one process."""

    database: Database
    audit: ReadAudit
    uploads: Uploads
    clock: Clock
    strict_bodies: bool
    limits: Limits
    failures: Failures


class Disconnected(Exception):
    """The caller went away while sending: nobody is there to answer."""


def create_app(settings: Settings, memory: IO[bytes] | None = None) -> "Application":
    """The application of one process. DATABASE_URL and S3_ENDPOINT must be set: the supervisor fills them in.

    memory: what the workers of one server share; without it this process counts for itself.
    """
    assert settings.database_url, "DATABASE_URL is not set"
    assert settings.s3_endpoint, "S3_ENDPOINT is not set"
    database = Database(
        settings.database_url, size=settings.pool_size, clock_ahead_seconds=settings.clock_ahead_seconds
    )
    store = Store(
        StoreSettings(
            endpoint=settings.s3_endpoint,
            public_endpoint=settings.s3_public_endpoint,
            region=settings.s3_region,
            bucket=settings.s3_bucket,
            access_key_id=settings.s3_access_key_id or "",
            secret_access_key=settings.s3_secret_access_key or "",
            session_token=settings.s3_session_token,
        )
    )
    shared = Memory(memory)
    services = Services(
        database=database,
        audit=ReadAudit(database),
        uploads=Uploads(store),
        clock=Clock(timedelta(seconds=settings.clock_ahead_seconds)),
        strict_bodies=settings.strict_bodies,
        limits=Limits(shared),
        failures=Failures(shared, settings.key_failures_per_minute),
    )
    return Application(settings, services)


def openapi_document(settings: Settings) -> dict[str, Any]:
    """The OpenAPI 3.1 document of what such an instance serves."""
    base_url = settings.base_url or f"http://{settings.host}:{settings.port}"
    return document(api.served(extensions=settings.extensions), base_url=base_url, version=__version__)


class Application:
    """ASGI. Paths under /v1 and whatever nobody knows are the API's; the pages are Starlette's."""

    def __init__(self, settings: Settings, services: Services) -> None:
        self._settings = settings
        self.services = services
        self._proxies = Proxies(settings.trusted_proxies or "")
        self._browsers = Browsers(origins_of(settings.cors_origins or ""), settings.hsts_seconds)
        self._router = Router(api.served(extensions=settings.extensions))
        self._pages = create_pages(lambda: ENCODER.encode(openapi_document(settings)), services)
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["path"] in self._pages.paths or scope["path"].startswith("/docs/"):
            await self._pages.app(scope, receive, self._adding(scope, send))
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request_id = str(uuid4())
        method, path = scope["method"], scope["path"]
        match = self._router.match(method, path)
        call: Call | None = None
        try:
            try:
                if allowed := self._browsers.preflight(method, scope["headers"]):
                    await self._send(Answer(204, headers=allowed), scope, request_id, send)
                    return
                if match is None:
                    raise UnknownEndpoint(path_hint(method, path, self._router.known))
                body = await _read_body(match[0], scope, receive)
                call = self._call(match, scope, request_id, body)
                if self._settings.sandbox:
                    await play_fault(call.header(b"openprac-fault"), request_id)
                answer = await self._answer(call)
            except StoreUnavailable as error:
                raise Unavailable("The file store") from error
        except ApiError as error:
            answer = error_answer(error, request_id)
        except Disconnected:
            return
        except Exception as error:  # noqa: BLE001 - the last door: whatever it is, the caller gets the published shape
            logs.failure("unexpected", error, request_id=request_id)
            answer = error_answer(ServerFault(request_id), request_id)
        if call:
            answer.headers += call.standing
        await self._send(answer, scope, request_id, send)
        seconds = time.perf_counter() - started
        operation_id = match[0].id if match else None
        caller: Caller | None = getattr(call, "caller", None)  # unset until the keys were good
        metrics.observe(operation_id or "unknown", answer.status, seconds)
        logs.request_line(
            request_id,
            caller.tenant_id if caller else None,
            caller.vendor_id if caller else None,
            operation_id,
            method,
            answer.status,
            seconds * 1000,
        )

    async def _answer(self, call: Call) -> Answer:
        """Keys, rate, permission, then the handler, in that order."""
        endpoint, services = call.endpoint, self.services
        if not call.header(b"a-api-key"):  # tells nothing of any key: neither looked up nor counted
            raise Unauthorised
        account, vendor = hash_key(call.header(b"a-api-key")), hash_key(call.header(b"x-api-key"))
        pair = pair_of(account, vendor)
        counted = await services.failures.wait_turn(call.address, pair)
        async with services.database.enter(account, vendor) as (connection, found):
            try:
                caller = call.caller = caller_from(found)
            except (Unauthorised, UnknownEndpoint):
                services.failures.failed(call.address, pair, counted=counted)
                raise
            services.failures.succeeded(call.address, pair, counted=counted)
            services.audit.used(caller)
            if services.audit.is_full:
                await services.audit.flush()
            call.standing = await services.limits.take(connection, caller.vendor_id, found)
            caller.require(endpoint.permission)
            call.connection = connection
            if len(call.body) > endpoint.body_limit_bytes:
                raise BodyTooLarge(endpoint.body_limit_bytes)
            if not endpoint.transaction:
                answer = await endpoint.handler(call)
                return tagged(call, answer) if endpoint.tagged else answer
            async with connection.transaction():
                return await once(endpoint, call)

    def _call(self, match: tuple[Endpoint, dict[str, str]], scope: Scope, request_id: str, body: bytes) -> Call:
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            # Of a key given twice nobody knows which one a proxy looked at.
            headers[name] = b"" if name in KEY_HEADERS and name in headers else headers.get(name, value)
        return Call(
            self.services,
            match[0],
            request_id,
            match[1],
            scope["query_string"],
            headers,
            body,
            self._base(scope, headers),
            self._proxies.client_of(_peer(scope), scope["headers"]),
        )

    def _base(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        """The URL before every path of a link: the setting, else as the caller reached us."""
        if self._settings.base_url:
            return f"{self._settings.base_url}/v1"
        scheme = "https" if self._is_secure(scope) else scope["scheme"]
        base = f"{scheme}://{headers.get(b'host', b'').decode('latin-1')}"
        if not is_base_url(base):
            base = f"http://{self._settings.host}:{self._settings.port}"
        return f"{base}/v1"

    def _is_secure(self, scope: Scope) -> bool:
        """Whether the caller came by TLS, which ends before us."""
        by_setting = (self._settings.base_url or "").startswith("https://")
        return by_setting or self._proxies.is_secure(_peer(scope), scope["headers"])

    def _always(self, scope: Scope) -> list[tuple[str, str]]:
        return self._browsers.headers(scope["headers"], secure=self._is_secure(scope))

    async def _send(self, answer: Answer, scope: Scope, request_id: str, send: Send) -> None:
        answer.headers += self._always(scope)
        headers = headers_of(answer, request_id)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    def _adding(self, scope: Scope, send: Send) -> Send:
        """The same for the pages."""

        async def added(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = dict(message["headers"])
                headers[b"x-content-type-options"] = b"nosniff"
                headers |= {name.encode(): value.encode() for name, value in self._always(scope)}
                message["headers"] = list(headers.items())
            await send(message)

        return added

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.services.database.open()
        self._tasks = [
            asyncio.create_task(_kept_going(work))
            for work in (
                self.services.audit.run,
                AuditSealer(self.services.database, logs.audit_head).run,
                partial(self.services.uploads.run, self.services.database),
                self._forget,
                self._watch_pool,
            )
        ]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.services.uploads.store.close()
        await self.services.database.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _watch_pool(self) -> None:
        while True:
            metrics.observe_pool(*self.services.database.use())
            await asyncio.sleep(WATCH_EVERY_SECONDS)

    async def _forget(self) -> None:
        """Answers kept for retries go after a day."""
        while True:
            await asyncio.sleep(FORGET_EVERY_SECONDS)
            try:
                async with self.services.database.as_tenant(None) as connection:
                    await connection.execute("SELECT forget_idempotency_keys()")
            except (Unavailable, asyncpg.PostgresError) as error:
                logs.failure("forgetting old answers failed", error)


def _peer(scope: Scope) -> str | None:
    """The address at the other end of the connection; None for a socket that has none."""
    return scope["client"][0] if scope["client"] else None


async def _kept_going(work: Callable[[], Awaitable[None]]) -> None:
    """Background work, started again whatever ends it: one bad row must not stop the audit or the sweep for good."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - as above: the last door of what no request waits for
            logs.failure("background work failed", error)
            await asyncio.sleep(RESTART_AFTER_SECONDS)


async def _read_body(endpoint: Endpoint, scope: Scope, receive: Receive) -> bytes:
    """The body, read before a connection is taken; what is over the limit is cut one byte behind it."""
    if endpoint.method == "GET":
        return b""
    limit = endpoint.body_limit_bytes + 1
    chunks: list[bytes] = []
    size, more = 0, True
    while more and size < limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message.get("body", b"")
        chunks.append(chunk)
        size += len(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)[:limit]
