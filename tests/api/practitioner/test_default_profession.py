"""A practitioner with professions has exactly one default among them."""

from typing import Any

import httpx
import pytest

from tests.api.answers import all_rows, code, made, problems


@pytest.fixture(scope="module")
def professions(here: httpx.Client) -> list[int]:
    return [one["profession_id"] for one in all_rows(here, "/profession", "professions")]


def body(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"first_name": "Ada", "surname": "Example", "professions": list(rows)}


def test_an_only_one_is_the_default_by_itself(here: httpx.Client, professions: list[int]) -> None:
    one = made(here.post("/x/practitioner", json=body({"profession_id": professions[0]})))
    assert [each["is_default"] for each in one["professions"]] == [True]
    assert made(here.post("/x/practitioner", json=body()))["professions"] == []


@pytest.mark.parametrize("defaults", [(False,), (False, False), (None, None), (True, True)])
def test_none_or_two_defaults_are_refused(
    here: httpx.Client, professions: list[int], defaults: tuple[bool | None, ...]
) -> None:
    rows = [
        {"profession_id": profession, **({} if default is None else {"is_default": default})}
        for profession, default in zip(professions, defaults, strict=False)
    ]
    found = problems(here.post("/x/practitioner", json=body(*rows)))
    assert found == {"professions": "The professions field must have is_default true for exactly one profession."}


def test_the_default_moves_with_one_edit(here: httpx.Client, professions: list[int]) -> None:
    rows = [{"profession_id": one, "is_default": one == professions[0]} for one in professions[:2]]
    one = made(here.post("/x/practitioner", json=body(*rows)))
    path = f"/x/practitioner/{one['practitioner_id']}"
    moved = [{"profession_id": each, "is_default": each == professions[1]} for each in professions[:2]]
    after = made(here.patch(path, json={"professions": moved}))
    assert [each["profession_id"] for each in after["professions"]] == [professions[1], professions[0]]
    # An edit of something else leaves them alone.
    assert made(here.patch(path, json={"title": "Dr"}))["professions"] == after["professions"]


@pytest.mark.parametrize(("name", "key"), [("professions", "profession_id"), ("businesses", "business_id")])
def test_one_given_twice_is_refused_and_named(here: httpx.Client, name: str, key: str) -> None:
    one = all_rows(here, f"/{key.removesuffix('_id')}", name)[0][key]
    rows = [{key: one, **({"is_default": True} if name == "professions" else {})}, {key: one}]
    assert list(problems(here.post("/x/practitioner", json={**body(), name: rows}))) == [f"{name}.{key}"]


def test_who_is_named_anywhere_can_only_be_archived(here: httpx.Client, professions: list[int]) -> None:
    used = all_rows(here, "/practitioner_provider_number", "practitioner_provider_numbers")[0]
    for path in (f"/x/practitioner/{used['practitioner_id']}", f"/x/profession/{used['profession_id']}"):
        assert code(here.delete(path)) == (409, "IN_USE")
    fresh = made(here.post("/x/practitioner", json=body({"profession_id": professions[0]})))
    assert here.delete(f"/x/practitioner/{fresh['practitioner_id']}").status_code == 204
