"""Characters of a text on their way in and out: references resolved, and escaped so that a parser need not."""

import html as html_module
import re

from openprac.notes.limits import DIFFERENT_REFERENCES_MAX, TooLong

_SURROGATES = re.compile("[\ud800-\udfff]+")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,7}|[A-Za-z][A-Za-z0-9]{1,31});?")
# Characters HTML must escape travel to nh3 as noncharacters, which no text holds, and are written as references in
# what it gives back: reading a reference costs nh3 4 µs, so that 150,000 ampersands would take half a second.
_AMPERSAND, _LESS_THAN, _QUOTE = "\ufdd0", "\ufdd1", "\ufdd2"
_WRITTEN = {_AMPERSAND: "&amp;", _LESS_THAN: "&lt;", _QUOTE: "&quot;"}
_UNREADABLE = {"\0": "", **dict.fromkeys(_WRITTEN, ""), "\r\n": "\n", "\r": "\n"}


def readable(html: str) -> str:
    """With one kind of line end, without what cannot be kept: NUL, halves of surrogate pairs, three noncharacters."""
    return _SURROGATES.sub("\ufffd", _replaced(html, _UNREADABLE))


def escaped(text: str) -> str:
    """Plain text for a text or a quoted attribute of what nh3 reads."""
    return text.replace("&", _AMPERSAND).replace("<", _LESS_THAN).replace('"', _QUOTE)


def written(html: str) -> str:
    """What nh3 gave back, as HTML."""
    return _replaced(html, _WRITTEN)


def _replaced(text: str, characters: dict[str, str]) -> str:
    for character, replacement in characters.items():
        text = text.replace(character, replacement)
    return text


class References(dict[str, str]):
    """Character references of one document, each resolved once."""

    def resolved(self, text: str) -> str:
        """The text they stand for. What is no reference (`R&D`) stays as it is. Raises TooLong."""
        return _REFERENCE.sub(lambda found: self[found[0]], text) if "&" in text else text

    def __missing__(self, reference: str) -> str:
        if len(self) >= DIFFERENT_REFERENCES_MAX:
            raise TooLong("The text has too many different character references.")
        self[reference] = character = html_module.unescape(reference)
        return character
