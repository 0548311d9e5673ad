"""What is true of every request whatever it asks for: sizes, types, methods, headers, and the published error shape."""

from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest

from tests.api.patients import NAMES, create
from tests.cast import Cast

LIMIT_BYTES = 1_000_000
START = b'{"first_name": "Test", "surname": "Patient", "pad": "'
BROKEN = (
    *(b"", b"{", b"nonsense", b"[]", b'"x"', b"\xff\xfe", b'{"a": 1e99999999999999999999}'),
    *(b"[" * 500_000, b'{"a":' * 100_000),
)
PUBLISHED_403 = "Authentication token is missing or the requested endpoint does not exist"


def padded(size: int) -> bytes:
    """A good body of exactly that many bytes."""
    return START + b"x" * (size - len(START) - 2) + b'"}'


def in_pieces(content: bytes) -> Iterator[bytes]:
    """Sent without a length, as a stream is."""
    for start in range(0, len(content), 65_536):
        yield content[start : start + 65_536]


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and code, once the shape has been held."""
    body = answer.json()
    assert set(body) == {"error", "request_id"}
    assert list(body["error"])[:3] == ["status", "code", "detail"]
    assert str(UUID(body["request_id"])) == body["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, body["error"]["code"]


class TestBodies:
    @pytest.mark.parametrize("method", ["POST", "PATCH"])
    @pytest.mark.parametrize("kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/xml"])
    def test_that_are_not_said_to_be_json_are_415(self, here: httpx.Client, method: str, kind: str | None) -> None:
        path = "/patient" if method == "POST" else f"/patient/{create(here)['client_id']}"
        headers = {} if kind is None else {"content-type": kind}
        answer = here.request(method, path, content=b'{"first_name": "A", "surname": "B"}', headers=headers)
        assert code_of(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")
        assert "Content-Type: application/json" in answer.json()["error"]["detail"]

    def test_may_be_a_million_bytes_and_not_one_more(self, here: httpx.Client) -> None:
        headers = {"content-type": "application/json"}
        assert here.post("/patient", content=padded(LIMIT_BYTES), headers=headers).status_code == 201
        for content in (padded(LIMIT_BYTES + 1), padded(LIMIT_BYTES * 3)):
            for sent in (content, in_pieces(content)):
                answer = here.post("/patient", content=sent, headers=headers)
                assert code_of(answer) == (413, "BODY_TOO_LARGE")
                assert str(LIMIT_BYTES) in answer.json()["error"]["detail"]
        assert here.post("/patient", content=in_pieces(padded(LIMIT_BYTES)), headers=headers).status_code == 201

    @pytest.mark.parametrize("content", BROKEN, ids=lambda content: repr(content[:12]))
    def test_that_are_broken_or_too_deep_are_422(self, here: httpx.Client, content: bytes) -> None:
        answer = here.post("/patient", content=content, headers={"content-type": "application/json"})
        assert code_of(answer) == (422, "INVALID_BODY")
        assert "not usable JSON" in answer.json()["error"]["validation"][0]["message"]

    def test_of_a_read_are_passed_over(self, here: httpx.Client) -> None:
        assert here.request("GET", "/sex", content=b"{" * 2_000_000).status_code == 200


class TestMethodsAndPaths:
    @pytest.mark.parametrize("method", ["DELETE", "PUT", "OPTIONS", "POST", "TRACE"])
    @pytest.mark.parametrize("path", ["/patient/7", "/sex", "/nothing"])
    def test_that_are_not_served_are_403_as_published(self, cast: Cast, method: str, path: str) -> None:
        answer = httpx.request(method, f"{cast.base_url}/v1{path}")
        assert code_of(answer) == (403, "MISSING_AUTHENTICATION_TOKEN")
        assert answer.json()["error"]["detail"].startswith(PUBLISHED_403)

    def test_head_is_not_served_and_has_no_body(self, here: httpx.Client) -> None:
        answer = here.head("/patient")
        assert (answer.status_code, answer.content) == (403, b"")

    @pytest.mark.parametrize("path", ["/patient/", "/patient/7/", "//patient", "/patient//7", "/Patient"])
    def test_a_path_is_exact(self, here: httpx.Client, path: str) -> None:
        answer = httpx.get(f"{str(here.base_url).rstrip('/')}{path}", headers=here.headers)
        assert code_of(answer) == (403, "MISSING_AUTHENTICATION_TOKEN")

    @pytest.mark.parametrize("wrong", ["seven", "+1", "1.0", "1e3", "%D9%A7", "7%00", "%20", "0x7", "9" * 40, "%FF"])
    def test_an_id_is_an_integer(self, here: httpx.Client, wrong: str) -> None:
        answer = here.get(f"/patient/{wrong}")
        assert code_of(answer) == (400, "INVALID_PARAMS")
        assert answer.json()["error"]["detail"] == "client_id in the path must be an integer."

    @pytest.mark.parametrize("missing", ["0", "-1", str(2**63 - 1)])
    def test_an_integer_that_is_no_id_is_404(self, here: httpx.Client, missing: str) -> None:
        answer = here.get(f"/patient/{missing}")
        assert code_of(answer) == (404, "NOT_FOUND")
        assert answer.json()["error"]["detail"] == f"Could not find client_id: {missing}"


class TestHeaders:
    @pytest.mark.parametrize("name", ["a-api-key", "x-api-key"])
    @pytest.mark.parametrize("value", [b"", b"\xff\xfe", "é".encode(), b"x" * 8000, b"' OR 1=1 --"])
    def test_a_key_that_is_no_key_is_refused(self, cast: Cast, name: str, value: bytes) -> None:
        good = {key.encode(): text.encode() for key, text in cast.headers(cast.riverside).items()}
        headers = {**good, name.encode(): value}
        answer = httpx.get(f"{cast.base_url}/v1/sex", headers=headers)
        expected = (401, "UNAUTHORIZED") if name == "a-api-key" else (403, "MISSING_AUTHENTICATION_TOKEN")
        assert code_of(answer) == expected

    def test_no_answer_is_kept_or_guessed_at_on_the_way(self, here: httpx.Client) -> None:
        answers = [here.get("/sex"), here.get("/patient/0"), here.post("/patient", json=NAMES), here.get("/nothing")]
        assert [answer.status_code for answer in answers] == [200, 404, 201, 403]
        for answer in answers:
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-content-type-options"] == "nosniff"
        assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)

    def test_get_operations_name_what_they_pass_over_too(self, here: httpx.Client) -> None:
        client_id = create(here)["client_id"]
        answer = here.get(f"/patient/{client_id}?fields=x&page=2")
        assert (answer.status_code, answer.headers["openprac-ignored"]) == (200, "fields, page")
