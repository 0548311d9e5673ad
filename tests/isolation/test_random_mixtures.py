"""Requests in which ours, theirs and nobody's are mixed at random: with both locks, and with either one alone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.isolation.ground import Ground, Seed, ground_from
from tests.isolation.locks import sql_filter_taken_out
from tests.isolation.mixtures import Mixer
from tests.isolation.prober import Prober

SEED = 20260302
REQUESTS = int(os.environ.get("PROBER_REQUESTS", "100000"))
SECONDS = float(os.environ.get("PROBER_SECONDS", "2400"))
"""`make prove` asks so many requests, and ends after so long; a slow machine may want other figures."""


@contextmanager
def both_locks(seed: Seed, patch: pytest.MonkeyPatch) -> Iterator[Ground]:
    with ground_from(seed, "mixtures_both_locks") as ground:
        yield ground


@contextmanager
def policies_alone(seed: Seed, patch: pytest.MonkeyPatch) -> Iterator[Ground]:
    with sql_filter_taken_out(patch), ground_from(seed, "mixtures_policies_alone") as ground:
        yield ground


@contextmanager
def filter_alone(seed: Seed, patch: pytest.MonkeyPatch) -> Iterator[Ground]:
    with ground_from(seed, "mixtures_filter_alone", row_level_security=False) as ground:
        yield ground


@contextmanager
def no_lock(seed: Seed, patch: pytest.MonkeyPatch) -> Iterator[Ground]:
    with (
        sql_filter_taken_out(patch),
        ground_from(seed, "mixtures_no_lock", row_level_security=False) as ground,
    ):
        yield ground


SERVED = {"both locks": both_locks, "policies alone": policies_alone, "filter alone": filter_alone}


def mixed(ground: Ground, requests: int, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Asks, prints the figures and finds nothing of the other clinic."""
    prober = Prober(ground)
    report = Mixer(prober, SEED).run(requests, SECONDS)
    with capsys.disabled():
        print(
            f"\nmixtures, {name}: {len(report.operations)} of {len(prober.document.operations())} operations, "
            f"{report.requests} requests, {report.comparisons} comparisons, {len(report.leaks)} leaks, "
            f"statuses {dict(sorted(report.statuses.items()))}"
        )
    assert report.leaks == []
    assert report.faults == []


@pytest.mark.parametrize("name", SERVED)
def test_nothing_of_the_other_clinic_shows_in_some_hundred(
    seed: Seed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    with SERVED[name](seed, monkeypatch) as ground:
        mixed(ground, 500, name, capsys)


@pytest.mark.prove
@pytest.mark.parametrize(("name", "share"), [("both locks", 1), ("policies alone", 10), ("filter alone", 10)])
def test_nothing_of_the_other_clinic_shows_in_a_hundred_thousand(
    seed: Seed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, share: int
) -> None:
    with SERVED[name](seed, monkeypatch) as ground:
        mixed(ground, REQUESTS // share, name, capsys)


def test_the_mixtures_find_the_other_clinic_where_no_lock_is(seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    with no_lock(seed, monkeypatch) as ground:
        report = Mixer(Prober(ground), SEED).run(500, SECONDS)
    assert len(report.leaking) > 20
