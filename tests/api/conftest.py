"""The desk, for tests of the appointment book."""

from collections.abc import Iterator

import pytest

from tests.cast import Cast
from tests.desk import Desk, open_desk


@pytest.fixture(scope="session")
def desk(cast: Cast) -> Iterator[Desk]:
    desk = open_desk(cast)
    yield desk
    desk.api.close()
