"""Fixtures every test may use: the cast, and a caller for each of its clinics."""

from collections.abc import Iterator

import httpx
import pytest
from hypothesis import settings

from tests.cast import Cast, the_cast

# The bounded profile tries the same examples every time; `make prove` runs tests that draw new ones.
settings.register_profile("bounded", deadline=None, derandomize=True, database=None)
settings.load_profile("bounded")


@pytest.fixture(scope="session")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with the_cast(tmp_path_factory.mktemp("cast")) as cast:
        yield cast


@pytest.fixture(scope="session")
def here(cast: Cast) -> Iterator[httpx.Client]:
    """Riverside's caller: paths begin behind /v1."""
    with cast.client(cast.riverside) as client:
        yield client


@pytest.fixture(scope="session")
def nobody(cast: Cast) -> Iterator[httpx.Client]:
    """A caller without keys."""
    with httpx.Client(base_url=f"{cast.base_url}/v1", timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def there(cast: Cast) -> Iterator[httpx.Client]:
    """Hillside's caller."""
    with cast.client(cast.hillside) as client:
        yield client
