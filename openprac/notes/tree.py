"""Tokens written out again as balanced HTML of the allowed elements, at most DEPTH_MAX levels deep.

What a browser would repair is repaired here, simply: elements end with their parent and are not opened again behind
it; table parts get the parents they lack; text lost between cells gets a cell. A parser that reads the result has
nothing left to repair, and that is the point: the repairs HTML prescribes (formatting opened anew in every paragraph,
a search through all open elements at every tag) are quadratic, in time and in size, for those who ask for it.
"""

from openprac.notes.characters import escaped
from openprac.notes.elements import (
    BLOCKS,
    ELEMENTS,
    FRAMES,
    ITEM_TRANSPARENT,
    SCOPES,
    SEPARATING,
    TABLE_PARENTS,
    VOID,
)
from openprac.notes.limits import DEPTH_MAX, TAGS_MAX, TooLong

_SPACE = " \t\n\f\r"
_END_TAGS = {name: f"</{name}>" for name in ELEMENTS}


class Tree:
    """One document being written. Every operation takes constant time, closing aside, which pays for opening."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._open: list[str] = []
        # For each level: the level of the innermost scope, and of the innermost element an item does not end through.
        self._scopes = [-1]
        self._barriers = [-1]
        self._levels: dict[str, list[int]] = {name: [-1] for name in ELEMENTS}
        self._too_deep = dict.fromkeys(ELEMENTS, 0)
        self._tags = 0
        self._separate = False
        self._in_word = False

    def text(self, text: str) -> None:
        """`text` is plain text, not empty."""
        if self._open and self._open[-1] in FRAMES and text.strip(_SPACE):
            self._open_part("td")
        if self._separate and self._in_word and text[0] not in _SPACE:
            self._parts.append(" ")
        self._separate = False
        self._in_word = text[-1] not in _SPACE
        self._parts.append(escaped(text))

    def start(self, name: str, attributes: str) -> None:
        """`attributes` are checked and written as they are."""
        if name in TABLE_PARENTS:
            self._start_part(name, attributes)
            return
        if name in BLOCKS:
            self._in_word = False
            if name == "li" and self._levels["li"][-1] > self._barriers[-1]:
                self._close_to(self._levels["li"][-1])
            if self._levels["p"][-1] > self._scopes[-1]:
                self._close_to(self._levels["p"][-1])
        if name in VOID:
            self._in_word = False
        elif len(self._open) >= DEPTH_MAX:
            self._too_deep[name] += 1
            self.separate(name)
            return
        if self._open and self._open[-1] in FRAMES:
            self._open_part("td")
        self._push(name, attributes)

    def end(self, name: str) -> None:
        if name == "br":  # what browsers make of it
            self.start("br", "")
            return
        level = self._levels[name][-1]
        if self._too_deep[name]:
            self._too_deep[name] -= 1
            self.separate(name)
        elif level > self._floor(name):
            self._close_to(level)
            self._in_word = self._in_word and name not in SEPARATING
        else:
            self.separate(name)

    def separate(self, name: str) -> None:
        """A tag of this name stood here and was not written."""
        if name in SEPARATING:
            self._separate = True

    def html(self) -> str:
        self._close_to(0)
        return "".join(self._parts)

    def _floor(self, name: str) -> int:
        """The level above which an end tag finds its element."""
        if name == "table":
            return -1
        return self._levels["table"][-1] if name in TABLE_PARENTS else self._scopes[-1]

    def _start_part(self, name: str, attributes: str) -> None:
        if self._levels["table"][-1] < 0:
            self.separate(name)
        else:
            self._in_word = False
            self._open_part(name, attributes)

    def _open_part(self, name: str, attributes: str = "") -> None:
        table = self._levels["table"][-1]
        parents = TABLE_PARENTS[name]
        parent = max(self._levels[parent][-1] for parent in parents)
        if parent >= table:
            self._close_to(parent + 1)
        else:
            self._open_part(parents[0])
        self._push(name, attributes)

    def _push(self, name: str, attributes: str) -> None:
        self._tags += 1 if name in VOID else 2
        if self._tags > TAGS_MAX:
            raise TooLong(f"The text has more than {TAGS_MAX:,} tags.")
        self._parts.append(f"<{name}{attributes}>")
        if name in VOID:
            return
        level = len(self._open)
        self._open.append(name)
        self._levels[name].append(level)
        self._scopes.append(level if name in SCOPES else self._scopes[-1])
        self._barriers.append(self._barriers[-1] if name in ITEM_TRANSPARENT or name == "li" else level)

    def _close_to(self, level: int) -> None:
        while len(self._open) > level:
            name = self._open.pop()
            self._levels[name].pop()
            self._scopes.pop()
            self._barriers.pop()
            self._parts.append(_END_TAGS[name])
