"""What browsers are told: HSTS behind TLS, CORS for named origins alone, and nothing to guess at anywhere."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from openprac.app import create_app
from openprac.settings import Settings, SettingsError
from tests.cast import Cast, serving

ORIGIN, STRANGER = "https://app.example.com", "https://app.example.com.example.net"
OTHERS = (STRANGER, "http://app.example.com", f"{ORIGIN}:8443", "null", "*", ORIGIN.upper())
PAGES = ("/docs", "/openapi.json", "/healthz", "/readyz", "/metrics")
ASKS = {"access-control-request-method": "PATCH", "access-control-request-headers": "a-api-key,x-api-key"}


@pytest.fixture(scope="module")
def url(cast: Cast) -> Iterator[str]:
    settings = replace(
        cast.settings, cors_origins=f"{ORIGIN}, http://localhost:3000", hsts_seconds=600, trusted_proxies="127.0.0.1"
    )
    with serving(create_app(settings)) as base_url:
        yield base_url


def cors_of(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


class TestCors:
    def test_is_off_unless_origins_are_named(self, here: httpx.Client, cast: Cast) -> None:
        answer = here.get("/sex", headers={"origin": ORIGIN})
        assert (answer.status_code, cors_of(answer)) == (200, {})
        asked = httpx.options(f"{cast.base_url}/v1/sex", headers={"origin": ORIGIN, **ASKS})
        assert (asked.status_code, cors_of(asked)) == (403, {})

    def test_a_named_origin_may_ask_and_read(self, url: str, cast: Cast) -> None:
        asked = httpx.options(f"{url}/v1/patient/7", headers={"origin": ORIGIN, **ASKS})
        assert (asked.status_code, asked.content) == (204, b"")
        said = cors_of(asked)
        assert said["access-control-allow-origin"] == ORIGIN
        assert {"GET", "POST", "PATCH", "DELETE"} == set(said["access-control-allow-methods"].split(", "))
        assert {"a-api-key", "x-api-key", "content-type", "if-match", "idempotency-key"} <= set(
            said["access-control-allow-headers"].split(", ")
        )
        keys = cast.headers(cast.riverside)
        for path, status in (("/v1/sex", 200), ("/v1/patient/9000000000", 404), ("/v1/nothing", 403)):
            answer = httpx.get(url + path, headers={**keys, "origin": ORIGIN})
            assert answer.status_code == status
            assert answer.headers["access-control-allow-origin"] == ORIGIN
            assert {"etag", "ratelimit", "retry-after"} <= set(
                answer.headers["access-control-expose-headers"].split(", ")
            )
            assert "access-control-allow-credentials" not in answer.headers
            assert answer.headers["vary"] == "origin"

    @pytest.mark.parametrize(
        "origin", [STRANGER, "http://app.example.com", f"{ORIGIN}:8443", "null", "*", ORIGIN.upper()]
    )
    def test_no_other_origin_is_told_anything(self, url: str, cast: Cast, origin: str) -> None:
        answer = httpx.get(f"{url}/v1/sex", headers={**cast.headers(cast.riverside), "origin": origin})
        assert (answer.status_code, cors_of(answer), answer.headers["vary"]) == (200, {}, "origin")
        assert httpx.options(f"{url}/v1/sex", headers={"origin": origin, **ASKS}).status_code == 403

    @pytest.mark.parametrize(
        "wrong", ["*", "app.example.com", "https://app.example.com/", "https://*.example.com", "null"]
    )
    def test_what_no_browser_sends_cannot_be_named(self, wrong: str) -> None:
        with pytest.raises(SettingsError, match="OPENPRAC_CORS_ORIGINS"):
            Settings.from_environment({"OPENPRAC_CORS_ORIGINS": wrong})


class TestSecurityHeaders:
    def test_nothing_is_guessed_at_and_no_patient_is_kept_on_the_way(self, url: str, cast: Cast) -> None:
        keys = cast.headers(cast.riverside)
        for path in (*PAGES, "/v1/sex", "/v1/patient", "/v1/nothing"):
            answer = httpx.get(url + path, headers=keys)
            assert answer.headers["x-content-type-options"] == "nosniff", path
            if path.startswith("/v1"):
                assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize("path", [*PAGES, "/v1/sex", "/v1/nothing"])
    def test_hsts_is_said_to_who_came_by_tls(self, url: str, path: str) -> None:
        said = [
            httpx.get(url + path, headers=headers).headers.get("strict-transport-security")
            for headers in ({}, {"x-forwarded-proto": "http"}, {"x-forwarded-proto": "https"})
        ]
        assert said == [None, None, "max-age=600"]

    def test_links_follow_the_scheme_that_a_trusted_proxy_says(self, url: str, cast: Cast) -> None:
        headers = {**cast.headers(cast.riverside), "x-forwarded-proto": "https", "host": "api.example.com"}
        assert (
            httpx.get(f"{url}/v1/sex", headers=headers).json()["links"]["self"].startswith("https://api.example.com/")
        )
        plain = httpx.get(f"{cast.base_url}/v1/sex", headers=headers)
        assert plain.json()["links"]["self"].startswith("http://api.example.com/")
        assert "strict-transport-security" not in plain.headers
