"""Metrics of one process and of several, dead ones included."""

import os
import subprocess
import sys

import pytest

from openprac import metrics

COUNT = """
from openprac import metrics
for _ in range({times}):
    metrics.observe("listPatients-Get", 200, 0.02)
metrics.observe_pool(10, {in_use})
"""


def _run(script, directory=None):
    environment = {**os.environ, **({"PROMETHEUS_MULTIPROC_DIR": str(directory)} if directory else {})}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True, env=environment
    )
    return done.stdout


def _value(text, start):
    return float(next(line for line in text.splitlines() if line.startswith(start)).split()[-1])


RENDER = "from openprac import metrics; print(metrics.render()[0].decode())"


def test_one_process_counts_for_itself():
    text = _run(COUNT.format(times=3, in_use=2) + "print(metrics.render()[0].decode())")
    assert _value(text, 'openprac_requests_total{operation="listPatients-Get",status="200"}') == 3
    assert _value(text, 'openprac_request_seconds_bucket{le="0.01",operation="listPatients-Get"}') == 0
    assert _value(text, 'openprac_request_seconds_bucket{le="0.025",operation="listPatients-Get"}') == 3
    assert _value(text, 'openprac_request_seconds_sum{operation="listPatients-Get"}') == pytest.approx(0.06)
    assert _value(text, "openprac_database_pool_in_use") == 2
    assert "_created" not in text


def test_several_processes_are_added_up_and_the_dead_keep_their_counts(tmp_path):
    directory = tmp_path / "metrics"
    metrics.prepare(directory)
    assert directory.stat().st_mode & 0o777 == 0o700
    _run(COUNT.format(times=3, in_use=2), directory)
    pids = {int(file.stem.rpartition("_")[2]) for file in directory.glob("*.db")}
    _run(COUNT.format(times=4, in_use=1), directory)
    start = 'openprac_requests_total{operation="listPatients-Get",status="200"}'
    assert _value(_run(RENDER, directory), start) == 7
    assert _value(_run(RENDER, directory), "openprac_database_pool_in_use") == 3
    for pid in pids:
        metrics.forget(directory, pid)
    assert _value(_run(RENDER, directory), start) == 7
    assert _value(_run(RENDER, directory), "openprac_database_pool_in_use") == 1


def test_a_start_begins_at_zero(tmp_path):
    directory = tmp_path / "metrics"
    metrics.prepare(directory)
    _run(COUNT.format(times=3, in_use=2), directory)
    metrics.prepare(directory)
    assert "openprac_requests_total{" not in _run(RENDER, directory)


def test_prometheus_is_not_imported_before_it_is_used():
    assert (
        _run("import sys; from openprac import metrics; print('prometheus_client' in sys.modules)").strip() == "False"
    )
