"""The invented money: what came in is on the lines, and every rule of billing holds for it."""

import asyncio
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from openprac.demo.clinic import Clinic, make_clinic
from tests.billing.ledger_check import faults
from tests.cast import Cast


@pytest.fixture(scope="module")
def clinic() -> Clinic:
    return make_clinic(3, date(2026, 11, 22), 2000, name="Riverside", time_zone="Australia/Adelaide")


def test_every_way_to_pay_is_there(clinic: Clinic) -> None:
    payments, items = clinic.tables["payment"], clinic.tables["payment_item"]
    methods = Counter(row["payment_type"] for row in payments)
    assert {"EFTPOS", "Credit Card", "Cash", "Health Fund", "Bank Transfer"} <= set(methods)
    over = Counter(row["payment_id"] for row in items)
    assert max(over.values()) > 3
    assert any(row["total"] < 0 for row in payments)
    assert any(row["total"] > row["allocated"] == 0 for row in payments)
    assert any(row["total"] > row["allocated"] > 0 for row in payments)
    owing = [row["debit"] - row["discount"] - row["write_off"] - row["paid"] for row in clinic.tables["invoice"]]
    assert 0.6 < sum(one == 0 for one in owing) / len(owing) < 0.95
    assert min(owing) == Decimal("0.00")


def test_the_same_seed_gives_the_same_money(clinic: Clinic) -> None:
    again = make_clinic(3, date(2026, 11, 22), 2000, name="Riverside", time_zone="Australia/Adelaide")
    assert again.tables["payment"] == clinic.tables["payment"]


@pytest.mark.parametrize("name", ["riverside", "hillside"])
def test_the_rules_of_billing_hold(cast: Cast, name: str) -> None:
    tenant_id = getattr(cast, name).tenant_id

    async def look() -> list[tuple[int, str]]:
        async with cast.owner() as connection:
            return await faults(connection.fetch, tenant_id)

    assert asyncio.run(look()) == []
    assert cast.sql("SELECT count(*) FROM payment WHERE tenant_id = $1", tenant_id)[0][0] > 10
