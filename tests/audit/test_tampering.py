"""What is done to sealed lines behind the program's back is found at the row it was done to."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from openprac.audit import verification
from tests.audit.ledger import Ledger, told

LINES = 12
FORGED = (
    "INSERT INTO audit_event "
    "(tenant_id, {id}at, account_key_id, user_id, vendor_id, request_id, operation_id, resource) "
    "VALUES ($1, {value}$2, 1, 1, 1, gen_random_uuid(), 'getPatient-Get', 'patient') RETURNING audit_event_id"
)


@pytest.fixture
def lines(ledger: Ledger) -> list[int]:
    """The numbers of sealed lines, the last of which is not the newest: a few follow."""
    found = ledger.write(LINES)
    ledger.seal()
    ledger.write(3)
    ledger.seal()
    assert ledger.findings() == []
    return found


CHANGES = {
    "who": "account_key_id = 77",
    "user": "user_id = user_id + 1",
    "vendor": "vendor_id = 2",
    "when": "at = at - interval '1 microsecond'",
    "what": "operation_id = 'getPatient-Get'",
    "kind": "resource = 'payer'",
    "which": "resource_id = 4711",
    "whose": "client_id = NULL",
    "whom else": "client_ids = '{1,2}'",
    "values": "changes = jsonb_set(changes, '{surname,1}', '\"Other\"')",
    "no values": "changes = NULL",
    "request": "request_id = gen_random_uuid()",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_line_is_found_at_that_line(ledger: Ledger, lines: list[int], change: str) -> None:
    for line in (lines[0], lines[5], lines[-1]):
        ledger.sql(f"UPDATE audit_event SET {change} WHERE audit_event_id = $1", line)
    assert ledger.findings() == [("changed", ledger.position_of(one), one) for one in (lines[0], lines[5], lines[-1])]


def test_a_changed_seal_is_found_there_and_at_the_next(ledger: Ledger, lines: list[int]) -> None:
    ledger.sql("UPDATE audit_seal SET hash = sha256(hash) WHERE audit_event_id = $1", lines[4])
    assert ledger.findings() == [("changed", 5, lines[4]), ("changed", 6, lines[5])]


def test_a_removed_line_is_found_at_that_line(ledger: Ledger, lines: list[int]) -> None:
    for line in (lines[0], lines[5]):
        ledger.sql("DELETE FROM audit_event WHERE audit_event_id = $1", line)
    assert ledger.findings() == [("removed", 1, lines[0]), ("removed", 6, lines[5])]


def test_a_line_removed_with_its_seal_is_found_at_its_position(ledger: Ledger, lines: list[int]) -> None:
    for table in ("audit_event", "audit_seal"):
        ledger.sql(f"DELETE FROM {table} WHERE audit_event_id = ANY($1)", [lines[3], lines[7], lines[8]])
    assert ledger.findings() == [("removed", 4, None), ("removed", 8, None)]


def test_a_line_inserted_among_sealed_ones_is_found(ledger: Ledger, lines: list[int]) -> None:
    """A number that was drawn and rolled back, or one that was made free by removing its line."""
    ledger.sql("SELECT setval('audit_event_audit_event_id_seq', $1)", lines[-1] + 100)
    ledger.write(1)
    ledger.seal()
    number = lines[-1] + 50
    at = datetime.now(UTC)
    ledger.sql(FORGED.format(id="audit_event_id, ", value="$3, "), ledger.tenant_id, at, number)
    ledger.seal()
    assert ledger.findings() == [("inserted", None, number)]


def test_a_line_inserted_with_a_new_number_and_an_old_time_is_told_as_late(ledger: Ledger, lines: list[int]) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    ((number,),) = ledger.sql(FORGED.format(id="", value=""), ledger.tenant_id, at)
    ledger.seal()
    assert ledger.findings() == [("late", ledger.position_of(number), number)]
    assert ledger.verdict().holds


def test_swapped_lines_are_found_at_both(ledger: Ledger, lines: list[int]) -> None:
    one, other = lines[2], lines[9]
    ledger.sql(
        "UPDATE audit_event e SET request_id = o.request_id, at = o.at, resource_id = o.resource_id, "
        "client_id = o.client_id FROM audit_event o "
        "WHERE e.audit_event_id = ANY($1) AND o.audit_event_id = ANY($1) AND o.audit_event_id <> e.audit_event_id",
        [one, other],
    )
    assert ledger.findings() == [("changed", 3, one), ("changed", 10, other)]


def test_lines_that_change_places_in_the_chain_are_found_at_both(ledger: Ledger, lines: list[int]) -> None:
    one, other = lines[2], lines[9]
    for statement, *values in (
        ("UPDATE audit_seal SET audit_event_id = -1 WHERE audit_event_id = $1", one),
        ("UPDATE audit_seal SET audit_event_id = $1 WHERE audit_event_id = $2", one, other),
        ("UPDATE audit_seal SET audit_event_id = $1 WHERE audit_event_id = -1", other),
    ):
        ledger.sql(str(statement), *values)
    assert ledger.findings() == [("changed", 3, other), ("changed", 10, one)]


def _rewrite(ledger: Ledger) -> None:
    """A whole new chain over changed lines, as who owns the database can make it."""
    ledger.sql("UPDATE audit_event SET user_id = 99")
    ledger.sql("DELETE FROM audit_seal")
    ledger.sql("UPDATE audit_sealer SET sealed_below = 0, mark = 0, mark_xid = '0'")
    ledger.seal()


def _cut(ledger: Ledger) -> None:
    """The newest lines gone with their seals."""
    ledger.sql(
        "DELETE FROM audit_event WHERE audit_event_id IN (SELECT audit_event_id FROM audit_seal WHERE position > 9)"
    )
    ledger.sql("DELETE FROM audit_seal WHERE position > 9")


@pytest.mark.parametrize(("act", "kind"), [(_rewrite, "rewritten"), (_cut, "removed")])
def test_what_no_chain_can_show_is_shown_by_a_head_kept_elsewhere(
    ledger: Ledger, lines: list[int], act: Callable[[Ledger], None], kind: str
) -> None:
    (head,) = ledger.as_owner(verification.heads)
    assert head["position"] == LINES + 3
    act(ledger)
    assert ledger.findings() == []
    pins = {ledger.tenant_id: {head["position"]: head["hash"]}}
    found = [told(one)[:2] for one in ledger.verdict(pins).findings]
    assert found == [(kind, head["position"])]
    assert not ledger.verdict(pins).holds
