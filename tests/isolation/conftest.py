"""The seed that every test of this folder copies."""

import pytest

from tests.cast import Cast
from tests.isolation.ground import Seed, make_seed


@pytest.fixture(scope="session")
def seed(cast: Cast) -> Seed:
    return make_seed(cast.settings)
