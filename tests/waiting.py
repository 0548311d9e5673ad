"""Waiting for what comes true by itself, up to a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def until(look: Callable[[], Value], seconds: float = 20.0) -> Value:
    """What `look` gives once it gives something; the test fails at the deadline."""
    deadline = time.monotonic() + seconds
    while not (value := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
    return value
