"""Files told from their first bytes: what a name says counts only where the content leaves the choice."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openprac.attachments.file_types import FIRST_BYTES, OCTETS, FileType, tell_type

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
OOXML = "application/vnd.openxmlformats-officedocument."


def zipped(*names: str, mimetype: str | None = None) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        if mimetype:
            archive.writestr(zipfile.ZipInfo("mimetype"), mimetype)
        for name in names:
            archive.writestr(name, "<x/>" * 50)
    return made.getvalue()[:FIRST_BYTES]


def media(brand: bytes, *others: bytes) -> bytes:
    box = b"ftyp" + brand + bytes(4) + b"".join(others)
    return (len(box) + 4).to_bytes(4, "big") + box + bytes(50)


DOCX = zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml")
ODT = "application/vnd.oasis.opendocument.text"


@pytest.mark.parametrize(
    ("name", "content", "content_type", "extension"),
    [
        ("a.pdf", b"%PDF-1.7\n%\xe2\xe3", "application/pdf", "pdf"),
        ("a.pdf", b"\x1b%-12345X@PJL\r\n%PDF-1.4\n\xe2\0", "application/pdf", "pdf"),
        ("a.PNG", PNG, "image/png", "png"),
        ("a.JPEG", b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg", "jpg"),
        ("a.gif", b"GIF89a\1\0", "image/gif", "gif"),
        ("a.webp", b"RIFF\1\0\0\0WEBPVP8 ", "image/webp", "webp"),
        ("a.wav", b"RIFF\1\0\0\0WAVEfmt ", "audio/wav", "wav"),
        ("a.tif", b"II*\0\x08\0\0\0", "image/tiff", "tiff"),
        ("a.tif", b"MM\0*\0\0\0\x08", "image/tiff", "tiff"),
        ("a.bmp", b"BM" + bytes(12) + b"\x28\0\0\0", "image/bmp", "bmp"),
        ("a.heic", media(b"heic", b"mif1"), "image/heic", "heic"),
        ("a.heic", media(b"mif1", b"mif1", b"heic"), "image/heic", "heic"),
        ("a.avif", media(b"avif", b"mif1"), "image/avif", "avif"),
        ("a.mp4", media(b"isom", b"iso2", b"mp41"), "video/mp4", "mp4"),
        ("a.mov", media(b"qt  "), "video/quicktime", "mov"),
        ("a.m4a", media(b"M4A ", b"isom"), "audio/mp4", "m4a"),
        ("a.mp3", b"ID3\4\0" + bytes(20), "audio/mpeg", "mp3"),
        ("a.mp3", b"\xff\xfb\x90\x64" + bytes(20), "audio/mpeg", "mp3"),
        ("a.webm", b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\x82\x84webm", "video/webm", "webm"),
        ("a.dcm", bytes(128) + b"DICM\2\0", "application/dicom", "dcm"),
        ("a.rtf", b"{\\rtf1\\ansi", "application/rtf", "rtf"),
        ("a.zip", zipped("a.txt"), "application/zip", "zip"),
        ("a.docx", DOCX, f"{OOXML}wordprocessingml.document", "docx"),
        ("a.docm", DOCX, "application/vnd.ms-word.document.macroEnabled.12", "docm"),
        ("a.xlsx", zipped("[Content_Types].xml", "xl/workbook.xml"), f"{OOXML}spreadsheetml.sheet", "xlsx"),
        ("a.pptx", zipped("[Content_Types].xml"), f"{OOXML}presentationml.presentation", "pptx"),
        ("a.odt", zipped("content.xml", mimetype=ODT), ODT, "odt"),
        ("a.doc", OLE, "application/msword", "doc"),
        ("a.bin", OLE + "Workbook".encode("utf-16-le"), "application/vnd.ms-excel", "xls"),
        ("a.txt", "Ann, 12 °C\n".encode(), "text/plain", "txt"),
        ("a.txt", "Ann".encode("utf-16"), "text/plain", "txt"),
        ("a.txt", "Größe".encode("latin-1"), "text/plain", "txt"),
        ("a.csv", b"a;b\r\n1;2\r\n", "text/csv", "csv"),
        ("a.json", b'{"a": ' + b"1" * 5000, "application/json", "json"),
        ("a", b'[{"a": 1}]', "application/json", "json"),
        ("a.xml", b'<?xml version="1.0"?><a/>', "application/xml", "xml"),
        ("a.hl7", b"MSH|^~\\&|x\rPID|1\r", "text/plain", "hl7"),
        ("a.ics", b"BEGIN:VCALENDAR\r\n", "text/calendar", "ics"),
        ("model.stl", b"\0\1\2\3", OCTETS, "stl"),
    ],
)
def test_a_file_that_is_what_its_name_says(name: str, content: bytes, content_type: str, extension: str) -> None:
    assert tell_type(name, content) == FileType(content_type, extension)


@pytest.mark.parametrize(
    ("name", "content", "content_type", "extension"),
    [
        ("report.pdf", b"<!DOCTYPE html><html>", "text/html", "html"),
        ("report.pdf", b"\xef\xbb\xbf \n<ScRiPt>alert(1)</script>", "text/html", "html"),
        ("report.pdf", "<html>".encode("utf-16"), "text/html", "html"),
        ("report.txt", b"<body onload=x>\xff", "text/html", "html"),
        ("report.pdf", b"<p>\xff\xfe\0\1", "text/html", "html"),
        ("report.pdf", b"<html>\xff%PDF-1.4", "text/html", "html"),
        ("photo.png", b"<svg onload='x'/>", "image/svg+xml", "svg"),
        ("photo.png", b'<?xml version="1.0"?>\n<svg xmlns="x"/>', "image/svg+xml", "svg"),
        ("data.xml", b'<?xml version="1.0"?><html xmlns="x"/>', "text/html", "html"),
        ("report.pdf", b"plain words", "text/plain", "txt"),
        ("report.pdf", b"\0\1\2\3", OCTETS, "bin"),
        ("report.pdf", b"MZ\x90\0\3\0", OCTETS, "bin"),
        ("report.txt", b"#!/bin/sh\nrm -r x", OCTETS, "bin"),
        ("photo.jpg", b"\x7fELF\2\1", OCTETS, "bin"),
        ("photo.jpg", PNG, "image/png", "png"),
        ("letter.docx", zipped("a.txt"), "application/zip", "zip"),
        ("letter.pdf", DOCX, f"{OOXML}wordprocessingml.document", "docx"),
        ("sheet.xlsx", DOCX, f"{OOXML}wordprocessingml.document", "docx"),
        ("photo.zip", zipped("META-INF/MANIFEST.MF"), "application/java-archive", "jar"),
        ("setup.msi", OLE, "application/x-ole-storage", "ole"),
        ("song.mp3", b"MZ and words", "text/plain", "txt"),
        ("BM.txt", b"BMI 24, stable", "text/plain", "txt"),
        ("a.json", b"no json", "text/plain", "txt"),
        ("x.pdf", b"", OCTETS, "bin"),
    ],
)
def test_where_content_and_name_differ_the_content_wins(
    name: str, content: bytes, content_type: str, extension: str
) -> None:
    assert tell_type(name, content) == FileType(content_type, extension)


@pytest.mark.parametrize("name", ["a.html", "a.htm", "a.xhtml", "a.svg", "a.xml", "a.js", "a.mjs", "a.eml", "a.pdf"])
@pytest.mark.parametrize("content", [b"<html>", b"<svg>", b"<?xml?><a/>", b"<!-- x --><script>", b"<a href=x>"])
def test_what_a_browser_could_run_is_served_as_octets(name: str, content: bytes) -> None:
    assert tell_type(name, content).download_type == OCTETS


@pytest.mark.parametrize(
    ("name", "content"), [("a.js", b"alert(1)"), ("a.html", b"hello"), ("a.css", b"a{}"), ("a.eml", b"From: x")]
)
def test_a_script_is_told_by_its_name_and_served_as_octets(name: str, content: bytes) -> None:
    told = tell_type(name, content)
    assert told.content_type != "text/plain"
    assert told.download_type == OCTETS


@pytest.mark.parametrize(
    ("name", "content"), [("a.pdf", b"%PDF-1.4"), ("a.png", PNG), ("a.txt", b"x"), ("a.docx", DOCX)]
)
def test_what_is_inert_is_served_as_what_it_is(name: str, content: bytes) -> None:
    told = tell_type(name, content)
    assert told.download_type == told.content_type


def test_a_letter_cut_in_two_at_the_end_is_still_text() -> None:
    content = ("x" + "é" * FIRST_BYTES).encode()[:FIRST_BYTES]
    assert tell_type("a.txt", content) == FileType("text/plain", "txt")


@given(
    st.text(max_size=40),
    st.one_of(st.binary(max_size=300), st.text(max_size=100).map(lambda t: t.encode("utf-8", "replace"))),
)
def test_any_name_and_any_content_have_a_type(name: str, content: bytes) -> None:
    told = tell_type(name, content)
    assert told.extension.isascii()
    assert told.extension.isalnum()
    assert told.extension == told.extension.lower()
    assert "/" in told.content_type


@given(
    st.sampled_from(["<script>", "<html>", "<SVG/onload=x>", "<!--x", "<?xml?>", "<iframe "]),
    st.binary(max_size=60),
    st.text(max_size=5),
)
def test_markup_at_the_start_is_never_served_as_anything_a_browser_runs(tag: str, rest: bytes, name: str) -> None:
    assert tell_type(f"{name}.pdf", b" \n" + tag.encode() + rest).download_type == OCTETS
