"""Names of files as people write them, made safe to store, to show, to put into a key and into a header.

Pure functions. A name keeps its script, its spaces and its emoji; what goes is what opens a path, breaks a header,
turns the order of the letters round or cannot be seen.
"""

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import quote

FILE_NAME_MAX_CHARS = 255
OBJECT_NAME_MAX_BYTES = 200
DOWNLOAD_NAME_MAX_BYTES = 255  # what file systems take; it also keeps a presigned URL within proxies' 4 KB of headers
FALLBACK_NAME = "file"

_EXTENSION = re.compile(r"(?<=.)\.[^\s.]{1,16}\Z", re.DOTALL)
# Joiners shape Persian and Indic words and join emoji; the others are Arabic, Syriac and Kaithi signs with a glyph.
_JOINERS = "\u200c\u200d"
_KEPT_FORMATS = frozenset(
    _JOINERS + "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
# Control, surrogate, line and paragraph separator. Cf (bidi marks and overrides among them) has the exceptions above.
_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_KEY_ASCII = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.()")
_BACKOFF_MAX_CHARS = 32


def clean_file_name(raw: str) -> str:
    """The name we store and show: the last part of a path, NFC, at most 255 characters, extension kept.

    Raises ValueError, with a sentence for the caller, when nothing is left.
    """
    name = _visible(re.split(r"[/\\]", raw)[-1])
    if not name.strip(". "):
        raise ValueError("The file name is empty once folders and invisible characters are taken away.")
    return _trimmed(name, FILE_NAME_MAX_CHARS, len)


def object_name(file_name: str) -> str:
    """The last part of an S3 key for this file: letters, digits and symbols of any script, `-_.()`, at most 200 bytes.

    Everything else is a hyphen: the rest of ASCII is what S3 advises against or what a URL must escape. A name
    without anything usable becomes `file`. Never raises.
    """
    name = "".join(char if _fits_key(char) else "-" for char in _visible(re.split(r"[/\\]", file_name)[-1]))
    name = _trimmed(_edges(re.sub(r"-{2,}", "-", name)), OBJECT_NAME_MAX_BYTES, _bytes)
    return _edges(name) or FALLBACK_NAME


def content_disposition(file_name: str) -> str:
    """The value of a Content-Disposition that downloads under this name: RFC 6266, ASCII and UTF-8 form. Never raises.

    Pure ASCII without any character that could end the quoted string or be taken for an escape in it.
    """
    name = _visible(re.split(r"[/\\]", file_name)[-1])
    name = _trimmed(name, DOWNLOAD_NAME_MAX_BYTES, _bytes) if name.strip(". ") else FALLBACK_NAME
    decomposed = unicodedata.normalize("NFKD", name)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char) and char not in _KEPT_FORMATS)
    plain = re.sub(r"[^ -~]|[\"\\/%]", "_", plain)
    if not re.search(r"[A-Za-z0-9]", _EXTENSION.sub("", plain)):
        plain = FALLBACK_NAME + "".join(_EXTENSION.findall(plain))
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _visible(text: str) -> str:
    """NFC without characters that cannot be seen or that reorder the others, and without space around it."""
    kept = (
        char
        for char in text
        if (unicodedata.category(char) not in _DROPPED_CATEGORIES or char in _KEPT_FORMATS)
        and (ord(char) & 0xFFFE) != 0xFFFE
        and not 0xFDD0 <= ord(char) <= 0xFDEF
    )
    return unicodedata.normalize("NFC", "".join(kept)).strip().strip(_JOINERS).strip()


def _fits_key(char: str) -> bool:
    if char.isascii():
        return char in _KEY_ASCII
    return unicodedata.category(char)[0] in "LMN" or unicodedata.category(char) in ("So", "Sk") or char in _JOINERS


def _edges(name: str) -> str:
    """A key's last part starts with no dot, hyphen or mark, and ends with no dot or hyphen."""
    start = 0
    while start < len(name) and (name[start] in "-." + _JOINERS or unicodedata.category(name[start])[0] == "M"):
        start += 1
    return name[start:].rstrip("-." + _JOINERS)


def _trimmed(name: str, limit: int, measure: Callable[[str], int]) -> str:
    """`name`, with the end of its stem cut so that it measures at most `limit`; its extension stays."""
    if measure(name) <= limit:
        return name
    found = _EXTENSION.search(name)
    extension = found[0] if found else ""
    stem = name[: len(name) - len(extension)]
    room = limit - measure(extension)
    end = min(len(stem), room)
    while measure(stem[:end]) > room:
        end -= 1
    # Not inside a letter with its marks or an emoji with its joiners, unless somebody piled up hundreds of them.
    whole = end
    while whole > max(0, end - _BACKOFF_MAX_CHARS) and _continues(stem, whole):
        whole -= 1
    if whole and not _continues(stem, whole):
        end = whole
    return stem[:end].rstrip().rstrip(_JOINERS).rstrip() + extension


def _continues(text: str, index: int) -> bool:
    """Whether the character at `index` is drawn as a part of the one before."""
    if index >= len(text):
        return False
    here = text[index]
    joined = index > 0 and text[index - 1] == "\u200d"
    return joined or here in _JOINERS or unicodedata.category(here)[0] == "M" or "\U0001f3fb" <= here <= "\U0001f3ff"


def _bytes(text: str) -> int:
    return len(text.encode())
