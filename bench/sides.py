"""The four sides of the comparison, each measured in the same terms."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from bench import pgbench
from bench.operations import EVERYTHING, OPERATIONS, STATUS, requests_of, world_of
from bench.proc import cpu_seconds
from bench.script import Step, clinic_values
from bench.servers import Server, last_words
from bench.world import World

MAX_REQUESTS = 200_000
AFTERMATH_SECONDS = 1.2
"""After the last answer, before the processor time is read: work put off (audited reads) belongs to the requests."""
GRACE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Measurement:
    """Of one operation on one side in one round. CPU in milliseconds per request; server_cpu None: has no server."""

    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float
    server_cpu_ms: float | None
    postgres_cpu_ms: float
    client_cpu_share: float | None
    """Of one core, by the load generator: near 1 it would be the generator that is measured."""


class Side(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def operations(self) -> Sequence[str]: ...

    def measure(self, operation: str, seconds: float) -> Measurement: ...


@dataclass(frozen=True, slots=True)
class HttpSide:
    name: str
    server: Server
    world: World
    connections: int
    operations: Sequence[str]

    def measure(self, operation: str, seconds: float) -> Measurement:
        spec = {
            "host": "127.0.0.1",
            "port": self.server.port,
            "connections": self.connections,
            "seconds": seconds,
            "max_requests": MAX_REQUESTS,
            "status": STATUS[operation],
            "requests": [request.decode("latin-1") for request in requests_of(self.world, operation)],
        }
        server, postgres = cpu_seconds(self.server.pid), cpu_seconds(self.world.postmaster_pid)
        try:
            got = in_process("bench.load", spec, seconds)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\nThe log of {self.name} ends: {last_words(self.server.log)}") from error
        time.sleep(AFTERMATH_SECONDS)
        server, postgres = cpu_seconds(self.server.pid) - server, cpu_seconds(self.world.postmaster_pid) - postgres
        return Measurement(
            got["requests"],
            got["requests"] / got["seconds"],
            got["p50_ms"],
            got["p99_ms"],
            server / got["requests"] * 1e3,
            postgres / got["requests"] * 1e3,
            got["client_cpu_seconds"] / got["seconds"],
        )


@dataclass(frozen=True, slots=True)
class PgbenchSide:
    """(a)"""

    world: World
    directory: Path
    scripts: dict[str, tuple[Step, ...]]
    clients: int
    operations: Sequence[str] = EVERYTHING
    name: str = "pgbench"

    def measure(self, operation: str, seconds: float) -> Measurement:
        world = world_of(self.world, operation)
        options = pgbench.write_script(self.directory, operation, self.scripts[operation], world)
        got = pgbench.run(options, self.directory, self.world, self.clients, seconds)
        return Measurement(
            got["requests"],
            got["requests"] / got["seconds"],
            got["p50_ms"],
            got["p99_ms"],
            None,
            got["postgres_cpu_seconds"] / got["requests"] * 1e3,
            None,
        )


@dataclass(frozen=True, slots=True)
class BareSide:
    """(b)"""

    world: World
    scripts: dict[str, tuple[Step, ...]]
    bodies: dict[str, bytes]
    pool: int
    clients: int
    operations: Sequence[str] = OPERATIONS
    name: str = "asyncpg"

    def measure(self, operation: str, seconds: float) -> Measurement:
        got, postgres = self._run(operation, seconds, warm_seconds=0.5)
        return Measurement(
            got["requests"],
            got["requests"] / got["seconds"],
            got["p50_ms"],
            got["p99_ms"],
            got["server_cpu_seconds"] / got["requests"] * 1e3,
            postgres / got["requests_with_warming"] * 1e3,
            None,
        )

    def sample(self, operation: str) -> bytes:
        """Its first answer, for the comparison with ours: of the first clinic, and of its first patient."""
        got, _ = self._run(operation, 0, warm_seconds=0)
        return bytes(got["sample"].encode())

    def _run(self, operation: str, seconds: float, warm_seconds: float) -> tuple[dict[str, Any], float]:
        body = json.loads(self.bodies[operation])
        row = body["clients"][0] if "clients" in body else body
        spec = {
            "url": self.world.runtime_url,
            "pool": self.pool,
            "clients": self.clients,
            "seconds": seconds,
            "warm_seconds": warm_seconds,
            "operation": operation,
            "steps": [_step(step) for step in self.scripts[operation]],
            "clinics": [
                {"values": clinic_values(self.world, clinic), "first": clinic.first_client, "last": clinic.last_client}
                for clinic in self.world.clinics
            ],
            "members": [member for member in row if member not in ("row_num", "total_rows")],
            "links": row["links"],
            "page_links": body["links"],
            "linked_client_id": row["client_id"],
        }
        postgres = cpu_seconds(self.world.postmaster_pid)
        got = in_process("bench.bare", spec, seconds + warm_seconds)
        return got, cpu_seconds(self.world.postmaster_pid) - postgres


def _step(step: Step) -> dict[str, Any]:
    late = [(place, value.kind) for place, value in enumerate(step.values) if value.kind in ("client", "earlier")]
    returns = step.sql.split()[0].upper() not in ("BEGIN", "COMMIT", "ROLLBACK", "START")
    return {**asdict(step), "late": late, "returns": returns}


def in_process(module: str, spec: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Run one of our modules with its spec on standard input; its result. RuntimeError with its last words."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        input=json.dumps(spec),
        capture_output=True,
        text=True,
        timeout=seconds + GRACE_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{module} failed: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout))
