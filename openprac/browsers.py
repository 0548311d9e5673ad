"""What is said to browsers alone: HSTS where TLS stands before us, and CORS for origins that are named."""

import re
from collections.abc import Sequence

Headers = list[tuple[str, str]]

METHODS = "GET, POST, PATCH, DELETE"
REQUEST_HEADERS = "a-api-key, x-api-key, content-type, idempotency-key, if-match, openprac-fault"
EXPOSED = (
    "etag, idempotency-replayed, location, openprac-ignored, ratelimit, ratelimit-policy, retry-after, x-request-id"
)
PREFLIGHT_SECONDS = 600


_ORIGIN = re.compile(r"https?://[a-z0-9.\-]{1,253}(:[0-9]{1,5})?", re.ASCII)


def origins_of(text: str) -> tuple[str, ...]:
    """`https://app.example.com, http://localhost:3000`. Raises ValueError for what no browser would send."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for origin in found:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin!r} is no origin")
    return found


class Browsers:
    def __init__(self, origins: Sequence[str], hsts_seconds: int) -> None:
        """Origins exactly as browsers spell them, `https://app.example.com`; none: no CORS at all. 0: no HSTS."""
        self._origins = frozenset(origin.encode() for origin in origins)
        self._hsts = [("strict-transport-security", f"max-age={hsts_seconds}")] if hsts_seconds else []

    def preflight(self, method: str, headers: Sequence[tuple[bytes, bytes]]) -> Headers | None:
        """Of the answer (204) to a browser that asks whether it may ask; None where it did not, or may not."""
        if method != "OPTIONS" or _value(headers, b"origin") not in self._origins:
            return None
        if not _value(headers, b"access-control-request-method"):
            return None
        return [
            ("access-control-allow-methods", METHODS),
            ("access-control-allow-headers", REQUEST_HEADERS),
            ("access-control-max-age", str(PREFLIGHT_SECONDS)),
        ]

    def headers(self, headers: Sequence[tuple[bytes, bytes]], *, secure: bool) -> Headers:
        """What every answer carries besides, whatever it is. secure: the caller came by TLS."""
        found = list(self._hsts) if secure else []
        if self._origins:
            found.append(("vary", "origin"))
            if (origin := _value(headers, b"origin")) in self._origins:
                found.append(("access-control-allow-origin", origin.decode()))
                found.append(("access-control-expose-headers", EXPOSED))
        return found


def _value(headers: Sequence[tuple[bytes, bytes]], wanted: bytes) -> bytes:
    return next((value for name, value in headers if name == wanted), b"")
