"""Keys: what is random, what is told from a typing slip, what is stored."""

import string

import pytest

from openprac.keys import PREFIXES, hash_key, known_key, looks_valid, new_key


@pytest.mark.parametrize("kind", ["vendor", "account"])
def test_a_new_key_has_its_prefix_and_fits_its_own_checksum(kind):
    key = new_key(kind)
    assert key.secret.startswith(PREFIXES[kind])
    assert len(key.secret) == 4 + 43 + 6
    assert key.secret[4:].isalnum()
    assert key.secret.isascii()
    assert looks_valid(key.secret)
    assert key.hash == hash_key(key.secret)
    assert key.hint == PREFIXES[kind] + key.secret[-4:]
    assert key == known_key(key.secret)


def test_keys_differ_and_use_the_whole_range():
    secrets = {new_key("account").secret for _ in range(500)}
    assert len(secrets) == 500
    # 256 bits fill 43 digits to their second place; every digit turns up somewhere.
    assert {character for secret in secrets for character in secret[4:]} == set(string.ascii_letters + string.digits)


def test_every_single_slip_is_told_from_a_key():
    secret = new_key("vendor").secret
    for position in range(len(secret)):
        for wrong in "0aZ-":
            slip = secret[:position] + wrong + secret[position + 1 :]
            assert looks_valid(slip) == (slip == secret)
    for position in range(len(secret) - 1):
        swapped = secret[:position] + secret[position + 1] + secret[position] + secret[position + 2 :]
        assert looks_valid(swapped) == (swapped == secret)
    for cut in (secret[:-1], secret[1:], secret + "0", secret[:20], "", " " + secret, secret + "\n"):
        assert not looks_valid(cut)
    assert not looks_valid("opa_" + secret[4:])


@pytest.mark.parametrize("text", ["", "Schlüssel", "🔑", "\ud800", "a\x00b", "x" * 100_000])
def test_any_text_has_a_hash_and_none_is_a_key(text):
    assert len(hash_key(text)) == 32
    assert not looks_valid(text)
    assert not looks_valid("opv_" + text)


def test_the_secret_is_not_in_the_repr():
    key = new_key("account")
    assert key.secret not in repr(key)
