"""The guard between a program and its servers."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from openprac.embedded import guard, process

from .helpers import is_alive, wait_for


def test_the_log_that_grew_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "server.log"
    os.close(process.open_log(log))
    with log.open("wb") as file:
        file.truncate(process.LOG_ROTATE_BYTES + 1)
    os.close(process.open_log(log))
    assert log.stat().st_size == 0
    assert (tmp_path / "logs" / "server.log.1").stat().st_size == process.LOG_ROTATE_BYTES + 1


def test_a_program_that_is_missing_shows_in_the_exit_code_and_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    descriptor = process.open_log(log)
    child = process.launch(
        [tmp_path / "missing"], log_fd=descriptor, death_signal=signal.SIGKILL, environment=os.environ
    )
    os.close(descriptor)
    assert child.wait(10) == guard.EXIT_NOT_EXECUTABLE
    assert "cannot run" in process.log_tail(log)


def test_without_parent_death_signals_the_guard_looks_after_the_parent(tmp_path: Path) -> None:
    # What runs on macOS: the guard stays between the two.
    script = (
        "import os, signal, subprocess, sys, time\n"
        "from openprac.embedded import process\n"
        "child = process.launch(['/bin/sh', '-c', 'echo $$ > pid; exec sleep 60'], log_fd=2,"
        " death_signal=signal.SIGTERM, environment={**os.environ, 'OPENPRAC_GUARD_SUPERVISE': '1'},"
        f" cwd={str(tmp_path)!r})\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).resolve().parents[2])
    pid_file = tmp_path / "pid"
    assert wait_for(lambda: pid_file.exists() and pid_file.read_text().strip() != "")
    pid = int(pid_file.read_text())
    assert is_alive(pid)
    parent.kill()
    parent.wait()
    assert wait_for(lambda: not is_alive(pid))


def test_stopping_takes_the_next_step_when_a_signal_is_ignored(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    child = process.launch(
        ["/bin/sh", "-c", f"trap '' TERM; touch {ready}; while :; do sleep 0.05; done"],
        log_fd=subprocess.DEVNULL,
        death_signal=signal.SIGKILL,
        environment=os.environ,
    )
    assert wait_for(ready.exists)
    process.stop(child, [(signal.SIGTERM, 0.2)])
    assert child.poll() == -signal.SIGKILL
