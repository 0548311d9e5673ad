"""What is not the API: documentation, health and metrics. Plain Starlette; assets come from an installed package."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from openprac import metrics
from openprac.errors import Unavailable
from openprac.kernel.database import Database

# No inline script and nothing from elsewhere; Redoc styles itself inline and searches in a worker made of a blob.
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

DOCS_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>openprac: PracSuite API v1</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body style="margin:0">
<redoc spec-url="/openapi.json" hide-download-button="false"></redoc>
<script src="/docs/assets/redoc/bundles/redoc.standalone.js"></script>
</body>
</html>
"""


class Health(Protocol):
    @property
    def database(self) -> Database: ...
    @property
    def uploads(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Pages:
    app: Starlette
    paths: frozenset[str]


def create_pages(openapi: Callable[[], bytes], services: Health) -> Pages:
    """The pages of one process. openapi gives the document as JSON; it is asked once."""
    kept: dict[str, bytes] = {}

    def document() -> bytes:
        if "json" not in kept:
            kept["json"] = openapi()
        return kept["json"]

    async def ready(_: Request) -> Response:
        """200 when requests can be answered: the database is there. Only files wait for the store."""
        try:
            await services.database.check()
        except Unavailable:
            return JSONResponse({"database": "away"}, status_code=503)
        return JSONResponse({"database": "ok"})

    async def openapi_json(_: Request) -> Response:
        return Response(document(), media_type="application/json")

    async def openapi_yaml(_: Request) -> Response:
        return Response(await asyncio.to_thread(_as_yaml, document()), media_type="application/yaml")

    routes: list[Route | Mount] = [
        Route("/", _home),
        Route("/docs", _docs),
        Route("/openapi.json", openapi_json),
        Route("/openapi.yaml", openapi_yaml),
        Route("/healthz", _alive),
        Route("/readyz", ready),
        Route("/metrics", _metrics),
    ]
    paths = frozenset(route.path for route in routes)
    routes.append(Mount("/docs/assets", StaticFiles(directory=_assets())))
    return Pages(Starlette(routes=routes), paths)


def _assets() -> str:
    """The folder of the package that ships Redoc. Found, not imported: its code wants Django, its files do not."""
    spec = find_spec("drf_spectacular_sidecar")
    assert spec is not None, "the package drf-spectacular-sidecar is not installed"
    assert spec.submodule_search_locations, "drf-spectacular-sidecar is not a package"
    return f"{spec.submodule_search_locations[0]}/static/drf_spectacular_sidecar"


async def _home(_: Request) -> Response:
    return RedirectResponse("/docs")


async def _docs(_: Request) -> Response:
    return HTMLResponse(DOCS_PAGE, headers={"content-security-policy": CSP, "x-content-type-options": "nosniff"})


async def _alive(_: Request) -> Response:
    """The process answers; nothing else is asked."""
    return JSONResponse({"status": "ok"})


async def _metrics(_: Request) -> Response:
    content, media_type = await asyncio.to_thread(metrics.render)
    return Response(content, media_type=media_type)


def _as_yaml(document: bytes) -> bytes:
    import yaml  # a rare page, and 2 MB of memory

    return yaml.safe_dump(msgspec.json.decode(document), sort_keys=False, allow_unicode=True).encode()
