"""Our own OpenAPI document, read the way a client reads it: references followed, allOf put together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from openprac.app import openapi_document
from openprac.settings import Settings

Json = Mapping[str, Any]
NOT_MODIFIED = 304
METHODS = ("get", "post", "patch", "delete", "put")


@dataclass(frozen=True)
class Served:
    """One operation of the document."""

    method: str
    path: str
    spec: Json

    @property
    def id(self) -> str:
        return str(self.spec["operationId"])

    @property
    def extension(self) -> bool:
        return bool(self.spec.get("x-openprac-extension"))

    def parameters(self, place: str) -> dict[str, Json]:
        """By name, those in "path", "query" or "header"."""
        found = [resolved(one) for one in self.spec["parameters"]]
        return {one["name"]: one for one in found if one["in"] == place}

    @property
    def success(self) -> tuple[int, Json]:
        """The one answer that is not an error, nor that a caller has it already."""
        ((status, answer),) = [
            (int(status), one)
            for status, one in self.spec["responses"].items()
            if int(status) < 400 and int(status) != NOT_MODIFIED
        ]
        return status, answer

    @property
    def errors(self) -> set[int]:
        return {int(status) for status in self.spec["responses"] if int(status) >= 400}

    @property
    def answer(self) -> Json | None:
        return content_of(self.success[1])

    @property
    def body(self) -> Json | None:
        return content_of(self.spec["requestBody"]) if "requestBody" in self.spec else None


@cache
def document() -> Json:
    return openapi_document(Settings())


@cache
def served() -> Mapping[str, Served]:
    """Every operation by its id, in the order of the document."""
    return {one.id: one for one in operations_of(document())}


def operations_of(spec: Json) -> Iterator[Served]:
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            yield Served(method.upper(), path, operation)


def resolved(schema: Json, spec: Json | None = None) -> Json:
    """The thing a $ref stands for; itself when it is none."""
    if "$ref" not in schema:
        return schema
    found: Any = spec or document()
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return resolved(found, spec)


def content_of(answer: Json) -> Json | None:
    content = answer.get("content")
    return resolved(content["application/json"]["schema"]) if content else None


def properties(schema: Json) -> dict[str, Json]:
    """Name -> schema of every property, those of allOf included."""
    schema = resolved(schema)
    found: dict[str, Json] = {}
    for part in schema.get("allOf", ()):
        found |= properties(part)
    return found | {name: resolved(one) for name, one in schema.get("properties", {}).items()}


def required(schema: Json) -> set[str]:
    schema = resolved(schema)
    return set(schema.get("required", ())).union(*(required(part) for part in schema.get("allOf", ())))


def types(schema: Json) -> set[str]:
    """The JSON types of a value, less null."""
    given = schema["type"]
    return set([given] if isinstance(given, str) else given) - {"null"}


def nullable(schema: Json) -> bool:
    return "null" in (schema["type"] if isinstance(schema["type"], list) else ())
