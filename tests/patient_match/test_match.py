"""GET /v1/x/patient_match over HTTP: what may be asked, what is answered, what is noted."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from openprac import admin
from tests.cast import Cast
from tests.waiting import until

ZOE = {
    "first_name": "Zoë",
    "surname": "Featherstone-Quill",
    "preferred_name": "Zo",
    "date_of_birth": "1990-02-28",
    "email": "Zoe.Quill@example.com",
    "home_phone": "(08) 5550 1234",
    "work_phone": "+61 8 7010 4321",
    "mobile": "0491 570 006",
}
OTHER = {"first_name": "Omar", "surname": "Quillfeather", "date_of_birth": "1991-03-01", "mobile": "0491 570 156"}


@pytest.fixture(scope="module")
def clinic(cast: Cast) -> Iterator[tuple[httpx.Client, dict[str, int]]]:
    """A clinic of its own with two patients, one of them with a contact."""

    async def make() -> str:
        async with cast.owner() as connection:
            tenant_id = await admin.create_tenant(connection, "Matching", "Australia/Adelaide")
            return (await admin.create_account_key(connection, tenant_id, "all", ["*"]))[2]

    headers = {"x-api-key": cast.vendor_key, "a-api-key": asyncio.run(make())}
    with httpx.Client(base_url=f"{cast.base_url}/v1", headers=headers, timeout=30) as client:
        zoe = client.post("/x/patient", json=ZOE).json()["client_id"]
        omar = client.post("/x/patient", json=OTHER).json()["client_id"]
        contact = {"first_name": "Ada", "surname": "Quill", "mobile": "0491 570 157"}
        assert client.post(f"/x/patient/{zoe}/patient_contact", json=contact).status_code == 201
        yield client, {"zoe": zoe, "omar": omar}


def asked(client: httpx.Client, **parameters: str) -> list[dict[str, Any]]:
    answer = client.get("/x/patient_match", params=parameters)
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["matches"]
    return list(answer.json()["matches"])


@pytest.mark.parametrize(
    ("parameters", "score", "reasons"),
    [
        ({"phone": "0491570006"}, 1, ["mobile is equal"]),
        ({"phone": "+61 (0)8 5550 1234"}, 1, ["home_phone is equal"]),
        ({"phone": "0011 61 8 7010 4321"}, 1, ["work_phone is equal"]),
        ({"phone": "5550-1234"}, 0.8, ["home_phone ends alike"]),
        ({"phone": "0491 570 157"}, 0.85, ["a contact's number is equal"]),
        ({"email": "zoe.quill@EXAMPLE.com"}, 1, ["email is equal"]),
        ({"date_of_birth": "1990-02-28"}, 1, ["date_of_birth is equal"]),
        ({"name": "Ms Quill, ZOE"}, 1, ["surname is equal", "first_name is equal"]),
        ({"name": "zoe fetherstone"}, 0.958, ["first_name is equal", "surname is near: fetherstone / featherstone"]),
        ({"name": "zo"}, 1, ["preferred_name is equal"]),
        ({"name": "Zeo"}, 0.667, ["first_name is near: zeo / zoe"]),
    ],
)
def test_each_way_of_asking(
    clinic: tuple[httpx.Client, dict[str, int]], parameters: dict[str, str], score: float, reasons: list[str]
) -> None:
    client, ids = clinic
    match = asked(client, **parameters)[0]
    assert match["patient"]["client_id"] == ids["zoe"]
    assert (match["score"], match["reasons"]) == (score, reasons)


def test_the_patient_comes_as_published(clinic: tuple[httpx.Client, dict[str, int]]) -> None:
    client, ids = clinic
    (match,) = asked(client, email=ZOE["email"])
    assert list(match) == ["score", "reasons", "archived", "next_appointments", "patient"]
    assert match["patient"] == client.get(f"/patient/{ids['zoe']}").json()
    assert (match["archived"], match["next_appointments"]) == (False, [])


def test_more_is_surer_and_the_others_come_after(clinic: tuple[httpx.Client, dict[str, int]]) -> None:
    client, ids = clinic
    found = asked(client, name="Omar Quillfeather", phone=ZOE["mobile"], date_of_birth="1991-03-01")
    assert [match["patient"]["client_id"] for match in found] == [ids["omar"], ids["zoe"]]
    assert found[0]["score"] > found[1]["score"]


def test_an_edit_is_found_at_once_and_the_old_name_no_more(clinic: tuple[httpx.Client, dict[str, int]]) -> None:
    client, ids = clinic
    assert asked(client, name="Wilhelmina") == []
    assert client.patch(f"/patient/{ids['omar']}", json={"first_name": "Wilhelmína"}).status_code == 200
    assert [match["patient"]["client_id"] for match in asked(client, name="wilhelmina")] == [ids["omar"]]
    client.patch(f"/patient/{ids['omar']}", json={"first_name": "Omar"})
    assert asked(client, name="Wilhelmina") == []


def test_an_archived_patient_is_flagged_and_lower(clinic: tuple[httpx.Client, dict[str, int]]) -> None:
    client, ids = clinic
    assert client.patch(f"/x/patient/{ids['omar']}", json={"archive": True}).status_code == 200
    (match,) = asked(client, phone=OTHER["mobile"])
    client.patch(f"/x/patient/{ids['omar']}", json={"archive": False})
    assert (match["score"], match["archived"], match["patient"]["archive"]) == (0.9, True, True)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "At least one parameter is needed. Allowed are: phone, email, name, date_of_birth."),
        ("surname=x", "Unknown parameter 'surname'. "),
        ("phone=1&phone=2", "The parameter phone is given twice."),
        ("phone=12", "phone must be a telephone number of 6 digits or more."),
        ("phone=ring%20me", "phone must be a telephone number of 6 digits or more."),
        ("email=zoe", "email must be a whole email address."),
        ("name=", "name must be a text of 1 to 100 characters."),
        ("name=--", "name must hold a letter."),
        (f"name={'x' * 101}", "name must be a text of 1 to 100 characters."),
        ("date_of_birth=28/02/1990", "date_of_birth must be a date"),
        ("name=%ff", "The query string must be percent-encoded UTF-8."),
    ],
)
def test_what_cannot_be_asked(here: httpx.Client, query: str, sentence: str) -> None:
    answer = here.get(f"/x/patient_match?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["detail"].startswith(sentence)


def test_another_clinics_patients_never_match(clinic: tuple[httpx.Client, dict[str, int]], here: httpx.Client) -> None:
    client, ids = clinic
    for parameters in ({"name": "Featherstone-Quill"}, {"email": ZOE["email"]}, {"name": "Zoe Fetherstone-Quil"}):
        assert asked(client, **parameters)
        assert not [match for match in asked(here, **parameters) if match["patient"]["client_id"] in ids.values()]


def test_every_patient_shown_is_noted_as_read(cast: Cast, clinic: tuple[httpx.Client, dict[str, int]]) -> None:
    client, ids = clinic
    answer = client.get("/x/patient_match", params={"email": ZOE["email"]})
    sql = "SELECT resource, resource_id, client_id FROM audit_event WHERE request_id = $1::uuid"
    events = until(lambda: cast.sql(sql, answer.headers["x-request-id"]))
    assert [tuple(event) for event in events] == [("patient", ids["zoe"], ids["zoe"])]


def test_the_next_appointments_come_with_the_patient_for_who_may_read_the_book(
    cast: Cast, here: httpx.Client, nobody: httpx.Client
) -> None:
    booked = cast.sql(
        "SELECT a.client_id, a.appointment_id, a.app_time, p.surname, p.first_name FROM appointment a "
        "JOIN patient p USING (tenant_id, client_id) WHERE a.tenant_id = $1 AND a.kind = 'patient' "
        "AND a.state = 'live' AND p.archived_at IS NULL ORDER BY a.client_id, a.app_time",
        cast.riverside.tenant_id,
    )
    first = booked[0]
    asked_for = {"name": f"{first['first_name']} {first['surname']}"}
    cast.sql(
        "UPDATE appointment SET app_time = app_time + interval '9999 days' "
        "WHERE tenant_id = $1 AND appointment_id = $2",
        cast.riverside.tenant_id,
        first["appointment_id"],
    )
    match = next(one for one in asked(here, **asked_for) if one["patient"]["client_id"] == first["client_id"])
    assert first["appointment_id"] in [one["appointment_id"] for one in match["next_appointments"]]
    key = asyncio.run(cast.key(cast.riverside, "patient:read"))
    headers = {**cast.headers(cast.riverside), "a-api-key": key}
    blind = nobody.get("/x/patient_match", params=asked_for, headers=headers).json()["matches"]
    assert {len(one["next_appointments"]) for one in blind} == {0}
