"""What `--reset` takes away and what it leaves, on directories made by hand."""

import fcntl
import os

import pytest

from openprac import reset
from openprac.embedded import EmbeddedError
from openprac.instance import InstanceError


@pytest.fixture
def directory(tmp_path):
    reset.leave_mark(tmp_path)
    for name in ("postgres", "seaweed", "metrics", "run", "logs"):
        (tmp_path / name / "inner").mkdir(parents=True)
        (tmp_path / name / "inner" / "file").write_text(name)
    (tmp_path / "demo-keys.json").write_text("{}")
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "mine").mkdir()
    return tmp_path


def test_the_known_folders_go_and_all_else_stays(directory):
    reset.reset(directory)
    left = {path.name for path in directory.iterdir() if not path.name.endswith(".lock")}
    assert left == {"openprac-demo", "demo-keys.json", "mine.txt", "mine"}


def test_a_reset_that_was_killed_is_finished_by_the_next(directory):
    (directory / "removing" / "postgres").mkdir(parents=True)
    reset.reset(directory)
    assert not (directory / "removing").exists()


def test_a_directory_with_a_database_of_others_gets_no_mark(tmp_path):
    (tmp_path / "postgres").mkdir()
    reset.leave_mark(tmp_path)
    with pytest.raises(InstanceError, match="nothing was removed"):
        reset.reset(tmp_path)
    assert (tmp_path / "postgres").exists()


def test_links_are_not_followed(directory, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "treasure.txt").write_text("mine")
    (directory / "seaweed" / "inner" / "link").symlink_to(elsewhere)
    reset.reset(directory)
    assert (elsewhere / "treasure.txt").exists()
    (directory / "seaweed").symlink_to(elsewhere)
    with pytest.raises(InstanceError, match="is a link"):
        reset.reset(directory)
    assert (elsewhere / "treasure.txt").exists()


def test_nothing_goes_while_a_server_runs_there(directory):
    descriptor = os.open(directory / "postgres.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        with pytest.raises(EmbeddedError, match="in use"):
            reset.reset(directory)
    finally:
        os.close(descriptor)
    assert (directory / "postgres" / "inner" / "file").exists()


def test_nothing_to_remove_is_fine(tmp_path):
    reset.check_resettable(tmp_path / "none")
    reset.check_resettable(tmp_path)
