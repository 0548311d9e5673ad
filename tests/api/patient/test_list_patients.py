"""GET /v1/patient: the coded filters, the numbers, and links that keep the question."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.api.patients import create

FAMILY = "Listington"


@pytest.fixture(scope="module")
def family(here: httpx.Client) -> dict[str, dict[str, Any]]:
    """Four of one surname: active, archived, deceased, and deceased and archived."""
    people: dict[str, dict[str, Any]] = {
        "active": {"home_phone": "(08) 5550 4321", "mobile": "0491 570 156"},
        "archived": {"archive": True, "work_phone": "08 5550-4321", "email": "LISTINGTON@example.com"},
        "deceased": {"deceased": True, "mobile": "0491.570.157", "sms_marketing_type": 4},
        "gone": {"deceased": True, "archive": True, "preferred_name": "Zoë", "email_marketing_type": 3},
    }
    return {name: create(here, "/x/patient", first_name=name, surname=FAMILY, **more) for name, more in people.items()}


def found(client: httpx.Client, *filters: str, **params: str) -> list[str]:
    """The first names of the family's members that a list gives, in its order."""
    pairs = [("q[]", text) for text in (f"surname:={FAMILY}", *filters)]
    answer = client.get("/patient", params=[*pairs, *params.items()])
    assert answer.status_code == 200, answer.text
    return [row["first_name"] for row in answer.json()["clients"]]


@pytest.mark.usefixtures("family")
class TestFilters:
    @pytest.mark.parametrize(
        ("status", "who"),
        [
            (1, ["active", "deceased"]),
            (2, ["archived", "gone"]),
            (3, ["active", "archived", "deceased", "gone"]),
            (4, ["archived"]),
            (5, ["active", "archived"]),
            (6, ["deceased", "gone"]),
        ],
    )
    def test_by_status(self, here: httpx.Client, status: int, who: list[str]) -> None:
        assert found(here, f"status:={status}") == who

    def test_without_a_status_everybody_is_listed(self, here: httpx.Client) -> None:
        assert found(here) == found(here, "status:=3")

    @pytest.mark.parametrize(
        ("filter", "who"),
        [
            ("phone:=0855504321", ["active", "archived"]),
            ("phone:=(08) 5550 4321", ["active", "archived"]),
            ("phone:=08-5550.4321", ["active", "archived"]),
            ("phone:=0491570157", ["deceased"]),
            ("phone:~5704", []),
            ("phone:~5701", ["active", "deceased"]),
            ("phone:~57 01", ["active", "deceased"]),
            ("phone:!=0855504321", ["deceased", "gone"]),
            ("home_phone:=0855504321", []),
            ("home_phone:=(08) 5550 4321", ["active"]),
            ("work_phone:~5550", ["archived"]),
            ("mobile:~.", ["deceased"]),
        ],
    )
    def test_by_phone_over_all_numbers_as_dialled(self, here: httpx.Client, filter: str, who: list[str]) -> None:
        assert found(here, filter) == who

    @pytest.mark.parametrize(
        ("filter", "who"),
        [
            ("sms_marketing_type:=4", ["deceased"]),
            ("sms_marketing_type:=1", ["active", "archived", "gone"]),
            ("email_marketing_type:=3", ["gone"]),
            ("email_marketing_type:=2", []),
        ],
    )
    def test_by_marketing(self, here: httpx.Client, filter: str, who: list[str]) -> None:
        assert found(here, filter) == who

    @pytest.mark.parametrize(
        ("filter", "who"),
        [
            ("email:=listington@example.com", []),
            ("email:~listington@", ["archived"]),
            ("preferred_name:~ZO", ["gone"]),
            ("preferred_name:=Zoë", ["gone"]),
            ("preferred_name:!=Zoë", ["active", "archived", "deceased"]),
            ("first_name:~%", []),
            ("first_name:~_", []),
            ("archived:>2026-01-01T00:00:00Z", ["archived", "gone"]),
            ("archived:<2026-01-01T00:00:00Z", []),
        ],
    )
    def test_by_text_and_instant(self, here: httpx.Client, filter: str, who: list[str]) -> None:
        assert found(here, filter) == who

    def test_the_same_field_twice_is_a_range(self, here: httpx.Client, family: dict[str, dict[str, Any]]) -> None:
        begin, end = family["active"]["file_created"], family["deceased"]["file_created"]
        assert found(here, f"file_created:>={begin}", f"file_created:<{end}") == ["active", "archived"]

    def test_sorted(self, here: httpx.Client) -> None:
        assert found(here, sort_by="first_name:desc") == ["gone", "deceased", "archived", "active"]
        assert found(here, sort_by="surname,-first_name") == ["gone", "deceased", "archived", "active"]
        assert found(here, sort_by='["surname","file_created:desc"]') == ["gone", "deceased", "archived", "active"]


@pytest.mark.usefixtures("family")
class TestLinks:
    def test_keep_the_callers_own_question(self, here: httpx.Client) -> None:
        asked: list[tuple[str, Any]] = [("q[]", f"surname:={FAMILY}"), ("page_size", "2"), ("x", "ü &=")]
        asked.append(("sort_by", "first_name:desc"))
        first = here.get("/patient", params=asked).json()
        assert parse_qsl(urlsplit(first["links"]["next"]).query) == [("page", "2"), *asked]
        second = here.get(first["links"]["next"]).json()
        assert [row["first_name"] for row in second["clients"]] == ["archived", "active"]
        assert (second["clients"][0]["row_num"], second["clients"][0]["total_rows"]) == (3, 4)
        assert set(second["links"]) == {"self", "previous"}
        assert here.get(second["links"]["previous"]).json() == first

    def test_are_built_from_the_address_the_caller_used(self, here: httpx.Client) -> None:
        answer = here.get("/patient?page_size=1", headers={"host": "clinic.example.com:8443"}).json()
        assert answer["links"]["self"].startswith("http://clinic.example.com:8443/v1/patient?page=1")
        assert answer["clients"][0]["links"]["self"].startswith("http://clinic.example.com:8443/v1/patient/")

    @pytest.mark.parametrize("host", ["[", "a/{client_id}", 'a"b', "a%db", "a b", "a?x", "", "é"])
    def test_never_carry_a_forged_host(self, here: httpx.Client, host: str) -> None:
        answer = here.get("/patient?page_size=1", headers={b"host": host.encode()})
        assert answer.status_code == 200
        links = [answer.json()["links"]["self"], *answer.json()["clients"][0]["links"].values()]
        assert all(link.startswith("http://127.0.0.1:") for link in links)


def test_filters_do_not_look_into_another_clinic(there: httpx.Client, family: dict[str, dict[str, Any]]) -> None:
    assert found(there) == []
    assert found(there, f"phone:={family['active']['mobile']}") == []
