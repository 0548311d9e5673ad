"""A server of a test's own: `openprac serve` as an operator starts it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from openprac.settings import Settings

REPOSITORY = Path(__file__).parents[1]


@contextmanager
def served_by_the_command(settings: Settings, folder: Path) -> Iterator[tuple[str, Path]]:
    """`openprac serve` on that database and store: its address and the file that gets its standard error."""
    given = replace(settings, data_dir=folder / "data", port=0, sandbox=False).environment()
    owner = {"OWNER_DATABASE_URL": settings.owner_database_url or ""}  # what no worker is told
    environment = {**os.environ, **given, **owner, "PYTHONPATH": str(REPOSITORY)}
    lines = folder / "stderr.txt"
    with lines.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "openprac", "serve"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout
        found = re.search(r"http://[^/\s]+", process.stdout.readline())
        assert found, lines.read_text()
        yield found[0], lines
    finally:
        process.terminate()
        process.wait(30)
