"""Rich text from callers, made safe: the published elements, checked attributes and styles, inline images, all text.

In three steps. `tokens` reads, `tree` writes balanced HTML of what the tables of `elements` and `styles` allow, and
nh3, which parses as browsers do, reads that once more and writes what comes out. nh3 alone would check the names of
CSS properties but not their values, and takes seconds for a few thousand open elements; the first two steps alone
would be a parser of our own as the only wall.

The tables are the contract: another element, attribute or property is another row.
"""

import re

import nh3

from openprac.notes.characters import References, escaped, readable, written
from openprac.notes.elements import ELEMENTS
from openprac.notes.images import checked_image
from openprac.notes.limits import (
    ATTRIBUTES_MAX_CHARACTERS,
    INPUT_MAX_CHARACTERS,
    MEMO_MAX_CHARACTERS,
    REFERENCES_MAX,
    TAGS_MAX,
    TooLong,
)
from openprac.notes.tokens import START, TEXT, UNREADABLE_ELEMENTS, attributes, tokens
from openprac.notes.tree import Tree

__all__ = ["INPUT_MAX_CHARACTERS", "MEMO_MAX_CHARACTERS", "TooLong", "sanitize", "sanitize_fragment", "sanitize_memo"]

_ATTRIBUTES = {name: set(grammars) for name, grammars in ELEMENTS.items()}
_ATTRIBUTES["img"].add("src")
_IMAGE_DATA = re.compile(r"""base64,[^"'<>]*+""", re.IGNORECASE)


def sanitize(html: str) -> str:
    """Safe HTML that means the same as far as the tables go. What sanitize gave, it gives again. Raises TooLong."""
    html = readable(html)
    _check_bounds(html)
    values = _Values()
    balanced = _balanced(html, values)
    _check_bounds(balanced)
    cleaner = nh3.Cleaner(
        tags=set(ELEMENTS),
        clean_content_tags=set(UNREADABLE_ELEMENTS),
        attributes=_ATTRIBUTES,
        attribute_filter=values.confirm,
        link_rel=None,
        url_schemes={"data"},
        url_relative="deny",
    )
    # A parser drops a byte order mark in front; it would be gone the next time only.
    clean = written(cleaner.clean(balanced)).lstrip("\ufeff")
    _check_bounds(clean)
    return clean


def sanitize_fragment(html: str, max_characters: int) -> str:
    """`sanitize` for a field of at most `max_characters` after processing. Raises TooLong, a sentence for callers."""
    clean = sanitize(html)
    if len(clean) > max_characters:
        raise TooLong(f"The text has {len(clean):,} characters after processing; the limit is {max_characters:,}.")
    return clean


def sanitize_memo(html: str) -> str:
    """`sanitize` for the memo of a clinical note. Raises TooLong."""
    return sanitize_fragment(html, MEMO_MAX_CHARACTERS)


class _Values:
    """The attributes of one document: each different list of them is checked once, and what passed is remembered."""

    def __init__(self) -> None:
        self.references = References()
        self._lists: dict[tuple[str, str], str | None] = {}
        self._passed: set[tuple[str, str, str]] = set()
        self._characters = 0

    def checked(self, name: str, raw: str) -> str | None:
        """The attributes of a start tag as they are to be written, or None if it needs one that is not good."""
        if (name, raw) not in self._lists:
            self._characters += len(raw if name != "img" else _IMAGE_DATA.sub("", raw))
            if self._characters > ATTRIBUTES_MAX_CHARACTERS:
                raise TooLong("The text has too many different styles and attributes.")
            self._lists[name, raw] = self._checked_list(name, raw)
        return self._lists[name, raw]

    def confirm(self, name: str, attribute: str, value: str) -> str | None:
        """nh3's question whether what it read may be written."""
        return value if (name, attribute, value) in self._passed else None

    def _checked_list(self, name: str, raw: str) -> str | None:
        found: dict[str, str] = {}
        for attribute, value in attributes(raw):
            if attribute in _ATTRIBUTES[name]:
                found.setdefault(attribute, value)  # the first counts, as in a browser
        result = ""
        for attribute, value in found.items():
            checked = self._checked_value(name, attribute, value)
            if checked is not None:
                value_written = escaped(checked)
                self._passed.add((name, attribute, value_written))
                result += f' {attribute}="{value_written}"'
            elif attribute == "src":
                return None
        return None if name == "img" and "src" not in found else result

    def _checked_value(self, name: str, attribute: str, value: str) -> str | None:
        if attribute == "src":
            return checked_image(value)
        return ELEMENTS[name][attribute](self.references.resolved(value))


def _balanced(html: str, values: _Values) -> str:
    tree = Tree()
    for kind, value, raw in tokens(html):
        if kind == TEXT:
            text = values.references.resolved(value)
            if text:
                tree.text(text)
        elif value not in ELEMENTS:
            tree.separate(value)
        elif kind == START:
            checked = values.checked(value, raw) if raw or value == "img" else ""
            if checked is not None:
                tree.start(value, checked)
        else:
            tree.end(value)
    return tree.html()


def _check_bounds(html: str) -> None:
    if len(html) > INPUT_MAX_CHARACTERS:
        raise TooLong(f"The text has {len(html):,} characters; at most {INPUT_MAX_CHARACTERS:,} are processed.")
    if html.count("<") > TAGS_MAX:
        raise TooLong(f"The text has more than {TAGS_MAX:,} tags.")
    if html.count("&") > REFERENCES_MAX:
        raise TooLong(f"The text has more than {REFERENCES_MAX:,} character references.")
