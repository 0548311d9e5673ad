"""POST /v1/patient: what a new file gets by itself, and what is refused."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from openprac import admin
from openprac.app import create_app
from tests.api.answers import problems
from tests.api.patients import NAMES, NEVER_EXISTED, create, error_of, extended
from tests.cast import Cast, serving


@pytest.fixture(scope="module")
def strict(cast: Cast) -> Iterator[httpx.Client]:
    """Riverside's caller of an instance with strict bodies."""
    with (
        serving(create_app(replace(cast.settings, strict_bodies=True))) as base_url,
        httpx.Client(base_url=f"{base_url}/v1", headers=cast.headers(cast.riverside), timeout=30) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def empty(cast: Cast) -> Iterator[httpx.Client]:
    """A clinic in which nobody works yet."""

    async def clinic() -> str:
        async with cast.owner() as connection:
            tenant_id = await admin.create_tenant(connection, "Empty", "Australia/Perth")
            return (await admin.create_account_key(connection, tenant_id, "all", ["*"]))[2]

    headers = {"x-api-key": cast.vendor_key, "a-api-key": asyncio.run(clinic())}
    with httpx.Client(base_url=f"{cast.base_url}/v1", headers=headers, timeout=30) as client:
        yield client


class TestANewFile:
    def test_answers_with_the_object_its_etag_and_a_link_that_works(self, here: httpx.Client) -> None:
        answer = here.post("/patient", json={"first_name": "Mira", "surname": "Example"})
        assert answer.status_code == 201
        assert answer.headers["etag"] == '"1"'
        made = answer.json()
        assert "row_num" not in made
        assert (made["first_name"], made["surname"]) == ("Mira", "Example")
        assert (made["archive"], made["deceased"]) == (False, False)
        assert made["file_created"].endswith("Z")
        again = here.get(made["links"]["self"])
        assert again.json() == made
        assert again.headers["etag"] == '"1"'

    def test_gets_an_account_named_primary_that_is_its_default(self, here: httpx.Client) -> None:
        made = create(here)
        accounts = here.get(made["links"]["accounts"]).json()["accounts"]
        assert [(one["account_id"], one["short_description"]) for one in accounts] == [
            (made["default_account_id"], "PRIMARY")
        ]
        assert (accounts[0]["client_id"], accounts[0]["archive"]) == (made["client_id"], False)
        assert here.get(accounts[0]["links"]["self"]).status_code == 200

    def test_gets_the_first_active_practitioner_and_where_they_work(self, cast: Cast, here: httpx.Client) -> None:
        made = extended(here, create(here)["client_id"])
        ((first,),) = cast.sql(
            "SELECT min(practitioner_id) FROM practitioner WHERE tenant_id = $1 AND archived_at IS NULL",
            cast.riverside.tenant_id,
        )
        one = here.get(f"/practitioner/{first}").json()
        works_at = min(place["business_id"] for place in one["businesses"] if not place["archive"])
        assert (made["default_practitioner_id"], made["default_business_id"]) == (first, works_at)
        assert made["default_practitioner"] == f"{one['first_name']} {one['surname']}"
        assert made["default_business"] == here.get(f"/business/{works_at}").json()["display_name"]

    def test_gets_the_business_of_the_practitioner_that_was_sent(self, here: httpx.Client) -> None:
        for one in here.get("/practitioner?sort_by=-practitioner_id&page_size=3").json()["practitioners"]:
            places = [place["business_id"] for place in one["businesses"] if not place["archive"]]
            made = create(here, default_practitioner_id=one["practitioner_id"])
            full = extended(here, made["client_id"])
            assert full["default_practitioner_id"] == one["practitioner_id"]
            assert full["default_business_id"] == (min(places) if places else None)

    def test_gets_nobody_where_nobody_works(self, empty: httpx.Client) -> None:
        made = create(empty)
        assert (made["default_practitioner"], made["default_business"]) == (None, None)

    def test_may_be_sent_null_for_what_has_a_default(self, here: httpx.Client) -> None:
        made = create(here, default_practitioner_id=None, default_business_id=None)
        assert (made["default_practitioner"], made["default_business"]) == (None, None)

    def test_has_the_marketing_default_of_the_practice_and_reminders_on(self, here: httpx.Client) -> None:
        made = create(here)
        assert (made["email_marketing"], made["sms_marketing"]) == ("Soft Opt-In", "Soft Opt-In")
        for kind in ("reminder", "confirmation", "follow_up"):
            assert made[f"default_sms_{kind}"] is made[f"default_email_{kind}"] is True
        assert made["default_phone_reminder"] is False

    def test_shows_names_where_the_body_takes_ids(self, here: httpx.Client) -> None:
        sex, pronoun, category = (
            here.get(path).json()[key][-1]
            for path, key in (("/sex", "sexes"), ("/pronoun", "pronouns"), ("/fee_category", "fee_categories"))
        )
        ids = {"sex_id": sex["sex_id"], "pronoun_id": pronoun["pronoun_id"], "fee_cat_id": category["fee_cat_id"]}
        made = create(here, **ids, email_marketing_type=4, sms_marketing_type=2, preferred_phone=3)
        assert (made["sex"], made["pronouns"], made["fee_category"]) == (
            sex["description"],
            pronoun["description"],
            category["description"],
        )
        assert (made["email_marketing"], made["sms_marketing"]) == ("Opt-Out", "Opt-In")
        written = ("sex_id", "pronoun_id", "fee_cat_id", "preferred_phone", "timezone", "default_business_id")
        assert not set(written) & set(made)
        full = extended(here, made["client_id"])
        assert {name: full[name] for name in ids} == ids

    def test_keeps_every_character_of_what_was_sent(self, here: httpx.Client) -> None:
        nasty = {
            "first_name": 'Zoë "Ω" 😀',
            "surname": "O'Brien \\ <b>%_",
            "gender": "\u202ertl",
            "suburb": "a\tb\nc",
        }
        made = create(here, **nasty)
        assert {name: made[name] for name in nasty} == nasty
        assert {name: here.get(f"/patient/{made['client_id']}").json()[name] for name in nasty} == nasty

    def test_of_another_clinic_counts_on_its_own(self, here: httpx.Client, there: httpx.Client) -> None:
        ours, theirs = create(here), create(there)
        assert ours["tenant_id"] != theirs["tenant_id"]
        assert there.get(f"/patient/{ours['client_id']}").status_code == 404


LIMITS = {"first_name": 40, "surname": 40, "postcode": 10, "gender": 20, "home_phone": 20, "mobile": 20}
LIMITS |= dict.fromkeys(("address_1", "suburb", "address_state", "country"), 100)


class TestRefusals:
    def test_both_names_are_required_in_the_published_words(self, here: httpx.Client) -> None:
        for body in ({}, {"first_name": "", "surname": "  "}, {"first_name": None, "surname": None}):
            assert problems(here.post("/patient", json=body)) == {
                "first_name": "The first_name field is required.",
                "surname": "The surname field is required.",
            }

    @pytest.mark.parametrize(("name", "limit"), LIMITS.items())
    def test_a_text_may_be_as_long_as_published_and_no_longer(self, here: httpx.Client, name: str, limit: int) -> None:
        assert create(here, **{name: "é" * limit})[name] == "é" * limit
        body = {**NAMES, name: "é" * (limit + 1)}
        assert problems(here.post("/patient", json=body)) == {
            name: f"The {name} field must not be greater than {limit} characters."
        }

    @pytest.mark.parametrize(
        "name", ["sex_id", "pronoun_id", "fee_cat_id", "default_practitioner_id", "default_business_id"]
    )
    def test_an_id_that_is_nowhere_or_in_another_clinic_is_named(
        self, cast: Cast, here: httpx.Client, name: str
    ) -> None:
        table, column = {
            "sex_id": ("sex", "sex_id"),
            "pronoun_id": ("pronoun", "pronoun_id"),
            "fee_cat_id": ("fee_category", "fee_cat_id"),
            "default_practitioner_id": ("practitioner", "practitioner_id"),
            "default_business_id": ("business", "business_id"),
        }[name]
        sql = f"SELECT max({column}) FROM {table} WHERE tenant_id = $1"
        foreign = cast.sql(sql, cast.hillside.tenant_id)[0][0]
        answers = []
        for wrong in (foreign, NEVER_EXISTED, -1):
            body = {**NAMES, name: wrong}
            answers.append(problems(here.post("/patient", json=body)))
        assert answers == [{name: f"The selected {name} is invalid."}] * 3

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("email", "nobody at example.com", "must be a valid email address."),
            ("date_of_birth", "31/12/1999", "must be a date as yyyy-MM-dd, for example 2000-01-31."),
            ("preferred_phone", 2, "must be one of: 1, 3."),
            ("sms_marketing_type", 5, "must be one of: 1, 2, 3, 4."),
            ("email_marketing_type", None, "must not be null."),
            ("default_sms_reminder", "yes", "must be true or false."),
            ("timezone", "Adelaide", "must be one of the published IANA time zones"),
            ("fee_cat_id", "1", "must be an integer."),
            ("mobile", 491570006, "must be a string."),
        ],
    )
    def test_a_wrong_value_is_told_what_to_send(self, here: httpx.Client, name: str, value: object, said: str) -> None:
        found = problems(here.post("/patient", json={**NAMES, name: value}))
        assert found[name].startswith(f"The {name} field {said}")

    def test_nothing_of_a_refused_patient_stays(self, cast: Cast, here: httpx.Client) -> None:
        total = here.get("/patient?page_size=1").json()["total_entries"]
        sql = "SELECT count(*) FROM patient_account WHERE tenant_id = $1"
        accounts = cast.sql(sql, cast.riverside.tenant_id)
        assert (
            here.post("/patient", json={"first_name": "A", "surname": "B", "sex_id": NEVER_EXISTED}).status_code == 422
        )
        assert here.get("/patient?page_size=1").json()["total_entries"] == total
        assert cast.sql(sql, cast.riverside.tenant_id) == accounts


class TestUnknownMembers:
    def test_are_passed_over_and_named_in_a_header(self, here: httpx.Client) -> None:
        sent = {**NAMES, "last_name": "x", "colour é": 1, "a, b": 2, "x\r\ny": 3}
        answer = here.post("/patient", json=sent)
        assert answer.status_code == 201
        assert answer.headers["openprac-ignored"] == "last_name, colour%20%C3%A9, a%2C%20b, x%0D%0Ay"

    def test_that_are_no_text_at_all_break_no_header(self, here: httpx.Client) -> None:
        raw = b'{"first_name": "Test", "surname": "Patient", "\\ud800": 1}'
        answer = here.post("/patient", content=raw, headers={"content-type": "application/json"})
        assert answer.status_code == 201
        assert answer.headers["openprac-ignored"].isascii()

    def test_are_named_twenty_at_most_and_cut_short(self, here: httpx.Client) -> None:
        sent = {**NAMES, **{f"{number:03d}" + "x" * 500: 1 for number in range(300)}}
        answer = here.post("/patient", json=sent)
        assert answer.status_code == 201
        assert len(answer.headers["openprac-ignored"].split(", ")) == 20
        assert len(answer.headers["openprac-ignored"]) < 2000

    def test_an_object_sent_back_as_it_came_is_no_slip(self, here: httpx.Client) -> None:
        answer = here.post("/patient", json=create(here))
        assert answer.status_code == 201
        assert "openprac-ignored" not in answer.headers

    def test_what_only_the_extension_writes_is_not_written(self, here: httpx.Client) -> None:
        sent: dict[str, Any] = {
            "work_phone": "(08) 5550 1111",
            "deceased": True,
            "archive": True,
            "preferred_name": "X",
            "client_id": 7,
        }
        made = create(here, **sent)
        assert {name: made[name] for name in ("work_phone", "deceased", "archive", "preferred_name")} == {
            "work_phone": None,
            "deceased": False,
            "archive": False,
            "preferred_name": None,
        }
        assert made["client_id"] != 7

    def test_are_refused_by_a_strict_instance_with_the_nearest_name(self, strict: httpx.Client) -> None:
        sent = {**NAMES, "surnam": "x", "qqq": 1}
        assert problems(strict.post("/patient", json=sent)) == {
            "surnam": "The surnam field is not known here. Did you mean surname?",
            "qqq": "The qqq field is not known here.",
        }
        assert strict.post("/patient", json=create(strict)).status_code == 201

    def test_are_refused_by_every_extension(self, here: httpx.Client) -> None:
        sent = {**NAMES, "prefered_name": "x"}
        assert problems(here.post("/x/patient", json=sent)) == {
            "prefered_name": "The prefered_name field is not known here. Did you mean preferred_name?"
        }


class TestTheExtension:
    def test_writes_more_and_shows_ids(self, here: httpx.Client) -> None:
        made = create(
            here,
            "/x/patient",
            preferred_name="Tess",
            work_phone="(08) 5550 1111",
            pension_expiry="2027-01-01T00:00:00+10:30",
            archive=True,
            timezone="Pacific/Auckland",
        )
        assert (made["preferred_name"], made["work_phone"], made["archive"]) == ("Tess", "(08) 5550 1111", True)
        assert made["pension_expiry"] == "2026-12-31T13:30:00Z"
        assert made["timezone"] == "Pacific/Auckland"
        published = here.get(f"/patient/{made['client_id']}").json()
        assert published.items() <= made.items()

    def test_needs_the_same_members(self, here: httpx.Client) -> None:
        assert set(problems(here.post("/x/patient", json={}))) == {"first_name", "surname"}


def test_a_key_that_may_only_read_is_told_what_it_lacks(cast: Cast) -> None:
    key = asyncio.run(cast.key(cast.riverside, "patient:read"))
    headers = {**cast.headers(cast.riverside), "a-api-key": key}
    answer = httpx.post(f"{cast.base_url}/v1/patient", headers=headers, json={})
    assert error_of(answer, 403)["detail"] == "This account key lacks the permission patient:write."
