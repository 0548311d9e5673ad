"""`python -m bench.audit`: what noting and sealing reads costs. Two servers alike but for that, alternating.

The one without has the audit of reads and the sealer taken out; no setting of the product does that. What is compared
is processor time, the server's and PostgreSQL's, work put off included: other programs disturb it less than requests a
second.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import openprac.app
from bench import world
from bench.operations import BASE_URL, GET, LIST, STATUS, list_request, requests_of
from bench.proc import cpu_seconds
from bench.servers import Server, free_port, running
from bench.sides import MAX_REQUESTS, in_process
from bench.world import World
from openprac.embedded.postgres import EmbeddedPostgres
from openprac.kernel.audit import ReadAudit
from openprac.settings import Settings

OPERATIONS = (LIST, GET)
PUT_OFF_SECONDS = 4.0
"""Reads are appended within half a second and sealed within two more."""


def audited() -> Any:
    """For uvicorn: the application as it is."""
    return openprac.app.create_app(Settings.from_environment())


def unaudited() -> Any:
    """For uvicorn: without a line for a read, and without sealing."""

    class Nobody:
        def __init__(self, *nothing: object) -> None:
            pass

        async def run(self) -> None:
            await asyncio.Event().wait()

    openprac.app.AuditSealer = Nobody  # type: ignore[assignment, misc]
    ReadAudit.note = lambda *nothing, **named: None  # type: ignore[method-assign]
    return audited()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.audit", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--clinics", type=int, default=20)
    parser.add_argument("--patients", type=int, default=1000, help="in each clinic")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="openprac-bench-") as name, ExitStack() as stack:
        directory = Path(name)
        postgres = EmbeddedPostgres(directory / "data")
        stack.callback(postgres.stop)
        postgres.start()
        built = asyncio.run(world.build(postgres, directory / "data", given.clinics, given.patients))
        servers = [stack.enter_context(_serving(kind, built, directory)) for kind in ("audited", "unaudited")]
        for operation in OPERATIONS:
            for server in servers:
                _cpu_ms(built, server, operation, 1.0)
            pairs = []
            for number in range(given.rounds):
                order = servers if number % 2 else servers[::-1]
                found = {server.name: _cpu_ms(built, server, operation, given.seconds) for server in order}
                pairs.append((found["audited"], found["unaudited"]))
                sys.stderr.write(f"{operation}: with {pairs[-1][0]:.3f} ms, without {pairs[-1][1]:.3f} ms\n")
            _tell(operation, pairs)
    return 0


def _tell(operation: str, pairs: list[tuple[float, float]]) -> None:
    shares = sorted(audited / unaudited - 1 for audited, unaudited in pairs)
    medians = [statistics.median(column) for column in zip(*pairs, strict=True)]
    sys.stdout.write(
        f"{operation}: CPU a request {medians[0]:.3f} ms with, {medians[1]:.3f} ms without; "
        f"the audit adds {statistics.median(shares):.1%} "
        f"(median of {len(pairs)} pairs, {shares[0]:.1%} to {shares[-1]:.1%})\n"
    )


def _serving(kind: str, built: World, directory: Path) -> Any:
    port = free_port()
    environment = {
        "DATABASE_URL": built.runtime_url,
        "OWNER_DATABASE_URL": built.owner_url,
        "S3_ENDPOINT": "http://127.0.0.1:9",
        "S3_ACCESS_KEY_ID": "none",
        "S3_SECRET_ACCESS_KEY": "none",
        "OPENPRAC_DATA_DIR": str(directory / kind),
        "OPENPRAC_BASE_URL": BASE_URL,
    }
    arguments = ["-m", "uvicorn", f"bench.audit:{kind}", "--factory", "--host", "127.0.0.1", "--port", str(port)]
    arguments += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    asked = list_request(built, built.clinics[0])
    return running(kind, arguments, port, environment, directory, asked)


def _cpu_ms(built: World, server: Server, operation: str, seconds: float) -> float:
    """Processor time of a request, in milliseconds, of server and PostgreSQL together."""
    spec = {
        "host": "127.0.0.1",
        "port": server.port,
        "connections": 16,
        "seconds": seconds,
        "max_requests": MAX_REQUESTS,
        "status": STATUS[operation],
        "requests": [request.decode("latin-1") for request in requests_of(built, operation)],
    }
    roots = (server.pid, built.postmaster_pid)
    before = sum(map(cpu_seconds, roots))
    got = in_process("bench.load", spec, seconds)
    time.sleep(PUT_OFF_SECONDS)
    return float((sum(map(cpu_seconds, roots)) - before) / got["requests"] * 1e3)


if __name__ == "__main__":
    sys.exit(main())
