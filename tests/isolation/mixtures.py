"""Random mixtures: any operation, each of its ids ours, theirs or nobody's; in path, query, filters and body at once.

A request with an id of theirs is asked again with ids of nobody in those places alone, and must be answered alike; but
for writes that may succeed, which are looked at for what they show of theirs.
"""

import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.isolation.document import Ids, Json, id_in, ids_for, known
from tests.isolation.prober import ID_FILTER, TEXT_FILTER, Probe, Prober, Report

OWN, FOREIGN, NEVER = range(3)
WEIGHTS = (3, 4, 2)
EXTRAS_MAX = 4
ASIDE = 5000
SIGNS = ("=", "=", "=", "!=", ">=", "<=", ">", "<")


@dataclass
class Draw:
    """What one request is made of: how each of its ids was drawn, so that its twin can be made from the same."""

    dice: random.Random
    ids: Sequence[Ids]
    drawn: dict[str, int] = field(default_factory=dict)

    def kind(self, place: str) -> int:
        if place not in self.drawn:
            self.drawn[place] = self.dice.choices((OWN, FOREIGN, NEVER), WEIGHTS)[0]
        return self.drawn[place]

    def id(self, place: str, name: str, *, twin: bool) -> int:
        kind = self.kind(place)
        if twin and kind == FOREIGN:
            # Another one than that of NEVER: two equal ids in one request are another question.
            return id_in(self.ids[NEVER], name) + ASIDE
        return id_in(self.ids[kind], name)


class Mixer:
    """Asks `requests` of them, or as many as fit into `seconds`. The seed repeats the run."""

    def __init__(self, prober: Prober, seed: int) -> None:
        self._prober = prober
        self._dice = random.Random(seed)
        self._operations = prober.document.operations()

    def run(self, requests: int, seconds: float) -> Report:
        report, deadline = Report(), time.monotonic() + seconds
        with self._prober.client() as client:
            while report.requests < requests and time.monotonic() < deadline:
                method, path, operation = self._dice.choice(self._operations)
                probe = self._probe(method, path, operation)
                if probe:
                    self._prober.ask(client, report, method, operation["operationId"], probe)
        return report

    def _probe(self, method: str, path: str, operation: Json) -> Probe | None:
        draw = Draw(self._dice, [ids_for(ids, path) for ids in self._prober.all_ids])
        names = re.findall(r"\{(\w+)\}", path)
        if "204" in operation["responses"] and all(draw.kind(f"path {name}") == OWN for name in names):
            return None  # it would take our own row away
        parts = [self._query, self._header] if method == "GET" else [self._body(method, operation)]
        made: list[Callable[[bool], Json]] = [part(draw, operation) for part in parts]

        def asked(*, twin: bool) -> Probe:
            filled = re.sub(r"\{(\w+)\}", lambda one: str(draw.id(f"path {one[1]}", one[1], twin=twin)), path)
            members: Json = {}
            for make in made:
                members |= make(twin)
            return Probe(str(sorted(draw.drawn.items())), filled, **members)

        first = asked(twin=False)
        lost = any(draw.drawn.get(f"path {name}") in (FOREIGN, NEVER) for name in names)
        if FOREIGN in draw.drawn.values() and (method == "GET" or lost):
            return Probe(first.what, first.path, first.query, first.body, first.headers, asked(twin=True))
        return first

    def _query(self, draw: Draw, operation: Json) -> Callable[[bool], Json]:
        document = self._prober.document
        parameters = {one["name"]: one for one in map(document.resolved, operation["parameters"])}
        text = parameters["q[]"]["description"] if "q[]" in parameters else ""
        names = [name for name in ID_FILTER.findall(text) if known(draw.ids[OWN], name)]
        chosen = [(name, self._dice.choice(SIGNS)) for name in names if self._dice.random() < 0.4][:EXTRAS_MAX]
        words = [name for name in TEXT_FILTER.findall(text) if self._dice.random() < 0.05]
        plain = [
            name
            for name, one in parameters.items()
            if one["in"] == "query" and name.endswith("_id") and self._dice.random() < 0.7
        ]
        page = [("page_size", str(self._dice.choice((1, 7, 200))))] if "page" in parameters else []
        if "sort_by" in parameters and self._dice.random() < 0.3:
            sorts = parameters["sort_by"]["example"]
            page.append(("sort_by", f"{self._dice.choice(('', '-'))}{self._dice.choice(sorts)}"))

        def made(twin: bool) -> Json:
            filters = [
                (
                    "q[]",
                    f"{name}:{sign if draw.kind(f'filter {name}') == OWN else '='}"
                    f"{draw.id(f'filter {name}', name, twin=twin)}",
                )
                for name, sign in chosen
            ]
            filters += [("q[]", f"{name}:~e") for name in words]
            filters += [(name, str(draw.id(f"query {name}", name, twin=twin))) for name in plain]
            return {"query": (*filters, *page)}

        return made

    def _header(self, draw: Draw, operation: Json) -> Callable[[bool], Json]:
        del draw, operation
        headers = (("if-match", '"1"'),) if self._dice.random() < 0.1 else ()
        return lambda twin: {"headers": headers}

    def _body(self, method: str, operation: Json) -> Callable[[Draw, Json], Callable[[bool], Json]]:
        def part(draw: Draw, operation: Json) -> Callable[[bool], Json]:
            if "requestBody" not in operation:
                return lambda twin: {}
            document = self._prober.document
            members = document.members(document.body(operation))
            places = [one for one in document.id_places(members, draw.ids[OWN]) if known(draw.ids[OWN], one[1])]
            places = [one for one in places if self._dice.random() < 0.3][:EXTRAS_MAX]
            good = document.good_body(operation, draw.ids[OWN]) if method == "POST" else {}

            def made(twin: bool) -> Json:
                body = dict(good)
                for what, name, member in places:
                    body |= member(draw.id(f"body {what}", name, twin=twin))
                return {"body": body}

            return made

        return part
