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

from tests.isolation.ground import NEVER_FIRST_ID, TOKEN, TOKEN_END, TOKEN_START, Ground

METHODS = ("get", "post", "patch", "put", "delete")
IDS_OF = {
    "patient_attachment_id": "attachment_client_id",
    "patient_attachment_folder_id": "attachment_client_folder_id",
    "default_business_id": "business_id",
    "default_practitioner_id": "practitioner_id",
    "default_account_id": "account_id",
}
"""Names of ids that are not called as the id they hold."""
NO_REFERENCES = {
    "health_fund_patient_id": "the number a health fund gives a person",
    "payer_id": "points to no table yet",
    "payer_contact_id": "points to no table yet",
}
"""Names that end in _id and name no row."""
ID_FILTER = re.compile(r"^- `(\w+_id)` ", re.MULTILINE)
TEXT_FILTER = re.compile(r"^- `(\w+)` string ", re.MULTILINE)

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
SIGNED = re.compile(r'"(Policy|x-amz-[a-z]+)":"[^"]*"')
# The ranges of tests/isolation/ground.py.
FOREIGN_ID = re.compile(r"(?<!\d)7\d{9}(?!\d)")
NEVER_ID = re.compile(r"(?<!\d)9\d{9}(?!\d)")
OWN_NEW_ID = re.compile(r"(?<!\d)1\d{6}(?!\d)")

Json = dict[str, Any]


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
        self.document: Json = httpx.get(f"{ground.base_url}/openapi.json").json()
        self._never = {name: NEVER_FIRST_ID + position for position, name in enumerate(sorted(ground.foreign))}

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        """(method, path, operation) of everything the document knows."""
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield method.upper(), path, item[method]

    def run(self) -> Report:
        report = Report()
        with httpx.Client(base_url=f"{self._ground.base_url}/v1", headers=self._ground.headers, timeout=30) as client:
            for method, path, operation in self.operations():
                for probe in self._probes(method, path, operation):
                    self._ask(client, report, method, operation["operationId"], probe)
        return report

    # ------------------------------------------------------------------ what is asked

    def _probes(self, method: str, path: str, operation: Json) -> Iterator[Probe]:
        own = self._filled(path, {})
        yield from self._by_path(method, path, operation)
        if method == "GET":
            yield from self._by_query(own, operation)
        else:
            # An edit sends the id alone: what is not ours to write changes nothing, not even the version.
            yield from self._by_body(own, operation, self._good_body(operation) if method == "POST" else {})

    def _by_path(self, method: str, path: str, operation: Json) -> Iterator[Probe]:
        names = re.findall(r"\{(\w+)\}", path)
        bodies: list[Json | bytes | None] = [None]
        if method != "GET":
            bodies = [self._good_body(operation), {}, {"surname": 7, "description": 7}, b"{"]
        extras: list[Json] = [{}, {"headers": (("if-match", '"77"'),)}] if method == "PATCH" else [{}]
        if self._is_list(operation):
            extras += [{"query": (("page", "2"), ("page_size", "1"))}]
        # Every one foreign, then each of several while the others are ours.
        choices = [names] if len(names) < 2 else [names, *([name] for name in names)]
        for chosen in choices if names else []:
            for number, body in enumerate(bodies):
                for extra in extras:
                    never = Probe("", self._filled(path, self._never, chosen), body=body, **extra)
                    what = f"path {'+'.join(chosen)} body {number} {extra}"
                    filled = self._filled(path, self._ground.foreign, chosen)
                    yield Probe(what, filled, body=body, twin=never, **extra)

    def _by_query(self, own: str, operation: Json) -> Iterator[Probe]:
        yield Probe("as it is", own)
        if not self._is_list(operation):
            return
        parameters = [self._resolved(one) for one in operation["parameters"]]
        for one in parameters:
            if one["name"] == "sort_by":
                for name in one["example"]:
                    yield Probe(f"sort {name}", own, (("sort_by", f"-{name}"), ("page_size", "200")))
            if one["name"] == "q[]":
                yield from self._by_filter(own, one["description"])

    def _by_filter(self, own: str, description: str) -> Iterator[Probe]:
        for name in ID_FILTER.findall(description):
            for sign in ("=", ">=", "<", "!="):
                never = Probe("", own, (("q[]", f"{name}:{sign}{self._id(name, self._never)}"),))
                foreign = (("q[]", f"{name}:{sign}{self._id(name, self._ground.foreign)}"),)
                yield Probe(f"filter {name}{sign}", own, foreign, twin=never)
        for name in TEXT_FILTER.findall(description):
            never = Probe("", own, (("q[]", f"{name}:~{TOKEN_START[::-1]}"),))
            yield Probe(f"filter {name}~", own, (("q[]", f"{name}:~{TOKEN_START}"),), twin=never)

    def _by_body(self, own: str, operation: Json, good: Json) -> Iterator[Probe]:
        for name in sorted(self._id_members(operation)):
            if name in NO_REFERENCES:
                continue
            never = Probe("", own, body={**good, name: self._id(name, self._never)})
            yield Probe(f"body {name}", own, body={**good, name: self._id(name, self._ground.foreign)}, twin=never)

    def _id_members(self, operation: Json) -> set[str]:
        """Every *_id a body takes or an answer shows: clients send objects back."""
        schemas = [operation["requestBody"]["content"]["application/json"]["schema"]]
        for status, answer in operation["responses"].items():
            if status.startswith("2"):
                schemas += [one["schema"] for one in answer.get("content", {}).values()]
        return {name for one in schemas for name in self._members(one) if name.endswith("_id")} | {"tenant_id"}

    def _members(self, schema: Json) -> Json:
        schema = self._resolved(schema)
        found: Json = dict(schema.get("properties", {}))
        for part in schema.get("allOf", ()):
            found |= self._members(part)
        return found

    def _good_body(self, operation: Json) -> Json:
        """The required members, and one text more where there is none."""
        schema = self._resolved(operation["requestBody"]["content"]["application/json"]["schema"])
        texts = [
            name
            for name, one in schema["properties"].items()
            if "string" in one["type"] and not {"format", "enum"} & set(one) and name not in ("timezone",)
        ]
        return dict.fromkeys(schema.get("required", texts[:1]), "Probe")

    def _is_list(self, operation: Json) -> bool:
        return any(self._resolved(one)["name"] == "page" for one in operation["parameters"])

    def _resolved(self, part: Json) -> Json:
        if "$ref" not in part:
            return part
        found: Any = self.document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return dict(found)

    def _filled(self, path: str, ids: Mapping[str, int], chosen: list[str] | None = None) -> str:
        def value(match: re.Match[str]) -> str:
            taken = ids if chosen and match[1] in chosen else self._ground.own
            return str(self._id(match[1], taken))

        return re.sub(r"\{(\w+)\}", value, path)

    def _id(self, name: str, ids: Mapping[str, int]) -> int:
        """KeyError for a name of an id that this prober does not know: teach it, for it would leave that one out."""
        return ids[IDS_OF.get(name, name)]

    # ------------------------------------------------------------------ what is held against it

    def _ask(self, client: httpx.Client, report: Report, method: str, operation_id: str, probe: Probe) -> None:
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
                report.leaks.append((operation_id, probe.what, f"{ours} is not {theirs}"[:600]))

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
    text = UUID.sub("", SIGNED.sub("", _text(answer)))
    found = [f"planted text in {answer.text[:200]}"] if TOKEN_END in text or TOKEN in text else []
    strange = {one for one in FOREIGN_ID.findall(text) if one not in asked}
    return found + [f"id {one} of the other clinic" for one in sorted(strange)]


def _comparable(answer: httpx.Response) -> str:
    """The whole answer without what differs from one asking to the next."""
    # What is random first: digits of it may look like an id.
    text = INSTANT.sub("TIME", UUID.sub("UUID", SIGNED.sub(r'"\1":""', _text(answer))))
    text = NEVER_ID.sub("ID", FOREIGN_ID.sub("ID", OWN_NEW_ID.sub("NEW", text)))
    return text.replace(TOKEN_START[::-1], TOKEN_START)
