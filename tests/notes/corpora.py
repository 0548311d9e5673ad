"""The two corpora of this folder, read from their files; the tests and the measurements share them."""

import re
from pathlib import Path

_HERE = Path(__file__).parent
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|([nrtf0\\]))")
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "0": "\0", "\\": "\\"}

_ELEMENTS = ("p", "div", "img", "table", "td", "span", "li", "col", "br", "svg", "body", "input", "details", "x-y")
_HANDLERS = (
    "onclick",
    "onerror",
    "onload",
    "onmouseover",
    "onfocus",
    "ontoggle",
    "onanimationstart",
    "onpointerrawupdate",
)
_ADDRESSES = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " \t\njavascript:alert(1)",
    "java\nscript:alert(1)",
    "java\tscript:alert(1)",
    "\x01javascript:alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A&#x61vascript:alert(1)",
    "javascript&colon;alert(1)",
    "javascript:&#47;&#47;%0aalert(1)",
    "vbscript:msgbox(1)",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "data:text/html,<script>alert(1)</script>",
    "data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIi8+",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "//evil.example/x",
    "https://evil.example/x.png",
    "http:evil.example",
    "/relative.png",
    "file:///etc/passwd",
    "blob:https://evil.example/1",
    "\\\\evil.example\\x",
    "filesystem:x",
    "about:blank",
)
_PLACES = (
    '<img src="{}">',
    '<a href="{}">x</a>',
    '<iframe src="{}"></iframe>',
    '<table background="{}"><tr><td background="{}">x</table>',
    '<blockquote cite="{}">x</blockquote>',
    '<p style="background:url({})">x</p>',
)
_CSS = (
    "background:url(https://evil.example/)",
    "background-image:url('https://evil.example/')",
    "list-style:url(//evil.example)",
    "list-style-image:url(x)",
    "border-image:url(x) 30",
    "content:url(x)",
    "cursor:url(x),auto",
    "color:expression(alert(1))",
    "width:expression(alert(1))",
    "width:exp/**/ression(alert(1))",
    "behavior:url(x.htc)",
    "-moz-binding:url(x.xml#y)",
    "width:calc(100% - 1px)",
    "width:calc(1px + url(x))",
    "color:var(--x)",
    "--x:red",
    "color:env(x)",
    "width:attr(data-x px)",
    "color:\\72 ed",
    "c\\6f lor:red",
    "color:red\\",
    "color:red/**/",
    "/**/color:red",
    "color:red}body{display:none",
    "color:red;}@import 'x';{",
    "@import url(x);color:red",
    "color:red<!--",
    "position:fixed;top:0;left:0;width:100%;height:100%",
    "position:absolute;z-index:9999",
    "display:none",
    "visibility:hidden;opacity:0",
    "margin-left:-9999px",
    "text-indent:-9999px",
    "font-size:0",
    "font-size:99999px",
    "width:1e9px",
    "width:99999999999999999999px",
    "transform:scale(100)",
    "animation:x 1s",
    "transition:all 1s",
    "filter:blur(9px)",
    "clip-path:circle(0)",
    "font:12px/1 url(x)",
    "font-family:'x;background:url(y)'",
    "font-family:x\\27",
    "font-family:a}b",
    "src:url(x)",
    "color:rgb(url(x))",
    "color:rgb(1,2,3,4,5)",
    "border:1px solid url(x)",
    "padding:1px 2px 3px 4px 5px",
    "image-set('x' 1x)",
    "background:image-set('https://evil.example' 1x)",
    "background:cross-fade(url(x), url(y), 50%)",
    "background:element(#x)",
    "background:\\75rl(x)",
    "background:u\\rl(x)",
    "background:u\u0000rl(x)",
    "color:&#x75;rl(x)",
    "color\u00a0:red;background\uff1aurl(x)",
    "COLOR:URL(X)",
    "pointer-events:none",
    "user-select:none",
    "all:initial",
    "mask:url(x)",
    "shape-outside:url(x)",
    "offset-path:url(x)",
    "accelerator:true",
    "zoom:100",
    "-webkit-mask-image:url(x)",
    "_width:expression(alert(1))",
    "*width:expression(alert(1))",
)


def hostile() -> list[str]:
    """The hand-made lines and, for the classes that are a product, every combination."""
    made = [f"<{element} {handler}=alert(1)>x" for element in _ELEMENTS for handler in _HANDLERS]
    made += [place.replace("{}", address) for place in _PLACES for address in _ADDRESSES]
    made += [f'<p style="{css}">x</p>' for css in _CSS]
    return _lines("hostile.txt") + made


def hand_made() -> list[str]:
    return _lines("hostile.txt")


def ordinary() -> list[tuple[str, str]]:
    """What is written, and what is kept of it."""
    found = []
    for line in _lines("ordinary.txt"):
        if line.startswith("> "):
            found.append((line[2:], ""))
        else:
            found[-1] = (found[-1][0], line[2:] or found[-1][0])
    return found


def _lines(name: str) -> list[str]:
    lines = (_HERE / name).read_text("utf-8").split("\n")
    return [_ESCAPE.sub(_character, line) for line in lines if line.strip() and not line.startswith("#")]


def _character(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else _SHORT[found[3]]
