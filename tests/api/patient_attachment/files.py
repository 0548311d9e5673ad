"""What a client does with files: ask for a form, post the file to the store, look, download."""

from typing import Any, BinaryIO

import httpx

from tests.waiting import until

TIMEOUT_SECONDS = 120.0


def new_patient(api: httpx.Client, surname: str = "Filer") -> int:
    answer = api.post("/patient", json={"first_name": "Robin", "surname": surname})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["client_id"])


def ask(api: httpx.Client, client_id: int, file_name: str = "letter.txt", **more: Any) -> dict[str, Any]:
    """The form for one upload."""
    answer = api.post(f"/patient/{client_id}/patient_attachment", json={"file_name": file_name, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def send(form: dict[str, Any], content: bytes | BinaryIO) -> httpx.Response:
    """The form's fields unchanged, the file last."""
    return httpx.post(form["url"], data=form["fields"], files={"file": ("file", content)}, timeout=TIMEOUT_SECONDS)


def upload(api: httpx.Client, client_id: int, content: bytes, file_name: str = "letter.txt", **more: Any) -> None:
    answer = send(ask(api, client_id, file_name, **more), content)
    assert answer.status_code in (200, 204), answer.text


def files_of(api: httpx.Client, client_id: int) -> list[dict[str, Any]]:
    answer = api.get(f"/patient/{client_id}/patient_attachment")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["attachment_clients"])


def arrived(api: httpx.Client, client_id: int, count: int = 1) -> list[dict[str, Any]]:
    """The patient's files once there are so many: a read on a busy machine may leave some to the next one."""
    until(lambda: len(files_of(api, client_id)) >= count)
    files = files_of(api, client_id)
    assert len(files) == count
    return files


def download(api: httpx.Client, attachment_id: int) -> httpx.Response:
    """The content, the redirect followed without our keys, as a browser would not send them either."""
    answer = api.get(f"/patient_attachment/{attachment_id}/content")
    assert answer.status_code == 307, answer.text
    return httpx.get(answer.headers["location"], timeout=TIMEOUT_SECONDS)
