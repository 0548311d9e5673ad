"""The demo's documents are real PDF and PNG files."""

import re
import struct
import zlib

import pytest

from openprac.attachments.file_types import tell_type
from openprac.demo.documents import DOCUMENTS, FOLDERS, Document, body_of
from openprac.demo.paper import Page, pdf, png

PDFS = [document for document in DOCUMENTS if document.file_name.endswith(".pdf")]
PNGS = [document for document in DOCUMENTS if document.file_name.endswith(".png")]


def by_name(document: Document) -> str:
    return document.file_name


def objects_of(file: bytes) -> dict[int, bytes]:
    """The objects of a PDF as a reader finds them: from the end of the file, over its table."""
    assert file.startswith(b"%PDF-1.4\n%")
    tail = re.search(rb"trailer\n<< /Size (\d+) /Root 1 0 R /Info 3 0 R >>\nstartxref\n(\d+)\n%%EOF\n\Z", file)
    assert tail
    size, xref = int(tail[1]), int(tail[2])
    assert file[xref:].startswith(b"xref\n0 %d\n" % size)
    table = file[xref + len(b"xref\n0 %d\n" % size) : tail.start()]
    entries = [table[start : start + 20] for start in range(0, len(table), 20)]
    assert len(entries) == size
    assert entries[0] == b"0000000000 65535 f \n"
    found = {}
    for number, entry in enumerate(entries[1:], start=1):
        assert re.fullmatch(rb"\d{10} 00000 n \n", entry)
        start = int(entry[:10])
        assert file[start:].startswith(b"%d 0 obj\n" % number)
        found[number] = file[start : file.index(b"\nendobj\n", start)]
    return found


@pytest.mark.parametrize("document", PDFS, ids=by_name)
def test_a_pdf_leads_from_its_end_to_every_object(document: Document) -> None:
    objects = objects_of(body_of(document))
    assert b"/Type /Catalog /Pages 2 0 R" in objects[1]
    count = re.search(rb"/Kids \[([^]]*)\] /Count (\d+)", objects[2])
    assert count
    kids = [int(number) for number in re.findall(rb"(\d+) 0 R", count[1])]
    assert len(kids) == int(count[2]) >= 1
    for kid in kids:
        assert b"/Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]" in objects[kid]
        for font in re.findall(rb"/[RBO] (\d+) 0 R", objects[kid]):
            assert b"/Type /Font" in objects[int(font)]
        content = re.search(rb"/Contents (\d+) 0 R", objects[kid])
        assert content
        stream = re.fullmatch(
            rb"\d+ 0 obj\n<< /Length (\d+) >>\nstream\n(.*)\nendstream", objects[int(content[1])], re.DOTALL
        )
        assert stream
        assert len(stream[2]) == int(stream[1])


@pytest.mark.parametrize("document", PDFS, ids=by_name)
def test_a_pdf_page_holds_whole_operations_on_the_page(document: Document) -> None:
    number = r"-?\d+(?:\.\d+)?"
    text = rf"BT /[RBO] {number} Tf ({number}) ({number}) Td \((?:[^()\\]|\\.)*\) Tj ET"
    path = rf"(?:1 J 1 j )?{number} w {number} {number} m(?: (?:{number} {number} )+[lc])* S"
    band = rf"q {number} g {number} {number} {number} {number} re f Q"
    streams = re.findall(rb"stream\n(.*?)\nendstream", body_of(document), re.DOTALL)
    assert streams
    for line in b"\n".join(streams).decode("ascii").split("\n"):
        assert re.fullmatch(rf"{text}|{path}|{band}", line), line
        if found := re.match(text, line):
            assert 0 < float(found[1]) < 595
            assert 0 < float(found[2]) < 842


@pytest.mark.parametrize("document", PNGS, ids=by_name)
def test_a_png_has_whole_chunks_and_as_many_pixels_as_it_says(document: Document) -> None:
    file = body_of(document)
    assert file.startswith(b"\x89PNG\r\n\x1a\n")
    position, chunks = 8, []
    while position < len(file):
        (length,) = struct.unpack_from(">I", file, position)
        name, body = file[position + 4 : position + 8], file[position + 8 : position + 8 + length]
        assert struct.unpack_from(">I", file, position + 8 + length) == (zlib.crc32(name + body),)
        chunks.append((name, body))
        position += 12 + length
    assert position == len(file)
    assert [name for name, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, colour = struct.unpack(">IIBB", chunks[0][1][:10])
    rows = zlib.decompress(chunks[1][1])
    assert depth == 8
    assert len(rows) == height * (1 + width * {0: 1, 2: 3}[colour])
    assert len(set(rows)) > 50


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_a_document_is_what_its_name_says_and_small(document: Document) -> None:
    body = body_of(document)
    assert tell_type(document.file_name, body).extension == document.file_name.rpartition(".")[2]
    assert 1_000 < len(body) < 50_000
    assert document.folder in (None, *FOLDERS)
    assert body == document.make()


def test_text_in_a_pdf_may_hold_brackets_and_letters_beyond_ascii() -> None:
    page = Page()
    page.text(1, 2, 3, "(a) \\ 95° – ü")
    assert page.content == b"BT /R 3 Tf 1 2 Td (\\(a\\) \\\\ 95\\260 \\226 \\374) Tj ET"
    assert objects_of(pdf("A (title)", [page]))[3].endswith(b"/Title (A \\(title\\)) /Producer (openprac demo) >>")
    with pytest.raises(UnicodeEncodeError):
        page.text(1, 2, 3, "梅")


def test_a_picture_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(ValueError, match="2 by 2 pixels are 4 bytes, not 3"):
        png(2, 2, b"abc")
