"""Names of files in any script and from any hand, stored, put into a key and sent in a header."""

import re
import unicodedata
from email.message import Message
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openprac.attachments.file_names import (
    DOWNLOAD_NAME_MAX_BYTES,
    FILE_NAME_MAX_CHARS,
    OBJECT_NAME_MAX_BYTES,
    clean_file_name,
    content_disposition,
    object_name,
)

BENIGN = (
    "referral letter.pdf",
    "Überweisung März 2026.pdf",
    "تقرير الأشعة.pdf",
    "می‌خواهم.txt",  # with a zero-width non-joiner, which Persian needs
    "检查报告 2026.docx",
    "レントゲン写真.jpg",
    "हिन्दी रिपोर्ट.odt",
    "👩‍⚕️ 🧑🏽‍🦽 notes.txt",
    'Ann\'s "best" scan (2) 50%.png',
    ".hidden",
    "no extension",
    "archive.tar.gz",
)
UNWANTED = "\u202e\u202a\u2066\u2069\u200f\u061c\u200b\u2028\ufeff\ufffe\ud800\x00\r\n\t\x7f\x85"
SPECIAL = UNWANTED + "/\\\"'%;.- \u0301\u200d\U000e0041$"
raw_names = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from(SPECIAL), st.sampled_from("ab.é报👩")), max_size=600
)
extensions = st.from_regex(r"[A-Za-z0-9]{1,10}", fullmatch=True)
long_stems = st.text(alphabet=st.sampled_from("ab é报👩\u200d\u0301़"), min_size=0, max_size=900).map(lambda s: "x" + s)
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def cleaned(raw: str) -> str | None:
    try:
        return clean_file_name(raw)
    except ValueError:
        return None


def sent(header: str) -> tuple[str, str]:
    """The plain and the UTF-8 name, read by a strict pattern of RFC 6266 and RFC 8187."""
    found = re.fullmatch(
        r"attachment; filename=\"([^\"\\%\x00-\x1f\x7f-\uffff]*)\"; filename\*=UTF-8''([A-Za-z0-9_.~%-]+)", header
    )
    assert found, header
    return found[1], unquote(found[2], errors="strict")


# The name we store


@pytest.mark.parametrize("name", BENIGN)
def test_a_benign_name_is_kept_as_it_is(name: str) -> None:
    assert unicodedata.is_normalized("NFC", name)
    assert clean_file_name(name) == name
    assert sent(content_disposition(name))[1] == name


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (r"C:\fakepath\scan.pdf", "scan.pdf"),
        ("/etc/passwd", "passwd"),
        ("../../scan.pdf", "scan.pdf"),
        (r"a/b\c.pdf", "c.pdf"),
        ("cafe\u0301.pdf", "café.pdf"),
        ("report\u202efdp.exe", "reportfdp.exe"),
        ("a\r\nSet-Cookie: b.pdf", "aSet-Cookie: b.pdf"),
        ("a\0.pdf", "a.pdf"),
        ("  scan.pdf \t", "scan.pdf"),
        ("\ufeffscan.pdf", "scan.pdf"),
    ],
)
def test_folders_and_unseen_characters_go(raw: str, expected: str) -> None:
    assert clean_file_name(raw) == expected


@pytest.mark.parametrize("raw", ["", " ", ".", "..", "a/", "a\\", "\u202e", "\0\r\n", "/..", "\u200d", ". ."])
def test_a_name_of_which_nothing_is_left_is_an_error_with_a_sentence(raw: str) -> None:
    with pytest.raises(ValueError, match=r"^The file name is empty .*\.$"):
        clean_file_name(raw)


@given(raw_names)
def test_a_clean_name_is_visible_bounded_and_stays_as_it_is(raw: str) -> None:
    name = cleaned(raw)
    if name is None:
        return
    assert 1 <= len(name) <= FILE_NAME_MAX_CHARS
    assert not UNSEEN.search(name)
    assert not re.search(r"[/\\]", name)
    assert name not in (".", "..")
    assert name == name.strip()
    assert unicodedata.is_normalized("NFC", name)
    assert clean_file_name(name) == name


@given(long_stems, extensions)
def test_the_extension_is_kept_however_long_the_name(stem: str, extension: str) -> None:
    name = f"{stem}.{extension}"
    assert clean_file_name(name).endswith(f".{extension}")
    assert object_name(name).endswith(f".{extension}")
    assert sent(content_disposition(name))[0].endswith(f".{extension}")
    assert sent(content_disposition(name))[1].endswith(f".{extension}")


def test_a_name_is_not_cut_inside_a_letter() -> None:
    assert clean_file_name("x" * 248 + "👩‍⚕️👩‍⚕️👩‍⚕️.pdf") == "x" * 248 + ".pdf"
    assert clean_file_name("x" * 250 + "q\u0323\u0301.pdf") == "x" * 250 + ".pdf"


# The name in a key


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("example-file.txt", "example-file.txt"),
        ("referral letter (2).pdf", "referral-letter-(2).pdf"),
        ("../../etc/passwd", "passwd"),
        (".htaccess", "htaccess"),
        ("...", "file"),
        ("", "file"),
        ("???", "file"),
        ("a/..", "file"),
        ("${filename}.pdf", "filename-.pdf"),
        ("a+b%41&c=d?e#f;g:h@i,j'k\"l.txt", "a-b-41-c-d-e-f-g-h-i-j-k-l.txt"),
        ("检查报告 2026.docx", "检查报告-2026.docx"),
        ("تقرير.pdf", "تقرير.pdf"),
        ("👩‍⚕️.txt", "👩‍⚕️.txt"),
        ("\u0301a.txt", "a.txt"),
    ],
)
def test_a_key_keeps_letters_of_any_script_and_little_else(name: str, expected: str) -> None:
    assert object_name(name) == expected


@given(raw_names)
def test_the_name_in_a_key_is_safe_bounded_and_stays_as_it_is(raw: str) -> None:
    name = object_name(raw)
    assert 1 <= len(name.encode()) <= OBJECT_NAME_MAX_BYTES
    assert not UNSEEN.search(name)
    assert re.fullmatch(r"[A-Za-z0-9_.()\-\u0080-\U0010ffff]+", name)
    assert not name.startswith((".", "-"))
    assert unicodedata.is_normalized("NFC", name)
    assert object_name(name) == name


# The name in a header


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("scan.pdf", "scan.pdf"),
        ("Überweisung März.pdf", "Uberweisung Marz.pdf"),
        ('a"; filename="evil.exe', "a__; filename=_evil.exe".replace("__", "_")),
        ("a%41.txt", "a_41.txt"),
        ("تقرير.pdf", "file.pdf"),
        ("检查报告 2026.docx", "____ 2026.docx"),
        ("", "file"),
        ("..", "file"),
    ],
)
def test_old_clients_get_an_ascii_name(name: str, plain: str) -> None:
    assert sent(content_disposition(name))[0] == plain


@given(raw_names)
def test_no_name_breaks_the_header(raw: str) -> None:
    header = content_disposition(raw)
    plain, name = sent(header)
    assert plain
    assert name
    assert len(name.encode()) <= DOWNLOAD_NAME_MAX_BYTES
    assert not re.search(r"[/\\]", plain + name)
    assert not UNSEEN.search(name)
    message = Message()
    message["content-disposition"] = header
    assert message.get_content_disposition() == "attachment"


@given(raw_names)
def test_the_header_says_the_stored_name(raw: str) -> None:
    name = cleaned(raw)
    if name is not None and len(name.encode()) <= DOWNLOAD_NAME_MAX_BYTES:
        assert sent(content_disposition(name))[1] == name
