"""Idempotency-Key: whatever happens to the answer, a create with the same key happens once."""

import asyncio
import json
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from tests.cast import Cast
from tests.waiting import until

TWINS = 16
THREADS = 8


def patient(surname: str = "Once") -> dict[str, Any]:
    return {"first_name": "Robin", "surname": surname, "email": "robin@example.com"}


def new_key() -> dict[str, str]:
    return {"idempotency-key": str(uuid4())}


def rows_of(cast: Cast, surname: str) -> int:
    return int(cast.sql("SELECT count(*) FROM patient WHERE surname = $1", surname)[0][0])


def code_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.json()["error"]["status"] == answer.status_code
    return answer.status_code, answer.json()["error"]["code"]


def test_a_retry_gets_the_first_answer_byte_for_byte(here: httpx.Client) -> None:
    key = new_key()
    first = here.post("/patient", json=patient(), headers=key)
    here.patch(f"/patient/{first.json()['client_id']}", json={"surname": "Changed"})
    again = here.post("/patient", json=patient(), headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.content == first.content
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["x-request-id"] != first.headers["x-request-id"]


def test_every_create_can_be_retried(cast: Cast, here: httpx.Client) -> None:
    client_id = here.get("/patient?page_size=1").json()["clients"][0]["client_id"]
    for path, body, table in (
        ("/x/sex", {"description": "Once"}, "sex"),
        (f"/patient/{client_id}/patient_attachment_folder", {"description": "Once"}, "patient_attachment_folder"),
    ):
        key, count = new_key(), f"SELECT count(*) FROM {table}"
        before = cast.sql(count)[0][0]
        answers = [here.post(path, json=body, headers=key) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [201] * 3
        assert len({answer.content for answer in answers}) == 1
        assert cast.sql(count)[0][0] == before + 1


def test_the_same_key_for_another_request_is_422(here: httpx.Client) -> None:
    key = new_key()
    assert here.post("/patient", json=patient(), headers=key).status_code == 201
    for path, body in (
        ("/patient", patient("Other")),
        ("/x/patient", patient()),
        ("/x/sex", {"description": "Other"}),
    ):
        answer = here.post(path, json=body, headers=key)
        assert code_of(answer) == (422, "INVALID_BODY")
        assert "Idempotency-Key" in answer.json()["error"]["validation"][0]["message"]


async def test_another_account_key_has_keys_of_its_own(cast: Cast) -> None:
    key, surname = new_key(), f"Keys{uuid4().hex[:8]}"
    callers = [
        cast.riverside.account_key,
        await cast.key(cast.riverside, "patient:write"),
        cast.hillside.account_key,
    ]
    url = f"{cast.base_url}/v1/patient"
    async with httpx.AsyncClient(headers={"x-api-key": cast.vendor_key, **key}) as api:
        answers = [await api.post(url, json=patient(surname), headers={"a-api-key": one}) for one in callers]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["client_id"] for answer in answers}) == 3
    assert all("idempotency-replayed" not in answer.headers for answer in answers)


def test_twins_at_once_make_one_row(cast: Cast) -> None:
    surname, key = f"Twin{uuid4().hex[:8]}", new_key()

    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(headers={**cast.headers(cast.riverside), **key}, timeout=60) as api:
            url = f"{cast.base_url}/v1/patient"
            return await asyncio.gather(*(api.post(url, json=patient(surname)) for _ in range(TWINS)))

    answers = asyncio.run(ask())
    made = [answer for answer in answers if answer.status_code == 201]
    assert len([answer for answer in made if "idempotency-replayed" not in answer.headers]) == 1
    assert len({answer.content for answer in made}) == 1
    for answer in answers:
        if answer.status_code != 201:
            assert code_of(answer) == (409, "IDEMPOTENCY_KEY_IN_USE")
            assert int(answer.headers["retry-after"]) >= 1
    assert rows_of(cast, surname) == 1


def test_a_twin_of_a_request_that_still_runs_is_told_to_wait(cast: Cast, here: httpx.Client) -> None:
    key, surname = new_key(), f"Held{uuid4().hex[:8]}"
    lock = "SELECT hashtextextended($1, 7)"
    name = f"{cast.riverside.tenant_id}/{cast.riverside.account_key_id}/{key['idempotency-key']}"

    async def while_it_is_held() -> httpx.Response:
        async with cast.owner() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", await connection.fetchval(lock, name))
            return await asyncio.to_thread(here.post, "/patient", json=patient(surname), headers=key)

    held = asyncio.run(while_it_is_held())
    assert code_of(held) == (409, "IDEMPOTENCY_KEY_IN_USE")
    assert held.headers["retry-after"] == "1"
    assert rows_of(cast, surname) == 0
    assert here.post("/patient", json=patient(surname), headers=key).status_code == 201


def test_a_failure_is_not_kept(cast: Cast, here: httpx.Client) -> None:
    key, surname = new_key(), f"Fail{uuid4().hex[:8]}"
    for body in ({}, {"first_name": "Robin"}, {**patient(surname), "sex_id": 9_000_000_000}):
        assert code_of(here.post("/patient", json=body, headers=key)) == (422, "INVALID_BODY")
    answer = here.post("/patient", json=patient(surname), headers=key)
    assert answer.status_code == 201
    assert "idempotency-replayed" not in answer.headers
    assert rows_of(cast, surname) == 1


@pytest.mark.parametrize("key", ["", "two words", "k" * 256, "schlüssel", "tab\there"])
def test_a_key_that_is_none_is_400(cast: Cast, here: httpx.Client, key: str) -> None:
    surname = f"Bad{uuid4().hex[:8]}"
    answer = here.post("/patient", json=patient(surname), headers=[(b"idempotency-key", key.encode())])
    assert code_of(answer) == (400, "INVALID_PARAMS")
    assert "Idempotency-Key" in answer.json()["error"]["detail"]
    assert rows_of(cast, surname) == 0


def test_the_longest_key_is_taken(here: httpx.Client) -> None:
    key = {"idempotency-key": (uuid4().hex + "~!" * 128)[:255]}
    first, again = (here.post("/patient", json=patient(), headers=key) for _ in range(2))
    assert first.status_code == 201
    assert again.content == first.content


def test_after_a_day_the_key_is_new(cast: Cast, here: httpx.Client) -> None:
    key = new_key()
    move = "UPDATE idempotency_key SET created = created - make_interval(hours => $2) WHERE key = $1"
    first = here.post("/patient", json=patient(), headers=key)
    cast.sql(move, key["idempotency-key"], 23)
    assert here.post("/patient", json=patient(), headers=key).content == first.content
    cast.sql(move, key["idempotency-key"], 1)
    later = here.post("/patient", json=patient("Later"), headers=key)
    assert later.status_code == 201
    assert "idempotency-replayed" not in later.headers
    assert later.json()["client_id"] != first.json()["client_id"]
    again = here.post("/patient", json=patient("Later"), headers=key)
    assert again.content == later.content


def test_a_key_on_a_read_or_an_edit_changes_nothing(here: httpx.Client) -> None:
    key = new_key()
    client_id = here.post("/patient", json=patient()).json()["client_id"]
    for surname in ("First", "Second"):
        answer = here.patch(f"/patient/{client_id}", json={"surname": surname}, headers=key)
        assert answer.json()["surname"] == surname
    assert here.get(f"/patient/{client_id}", headers=key).json()["surname"] == "Second"


class Cutter:
    """Creates patients over connections that break off, and asks again with the same key until there is an answer."""

    def __init__(self, cast: Cast, surname: str) -> None:
        self._cast = cast
        self._surname = surname
        parts = urlsplit(cast.base_url)
        self._address = (parts.hostname or "", parts.port or 0)
        self.cuts = 0

    def create(self, number: int) -> int:
        """The id of the one patient that came of it."""
        random, key = Random(number), str(uuid4())
        body = json.dumps({**patient(self._surname), "first_name": f"No {number}"}).encode()
        for _ in range(random.randint(1, 3)):
            self._send_and_cut(body, key, random)

        def answered() -> httpx.Response | None:
            headers = {
                **self._cast.headers(self._cast.riverside),
                "idempotency-key": key,
                "content-type": "application/json",
            }
            answer = httpx.post(f"{self._cast.base_url}/v1/patient", content=body, headers=headers, timeout=30)
            assert answer.status_code in (201, 409), answer.text
            return answer if answer.status_code == 201 else None

        found = until(answered)
        assert found is not None
        return int(found.json()["client_id"])

    def _send_and_cut(self, body: bytes, key: str, random: Random) -> None:
        headers = {
            **self._cast.headers(self._cast.riverside),
            "host": f"{self._address[0]}:{self._address[1]}",
            "idempotency-key": key,
            "content-type": "application/json",
            "content-length": str(len(body)),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request = f"POST /v1/patient HTTP/1.1\r\n{head}\r\n".encode() + body
        if random.random() < 0.2:
            request = request[: random.randrange(1, len(request))]  # not even all of it
        with socket.create_connection(self._address) as connection:
            connection.sendall(request)
            if random.random() < 0.5:
                # A reset instead of an orderly end.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.cuts += 1


def _cut_and_count(cast: Cast, creates: int) -> None:
    surname = f"Cut{uuid4().hex[:8]}"
    cutter = Cutter(cast, surname)
    with ThreadPoolExecutor(THREADS) as pool:
        ids = list(pool.map(cutter.create, range(creates)))
    assert cutter.cuts >= creates
    assert len(set(ids)) == creates
    # A cut request may still be at work on what its retry has answered: it may not add a row afterwards either.
    assert rows_of(cast, surname) == creates
    until(lambda: cast.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")[0][0] == 0)
    assert rows_of(cast, surname) == creates


def test_creates_whose_connection_was_cut_are_made_once_when_retried(cast: Cast) -> None:
    _cut_and_count(cast, 40)


@pytest.mark.prove
def test_500_creates_whose_connection_was_cut_are_500_rows(cast: Cast) -> None:
    _cut_and_count(cast, 500)
