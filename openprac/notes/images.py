"""Images of a note: data URIs whose bytes are what their type says."""

import binascii
import re

# The first bytes of each type that may be sent; `.` is any byte.
_FIRST_BYTES = {
    "png": rb"\x89PNG\r\n\x1a\n....IHDR",
    "jpeg": rb"\xff\xd8\xff",
    "jpg": rb"\xff\xd8\xff",
    "gif": rb"GIF8[79]a",
    "webp": rb"RIFF....WEBPVP8[ LX]",
}
_MAGICS = {subtype: re.compile(pattern, re.DOTALL) for subtype, pattern in _FIRST_BYTES.items()}
_HEAD = re.compile(rf"[ \t\n\f\r]*+data:image/({'|'.join(_FIRST_BYTES)});base64,", re.IGNORECASE)
_SPACES = str.maketrans("", "", " \t\n\f\r")
# Careful encoders write these characters of base64 as references. Only these are resolved: a flood of other ones in a
# megabyte of "image" would cost what resolving each in Python costs.
_REFERENCES = (
    *(("&#43;", "+"), ("&#x2b;", "+"), ("&#x2B;", "+"), ("&plus;", "+")),
    *(("&#47;", "/"), ("&#x2f;", "/"), ("&#x2F;", "/"), ("&sol;", "/")),
    *(("&#61;", "="), ("&#x3d;", "="), ("&#x3D;", "="), ("&equals;", "=")),
    *(("&#10;", ""), ("&#13;", ""), ("&#xa;", ""), ("&#xd;", ""), ("&#xA;", ""), ("&#xD;", ""), ("&#32;", "")),
)


def checked_image(source: str) -> str | None:
    """The `src` of an image in its one spelling, or None for all that is not an inline PNG, JPEG, GIF or WebP.

    `source` is as written, references not yet resolved. White space inside the base64 goes, as in a browser.
    """
    head = _HEAD.match(source)
    if head is None:
        return None
    encoded = source[head.end() :]
    if "&" in encoded:
        for reference, character in _REFERENCES:
            encoded = encoded.replace(reference, character)
    try:
        content = binascii.a2b_base64(encoded.translate(_SPACES).encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    subtype = head[1].lower()
    if not _MAGICS[subtype].match(content):
        return None
    return f"data:image/{subtype};base64,{binascii.b2a_base64(content, newline=False).decode('ascii')}"
