"""Progress bars on standard error, where that is a terminal; elsewhere nothing."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress


class Bar:
    """One line: a label and how much of how much is done."""

    def __init__(self, progress: "Progress", label: str, total: float) -> None:
        self._progress = progress
        self._task = progress.add_task(label, total=total)

    def advance(self, by: float = 1) -> None:
        self._progress.advance(self._task, by)


class Bars:
    """The lines of one command."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress

    def bar(self, label: str, total: float) -> Bar:
        """`total` is what will be passed to `advance` in sum."""
        return Bar(self._progress, label, total)


@contextmanager
def bars() -> Iterator[Bars]:
    """While the command works."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        yield Bars(progress)
