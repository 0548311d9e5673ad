"""When several things are wrong at once, the first in the order of the design answers, for every kind of write."""

import asyncio
from dataclasses import dataclass

import httpx
import pytest

from openprac import admin
from tests.api.patients import NEVER_EXISTED, create
from tests.cast import Cast

# In this order; each row of the test has its own fault and all the later ones.
ORDER = ("path", "account key", "vendor key", "rate", "permission", "query", "row", "body", "version")
EXPECTED = {
    "path": (403, "MISSING_AUTHENTICATION_TOKEN"),
    "account key": (401, "UNAUTHORIZED"),
    "vendor key": (403, "MISSING_AUTHENTICATION_TOKEN"),
    "rate": (429, "THROTTLED"),
    "permission": (403, "ACCESS_DENIED"),
    "query": (400, "INVALID_PARAMS"),
    "row": (404, "NOT_FOUND"),
    "body": (422, "INVALID_BODY"),
    "version": (412, "PRECONDITION_FAILED"),
}
REQUESTS = {
    "edit a patient": ("PATCH", "/v1/patient/{id}", b'{"surname": "x"}', "version"),
    "edit a patient, extended": ("PATCH", "/v1/x/patient/{id}", b'{"surname": "x"}', "version"),
    "open an account": ("POST", "/v1/x/patient/{id}/account", b'{"short_description": "x"}', "body"),
    "make a folder": ("POST", "/v1/patient/{id}/patient_attachment_folder", b'{"description": "x"}', "body"),
    "ask for an upload": ("POST", "/v1/patient/{id}/patient_attachment", b'{"file_name": "a.pdf"}', "body"),
    "create a patient": ("POST", "/v1/patient", b'{"first_name": "x", "surname": "y"}', "body"),
    "read a patient": ("GET", "/v1/patient/{id}", b"", "row"),
    "list patients": ("GET", "/v1/patient", b"", "query"),
}
BROKEN = (b"{", b"[]", b'{"surname": 1, "description": 1, "file_name": 1, "first_name": 1, "short_description": 1}')
TRIES_MAX = 50


@dataclass(frozen=True)
class Keys:
    """Good ones, a vendor that is soon over its rate, and a key that may do nothing asked here."""

    good: dict[str, str]
    slow_vendor: str
    powerless: str
    client_id: int


@pytest.fixture(scope="module")
def keys(cast: Cast, here: httpx.Client) -> Keys:
    async def make() -> tuple[str, str]:
        async with cast.owner() as connection:
            vendor = (await admin.create_vendor(connection, "Slow Vendor", 1))[1]
        return vendor, await cast.key(cast.riverside, "sex:read")

    return Keys(cast.headers(cast.riverside), *asyncio.run(make()), create(here)["client_id"])


def ask(cast: Cast, keys: Keys, request: str, faults: set[str], broken: bytes = BROKEN[0]) -> tuple[int, str]:
    """Send it with these faults and no others; give status and code."""
    method, path, body, _ = REQUESTS[request]
    headers = {**keys.good, "content-type": "application/json"}
    if "account key" in faults:
        headers["a-api-key"] = "opa_nobody"
    elif "permission" in faults:
        headers["a-api-key"] = keys.powerless
    if "vendor key" in faults:
        headers["x-api-key"] = "opv_nobody"
    elif "rate" in faults:
        headers["x-api-key"] = keys.slow_vendor
    if "version" in faults:
        headers["if-match"] = '"99"'
    url = path.format(id=NEVER_EXISTED if "row" in faults else keys.client_id)
    url += "/nothing/here" if "path" in faults else ""
    url += "?q[]=%ff" if "query" in faults else ""
    content = broken if "body" in faults and method != "GET" else body
    for _ in range(TRIES_MAX):
        answer = httpx.request(method, cast.base_url + url, headers=headers, content=content)
        error = answer.json().get("error", {})
        found = answer.status_code, error.get("code", "")
        # The first requests of the slow vendor are within its rate.
        if "rate" not in faults or found == EXPECTED["rate"] or faults & {"path", "account key", "vendor key"}:
            assert ("retry-after" in answer.headers) == (found[0] == 429)
            return found
    return found


ROWS = [
    pytest.param(request, fault, id=f"{request}: {fault}")
    for request, (_, path, _, last) in REQUESTS.items()
    for fault in ORDER[: ORDER.index(last) + 1]
    if fault != "row" or "{id}" in path
]


@pytest.mark.parametrize(("request_name", "fault"), ROWS)
def test_the_first_thing_wrong_is_what_is_said(cast: Cast, keys: Keys, request_name: str, fault: str) -> None:
    faults = set(ORDER[ORDER.index(fault) :])
    if "{id}" not in REQUESTS[request_name][1]:
        faults -= {"row"}
    for broken in BROKEN:
        assert ask(cast, keys, request_name, faults, broken) == EXPECTED[fault]


@pytest.mark.parametrize("request_name", REQUESTS)
def test_with_nothing_wrong_it_succeeds(cast: Cast, keys: Keys, request_name: str) -> None:
    assert ask(cast, keys, request_name, set())[0] in (200, 201)


def test_the_size_and_the_kind_of_a_body_are_judged_before_what_it_says(cast: Cast, keys: Keys) -> None:
    url = f"{cast.base_url}/v1/patient"
    plain = {**keys.good, "content-type": "text/plain"}
    assert httpx.post(url, headers=plain, content=b"{").status_code == 415
    assert httpx.post(url, headers=plain, content=b"{" * 1_000_001).status_code == 413
    powerless = {**plain, "a-api-key": keys.powerless}
    assert httpx.post(url, headers=powerless, content=b"{" * 1_000_001).status_code == 403
