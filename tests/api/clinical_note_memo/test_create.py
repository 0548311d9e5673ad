"""POST /clinical_note_memo: what is kept, what is refused, and that the answer is an id."""

import base64
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from openprac.demo.paper import png
from tests.api.answers import made, problems
from tests.cast import Cast

FILE_SQL = "SELECT attachment_client_id, client_id FROM patient_attachment WHERE tenant_id = $1 ORDER BY 2 LIMIT 1"


@pytest.fixture
def client_id(here: httpx.Client) -> int:
    return int(made(here.post("/patient", json={"first_name": "Tess", "surname": "Memo"}))["client_id"])


def memo_of(client: httpx.Client, answer: httpx.Response) -> dict[str, Any]:
    body = made(answer)
    assert (answer.status_code, list(body)) == (201, ["clinical_note_memo_id"])
    return made(client.get(f"/x/clinical_note_memo/{body['clinical_note_memo_id']}"))


def test_the_memo_is_cleaned_and_kept_with_its_time_tags_and_author(
    cast: Cast, here: httpx.Client, client_id: int
) -> None:
    tags = [made(here.post("/x/tag", json={"description": name}))["tag_id"] for name in ("One", "Two")]
    body = {
        "client_id": client_id,
        "memo": '<h1>Hi</h1><p style="color:red;position:fixed" onclick="x()">there<script>alert(1)</script></p>',
        "memo_time": "2026-01-01T12:05:30",
        "tag_ids": [*reversed(tags), tags[0]],
    }
    memo = memo_of(here, here.post("/clinical_note_memo", json=body))
    assert memo["client_id"] == client_id
    assert "Hi" in memo["memo"]
    assert '<p style="color:red">there</p>' in memo["memo"]
    assert "alert" not in memo["memo"]
    assert memo["memo_time"] == "2026-01-01T12:05:30"
    assert memo["tag_ids"] == tags
    assert memo["attachment_client_ids"] == []
    assert memo["user_id"] == cast.riverside.user_id


def test_without_a_time_it_is_now_on_the_clinics_wall(cast: Cast, here: httpx.Client, client_id: int) -> None:
    for extra in ({}, {"memo_time": None, "tag_ids": None, "attachment_client_ids": None}):
        memo = memo_of(here, here.post("/clinical_note_memo", json={"client_id": client_id, "memo": "x", **extra}))
        now = datetime.now(ZoneInfo(cast.riverside.time_zone)).replace(tzinfo=None)
        assert abs(datetime.fromisoformat(memo["memo_time"]) - now) < timedelta(minutes=1)


@pytest.mark.parametrize("wrong", ["2026-01-01", "2026-01-01T12:05:30Z", "2026-01-01T12:05:30+10:30", "now", 7])
def test_a_time_with_an_offset_or_none_at_all_is_refused(here: httpx.Client, client_id: int, wrong: Any) -> None:
    answer = here.post("/clinical_note_memo", json={"client_id": client_id, "memo": "x", "memo_time": wrong})
    assert list(problems(answer)) == ["memo_time"]


def test_what_is_missing_is_named(here: httpx.Client) -> None:
    assert problems(here.post("/clinical_note_memo", json={})) == {
        "client_id": "The client_id field is required.",
        "memo": "The memo field is required.",
    }
    assert list(problems(here.post("/clinical_note_memo", json={"client_id": 1, "memo": "  "}))) == ["memo"]


def test_patient_tags_and_files_are_the_clinics(
    cast: Cast, here: httpx.Client, there: httpx.Client, client_id: int
) -> None:
    foreign_patient = made(there.post("/patient", json={"first_name": "F", "surname": "F"}))["client_id"]
    foreign_tag = made(there.post("/x/tag", json={"description": "Foreign"}))["tag_id"]
    foreign_file = cast.sql(FILE_SQL, cast.hillside.tenant_id)[0]["attachment_client_id"]
    for wrong in (foreign_patient, 9_000_000_000):
        found = problems(here.post("/clinical_note_memo", json={"client_id": wrong, "memo": "x"}))
        assert found == {"client_id": "The selected client_id is invalid."}
    for tag, file in ((foreign_tag, foreign_file), (9_000_000_000, 9_000_000_000)):
        body = {"client_id": client_id, "memo": "x", "tag_ids": [tag], "attachment_client_ids": [file]}
        assert problems(here.post("/clinical_note_memo", json=body)) == {
            "tag_ids": f"The selected tag_ids are invalid: {tag}.",
            "attachment_client_ids": f"The selected attachment_client_ids are invalid: {file}.",
        }


def test_files_are_the_same_patients(cast: Cast, here: httpx.Client, client_id: int) -> None:
    file = cast.sql(FILE_SQL, cast.riverside.tenant_id)[0]
    body = {"client_id": client_id, "memo": "x", "attachment_client_ids": [file["attachment_client_id"]]}
    assert list(problems(here.post("/clinical_note_memo", json=body))) == ["attachment_client_ids"]
    memo = memo_of(here, here.post("/clinical_note_memo", json={**body, "client_id": file["client_id"]}))
    assert memo["attachment_client_ids"] == [file["attachment_client_id"]]


def test_the_limit_counts_characters_after_processing(here: httpx.Client, client_id: int) -> None:
    def send(memo: str) -> httpx.Response:
        return here.post("/clinical_note_memo", json={"client_id": client_id, "memo": memo})

    longest = "é" * 149_993
    assert memo_of(here, send(f"<p>{longest}</p>"))["memo"] == f"<p>{longest}</p>"
    found = problems(send(f"<p>{longest}é</p>"))
    assert found["memo"].startswith("The memo field is too long. The text has 150,001 characters after processing")
    assert memo_of(here, send(f"<p>kept</p><script>{'x' * 900_000}</script>"))["memo"] == "<p>kept</p>"
    assert list(problems(send("x" * 1_000_001))) == ["memo"]


def test_an_inline_picture_stays_and_a_linked_one_goes(here: httpx.Client, client_id: int) -> None:
    picture = base64.b64encode(png(150, 150, bytes(i * i % 251 for i in range(22_500)))).decode()
    inline = f'<img src="data:image/png;base64,{picture}">'
    body = {"client_id": client_id, "memo": f'<p>{inline}<img src="https://example.com/a.png"></p>'}
    assert memo_of(here, here.post("/clinical_note_memo", json=body))["memo"] == f"<p>{inline}</p>"


def test_a_body_of_a_few_megabytes_is_read_and_more_is_not(here: httpx.Client, client_id: int) -> None:
    for size, status in ((1_500_000, 201), (5_000_001, 413)):
        answer = here.post("/clinical_note_memo", json={"client_id": client_id, "memo": "x", "padding": "x" * size})
        assert answer.status_code == status


def test_a_retry_with_the_same_key_adds_no_second_memo(here: httpx.Client, client_id: int) -> None:
    body, headers = {"client_id": client_id, "memo": "once"}, {"idempotency-key": f"memo-{client_id}"}
    first, second = (here.post("/clinical_note_memo", json=body, headers=headers) for _ in range(2))
    assert first.content == second.content
    assert made(here.get(f"/x/patient/{client_id}/clinical_note_memo"))["total_entries"] == 1


def test_unknown_members_are_named(here: httpx.Client, client_id: int) -> None:
    answer = here.post("/clinical_note_memo", json={"client_id": client_id, "memo": "x", "colour": "red"})
    assert (answer.status_code, answer.headers["openprac-ignored"]) == (201, "colour")
