"""Which statements a server sends: read from PostgreSQL's own log while requests are made one at a time.

Nothing is asked of the server under test, so the count is honest, and the scripts for pgbench and for asyncpg alone
are the statements themselves, not a copy that goes stale.
"""

import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from bench.world import World

REQUESTS = 7
SETTLE_SECONDS = 0.1
BACKGROUND_REQUESTS = 40
BACKGROUND_SETTLE_SECONDS = 2.5
"""Long enough for work put off to a batch, at most a second later, to be seen."""
PREFIX = "bench|%p|%a|"
ENTRY = re.compile(r"^bench\|(\d+)\|([^|]*)\|(LOG|DETAIL):  (.*)$", re.DOTALL)
STATEMENT = re.compile(r"^(?:execute [^:]*|statement|execute fetch from [^:]*): (.*)$", re.DOTALL)
PARAMETER = re.compile(r"\$(\d+) = (NULL|'((?:[^']|'')*)')")


@dataclass(frozen=True, slots=True)
class Statement:
    sql: str
    parameters: tuple[str | None, ...] = ()

    @property
    def is_transaction_control(self) -> bool:
        """BEGIN and its kin, which the budgets do not count."""
        return self.sql.split()[0].rstrip(";").upper() in ("BEGIN", "COMMIT", "ROLLBACK", "START")


@dataclass(frozen=True, slots=True)
class Captured:
    """One request: the tenant's values are known from `clinic`, those of the answer from `body`."""

    statements: tuple[Statement, ...]
    body: bytes

    @property
    def counted(self) -> int:
        return sum(not statement.is_transaction_control for statement in self.statements)


async def capture(world: World, ask: Callable[[], bytes]) -> Captured:
    """What one request says, as most of several say it (work in the background may fall among one of them)."""
    owner = await _start_logging(world)
    try:
        seen: list[Captured] = []
        for _ in range(REQUESTS):
            position = world.log.stat().st_size
            body = ask()
            time.sleep(SETTLE_SECONDS)  # noqa: ASYNC251 - nothing else runs here
            seen.append(Captured(tuple(_read(world.log, position)), body))
    finally:
        await _stop_logging(owner)
    shapes = Counter(tuple(statement.sql for statement in one.statements) for one in seen)
    usual = shapes.most_common(1)[0][0]
    return next(one for one in seen if tuple(statement.sql for statement in one.statements) == usual)


async def count_with_background(world: World, ask: Callable[[], bytes]) -> float:
    """Statements for one request, those put off to batches included: an average over many."""
    owner = await _start_logging(world)
    try:
        position = world.log.stat().st_size
        for _ in range(BACKGROUND_REQUESTS):
            ask()
        time.sleep(BACKGROUND_SETTLE_SECONDS)  # noqa: ASYNC251
        statements = [one for one in _read(world.log, position) if not one.is_transaction_control]
        return len(statements) / BACKGROUND_REQUESTS
    finally:
        await _stop_logging(owner)


async def _start_logging(world: World) -> asyncpg.Connection:
    owner = await asyncpg.connect(
        world.owner_url, server_settings={"application_name": "bench", "log_statement": "none"}
    )
    await owner.execute(f"ALTER SYSTEM SET log_line_prefix = '{PREFIX}'")
    await owner.execute("ALTER SYSTEM SET log_statement = 'all'")
    await owner.execute("SELECT pg_reload_conf()")
    time.sleep(0.3)  # noqa: ASYNC251 - until every backend has read it
    return owner


async def _stop_logging(owner: asyncpg.Connection) -> None:
    await owner.execute("ALTER SYSTEM RESET log_statement")
    await owner.execute("ALTER SYSTEM RESET log_line_prefix")
    await owner.execute("SELECT pg_reload_conf()")
    time.sleep(0.3)  # noqa: ASYNC251
    await owner.close()


def _read(log: Path, position: int) -> list[Statement]:
    with log.open("rb") as file:
        file.seek(position)
        text = file.read().decode()
    found: list[Statement] = []
    # Lines that go on start with a tab.
    for entry in re.split(r"\n(?!\t)", text):
        match = ENTRY.match(entry.replace("\n\t", "\n"))
        if not match or match[2] == "bench":
            continue
        kind, message = match[3], match[4].rstrip("\n")
        if kind == "LOG" and (statement := STATEMENT.match(message)):
            found.append(Statement(statement[1]))
        elif kind == "DETAIL" and found and message.lower().startswith("parameters:"):
            given = {
                int(number): None if quoted == "NULL" else inner.replace("''", "'")
                for number, quoted, inner in PARAMETER.findall(message)
            }
            found[-1] = Statement(found[-1].sql, tuple(given[number] for number in sorted(given)))
    return found
