"""What the served OpenAPI says of an operation's ids and bodies."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from itertools import count
from typing import Any

Json = dict[str, Any]
Ids = dict[str, int]
Place = tuple[str, str, Callable[[int], Json]]
"""Where an id stands in a body, its name, and the members that say it."""

METHODS = ("get", "post", "patch", "delete", "put")
IDS_OF = {
    "patient_attachment_id": "attachment_client_id",
    "patient_attachment_folder_id": "attachment_client_folder_id",
}
"""Names of ids that do not end in the name of the id they hold."""
NO_REFERENCES = {
    "health_fund_patient_id": "the number a health fund gives a person",
    "work_week": "weekdays, 1 to 7",
    "weekdays": "the same",
    "columns": "of the appointment book, 1 to 20",
}
"""Names that end in _id, or of lists of integers, and name no row."""
EXAMPLES = {"date": "2026-03-02", "date-time": "2026-03-02T00:00:00Z", "time": "09:00:00"}
EXAMPLES |= {"email": "robin@example.com", "uri": "https://example.com/"}


NUMBERED_ON = {"rank": 1}
"""What a create numbers on by itself, so that two of them differ, unless it is told."""

TIMES = count(1)


def next_local_time() -> str:
    """Ten in the morning of a working day that nothing has been booked on yet."""
    day = date(2027, 1, 4) + timedelta(weeks=next(TIMES))
    return f"{day.isoformat()}T10:00:00"


def id_in(ids: Mapping[str, int], name: str) -> int:
    """By the name, or by what it ends in (default_business_id). KeyError for one that nobody taught us."""
    for candidate in (IDS_OF.get(name, name), *(name.split("_", start)[-1] for start in range(1, name.count("_")))):
        if candidate in ids:
            return ids[candidate]
    raise KeyError(name)


def ids_for(ids: Mapping[str, int], path: str) -> Ids:
    """The ids as they stand for one path: several kinds share a name, and "note.appointment_id" is that of /note."""
    found = {name: value for name, value in ids.items() if "." not in name}
    for key, value in ids.items():
        kind, _, name = key.partition(".")
        if name and kind in path.split("/"):
            found[name] = value
    return found


def known(ids: Mapping[str, int], *names: str) -> bool:
    try:
        return all(id_in(ids, name) for name in names)
    except KeyError:
        return False


class Document:
    """The document of one server."""

    def __init__(self, document: Json) -> None:
        self.json = document

    def operations(self) -> list[tuple[str, str, Json]]:
        """(method, path, operation) of everything served: reads first, what removes last."""
        found = [
            (method.upper(), path, item[method])
            for method in METHODS
            for path, item in self.json["paths"].items()
            if method in item
        ]
        # What answers without a body ends something, by POST too.
        return sorted(found, key=lambda one: "204" in one[2]["responses"])

    def resolved(self, part: Json) -> Json:
        if "$ref" not in part:
            return part
        found: Any = self.json
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return dict(found)

    def members(self, schema: Json) -> Json:
        schema = self.resolved(schema)
        found: Json = dict(schema.get("properties", {}))
        for part in schema.get("allOf", ()):
            found |= self.members(part)
        return found

    def body(self, operation: Json) -> Json:
        """The schema of what the operation takes; nothing for one without a body."""
        if "requestBody" not in operation:
            return {}
        return self.resolved(operation["requestBody"]["content"]["application/json"]["schema"])

    def shown(self, operation: Json) -> Json:
        """The members of its answer."""
        found: Json = {}
        for status, answer in operation["responses"].items():
            if status.startswith("2"):
                for one in answer.get("content", {}).values():
                    found |= self.members(one["schema"])
        return found

    def is_list(self, operation: Json) -> bool:
        return any(self.resolved(one)["name"] == "page" for one in operation["parameters"])

    def needed(self, operation: Json, ids: Mapping[str, int]) -> dict[str, str]:
        """A value for each parameter of the query without which there is no answer."""
        found = {}
        for one in map(self.resolved, operation["parameters"]):
            if one["in"] == "query" and one.get("required"):
                name, schema = one["name"], one["schema"]
                if schema.get("format") in ("date", "date-time"):
                    day = date.today() + timedelta(days=2)
                    found[name] = str(day) if schema["format"] == "date" else f"{day}T10:00:00"
                else:
                    found[name] = str(id_in(ids, name.removesuffix("s")))
        return found

    def id_places(self, members: Json, ids: Mapping[str, int]) -> Iterator[Place]:
        """Every id among these members and in their lists; `ids` fill the rest of a list's row."""
        for name in sorted(members):
            one = self.resolved(members[name])
            items = self.resolved(one.get("items", {}))
            if name in NO_REFERENCES:
                continue
            if name.endswith("_id"):
                yield name, name, _alone(name)
            elif items.get("type") == "integer":
                yield f"{name}[]", name.removesuffix("s"), _in_list(name)
            for inner in self.members(items):
                if inner.endswith("_id") and inner not in NO_REFERENCES:
                    yield f"{name}[].{inner}", inner, self._in_row(name, items, ids, inner)
                elif inner.endswith("_ids"):
                    yield f"{name}[].{inner}[]", inner.removesuffix("s"), self._in_list_of_row(name, items, ids, inner)

    def good_body(self, operation: Json, ids: Mapping[str, int]) -> Json:
        """The required members, or one text where there is none."""
        schema = self.body(operation)
        if schema.get("required"):
            numbers = {name: value for name, value in NUMBERED_ON.items() if name in self.members(schema)}
            return {**self.good_row(schema, ids), **numbers}
        texts = [
            name
            for name, one in self.members(schema).items()
            if "string" in one.get("type", ()) and not {"format", "enum", "pattern"} & set(one) and name != "timezone"
        ]
        return dict.fromkeys(texts[:1], "Probe")

    def good_row(self, schema: Json, ids: Mapping[str, int]) -> Json:
        members = self.members(schema)
        return {name: self._value(name, members[name], ids) for name in schema.get("required", ())}

    def _in_row(self, name: str, items: Json, ids: Mapping[str, int], inner: str) -> Callable[[int], Json]:
        return lambda value: {name: [{**self.good_row(items, {**ids, inner: value}), inner: value}]}

    def _in_list_of_row(self, name: str, items: Json, ids: Mapping[str, int], inner: str) -> Callable[[int], Json]:
        return lambda value: {name: [{**self.good_row(items, ids), inner: [value]}]}

    def _value(self, name: str, schema: Json, ids: Mapping[str, int]) -> Any:
        if name.endswith("_id") and name not in NO_REFERENCES:
            return id_in(ids, name)
        if "enum" in schema:
            return schema["enum"][0]
        if name == "app_time":
            return next_local_time()
        if name == "end_time":
            return "17:00:00"
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        match kinds[0]:
            case "string":
                return EXAMPLES.get(schema.get("format", ""), "Probe")
            case "boolean":
                return True
            case "array":
                return []
            case _:
                return max(1, schema.get("minimum", 1))


def _alone(name: str) -> Callable[[int], Json]:
    return lambda value: {name: value}


def _in_list(name: str) -> Callable[[int], Json]:
    return lambda value: {name: [value]}
