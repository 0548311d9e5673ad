"""Side (b): asyncpg alone. `python -m bench.bare < spec.json > result.json`, a process of its own.

The captured statements on a pool of the same size, rows into msgspec structs, the answer's bytes made and thrown
away: no HTTP, no keys to hash, no query string, no audit to keep.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import uvloop

from bench.load import percentile
from bench.operations import CLIENT_STRIDE, LIST
from bench.session import SESSION_SETTINGS

ENCODE = msgspec.json.Encoder().encode

READ: dict[str, Callable[[str], Any]] = {
    "int2": int,
    "int4": int,
    "int8": int,
    "bool": lambda text: text == "t",
    "bytea": lambda text: bytes.fromhex(text[2:]),
    "date": date.fromisoformat,
    "timestamptz": lambda text: datetime.fromisoformat(text + ":00" if text[-3] in "+-" else text),
    "numeric": Decimal,
    "uuid": UUID,
}
"""PostgreSQL's text -> what asyncpg takes; a type that is not here is text."""


async def _types(connection: asyncpg.Connection, sql: str) -> list[str]:
    return [kind.name for kind in (await connection.prepare(sql)).get_parameters()]


def _typed(kind: str, text: str | None) -> Any:
    if text is None:
        return None
    if kind.startswith("_"):
        raise TypeError(f"An array of {kind[1:]} was captured: bench/bare.py does not read arrays yet.")
    return READ.get(kind, str)(text)


class Sequence:
    """The statements of one operation, with every parameter ready in the driver's type."""

    def __init__(self, spec: Mapping[str, Any], types: list[list[str]]) -> None:
        self.operation = spec["operation"]
        self.steps = spec["steps"]
        self.clinics = spec["clinics"]
        self.values = [
            [
                [
                    self._prepared(value, kind, clinic["values"])
                    for value, kind in zip(step["values"], kinds, strict=True)
                ]
                for step, kinds in zip(self.steps, types, strict=True)
            ]
            for clinic in self.clinics
        ]
        self.turns = count()
        members = spec["members"]
        self.page_links = spec["page_links"]
        self.single = msgspec.defstruct("Single", [(name, Any) for name in members])
        self.row = msgspec.defstruct("Row", [(name, Any) for name in ("row_num", "total_rows", *members)])
        self.page = msgspec.defstruct("Page", [("clients", Any), ("total_entries", int), ("links", Any)])
        self.columns = len(members) - 1
        self.id_position = members.index("client_id") - 1
        links = json.dumps(spec["links"], separators=(",", ":")).replace("%", "%%")
        self.links = links.replace(str(spec["linked_client_id"]), "%d")
        self.id_times = self.links.count("%d")

    @staticmethod
    def _prepared(value: Mapping[str, Any], kind: str, clinic: Mapping[str, str]) -> Any:
        if value["kind"] == "constant":
            return _typed(kind, value["text"])
        if value["kind"] == "clinic":
            return _typed(kind, clinic[value["text"]])
        # Filled in at each turn: the patient asked for, or an id an earlier statement gave.
        return value["text"]

    async def once(self, pool: asyncpg.Pool) -> bytes:
        """One request's work; the bytes of its answer."""
        turn = next(self.turns)
        clinic = turn % len(self.clinics)
        ids = self.clinics[clinic]
        client_id = ids["first"] + turn // len(self.clinics) * CLIENT_STRIDE % (ids["last"] - ids["first"] + 1)
        made: dict[str, Any] = {}
        results: list[list[asyncpg.Record]] = []
        async with pool.acquire() as connection:
            for step, values in zip(self.steps, self.values[clinic], strict=True):
                if not step["returns"]:
                    await connection.execute(step["sql"], *values)
                    continue
                if step["late"]:
                    values = list(values)
                    for place, kind in step["late"]:
                        values[place] = client_id if kind == "client" else made[values[place]]
                rows = await connection.fetch(step["sql"], *values)
                results.append(rows)
                for name in step["gives"]:
                    made[name] = rows[0][name]
        return self._answer(results)

    def _answer(self, results: list[list[asyncpg.Record]]) -> bytes:
        if self.operation == LIST:
            return self._list(results)
        # The widest result is the patient's.
        record = max((rows[0] for rows in results if rows), key=len)
        return ENCODE(self.single(self._links(record), *record[: self.columns]))

    def _list(self, results: list[list[asyncpg.Record]]) -> bytes:
        page = max(results, key=lambda rows: len(rows[0]) if rows else 0)
        total = next(rows[0]["count"] for rows in results if rows and "count" in rows[0])
        rows = [self.row(number, total, self._links(record), *record) for number, record in enumerate(page, 1)]
        return ENCODE(self.page(rows, total, self.page_links))

    def _links(self, record: asyncpg.Record) -> msgspec.Raw:
        return msgspec.Raw((self.links % ((record[self.id_position],) * self.id_times)).encode())


async def _load(sequence: Sequence, pool: asyncpg.Pool, clients: int, seconds: float) -> list[float]:
    """Seconds of each request of a closed loop."""
    latencies: list[float] = []
    deadline = time.perf_counter() + seconds

    async def client() -> None:
        now = time.perf_counter()
        while now < deadline:
            await sequence.once(pool)
            before, now = now, time.perf_counter()
            latencies.append(now - before)

    await asyncio.gather(*(client() for _ in range(clients)))
    return latencies


async def run(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Load for `seconds` with `clients` tasks, in the terms of bench.load.run; first the bytes of one answer."""

    async def keep(_connection: asyncpg.Connection) -> None:
        """Ours does not reset between requests either."""

    async with asyncpg.create_pool(
        spec["url"],
        min_size=spec["pool"],
        max_size=spec["pool"],
        reset=keep,
        max_inactive_connection_lifetime=0,
        server_settings=SESSION_SETTINGS,
    ) as pool:
        async with pool.acquire() as connection:
            types = [await _types(connection, step["sql"]) if step["returns"] else [] for step in spec["steps"]]
        sequence = Sequence(spec, types)
        sample = await sequence.once(pool)
        warmed = await _load(sequence, pool, spec["clients"], spec["warm_seconds"])
        begun, cpu = time.perf_counter(), time.process_time()
        latencies = await _load(sequence, pool, spec["clients"], spec["seconds"])
        elapsed, cpu = time.perf_counter() - begun, time.process_time() - cpu
    latencies.sort()
    return {
        "requests": len(latencies),
        "requests_with_warming": len(latencies) + len(warmed),
        "seconds": elapsed,
        "server_cpu_seconds": cpu,
        "p50_ms": percentile(latencies, 0.50) * 1e3,
        "p99_ms": percentile(latencies, 0.99) * 1e3,
        "sample": sample.decode(),
    }


if __name__ == "__main__":
    json.dump(uvloop.run(run(json.load(sys.stdin))), sys.stdout)
