"""What a hash covers, in PostgreSQL and in Python; exports that can be checked by themselves."""

import hashlib
import json
from datetime import UTC, datetime

import asyncpg
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openprac.admin import AdminError
from openprac.audit.chain import CONTENT, content_of, first_hash, link
from openprac.audit.verification import LINE, export, pins_of
from tests.audit.ledger import Ledger
from tests.kernel.drawn import NASTY

AT = datetime(2026, 3, 2, 9, 0, 0, 120, tzinfo=UTC)
LINE_7 = {
    **dict.fromkeys(CONTENT),
    **{"position": 7, "sealed_at": AT, "tenant_id": 1, "audit_event_id": 40, "at": AT, "account_key_id": 2},
    **{"user_id": 3, "vendor_id": 4, "request_id": "6f1d8a52-3c0e-4b7e-9a53-0d1f7c2b9e44"},
    **{"operation_id": "editPatient-Patch", "resource": "patient", "resource_id": 5, "client_ids": [5, 6]},
    **{"changes": '{"surname": ["Ol\\"d", "New"]}'},
}


def test_the_content_of_a_line_is_this_text() -> None:
    assert content_of(LINE_7) == (
        '[7, "2026-03-02T09:00:00.000120Z", 1, 40, "2026-03-02T09:00:00.000120Z", 2, 3, 4, '
        '"6f1d8a52-3c0e-4b7e-9a53-0d1f7c2b9e44", "editPatient-Patch", "patient", 5, null, [5,6], '
        '{"surname": ["Ol\\"d", "New"]}]'
    )
    assert json.loads(content_of(LINE_7))[-1] == {"surname": ['Ol"d', "New"]}
    assert first_hash(12) == hashlib.sha256(b"openprac audit 12").digest()
    assert link(b"\x01", "ü") == hashlib.sha256(b"\x01\xc3\xbc").digest()


@settings(max_examples=300)
@given(st.text(max_size=12), st.text(max_size=12))
def test_no_text_can_slip_from_one_member_into_the_next(one: str, other: str) -> None:
    told = json.loads(content_of({**LINE_7, "operation_id": one, "resource": other}))
    assert (told[9], told[10]) == (one, other)


@pytest.mark.parametrize("year", [1, 1999, 9998])
def test_postgresql_composes_the_same_text(ledger: Ledger, year: int) -> None:
    at = datetime(year, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    values = [*NASTY, "\x7f", "\x1f", "\u2028", "\U0010ffff", "\\u0041", "1.10", "é" * 50]
    ledger.sql(
        "INSERT INTO audit_event (tenant_id, at, account_key_id, user_id, vendor_id, request_id, operation_id, "
        "resource, resource_id, client_id, client_ids, changes) "
        "SELECT $1, $2, 1, 2, 3, gen_random_uuid(), word, word, n, nullif(n, 2), "
        "CASE WHEN n % 2 = 0 THEN ARRAY[n, -n] END, "
        "CASE WHEN n % 3 = 0 THEN jsonb_build_object(word, ARRAY[word, NULL], 'n', 1.10, 'b', true) END "
        "FROM unnest($3::text[]) WITH ORDINALITY AS w(word, n)",
        ledger.tenant_id,
        at,
        values,
    )
    found = ledger.sql(
        "SELECT audit_content((e.tenant_id, e.audit_event_id + 5, e.audit_event_id, $1, NULL)::audit_seal, e) "
        f"AS content, e.audit_event_id + 5 AS position, $1::timestamptz AS sealed_at, {LINE} FROM audit_event e",
        AT,
    )
    assert len(found) == len(values)
    for record in found:
        assert content_of(dict(record)) == record["content"]


def test_an_export_can_be_checked_without_the_database(ledger: Ledger) -> None:
    numbers = ledger.write(5)
    ledger.seal()
    middle = ledger.sql("SELECT at FROM audit_event WHERE audit_event_id = $1", numbers[2])[0][0]

    async def exported(connection: asyncpg.Connection) -> list[list[bytes]]:
        spans = ((None, None), (middle, None), (None, middle))
        return [[line async for line in export(connection, ledger.tenant_id, *span)] for span in spans]

    everything, since, until = ledger.as_owner(exported)
    assert (len(everything), len(since), len(until)) == (5, 3, 2)
    assert until + since == everything
    before = first_hash(ledger.tenant_id).hex()
    for text in everything:
        line = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        plain = {name: msgspec.json.decode(value) for name, value in line.items()}
        times = {name: datetime.fromisoformat(plain[name]) for name in ("at", "sealed_at")}
        content = content_of({**plain, **times, "changes": bytes(line["changes"]).decode()})
        assert plain["hash_before"] == before
        before = link(bytes.fromhex(before), content).hex()
        assert plain["hash"] == before


def test_pinned_heads_are_read_as_they_were_printed_once_or_several_times() -> None:
    text = json.dumps([{"tenant_id": 1, "position": 5, "hash": "aa", "sealed_at": None}])
    more = json.dumps([{"tenant_id": 1, "position": 9, "hash": "bb"}, {"tenant_id": 2, "position": 0, "hash": "cc"}])
    assert pins_of(f"{text}\n{more}\n") == {1: {5: "aa", 9: "bb"}, 2: {}}
    for wrong in ("{", "[1]", '[{"tenant_id": 1}]', "7"):
        with pytest.raises(AdminError):
            pins_of(wrong)
