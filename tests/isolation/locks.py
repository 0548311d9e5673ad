"""Taking one of the two locks off: the SQL of an application without its tenant filter."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest

from openprac.kernel import database

BY_VALUE = re.compile(r"\b(?:\w+\.)?tenant_id = (\$\d+)(?:::bigint)?")
BY_JOIN = re.compile(r"\b\w+\.tenant_id = \w+\.tenant_id")
READS_AND_CHANGES = re.compile(r"\b(SELECT|UPDATE|DELETE)\b")


def without_filter(sql: str) -> str:
    """`tenant_id = $1` becomes a condition that every row meets and that still uses the parameter."""
    return BY_JOIN.sub("true", BY_VALUE.sub(r"\1::bigint IS NOT NULL", sql))


@contextmanager
def sql_filter_taken_out(patch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Applications that open their pool in here say every statement without the filter; gives those statements.

    It is done where statements are said, not where they are composed, so it holds for every module's SQL.
    """
    changed: set[str] = set()

    class Unfiltered(asyncpg.Connection):  # type: ignore[misc]
        async def execute(self, query: str, *values: Any, **options: Any) -> Any:
            return await super().execute(_changed(query), *values, **options)

        async def fetch(self, query: str, *values: Any, **options: Any) -> Any:
            return await super().fetch(_changed(query), *values, **options)

        async def fetchrow(self, query: str, *values: Any, **options: Any) -> Any:
            return await super().fetchrow(_changed(query), *values, **options)

        async def fetchval(self, query: str, *values: Any, **options: Any) -> Any:
            return await super().fetchval(_changed(query), *values, **options)

    def _changed(query: str) -> str:
        bare = without_filter(query)
        if bare != query:
            changed.add(query)
        return bare

    create_pool = asyncpg.create_pool

    def create(*arguments: Any, **options: Any) -> Any:
        return create_pool(*arguments, connection_class=Unfiltered, **options)

    with patch.context() as inner:
        inner.setattr(database.asyncpg, "create_pool", create)
        yield changed
