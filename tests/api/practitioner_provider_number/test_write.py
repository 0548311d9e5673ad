"""A provider number is one practitioner's at one business in one profession."""

from typing import Any

import httpx
import pytest

from tests.api.answers import all_rows, made, problems


@pytest.fixture(scope="module")
def place(here: httpx.Client) -> dict[str, Any]:
    """A new practitioner's, at a business, in a profession."""
    business = all_rows(here, "/business", "businesses")[0]["business_id"]
    profession = all_rows(here, "/profession", "professions")[0]["profession_id"]
    body = {"first_name": "Ada", "surname": "Numbers", "professions": [{"profession_id": profession}]}
    person = made(here.post("/x/practitioner", json=body))["practitioner_id"]
    return {"practitioner_id": person, "business_id": business, "profession_id": profession, "provider_no": "DEMO-A"}


def test_one_is_listed_under_its_practitioner_and_removed(here: httpx.Client, place: dict[str, Any]) -> None:
    one = made(here.post("/x/practitioner_provider_number", json=place))
    links = made(here.get(f"/practitioner/{place['practitioner_id']}"))["links"]
    nested = all_rows(here, links["practitioner_provider_numbers"], "practitioner_provider_numbers")
    assert [each["provider_no"] for each in nested] == ["DEMO-A"]
    twin = here.post("/x/practitioner_provider_number", json={**place, "provider_no": "DEMO-B"})
    assert list(problems(twin)) == ["business_id"]
    category = all_rows(here, "/fee_category", "fee_categories")[0]["fee_cat_id"]
    made(here.post("/x/practitioner_provider_number", json={**place, "provider_no": "DEMO-B", "fee_cat_id": category}))
    assert here.delete(f"/x/practitioner_provider_number/{one['practitioner_provider_number_id']}").status_code == 204


@pytest.mark.parametrize("name", ["practitioner_id", "business_id", "profession_id", "fee_cat_id"])
def test_what_it_names_must_be_there(here: httpx.Client, place: dict[str, Any], name: str) -> None:
    body = {**place, name: 9_000_000_000}
    assert list(problems(here.post("/x/practitioner_provider_number", json=body))) == [name]


def test_every_part_is_needed(here: httpx.Client) -> None:
    found = problems(here.post("/x/practitioner_provider_number", json={}))
    assert list(found) == ["practitioner_id", "business_id", "profession_id", "provider_no"]


def test_the_demo_clinics_numbers_could_not_be_taken_for_real_ones(here: httpx.Client) -> None:
    numbers = [
        one["provider_no"] for one in all_rows(here, "/practitioner_provider_number", "practitioner_provider_numbers")
    ]
    assert all(number.startswith("DEMO-") for number in numbers)
