"""The search for free times: openprac as shipped beside two ways by SQL alone, and where its time goes."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg

from bench import free_clinic
from bench.capture import capture
from bench.free_clinic import FreeClinic
from bench.free_sql import WAYS
from bench.load import Connection, ask, percentile
from bench.operations import BASE_URL
from bench.report import table
from bench.servers import Server
from bench.session import SESSION_SETTINGS
from bench.sides import in_process
from bench.world import World

WHOLE_50, WHOLE_200, ONE, NEXT = ("whole clinic, page of 50", "page of 200", "one practitioner", "next available")
QUESTIONS = (WHOLE_50, WHOLE_200, ONE, NEXT)
BUDGETS_MS = {WHOLE_200: 25, ONE: 5, NEXT: 10}
"""Server time at 50 practitioners and 60,000 entries."""
STATEMENTS_BUDGET = "enter() + 6"
PAGE = 200
Sizes = Sequence[tuple[int, int]]
Found = dict[str, Any]


async def measure(
    world: World, us: Server, directory: Path, sizes: Sizes, times: int, say: Callable[[str], None]
) -> Found:
    """By clinic: milliseconds of the server and of the client for each question, of each way by SQL, and the parts."""
    found: Found = {}
    for practitioners, entries in sizes:
        say(f"free times: a clinic of {practitioners} practitioners with {entries:,} entries")
        clinic = await free_clinic.build(world, us.port, practitioners, entries)
        found[clinic.name] = await _measured(world, us, directory, clinic, times)
        one = found[clinic.name]
        each = {name: round(median(took), 1) for name, took in {**one["server_ms"], **one["ways_ms"]}.items()}
        say(f"free times: {one['offered']:,} starts, the same by every way; ms: {each}")
    return found


async def _measured(world: World, us: Server, directory: Path, clinic: FreeClinic, times: int) -> Found:
    requests = {question: _request(world, clinic, question) for question in QUESTIONS}
    alone = await _alone(world, clinic)
    offered = await _hold_equal(us, world, clinic, alone)
    statements = {
        question: (await capture(world, lambda request=request: ask(us.port, request, 200))).counted  # type: ignore[misc]
        for question, request in requests.items()
    }
    connection = Connection(("127.0.0.1", us.port))
    client: dict[str, list[float]] = {question: [] for question in QUESTIONS}
    ways: dict[str, list[float]] = {way: [] for way in alone}
    position = us.log.stat().st_size
    for turn in range(times):
        for question in QUESTIONS:
            client[question].append(_timed(connection, requests[question]))
        for number, (way, fetch) in enumerate(alone.items()):
            # The slow ones seldom, in the same minutes as the rest.
            if turn % max(1, times // 10) == number:
                begun = time.perf_counter()
                await fetch(PAGE)
                ways[way].append((time.perf_counter() - begun) * 1e3)
    connection.socket.close()
    server = _server_times(us, position, times)
    split = in_process("bench.free_split", _spec(world, directory, clinic, times), times * len(QUESTIONS))
    return {
        "offered": offered,
        "statements": statements,
        "server_ms": server,
        "client_ms": client,
        "ways_ms": ways,
        "split_ms": split,
    }


def _target(clinic: FreeClinic, question: str) -> tuple[str, str]:
    """Path and query."""
    dates = f"from={clinic.first}&to={clinic.last}&appointment_type_id={clinic.type_id}"
    if question == NEXT:
        return "/v1/next_available_appointment", dates
    size = 50 if question == WHOLE_50 else PAGE
    whose = f"&practitioner_ids={clinic.practitioner_id}" if question == ONE else ""
    return "/v1/available_appointments", f"{dates}{whose}&page_size={size}"


def _headers(world: World, clinic: FreeClinic) -> dict[str, str]:
    host = BASE_URL.removeprefix("http://")
    return {"host": host, "x-api-key": world.vendor_key.secret, "a-api-key": clinic.a_api_key}


def _request(world: World, clinic: FreeClinic, question: str, page: int = 1) -> bytes:
    path, query = _target(clinic, question)
    head = [f"GET {path}?{query}{f'&page={page}' if page > 1 else ''} HTTP/1.1"]
    head += [f"{name}: {value}" for name, value in _headers(world, clinic).items()]
    return "\r\n".join([*head, "", ""]).encode()


def _timed(connection: Connection, request: bytes) -> float:
    """Milliseconds that a client waits."""
    connection.socket.setblocking(True)
    begun = time.perf_counter()
    connection.send(request)
    while not connection.receive(b"200"):
        pass
    return (time.perf_counter() - begun) * 1e3


def _server_times(us: Server, position: int, times: int) -> dict[str, list[float]]:
    """What the server's own log says each took, in the order they were asked in."""
    deadline = time.monotonic() + 5
    lines: list[float] = []
    while len(lines) < times * len(QUESTIONS) and time.monotonic() < deadline:
        time.sleep(0.1)  # the log's last lines come with the next turn of the server's loop
        with us.log.open() as log:
            log.seek(position)
            parsed = [json.loads(line) for line in log if "AvailableAppointment" in line]
        lines = [line["duration_ms"] for line in parsed]
    return {question: lines[place :: len(QUESTIONS)] for place, question in enumerate(QUESTIONS)}


async def _alone(world: World, clinic: FreeClinic) -> dict[str, Callable[[int | None], Any]]:
    """Each way by SQL as a prepared statement on one connection, row-level security and settings as ours has them."""
    settings = {**SESSION_SETTINGS, "statement_timeout": "0"}
    connection = await asyncpg.connect(world.runtime_url, server_settings=settings)
    await connection.execute("SELECT set_config('openprac.tenant_id', $1, false)", str(clinic.tenant_id))
    found: dict[str, Callable[[int | None], Any]] = {}
    for way, sql in WAYS.items():
        prepared = await connection.prepare(sql)

        def fetch(limit: int | None, prepared: Any = prepared) -> Any:
            return prepared.fetch(clinic.tenant_id, clinic.first, clinic.last, free_clinic.TYPE_MINUTES, limit)

        found[way] = fetch
    return found


async def _hold_equal(
    us: Server, world: World, clinic: FreeClinic, alone: dict[str, Callable[[int | None], Any]]
) -> int:
    """End the run when one of them finds other starts. How many there are."""
    ours: list[tuple[str, int, int]] = []
    total, page = 1, 0
    while len(ours) < total:
        page += 1
        answer = json.loads(ask(us.port, _request(world, clinic, WHOLE_200, page), 200))
        total = answer["total_entries"]
        ours += [(one["app_time"], one["practitioner_id"], one["business_id"]) for one in answer["available_times"]]
    for way, fetch in alone.items():
        records = await fetch(None)
        theirs = [(one["app_time"].isoformat(), one["practitioner_id"], one["business_id"]) for one in records]
        if ours != theirs:
            odd = sorted(set(ours) ^ set(theirs))
            sys.exit(f"Free times, {clinic.name}: {way} finds {len(theirs)}, openprac {len(ours)}; first odd {odd[:3]}")
    return len(ours)


def _spec(world: World, directory: Path, clinic: FreeClinic, times: int) -> Found:
    headers = _headers(world, clinic)
    return {
        "directory": str(directory),
        "url": world.runtime_url,
        "s3_endpoint": "http://127.0.0.1:9",
        "times": times,
        "questions": {question: (*_target(clinic, question), headers) for question in QUESTIONS},
    }


def text(found: Found) -> list[str]:
    """Two tables: how long each question takes and where, and the ways by SQL beside it."""
    rows = [
        (
            "free times of 7 days",
            "",
            "server p50 ms",
            "p95",
            "budget",
            "client p50",
            "SQL",
            "computing",
            "encoding",
            "statements",
        )
    ]
    for clinic_number, (clinic, one) in enumerate(found.items()):
        for number, question in enumerate(QUESTIONS):
            server, split = sorted(one["server_ms"][question]), one["split_ms"][question]
            budget = BUDGETS_MS.get(question) if clinic_number == 0 else None
            rows.append(
                (
                    "" if number else clinic,
                    question,
                    f"{median(server):.2f}",
                    f"{percentile(server, 0.95):.2f}",
                    f"{budget}" if budget else "-",
                    f"{median(one['client_ms'][question]):.2f}",
                    *(f"{split[part]:.2f}" for part in ("sql", "computing", "encoding")),
                    str(one["statements"][question]),
                )
            )
    beside = [("page of 200, beside SQL alone", "", "p50 ms", "times ours")]
    for clinic, one in found.items():
        ours = median(one["server_ms"][WHOLE_200])
        beside.append((clinic, "openprac", f"{ours:.2f}", f"1.0 ({one['offered']:,} starts)"))
        for way, each in one["ways_ms"].items():
            beside.append(("", way, f"{median(each):.2f}", f"{median(each) / ours:.1f}"))
    note = f"Statements: at most {STATEMENTS_BUDGET}. Server: from the service's own log; client: a request at a time."
    return [*table(rows, left=2), note, "", *table(beside, left=2), ""]
