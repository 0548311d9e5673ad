"""Query string -> Query, or InvalidParams with a sentence that says which part and what is allowed."""

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import msgspec

from openprac.errors import InvalidParams
from openprac.kernel import values
from openprac.kernel.collection import PIECE_CHARACTERS, Collection, Filter, FilterFormat, Listing
from openprac.kernel.slips import FIELD_SLIPS, QUERY_SLIPS

PAGE_SIZE_DEFAULT = 50
PAGE_SIZE_MAX = 200
PAGE_MAX = 10**9
FILTERS_MAX = 40
SORTS_MAX = 10
QUERY_LENGTH_MAX_BYTES = 16_384
HOLDS_LONG = "~~"

PARSERS: dict[FilterFormat, Callable[[str], Any]] = {
    "string": str,
    "integer": values.integer,
    "double": values.double,
    "boolean": values.boolean,
    "date": values.a_date,
    "datetime": values.local_time,
    "timestamp": values.instant,
    "uuid": values.uuid,
}


@dataclass(frozen=True, slots=True)
class Sort:
    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    field: str
    operator: str
    value: Any

    @property
    def shape(self) -> tuple[str, str]:
        """What its SQL depends on; HOLDS_LONG is a `~` whose text is long enough for a vocabulary."""
        if self.operator == "~" and len(self.value) >= PIECE_CHARACTERS:
            return self.field, HOLDS_LONG
        return self.field, self.operator


@dataclass(frozen=True, slots=True)
class Query:
    """A list request, understood. `rest` is the caller's own query without page, for the links; `ignored` the
    parameters that this list does not know; `on` its switches that are true."""

    page: int = 1
    page_size: int = PAGE_SIZE_DEFAULT
    sorts: tuple[Sort, ...] = ()
    conditions: tuple[Condition, ...] = ()
    rest: str = ""
    ignored: tuple[str, ...] = ()
    on: tuple[str, ...] = ()

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.page_size


def pairs_of(query_string: bytes) -> list[tuple[str, str]]:
    """The parameters as sent, decoded. Raises InvalidParams for what is not UTF-8 or holds NUL."""
    if not query_string:
        return []
    if len(query_string) > QUERY_LENGTH_MAX_BYTES:
        raise InvalidParams(f"The query string is longer than {QUERY_LENGTH_MAX_BYTES} bytes.")
    try:
        text = query_string.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FILTERS_MAX * 3)
    except UnicodeDecodeError:
        raise InvalidParams("The query string must be percent-encoded UTF-8.") from None
    except ValueError:
        raise InvalidParams(f"The query string has more than {FILTERS_MAX * 3} parameters.") from None
    if any("\0" in name or "\0" in value for name, value in pairs):
        raise InvalidParams("The query string holds a NUL character.")
    return pairs


def parse_list(collection: Collection, listing: Listing, query_string: bytes) -> Query:
    """The query of one list. Raises InvalidParams."""
    if not query_string:
        return Query()
    pairs = pairs_of(query_string)
    page, page_size, sort_text = None, None, None
    conditions: list[Condition] = []
    ignored: list[str] = []
    switched: dict[str, bool] = {}
    for name, text in pairs:
        if name == "page":
            page = _whole(name, text, PAGE_MAX, page)
        elif name == "page_size":
            page_size = _whole(name, text, PAGE_SIZE_MAX, page_size)
        elif name == "sort_by":
            sort_text = text if sort_text is None else f"{sort_text},{text}"
        elif name == "q[]":
            conditions.append(_condition(collection, listing, text))
        elif name in listing.switches:
            switched[name] = _switch(name, text)
        elif name in QUERY_SLIPS:
            raise InvalidParams(f"Unknown parameter {name}. {QUERY_SLIPS[name]}")
        else:
            ignored.append(name)
    if len(conditions) > FILTERS_MAX:
        raise InvalidParams(f"There are {len(conditions)} filters; at most {FILTERS_MAX} are allowed.")
    return Query(
        page or 1,
        page_size or PAGE_SIZE_DEFAULT,
        _sorts(listing, sort_text) if sort_text else (),
        tuple(conditions),
        without_page(query_string.decode("ascii")),
        tuple(ignored),
        tuple(name for name, on in switched.items() if on),
    )


def ignored_of(query_string: bytes, known: Sequence[str] = ()) -> tuple[str, ...]:
    """The parameters of an operation that is not a list and knows only `known`."""
    return tuple(name for name, _ in pairs_of(query_string) if name not in known)


def parameters_of(query_string: bytes, known: Sequence[str]) -> dict[str, str]:
    """The parameters of an extension that is not a list. Raises InvalidParams for unknown ones and ones given twice."""
    found: dict[str, str] = {}
    for name, text in pairs_of(query_string):
        if name not in known:
            raise unknown(name, known)
        if name in found:
            raise InvalidParams(f"The parameter {name} is given twice.")
        found[name] = text
    return found


def unknown(name: str, known: Sequence[str]) -> InvalidParams:
    """The refusal of a parameter that an extension does not have."""
    return InvalidParams(f"Unknown parameter {_quote(name)}. {_nearest(name, known)}")


def without_page(query: str) -> str:
    """The caller's own query, spelled as it was, less `page`, however that was spelled."""
    return "&".join(part for part in query.split("&") if part and unquote_plus(part.split("=", 1)[0]) != "page")


def _switch(name: str, text: str) -> bool:
    try:
        return values.boolean(text)
    except ValueError as error:
        raise InvalidParams(f"{name} must be {error}.") from None


def _whole(name: str, text: str, most: int, earlier: int | None) -> int:
    if earlier is not None:
        raise InvalidParams(f"The parameter {name} is given twice.")
    if not re.fullmatch(r"[0-9]{1,10}", text, re.ASCII) or not 1 <= int(text) <= most:
        raise InvalidParams(f"{name} must be an integer from 1 to {most}.")
    return int(text)


def _condition(collection: Collection, listing: Listing, text: str) -> Condition:
    name, colon, rest = text.partition(":")
    if not listing.filters:
        raise InvalidParams(f"{listing.summary} has no filters: leave q[] out.")
    if name not in listing.filters:
        raise InvalidParams(f"Unknown filter field {_quote(name)}. {_nearest(name, listing.filters)}")
    one = collection.filters[name]
    allowed = one.operators
    if not colon:
        raise InvalidParams(f"The filter {_quote(text)} has no operator: write q[]={name}:{allowed[0]}VALUE.")
    operator = next((sign for sign in (">=", "<=", "!=", "=", ">", "<", "~") if rest.startswith(sign)), "")
    if not operator:
        raise InvalidParams(
            f"The filter on {name} has no operator: write q[]={name}:{allowed[0]}VALUE "
            f"({name} is a {one.format}; its operators are {' '.join(allowed)})."
        )
    if operator not in allowed:
        raise InvalidParams(
            f"The operator {operator} is not allowed on {name} ({one.format}); allowed are {' '.join(allowed)}."
        )
    return Condition(name, operator, _value(name, one, rest[len(operator) :]))


def _value(name: str, one: Filter, text: str) -> Any:
    try:
        value = PARSERS[one.format](text)
    except ValueError as error:
        raise InvalidParams(f"The value of the filter on {name} must be {error}.") from None
    if one.codes and value not in one.codes:
        meanings = ", ".join(f"{code} {meaning}" for code, (meaning, _) in one.codes.items())
        raise InvalidParams(f"The value of the filter on {name} must be one of: {meanings}.")
    return one.fold(value) if one.fold else value


@lru_cache(maxsize=512)
def _sorts(listing: Listing, text: str) -> tuple[Sort, ...]:
    """`a,b:desc,-c` or the JSON text of an array of such, as the published samples send it."""
    items: list[str]
    if text.startswith("["):
        try:
            items = msgspec.json.decode(text, type=list[str])
        except msgspec.DecodeError:
            raise InvalidParams(
                'sort_by must be field names, as in sort_by=a,b:desc or sort_by=["a","b:desc"].'
            ) from None
    else:
        items = text.split(",")
    sorts: list[Sort] = []
    for item in (one.strip() for one in items):
        name, colon, direction = item.partition(":")
        descending = direction.lower() == "desc"
        if name.startswith("-"):
            name, descending = name[1:], not descending
        if colon and direction.lower() not in ("asc", "desc"):
            raise InvalidParams(f"The direction of sort_by field {_quote(name)} must be asc or desc.")
        if name not in listing.sorts:
            raise InvalidParams(f"Unknown sort_by field {_quote(name)}. {_nearest(name, listing.sorts)}")
        if all(name != earlier.field for earlier in sorts):
            sorts.append(Sort(name, descending))
    if len(sorts) > SORTS_MAX:
        raise InvalidParams(f"sort_by names more than {SORTS_MAX} fields.")
    return tuple(sorts)


def _nearest(name: str, known: Sequence[str]) -> str:
    guess = FIELD_SLIPS.get(name.strip().lower())
    if guess not in known:
        guess = next(iter(difflib.get_close_matches(name, known, 1, 0.7)), None)
    hint = f"Did you mean {guess}? " if guess else ""
    return f"{hint}Allowed are: {', '.join(known)}."


def _quote(text: str) -> str:
    """The caller's own words in a sentence, bounded."""
    return repr(text if len(text) <= 60 else f"{text[:60]}…")
