"""Typed parameters of a query string: declared once, for reading them and for the document.

Collections have their own grammar (openprac/kernel/query.py); these are for actions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from openprac.errors import InvalidParams
from openprac.kernel import values
from openprac.kernel.query import PAGE_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, Query, pairs_of, unknown, without_page

IDS_MAX = 200
"""Ids that one parameter may name."""

Kind = Literal["integer", "integers", "boolean", "date", "datetime", "word"]

_READ: Mapping[Kind, Callable[[str], Any]] = {
    "integer": values.integer,
    "integers": values.integer,
    "boolean": values.boolean,
    "date": values.a_date,
    "datetime": values.local_time,
    "word": str,
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """integers: repeated or separated by commas, read as a tuple without doubles. word: one of `choices`."""

    name: str
    kind: Kind
    meaning: str = ""
    required: bool = False
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()


PAGE = Parameter("page", "integer", minimum=1, maximum=PAGE_MAX)
PAGE_SIZE = Parameter("page_size", "integer", minimum=1, maximum=PAGE_SIZE_MAX)
PAGING = (PAGE, PAGE_SIZE)


@dataclass(frozen=True, slots=True)
class Given:
    """values: of the parameters that were given. ignored: the names nobody declared."""

    values: Mapping[str, Any]
    ignored: tuple[str, ...]


def given(query_string: bytes, declared: Sequence[Parameter], *, strict: bool) -> Given:
    """strict: a name that is not declared is refused, as extensions do. Raises InvalidParams."""
    known = {one.name: one for one in declared}
    texts: dict[str, list[str]] = {}
    ignored = []
    for name, text in pairs_of(query_string):
        if name in known:
            texts.setdefault(name, []).append(text)
        elif strict:
            raise unknown(name, tuple(known))
        else:
            ignored.append(name)
    for one in declared:
        if one.required and one.name not in texts:
            raise InvalidParams(f"The parameter {one.name} is missing.")
    return Given({name: _value(known[name], found) for name, found in texts.items()}, tuple(ignored))


def page_of(query_string: bytes, found: Given) -> Query:
    """Which page was asked for, and the caller's own query for its links."""
    return Query(
        page=found.values.get("page", 1),
        page_size=found.values.get("page_size", PAGE_SIZE_DEFAULT),
        rest=without_page(query_string.decode("ascii")),
    )


def _value(one: Parameter, texts: Sequence[str]) -> Any:
    if one.kind == "integers":
        return _integers(one, [part.strip() for text in texts for part in text.split(",")])
    if len(texts) > 1:
        raise InvalidParams(f"The parameter {one.name} is given twice.")
    value = _read(one, texts[0])
    if one.choices and value not in one.choices:
        raise InvalidParams(f"{one.name} must be one of: {', '.join(one.choices)}.")
    below = one.minimum is not None and value < one.minimum
    if below or (one.maximum is not None and value > one.maximum):
        raise InvalidParams(f"{one.name} must be an integer from {one.minimum} to {one.maximum}.")
    return value


def _integers(one: Parameter, parts: Sequence[str]) -> tuple[int, ...]:
    if len(parts) > IDS_MAX:
        raise InvalidParams(f"{one.name} names {len(parts)} ids; at most {IDS_MAX} are allowed.")
    return tuple(dict.fromkeys(_read(one, part) for part in parts))


def _read(one: Parameter, text: str) -> Any:
    try:
        return _READ[one.kind](text)
    except ValueError as error:
        each = " each" if one.kind == "integers" else ""
        raise InvalidParams(f"{one.name} must be{each} {error}.") from None
