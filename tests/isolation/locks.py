"""Taking one of the two locks off: the SQL of an application without its tenant filter."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest

BY_VALUE = re.compile(r"\b(?:\w+\.)?tenant_id = (\$\d+)(?:::bigint)?")
BY_JOIN = re.compile(r"\b\w+\.tenant_id = \w+\.tenant_id")
READS_AND_CHANGES = re.compile(r"\b(SELECT|UPDATE|DELETE)\b")

WAYS_TO_SAY = ("execute", "executemany", "fetch", "fetchrow", "fetchval", "prepare", "cursor")


def without_filter(sql: str) -> str:
    """`tenant_id = $1` becomes a condition that every row meets and that still uses the parameter."""
    return BY_JOIN.sub("true", BY_VALUE.sub(r"\1::bigint IS NOT NULL", sql))


@contextmanager
def sql_filter_taken_out(patch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Whatever this process says to PostgreSQL in here is said without the filter; gives those statements.

    It is done where statements are said, not where they are composed, so it holds for every module's SQL.
    """
    changed: set[str] = set()

    def saying(method: Callable[..., Any]) -> Callable[..., Any]:
        def said(connection: asyncpg.Connection, query: str, *values: Any, **options: Any) -> Any:
            bare = without_filter(query)
            if bare != query:
                changed.add(query)
            return method(connection, bare, *values, **options)

        return said

    with patch.context() as inner:
        for name in WAYS_TO_SAY:
            inner.setattr(asyncpg.Connection, name, saying(getattr(asyncpg.Connection, name)))
        yield changed
