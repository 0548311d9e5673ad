"""Tokens planted in every operation, wherever a caller can write something: what comes back, what is logged, what is
counted holds none of them, but for names in an error to the one who wrote them (docs/errors.md)."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.cast import Cast
from tests.own_database import SmallClinic, small_clinic
from tests.own_server import served_by_the_command
from tests.waiting import until

TOKEN = "planted"
NAME = "planted_as_a_name"
VALUE = "planted.as-a-value@example.com"
STORED = "Planted-Stored"
WORDS = ("0491 570 006 planted", VALUE, f"{VALUE} " * 40, f"é{VALUE}", f"<p>{VALUE}</p>", f"'; {VALUE} --")
VICTIM = {
    "first_name": STORED,
    "surname": STORED,
    "email": f"{STORED}@example.com",
    "mobile": "0491 570 156",
    "address_1": f"1 {STORED} Street",
}


@dataclass(frozen=True)
class Server:
    clinic: SmallClinic
    api: httpx.Client
    document: Mapping[str, Any]
    lines: Path


@pytest.fixture(scope="module")
def server(cast: Cast, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    clinic = small_clinic(cast.settings, "nothing_personal")
    settings = replace(clinic.settings, log_level="debug", workers=2)
    with (
        served_by_the_command(settings, tmp_path_factory.mktemp("personal")) as (base_url, lines),
        httpx.Client(base_url=base_url, headers=clinic.headers, timeout=60) as api,
    ):
        for _ in range(2):
            assert api.post("/v1/patient", json=VICTIM).status_code == 201
        yield Server(clinic, api, api.get("/openapi.json").json(), lines)


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    members: Mapping[str, Any]
    filters: Sequence[str]


def operations(document: Mapping[str, Any]) -> list[Operation]:
    found = []
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            content = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            name = content.get("$ref", "").rpartition("/")[2]
            members = document["components"]["schemas"].get(name, {}).get("properties", {})
            lists = [p for p in one["parameters"] if p.get("name") == "q[]"]
            filters = [line.split("`")[1] for p in lists for line in p["description"].splitlines() if "`" in line]
            found.append(Operation(method.upper(), f"/v1{path}", members, filters))
    return found


def bodies(operation: Operation) -> list[bytes]:
    """Wrong in all ways, each with tokens for values."""
    members = operation.members
    texts = [dict.fromkeys(members, word) for word in WORDS]
    fitting = {name: VALUE if "string" in str(one.get("type", "string")) else 1 for name, one in members.items()}
    texts += [fitting, {**fitting, NAME: VALUE}, {name: [{NAME: VALUE}, VALUE] for name in members}]
    texts += [{name: {VALUE: VALUE} for name in members}, dict.fromkeys(members, STORED)]
    raw = [json.dumps(one).encode() for one in texts]
    broken = [f'{{"a": "{VALUE}", "a": 1, }}', f'{{"{VALUE}', f'["{VALUE}"]', f'"{VALUE}"', f'{{"a": {VALUE}}}']
    return [*raw, *(one.encode() for one in broken), f'{{"a": "{VALUE}\\ud800"}}'.encode(), VALUE.encode() + b"\xff"]


def queries(operation: Operation) -> list[str]:
    fields = [*operation.filters, NAME]
    values = [f"q[]={field}:{sign}{quote(VALUE)}" for field in fields for sign in ("=", "~", ">=", "")]
    return [*values, f"page={VALUE}&page_size={VALUE}", f"{NAME}={VALUE}", f"sort_by={NAME}:{VALUE}"]


HEADERS = [
    {name: VALUE}
    for name in ("idempotency-key", "if-match", "content-type", "openprac-fault", "x-forwarded-for", "authorization")
] + [{"idempotency-key": f"{VALUE} {VALUE}"}, {"cookie": VALUE, "user-agent": VALUE, "referer": VALUE, NAME: VALUE}]


def attacks(server: Server, operation: Operation) -> Iterator[httpx.Response]:
    def path(row: str) -> str:
        return "/".join(row if part.startswith("{") else part for part in operation.path.split("/"))

    def ask(url: str, content: bytes = b"{}", **headers: str) -> httpx.Response:
        kind = {} if operation.method == "GET" else {"content-type": "application/json"}
        return server.api.request(
            operation.method,
            url,
            content=None if operation.method == "GET" else content,
            headers={**kind, **headers},
        )

    if "{" in path("{"):
        yield ask(path(quote(VALUE)))
    yield ask(f"{path('1')}/{NAME}/{quote(VALUE)}")
    if operation.method == "GET":
        for query in queries(operation):
            yield ask(f"{path('1')}?{query}")
    else:
        for content in bodies(operation):
            for row in ("1", "9000000000") if "{" in operation.path else ("1",):
                yield ask(path(row), content)
    for headers in HEADERS:
        yield ask(path("1"), **headers)
    yield ask(path("1"), **{"a-api-key": VALUE, "x-api-key": VALUE})


def test_no_planted_token_comes_back_or_stays(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    statuses: Counter[int] = Counter()
    leaks: Counter[str] = Counter()
    tried = operations(server.document)
    for operation in tried:
        for answer in attacks(server, operation):
            statuses[answer.status_code] += 1
            said = f"{answer.text} {answer.headers}".lower()
            if answer.status_code >= 400 and (VALUE in said or STORED.lower() in said):
                leaks[f"{operation.method} {operation.path}: {answer.text[:300]}"] += 1
    with capsys.disabled():
        print(f"\nplanted: {sum(statuses.values())} requests on {len(tried)} operations, {dict(statuses)}")
    assert list(leaks) == []
    assert set(statuses) >= {400, 401, 403, 404, 415, 422}
    assert 500 not in statuses
    until(lambda: server.lines.read_text().count('"event":"request"') >= sum(statuses.values()))
    assert TOKEN not in server.lines.read_text().lower()
    assert TOKEN not in server.api.get("/metrics").text.lower()
