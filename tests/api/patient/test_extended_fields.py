"""What only the extension writes of a patient's file: HTML texts, Medicare claimants, whether it is archived."""

from typing import Any

import httpx
import pytest

from tests.api.answers import made, problems


@pytest.fixture
def path(here: httpx.Client) -> str:
    patient = made(here.post("/patient", json={"first_name": "Tess", "surname": "Fields"}))
    return f"/x/patient/{patient['client_id']}"


@pytest.mark.parametrize("name", ["medical_warnings", "reminders_notifications"])
def test_html_is_cleaned(here: httpx.Client, path: str, name: str) -> None:
    dirty = '<p onclick="x()">Latex <b>allergy</b> &amp; <strong>falls</strong><script>alert(1)</script></p>'
    cleaned = made(here.patch(path, json={name: dirty}))[name]
    assert cleaned == "<p>Latex allergy &amp; <strong>falls</strong></p>"
    assert made(here.patch(path, json={name: cleaned}))[name] == cleaned
    assert made(here.get(path.removeprefix("/x")))[name] == cleaned
    assert made(here.patch(path, json={name: None}))[name] is None


def test_html_that_grows_over_the_limit_is_refused_and_named(here: httpx.Client, path: str) -> None:
    assert list(problems(here.patch(path, json={"medical_warnings": "x" * 20_001}))) == ["medical_warnings"]
    found = problems(here.patch(path, json={"medical_warnings": "&" * 19_000}))
    assert found["medical_warnings"].startswith("The medical_warnings field is too long. The text has 95,000")


@pytest.mark.parametrize("text", ["[]", '[{"name": "Una", "irn": 2}]', ' [ {} , {"a": []} ] '])
def test_claimants_stay_the_text_they_are(here: httpx.Client, path: str, text: str) -> None:
    assert made(here.patch(path, json={"medicare_claimants": text}))["medicare_claimants"] == text


@pytest.mark.parametrize("text", ["", "{}", "null", "[1]", '["a"]', "[{}", "[NaN]", "[" * 15_000, [{"name": "Una"}]])
def test_other_claimants_are_refused(here: httpx.Client, path: str, text: Any) -> None:
    assert list(problems(here.patch(path, json={"medicare_claimants": text}))) == ["medicare_claimants"]


def test_a_file_is_archived_and_restored(here: httpx.Client, path: str) -> None:
    client_id = path.rpartition("/")[2]

    def listed(status: int) -> bool:
        params = {"q[]": [f"status:={status}", "surname:=Fields"], "page_size": "200"}
        return int(client_id) in [row["client_id"] for row in here.get("/patient", params=params).json()["clients"]]

    assert made(here.patch(path, json={"archive": True}))["archive"] is True
    assert (listed(1), listed(2), listed(3)) == (False, True, True)
    assert made(here.patch(path, json={"archive": True, "deceased": True}))["deceased"] is True
    assert (listed(4), listed(6)) == (False, True)
    assert made(here.patch(path, json={"archive": False, "deceased": False}))["archive"] is False
    assert (listed(1), listed(2)) == (True, False)
    assert made(here.patch(path.removeprefix("/x"), json={"archive": True}))["archive"] is False
