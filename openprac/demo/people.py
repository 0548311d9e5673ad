"""Invented people in their households: who they are, how old, how they are called, where they live."""

import functools
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from openprac.demo import names
from openprac.demo.dice import Calendar, Dice, Weighted
from openprac.demo.places import LANDLINE_PREFIXES, MOBILES, REGIONS, STREETS, Region

ADULT_YEARS = 18
DAYS_PER_YEAR = 365.25
INTERSTATE = 0.015

_AGES: Weighted[Sequence[int]] = Weighted(
    (range(1, 5), 4.0),
    (range(5, 13), 11.0),
    (range(13, 18), 6.0),
    (range(18, 30), 13.0),
    (range(30, 45), 20.0),
    (range(45, 60), 19.0),
    (range(60, 75), 18.0),
    (range(75, 90), 8.5),
    (range(90, 97), 0.5),
)
_HOUSEHOLDS = Weighted(("one", 80.0), ("couple", 9.0), ("family", 11.0))
_SEXES = Weighted(("Female", 57.0), ("Male", 42.0), ("Intersex / Indeterminate", 0.3), ("Not stated", 0.7))
_ENGLISH = names.Community(names.ENGLISH_WEIGHT, (), (), names.ENGLISH_SURNAMES)
_COMMUNITIES = Weighted(*((community, float(community.weight)) for community in (_ENGLISH, *names.COMMUNITIES)))
_LETTERS = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ı": "i", "ß": "ss", "æ": "ae"})


class Home(NamedTuple):
    """What the members of a household share. `time_zone` is told only where it is not the clinic's."""

    address_1: str
    address_2: str | None
    suburb: str
    region: Region
    postcode: str
    phone: str | None
    time_zone: str | None


class Person(NamedTuple):
    """`parent` is the grown-up who speaks for a child, on file or not; `kin` another patient of the household."""

    first_name: str
    middle_name: str | None
    surname: str
    preferred_name: str | None
    sex: str
    born: date
    years: int
    home: Home
    mobile: str
    email: str
    parent: str | None
    kin: str | None


def household(dice: Dice, calendar: Calendar, home_region: Region, day: date) -> Iterator[Person]:
    """The members of one household as they are on a day, grown-ups first."""
    community = dice.draw(_COMMUNITIES)
    kind = dice.draw(_HOUSEHOLDS)
    home = _home(dice, home_region)
    surname = _surname(dice, community)
    if kind == "one":
        years = dice.pick(dice.draw(_AGES))
        parent = (
            f"{_given(dice, community, 'Female', day.year - years - 30)} {surname}" if years < ADULT_YEARS else None
        )
        yield _person(dice, community, surname, years, day, home, parent=parent)
        return
    if kind == "couple":
        years = dice.whole(25, 84)
        first = _person(dice, community, surname, years, day, home)
        partner_surname = surname if dice.chance(0.7) else _surname(dice, dice.draw(_COMMUNITIES))
        partner_years = max(20, years + dice.whole(-6, 6))
        yield first
        yield _person(dice, community, partner_surname, partner_years, day, home, kin=_called(first))
        return
    years = dice.whole(27, 52)
    grown_up = _person(dice, community, surname, years, day, home)
    yield grown_up
    name = _called(grown_up)
    for _ in range(dice.whole(1, 3)):
        child_years = dice.whole(1, min(17, years - 19))
        child = _person(dice, community, surname, child_years, day, home, parent=name, kin=name)
        # A child's messages go to the grown-up.
        yield child._replace(mobile=grown_up.mobile, email=grown_up.email)


def e_mail(dice: Dice, first_name: str, surname: str) -> str:
    """An address in one of the domains that exist for examples."""
    digits = str(dice.whole(1, 99)) if dice.chance(0.4) else ""
    return f"{_plain(first_name)}.{_plain(surname)}{digits}@example.{'com' if dice.chance(0.8) else 'org'}"


def landline(dice: Dice, region: Region) -> str:
    return f"({region.area_code}) {dice.pick(LANDLINE_PREFIXES)} {dice.whole(0, 9999):04}"


def _person(
    dice: Dice,
    community: names.Community,
    surname: str,
    years: int,
    day: date,
    home: Home,
    *,
    parent: str | None = None,
    kin: str | None = None,
) -> Person:
    born = day - timedelta(days=int(years * DAYS_PER_YEAR) + dice.whole(1, 364))
    sex = dice.draw(_SEXES)
    first_name = _given(dice, community, sex, born.year)
    middle_name = _given(dice, community, sex, born.year) if dice.chance(0.45) else None
    return Person(
        first_name,
        middle_name if middle_name != first_name else None,
        surname,
        _preferred(dice, community, first_name, sex, born.year),
        sex,
        born,
        years,
        home,
        dice.pick(MOBILES),
        e_mail(dice, parent.partition(" ")[0] if parent else first_name, surname),
        parent,
        kin,
    )


def _home(dice: Dice, region: Region) -> Home:
    time_zone = None
    if dice.chance(INTERSTATE):
        region = dice.pick([other for other in REGIONS if other is not region])
        time_zone = region.time_zone
    suburb = dice.pick(region.suburbs)
    street = f"{dice.whole(1, 180)} {dice.pick(STREETS)}"
    unit = f"Unit {dice.whole(1, 40)}" if dice.chance(0.15) else None
    phone = landline(dice, region) if dice.chance(0.35) else None
    return Home(unit or street, street if unit else None, suburb.name, region, suburb.postcode, phone, time_zone)


def _surname(dice: Dice, community: names.Community) -> str:
    surname = dice.pick(community.surnames)
    if dice.chance(0.025):
        second = dice.pick(names.ENGLISH_SURNAMES)
        if second != surname and not {"-", " "} & set(surname + second):
            return f"{surname}-{second}"
    return surname


def _given(dice: Dice, community: names.Community, sex: str, born_year: int) -> str:
    woman = sex == "Female" or (sex != "Male" and dice.chance(0.5))
    # Children of later generations often have an English given name beside the family's surname.
    if not community.women or dice.chance(0.35 if born_year > names.ERAS[0].last_year + 15 else 0.1):
        era = next(era for era in names.ERAS if born_year <= era.last_year)
        return dice.pick(era.women if woman else era.men)
    return dice.pick(community.women if woman else community.men)


def _preferred(dice: Dice, community: names.Community, first_name: str, sex: str, born_year: int) -> str | None:
    if first_name in names.NICKNAMES:
        return names.NICKNAMES[first_name] if dice.chance(0.5) else None
    if first_name in names.OWN_SCRIPT and dice.chance(0.3):
        return names.OWN_SCRIPT[first_name]
    return _given(dice, _ENGLISH, sex, born_year) if community.women and dice.chance(0.06) else None


def _called(person: Person) -> str:
    return f"{person.first_name} {person.surname}"


@functools.cache
def _plain(name: str) -> str:
    """A name as e-mail addresses spell it: ASCII letters, small, nothing else."""
    letters = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    return "".join(char for char in letters if "a" <= char <= "z")
