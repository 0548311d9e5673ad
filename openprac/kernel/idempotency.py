"""Idempotency-Key on POST: the first success is kept 24 hours for the account key and given again, byte for byte.

The row is written in the transaction of the work it stands for, under an advisory lock of its key, so a retry either
finds the answer, or does the work because the first try never committed.
"""

import hashlib
import re

import msgspec

from openprac.errors import Conflict, InvalidBody, InvalidParams, Problem
from openprac.kernel.action import Endpoint
from openprac.kernel.call import Answer, Call

KEY_MAX_CHARACTERS = 255

ENTER_SQL = "SELECT * FROM idempotency_enter($1, $2, $3)"
KEEP_SQL = (
    "INSERT INTO idempotency_key AS k (tenant_id, account_key_id, key, fingerprint, status, body, etag, resource_id) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant_id, account_key_id, key) DO UPDATE SET "
    "fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body, etag = excluded.etag, "
    "resource_id = excluded.resource_id, created = clock_timestamp() "
    "WHERE k.created <= clock_timestamp() - interval '24 hours'"
)


async def once(endpoint: Endpoint, call: Call) -> Answer:
    """Run the endpoint's handler, or give what the same key got before. Inside the request's transaction."""
    key = call.header(b"idempotency-key")
    if endpoint.method != "POST" or b"idempotency-key" not in call.headers:
        return await endpoint.handler(call)
    if not re.fullmatch(rf"[\x21-\x7e]{{1,{KEY_MAX_CHARACTERS}}}", key):
        raise InvalidParams(
            f"Idempotency-Key must be 1 to {KEY_MAX_CHARACTERS} visible ASCII characters without spaces."
        )
    caller = call.caller
    fingerprint = _fingerprint(endpoint, call)
    kept = await call.connection.fetchrow(ENTER_SQL, caller.tenant_id, caller.account_key_id, key)
    if not kept["locked"]:
        raise Conflict(
            "IDEMPOTENCY_KEY_IN_USE",
            "A request with this Idempotency-Key is still running.",
            headers=[("retry-after", "1")],
        )
    if kept["fingerprint"] is not None:
        if kept["fingerprint"] != fingerprint:
            raise InvalidBody([Problem("", "This Idempotency-Key was used for another request: send a new key.")])
        return await _again(endpoint, call, kept["status"], kept["body"], kept["etag"], kept["resource_id"])
    answer = await endpoint.handler(call)
    etag = next((value for name, value in answer.headers if name == "etag"), None)
    body = b"" if endpoint.replay else answer.body
    await call.connection.execute(
        KEEP_SQL,
        caller.tenant_id,
        caller.account_key_id,
        key,
        fingerprint,
        answer.status,
        body,
        etag,
        answer.resource_id,
    )
    return answer


async def _again(
    endpoint: Endpoint, call: Call, status: int, body: bytes, etag: str | None, resource_id: int | None
) -> Answer:
    _note(endpoint, call, body, resource_id)
    if endpoint.replay and resource_id is not None:
        answer = await endpoint.replay(call, resource_id)
    else:
        answer = Answer(status, body, [("etag", etag)] if etag else [])
    answer.headers.append(("idempotency-replayed", "true"))
    return answer


def _note(endpoint: Endpoint, call: Call, body: bytes, resource_id: int | None) -> None:
    """Whoever gets the answer again reads what it holds."""
    resource = endpoint.collection.name if endpoint.collection else endpoint.tag.lower().replace(" ", "_")
    content = msgspec.json.decode(body) if body else {}
    client_id = call.id_of("client_id") if "client_id" in call.path_values else content.get("client_id")
    call.note_read(resource, resource_id, client_id)


def _fingerprint(endpoint: Endpoint, call: Call) -> bytes:
    """The same operation on the same path with the same bytes."""
    path = endpoint.path.format_map(call.path_values)
    return hashlib.sha256(b"\0".join((endpoint.id.encode(), path.encode(), call.body))).digest()
