"""schemathesis over the served document: no 5xx, no undocumented status, no breach of a schema."""

import json
import os
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from openprac.app import create_app
from tests.cast import Cast, serving
from tests.own_database import SmallClinic, small_clinic

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
PROGRAM = Path(sysconfig.get_path("scripts")) / "schemathesis"
SEEDS = (20260302, 20260405, 20261004)
OUTPUT_MAX_CHARS = 20_000
SHORT_SECONDS = 300
LONG_SECONDS = 3600
LONG_CASES = 20_000


@dataclass(frozen=True)
class Target:
    """A clinic in a database of its own, since what is sent is rubbish."""

    clinic: SmallClinic
    base_url: str


@pytest.fixture(scope="module")
def target(cast: Cast) -> Iterator[Target]:
    clinic = small_clinic(cast.settings, "fuzz")
    with serving(create_app(clinic.settings)) as base_url:
        yield Target(clinic, base_url)


def fuzz(target: Target, folder: Path, *options: str, seed: int, seconds: int) -> dict[str, Any]:
    """The report of one run. The test fails with what schemathesis says."""
    report = folder / "report.json"
    done = subprocess.run(
        [
            *(PROGRAM, "--config-file", CONFIGURATION, "run", f"{target.base_url}/openapi.json"),
            *("--seed", str(seed), "--report", "json", "--report-json-path", report, *options),
        ],
        cwd=folder,
        env={
            **os.environ,
            "FUZZ_X_API_KEY": target.clinic.headers["x-api-key"],
            "FUZZ_A_API_KEY": target.clinic.headers["a-api-key"],
        },
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-OUTPUT_MAX_CHARS:] + done.stderr[-1000:]
    return dict(json.loads(report.read_text()))


def shown(report: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    operations, cases = report["operations"], report["test_cases"]
    assert operations["tested"] == operations["total"]
    assert cases["errored"] == 0
    with capsys.disabled():
        print(
            f"\nschemathesis: {cases['generated']} cases on {operations['tested']} operations, "
            f"{cases['unique_failures']} failures, {report['running_time']:.0f} s, seed {report['seed']}"
        )


def test_random_requests_get_documented_answers(
    target: Target, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = fuzz(
        target, tmp_path, "--phases", "examples,fuzzing", "--max-examples", "3", seed=SEEDS[0], seconds=SHORT_SECONDS
    )
    assert report["test_cases"]["generated"] > 2 * report["operations"]["total"]
    shown(report, capsys)


@pytest.mark.prove
@pytest.mark.parametrize("seed", SEEDS)
def test_long_runs_of_random_requests_get_documented_answers(
    target: Target, tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    report = fuzz(target, tmp_path, "--max-examples", "20", seed=seed, seconds=LONG_SECONDS)
    assert report["test_cases"]["generated"] >= LONG_CASES
    assert {name for name, phase in report["phases"].items() if phase["status"] == "success"} >= {"coverage", "fuzzing"}
    shown(report, capsys)
