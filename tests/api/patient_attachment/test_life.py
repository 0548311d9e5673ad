"""The life of a file: asked for, posted to the store, listed, downloaded; each by real HTTP."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import httpx
import pytest

from tests.api.patient_attachment.files import arrived, ask, download, files_of, new_patient, send, upload
from tests.cast import Cast

PDF = b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"


def test_a_posted_file_is_listed_at_once_and_comes_back_identical(cast: Cast, here: httpx.Client) -> None:
    client_id = new_patient(here)
    form = ask(here, client_id, "Referral letter.pdf", file_date="2026-02-27")
    assert form["fields"]["key"].startswith("temp/")
    assert files_of(here, client_id) == []
    # No sweep will look at it: what is listed has been settled by the list itself.
    cast.sql("UPDATE pending_upload SET next_look_at = now() + interval '1 day' WHERE client_id = $1", client_id)
    assert send(form, PDF).status_code in (200, 204)
    (listed,) = arrived(here, client_id)
    attachment_id = listed["attachment_client_id"]
    assert {name: listed[name] for name in list(listed)[3:]} == {
        "tenant_id": cast.riverside.tenant_id,
        "attachment_client_id": attachment_id,
        "client_id": client_id,
        "user_id": cast.riverside.user_id,
        "file_date": "2026-02-27",
        "description": "Referral letter.pdf",
        "file_type": "pdf",
        "file_size": len(PDF),
    }
    assert here.get(f"/patient_attachment/{attachment_id}").json() == listed
    assert {listed["links"]["self"], listed["links"]["content"], listed["links"]["presign_url"]} == {
        f"{cast.base_url}/v1/patient_attachment/{attachment_id}{end}" for end in ("", "/content", "/presign_url")
    }
    content = download(here, attachment_id)
    assert content.content == PDF
    assert content.headers["content-type"] == "application/pdf"
    assert content.headers["content-disposition"].startswith('attachment; filename="Referral letter.pdf"')
    assert content.headers["cache-control"] == "no-store"


def test_the_redirect_is_not_to_be_kept_and_its_address_is_short_lived(here: httpx.Client) -> None:
    client_id = new_patient(here)
    upload(here, client_id, PDF, "a.pdf")
    answer = here.get(arrived(here, client_id)[0]["links"]["content"])
    assert answer.status_code == 307
    assert answer.content == b""
    assert answer.headers.get_list("cache-control") == ["no-store"]
    assert "X-Amz-Expires=300" in answer.headers["location"]


def test_presign_url_gives_the_address_its_end_and_the_name(here: httpx.Client) -> None:
    client_id = new_patient(here)
    upload(here, client_id, PDF, "Scan 1.pdf")
    answer = here.get(arrived(here, client_id)[0]["links"]["presign_url"])
    assert answer.status_code == 200
    assert answer.headers.get_list("cache-control") == ["no-store"]
    assert list(answer.json()) == ["url", "expires", "file_name"]
    assert answer.json()["file_name"] == "Scan 1.pdf"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer.json()["expires"])
    ahead = datetime.fromisoformat(answer.json()["expires"]) - datetime.now(UTC)
    assert timedelta(seconds=280) < ahead <= timedelta(seconds=300)
    assert httpx.get(answer.json()["url"]).content == PDF


def test_an_address_opens_this_file_alone(here: httpx.Client) -> None:
    client_id = new_patient(here)
    upload(here, client_id, PDF, "one.pdf")
    upload(here, client_id, PDF + b"2", "two.pdf")
    one, two = (here.get(file["links"]["presign_url"]).json()["url"] for file in arrived(here, client_id, 2))
    swapped = two.split("?", 1)[0] + "?" + one.split("?", 1)[1]
    assert httpx.get(two).status_code == 200
    assert httpx.get(swapped).status_code == 403
    assert httpx.get(two.split("?", 1)[0]).status_code == 403


@pytest.mark.parametrize(
    "name",
    [
        "تقرير طبي.pdf",
        "病历 张三.pdf",
        "🩺 X‑ray 👩🏽‍⚕️.pdf",
        'He said "yes"; filename=evil.exe.pdf',
        "Zoë O'Brien – 100% naïve.pdf",
        "a;b=c, d%41.pdf",
    ],
)
def test_a_file_name_in_any_script_is_shown_and_downloaded_as_it_is(here: httpx.Client, name: str) -> None:
    client_id = new_patient(here)
    upload(here, client_id, PDF, name)
    (file,) = arrived(here, client_id)
    assert file["description"] == name
    assert here.get(file["links"]["presign_url"]).json()["file_name"] == name
    disposition = download(here, file["attachment_client_id"]).headers["content-disposition"]
    found = re.fullmatch(r"attachment; filename=\"[^\"\\]*\"; filename\*=UTF-8''([^\s;\"']+)", disposition)
    assert found, disposition
    assert unquote(found[1]) == name


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("first\r\nSet-Cookie: a=b\n.pdf", "firstSet-Cookie: a=b.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\scans\\a.pdf", "a.pdf"),
        ("letter\u202efdp.exe", "letterfdp.exe"),
    ],
)
def test_what_breaks_a_header_or_a_path_is_not_in_the_name(here: httpx.Client, name: str, kept: str) -> None:
    client_id = new_patient(here)
    upload(here, client_id, PDF, name)
    (file,) = arrived(here, client_id)
    assert file["description"] == kept
    content = download(here, file["attachment_client_id"])
    assert content.content == PDF
    assert "set-cookie" not in content.headers
    assert unquote(content.headers["content-disposition"].rpartition("''")[2]) == kept


@pytest.mark.parametrize("name", ["", "   ", "/", "..", "\u200e\u202e", 7, None, "a" * 256])
def test_a_name_of_which_nothing_is_left_is_422(here: httpx.Client, name: object) -> None:
    client_id = new_patient(here)
    answer = here.post(f"/patient/{client_id}/patient_attachment", json={"file_name": name})
    assert answer.status_code == 422
    assert [problem["field"] for problem in answer.json()["error"]["validation"]] == ["file_name"]


SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


@pytest.mark.parametrize(
    ("content", "file_name", "shown", "served"),
    [
        (b"<!doctype html><script>alert(1)</script>", "report.pdf", "html", "application/octet-stream"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            "photo.png",
            "svg",
            "application/octet-stream",
        ),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "photo.pdf", "png", "image/png"),
        (b"plain words", "note.txt", "txt", "text/plain"),
    ],
)
def test_the_type_is_told_from_the_content(
    here: httpx.Client, content: bytes, file_name: str, shown: str, served: str
) -> None:
    client_id = new_patient(here)
    upload(here, client_id, content, file_name)
    (file,) = arrived(here, client_id)
    assert (file["file_type"], file["description"]) == (shown, file_name)
    answer = download(here, file["attachment_client_id"])
    assert answer.headers["content-type"].split(";")[0] == served
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.content == content


def test_a_form_takes_its_own_key_and_no_empty_file(cast: Cast, here: httpx.Client) -> None:
    client_id, other = new_patient(here), new_patient(here)
    form = ask(here, client_id)
    changed = {**form, "fields": {**form["fields"], "key": form["fields"]["key"] + "x"}}
    assert send(changed, b"data").status_code == 403
    mixed = {**form, "fields": {**form["fields"], "key": ask(here, other)["fields"]["key"]}}
    assert send(mixed, b"data").status_code == 403
    assert 400 <= send(form, b"").status_code < 500
    assert files_of(here, client_id) == files_of(here, other) == []
    assert send(form, b"data").status_code in (200, 204)
    arrived(here, client_id)


def test_a_form_used_again_changes_nothing_that_is_listed(here: httpx.Client) -> None:
    client_id = new_patient(here)
    form = ask(here, client_id)
    send(form, b"the first")
    (before,) = arrived(here, client_id)
    send(form, b"another text")
    assert files_of(here, client_id) == [before]
    assert download(here, before["attachment_client_id"]).content == b"the first"


@pytest.mark.prove
def test_90_mb_go_up_and_come_back_identical_and_101_mb_are_refused(
    here: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> None:
    client_id = new_patient(here)
    block = bytes(range(256)) * 3906 + bytes(64)  # 1,000,000 bytes
    path = tmp_path_factory.mktemp("large") / "scan.bin"
    for megabytes, taken in ((90, True), (101, False)):
        path.write_bytes(b"".join(number.to_bytes(4, "big") + block[4:] for number in range(megabytes)))
        with path.open("rb") as file:
            answer = send(ask(here, client_id, "scan.bin"), file)
        assert (answer.status_code in (200, 204)) is taken, answer.text
        if not taken:
            assert 400 <= answer.status_code < 500
    (listed,) = arrived(here, client_id)
    assert listed["file_size"] == 90_000_000
    path.write_bytes(b"".join(number.to_bytes(4, "big") + block[4:] for number in range(90)))
    assert download(here, listed["attachment_client_id"]).content == path.read_bytes()
