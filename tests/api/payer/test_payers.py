"""Payers, their contacts, and the oddities of names: archive here, active for organisations, both for referrers."""

import httpx
import pytest

from tests.api.answers import all_rows, code, made, problems


def ids(client: httpx.Client, path: str, key: str, id: str, condition: str) -> set[int]:
    return {row[id] for row in all_rows(client, path, key, **{"q[]": condition})}


@pytest.mark.parametrize(
    ("name", "key", "body", "member", "filter_name", "shown_when_in_use", "filtered_when_in_use"),
    [
        ("payer", "payers", {"description": "Odd"}, "archive", "archive", False, "false"),
        ("organisation", "organisations", {"description": "Odd"}, "active", "active", True, "true"),
        ("referrer", "referrers", {"surname": "Odd"}, "archive", "active", False, "true"),
    ],
)
def test_each_shows_and_filters_by_its_published_name(
    here: httpx.Client,
    name: str,
    key: str,
    body: dict[str, str],
    member: str,
    filter_name: str,
    shown_when_in_use: bool,
    filtered_when_in_use: str,
) -> None:
    row = made(here.post(f"/x/{name}", json=body))
    row_id = row[f"{name}_id"]
    assert row[member] is shown_when_in_use
    gone = {"true": "false", "false": "true"}[filtered_when_in_use]

    def matches(condition: str) -> bool:
        return row_id in ids(here, f"/{name}", key, f"{name}_id", f"{filter_name}:{condition}")

    assert (matches(f"={filtered_when_in_use}"), matches(f"={gone}")) == (True, False)
    made(here.patch(f"/x/{name}/{row_id}", json={member: not shown_when_in_use}))
    assert (matches(f"={filtered_when_in_use}"), matches(f"={gone}")) == (False, True)
    assert matches(f"!={filtered_when_in_use}")
    wrong = {"archive": "active", "active": "archive"}[filter_name]
    assert code(here.get(f"/{name}", params={"q[]": f"{wrong}:=true"})) == (400, "INVALID_PARAMS")


def test_a_payer_may_have_several_addresses(here: httpx.Client) -> None:
    both = "invoices@example.org, claims@example.org"
    assert made(here.post("/x/payer", json={"description": "Two boxes", "email": both}))["email"] == both


def test_a_contact_belongs_to_the_payer_it_was_made_below(here: httpx.Client, there: httpx.Client) -> None:
    payer = made(here.post("/x/payer", json={"description": "Home"}))["payer_id"]
    contact = made(here.post(f"/x/payer/{payer}/payer_contact", json={"first_name": "Una", "phone": "(08) 7010 0001"}))
    assert contact["payer_id"] == payer
    path = f"/x/payer_contact/{contact['payer_contact_id']}"
    other = made(here.post("/x/payer", json={"description": "Away"}))["payer_id"]
    assert made(here.patch(path, json={"payer_id": other, "job_title": "Accounts"}))["payer_id"] == payer
    nested = f"/payer/{payer}/payer_contact"
    found = ids(here, nested, "payer_contacts", "payer_contact_id", "phone:=08 70100001")
    assert found == {contact["payer_contact_id"]}
    assert code(here.get(nested, params={"q[]": f"payer_id:={payer}"})) == (400, "INVALID_PARAMS")
    assert ids(here, "/payer_contact", "payer_contacts", "payer_id", f"payer_id:={payer}") == {payer}
    assert there.post(f"/x{nested}", json={"first_name": "Una"}).status_code == 404
    assert problems(here.post(f"/x{nested}", json={})) == {"first_name": "The first_name field is required."}


def test_a_payers_phone_is_found_as_it_is_dialled(here: httpx.Client) -> None:
    payer = made(here.post("/x/payer", json={"description": "Rings", "phone": "(08) 7010 4321"}))["payer_id"]
    for condition in ("phone:=0870104321", "phone:=08 7010-4321", "phone:~7010 43"):
        assert payer in ids(here, "/payer", "payers", "payer_id", condition)
    assert payer in ids(here, "/payer", "payers", "payer_id", "phone:!=0870104322")


def test_get_payer_carries_the_counters_of_a_row(here: httpx.Client) -> None:
    payer = made(here.post("/x/payer", json={"description": "Counted"}))["payer_id"]
    answer = made(here.get(f"/payer/{payer}"))
    assert (answer["row_num"], answer["total_rows"]) == (1, 1)
    assert list(answer["links"]) == ["self", "accounts", "payer_contacts"]
