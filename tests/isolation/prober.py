"""Every operation of the served document, asked with the other clinic's ids and with ids of nothing.

Two askings are compared that differ in the id alone: the answers must be the same but for that id. And wherever an
answer comes from, nothing of the other clinic may be in it: no planted text, no id of its rows that was not asked for.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.isolation.document import Document, Json, id_in, ids_for, known
from tests.isolation.ground import NEVER_FIRST_ID, NOBODY, SOMEBODY, TOKEN, TOKEN_END, TOKEN_START, Ground

ID_FILTER = re.compile(r"^- `(\w+_id)` integer ", re.MULTILINE)
TEXT_FILTER = re.compile(r"^- `(\w+)` string ", re.MULTILINE)
LIST_PARAMETERS = ("page", "page_size", "sort_by", "q[]")

# What is random may hold digits that look like an id: identifiers of requests, hashes of the audit.
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{64}\b")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+Z|Z)?")
SIGNED = re.compile(r'"(Policy|x-amz-[a-z]+)":"[^"]*"')
# An ETag made of the answer, whose links say the asked id again.
DIGEST = re.compile(r'\\"[0-9a-f]{32}\\"')
# The ranges of tests/isolation/ground.py.
FOREIGN_ID = re.compile(r"(?<!\d)7\d{9}(?!\d)")
NEVER_ID = re.compile(r"(?<!\d)9\d{9}(?!\d)")
OWN_NEW_ID = re.compile(r"(?<!\d)1\d{6}(?!\d)")


@dataclass(frozen=True)
class Probe:
    """One asking; `ids` are the foreign ids in it. `twin` is the same with ids of nothing."""

    what: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Json | bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    twin: "Probe | None" = None


@dataclass
class Report:
    operations: set[str] = field(default_factory=set)
    requests: int = 0
    comparisons: int = 0
    leaks: list[tuple[str, str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def leaking(self) -> set[str]:
        return {operation for operation, _, _ in self.leaks}


class Prober:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.document = Document(httpx.get(f"{ground.base_url}/openapi.json").json())
        never = {name: NEVER_FIRST_ID + position for position, name in enumerate(sorted(ground.foreign))}
        self.all_ids = (ground.own, ground.foreign, never)
        """Ours, theirs, nobody's."""
        self._own, self._foreign, self._never = self.all_ids

    def run(self) -> Report:
        report = Report()
        with self.client() as client:
            for method, path, operation in self.document.operations():
                for probe in self._probes(method, path, operation):
                    self.ask(client, report, method, operation["operationId"], probe)
        return report

    def client(self) -> httpx.Client:
        """Who asks."""
        return httpx.Client(base_url=f"{self._ground.base_url}/v1", headers=self._ground.headers, timeout=30)

    # ------------------------------------------------------------------ what is asked

    def _probes(self, method: str, path: str, operation: Json) -> Iterator[Probe]:
        self._own, self._foreign, self._never = (ids_for(ids, path) for ids in self.all_ids)
        own = self._filled(path, {})
        yield from self._by_path(method, path, operation)
        if method == "GET":
            yield from self._by_query(own, operation)
        elif "requestBody" in operation:
            # An edit sends the id alone: what is not ours to write changes nothing, not even the version.
            writes = method == "POST"
            # Once before it is compared: what may be there only once is refused from then on, whatever is asked. What
            # removes our own row is not done, or nothing would be left to ask about.
            if writes and "204" not in operation["responses"]:
                yield Probe("good body", own, body=self._good(operation))
            yield from self._by_body(own, operation, writes=writes)

    def _good(self, operation: Json) -> Json:
        return self.document.good_body(operation, self._own)

    def _by_path(self, method: str, path: str, operation: Json) -> Iterator[Probe]:
        names = re.findall(r"\{(\w+)\}", path)
        bodies: list[Json | bytes | None] = [None]
        if "requestBody" in operation:
            bodies = [self._good(operation), {"surname": 7, "description": 7}, b"{"]
        extras: list[Json] = [{}, {"headers": (("if-match", '"77"'),)}] if method == "PATCH" else [{}]
        if self.document.is_list(operation):
            extras += [{"query": (("page", "2"), ("page_size", "1"))}]
        # Every one foreign, then each of several while the others are ours.
        choices = [names] if len(names) < 2 else [names, *([name] for name in names)]
        for chosen in choices if names else []:
            for number, body in enumerate(bodies):
                for extra in extras:
                    never = Probe("", self._filled(path, self._never, chosen), body=body, **extra)
                    what = f"path {'+'.join(chosen)} body {number} {extra}"
                    filled = self._filled(path, self._foreign, chosen)
                    yield Probe(what, filled, body=body, twin=never, **extra)

    def _by_query(self, own: str, operation: Json) -> Iterator[Probe]:
        needed = self.document.needed(operation, self._own)
        yield Probe("as it is", own, tuple(needed.items()))
        parameters = [self.document.resolved(one) for one in operation["parameters"]]
        for one in parameters:
            if one["in"] == "query" and one["name"] not in LIST_PARAMETERS:
                yield from self._by_parameter(own, needed, one)
            if one["name"] == "sort_by":
                for name in one["example"]:
                    yield Probe(f"sort {name}", own, (("sort_by", f"-{name}"), ("page_size", "200")))
            if one["name"] == "q[]":
                yield from self._by_filter(own, one["description"])

    def _by_parameter(self, own: str, needed: Mapping[str, str], parameter: Json) -> Iterator[Probe]:
        """What a list does not know: a switch, an id, or a word about a patient of theirs."""
        name, schema = parameter["name"], parameter["schema"]

        def probe(what: str, text: str, **more: Any) -> Probe:
            return Probe(what, own, tuple({**needed, name: text}.items()), **more)

        if schema["type"] == "boolean":
            yield probe(f"query {name}", "true")
        elif name.endswith(("_id", "_ids")):
            never, foreign = (str(id_in(ids, name.removesuffix("s"))) for ids in (self._never, self._foreign))
            yield probe(f"query {name}", foreign, twin=probe("", never))
        elif name in SOMEBODY:
            yield probe(f"query {name}", SOMEBODY[name], twin=probe("", NOBODY[name]))
        else:
            assert {"format", "enum", "maximum"} & set(schema), f"{name}: what may it name?"

    def _by_filter(self, own: str, description: str) -> Iterator[Probe]:
        for name in ID_FILTER.findall(description):
            for sign in ("=", ">="):
                never = Probe("", own, (("q[]", f"{name}:{sign}{id_in(self._never, name)}"),))
                foreign = (("q[]", f"{name}:{sign}{id_in(self._foreign, name)}"),)
                yield Probe(f"filter {name}{sign}", own, foreign, twin=never)
        for name in TEXT_FILTER.findall(description):
            never = Probe("", own, (("q[]", f"{name}:~{TOKEN_START[::-1]}"),))
            yield Probe(f"filter {name}~", own, (("q[]", f"{name}:~{TOKEN_START}"),), twin=never)

    def _by_body(self, own: str, operation: Json, *, writes: bool) -> Iterator[Probe]:
        members = self.document.members(self.document.body(operation))
        if "204" not in operation["responses"]:
            # What answers show is sent as well, where there are such rows: clients send objects back.
            shown = self.document.shown(operation).items()
            members = {"tenant_id": {}, **{name: one for name, one in shown if known(self._foreign, name)}, **members}
        for what, name, member in self.document.id_places(members, self._own):
            pair = []
            for ids in (self._never, self._foreign):
                good = self._good(operation) if writes else {}
                pair.append({**good, **member(id_in(ids, name))})
            yield Probe(f"body {what}", own, body=pair[1], twin=Probe("", own, body=pair[0]))

    def _filled(self, path: str, ids: Mapping[str, int], chosen: list[str] | None = None) -> str:
        def value(match: re.Match[str]) -> str:
            taken = ids if chosen and match[1] in chosen else self._own
            return str(id_in(taken, match[1]))

        return re.sub(r"\{(\w+)\}", value, path)

    # ------------------------------------------------------------------ what is held against it

    def ask(self, client: httpx.Client, report: Report, method: str, operation_id: str, probe: Probe) -> None:
        answer = self._send(client, report, method, probe)
        asked = probe.path + json.dumps([probe.query, str(probe.body)])
        report.operations.add(operation_id)
        for why in _foreign_bytes(answer, asked):
            report.leaks.append((operation_id, probe.what, why))
        if probe.twin:
            report.comparisons += 1
            never = self._send(client, report, method, probe.twin)
            ours, theirs = _comparable(answer), _comparable(never)
            if ours != theirs:
                report.leaks.append((operation_id, probe.what, f"{ours} is not {theirs}"[:4000]))

    def _send(self, client: httpx.Client, report: Report, method: str, probe: Probe) -> httpx.Response:
        content = probe.body if isinstance(probe.body, bytes) else json.dumps(probe.body).encode()
        headers = dict(probe.headers)
        if probe.body is not None:
            headers["content-type"] = "application/json"
        request = client.build_request(
            method,
            probe.path,
            params=list(probe.query) or None,
            content=None if probe.body is None else content,
            headers=headers,
        )
        answer = client.send(request)
        report.requests += 1
        report.statuses[answer.status_code] = report.statuses.get(answer.status_code, 0) + 1
        if answer.status_code >= 500:
            report.faults.append(f"{method} {probe.path} {probe.what}: {answer.text}")
        return answer


def _text(answer: httpx.Response) -> str:
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in ("date", "x-request-id"))
    return json.dumps([answer.status_code, headers]) + answer.text


def _foreign_bytes(answer: httpx.Response, asked: str) -> list[str]:
    """What of the other clinic shows in an answer and was not in the question."""
    text = UUID.sub("", DIGEST.sub("", SIGNED.sub("", _text(answer))))
    found = [f"planted text in {answer.text[:200]}"] if TOKEN_END in text or TOKEN in text else []
    strange = {one for one in FOREIGN_ID.findall(text) if one not in asked}
    return found + [f"id {one} of the other clinic" for one in sorted(strange)]


def _comparable(answer: httpx.Response) -> str:
    """The whole answer without what differs from one asking to the next."""
    # What is random first: digits of it may look like an id.
    text = INSTANT.sub("TIME", UUID.sub("UUID", DIGEST.sub("DIGEST", SIGNED.sub(r'"\1":""', _text(answer)))))
    text = NEVER_ID.sub("ID", FOREIGN_ID.sub("ID", OWN_NEW_ID.sub("NEW", text)))
    return text.replace(TOKEN_START[::-1], TOKEN_START)
