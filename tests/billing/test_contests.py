"""The same money wanted by up to 32 clients at once, over several worker processes. See contests.py."""

import sys
from collections.abc import Iterator

import pytest

from tests.billing.contests import KINDS, run, till_of
from tests.billing.till import Till
from tests.diary.ground import Ground, open_ground

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with open_ground(tmp_path_factory.mktemp("money")) as ground:
        yield ground


@pytest.fixture(scope="module")
def money(ground: Ground) -> Till:
    return till_of(ground)


def _hold(ground: Ground, till: Till, contests: int, seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    tally = run(ground, till, contests, seed, seconds=3600)
    with capsys.disabled():
        print("\n" + "\n".join(tally.lines()))
    assert tally.wrongs == []
    assert tally.server_errors == 0
    assert sum(tally.contests.values()) == contests


def test_money_is_neither_made_nor_lost(ground: Ground, money: Till, capsys: pytest.CaptureFixture[str]) -> None:
    _hold(ground, money, 3 * len(KINDS), 1, capsys)


@pytest.mark.prove
def test_money_is_neither_made_nor_lost_in_5000_contests(
    ground: Ground, money: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    _hold(ground, money, 5000, 2, capsys)
