"""The elements of a note and their attributes, one a row; what surrounds them in HTML stands in the sets below.

The elements are the published ones. Which attributes they keep is not published but for `style` and the `src` of
images; the rows hold what the editors in use write for lists, tables and images, and nothing that names, links or acts.
"""

from openprac.notes.grammar import Grammar, colour, extent, flag, free_text, integer, keyword, one_of, words
from openprac.notes.styles import checked_style

_EVERY: dict[str, Grammar] = {"style": checked_style, "dir": keyword("ltr rtl auto")}
_ALIGNED: dict[str, Grammar] = {**_EVERY, "align": keyword("left right center justify")}
_SIZED: dict[str, Grammar] = {"width": extent(5_000), "height": extent(5_000)}
_ROWS: dict[str, Grammar] = {**_ALIGNED, "valign": keyword("top middle bottom baseline"), "bgcolor": words(1, colour)}
_COLUMNS: dict[str, Grammar] = {**_EVERY, "span": integer(1, 1_000), "width": extent(5_000)}
_CELLS: dict[str, Grammar] = {**_ROWS, **_SIZED, "colspan": integer(1, 1_000), "rowspan": integer(0, 1_000)}

ELEMENTS: dict[str, dict[str, Grammar]] = {
    "p": _ALIGNED,
    "br": {},
    "strong": _EVERY,
    "em": _EVERY,
    "i": _EVERY,
    "u": _EVERY,
    "blockquote": _EVERY,
    "ul": _EVERY,
    "ol": {
        **_EVERY,
        "start": integer(-99_999, 99_999),
        "reversed": flag("reversed"),
        "type": one_of("1 a A i I"),
    },
    "li": {**_EVERY, "value": integer(-99_999, 99_999)},
    "div": _ALIGNED,
    "span": _EVERY,
    "table": {
        **_ALIGNED,
        **_SIZED,
        "bgcolor": words(1, colour),
        "border": integer(0, 50),
        "cellpadding": integer(0, 100),
        "cellspacing": integer(0, 100),
    },
    "thead": _ROWS,
    "tbody": _ROWS,
    "tfoot": _ROWS,
    "tr": {**_ROWS, "height": extent(5_000)},
    "td": _CELLS,
    "th": {**_CELLS, "scope": keyword("row col rowgroup colgroup")},
    "colgroup": _COLUMNS,
    "col": _COLUMNS,
    "caption": _ALIGNED,
    # `src` has its own rules (images.py): without a good one the whole image goes.
    "img": {**_EVERY, **_SIZED, "alt": free_text},
}
VOID = frozenset({"br", "col", "img"})
# They end an open paragraph, as in every browser.
BLOCKS = frozenset({"p", "div", "blockquote", "ul", "ol", "li", "table"})
# Within a table an element stands directly in one of its parents; the first is made up where none is open.
TABLE_PARENTS: dict[str, tuple[str, ...]] = {
    "caption": ("table",),
    "colgroup": ("table",),
    "col": ("colgroup",),
    "thead": ("table",),
    "tbody": ("table",),
    "tfoot": ("table",),
    "tr": ("tbody", "thead", "tfoot"),
    "td": ("tr",),
    "th": ("tr",),
}
# Text and ordinary elements do not stand directly in these, but in a cell or a caption.
FRAMES = frozenset({"table", "thead", "tbody", "tfoot", "tr", "colgroup"})
# End tags do not reach out of these.
SCOPES = frozenset({"table", "td", "th", "caption"})
# A new item ends the open one through these, and through no other element.
ITEM_TRANSPARENT = frozenset({"p", "div", "span", "strong", "em", "i", "u"})
_OTHER_BLOCKS = """
    address article aside body button center dd details dialog dir dl dt fieldset figcaption figure footer form h1 h2 h3
    h4 h5 h6 header hr html label legend listing main menu nav optgroup option pre section select summary textarea xmp
"""
# Words on two sides of these are not one word, kept or not: `<h1>Plan</h1>Rest` is `Plan Rest`.
SEPARATING = BLOCKS | frozenset(TABLE_PARENTS) | frozenset(_OTHER_BLOCKS.split())
