"""/v1/patient/{client_id}/account, and the extension that opens and changes accounts."""

from typing import Any

import httpx
import pytest

from tests.api.answers import problems
from tests.api.patients import NEVER_EXISTED, create, error_of


@pytest.fixture(scope="module")
def patient(here: httpx.Client) -> dict[str, Any]:
    return create(here)


def accounts(client: httpx.Client, patient: dict[str, Any], **params: str) -> list[str]:
    answer = client.get(f"/patient/{patient['client_id']}/account", params=params)
    assert answer.status_code == 200, answer.text
    return [row["short_description"] for row in answer.json()["accounts"]]


def opened(client: httpx.Client, patient: dict[str, Any], **members: Any) -> dict[str, Any]:
    answer = client.post(f"/x/patient/{patient['client_id']}/account", json=members)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


class TestOpening:
    def test_an_account_belongs_to_the_patient_of_the_path(self, here: httpx.Client, patient: dict[str, Any]) -> None:
        made = opened(here, patient, short_description="DVA", client_no="QX1", client_id=NEVER_EXISTED)
        assert (made["client_id"], made["client_no"], made["archive"]) == (patient["client_id"], "QX1", False)
        published = here.get(f"/patient/{patient['client_id']}/account/{made['account_id']}")
        assert published.status_code == 200
        assert published.headers["etag"] == '"1"'
        assert "DVA" in accounts(here, patient)
        assert here.get(f"/patient/{patient['client_id']}").json()["default_account_id"] != made["account_id"]

    def test_needs_a_name(self, here: httpx.Client, patient: dict[str, Any]) -> None:
        answer = here.post(f"/x/patient/{patient['client_id']}/account", json={})
        assert problems(answer) == {"short_description": "The short_description field is required."}

    def test_for_nobody_is_404_whatever_else_is_wrong(
        self, here: httpx.Client, there: httpx.Client, patient: dict[str, Any]
    ) -> None:
        for client, client_id in ((here, NEVER_EXISTED), (there, patient["client_id"])):
            for body in (b'{"short_description": "x"}', b"{}", b"{", b'{"short_description": "x", "fee_cat_id": -1}'):
                path = f"/x/patient/{client_id}/account"
                answer = client.post(path, content=body, headers={"content-type": "application/json"})
                assert error_of(answer, 404)["detail"] == f"Could not find client_id: {client_id}"

    def test_an_unknown_fee_category_is_named(self, here: httpx.Client, patient: dict[str, Any]) -> None:
        body = {"short_description": "x", "fee_cat_id": NEVER_EXISTED}
        answer = here.post(f"/x/patient/{patient['client_id']}/account", json=body)
        assert problems(answer) == {"fee_cat_id": "The selected fee_cat_id is invalid."}


class TestChanging:
    def test_changes_what_is_given_and_clears_with_null(self, here: httpx.Client, patient: dict[str, Any]) -> None:
        made = opened(here, patient, short_description="Comp", employer_name="Example Pty", injury="Wrist")
        path = f"/x/patient/{patient['client_id']}/account/{made['account_id']}"
        changed = here.patch(path, json={"injury": None, "archive": True}).json()
        assert changed == {**made, "injury": None, "archive": True}

    def test_under_another_patient_is_404(self, here: httpx.Client, patient: dict[str, Any]) -> None:
        other = create(here)
        path = f"/patient/{other['client_id']}/account/{patient['default_account_id']}"
        for answer in (here.get(path), here.patch(f"/x{path}", json={"injury": "x"})):
            assert error_of(answer, 404)["detail"] == f"Could not find account_id: {patient['default_account_id']}"


class TestListing:
    def test_filters_by_text(self, here: httpx.Client) -> None:
        patient = create(here)
        opened(here, patient, short_description="Medicare", email="a@example.com", phone="0491 570 006")
        opened(here, patient, short_description="medicare 2", phone="0491 570 156")
        for filter, names in (
            ("short_description:~MEDICARE", ["Medicare", "medicare 2"]),
            ("short_description:=Medicare", ["Medicare"]),
            ("short_description:!=Medicare", ["PRIMARY", "medicare 2"]),
            ("email:=a@example.com", ["Medicare"]),
            ("email:!=a@example.com", ["PRIMARY", "medicare 2"]),
            ("phone:~570 156", ["medicare 2"]),
            ("created:<2020-01-01T00:00:00Z", []),
        ):
            assert accounts(here, patient, **{"q[]": filter}) == names, filter
        assert accounts(here, patient, sort_by="-account_id") == ["medicare 2", "Medicare", "PRIMARY"]

    def test_of_a_patient_who_is_not_here_is_empty_as_published(
        self, here: httpx.Client, there: httpx.Client, patient: dict[str, Any]
    ) -> None:
        assert accounts(here, {"client_id": NEVER_EXISTED}) == accounts(there, patient) == []
