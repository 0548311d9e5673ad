"""Images stay if their bytes are what their type says; otherwise all of the image goes."""

import base64

import pytest

from openprac.notes.sanitize import sanitize

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF"
GIF = b"GIF89a\1\0\1\0"
WEBP = b"RIFF\x24\0\0\0WEBPVP8L"
CONTENT = {"png": PNG, "jpeg": JPEG, "jpg": JPEG, "gif": GIF, "webp": WEBP}


def uri(subtype: str, content: bytes) -> str:
    return f"data:image/{subtype};base64,{base64.b64encode(content).decode()}"


@pytest.mark.parametrize("subtype", CONTENT)
def test_an_image_of_a_published_type_stays_as_it_is(subtype: str) -> None:
    html = f'<p>a<img src="{uri(subtype, CONTENT[subtype])}">b</p>'
    assert sanitize(html) == html


@pytest.mark.parametrize("said", CONTENT)
@pytest.mark.parametrize(
    "content", [PNG, JPEG, GIF, WEBP, b"", b"<svg onload=alert(1)>", b"BM", b"RIFF\x24\0\0\0WAVEfmt "]
)
def test_an_image_whose_bytes_are_something_else_goes(said: str, content: bytes) -> None:
    kept = content == CONTENT[said]
    assert ("<img" in sanitize(f'a<img src="{uri(said, content)}" alt="x">b')) == kept


@pytest.mark.parametrize(
    "spelling",
    [
        "DATA:Image/GIF;BASE64,R0lGODlhAQABAAAAACw=",
        "data:image/gif;base64,R0lG\n  ODlhAQAB\tAAAAACw&#61;",
        " data:image/gif;base64,R0lGODlhAQABAAAAACw=",
    ],
)
def test_an_image_written_another_way_is_written_in_one(spelling: str) -> None:
    assert sanitize(f'<img src="{spelling}">') == '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'


@pytest.mark.parametrize(
    "source",
    [
        "",
        "x.gif",
        "https://example.com/x.gif",
        "//example.com/x.gif",
        "data:image/gif,R0lGODlhAQABAAAAACw=",
        "data:image/gif;base64,R0lGODlhAQABAAAAACw",  # padding is missing
        "data:image/gif;base64,R0lGODlhAQABAAAAACw==",
        "data:image/gif;base64,R0lGODlhAQABAAAAACw=AAAA",
        "data:image/gif;base64,R0lGODlhAQABAAAAACw=*",
        "data:image/gif;base64,R0lGODlh*AQABAAAAACw=",
        "data:image/gif;base64,R0lGODlhAQABAAAAACw=#x",
        "data:image/gif;base64,R0lGODlhAQABAAAAACw%3D",
        "data:image/gif;base64,R0lGODlh-_ABAAAAACw=",  # the alphabet of addresses
        "data:image/gif;base64,&#82;0lGODlhAQABAAAAACw=",
        "data:image/gif;charset=utf-8;base64,R0lGODlhAQABAAAAACw=",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:image/avif;base64,R0lGODlhAQABAAAAACw=",
        "data:text/html;base64,R0lGODlhAQABAAAAACw=",
        "javascript:alert(1)",
    ],
)
def test_any_other_source_takes_the_image_away_and_nothing_else(source: str) -> None:
    assert sanitize(f'<p>a<img src="{source}" alt="x" width="1">b</p>') == "<p>ab</p>"


def test_of_two_sources_the_first_counts() -> None:
    good = uri("gif", GIF)
    assert sanitize(f'<img src="{good}" src="javascript:alert(1)">') == f'<img src="{good}">'
    assert sanitize(f'<img src="javascript:alert(1)" src="{good}">') == ""


def test_characters_no_text_can_hold_are_taken_away() -> None:
    assert sanitize("a\0b\ufdd0c\ufdd1d\ufdd2e<scr\0ipt>f</script>") == "abcde"
    assert sanitize("&#xfdd1;x&#0;") == "x\ufffd"
    assert sanitize("half \ud83d of a pair") == "half \ufffd of a pair"
    assert sanitize("\ufeff&#xfeff;a\ufeffb") == "a\ufeffb"
