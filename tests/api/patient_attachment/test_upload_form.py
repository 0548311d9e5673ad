"""Asking for a form: what it takes, what it refuses, what a retry gets."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from openprac.app import create_app
from tests.api.patient_attachment.files import arrived, ask, files_of, new_patient, send, upload
from tests.cast import Cast, serving
from tests.waiting import until


def folder_of(api: httpx.Client, client_id: int) -> int:
    answer = api.post(f"/patient/{client_id}/patient_attachment_folder", json={"description": "Letters"})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["attachment_client_folder_id"])


def refused(api: httpx.Client, client_id: int, folder_id: Any) -> httpx.Response:
    body = {"file_name": "a.pdf", "attachment_client_folder_id": folder_id}
    answer = api.post(f"/patient/{client_id}/patient_attachment", json=body)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["error"]["validation"]] == ["attachment_client_folder_id"]
    return answer


def test_a_file_asked_into_a_folder_is_listed_there(here: httpx.Client) -> None:
    client_id = new_patient(here)
    folder_id = folder_of(here, client_id)
    upload(here, client_id, b"inside", "in.txt", attachment_client_folder_id=folder_id)
    upload(here, client_id, b"outside", "out.txt")
    assert [file["description"] for file in arrived(here, client_id, 2)] == ["in.txt", "out.txt"]
    in_folder = here.get(f"/patient_attachment_folder/{folder_id}/patient_attachment").json()["attachment_clients"]
    assert [file["description"] for file in in_folder] == ["in.txt"]


def test_a_folder_lists_its_file_when_nobody_has_looked_before(cast: Cast, here: httpx.Client) -> None:
    client_id = new_patient(here)
    folder_id = folder_of(here, client_id)
    form = ask(here, client_id, attachment_client_folder_id=folder_id)
    cast.sql("UPDATE pending_upload SET next_look_at = now() + interval '1 day' WHERE client_id = $1", client_id)
    send(form, b"inside")
    path = f"/patient_attachment_folder/{folder_id}/patient_attachment"
    until(lambda: here.get(path).json()["total_entries"] == 1)


def test_a_folder_of_somebody_else_is_refused_as_one_that_never_existed(
    here: httpx.Client, there: httpx.Client
) -> None:
    client_id, other = new_patient(here), new_patient(here)
    foreign = folder_of(there, new_patient(there))
    never = refused(here, client_id, 9_000_000_000).json()["error"]
    assert refused(here, client_id, folder_of(here, other)).json()["error"] == never
    assert refused(here, client_id, foreign).json()["error"] == never


def test_the_file_date_is_today_on_the_clinics_wall(cast: Cast) -> None:
    # Twenty hours UTC: in Adelaide it is the next day already.
    now = datetime.now(UTC)
    evening = now.replace(hour=20, minute=0, second=0, microsecond=0) + timedelta(days=1)
    settings = replace(cast.settings, clock_ahead_seconds=int((evening - now).total_seconds()))
    headers = cast.headers(cast.riverside)
    with (
        serving(create_app(settings)) as base_url,
        httpx.Client(base_url=f"{base_url}/v1", headers=headers) as api,
    ):
        client_id = new_patient(api)
        upload(api, client_id, b"today")
        upload(api, client_id, b"given", file_date="1999-12-31")
        dates = [file["file_date"] for file in arrived(api, client_id, 2)]
    assert dates == [(evening + timedelta(days=1)).date().isoformat(), "1999-12-31"]


def test_a_retry_with_the_key_gets_the_same_upload_and_a_form_that_works(here: httpx.Client) -> None:
    client_id = new_patient(here)
    path, key = f"/patient/{client_id}/patient_attachment", {"idempotency-key": f"form-{client_id}"}
    first = here.post(path, json={"file_name": "a.txt"}, headers=key)
    again = here.post(path, json={"file_name": "a.txt"}, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers.get_list("cache-control") == ["no-store"]
    assert again.json()["fields"]["key"] == first.json()["fields"]["key"]
    assert send(again.json(), b"once").status_code in (200, 204)
    arrived(here, client_id)
    late = here.post(path, json={"file_name": "a.txt"}, headers=key)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "UPLOAD_SETTLED")
    assert len(files_of(here, client_id)) == 1
