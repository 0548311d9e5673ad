"""Telephone numbers in any spelling, and whether two are the same one."""

import re
from dataclasses import dataclass

DIGITS_MIN = 6
TAIL_DIGITS = 8
"""Digits by which numbers are looked up: the same in every spelling of most numbers."""
DEFAULT_REGION = "AU"

_REGIONS = {
    "australia": "AU",
    "canada": "CA",
    "fiji": "FJ",
    "hong kong": "HK",
    "india": "IN",
    "ireland": "IE",
    "malaysia": "MY",
    "new zealand": "NZ",
    "papua new guinea": "PG",
    "singapore": "SG",
    "south africa": "ZA",
    "united kingdom": "GB",
    "united states": "US",
    "united states of america": "US",
}
_LETTERS = re.compile(r"[^\W\d_]+")
"""Words beside a number; the library would dial them."""
_EXTENSION = re.compile(r"(x|ext|#).*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Phone:
    """national: the digits without the country's. tails: what its spellings end in."""

    e164: str
    national: str
    tails: frozenset[str]


def region_of(country: str) -> str:
    """The region whose numbers are meant when they carry no country: Australia's for a country not known here."""
    return _REGIONS.get(country.strip().lower(), DEFAULT_REGION)


def tail_of(text: str) -> str:
    """The last digits, extensions left out (SQL: patient.mobile_tail and its like)."""
    return "".join(re.findall("[0-9]", _EXTENSION.sub("", text.lower())))[-TAIL_DIGITS:]


def understood(text: str, region: str) -> Phone | None:
    """None for what is no telephone number."""
    # Loaded when first used: 7 MB and a tenth of a second that most workers can do without.
    import phonenumbers

    tails = {tail_of(text)}
    try:
        number = phonenumbers.parse(_LETTERS.sub("", _EXTENSION.sub("", text.lower())), region)
    except phonenumbers.NumberParseException:
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    national = phonenumbers.national_significant_number(number)
    tails |= {tail_of(e164), tail_of(national)}
    return Phone(e164, national, frozenset(tails)) if len(national) >= DIGITS_MIN else None


def sameness(asked: Phone, stored: str, region: str) -> float:
    """1 for the same number; 0.8 when one is the other without its area's digits; else 0."""
    known = understood(stored, region)
    if known is None:
        # Two numbers in one field, or more digits than a number has: the last ones decide.
        return 0.8 if tail_of(stored) in asked.tails else 0.0
    if known.e164 == asked.e164:
        return 1.0
    shorter, longer = sorted((asked.national, known.national), key=len)
    return 0.8 if len(shorter) >= DIGITS_MIN and longer.endswith(shorter) else 0.0
