"""Endpoint: one operation as it is served. Collections give plain ones; an action declares its own.

A handler takes a Call whose keys are checked and whose connection is bound, and gives an Answer. Handlers of writes
run inside the one transaction of their request.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from openprac.kernel.body import BODY_LIMIT_BYTES
from openprac.kernel.call import Answer, Call
from openprac.kernel.collection import Collection, Operation
from openprac.kernel.parameters import Parameter
from openprac.kernel.row import Row

Method = Literal["GET", "POST", "PATCH", "DELETE"]
Handler = Callable[[Call], Awaitable[Answer]]
Replay = Callable[[Call, int], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Endpoint:
    """id, path, tag and summary are the published ones; path begins behind /v1.

    permission: "tag:read" or "tag:write". statuses: errors it can answer besides those of its method.
    rights: permissions it asks for besides, when the body wants what they allow.
    transaction: whether the handler runs in one (writes do; what asks the object store does not).
    replay: makes a kept answer afresh for a retry, from the id of what the first try made.
    """

    id: str
    method: Method
    path: str
    tag: str
    summary: str
    permission: str
    handler: Handler
    description: str = ""
    extension: bool = False
    transaction: bool = False
    replay: Replay | None = None
    body_limit_bytes: int = BODY_LIMIT_BYTES
    collection: Collection | None = None
    operation: Operation | None = None
    body: type[Row] | None = None
    success: int = 200
    statuses: Sequence[int] = ()
    rights: Sequence[str] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    """Parameters of an action's query string, all texts and optional, and what each means."""
    parameters: Sequence[Parameter] = ()
    """The same with types, for openprac/kernel/parameters.py."""
    tagged: bool = False
    """Whether the success carries an ETag made of its body, which If-None-Match may name."""
    answer: Mapping[str, Any] | None = None
    """The JSON schema of an action's answer; a collection's own is made from its row."""
    answer_headers: Sequence[tuple[str, str]] = field(default_factory=tuple)
    """(name, description) of headers the success carries."""

    @property
    def full_path(self) -> str:
        return f"/v1{self.path}"


def permission_for(tag: str, method: Method) -> str:
    return f"{tag.lower().replace(' ', '_')}:{'read' if method == 'GET' else 'write'}"
