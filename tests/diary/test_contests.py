"""The book under contention: several worker processes, real connections, every kind of entry. See contests.py."""

import sys
from collections.abc import Iterator

import pytest

from tests.diary.contest_kinds import KINDS
from tests.diary.contests import run
from tests.diary.ground import Ground, open_ground
from tests.diary.lost_connections import cut_and_retry

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")

WORKERS = 3


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with open_ground(tmp_path_factory.mktemp("contests"), WORKERS) as ground:
        yield ground


def _hold(ground: Ground, contests: int, *, seed: int, seconds: float, capsys: pytest.CaptureFixture[str]) -> None:
    tally = run(ground, contests, seed, seconds)
    with capsys.disabled():
        print("\n" + "\n".join(tally.lines()))
    assert not tally.wrongs
    assert tally.server_errors == 0
    assert sum(tally.contests.values()) == contests
    assert set(tally.contests) == set(KINDS)
    assert tally.workers_at_work == WORKERS


def test_one_wins_each_contest(ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    _hold(ground, 5 * len(KINDS), seed=1, seconds=60, capsys=capsys)


def test_creates_whose_connection_was_cut_are_made_once_when_retried(ground: Ground) -> None:
    cut_and_retry(ground, 30)


@pytest.mark.prove
def test_one_wins_each_of_10000_contests(ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    _hold(ground, 10_000, seed=2, seconds=3600, capsys=capsys)


@pytest.mark.prove
def test_1000_creates_whose_connection_was_cut_are_1000_rows(ground: Ground) -> None:
    cut_and_retry(ground, 1000)
