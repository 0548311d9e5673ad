"""Texts of the API -> values, strictly. Each function gives the value or raises ValueError with what is allowed."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID

BIGINT_MAX = 2**63 - 1

_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_LOCAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII)
_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?)([Zz]|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I | re.ASCII)
_TIME = re.compile(r"([0-9]{2}:[0-9]{2}(:[0-9]{2})?)Z?", re.ASCII)


def integer(text: str) -> int:
    if not _INTEGER.fullmatch(text) or not -BIGINT_MAX <= int(text) <= BIGINT_MAX:
        raise ValueError("an integer, for example 123")
    return int(text)


def uuid(text: str) -> UUID:
    if not _UUID.fullmatch(text):
        raise ValueError("a UUID, for example 6f1d8a52-3c0e-4b7e-9a53-0d1f7c2b9e44")
    return UUID(text)


def double(text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text):
        raise ValueError("a number, for example 12.50")
    return Decimal(text)


def boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("true or false")
    return text == "true"


def a_date(text: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("a date as yyyy-MM-dd, for example 2000-01-31")


def local_time(text: str) -> datetime:
    """A label of the clinic's clock, without offset."""
    try:
        if _LOCAL.fullmatch(text):
            return datetime.fromisoformat(text.upper())
    except ValueError:
        pass
    raise ValueError("a local date and time as yyyy-MM-ddTHH:mm:ss without offset, for example 2025-01-03T10:15:00")


def instant(text: str) -> datetime:
    """An instant with its zone, as UTC."""
    # An unescaped "+" of an offset arrives as a space.
    if len(text) > 6 and text[-6] == " ":
        text = f"{text[:-6]}+{text[-5:]}"
    match = _INSTANT.fullmatch(text)
    try:
        if match:
            fraction = (match[2] or ".0").ljust(7, "0")
            whole = match[1].split(".")[0].upper().replace(" ", "T")
            return datetime.fromisoformat(f"{whole}{fraction}{match[3].upper().replace('Z', '+00:00')}").astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError("an instant with its zone as yyyy-MM-ddTHH:mm:ssZ, for example 2024-06-01T00:00:00Z")


def a_time(text: str) -> time:
    match = _TIME.fullmatch(text)
    try:
        if match:
            return time.fromisoformat(match[1])
    except ValueError:
        pass
    raise ValueError("a time as HH:mm:ss, for example 08:30:00")
