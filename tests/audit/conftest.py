"""A clinic of the audit tests' own, whose chain nobody else makes longer, and a worker's sealer that is run by hand."""

import asyncio
import time
from dataclasses import replace

import pytest

from tests.audit.ledger import Ledger
from tests.cast import Cast
from tests.own_database import SmallClinic, create_database, settings_in, small_clinic


@pytest.fixture(scope="session")
def unused(cast: Cast) -> SmallClinic:
    """What every ledger is copied from."""
    return small_clinic(cast.settings, "audit_unused")


@pytest.fixture
def ledger(unused: SmallClinic) -> Ledger:
    name = f"audit_{time.monotonic_ns()}"
    asyncio.run(create_database(unused.settings, name, "audit_unused"))
    return Ledger(replace(unused, settings=settings_in(unused.settings, name)))
