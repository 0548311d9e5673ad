"""Declarations -> OpenAPI 3.1. Nothing about an operation is written down twice: what is served is what is told."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from openprac.errors import (
    AccessDenied,
    BodyTooLarge,
    InvalidBody,
    InvalidParams,
    NotFound,
    PreconditionFailed,
    Throttled,
    Unauthorised,
    Unavailable,
    UnsupportedMediaType,
)
from openprac.kernel.action import Endpoint
from openprac.kernel.body import CHILDREN_MAX, TEXT_MAX_CHARACTERS
from openprac.kernel.collection import Collection, Creation, Deletion, Edition, Filter, Listing, Reading
from openprac.kernel.parameters import IDS_MAX, PAGE, PAGE_SIZE, Parameter
from openprac.kernel.query import FILTERS_MAX, PAGE_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX
from openprac.kernel.row import BASE_TYPES, EXTENSION, PUBLISHED, Children, Column, Field, LocalTime, Shown, fields_of
from openprac.kernel.shape import is_listed
from openprac.kernel.values import BIGINT_MAX

Json = dict[str, Any]

DESCRIPTION = "The PracSuite API v1 as openprac serves it."
EXTENSIONS = " Operations under /v1/x/ are extensions of openprac, marked x-openprac-extension."

# One pattern a format: what a value may look like in q[]=FIELD:OPERATOR VALUE.
_DAY = r"[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
_HOUR = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
FILTER_VALUES: Mapping[str, str] = {
    "string": r"[^\u0000]*",
    "integer": r"-?[0-9]{1,18}",
    "double": r"-?[0-9]{1,9}(\.[0-9]{1,2})?",
    "boolean": r"(true|false)",
    "date": _DAY,
    "datetime": f"{_DAY}T{_HOUR}",
    "timestamp": f"{_DAY}T{_HOUR}Z",
    "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
}

# What answers are published to look like; bodies are told the narrower one above, all of which is accepted.
LOCAL_TIME_PATTERN = r"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}$"

ERRORS: Mapping[int, tuple[str, str, str]] = {
    400: ("BadRequest", "Bad Request", InvalidParams.code),
    401: ("Unauthorised", "Unauthorised", Unauthorised.code),
    403: ("Forbidden", "Forbidden: MISSING_AUTHENTICATION_TOKEN or ACCESS_DENIED", AccessDenied.code),
    404: ("NotFound", "Not Found", NotFound.code),
    409: ("Conflict", "Conflict", "RESERVE_APPOINTMENT_CONFLICT"),
    412: ("PreconditionFailed", "The object has changed since", PreconditionFailed.code),
    413: ("BodyTooLarge", "The body is over the limit", BodyTooLarge.code),
    415: ("UnsupportedMediaType", "The body is not JSON", UnsupportedMediaType.code),
    422: ("InvalidBody", "Unprocessable Entity", InvalidBody.code),
    429: ("TooManyRequests", "Too Many Requests", Throttled.code),
    500: ("InternalServerError", "Internal Server Error", "SERVER_ERROR"),
    503: ("ServiceUnavailable", "Database or file store cannot be reached", Unavailable.code),
}


def document(endpoints: Sequence[Endpoint], *, base_url: str, version: str) -> Json:
    """The whole document for what one instance serves."""
    schemas: Json = {"Error": _error_schema()}
    paths: Json = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    published = _tags(endpoint for endpoint in endpoints if not endpoint.extension)
    extensions = [f"{tag} (extension)" for tag in _tags(endpoint for endpoint in endpoints if endpoint.extension)]
    groups = [{"name": "PracSuite API v1", "tags": published}]
    if extensions:
        groups.append({"name": "openprac extensions", "tags": extensions})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "PracSuite API, served by openprac",
            "version": f"v1 ({version})",
            "description": DESCRIPTION + (EXTENSIONS if extensions else ""),
        },
        "servers": [{"url": f"{base_url}/v1"}],
        "security": [{"x-api-key": [], "a-api-key": []}],
        "tags": [{"name": tag} for tag in (*published, *extensions)],
        "x-tagGroups": groups,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": _shared_parameters(),
            "responses": {
                name: _error_response(status, description) for status, (name, description, _) in ERRORS.items()
            },
            "securitySchemes": {
                "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "Vendor key"},
                "a-api-key": {"type": "apiKey", "in": "header", "name": "a-api-key", "description": "Account key"},
            },
        },
    }


def error_statuses(endpoint: Endpoint) -> tuple[int, ...]:
    """Every error an operation can answer: the published ones and those the service itself adds."""
    statuses = {400, 401, 403, 429, 500, 503, *endpoint.statuses}
    if endpoint.method in ("POST", "PATCH"):
        statuses |= {413, 415, 422}
    if endpoint.method == "POST":
        statuses.add(409)
    if endpoint.method in ("PATCH", "DELETE"):
        statuses |= {404, 412}
    if endpoint.method == "DELETE":
        statuses.add(409)
    operation = endpoint.operation
    names_a_row = "{" in endpoint.path and not isinstance(operation, Listing)
    parent_counts = isinstance(operation, Listing) and operation.scope is not None and operation.scope.missing_is_404
    # The published profession list documents a 404 that it can never give.
    if names_a_row or parent_counts or endpoint.id == "listProfessions-Get":
        statuses.add(404)
    return tuple(sorted(statuses))


def _tags(endpoints: Iterable[Endpoint]) -> list[str]:
    return list(dict.fromkeys(endpoint.tag for endpoint in endpoints))


def _operation(endpoint: Endpoint, schemas: Json) -> Json:
    operation: Json = {
        "operationId": endpoint.id,
        "summary": endpoint.summary,
        "tags": [f"{endpoint.tag} (extension)" if endpoint.extension else endpoint.tag],
        "description": f"{endpoint.description}\n\nPermission: `{endpoint.permission}`.".strip(),
        "parameters": _parameters(endpoint),
    }
    if endpoint.extension:
        operation["x-openprac-extension"] = True
    body = _body_schema(endpoint, schemas)
    if body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    success: Json = {"description": "Successful"}
    if answer := _answer_schema(endpoint, schemas):
        success["content"] = {"application/json": {"schema": answer}}
    headers = {name: {"schema": {"type": "string"}, "description": text} for name, text in endpoint.answer_headers}
    if isinstance(endpoint.operation, Reading | Creation | Edition):
        headers["ETag"] = {"schema": {"type": "string"}, "description": "Version of the object, for If-Match"}
    if endpoint.tagged:
        headers["ETag"] = {"schema": {"type": "string"}, "description": "Digest of the answer, for If-None-Match"}
    if headers:
        success["headers"] = headers
    responses: Json = {str(endpoint.success): success}
    if endpoint.tagged:
        responses["304"] = {"description": "The answer that If-None-Match names is still the same"}
    for status in error_statuses(endpoint):
        responses[str(status)] = {"$ref": f"#/components/responses/{ERRORS[status][0]}"}
    operation["responses"] = responses
    return operation


def _parameters(endpoint: Endpoint) -> list[Json]:
    found: list[Json] = []
    for name in re.findall(r"\{(\w+)\}", endpoint.path):
        found.append({"name": name, "in": "path", "required": True, "schema": _integer_schema()})
    if isinstance(endpoint.operation, Listing) and endpoint.collection:
        found += [{"$ref": "#/components/parameters/Page"}, {"$ref": "#/components/parameters/PageSize"}]
        found.append(_sort_parameter(endpoint.operation))
        found += [
            {"name": name, "in": "query", "schema": {"type": "boolean", "default": False}}
            for name in endpoint.operation.switches
        ]
        if endpoint.operation.filters:
            found.append(_filter_parameter(endpoint.collection, endpoint.operation))
    for name, meaning in endpoint.query.items():
        found.append({"name": name, "in": "query", "description": meaning, "schema": {"type": "string"}})
    found += [_typed_parameter(one) for one in endpoint.parameters]
    if endpoint.tagged:
        found.append({"$ref": "#/components/parameters/IfNoneMatch"})
    if endpoint.method == "POST":
        found.append({"$ref": "#/components/parameters/IdempotencyKey"})
    if endpoint.method in ("PATCH", "DELETE"):
        found.append({"$ref": "#/components/parameters/IfMatch"})
    return found


def _typed_parameter(one: Parameter) -> Json:
    if one in (PAGE, PAGE_SIZE):
        return {"$ref": f"#/components/parameters/{'Page' if one is PAGE else 'PageSize'}"}
    schema: Json = {
        "integer": _integer_schema(),
        "integers": {"type": "array", "maxItems": IDS_MAX, "items": _integer_schema()},
        "boolean": {"type": "boolean"},
        "date": {"type": "string", "format": "date"},
        "datetime": {"type": "string", "format": "date-time", "pattern": f"^{FILTER_VALUES['datetime']}$"},
        "word": {"type": "string", "enum": list(one.choices)},
    }[one.kind]
    limits = {"minimum": one.minimum, "maximum": one.maximum}
    schema |= {name: value for name, value in limits.items() if value is not None}
    found: Json = {"name": one.name, "in": "query", "schema": schema}
    if one.required:
        found["required"] = True
    if one.meaning:
        found["description"] = one.meaning
    return found


def _shared_parameters() -> Json:
    page = {"type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": 1}
    size = {"type": "integer", "minimum": 1, "maximum": PAGE_SIZE_MAX, "default": PAGE_SIZE_DEFAULT}
    return {
        "Page": {"name": "page", "in": "query", "schema": page, "example": 1},
        "PageSize": {"name": "page_size", "in": "query", "schema": size, "example": 50},
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "A retry with the same key and body gets the first answer again, for 24 hours.",
            "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        },
        "IfNoneMatch": {
            "name": "If-None-Match",
            "in": "header",
            "description": "The ETag last seen; 304 without a body when the answer is still the same.",
            "schema": {"type": "string"},
        },
        "IfMatch": {
            "name": "If-Match",
            "in": "header",
            "description": "The ETag last seen; 412 when the object has changed since.",
            "schema": {"type": "string"},
        },
    }


def _sort_parameter(listing: Listing) -> Json:
    names = "|".join(listing.sorts)
    return {
        "name": "sort_by",
        "in": "query",
        "style": "form",
        "explode": False,
        "description": f"Fields: {', '.join(listing.sorts)}. Each may carry :asc or :desc; a leading - is :desc.",
        "schema": {
            "type": "array",
            "items": {"type": "string", "pattern": f"^-?({names})(:(asc|desc))?$"},
        },
        "allowEmptyValue": True,
        "example": list(listing.sorts),
    }


def _filter_parameter(collection: Collection, listing: Listing) -> Json:
    lines, patterns = [], []
    for name in listing.filters:
        one = collection.filters[name]
        lines.append(f"- `{name}` {one.format} {' '.join(one.operators)}{_codes_text(one)}")
        values = "|".join(map(str, one.codes)) if one.codes else FILTER_VALUES[one.format]
        patterns.append(f"{name}:({'|'.join(one.operators)})({values})")
    return {
        "name": "q[]",
        "in": "query",
        "style": "form",
        "explode": True,
        "description": "Filters, FIELD:OPERATOR VALUE without the space; all must hold.\n\n" + "\n".join(lines),
        "schema": {
            "type": "array",
            "maxItems": FILTERS_MAX,
            "items": {"type": "string", "pattern": f"^({'|'.join(patterns)})$"},
        },
    }


def _codes_text(one: Filter) -> str:
    return ": " + ", ".join(f"{code} {meaning}" for code, (meaning, _) in one.codes.items()) if one.codes else ""


def _answer_schema(endpoint: Endpoint, schemas: Json) -> Json | None:
    collection, operation = endpoint.collection, endpoint.operation
    if collection is None or operation is None:
        return _named(dict(endpoint.answer), schemas) if endpoint.answer else None
    name = collection.noun.replace(" ", "")
    if isinstance(operation, Listing):
        row = _meta_schema(collection, name, schemas)
        links = {"type": "object", "properties": {key: _uri() for key in ("self", "previous", "next")}}
        members = {
            collection.key: {"type": "array", "items": row},
            "total_entries": {"type": "integer"},
            "links": links,
        }
        return {"type": "object", "required": list(members), "properties": members}
    if isinstance(operation, Deletion):
        return None
    if operation.extension:
        schemas.setdefault(f"{name}Extended", _object_schema(collection, everything=True))
        return {"$ref": f"#/components/schemas/{name}Extended"}
    name = collection.single_name or name
    if isinstance(operation, Reading | Creation | Edition) and operation.meta:
        return _meta_schema(collection, name, schemas)
    schemas.setdefault(name, _object_schema(collection))
    return {"$ref": f"#/components/schemas/{name}"}


def _named(schema: Json, schemas: Json) -> Json:
    name = schema.pop("title")
    schemas.setdefault(name, schema)
    return {"$ref": f"#/components/schemas/{name}"}


def _meta_schema(collection: Collection, name: str, schemas: Json) -> Json:
    listed = name != collection.single_name
    schemas.setdefault(name, _object_schema(collection, listed=listed))
    counters = {key: {"type": "integer", "readOnly": True} for key in ("row_num", "total_rows")}
    meta = {"type": "object", "properties": counters}
    schemas.setdefault(f"{name}WithMeta", {"allOf": [meta, {"$ref": f"#/components/schemas/{name}"}]})
    return {"$ref": f"#/components/schemas/{name}WithMeta"}


def _object_schema(collection: Collection, *, everything: bool = False, listed: bool = False) -> Json:
    properties: Json = {}
    if collection.links:
        links = {name: _uri() for name in collection.links}
        properties["links"] = {"type": "object", "required": ["self"], "properties": links}
    for one in collection.fields:
        if everything or (one.shown and (is_listed(one) or not listed)):
            properties[one.name] = field_schema(one, everything=everything)
    return {"type": "object", "properties": properties}


def _body_schema(endpoint: Endpoint, schemas: Json) -> Json | None:
    if endpoint.body is not None:
        fields, required = fields_of(endpoint.body), True
    elif endpoint.collection and isinstance(endpoint.operation, Creation | Edition):
        fields = endpoint.collection.writable(EXTENSION if endpoint.extension else PUBLISHED)
        required = isinstance(endpoint.operation, Creation)
    else:
        return None
    properties = {one.name: field_schema(one, body=True) for one in fields}
    schema: Json = {"type": "object", "properties": properties}
    names = [one.name for one in fields if required and getattr(one.marker, "required", False)]
    if names:
        schema["required"] = names
    if endpoint.extension:
        # Members that only answers show are passed over, so that an object can be sent back; others are refused.
        sends_back = isinstance(endpoint.operation, Creation | Edition)
        names = endpoint.collection.member_names() if endpoint.collection and sends_back else list(properties)
        schema["properties"] = {**{name: {} for name in names}, **properties}
        schema["additionalProperties"] = False
    name = "".join(part.title() if part.islower() else part for part in re.split(r"[-_]", endpoint.id))
    schemas[f"{name}Body"] = schema
    return {"$ref": f"#/components/schemas/{name}Body"}


def field_schema(one: Field, *, body: bool = False, everything: bool = False) -> Json:
    """One field, as answered or (body) as accepted. Limits belong to the body. everything: hidden columns as well."""
    marker = one.marker
    if isinstance(marker, Children):
        children = [one for one in fields_of(marker.row) if one.writable_by(EXTENSION) or not body]
        if not (body or everything):
            children = [one for one in children if one.shown]
        properties = {child.name: field_schema(child, body=body, everything=everything) for child in children}
        items: Json = {"type": "object", "properties": properties}
        if body and (names := [child.name for child in children if getattr(child.marker, "required", False)]):
            items["required"] = names
        return {"type": "array", "items": items, **({"maxItems": CHILDREN_MAX} if body else {})}
    kind = BASE_TYPES[one.type]
    schema: Json = {"type": [kind, "null"] if one.nullable else kind}
    if one.type is list:
        schema["items"] = {"type": "integer"}
    formats: dict[type, str] = {date: "date", datetime: "date-time", time: "time"}
    if one.type in formats:
        schema["format"] = formats[one.type]
    if one.type is LocalTime:
        schema["pattern"] = f"^{FILTER_VALUES['datetime']}$" if body else LOCAL_TIME_PATTERN
    if isinstance(marker, Shown) and marker.choices:
        schema["enum"] = list(marker.choices)
    if marker.meaning:
        schema["description"] = marker.meaning
    if isinstance(marker, Column):
        if marker.number and not body:
            schema["type"] = ["number", "null"] if one.nullable else "number"
        if marker.format in ("email", "uri", "decimal"):
            schema["format"] = marker.format
        if body:
            _add_limits(schema, one, marker)
    return schema


def _add_limits(schema: Json, one: Field, marker: Column) -> None:
    if one.type is str:
        schema["maxLength"] = marker.max_length or TEXT_MAX_CHARACTERS
        if marker.required:
            schema["minLength"] = 1
    if one.type is int:
        schema["minimum"] = -BIGINT_MAX if marker.minimum is None else marker.minimum
        schema["maximum"] = BIGINT_MAX if marker.maximum is None else marker.maximum
    if one.type is Decimal:
        limits = {"minimum": marker.minimum, "maximum": marker.maximum}
        schema |= {name: value for name, value in limits.items() if value is not None}
    if marker.choices:
        schema["enum"] = [*marker.choices, *([None] if one.nullable else [])]


def _integer_schema() -> Json:
    return {"type": "integer", "minimum": -BIGINT_MAX, "maximum": BIGINT_MAX}


def _uri() -> Json:
    return {"type": "string", "format": "uri"}


def _error_schema() -> Json:
    problem = {
        "type": "object",
        "required": ["field", "message"],
        "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
    }
    error = {
        "type": "object",
        "required": ["status", "code", "detail"],
        "properties": {
            "status": {"type": "integer"},
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "validation": {"type": "array", "items": problem},
            "blocked_by": {
                "type": "object",
                "description": "Of a clash in the appointment book: what is in the way",
                "required": ["kind", "time", "id"],
                "properties": {
                    "kind": {"type": "string"},
                    "time": {"type": "string"},
                    "id": {"type": "integer"},
                },
            },
        },
    }
    properties = {"error": error, "request_id": {"type": "string", "format": "uuid"}}
    return {"type": "object", "required": ["error", "request_id"], "properties": properties}


def _error_response(status: int, description: str) -> Json:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    response: Json = {"description": description, "content": content}
    if status in (429, 503):
        wait = {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait"}
        response["headers"] = {"Retry-After": wait}
    return response
