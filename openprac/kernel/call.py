"""Call: one request on its way, and Answer: what comes of it."""

import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

import asyncpg

from openprac.errors import InvalidParams
from openprac.kernel import values
from openprac.kernel.audit import ReadAudit
from openprac.kernel.caller import Caller
from openprac.kernel.clock import Clock
from openprac.kernel.database import Database
from openprac.kernel.write import Authorship

if TYPE_CHECKING:
    from openprac.kernel.action import Endpoint

IGNORED_NAMES_MAX = 20
IGNORED_NAME_MAX_CHARACTERS = 60
ETAG_BYTES = 16


class Services(Protocol):
    """What a handler may use besides its connection."""

    @property
    def database(self) -> Database: ...
    @property
    def audit(self) -> ReadAudit: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def uploads(self) -> Any: ...
    @property
    def strict_bodies(self) -> bool: ...


@dataclass(slots=True)
class Call:
    """caller and connection are there once the keys have been checked. base is the URL before every path, with /v1.
    address: the caller's, for counting failures alone. standing: what tells a vendor with limits where it stands, on
    whatever answer comes."""

    services: Services
    endpoint: "Endpoint"
    request_id: str
    path_values: Mapping[str, str]
    query_string: bytes
    headers: Mapping[bytes, bytes]
    body: bytes
    base: str
    address: str | None = None
    caller: Caller = field(init=False)
    connection: asyncpg.Connection = field(init=False)
    standing: Sequence[tuple[str, str]] = ()

    def id_of(self, param: str) -> int:
        """An id of the path. Raises InvalidParams."""
        try:
            return values.integer(self.path_values[param])
        except ValueError:
            raise InvalidParams(f"{param} in the path must be an integer.") from None

    def header(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1")

    @property
    def authorship(self) -> Authorship:
        return Authorship(self.caller, self.request_id, self.endpoint.id)

    @property
    def wall_clock(self) -> datetime:
        """What the clinic's clock on the wall shows, without offset, to the second."""
        now = self.services.clock.now().astimezone(ZoneInfo(self.caller.time_zone))
        return now.replace(tzinfo=None, microsecond=0)

    @property
    def today(self) -> date:
        """The date on the clinic's wall."""
        return self.wall_clock.date()

    def note_read(
        self,
        resource: str,
        row_id: int | None,
        client_id: int | None,
        client_ids: Sequence[int] | None = None,
        asked: int | None = None,
    ) -> None:
        """A line of the audit; openprac/kernel/audit.py says what each is."""
        self.services.audit.note(
            self.caller, self.request_id, self.endpoint.id, resource, row_id, client_id, client_ids, asked
        )


@dataclass(slots=True)
class Answer:
    """resource_id: what a retry of a create needs when its answer is made afresh (upload forms)."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    resource_id: int | None = None

    def ignoring(self, names: tuple[str, ...]) -> "Answer":
        """Name what was passed over, in a header that no name can break."""
        if names:
            shown = [
                urllib.parse.quote(name[:IGNORED_NAME_MAX_CHARACTERS], safe="[]", errors="replace")
                for name in names[:IGNORED_NAMES_MAX]
            ]
            self.headers.append(("openprac-ignored", ", ".join(shown)))
        return self


def etag_of(version: int) -> str:
    return f'"{version}"'


def tagged(call: Call, answer: Answer) -> Answer:
    """With an ETag that is a digest of the body; 304 without the body for a caller who has it already."""
    etag = f'"{blake2b(answer.body, digest_size=ETAG_BYTES).hexdigest()}"'
    answer.headers.append(("etag", etag))
    known = [one.strip().removeprefix("W/") for one in call.header(b"if-none-match").split(",")]
    if etag in known or "*" in known:
        return Answer(304, headers=answer.headers)
    return answer
