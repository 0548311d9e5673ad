"""Bytes -> the values a write stores, or InvalidBody with every problem found.

The messages name the member, say what is wrong and what is allowed, in the wording of the published example
("The surname field is required.").
"""

import difflib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from openprac.errors import InvalidBody, Problem, UnsupportedMediaType
from openprac.kernel import values
from openprac.kernel.row import EXTENSION, Children, Column, Field, Format, IdList, LocalTime, fields_of
from openprac.time_zones import TIME_ZONES

BODY_LIMIT_BYTES = 1_000_000
TEXT_MAX_CHARACTERS = 20_000
"""For a text whose field documents no limit of its own."""

CHILDREN_MAX = 500
"""Rows or ids in one list of a body."""

_EMAIL = re.compile(r"[^@\s\x00-\x20\x7f]+@[^@\s\x00-\x20\x7f]+\.[^@\s\x00-\x20\x7f]+")
_URI = re.compile(r"https?://[^\s\x00-\x20\x7f]+", re.ASCII)
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}", re.ASCII)


class _Reject(ValueError):
    """What is wrong, as the end of "The surname field ..." or of "The body is not usable JSON: ..."."""


@dataclass(frozen=True, slots=True)
class Body:
    """A checked body: `given` by field name; `unknown` are members that no field of the resource is called."""

    given: Mapping[str, Any]
    unknown: tuple[str, ...] = ()


def decode(raw: bytes, content_type: str) -> dict[str, Any]:
    """The JSON object of a request. Raises UnsupportedMediaType or InvalidBody."""
    media_type, _, parameters = content_type.partition(";")
    if media_type.strip().lower() != "application/json" or re.search(r"charset\s*=\s*(?!\"?utf-?8)", parameters, re.I):
        raise UnsupportedMediaType
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _broken(f"it is not UTF-8 (byte {error.start + 1})") from None
    try:
        body = json.loads(text, object_pairs_hook=_object, parse_float=_decimal, parse_constant=_no_constant)
    except RecursionError:
        raise _broken("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise _broken(f"{error.msg}, line {error.lineno} column {error.colno}") from None
    except _Reject as reject:
        raise _broken(str(reject)) from None
    except ValueError:
        # Python's own limit on the digits of one integer.
        raise _broken("it holds a number out of range") from None
    if not isinstance(body, dict):
        raise _broken("it must be a JSON object")
    return body


def check(
    fields: Sequence[Field],
    known: Sequence[str],
    body: Mapping[str, Any],
    *,
    required: bool,
    strict: bool,
) -> Body:
    """Hold a body against the writable fields. Raises InvalidBody with all problems.

    known: every name of the resource, read-only ones too: those are passed over, since clients send objects back.
    """
    problems: list[Problem] = []
    given: dict[str, Any] = {}
    for one in fields:
        if one.name not in body:
            if required and one.marker.required:  # type: ignore[union-attr]
                problems.append(Problem(one.name, f"The {one.name} field is required."))
            continue
        try:
            given[one.name] = value_of(one, body[one.name])
        except _Reject as reject:
            problems.append(Problem(one.name, f"The {one.name} field {reject}"))
        except InvalidBody as error:
            problems += error.problems
    unknown = tuple(name for name in body if name not in known)
    if strict:
        problems += [Problem(_clean(name), _unknown_message(name, known)) for name in unknown]
    if problems:
        raise InvalidBody(problems)
    return Body(given, unknown)


def value_of(one: Field, value: Any) -> Any:
    """The value of one member. Raises ValueError with the end of the sentence."""
    if value is None:
        if not one.nullable:
            raise _Reject("is required." if getattr(one.marker, "required", False) else "must not be null.")
        return None
    marker = one.marker
    if isinstance(marker, Children):
        return _children(one.name, marker, value)
    value = _CHECKS[one.type](value)
    if one.type is list and not (isinstance(marker, IdList) and marker.ordered):
        value.sort()
    if isinstance(marker, Column):
        _check_limits(marker, value)
        if marker.clean:
            return _cleaned(marker.clean, value)
    return value


def _children(name: str, marker: Children, value: Any) -> list[dict[str, Any]]:
    """A list of small rows. Raises InvalidBody with problems named as in `businesses.0.business_id`."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise _Reject("must be an array of objects.")
    if len(value) > CHILDREN_MAX:
        raise _Reject(f"must not hold more than {CHILDREN_MAX} objects.")
    fields = fields_of(marker.row)
    writable = [one for one in fields if one.writable_by(EXTENSION)]
    rows, problems = [], []
    for position, one in enumerate(value):
        try:
            rows.append(dict(check(writable, [field.name for field in fields], one, required=True, strict=True).given))
        except InvalidBody as error:
            prefix = f"{name}.{position}."
            problems += [
                Problem(prefix + problem.field, problem.message.replace(problem.field, prefix + problem.field, 1))
                for problem in error.problems
            ]
    if problems:
        raise InvalidBody(problems)
    return rows


def _cleaned(clean: Callable[[str], str], value: str) -> str:
    try:
        return clean(value)
    except ValueError as error:
        raise _Reject(str(error)) from None


def _check_limits(marker: Column, value: Any) -> None:
    if isinstance(value, str):
        limit = marker.max_length or TEXT_MAX_CHARACTERS
        if len(value) > limit:
            raise _Reject(f"must not be greater than {limit} characters.")
        if marker.required and not value.strip():
            raise _Reject("is required.")
        if marker.format:
            _FORMATS[marker.format](value)
    if marker.choices and value not in marker.choices:
        raise _Reject(f"must be one of: {', '.join(map(str, marker.choices))}.")
    if marker.minimum is not None and value < marker.minimum:
        raise _Reject(f"must be at least {marker.minimum}.")
    if marker.maximum is not None and value > marker.maximum:
        raise _Reject(f"must not be greater than {marker.maximum}.")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Reject("must be a string.")
    if "\0" in value:
        raise _Reject("must not hold a NUL character.")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _Reject("must be valid Unicode: it holds half of a surrogate pair.") from None
    return value


def _integer(value: Any) -> int:
    if isinstance(value, Decimal) and value.adjusted() < 20 and value == value.to_integral_value():
        value = int(value)
    if type(value) is not int or abs(value) > values.BIGINT_MAX:
        raise _Reject("must be an integer.")
    return value


def _number(value: Any) -> Decimal:
    if type(value) is int or isinstance(value, Decimal):
        number = Decimal(value)
        if number.adjusted() < 12 and number == number.quantize(Decimal("0.01")):
            return number.quantize(Decimal("0.01"))
    raise _Reject("must be a number with at most two decimal places.")


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Reject("must be true or false.")
    return value


def _parsed(parse: Callable[[str], Any]) -> Callable[[Any], Any]:
    def checked(value: Any) -> Any:
        try:
            return parse(value if isinstance(value, str) else "")
        except ValueError as error:
            raise _Reject(f"must be {error}.") from None

    return checked


def _integers(value: Any) -> list[int]:
    """Each once, in the order given."""
    if not isinstance(value, list):
        raise _Reject("must be an array of integers.")
    if len(value) > CHILDREN_MAX:
        raise _Reject(f"must not hold more than {CHILDREN_MAX} integers.")
    return list(dict.fromkeys(map(_integer, value)))


_CHECKS: Mapping[type, Callable[[Any], Any]] = {
    str: _text,
    int: _integer,
    bool: _boolean,
    Decimal: _number,
    date: _parsed(values.a_date),
    datetime: _parsed(values.instant),
    LocalTime: _parsed(values.local_time),
    time: _parsed(values.a_time),
    list: _integers,
}


def _email(value: str) -> None:
    if not _EMAIL.fullmatch(value):
        raise _Reject("must be a valid email address.")


def _uri(value: str) -> None:
    if not _URI.fullmatch(value):
        raise _Reject("must be an address that begins with http:// or https://.")


def _colour(value: str) -> None:
    if not _COLOUR.fullmatch(value):
        raise _Reject("must be a colour as #RRGGBB.")


def _time_zone(value: str) -> None:
    if value not in TIME_ZONES:
        near = difflib.get_close_matches(value, TIME_ZONES, 1, 0.6)
        hint = f", for example {near[0]}" if near else ", for example Australia/Adelaide"
        raise _Reject(f"must be one of the published IANA time zones{hint}.")


_FORMATS: Mapping[Format, Callable[[str], None]] = {
    "email": _email,
    "uri": _uri,
    "colour": _colour,
    "time_zone": _time_zone,
}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Reject(f"the member {_clean(twice)} is given twice")
    return found


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        raise _Reject("it holds a number out of range") from None


def _no_constant(text: str) -> None:
    raise _Reject(f"{text} is not JSON")


def _broken(why: str) -> InvalidBody:
    return InvalidBody([Problem("", f"The body is not usable JSON: {why}.")])


def _unknown_message(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, 1, 0.6)
    return f"The {_clean(name)} field is not known here.{f' Did you mean {near[0]}?' if near else ''}"


def _clean(name: str) -> str:
    """A caller's own member name, safe to send back and bounded."""
    return name[:80].encode("utf-8", "replace").decode()
