"""Vendor and account keys: 256 random bits behind a readable prefix, with a checksum. Pure: no database, no clock.

The database holds the SHA-256 of a key alone. A fast digest is enough, because there is nothing to guess in 256
random bits; the checksum only tells a mistyped or cut key from an unknown one without a round trip.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Literal
from zlib import crc32

PREFIXES = {"vendor": "opv_", "account": "opa_"}
RANDOM_BITS = 256
BODY_CHARS = 43  # the fewest base62 digits that hold 256 bits
CHECKSUM_CHARS = 6  # the fewest that hold a CRC-32
HINT_CHARS = 4

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGIT_SET = frozenset(_DIGITS)


@dataclass(frozen=True, slots=True)
class NewKey:
    """The secret is shown once and stored nowhere; hash and hint are what the database keeps."""

    secret: str = field(repr=False)
    hash: bytes
    hint: str


def new_key(kind: Literal["vendor", "account"]) -> NewKey:
    """A fresh key: prefix, 43 random base62 characters, 6 of checksum over both."""
    start = PREFIXES[kind] + _base62(secrets.randbits(RANDOM_BITS), BODY_CHARS)
    return known_key(start + _checksum(start))


def known_key(secret: str) -> NewKey:
    """What the database keeps of a key that exists already (the demo's, which lie in a file)."""
    return NewKey(secret, hash_key(secret), key_hint(secret))


def hash_key(secret: str) -> bytes:
    """The 32 bytes a key is looked up by. Takes any text at all, lone surrogates included."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def key_hint(secret: str) -> str:
    """What lists show of a key: its prefix and its last four characters."""
    return secret[: len(PREFIXES["vendor"])] + secret[-HINT_CHARS:]


def looks_valid(secret: str) -> bool:
    """Whether the text is a whole key with a right checksum, of either kind; says nothing about who knows it."""
    if not secret.startswith(tuple(PREFIXES.values())):
        return False
    start, checksum = secret[:-CHECKSUM_CHARS], secret[-CHECKSUM_CHARS:]
    body = start[len(PREFIXES["vendor"]) :]
    return len(body) == BODY_CHARS and _DIGIT_SET.issuperset(body) and checksum == _checksum(start)


def _checksum(start: str) -> str:
    return _base62(crc32(start.encode()), CHECKSUM_CHARS)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
