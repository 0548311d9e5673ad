"""Grammars of values: each takes a value and gives it back in its one spelling, or None if it is not allowed.

They say what a value may be. So what CSS can do beyond that (url(), calc(), var(), expression(), escapes, comments)
needs no rule of its own: nothing here can match a backslash, a slash that opens a comment or another function's name.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

Grammar = Callable[[str], str | None]
Word = Callable[[str], bool]

_COLOUR_NAMES = """
    aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown burlywood
    cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan darkgoldenrod darkgray
    darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen
    darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue
    firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green greenyellow grey honeydew
    hotpink indianred indigo ivory khaki lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan
    lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue lightslategray
    lightslategrey lightsteelblue lightyellow lime limegreen linen magenta maroon mediumaquamarine mediumblue
    mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen mediumturquoise mediumvioletred
    midnightblue mintcream mistyrose moccasin navajowhite navy oldlace olive olivedrab orange orangered orchid
    palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru pink plum powderblue purple
    rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown seagreen seashell sienna silver skyblue
    slateblue slategray slategrey snow springgreen steelblue tan teal thistle tomato turquoise violet wheat white
    whitesmoke yellow yellowgreen transparent currentcolor windowtext window
"""
COLOUR_NAMES = frozenset(_COLOUR_NAMES.split())
_NUMBER = r"(?:[0-9]{1,5}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})"
_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_PART = rf"{_NUMBER}(?:%|deg)?"
_COLOUR_FUNCTION = re.compile(
    rf"(?:rgb|hsl)a?\( ?{_PART}(?: ?, ?{_PART} ?, ?{_PART}(?: ?, ?{_PART})?| {_PART} {_PART}(?: ?/ ?{_PART})?) ?\)"
)
_LENGTH = re.compile(rf"([+-]?)({_NUMBER})(px|pt|pc|em|rem|ex|ch|cm|mm|in|%)?")
_PIXELS = {"px": 1.0, "pt": 4 / 3, "pc": 16.0, "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0} | {
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "in": 96.0,
}
_WORDS = re.compile(r"(?:rgb|hsl)a?\([^()]*\)|[^\s()]+|\S")
_FAMILY = re.compile(r"""(?:(["'])([\w .+-]{1,64})\1|([\w-][\w .+-]{0,63}))""")


def colour(word: str) -> bool:
    return word in COLOUR_NAMES or bool(_HEX.fullmatch(word) or _COLOUR_FUNCTION.fullmatch(word))


@dataclass(frozen=True, slots=True)
class Length:
    """A length between two bounds in CSS pixels (an em counts as 16), a percentage between two others.

    `plain`: numbers without a unit have bounds too (`line-height`); otherwise only 0 needs no unit.
    """

    lowest: float
    highest: float
    percents: tuple[float, float] | None = (0, 100)
    plain: tuple[float, float] = (0, 0)

    def __call__(self, word: str) -> bool:
        found = _LENGTH.fullmatch(word)
        if found is None:
            return False
        sign, digits, unit = found.groups()
        number = float(sign + digits)
        if unit is None:
            low, high = self.plain if number else (self.lowest, self.highest)
            return low <= number <= high
        if unit == "%":
            return self.percents is not None and self.percents[0] <= number <= self.percents[1]
        return self.lowest <= number * _PIXELS[unit] <= self.highest


def keywords(names: str) -> Word:
    return frozenset(names.split()).__contains__


def words(count: int, *kinds: Word) -> Grammar:
    """Up to `count` words, each of any of the kinds."""

    def check(value: str) -> str | None:
        found = _WORDS.findall(value.lower())
        if 0 < len(found) <= count and all(any(kind(word) for kind in kinds) for word in found):
            return " ".join(found)
        return None

    return check


def each_once(*kinds: Word) -> Grammar:
    """Words in any order, at most one of each kind: `solid 1px red`."""

    def check(value: str) -> str | None:
        found = _WORDS.findall(value.lower())
        left = list(kinds)
        for word in found:
            kind = next((kind for kind in left if kind(word)), None)
            if kind is None:
                return None
            left.remove(kind)
        return " ".join(found) or None

    return check


def font_families(value: str) -> str | None:
    """`Calibri, "Times New Roman", serif`; quotes become single ones, which cost nothing in an attribute."""
    found = [_FAMILY.fullmatch(name.strip()) for name in value.split(",")]
    if not all(found) or len(found) > 16:
        return None
    return ",".join(f"'{name[2].strip()}'" if name[1] else name[3].strip() for name in found if name)


def integer(lowest: int, highest: int) -> Grammar:
    def check(value: str) -> str | None:
        found = re.fullmatch(r"-?[0-9]{1,9}", value.strip())
        return str(int(found[0])) if found and lowest <= int(found[0]) <= highest else None

    return check


def extent(highest_pixels: int) -> Grammar:
    """`width` and `height` as attributes: pixels or per cent of the place."""

    def check(value: str) -> str | None:
        found = re.fullmatch(r"([0-9]{1,5}(?:\.[0-9]{1,20})?)(?:px|(%))?", value.strip())
        if found is None or not 0 <= float(found[1]) <= (100 if found[2] else highest_pixels):
            return None
        return f"{found[1]}{found[2] or ''}"

    return check


def keyword(names: str) -> Grammar:
    allowed = frozenset(names.split())

    def check(value: str) -> str | None:
        word = value.strip().lower()
        return word if word in allowed else None

    return check


def one_of(names: str) -> Grammar:
    """A word whose case counts."""
    allowed = frozenset(names.split())
    return lambda value: value if value in allowed else None


def flag(name: str) -> Grammar:
    """An attribute that counts by being there."""
    return lambda value: "" if value.lower() in ("", name) else None


def free_text(value: str) -> str | None:
    return value
