"""The till, for tests of billing."""

from collections.abc import Iterator

import pytest

from tests.api.invoice.till import Till, open_till
from tests.cast import Cast


@pytest.fixture(scope="session")
def till(cast: Cast) -> Iterator[Till]:
    till = open_till(cast)
    yield till
    till.desk.api.close()
