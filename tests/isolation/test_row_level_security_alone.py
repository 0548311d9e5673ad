"""Each of the two locks holds by itself; with both taken off the prober finds the other clinic everywhere."""

import pytest

from tests.isolation.ground import Seed, ground_from
from tests.isolation.locks import READS_AND_CHANGES, sql_filter_taken_out, without_filter
from tests.isolation.prober import Prober, Report

NOTHING_TO_RECOGNISE = {"getBillingSettings-Get"}
"""Two switches and no text: nobody can tell whose they are."""


def shown(name: str, report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(
            f"\n{name}: {len(report.operations)} operations, {report.requests} requests, "
            f"{len(report.leaking)} operations leak"
        )


def test_row_level_security_holds_without_the_sql_filter(
    seed: Seed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with sql_filter_taken_out(monkeypatch) as changed, ground_from(seed, "isolation_policies_alone") as ground:
        report = Prober(ground).run()
    assert len(changed) > 20
    assert all(READS_AND_CHANGES.search(statement) for statement in changed)
    shown("row-level security alone", report, capsys)
    assert report.leaks == []
    assert report.faults == []


def test_the_sql_filter_holds_without_row_level_security(seed: Seed, capsys: pytest.CaptureFixture[str]) -> None:
    with ground_from(seed, "isolation_filter_alone", row_level_security=False) as ground:
        report = Prober(ground).run()
    shown("the SQL filter alone", report, capsys)
    assert report.leaks == []
    assert report.faults == []


def test_without_both_locks_the_prober_finds_the_other_clinic(
    seed: Seed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        sql_filter_taken_out(monkeypatch),
        ground_from(seed, "isolation_no_lock", row_level_security=False) as ground,
    ):
        prober = Prober(ground)
        report = prober.run()
    shown("no lock", report, capsys)
    reachable = {
        operation["operationId"]
        for method, path, operation in prober.document.operations()
        if method == "GET" or (method in ("PATCH", "DELETE") and "{" in path)
    }
    assert reachable - report.leaking == NOTHING_TO_RECOGNISE


def test_the_filter_is_taken_out_of_every_way_it_is_written() -> None:
    assert without_filter("WHERE t.tenant_id = $1 AND t.x = $2") == "WHERE $1::bigint IS NOT NULL AND t.x = $2"
    assert without_filter("WHERE tenant_id = $1::bigint") == "WHERE $1::bigint IS NOT NULL"
    assert without_filter("ON fc.tenant_id = t.tenant_id AND fc.a = t.a") == "ON true AND fc.a = t.a"
