"""The smallest writers of PDF 1.4 and PNG that every viewer reads: text, lines and pixels, nothing embedded."""

import struct
import zlib
from collections.abc import Iterable, Sequence

A4_POINTS = (595, 842)
_FONTS = {"R": "Helvetica", "B": "Helvetica-Bold", "O": "Helvetica-Oblique"}
_CIRCLE = 0.5523  # how far a Bézier curve's handles reach for a quarter of a circle, of its radius


class Page:
    """One A4 page, drawn in points from its lower left corner."""

    def __init__(self) -> None:
        self._operators: list[str] = []

    @property
    def content(self) -> bytes:
        return "\n".join(self._operators).encode("ascii")

    def text(self, x: float, y: float, size: float, text: str, font: str = "R") -> None:
        """One line that starts at x, y; `font` is R, B or O. ValueError for a character the fonts lack."""
        self._operators.append(f"BT /{font} {size} Tf {x} {y} Td {_literal(text)} Tj ET")

    def lines(self, points: Sequence[tuple[float, float]], width: float = 1) -> None:
        """Connected straight lines with round ends."""
        path = " ".join(f"{x} {y} {'l' if number else 'm'}" for number, (x, y) in enumerate(points))
        self._operators.append(f"1 J 1 j {width} w {path} S")

    def circle(self, x: float, y: float, radius: float, width: float = 1) -> None:
        k = _CIRCLE * radius
        right, top, left, bottom = x + radius, y + radius, x - radius, y - radius
        self._operators.append(
            f"{width} w {right} {y} m {right} {y + k:.2f} {x + k:.2f} {top} {x} {top} c "
            f"{x - k:.2f} {top} {left} {y + k:.2f} {left} {y} c {left} {y - k:.2f} {x - k:.2f} {bottom} {x} {bottom} c "
            f"{x + k:.2f} {bottom} {right} {y - k:.2f} {right} {y} c S"
        )

    def band(self, x: float, y: float, width: float, height: float, grey: float) -> None:
        """A filled rectangle; `grey` is 0 (black) to 1 (white)."""
        self._operators.append(f"q {grey} g {x} {y} {width} {height} re f Q")


def pdf(title: str, pages: Sequence[Page]) -> bytes:
    """A PDF file of these pages. The streams are not compressed, so the bytes are the same on every machine."""
    first_page = 4 + len(_FONTS)
    kids = " ".join(f"{first_page + 2 * number} 0 R" for number in range(len(pages)))
    fonts = " ".join(f"/{name} {4 + number} 0 R" for number, name in enumerate(_FONTS))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        f"<< /Title {_literal(title)} /Producer (openprac demo) >>".encode(),
    ]
    objects += [
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>".encode()
        for font in _FONTS.values()
    ]
    for number, page in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {A4_POINTS[0]} {A4_POINTS[1]}] "
            f"/Resources << /Font << {fonts} >> >> /Contents {first_page + 2 * number + 1} 0 R >>".encode()
        )
        content = page.content
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content))
    return _with_xref(objects)


def _with_xref(objects: Iterable[bytes]) -> bytes:
    """The objects numbered from 1, the table of where each starts, and the trailer that points to it."""
    # The second line's bytes over 127 tell transfer programs that the file is not text.
    file = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    starts = []
    for number, body in enumerate(objects, start=1):
        starts.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    xref = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(starts) + 1)
    file += b"".join(b"%010d 00000 n \n" % start for start in starts)
    file += b"trailer\n<< /Size %d /Root 1 0 R /Info 3 0 R >>\n" % (len(starts) + 1)
    file += b"startxref\n%d\n%%%%EOF\n" % xref
    return bytes(file)


def _literal(text: str) -> str:
    """A PDF string in ASCII: what the brackets would end and what ASCII lacks is escaped, in the fonts' encoding."""
    return "(" + "".join(_escaped(byte) for byte in text.encode("cp1252")) + ")"


def _escaped(byte: int) -> str:
    if byte in b"()\\":
        return "\\" + chr(byte)
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"


def png(width: int, height: int, pixels: bytes, *, colour: bool = False) -> bytes:
    """A PNG file of 8-bit pixels, row by row from the top: one byte each, or three (red, green, blue) with `colour`."""
    row_bytes = width * (3 if colour else 1)
    if len(pixels) != row_bytes * height:
        raise ValueError(f"{width} by {height} pixels are {row_bytes * height} bytes, not {len(pixels)}.")
    rows = b"".join(b"\0" + pixels[start : start + row_bytes] for start in range(0, len(pixels), row_bytes))
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if colour else 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
