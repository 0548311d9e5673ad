"""The inline CSS of a note: allowed properties, one a row, each with the grammar of its values.

Published are seven names (color, font-size, text-align, padding, width, height, border) and the families of the rows
below; the rows are openprac's reading of the families. Left out on purpose is what hides text or takes it elsewhere
(display:none, position, opacity, negative margins, sizes of nothing) and what loads anything.
"""

import re

from openprac.notes.grammar import Grammar, Length, colour, each_once, font_families, keywords, words
from openprac.notes.limits import STYLE_MAX_CHARACTERS

_ANY = keywords("inherit initial unset")
_AUTO = keywords("auto")
_SPACING = Length(0, 1_000)
_SIZE = Length(0, 5_000)
_LINE = Length(0, 100, percents=None)
_LINE_WIDTH = keywords("thin medium thick")
_LINE_STYLE = keywords("none hidden solid dashed dotted double groove ridge inset outset")
_FONT_SIZE = Length(4, 200, percents=(20, 600))
_FONT_SIZES = keywords("xx-small x-small small medium large x-large xx-large xxx-large smaller larger")
_FONT_WEIGHT = keywords("normal bold bolder lighter 100 200 300 400 500 600 700 800 900")
_DECORATION = keywords("none underline overline line-through")
_DECORATION_STYLE = keywords("solid double dotted dashed wavy")
_LIST_TYPE = keywords(
    "none disc circle square decimal decimal-leading-zero lower-alpha upper-alpha lower-latin upper-latin lower-roman"
    " upper-roman lower-greek"
)
_LIST_PLACE = keywords("inside outside")


def _one(*kinds: str) -> Grammar:
    return words(1, keywords(" ".join(kinds)), _ANY)


_BORDER = each_once(lambda word: _LINE(word) or _LINE_WIDTH(word), _LINE_STYLE, colour)
_SIDES = ("top", "right", "bottom", "left")

PROPERTIES: dict[str, Grammar] = {
    # text
    "color": words(1, colour, _ANY),
    "background-color": words(1, colour, _ANY),
    "background": words(1, colour, keywords("none"), _ANY),
    "font-family": font_families,
    "font-size": words(1, _FONT_SIZE, _FONT_SIZES, _ANY),
    "font-style": _one("normal italic oblique"),
    "font-variant": _one("normal small-caps"),
    "font-weight": words(1, _FONT_WEIGHT, _ANY),
    "letter-spacing": words(1, Length(-5, 50, percents=None), keywords("normal"), _ANY),
    "line-height": words(1, Length(4, 400, percents=(50, 1_000), plain=(0.5, 10)), keywords("normal"), _ANY),
    "text-decoration": each_once(*[_DECORATION] * 3, _DECORATION_STYLE, colour, _ANY),
    "text-decoration-color": words(1, colour, _ANY),
    "text-decoration-line": words(3, _DECORATION, _ANY),
    "text-decoration-style": words(1, _DECORATION_STYLE, _ANY),
    "text-transform": _one("none capitalize uppercase lowercase"),
    "white-space": _one("normal nowrap pre pre-wrap pre-line break-spaces"),
    "word-break": _one("normal break-all keep-all break-word"),
    "word-spacing": words(1, Length(-5, 100, percents=None), keywords("normal"), _ANY),
    "word-wrap": _one("normal break-word"),
    "overflow-wrap": _one("normal break-word anywhere"),
    # alignment
    "clear": _one("none left right both"),
    "direction": _one("ltr rtl"),
    "display": _one("block inline inline-block"),
    "float": _one("none left right"),
    "text-align": _one("left right center justify start end"),
    # Word hangs the numbers of its lists: text-indent:-18pt under margin-left:36pt.
    "text-indent": words(1, Length(-200, 1_000, percents=(0, 100)), _ANY),
    "vertical-align": words(
        1,
        Length(-50, 50, percents=(-100, 100)),
        keywords("baseline sub super top middle bottom text-top text-bottom"),
        _ANY,
    ),
    # spacing
    "margin": words(4, _SPACING, _AUTO, _ANY),
    **{f"margin-{side}": words(1, _SPACING, _AUTO, _ANY) for side in _SIDES},
    "padding": words(4, _SPACING, _ANY),
    **{f"padding-{side}": words(1, _SPACING, _ANY) for side in _SIDES},
    # borders
    "border": _BORDER,
    **{f"border-{side}": _BORDER for side in _SIDES},
    "border-collapse": _one("collapse separate"),
    "border-color": words(4, colour, _ANY),
    **{f"border-{side}-color": words(1, colour, _ANY) for side in _SIDES},
    "border-radius": words(4, Length(0, 100), _ANY),
    "border-spacing": words(2, _LINE, _ANY),
    "border-style": words(4, _LINE_STYLE, _ANY),
    **{f"border-{side}-style": words(1, _LINE_STYLE, _ANY) for side in _SIDES},
    "border-width": words(4, _LINE, _LINE_WIDTH, _ANY),
    **{f"border-{side}-width": words(1, _LINE, _LINE_WIDTH, _ANY) for side in _SIDES},
    # sizes of tables and images
    "caption-side": _one("top bottom"),
    "empty-cells": _one("show hide"),
    "height": words(1, _SIZE, _AUTO, _ANY),
    "max-height": words(1, _SIZE, keywords("none"), _ANY),
    "max-width": words(1, _SIZE, keywords("none"), _ANY),
    "min-height": words(1, _SIZE, _AUTO, _ANY),
    "min-width": words(1, _SIZE, _AUTO, _ANY),
    "table-layout": _one("auto fixed"),
    "width": words(1, _SIZE, _AUTO, _ANY),
    # lists
    "list-style": each_once(_LIST_TYPE, _LIST_PLACE),
    "list-style-position": words(1, _LIST_PLACE, _ANY),
    "list-style-type": words(1, _LIST_TYPE, _ANY),
}
_IMPORTANT = re.compile(r"!\s*important\s*\Z", re.IGNORECASE)


def checked_style(style: str) -> str | None:
    """The declarations that are allowed, or None if none is. Names and values come out in lower case.

    `!important` itself goes: a note must not overrule the page it is shown on. It still decides between two
    declarations of one property; among equals the last one counts, and stands where the last one stood.
    """
    if len(style) > STYLE_MAX_CHARACTERS:
        return None
    kept: dict[str, str] = {}
    important: set[str] = set()
    for declaration in style.split(";"):
        name, _, value = declaration.partition(":")
        name = name.strip().lower()
        grammar = PROPERTIES.get(name)
        if grammar is None:
            continue
        plain, insisted = _IMPORTANT.subn("", value)
        if not insisted and name in important:
            continue
        checked = grammar(" ".join(plain.split()))
        if checked is None:
            continue
        if insisted:
            important.add(name)
        kept.pop(name, None)
        kept[name] = checked
    return ";".join(f"{name}:{value}" for name, value in kept.items()) or None
