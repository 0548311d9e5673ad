"""Numbers in every spelling, and the order of matches: values in, values out."""

from dataclasses import replace
from datetime import date

import pytest

from openprac.patient_match.phones import DEFAULT_REGION, region_of, sameness, tail_of, understood
from openprac.patient_match.rank import MATCHES_MAX, Candidate, Question, match_of, ranked

ZOE = Candidate(
    7,
    "Zoë",
    "Mary Jane",
    "O'Brien",
    "Zo",
    date(1990, 2, 28),
    "Zoe@example.com",
    "(08) 5550 1234",
    None,
    "0491 570 006",
    False,
    (),
)


@pytest.mark.parametrize(
    ("asked", "stored", "same"),
    [
        ("0491570006", "0491 570 006", 1),
        ("+61 491 570 006", "0491-570.006", 1),
        ("0011 61 491 570 006", "(0491) 570006", 1),
        ("61491570006", "0491 570 006", 1),
        ("5550 1234", "08 5550 1234", 0.8),
        ("08 5550 1234", "5550 1234", 0.8),
        ("08 5550 1234", "5550 1234 (mum)", 0.8),
        ("08 5550 1234", "03 5550 1234", 0),
        ("0491 570 006", "0491 570 156", 0),
    ],
)
def test_two_spellings_of_a_number(asked: str, stored: str, same: float) -> None:
    phone = understood(asked, DEFAULT_REGION)
    assert phone
    assert sameness(phone, stored, DEFAULT_REGION) == same
    if same:
        assert tail_of(stored) in phone.tails


@pytest.mark.parametrize("text", ["", "mum", "12", "+", "0000"])
def test_what_is_no_number(text: str) -> None:
    assert understood(text, DEFAULT_REGION) is None


def test_the_clinics_country_decides_what_a_bare_number_means() -> None:
    assert region_of("New Zealand") == "NZ"
    assert region_of("Nowhere") == DEFAULT_REGION
    number = understood("021 555 0123", "NZ")
    assert number
    assert number.e164 == "+64215550123"


@pytest.mark.parametrize(
    ("question", "score", "reasons"),
    [
        (Question(words=("obrien", "zoe")), 1, ("surname is equal", "first_name is equal")),
        (Question(words=("zoe", "obrein")), 0.917, ("first_name is equal", "surname is near: obrein / obrien")),
        (Question(words=("zo",)), 1, ("preferred_name is equal",)),
        (Question(email="ZOE@EXAMPLE.COM"), 1, ("email is equal",)),
        (Question(date_of_birth=date(1990, 2, 28), words=("stranger",)), 0.455, ("date_of_birth is equal",)),
        (Question(phone=understood("0491570006", "AU"), region="AU"), 1, ("mobile is equal",)),
        (Question(phone=understood("5550 1234", "AU"), region="AU"), 0.8, ("home_phone ends alike",)),
    ],
)
def test_what_speaks_for_a_patient(question: Question, score: float, reasons: tuple[str, ...]) -> None:
    match = match_of(question, ZOE)
    assert match
    assert (match.score, match.reasons) == (score, reasons)


def test_a_patient_nothing_speaks_for_is_no_match() -> None:
    assert match_of(Question(words=("xavier", "smith")), ZOE) is None
    assert match_of(Question(date_of_birth=date(1990, 2, 27)), ZOE) is None


def test_a_contacts_number_counts_less_and_names_nobody() -> None:
    question = Question(phone=understood("0491 570 156", "AU"), region="AU")
    match = match_of(question, replace(ZOE, contact_phones=("0491570156",)))
    assert match
    assert (match.score, match.reasons) == (0.85, ("a contact's number is equal",))


def test_best_first_archived_lower_and_no_more_than_the_limit() -> None:
    crowd = [replace(ZOE, client_id=number, archived=number < 5) for number in range(40)]
    found = ranked(Question(words=("zoe", "obrien")), crowd)
    assert [match.client_id for match in found] == list(range(5, 5 + MATCHES_MAX))
    (archived,) = ranked(Question(words=("zoe", "obrien")), crowd[:1])
    assert (archived.score, archived.archived) == (0.9, True)
