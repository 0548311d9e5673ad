"""`python -m bench`: start everything, see that the answers are equal, alternate the sides, print the report."""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from itertools import count, repeat
from pathlib import Path
from typing import Any

from bench import free_times, proc, report, starts, world
from bench.capture import Captured, capture, count_with_background
from bench.compare import differences
from bench.load import ask
from bench.operations import BOOK, CREATE, EVERYTHING, GET, INVOICES, LIST, OPERATIONS, RENDER, STATUS
from bench.script import steps_of
from bench.servers import Server, free_port, ours, running, typical
from bench.session import SESSION_SETTINGS
from bench.sides import BareSide, HttpSide, Measurement, PgbenchSide, Side, in_process
from bench.world import World
from openprac.embedded.postgres import EmbeddedPostgres

WARM_SECONDS = 1.0
UNMEASURED = 10_000
"""Turns of a clinic that no measurement reaches."""
NOTHING = b"GET / HTTP/1.1\r\n\r\n"
FREE_SIZES = ((50, 60_000), (50, 600_000), (250, 600_000))
FREE_SIZES_QUICK = ((10, 5_000),)
"""Practitioners and entries of the clinics whose free times are searched."""
FREE_TIMES, FREE_TIMES_QUICK = 100, 20


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--quick", action="store_true", help="little data, short: shows that it works")
    parser.add_argument("--clinics", type=int, default=world.CLINICS)
    parser.add_argument("--patients", type=int, default=world.PATIENTS_PER_CLINIC, help="in each clinic")
    parser.add_argument("--invoices", type=int, default=world.INVOICES, help="in the first clinic")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--pool", type=int, default=10, help="database connections of each server")
    parser.add_argument("--no-starts", action="store_true", help="leave the start times out")
    parser.add_argument("--only", choices=("sides", "invoices", "free-times"), help="one part of it")
    parser.add_argument("--out", type=Path, help="write all figures as JSON here")
    given = parser.parse_args()
    if given.quick:
        given.rounds, given.seconds, given.patients, given.invoices = 3, 1.5, 500, 500
    return given


def say(message: str) -> None:
    """Progress goes to standard error; standard output holds the report alone."""
    print(f"{time.strftime('%H:%M:%S')} {message}", file=sys.stderr, flush=True)


def main() -> int:
    given = arguments()
    with tempfile.TemporaryDirectory(prefix="openprac-bench-") as name, ExitStack() as stack:
        directory = Path(name)
        extra: dict[str, Any] = {"session_settings": SESSION_SETTINGS}
        if given.only == "free-times":
            given.clinics, given.patients, given.invoices = 1, 50, 50
        elif given.only == "invoices":
            given.clinics = 1
        elif not given.no_starts:
            say("start times of openprac demo")
            extra["starts"] = starts.cold_and_warm(directory)
        say(f"a database of {given.clinics} clinics with {given.patients:,} patients each")
        postgres = EmbeddedPostgres(directory / "data")
        stack.callback(postgres.stop)
        postgres.start()
        built = asyncio.run(world.build(postgres, directory / "data", given.clinics, given.patients, given.invoices))
        say("the server")
        us = stack.enter_context(ours(built, directory, given.pool))
        rounds = compare(given, directory, built, us, extra) if given.only != "free-times" else {}
        if given.only in (None, "free-times"):
            sizes, times = (FREE_SIZES_QUICK, FREE_TIMES_QUICK) if given.quick else (FREE_SIZES, FREE_TIMES)
            extra["free_times"] = asyncio.run(free_times.measure(built, us, directory, sizes, times, say))
    if rounds:
        sys.stdout.write(report.text(rounds, extra))
    if "free_times" in extra:
        sys.stdout.write("\n".join(["", *free_times.text(extra["free_times"])]))
    if given.out:
        measured = {op: {side: [asdict(one) for one in all_] for side, all_ in by.items()} for op, by in rounds.items()}
        given.out.write_text(json.dumps({"settings": vars(given), "rounds": measured, **extra}, default=str, indent=1))
    return 0


def compare(
    given: argparse.Namespace, directory: Path, built: World, us: Server, extra: dict[str, Any]
) -> dict[str, dict[str, list[Measurement]]]:
    """All sides of every operation, and what it does to the memory of a worker."""
    worker = proc.one_running(us.pid, "openprac.worker")
    extra["worker_mb"], extra["others"] = {"at start": proc.resident_mb(worker)}, []
    with typical(built, directory, given.pool) as them:
        sides = prepare(given, directory, built, us, them, extra)
        rounds = alternate(given, built, sides, extra["others"])
    extra["worker_mb"]["after the load"] = proc.resident_mb(worker)
    extra["generator"] = generator_alone(directory, extra["answer_bytes"])
    return rounds


def prepare(
    given: argparse.Namespace, directory: Path, built: World, us: Server, them: Server, extra: dict[str, Any]
) -> list[Side]:
    """Warm the servers, capture ours' statements, count them, and hold all answers against ours."""
    wanted = INVOICES if given.only == "invoices" else EVERYTHING
    compared = tuple(one for one in OPERATIONS if one in wanted)
    http = [
        HttpSide(server.name, server, built, given.connections, operations)
        for server, operations in ((us, wanted), (them, compared))
    ]
    for side in http:
        for operation in side.operations:
            side.measure(operation, WARM_SECONDS)
            asyncio.run(world.tidy(built))
    clinic = built.clinics[0]
    captured: dict[str, Captured] = {}
    extra["statements"] = {}
    for operation in wanted:
        mine = asked(built, us, operation)
        captured[operation] = asyncio.run(capture(built, mine))
        extra["statements"][operation] = {
            "request": captured[operation].counted,
            "sql": [statement.sql for statement in captured[operation].statements],
            "average": asyncio.run(count_with_background(built, mine)),
        }
        if operation in compared:
            theirs = asyncio.run(capture(built, asked(built, them, operation)))
            extra["statements"][operation]["typical"] = theirs.counted
    asyncio.run(world.tidy(built))
    scripts = {
        operation: steps_of(one, built, clinic, clinic.first_client if operation == GET else None)
        for operation, one in captured.items()
    }
    bodies = {operation: one.body for operation, one in captured.items()}
    bare = BareSide(built, scripts, bodies, given.pool, given.connections, compared)
    if compared:
        hold_equal(built, us, them, bare)
    asyncio.run(world.tidy(built))
    extra["answer_bytes"] = {operation: len(body) for operation, body in bodies.items()}
    return [http[0], PgbenchSide(built, directory, scripts, given.connections, wanted), bare, http[1]]


def asked(built: World, server: Server, operation: str) -> Callable[[], bytes]:
    """Asks one request of the first clinic; each booking for a time that no measurement comes to."""
    clinic, place = built.clinics[0], EVERYTHING.index(operation)
    turns = count(UNMEASURED * place, 1) if operation in BOOK else repeat(0)
    return lambda: ask(server.port, RENDER[operation](built, clinic, next(turns)), STATUS[operation])


def hold_equal(built: World, us: Server, them: Server, bare: BareSide) -> None:
    """End the run when a side's answer is not ours: it would be measured for something else."""
    found: list[str] = []
    for operation in OPERATIONS:
        request = RENDER[operation](built, built.clinics[0], 0)
        mine = ask(us.port, request, STATUS[operation])
        for name, answer in (
            ("typical", ask(them.port, request, STATUS[operation])),
            ("asyncpg", bare.sample(operation)),
        ):
            found += differences(f"{operation}, {name}", mine, answer, created=operation == CREATE)
            if operation == CREATE:
                asyncio.run(world.tidy(built))
    if found:
        sys.exit("The answers differ:\n" + "\n".join(found[:40]))
    say("all answers are equal")


def alternate(
    given: argparse.Namespace, built: World, sides: list[Side], others: list[float]
) -> dict[str, dict[str, list[Measurement]]]:
    """Every round measures every side; another one begins each time. others: what was not ours of each measurement."""
    rounds: dict[str, dict[str, list[Measurement]]] = {
        operation: {side.name: [] for side in sides if operation in side.operations}
        for operation in sides[0].operations
    }
    for number in range(given.rounds):
        for operation in rounds:
            first = number % len(sides)
            for side in [one for one in [*sides[first:], *sides[:first]] if operation in one.operations]:
                with not_ours(others):
                    measured = side.measure(operation, given.seconds)
                rounds[operation][side.name].append(measured)
                say(f"round {number + 1}: {operation}, {side.name}: {measured.per_second:,.0f} req/s")
                asyncio.run(world.tidy(built))
    return rounds


@contextmanager
def not_ours(shares: list[float]) -> Iterator[None]:
    """Append the share of the machine that other programs took meanwhile."""
    mine, (busy, everything) = proc.cpu_seconds(os.getpid()), proc.machine_seconds()
    yield
    mine = proc.cpu_seconds(os.getpid()) - mine
    busy, everything = (
        after - before for after, before in zip(proc.machine_seconds(), (busy, everything), strict=True)
    )
    shares.append(max(0.0, busy - mine) / everything)


def generator_alone(directory: Path, sizes: dict[str, int]) -> dict[int, float]:
    """Requests a second of the load generator against a server that does nothing, by the bytes of an answer."""
    found = {}
    for size in (sizes[one] for one in (LIST, GET, *INVOICES) if one in sizes):
        port = free_port()
        with running("null", ["-m", "bench.null", str(port), str(size)], port, {}, directory, NOTHING):
            spec = {
                "host": "127.0.0.1",
                "port": port,
                "connections": 16,
                "seconds": 1.0,
                "max_requests": 1_000_000,
                "status": 200,
                "requests": [NOTHING.decode()],
            }
            got = in_process("bench.load", spec, 1.0)
            found[size] = got["requests"] / got["seconds"]
    return found


if __name__ == "__main__":
    sys.exit(main())
