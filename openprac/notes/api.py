"""Memos of the clinical notes: the published operation adds one; reading them is an extension."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from openprac.errors import InvalidBody, Problem
from openprac.kernel import body, write
from openprac.kernel.action import Endpoint
from openprac.kernel.call import Answer, Call
from openprac.kernel.collection import STAMPS, Collection, Filter, Link, Listing, Reading
from openprac.kernel.query import ignored_of
from openprac.kernel.row import PUBLISHED, Column, IdList, LocalTime, Row, fields_of
from openprac.notes import fields
from openprac.notes.sanitize import INPUT_MAX_CHARACTERS
from openprac.people import OF_PATIENT

TAG = "Clinical Note"
MEMO_BODY_LIMIT_BYTES = 5_000_000
"""INPUT_MAX_CHARACTERS of UTF-8, and room for the rest."""

ASIDE_FROM_BYTES = 30_000
"""A longer body is checked in a thread: sanitising takes up to 0.1 ms for a kilobyte, and others wait for the loop."""

NAMED_IDS_MAX = 10
"""Ids of a list that a refusal names."""

TAGS = IdList(
    table="clinical_note_memo_tag", parent="clinical_note_memo_id", column="tag_id", meaning="Labels of the memo"
)
FILES = IdList(
    table="clinical_note_memo_attachment",
    parent="clinical_note_memo_id",
    column="attachment_client_id",
    meaning="Files of the same patient",
)


class MemoRow(Row):
    tenant_id: Annotated[int, Column()]
    clinical_note_memo_id: Annotated[int, Column()]
    client_id: Annotated[int, Column()]
    user_id: Annotated[int, Column(meaning="Who wrote it: the user behind the account key")]
    memo: Annotated[str, Column(digest=True, meaning="HTML")]
    memo_time: Annotated[LocalTime, Column()]
    tag_ids: Annotated[list[int], TAGS]
    attachment_client_ids: Annotated[list[int], FILES]
    created: Annotated[datetime, Column()]


class MemoBody(Row):
    """The published body."""

    client_id: Annotated[int, Column(write=PUBLISHED, required=True)]
    memo: Annotated[
        str,
        Column(
            write=PUBLISHED,
            required=True,
            max_length=INPUT_MAX_CHARACTERS,
            clean=fields.memo,
            meaning="HTML; at most 150,000 characters once what is not allowed has been removed",
        ),
    ]
    memo_time: Annotated[
        LocalTime | None,
        Column(write=PUBLISHED, meaning="In the clinic's time zone, without offset; now when left out"),
    ]
    tag_ids: Annotated[list[int] | None, TAGS]
    attachment_client_ids: Annotated[list[int] | None, FILES]


FILTERS = ("memo_time", "created", "tag_id")
SORTS = ("clinical_note_memo_id", "memo_time")

MEMO = Collection(
    name="clinical_note_memo",
    tag=TAG,
    noun="Clinical Note Memo",
    row=MemoRow,
    table="clinical_note_memo",
    id="clinical_note_memo_id",
    client="client_id",
    key="clinical_note_memos",
    personal=True,
    links={"self": "/x/clinical_note_memo/{clinical_note_memo_id}"},
    filters={
        "client_id": Filter(format="integer", columns=("client_id",)),
        "memo_time": Filter(format="datetime", columns=("memo_time",)),
        "created": STAMPS["created"],
        "tag_id": Filter(
            format="integer", link=Link("clinical_note_memo_tag", "clinical_note_memo_id", theirs="tag_id")
        ),
    },
    listings=(
        Listing(
            id="listClinicalNoteMemos-Get",
            path="/x/clinical_note_memo",
            summary="List Clinical Note Memos",
            extension=True,
            filters=("client_id", *FILTERS),
            sorts=SORTS,
        ),
        Listing(
            id="listClinicalNoteMemosByPatient-Get",
            path="/x/patient/{client_id}/clinical_note_memo",
            summary="List Clinical Note Memos By Patient",
            extension=True,
            scope=OF_PATIENT,
            filters=FILTERS,
            sorts=SORTS,
        ),
    ),
    reading=Reading(
        id="getClinicalNoteMemo-Get",
        path="/x/clinical_note_memo/{clinical_note_memo_id}",
        summary="Get Clinical Note Memo",
        extension=True,
    ),
)

# Of what a memo refers to, what is not there: another clinic's is not, nor are another patient's files.
MISSING_SQL = """
SELECT NOT EXISTS (SELECT 1 FROM patient p WHERE p.tenant_id = $1 AND p.client_id = $2) AS client_id,
       array(SELECT one FROM unnest($3::bigint[]) one WHERE NOT EXISTS
             (SELECT 1 FROM tag t WHERE t.tenant_id = $1 AND t.tag_id = one)) AS tag_ids,
       array(SELECT one FROM unnest($4::bigint[]) one WHERE NOT EXISTS
             (SELECT 1 FROM patient_attachment a WHERE a.tenant_id = $1 AND a.client_id = $2
                AND a.attachment_client_id = one)) AS attachment_client_ids"""


async def create_memo(call: Call) -> Answer:
    """The memo, cleaned, and nothing but its id as the answer."""
    ignored = ignored_of(call.query_string)
    checked = _checked(call) if len(call.body) < ASIDE_FROM_BYTES else await asyncio.to_thread(_checked, call)
    given = {name: value for name, value in checked.given.items() if value is not None}
    await _require_all(call, given)
    given.setdefault("memo_time", call.wall_clock)
    given["user_id"] = call.caller.user_id
    memo_id = await write.insert(call.connection, MEMO, given, {}, call.authorship)
    content = msgspec.json.encode({"clinical_note_memo_id": memo_id})
    return Answer(201, content, resource_id=memo_id).ignoring(ignored + checked.unknown)


def _checked(call: Call) -> body.Body:
    known = fields_of(MemoBody)
    return body.check(
        known,
        [one.name for one in known],
        body.decode(call.body, call.header(b"content-type")),
        required=True,
        strict=call.services.strict_bodies,
    )


async def _require_all(call: Call, given: Mapping[str, Any]) -> None:
    """Raises InvalidBody that names every member with what it refers to in vain."""
    missing = await call.connection.fetchrow(
        MISSING_SQL,
        call.caller.tenant_id,
        given["client_id"],
        given.get("tag_ids", []),
        given.get("attachment_client_ids", []),
    )
    if missing["client_id"]:
        raise InvalidBody([Problem("client_id", "The selected client_id is invalid.")])
    problems = [
        Problem(name, f"The selected {name} are invalid: {', '.join(map(str, missing[name][:NAMED_IDS_MAX]))}.")
        for name in ("tag_ids", "attachment_client_ids")
        if missing[name]
    ]
    if problems:
        raise InvalidBody(problems)


ACTIONS = (
    Endpoint(
        id="createClinicalNoteMemo-Post",
        method="POST",
        path="/clinical_note_memo",
        tag=TAG,
        summary="Create Clinical Note Memo",
        description="The memo is rich text. Elements, attributes and styles outside the published list are removed "
        "without a word; images stay only as base64 PNG, JPEG, GIF or WebP.",
        permission="clinical_note:write",
        handler=create_memo,
        transaction=True,
        body_limit_bytes=MEMO_BODY_LIMIT_BYTES,
        body=MemoBody,
        success=201,
        answer={
            "title": "ClinicalNoteMemoCreated",
            "type": "object",
            "required": ["clinical_note_memo_id"],
            "properties": {"clinical_note_memo_id": {"type": "integer"}},
        },
    ),
)

COLLECTIONS = (MEMO,)
