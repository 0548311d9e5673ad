"""An independent reading of sanitised HTML, by the standard library: what it holds, what of it breaks a rule."""

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import yaml

from openprac.notes.elements import ELEMENTS
from openprac.notes.styles import PROPERTIES

_REFERENCE = Path(__file__).parents[2] / "reference" / "api-2026-11.yaml"
PUBLISHED_ELEMENTS = set(yaml.safe_load(_REFERENCE.read_text("utf-8"))["guides"]["rich_text"]["elements"])
# Whatever the grammars of values say, none of this may stand in a style.
_NEVER_IN_STYLES = re.compile(
    r"[\\@<>{}]|/\*|\b(?!rgba?\(|hsla?\()[a-z-]+\(|javascript|expression|import", re.IGNORECASE
)
_IMAGE = re.compile(r"data:image/(png|jpeg|jpg|gif|webp);base64,([A-Za-z0-9+/]+={0,2})")
_MAGICS = {"png": b"\x89PNG", "jpeg": b"\xff\xd8\xff", "jpg": b"\xff\xd8\xff", "gif": b"GIF8", "webp": b"RIFF"}


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.faults: list[str] = []
        self.depth = self.deepest = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in PUBLISHED_ELEMENTS:
            self.faults.append(f"element {tag}")
        names = [name for name, _ in attrs]
        if len(set(names)) < len(names):
            self.faults.append(f"an attribute twice on {tag}")
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        if tag == "img" and "src" not in names:
            self.faults.append("img without src")
        if tag not in ("br", "img", "col"):
            self.depth += 1
            self.deepest = max(self.deepest, self.depth)

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1
        if tag not in PUBLISHED_ELEMENTS or self.depth < 0:
            self.faults.append(f"end of {tag}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"declaration {decl}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"instruction {data}")

    def unknown_decl(self, data: str) -> None:
        self.faults.append(f"section {data}")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name == "style":
            for declaration in value.split(";"):
                if declaration.partition(":")[0] not in PROPERTIES or _NEVER_IN_STYLES.search(declaration):
                    self.faults.append(f"style {declaration}")
        elif tag == "img" and name == "src":
            found = _IMAGE.fullmatch(value)
            if not found or not base64.b64decode(found[2], validate=True).startswith(_MAGICS[found[1]]):
                self.faults.append(f"src {value[:60]}")
        elif name not in ELEMENTS.get(tag, {}) or name.startswith("on") or (name != "alt" and ":" in value):
            self.faults.append(f"attribute {name}={value[:60]} of {tag}")


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def visible_text(html: str) -> str:
    return read(html).text
