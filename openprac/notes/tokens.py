"""HTML read as a browser's tokenizer reads it, in linear time, wherever that does not cost somebody's text.

Three deviations, all towards keeping what was written. They cannot let anything through: whatever is not a token is
text, and text is escaped.

- Markup that never ends is text: `if a <b then` keeps its end, a browser would wait for `>` for ever.
- A bare `<` ends an unfinished tag: in `a <b and <p>c</p>` the paragraph is one.
- What no element is called is text: `Jane <jane@example.com>`, `<https://example.com>`, `I </3 you`.
"""

import re
from collections.abc import Iterator

# What stands between these and their end tags is code or a title: it goes, up to the end if there is no end tag.
UNREADABLE_ELEMENTS = frozenset({"script", "style", "title", "noscript", "iframe", "noembed", "noframes", "xml"})

_SPACE = r" \t\n\f\r"
_VALUE = rf"""(?:"[^"]*+"|'[^']*+'|[^{_SPACE}<>"'][^{_SPACE}<>]*+)"""
_ATTRIBUTE_NAME = rf"(?:=[^{_SPACE}/<>=]*+|[^{_SPACE}/<>=]++)"
# Possessive throughout: every character is looked at a bounded number of times, matched or not. The `>` is optional
# so that an unfinished tag matches too and is not begun anew at each `<` in its quotes.
_TAG = re.compile(
    rf"<(/?+)([A-Za-z][^{_SPACE}/<>]*+)"
    rf"((?:[{_SPACE}/]++|{_ATTRIBUTE_NAME}(?:[{_SPACE}]*+=[{_SPACE}]*+{_VALUE}?+)?+)*+)(>?+)"
)
_ATTRIBUTE = re.compile(rf"({_ATTRIBUTE_NAME})(?:[{_SPACE}]*+=[{_SPACE}]*+({_VALUE}?+))?+")
_ELEMENT_NAME = re.compile(r"[a-z][a-z0-9]*+(?:[:-][a-z0-9][a-z0-9:._-]*+)?+")
_COMMENT_END = re.compile(r"--!?>")

TEXT, START, END = range(3)
# kind; text or lower-case name; the attributes of a start tag as they were written
Token = tuple[int, str, str]


def tokens(html: str) -> Iterator[Token]:
    """Texts keep their character references and may hold `<`; comments, declarations, instructions are left out."""
    at = 0
    ends = _Ends(html)
    names = _Names()
    while (opening := html.find("<", at)) >= 0:
        if opening > at:
            yield TEXT, html[at:opening], ""
        found = _TAG.match(html, opening)
        if found is None:
            at = ends.behind(opening)
            if at < 0:  # a `<` in prose
                at = opening + 1
                yield TEXT, "<", ""
            continue
        slash, name, attributes, closed = found.groups()
        at = found.end()
        name = names[name]
        if not closed or not name:
            yield TEXT, found[0], ""
        elif slash:
            yield END, name, ""
        elif name in UNREADABLE_ELEMENTS:
            at = _content_end(html, at, name)
        else:
            yield START, name, attributes
    if at < len(html):
        yield TEXT, html[at:], ""


def attributes(written: str) -> Iterator[tuple[str, str]]:
    """Lower-case names and values, references not yet resolved, quotes taken away; in the order written."""
    for name, value in _ATTRIBUTE.findall(written):
        yield name.lower(), value[1:-1] if value[:1] in ('"', "'") else value


class _Names(dict[str, str]):
    """Names as written with the lower-case name of the element, empty if no element is called so."""

    def __missing__(self, written: str) -> str:
        lower = written.lower()
        self[written] = lower if _ELEMENT_NAME.fullmatch(lower) else ""
        return self[written]


class _Ends:
    """Where comments and declarations end. What was once not found is not searched for again."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._last_comment = len(html)
        self._last_bracket = html.rfind(">")

    def behind(self, opening: int) -> int:
        """Behind the comment, declaration or instruction that begins at `opening`; -1 if none does or it never ends."""
        if self._html.startswith("<!--", opening):
            # `<!-->` is a whole comment
            found = _COMMENT_END.search(self._html, opening + 2) if opening < self._last_comment else None
            if found:
                return found.end()
            self._last_comment = opening
        elif opening < self._last_bracket and self._html.startswith(("<!", "<?"), opening):
            return self._html.find(">", opening) + 1
        return -1


def _content_end(html: str, at: int, name: str) -> int:
    found = re.compile(rf"</{name}(?=[{_SPACE}/>])", re.IGNORECASE).search(html, at)
    return found.start() if found else len(html)
