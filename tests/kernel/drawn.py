"""Texts that have broken programs before, and what the property tests draw from."""

import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

NASTY = (
    "",
    " ",
    "%",
    "_",
    "%%25",
    "\\",
    "\\\\",
    "'",
    "''; DROP TABLE patient; --",
    '"',
    "O'Brien",
    "a%b_c\\d",
    "Zoë",
    "ZOË",
    "Straße",
    "Ωmega",
    "Жанна",
    "жанна",
    "林",
    "😀",
    "e\u0301",
    "\u202ertl",
    "a\tb\nc",
    "null",
    "[]",
    "a:b",
    ":=",
    ">=5",
    "a,b",
    "a&b=c",
    "a+b",
    "${7*7}",
    "x" * 40,
)

nasty = st.sampled_from(NASTY)
unicode = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
text = nasty | unicode
days = st.dates(date(1, 1, 1), date(9999, 12, 31))
local_times = st.datetimes().map(lambda at: at.replace(microsecond=0))
instants = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.just(UTC))
clock_times = st.times().map(lambda at: at.replace(microsecond=0))
bigints = st.integers(-(2**63) + 1, 2**63 - 1)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def spelled(at: datetime, zone: timezone, digits: int) -> tuple[str, datetime]:
    """An instant as text in that zone with that many digits of a second, and the instant it stands for."""
    at = at.replace(microsecond=at.microsecond // 10 ** (6 - digits) * 10 ** (6 - digits))
    local = at.astimezone(zone)
    text = local.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    if digits:
        text += f".{local.microsecond:06d}"[: digits + 1]
    minutes = int(zone.utcoffset(None).total_seconds()) // 60
    return f"{text}{'+' if minutes >= 0 else '-'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}", at


def clock_text(at: time) -> str:
    return f"{at.hour:02d}:{at.minute:02d}:{at.second:02d}"


@st.composite
def percent_encoded(draw: st.DrawFn, text: str) -> str:
    """The same text in one of the ways it may stand in a query string."""
    match draw(st.sampled_from(("quote", "all", "plus"))):
        case "quote":
            return quote(text, safe="")
        case "all":
            return "".join(f"%{byte:02{draw(st.sampled_from('xX'))}}" for byte in text.encode())
        case _:
            return quote(text, safe=" ").replace(" ", "+")


json_leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | text
    | st.text(max_size=5)
)
json_values: st.SearchStrategy[Any] = st.recursive(
    json_leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4), max_leaves=12
)


def json_bytes(value: Any) -> bytes:
    """JSON as ASCII: half of a surrogate pair stays what it is."""
    return json.dumps(value).encode()
