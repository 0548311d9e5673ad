"""Texts of up to a megabyte that are made to cost time, each by a rule of HTML, of CSS or of this reader."""

import base64
import itertools
from collections.abc import Callable
from functools import partial

from openprac.notes.elements import ELEMENTS
from openprac.notes.limits import INPUT_MAX_CHARACTERS, TAGS_MAX

_SIZE = INPUT_MAX_CHARACTERS
_MOST = TAGS_MAX - 10


def _fill(unit: str, tags: int = _MOST) -> str:
    """`unit` as often as the bounds on characters and tags let through."""
    count = _SIZE // len(unit)
    if "<" in unit:
        count = min(count, tags // unit.count("<"))
    return unit * count


def _numbered(template: str) -> str:
    """`template` with its `{}` counted up in hexadecimal, as often as it fits: no two are the same."""
    unit = len(template.format("000000"))
    count = min(_SIZE // unit, _MOST // max(1, template.count("<")))
    return "".join(template.format(f"{number:06x}") for number in range(count))


def _padded(text: str) -> str:
    """`text`, then junk attributes up to the limit: the dearest company for many tags."""
    rest = _SIZE - len(text) - 10
    return f"{text}<p {'a ' * (rest // 2)}>"


def _image(size: int) -> str:
    content = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(size)
    return f'<img src="data:image/png;base64,{base64.b64encode(content).decode()}">'


SIZES: dict[str, Callable[[], str]] = {
    **{f"{name} unclosed": partial(_fill, f"<{name}>") for name in ELEMENTS},
    **{f"{name} 20,000 unclosed": partial(_fill, f"<{name}>", 20_000) for name in ("div", "ul", "b", "svg", "center")},
    "100,000 nested div": lambda: "<div>" * 100_000 + "</div>" * 100_000,
    "49,000 nested div": lambda: "<div>" * 24_500 + "x" + "</div>" * 24_500,
    "pairs at depth": lambda: "<div>" * 99 + _fill("<div></div>", _MOST - 100),
    "paragraphs at depth": lambda: "<span>" * 98 + _fill("<p>x", _MOST - 100),
    "stray end tags at depth": lambda: "<i><table><tr><td>" + "<span>" * 90 + _fill("</i>", _MOST - 100),
    "items at depth": lambda: "<li>" + "<span>" * 97 + _fill("<li>x", _MOST - 100),
    "formatting opened anew": lambda: (
        "<p>" + "".join(f'<i style="color:#{n:06x}">' for n in range(90)) + _fill("<p>x", _MOST - 100)
    ),
    "formatting in a table": lambda: (
        "<table>" + "".join(f'<i style="color:#{n:06x}">' for n in range(90)) + _fill("<tr>a", _MOST - 100)
    ),
    "adoption": lambda: _fill("<i><div></i>"),
    "adoption, interleaved": lambda: _fill("<i><u><em><strong><p></i></u></em></strong>"),
    "nested tables": lambda: _fill("<table><tr><td>"),
    "text between cells": lambda: _fill("<table>x<tr>y<td>z"),
    "cells only": lambda: "<table>" + _fill("<td>"),
    "rows and text": lambda: "<table>" + _fill("<tr>x"),
    "columns": lambda: "<table>" + _fill("<col>x"),
    "captions": lambda: "<table>" + _fill("<caption>"),
    "breaks": lambda: _fill("<br>"),
    "foreign": lambda: _fill("<svg><math><mi>"),
    "templates": lambda: _fill("<template><select>"),
    "less-than signs": lambda: "<" * _MOST,
    "less-than signs, spaced": lambda: _fill("<" + " x" * 9),
    "tag openings": lambda: _fill("<a "),
    "tag openings, quoted": lambda: _fill('<a b="'),
    "tag openings, two quotes": lambda: _fill('<a b="" c="') + '" <',
    "tag openings, both quotes": lambda: _fill("<a b='\"' c=\"'") + "\"' <>",
    "tag names": lambda: "<" + "a" * (_SIZE - 2) + ">",
    "tag names, odd": lambda: "<" + "a:" * (_SIZE // 2 - 2) + "@>",
    "spaces in a tag": lambda: "<p" + " " * (_SIZE - 3) + ">",
    "slashes in a tag": lambda: "<p" + "/" * (_SIZE - 3) + ">",
    "comments": lambda: _fill("<!---->"),
    "comments unclosed": lambda: _fill("<!--"),
    "comments unclosed, far": lambda: _fill("<!--" + "-" * 16),
    "declarations": lambda: _fill("<!x"),
    "instructions": lambda: _fill("<?x?>"),
    "scripts": lambda: _fill("<script></script>"),
    "scripts unclosed": lambda: _fill("<script>"),
    "scripts, ends that are none": lambda: "<script>" + _fill("</scriptx>"),
    "styles with text": lambda: _fill("<style>a</style>b"),
    "attributes": lambda: "<p " + "a " * (_SIZE // 2 - 4) + ">",
    "attributes, different": lambda: f"<p {''.join(f'a{n} ' for n in range(140_000))}>",
    "attributes, equal signs": lambda: "<p " + "=" * (_SIZE - 5) + ">",
    "attributes with values": lambda: "<p " + 'a="b"' * (_SIZE // 5 - 4) + ">",
    "attributes of many tags": lambda: _fill("<p a b c d e f g h>"),
    "style repeated in a tag": lambda: "<p " + "style " * (_SIZE // 6 - 4) + ">",
    "styles, all different": lambda: _numbered('<p style="color:#{}">'),
    "styles, all different, within the bound": lambda: _numbered('<p style="color:#{}">')[: 20 * 9_900],
    "styles, few tags": lambda: _fill(f'<p style="{"color:red;" * 399}">'),
    "style of a megabyte": lambda: f'<p style="{"color:red;" * 99_000}">',
    "style of commas": lambda: _fill(f'<p style="font-family:{"a," * 1_900}a">'),
    "style of spaces": lambda: _fill(f'<p style="color:{" " * 3_900}red">'),
    "style of digits": lambda: _fill(f'<p style="width:{"1" * 3_900}px">'),
    "style of colons": lambda: _fill(f'<p style="{":;" * 1_990}">'),
    "style of parentheses": lambda: _fill(f'<p style="color:{"rgb(" * 990}">'),
    "style of references": lambda: _fill(f'<p style="{"&#59;" * 790}">'),
    "borders": lambda: _numbered('<p style="border:1px solid #{}">'),
    "alt texts": lambda: _numbered('<img alt="{}" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'),
    "references": lambda: _fill("&amp;"),
    "references, most": lambda: "&amp;" * 149_000 + "a" * 250_000,
    "references, most different": lambda: "".join(f"&#{n};" for n in range(30_000, 49_900)) * 7,
    "references, most unknown": lambda: "".join(f"&z{n};" for n in range(19_900)) * 7,
    "references of digits": lambda: ("<p dir='&#" + "9" * 9_000 + ";'>") * 90,
    "references, long": lambda: _fill("&CounterClockwiseContourIntegral;"),
    "references, unknown": lambda: _fill("&zzzz"),
    "references, numeric": lambda: _fill("&#1;"),
    "references to returns": lambda: _fill("&#13;"),
    "references of zeros": lambda: "&#" + "0" * (_SIZE - 4),
    "ampersands, most": lambda: "&" * 149_000,
    "ampersands": lambda: "&" * _SIZE,
    "references and tags": lambda: _fill("<i>&amp;&lt;</i>&gt;"),
    "image": lambda: _image(740_000),
    "image, broken": lambda: _image(740_000)[:-6] + '*">',
    "image of references": lambda: f'<img src="data:image/png;base64,{"&#65;" * 190_000}">',
    "image of known references": lambda: f'<img src="data:image/png;base64,{"&#43;" * 190_000}">',
    "image of spaces": lambda: f'<img src="data:image/png;base64,{" " * 900_000}">',
    "images": lambda: _fill(_image(40)),
    "images, bad": lambda: _fill("<img src=x>"),
    "plain": lambda: "a" * _SIZE,
    "wide": lambda: "漢" * _SIZE,
    "nulls": lambda: "\0" * _SIZE,
    "returns": lambda: "\r" * _SIZE,
    "halves of pairs": lambda: "\ud800" * _SIZE,
    "marks of order": lambda: "\ufeff" * _SIZE,
    "tags and junk attributes": lambda: _padded("<i></i>" * (_MOST // 2 - 10)),
    "blocks, depth and junk attributes": lambda: _padded("<div>" * 98 + "<p></p>" * (_MOST // 2 - 110)),
    "tables and junk attributes": lambda: _padded("<table>x" * (_MOST - 10)),
    "styles and junk attributes": lambda: _padded(_numbered('<p style="color:#{}">')[: 20 * 9_900]),
    "everything": lambda: _padded(
        "".join(
            itertools.islice(itertools.cycle(["<div>x", "<table>y", "</table>", '<i dir="ltr">', "</div>"]), _MOST - 9)
        )
    ),
}
