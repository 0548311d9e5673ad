"""How well a patient fits what is known of a caller. Values in, values out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from openprac.patient_match.phones import Phone, sameness
from openprac.patient_match.words import likeness, words_of

MATCHES_MAX = 20
NAME_MIN = 0.55
"""A name less alike is no reason to show a patient."""
ARCHIVED_FACTOR = 0.9

WEIGHTS = {"phone": 3.0, "email": 3.0, "date_of_birth": 2.5, "name": 3.0}
FROM_A_CONTACT = 0.85
NAME_FIELDS = ("first_name", "surname", "preferred_name", "middle_name")
PHONE_FIELDS = ("mobile", "home_phone", "work_phone")


@dataclass(frozen=True, slots=True)
class Question:
    """What is known; at least one of it. words: the name's, in any order."""

    phone: Phone | None = None
    region: str = ""
    email: str | None = None
    words: tuple[str, ...] = ()
    date_of_birth: date | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """contact_phones: the numbers of the patient's contacts that may be the one asked for."""

    client_id: int
    first_name: str
    middle_name: str | None
    surname: str
    preferred_name: str | None
    date_of_birth: date | None
    email: str | None
    home_phone: str | None
    work_phone: str | None
    mobile: str | None
    archived: bool
    contact_phones: Sequence[str]


@dataclass(frozen=True, slots=True)
class Match:
    client_id: int
    score: float
    reasons: tuple[str, ...]
    archived: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """of: what was asked; score 0 to 1."""

    of: str
    score: float
    reasons: tuple[str, ...] = ()


def ranked(question: Question, candidates: Iterable[Candidate]) -> list[Match]:
    """The best first; equal ones by id. A patient that nothing speaks for is left out."""
    found = [match for one in candidates if (match := match_of(question, one))]
    found.sort(key=lambda match: (-match.score, match.client_id))
    return found[:MATCHES_MAX]


def match_of(question: Question, candidate: Candidate) -> Match | None:
    evidence = list(_evidence(question, candidate))
    if not any(one.score >= (NAME_MIN if one.of == "name" else 0.01) for one in evidence):
        return None
    score = sum(one.score * WEIGHTS[one.of] for one in evidence) / sum(WEIGHTS[one.of] for one in evidence)
    if candidate.archived:
        score *= ARCHIVED_FACTOR
    reasons = tuple(reason for one in evidence for reason in one.reasons)
    return Match(candidate.client_id, round(score, 3), reasons, candidate.archived)


def _evidence(question: Question, candidate: Candidate) -> Iterator[Evidence]:
    if question.phone:
        yield _phone(question.phone, question.region, candidate)
    if question.email is not None:
        equal = candidate.email is not None and candidate.email.lower() == question.email.lower()
        yield Evidence("email", 1.0, ("email is equal",)) if equal else Evidence("email", 0.0)
    if question.date_of_birth:
        equal = candidate.date_of_birth == question.date_of_birth
        yield Evidence("date_of_birth", 1.0, ("date_of_birth is equal",)) if equal else Evidence("date_of_birth", 0.0)
    if question.words:
        yield _name(question.words, candidate)


def _phone(asked: Phone, region: str, candidate: Candidate) -> Evidence:
    best = Evidence("phone", 0.0)
    own = [(name, 1.0, number) for name in PHONE_FIELDS if (number := getattr(candidate, name))]
    contacts = [("a contact's number", FROM_A_CONTACT, number) for number in candidate.contact_phones]
    for name, factor, number in own + contacts:
        same = sameness(asked, number, region)
        if same * factor > best.score:
            best = Evidence("phone", same * factor, (f"{name} {'is equal' if same == 1 else 'ends alike'}",))
    return best


def _name(words: Sequence[str], candidate: Candidate) -> Evidence:
    """Every word asked for takes the nearest word that is left of the patient's names, the surest first."""
    stored = [(field, word) for field in NAME_FIELDS if (text := getattr(candidate, field)) for word in words_of(text)]
    pairs = sorted(
        (
            (likeness(asked, word), number, field, place)
            for number, asked in enumerate(words)
            for place, (field, word) in enumerate(stored)
        ),
        key=lambda pair: -pair[0],
    )
    taken: dict[int, tuple[float, str, int]] = {}
    used: set[str] = set()
    for near, number, field, place in pairs:
        word = stored[place][1]
        if near and number not in taken and word not in used:
            taken[number] = (near, field, place)
            used.add(word)
    reasons = []
    for number, (near, field, place) in sorted(taken.items()):
        how = "equal" if near == 1 else f"near: {words[number]} / {stored[place][1]}"
        reasons.append(f"{field} is {how}")
    score = sum(near for near, _, _ in taken.values()) / len(words)
    return Evidence("name", score if score >= NAME_MIN else score / 2, tuple(reasons))
