"""A few kills in every run of the tests; two hundred in `make prove`."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command.conftest import Instance, poll, processes_of
from tests.faults import kills


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Instance]:
    instance = Instance(tmp_path / "data", "--workers", "2")
    try:
        yield instance.start()
    finally:
        instance.stop(signal.SIGKILL)
        poll(lambda: not processes_of(instance.data_dir), kills.BACK_SECONDS)


@pytest.mark.parametrize("count", [4, pytest.param(200, marks=pytest.mark.prove)])
def test_every_acknowledged_write_outlives_every_kill(small: Instance, count: int) -> None:
    outcome = kills.run(small, count, seed=count)
    assert (outcome.lost, outcome.doubled, outcome.unasked) == ([], [], [])
    assert outcome.acknowledged > count
    # What is said meanwhile: done, or not now.
    assert set(outcome.answers) <= {201, 409, 503}
    assert {len(seconds) for seconds in outcome.back_seconds.values()} == {count // len(kills.VICTIMS)}
