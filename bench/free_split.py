"""Where the time of a search goes: `python -m bench.free_split < spec.json > result.json`, the service in this process.

No HTTP: the application is called as the server calls it. SQL is the time from saying a statement to having its rows,
driver included; encoding the making of the answer's objects and bytes; computing all the rest, routing and keys too.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg

from openprac.app import Application, create_app
from openprac.availability import api
from openprac.settings import Settings

WARM = 5
PARTS = ("sql", "computing", "encoding")
_spent = dict.fromkeys(PARTS, 0.0)


async def run(spec: dict[str, Any]) -> dict[str, dict[str, float]]:
    """By question the medians of its parts, in milliseconds."""
    for name in ("fetch", "fetchrow", "fetchval"):
        setattr(asyncpg.Connection, name, _said(getattr(asyncpg.Connection, name)))
    for name in ("rows_of", "envelope"):
        setattr(api, name, _encoded(getattr(api, name)))
    settings = Settings(
        data_dir=Path(spec["directory"]), database_url=spec["url"], s3_endpoint=spec["s3_endpoint"], pool_size=2
    )
    found = {}
    async with _running(create_app(settings)) as app:
        for question, (path, query, headers) in spec["questions"].items():
            scope = {
                "type": "http",
                "method": "GET",
                "scheme": "http",
                "path": path,
                "query_string": query.encode(),
                "client": ("127.0.0.1", 1),
                "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            }
            each = [await _asked(app, scope) for _ in range(WARM + spec["times"])][WARM:]
            found[question] = {part: median(one[part] for one in each) for part in PARTS}
    return found


@asynccontextmanager
async def _running(app: Application) -> AsyncIterator[Application]:
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    heard: asyncio.Queue[Any] = asyncio.Queue()
    life = asyncio.create_task(app({"type": "lifespan"}, told.get, heard.put))
    told.put_nowait({"type": "lifespan.startup"})
    await heard.get()
    yield app
    told.put_nowait({"type": "lifespan.shutdown"})
    await life


async def _asked(app: Application, scope: dict[str, Any]) -> dict[str, float]:
    """Milliseconds of each part."""

    async def send(message: Any) -> None:
        if message.get("status", 200) != 200:
            raise RuntimeError(f"{scope['path']} answered {message['status']}")

    async def receive() -> Any:
        raise RuntimeError("a GET has no body")

    for part in PARTS:
        _spent[part] = 0.0
    begun = time.perf_counter()
    await app(scope, receive, send)
    whole = time.perf_counter() - begun
    _spent["computing"] = whole - _spent["sql"] - _spent["encoding"]
    return {part: seconds * 1e3 for part, seconds in _spent.items()}


def _said(fetch: Callable[..., Any]) -> Callable[..., Any]:
    async def watched(*given: Any, **options: Any) -> Any:
        begun = time.perf_counter()
        try:
            return await fetch(*given, **options)
        finally:
            _spent["sql"] += time.perf_counter() - begun

    return watched


def _encoded(work: Callable[..., Any]) -> Callable[..., Any]:
    def watched(*given: Any, **options: Any) -> Any:
        begun = time.perf_counter()
        try:
            return work(*given, **options)
        finally:
            _spent["encoding"] += time.perf_counter() - begun

    return watched


if __name__ == "__main__":
    json.dump(asyncio.run(run(json.load(sys.stdin))), sys.stdout)
