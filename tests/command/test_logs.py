"""What a log line holds, and that nothing personal gets into one by any of the ways there are."""

import json
import os
import subprocess
import sys

import pytest

# Planted wherever a request could carry a person: none of it may be seen in any line.
PLANTED = ["Quillfeather", "robin@example.com", "0491570006", "opa_PLANTEDSECRET", "1990-01-31"]

SCRIPT = """
import asyncio, logging, sys, warnings
import asyncpg
from openprac import logs

PLANTED = " ".join({planted!r})
logs.configure("debug")
logs.request_line("r-1", 7, 8, "listPatients-Get", "GET", 200, 1.23456)
logs.request_line("r-2", None, None, None, "GET", 403, 0.5)
logs.event("warning", "worker ended", status=9)

async def insert():
    error = asyncpg.UniqueViolationError("duplicate key: " + PLANTED)
    error.detail = "Key (email)=(" + PLANTED + ") already exists."
    error.sqlstate, error.constraint_name = "23505", "patient_email_key"
    raise error

async def never_awaited_result():
    task = asyncio.ensure_future(insert())
    await asyncio.sleep(0)
    del task
    import gc; gc.collect()

try:
    asyncio.run(insert())
except asyncpg.PostgresError as error:
    logs.failure("write failed", error, request_id="r-3")
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application\\n" + PLANTED)
    try:
        raise RuntimeError(PLANTED) from error
    except RuntimeError as outer:
        logs.failure("and so did its caller", outer)
asyncio.run(never_awaited_result())
logging.getLogger("httpx").info("HTTP Request: GET https://store.example.com/?signature=" + PLANTED)
logging.getLogger("botocore.auth").debug("CanonicalRequest: " + PLANTED)
logging.getLogger("somebody").error("Cannot read b'%s'", PLANTED)
warnings.warn("odd value: " + PLANTED)
logging.getLogger("uvicorn.access").info("GET /v1/patient?q[]=surname:=" + PLANTED)
"""


@pytest.fixture(scope="module")
def lines():
    script = SCRIPT.replace("{planted!r}", repr(PLANTED))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_every_line_is_one_json_object_with_level_and_instant(lines):
    for line in lines:
        record = json.loads(line)
        assert record["level"] in ("debug", "info", "warning", "error")
        assert record["at"].endswith("Z")
        assert record["event"]


def test_no_planted_token_is_in_any_line(lines):
    for token in PLANTED:
        assert not [line for line in lines if token in line]


def test_the_line_of_a_request_has_identifiers_and_figures_only(lines):
    first, second = (json.loads(line) for line in lines[:2])
    assert {name: first[name] for name in first if name != "at"} == {
        "event": "request",
        "level": "info",
        "request_id": "r-1",
        "tenant_id": 7,
        "vendor_id": 8,
        "operation_id": "listPatients-Get",
        "method": "GET",
        "status": 200,
        "duration_ms": 1.235,
    }
    assert second["operation_id"] is None
    assert second["tenant_id"] is None


def test_an_exception_shows_what_it_is_and_where_it_came_from(lines):
    failed = next(record for record in map(json.loads, lines) if record["event"] == "write failed")
    assert failed["error"] == "asyncpg.exceptions.UniqueViolationError"
    assert failed["sqlstate"] == "23505"
    assert failed["constraint_name"] == "patient_email_key"
    assert failed["trace"][-1].endswith(" insert")
    outer = next(record for record in map(json.loads, lines) if record["event"] == "and so did its caller")
    assert outer["cause"] == "asyncpg.exceptions.UniqueViolationError"


def test_a_task_nobody_waited_for_is_told_without_its_text(lines):
    assert any("never retrieved" in json.loads(line)["event"] for line in lines)


def test_below_its_level_nothing_is_written():
    script = (
        "from openprac import logs; logs.configure('error'); "
        "logs.request_line('r', 1, 1, 'o', 'GET', 200, 1.0); logs.event('warning', 'w'); logs.event('error', 'e')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["e"]


def test_a_worker_pays_for_no_console():
    script = "import sys; from openprac import logs; print('rich' in sys.modules); import rich; print(rich.__name__)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split() == ["False", "rich"]


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_log_that_cannot_be_written_costs_nothing(unbuffered: str) -> None:
    """As when the disk is full or the reader of the pipe is gone."""
    script = (
        "import os, sys; os.close(2); os.open('/dev/full', os.O_WRONLY); "
        "from openprac import logs; logs.configure('info'); "
        "logs.request_line('id', 1, 1, 'x', 'GET', 200, 1.0); print('went on')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )
    assert done.stdout == "went on\n"
