"""What a file is, told from its first bytes and, where these leave a choice, from its name.

The content wins: `report.pdf` that holds HTML is HTML. Browsers are never asked to guess, and whatever they could run
is served as `application/octet-stream` (`FileType.download_type`).

The published member `file_type` of an attachment is a string without a documented form; openprac shows `extension`
there: `pdf`, `jpg`, `docx`, lower case, without a dot, one spelling a type.
"""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

FIRST_BYTES = 4096  # what a caller reads for `tell_type`; more is not looked at
OCTETS = "application/octet-stream"

_ACTIVE = frozenset(
    {"text/html", "image/svg+xml", "application/xml", "text/javascript", "text/css", "message/rfc822"}
    | {"application/java-archive"}
)


@dataclass(frozen=True, slots=True)
class FileType:
    """`content_type` is what the file is, `extension` how the API shows it (lower case, no dot)."""

    content_type: str
    extension: str

    @property
    def download_type(self) -> str:
        """The content type a download is served with: what a browser could run is `application/octet-stream`."""
        return OCTETS if self.content_type in _ACTIVE else self.content_type


class _Magic(NamedTuple):
    offset: int
    magic: bytes
    content_type: str
    extension: str


_MAGICS = (
    _Magic(0, b"%PDF-", "application/pdf", "pdf"),
    _Magic(0, b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    _Magic(0, b"\xff\xd8\xff", "image/jpeg", "jpg"),
    _Magic(0, b"GIF87a", "image/gif", "gif"),
    _Magic(0, b"GIF89a", "image/gif", "gif"),
    _Magic(0, b"II*\x00", "image/tiff", "tiff"),
    _Magic(0, b"MM\x00*", "image/tiff", "tiff"),
    _Magic(128, b"DICM", "application/dicom", "dcm"),
    _Magic(0, b"{\\rtf", "application/rtf", "rtf"),
    _Magic(0, b"ID3", "audio/mpeg", "mp3"),
    _Magic(0, b"OggS", "audio/ogg", "ogg"),
    _Magic(0, b"fLaC", "audio/flac", "flac"),
    _Magic(0, b"#!AMR", "audio/amr", "amr"),
    _Magic(0, b"\x1f\x8b", "application/gzip", "gz"),
    _Magic(0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", "7z"),
    _Magic(0, b"Rar!\x1a\x07", "application/vnd.rar", "rar"),
    _Magic(0, b"#!", OCTETS, "bin"),
    _Magic(0, b"\x7fELF", OCTETS, "bin"),
    _Magic(0, b"\xcf\xfa\xed\xfe", OCTETS, "bin"),  # Mach-O, as are the next two; the last is Java's too
    _Magic(0, b"\xce\xfa\xed\xfe", OCTETS, "bin"),
    _Magic(0, b"\xca\xfe\xba\xbe", OCTETS, "bin"),
)
_RIFF = {b"WEBP": ("image/webp", "webp"), b"WAVE": ("audio/wav", "wav"), b"AVI ": ("video/x-msvideo", "avi")}
# Brands of ISO media files; the first of a file's brands that stands here decides, and mp4 is what is left.
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), ("image/heic", "heic")),
    **dict.fromkeys((b"avif", b"avis"), ("image/avif", "avif")),
    **dict.fromkeys((b"M4A ", b"M4B "), ("audio/mp4", "m4a")),
    b"qt  ": ("video/quicktime", "mov"),
}
_OOXML = "application/vnd.openxmlformats-officedocument."
# For each folder of an Office zip: the extensions that a file of that kind may have, the plain one first.
_OFFICE = {
    b"word/": {
        "docx": f"{_OOXML}wordprocessingml.document",
        "docm": "application/vnd.ms-word.document.macroEnabled.12",
        "dotx": f"{_OOXML}wordprocessingml.template",
    },
    b"xl/": {
        "xlsx": f"{_OOXML}spreadsheetml.sheet",
        "xlsm": "application/vnd.ms-excel.sheet.macroEnabled.12",
        "xlsb": "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
    },
    b"ppt/": {
        "pptx": f"{_OOXML}presentationml.presentation",
        "pptm": "application/vnd.ms-powerpoint.presentation.macroEnabled.12",
    },
}
# Zips that begin with their own type, uncompressed: OpenDocument and EPUB.
_ZIP_MIMETYPES = {
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.graphics": "odg",
    "application/epub+zip": "epub",
}
_OLE = {
    "doc": ("WordDocument", "application/msword"),
    "xls": ("Workbook", "application/vnd.ms-excel"),
    "ppt": ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    "msg": ("__substg1.0_", "application/vnd.ms-outlook"),
}
# Text whose kind the name may tell, and the spelling shown.
_TEXTS = {
    "txt": ("text/plain", "txt"),
    "text": ("text/plain", "txt"),
    "log": ("text/plain", "log"),
    "md": ("text/markdown", "md"),
    "csv": ("text/csv", "csv"),
    "tsv": ("text/tab-separated-values", "tsv"),
    "html": ("text/html", "html"),
    "htm": ("text/html", "html"),
    "xhtml": ("text/html", "html"),
    "js": ("text/javascript", "js"),
    "mjs": ("text/javascript", "js"),
    "css": ("text/css", "css"),
    "eml": ("message/rfc822", "eml"),
}
# Extensions a content would have confirmed by now: a file that does not is not shown as one.
_CONFIRMED = (
    {row.extension for row in _MAGICS}
    | {extension for _, extension in (*_RIFF.values(), *_BRANDS.values())}
    | {extension for family in _OFFICE.values() for extension in family}
    | {*_ZIP_MIMETYPES.values(), *_OLE}
    | {"jpeg", "jpe", "tif", "bmp", "zip", "jar", "mp4", "m4v", "webm", "mkv", "heif", "dicom", "json", "xml", "svg"}
    | {"exe", "dll", "com", "scr", "msi", "vcf", "ics"}
)
_HTML = re.compile(
    r"<(!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|img|meta|link|form|!--)"
    r"(?=[\s>/]|\Z)|<!--",
    re.IGNORECASE,
)


def tell_type(file_name: str, first_bytes: bytes) -> FileType:
    """The type of a file called `file_name` whose content begins with `first_bytes` (up to 4,096). Never raises."""
    head = first_bytes[:FIRST_BYTES]
    said = _extension(file_name)
    told = _by_magic(head) or _container(head, said)
    if told is not None:
        return FileType(*told)
    text = _as_text(head, lenient=said in _TEXTS or said in ("json", "xml", "svg", "vcf", "ics"))
    if text is not None:
        return FileType(*_text_type(text, said, whole=len(first_bytes) < FIRST_BYTES))
    # Not text, and yet markup to a browser that guesses.
    if _markup(head):
        return FileType("text/html", "html")
    return FileType(OCTETS, _unconfirmed(said, otherwise="bin"))


def _by_magic(head: bytes) -> tuple[str, str] | None:
    for row in _MAGICS:
        if head.startswith(row.magic, row.offset):
            return row.content_type, row.extension
    if head[:2] == b"MZ" and b"\0" in head:  # two letters alone would make programs of texts
        return OCTETS, "bin"
    # A bitmap's two letters are as weak: its second header's length is among seven.
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in (12, 40, 52, 56, 64, 108, 124):
        return "image/bmp", "bmp"
    return None


def _container(head: bytes, said: str) -> tuple[str, str] | None:
    """Types that need a look inside: RIFF, ISO media, Matroska, zip, OLE, and MP3 without a tag."""
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        size = int.from_bytes(head[:4], "big")
        brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(size, len(head)) - 3, 4))]
        return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), ("video/mp4", "mp4"))
    if head[:4] == b"\x1aE\xdf\xa3":
        return ("video/webm", "webm") if b"webm" in head[:64] else ("video/matroska", "mkv")
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zip_type(head, said)
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return _ole_type(head, said)
    if said == "mp3" and len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        return "audio/mpeg", "mp3"
    # Readers, Adobe's first, look for the mark in the first 1,024 bytes: scanners and mailers put lines before it.
    if said == "pdf" and b"%PDF-" in head[:1024] and not _markup(head):
        return "application/pdf", "pdf"
    return None


def _markup(head: bytes) -> bool:
    """Whether a browser that guesses would take these bytes for HTML."""
    return bool(_HTML.match(head.removeprefix(codecs.BOM_UTF8).decode("latin-1").lstrip()))


def _zip_type(head: bytes, said: str) -> tuple[str, str]:
    names = list(_zip_names(head))
    if names[:1] == [b"mimetype"]:
        own = head[38:].split(b"PK\x03\x04", 1)[0].decode("latin-1")
        for content_type, extension in _ZIP_MIMETYPES.items():
            if own.startswith(content_type):
                return content_type, extension
    if any(name.startswith(b"META-INF/") for name in names):
        return "application/java-archive", "jar"
    folders = [folder for folder in _OFFICE if any(name.startswith(folder) for name in names)]
    # A big first part hides the folder; that it is an Office zip still shows, and then the name may say which.
    if not folders and any(name == b"[Content_Types].xml" or name.startswith(b"_rels/") for name in names):
        folders = [folder for folder, family in _OFFICE.items() if said in family]
    if folders:
        family = _OFFICE[folders[0]]
        extension = said if said in family else next(iter(family))
        return family[extension], extension
    return "application/zip", "zip"


def _zip_names(head: bytes) -> Iterator[bytes]:
    """The names in the local headers that can be seen; sizes are not followed, streamed zips leave them out."""
    for found in re.finditer(rb"PK\x03\x04", head):
        length = int.from_bytes(head[found.start() + 26 : found.start() + 28], "little")
        yield head[found.start() + 30 : found.start() + 30 + length]


def _ole_type(head: bytes, said: str) -> tuple[str, str]:
    for extension, (stream, content_type) in _OLE.items():
        if stream.encode("utf-16-le") in head:
            return content_type, extension
    # The directory mostly lies beyond the first bytes; the container fits the name, so the name is believed.
    return (_OLE[said][1], said) if said in _OLE else ("application/x-ole-storage", "ole")


def _as_text(head: bytes, *, lenient: bool) -> str | None:
    """The text, if it is one: UTF-8 or, with a byte order mark, UTF-16; without control characters.

    `lenient`: the name says text, so an 8-bit encoding of old exports will do.
    """
    encodings = ["utf-16"] if head[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig"]
    for encoding in [*encodings, "latin-1"] if lenient else encodings:
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(head)  # the last letter may be cut in two
        except UnicodeDecodeError:
            continue
        if text and not re.search(r"[\x00-\x08\x0b\x0e-\x1f\x7f]", text):
            return text
    return None


def _text_type(text: str, said: str, *, whole: bool) -> tuple[str, str]:
    start = text.lstrip()
    if start[:5].lower() == "<?xml" or start[:4].lower() == "<svg" or (said in ("xml", "svg") and start[:1] == "<"):
        root = re.search(r"<(?:\w+:)?(svg|html)\b", start, re.IGNORECASE)
        if root:
            return ("image/svg+xml", "svg") if root[1].lower() == "svg" else ("text/html", "html")
        return "application/xml", "xml"
    if _HTML.match(start):
        return "text/html", "html"
    if start.startswith("BEGIN:VCARD"):
        return "text/vcard", "vcf"
    if start.startswith("BEGIN:VCALENDAR"):
        return "text/calendar", "ics"
    if start[:1] in ("{", "[") and (said == "json" or (said not in _TEXTS and whole and _is_json(text))):
        return "application/json", "json"
    return _TEXTS.get(said) or ("text/plain", _unconfirmed(said, otherwise="txt"))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _extension(file_name: str) -> str:
    found = re.search(r"(?<=[^./\\])\.([A-Za-z0-9]{1,10})\Z", file_name)
    return found[1].lower() if found else ""


def _unconfirmed(said: str, *, otherwise: str) -> str:
    """The name's own extension, unless it names a type that the content has just not shown."""
    return said if said and said not in _CONFIRMED and said not in _TEXTS else otherwise
