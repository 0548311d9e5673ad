"""Memory that all workers of one server share: counts that must be exact between them, and no request waits for.

The supervisor makes it and every worker maps it, so it outlives a worker that is killed. Its lock is one of the
kernel's that ends with its holder. Nothing in it needs to outlive the server (docs/decisions/0017-limits.md).
"""

import fcntl
import mmap
import os
import tempfile
import time
from collections.abc import Iterator
from typing import IO

WORD_BYTES = 8
LOCK_PATIENCE_SECONDS = 0.2
LOCK_POLL_SECONDS = 0.00005
DISTRUST_SECONDS = 10.0
PROBES = 16
"""Rows that may hold one key."""


def make_memory() -> IO[bytes]:
    """A fresh one, without a name, for as long as somebody has it open. Workers inherit its descriptor."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("openprac"), "r+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)


class Memory:
    """Tables in one mapped file, and its lock: `with memory: ...`, for a few microseconds and nothing that waits.

    A worker that is stopped (not killed) inside would hold the lock on; the others then go on without it after 0.2 s.
    What that can cost is a count that is one too low.
    """

    def __init__(self, file: IO[bytes] | None = None) -> None:
        """A file of None: memory of this process alone."""
        self._file = file or make_memory()
        self._bytes_taken = 0
        self._held = False
        self._distrusted_until = 0.0

    def table(self, rows: int, width: int) -> "Table":
        """The next table. Every worker must ask for the same ones in the same order."""
        start = self._bytes_taken
        self._bytes_taken += -(-rows * width * WORD_BYTES // mmap.PAGESIZE) * mmap.PAGESIZE
        descriptor = self._file.fileno()
        if os.fstat(descriptor).st_size < self._bytes_taken:
            os.ftruncate(descriptor, self._bytes_taken)
        mapped = mmap.mmap(descriptor, self._bytes_taken - start, offset=start)
        return Table(memoryview(mapped).cast("q"), rows, width)

    def __enter__(self) -> None:
        patience_ends = 0.0
        while not self._try():
            now = time.monotonic()
            if now < self._distrusted_until:
                return
            patience_ends = patience_ends or now + LOCK_PATIENCE_SECONDS
            if now > patience_ends:
                self._distrusted_until = now + DISTRUST_SECONDS
                return
            time.sleep(LOCK_POLL_SECONDS)

    def __exit__(self, *_: object) -> None:
        if self._held:
            self._held = False
            fcntl.lockf(self._file, fcntl.LOCK_UN)

    def _try(self) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return False
        self._held = True
        return True


class Table:
    """Rows of `width` integers of 64 bits. The first is the row's key, never 0; the second the instant that counts
    when rows become short: the row whose instant is least is given to another key."""

    def __init__(self, words: memoryview, rows: int, width: int) -> None:
        self.words = words
        self._rows = rows
        self._width = width

    def seek(self, key: int) -> int:
        """Where the row of a key begins, or -1."""
        for at in self._places(key):
            if self.words[at] == key:
                return at
            if self.words[at] == 0:
                break
        return -1

    def place(self, key: int) -> int:
        """The same, and a fresh row of zeros if there is none. Under the memory's lock."""
        words, oldest = self.words, -1
        for at in self._places(key):
            if words[at] == key:
                return at
            if words[at] == 0:
                oldest = at
                break
            if oldest < 0 or words[at + 1] < words[oldest + 1]:
                oldest = at
        for offset in range(1, self._width):
            words[oldest + offset] = 0
        words[oldest] = key
        return oldest

    def _places(self, key: int) -> Iterator[int]:
        first = key % self._rows
        for step in range(PROBES):
            yield (first + step) % self._rows * self._width
