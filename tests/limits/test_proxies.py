"""Whose address counts: forwarded headers are believed of named proxies only, and then no more than they know."""

import pytest

from openprac.proxies import Proxies, networks_of

TRUSTED = "10.0.0.0/8, 192.0.2.1, 2001:db8:ffff::/48"
PROXY, CLIENT, OTHER = "10.1.2.3", "203.0.113.9", "198.51.100.4"


def forwarded(*values: str) -> list[tuple[bytes, bytes]]:
    return [(b"x-forwarded-for", value.encode("latin-1")) for value in values]


@pytest.mark.parametrize(
    ("trusted", "peer", "headers", "client"),
    [
        ("", PROXY, forwarded(CLIENT), PROXY),
        (TRUSTED, OTHER, forwarded(CLIENT), OTHER),
        (TRUSTED, PROXY, [], PROXY),
        (TRUSTED, PROXY, forwarded(CLIENT), CLIENT),
        (TRUSTED, PROXY, forwarded(f"{OTHER}, {CLIENT}"), CLIENT),
        (TRUSTED, PROXY, forwarded(f"{CLIENT}, 10.9.9.9, 192.0.2.1"), CLIENT),
        (TRUSTED, PROXY, forwarded(OTHER, CLIENT), CLIENT),
        (TRUSTED, PROXY, forwarded("10.9.9.9"), "10.9.9.9"),
        (TRUSTED, PROXY, forwarded(f"{OTHER}, rubbish"), PROXY),
        (TRUSTED, PROXY, forwarded(f"{OTHER}, rubbish, 10.9.9.9"), "10.9.9.9"),
        (TRUSTED, PROXY, forwarded(""), PROXY),
        (TRUSTED, PROXY, forwarded("\xff,,;"), PROXY),
        (TRUSTED, "2001:db8:ffff::1", forwarded("2001:db8:1::9"), "2001:db8:1::9"),
        (TRUSTED, "::ffff:10.1.2.3", forwarded(CLIENT), CLIENT),
        (TRUSTED, None, forwarded(CLIENT), None),
    ],
)
def test_the_caller_is_the_last_who_is_no_proxy_of_ours(
    trusted: str, peer: str | None, headers: list[tuple[bytes, bytes]], client: str | None
) -> None:
    assert Proxies(trusted).client_of(peer, headers) == client


def test_what_the_caller_wrote_himself_does_not_count() -> None:
    """However long it is: only the hops that proxies of ours added are looked at."""
    headers = forwarded(", ".join([OTHER] * 10_000 + [CLIENT]))
    assert Proxies(TRUSTED).client_of(PROXY, headers) == CLIENT


@pytest.mark.parametrize(
    ("peer", "said", "secure"),
    [
        (PROXY, [b"https"], True),
        (PROXY, [b"HTTPS"], True),
        (PROXY, [b"http, https"], True),
        (PROXY, [b"https, http"], False),
        (PROXY, [b"https", b"http"], False),
        (PROXY, [b"http"], False),
        (PROXY, [], False),
        (OTHER, [b"https"], False),
        (None, [b"https"], False),
    ],
)
def test_the_scheme_is_what_the_nearest_trusted_proxy_says(peer: str | None, said: list[bytes], secure: bool) -> None:
    assert Proxies(TRUSTED).is_secure(peer, [(b"x-forwarded-proto", value) for value in said]) is secure


@pytest.mark.parametrize("wrong", ["10.0.0.1/8", "proxy.example.com", "10.0.0.0/33", "all", "*"])
def test_what_is_no_network_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        networks_of(wrong)
