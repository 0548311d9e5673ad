"""One filled instance that the tests of keeping read, and makers of empty ones."""

from collections.abc import Callable

import pytest

from tests.cast import Cast
from tests.keep.ground import Place, bare, filled


@pytest.fixture(scope="session")
def kept(cast: Cast) -> Place:
    """An instance with one clinic. Tests may add to it and must not spoil it."""
    return filled(cast.settings)


@pytest.fixture
def empty(cast: Cast) -> Callable[[], Place]:
    """Makes an instance without anything."""
    return lambda: bare(cast.settings)
