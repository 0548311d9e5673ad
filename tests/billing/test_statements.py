"""What billing costs in round trips to the database."""

from collections.abc import Iterator

import pytest

from tests.cast import Cast
from tests.counted import Counted, counting


@pytest.fixture(scope="module")
def counted(cast: Cast) -> Iterator[Counted]:
    with counting(cast, cast.riverside) as counted:
        yield counted


def test_a_page_of_invoices_costs_the_same_however_long_it_is(counted: Counted) -> None:
    """enter, the page, the count where the page does not tell it, the lines, what was paid on them."""
    for size in (1, 20):
        assert counted.of(lambda api, size=size: api.get("/invoice", params={"page_size": size})) == 5
    assert counted.of(lambda api: api.get("/invoice", params={"page_size": 200})) == 4


def test_one_invoice(cast: Cast, counted: Counted) -> None:
    """enter, the invoice, its lines, what was paid on them."""
    sql = "SELECT min(invoice_id) FROM invoice WHERE tenant_id = $1"
    one = cast.sql(sql, cast.riverside.tenant_id)[0][0]
    assert counted.of(lambda api: api.get(f"/invoice/{one}")) == 4
