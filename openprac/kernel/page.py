"""The envelope of a list: one array under the resource's plural, total_entries, and links to its neighbours."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from openprac.kernel.query import Query
from openprac.kernel.shape import ENCODER


def envelope(key: str, rows: Sequence[Any], total: int, query: Query, url: str) -> bytes:
    """`previous` is absent on the first page, `next` on the last. Links keep the caller's own query."""
    rest = quote(query.rest, safe="%=&+,:;/?@!$'()*~") if query.rest else ""
    links = {"self": _link(url, rest, query.page)}
    if query.page > 1:
        links["previous"] = _link(url, rest, query.page - 1)
    if query.offset + len(rows) < total and rows:
        links["next"] = _link(url, rest, query.page + 1)
    return ENCODER.encode({key: rows, "total_entries": total, "links": links})


def _link(url: str, rest: str, page: int) -> str:
    return f"{url}?page={page}{'&' if rest else ''}{rest}"
