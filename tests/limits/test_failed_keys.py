"""What an address sees that tries keys which open nothing, over HTTP."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from openprac.app import create_app
from tests.cast import Cast, serving

PER_MINUTE = 10
PROXY = "127.0.0.0/8"


@pytest.fixture
def url(cast: Cast) -> Iterator[str]:
    settings = replace(cast.settings, key_failures_per_minute=PER_MINUTE, trusted_proxies=PROXY)
    with serving(create_app(settings)) as base_url:
        yield f"{base_url}/v1/sex"


def attack(url: str, times: int, **headers: str) -> Counter[int]:
    """Requests with made-up keys, all at once: how many got which status."""

    async def run() -> list[int]:
        async with httpx.AsyncClient(timeout=30) as http:
            keys = ({"a-api-key": f"opa_{number}", "x-api-key": f"opv_{number}"} for number in range(times))
            answers = await asyncio.gather(*(http.get(url, headers={**headers, **pair}) for pair in keys))
        for answer in answers:
            assert ("retry-after" in answer.headers) == (answer.status_code == 429)
            assert answer.status_code == answer.json()["error"]["status"]
        return [answer.status_code for answer in answers]

    return Counter(asyncio.run(run()))


def test_one_address_is_slowed_and_a_key_in_use_there_is_not(cast: Cast, url: str) -> None:
    good = cast.headers(cast.riverside)
    fresh = cast.headers(cast.hillside)
    forwarded = {"x-forwarded-for": "203.0.113.9"}
    assert httpx.get(url, headers={**good, **forwarded}).status_code == 200
    for _ in range(PER_MINUTE * 2):
        first = attack(url, 1, **forwarded)
    assert set(first) <= {401, 429}
    found = attack(url, 60, **forwarded)
    assert found[429] >= 55, found
    for _ in range(20):
        assert httpx.get(url, headers={**good, **forwarded}, timeout=30).status_code == 200
    # A key never seen before may be asked to wait there, and opens at once from elsewhere.
    assert httpx.get(url, headers={**fresh, **forwarded}, timeout=30).status_code in (200, 429)
    assert httpx.get(url, headers={**fresh, "x-forwarded-for": "198.51.100.4"}).status_code == 200


def test_a_request_without_an_account_key_counts_for_nothing(cast: Cast, url: str) -> None:
    for _ in range(PER_MINUTE * 3):
        assert httpx.get(url).status_code == 401
        assert httpx.get(url, headers={"x-api-key": cast.vendor_key}).status_code == 401
    assert httpx.get(url, headers=cast.headers(cast.riverside)).status_code == 200


@pytest.mark.parametrize(("name", "refused"), [("a-api-key", 401), ("x-api-key", 403)])
def test_a_key_given_twice_is_none(cast: Cast, url: str, name: str, refused: int) -> None:
    keys = cast.headers(cast.riverside)
    for second in (keys[name], "opa_other"):
        answer = httpx.get(url, headers=[*keys.items(), (name, second)])
        assert answer.status_code == refused
