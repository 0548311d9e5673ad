"""What an operation costs: round trips to the database, BEGIN and COMMIT not counted."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest

from openprac.app import create_app
from tests.cast import Cast, Clinic, serving

NOT_COUNTED = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK)", re.I)
# The first of a connection look types up; the audit of reads, its sealing and the sweep of uploads have their own
# connections and their own times.
NOT_OURS = ("pg_catalog", "append_reads", "seal_audit", "take_due_uploads", "forget_idempotency_keys", "set_config")


@dataclass
class Counted:
    api: httpx.Client
    said: list[str]

    def of(self, ask: Callable[[httpx.Client], httpx.Response]) -> int:
        self.said.clear()
        answer = ask(self.api)
        assert answer.status_code < 300, answer.text
        return len(self.said)


@contextmanager
def counting(cast: Cast, clinic: Clinic) -> Iterator[Counted]:
    """A server on the cast's database that notes every statement it says, and a caller of it."""
    said: list[str] = []

    class Counting(asyncpg.Connection):  # type: ignore[misc]
        async def execute(self, query: str, *values: Any, **options: Any) -> Any:
            _note(query)
            return await super().execute(query, *values, **options)

        async def fetch(self, query: str, *values: Any, **options: Any) -> Any:
            _note(query)
            return await super().fetch(query, *values, **options)

        async def fetchrow(self, query: str, *values: Any, **options: Any) -> Any:
            _note(query)
            return await super().fetchrow(query, *values, **options)

        async def fetchval(self, query: str, *values: Any, **options: Any) -> Any:
            _note(query)
            return await super().fetchval(query, *values, **options)

    def _note(query: str) -> None:
        if not NOT_COUNTED.match(query) and not any(word in query for word in NOT_OURS):
            said.append(query)

    connect = asyncpg.connect

    async def connecting(*arguments: Any, **options: Any) -> Any:
        return await connect(*arguments, connection_class=Counting, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncpg, "connect", connecting)
        with (
            serving(create_app(cast.settings)) as base_url,
            httpx.Client(base_url=f"{base_url}/v1", headers=cast.headers(clinic), timeout=30) as api,
        ):
            yield Counted(api, said)
