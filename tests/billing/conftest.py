"""The till, for tests of billing."""

from collections.abc import Iterator

import pytest

from tests.billing.till import PLAIN, TAXABLE, Till
from tests.cast import Cast
from tests.desk import open_desk


@pytest.fixture(scope="session")
def till(cast: Cast) -> Iterator[Till]:
    desk = open_desk(cast)
    items = {
        PLAIN: desk.new("item", item_code="VISIT", description="Consultation"),
        TAXABLE: desk.new("item", item_code="BAND", description="Resistance band", gst=True),
    }
    yield Till(desk, items)
    desk.api.close()
