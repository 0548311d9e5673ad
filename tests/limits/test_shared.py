"""Memory shared by processes: exact under contention, and no holder, killed or stopped, keeps the others from it."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

import pytest

from openprac.kernel.shared import LOCK_PATIENCE_SECONDS, PROBES, Memory, make_memory
from tests.waiting import until

ROUNDS = 20_000
PROCESSES = 4


BEGIN = """
import os, sys, time
from openprac.kernel.shared import Memory
memory = Memory(os.fdopen(int(sys.argv[1]), "r+b", buffering=0))
table = memory.table(8, 2)
"""
COUNT = f"""
for _ in range({ROUNDS}):
    with memory:
        table.words[table.place(5) + 1] += 1
"""
HOLD = """
with memory:
    table.place(1)
    time.sleep(60)
"""


@contextmanager
def child(file: IO[bytes], work: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does the work on that memory; killed with the test."""
    descriptor = file.fileno()
    process = subprocess.Popen([sys.executable, "-c", BEGIN + work, str(descriptor)], pass_fds=[descriptor])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_counts_of_several_processes_are_exact() -> None:
    file = make_memory()
    with ExitStack() as stack:
        children = [stack.enter_context(child(file, COUNT)) for _ in range(PROCESSES)]
        assert [one.wait(60) for one in children] == [0] * PROCESSES
    table = Memory(file).table(8, 2)
    assert table.words[table.seek(5) + 1] == ROUNDS * PROCESSES


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_holder_that_is_killed_or_stopped_keeps_nobody_out(number: signal.Signals) -> None:
    file = make_memory()
    memory = Memory(file)
    table = memory.table(8, 2)
    with child(file, HOLD) as process:
        until(lambda: table.seek(1) >= 0)
        process.send_signal(number)
        if number == signal.SIGKILL:
            process.wait(10)
        started = time.monotonic()
        for _ in range(100):
            with memory:
                table.words[table.place(2) + 1] += 1
        assert time.monotonic() - started < LOCK_PATIENCE_SECONDS + 1
    assert table.words[table.seek(2) + 1] == 100


def test_tables_of_one_memory_do_not_overlap() -> None:
    memory = Memory()
    first, second = memory.table(100, 3), memory.table(7, 2)
    for table, key in ((first, 10), (second, 20)):
        for number in range(200):
            table.words[table.place(key + number) + 1] = number + 1
    assert {first.words[at] for at in range(0, 300, 3)} <= set(range(10, 210))
    assert {second.words[at] for at in range(0, 14, 2)} <= set(range(20, 220))


def test_a_full_neighbourhood_gives_up_the_key_unused_for_longest() -> None:
    table = Memory().table(PROBES, 2)
    keys = [number * 7 + 1 for number in range(PROBES)]
    random.Random(3).shuffle(keys)
    for instant, key in enumerate(keys, start=1):
        table.words[table.place(key) + 1] = instant
    table.place(keys[0])
    table.words[table.seek(keys[0]) + 1] = 99
    fresh = table.place(1_000_003)
    assert table.words[fresh + 1] == 0
    assert [key for key in keys if table.seek(key) < 0] == [keys[1]]
