"""GET /v1/x/audit_event: who read or wrote what, whose it was, and where the line stands in the clinic's chain.

Lines tell which members a write named, not their values: whoever may ask who did what need not see what is written
about a patient. The values are in the line itself; openprac/audit/verification.py exports them.
"""

from datetime import datetime
from typing import Annotated

from openprac.kernel.collection import Collection, Filter, Link, Listing, plain
from openprac.kernel.row import Column, Join, Row, Shown

SEAL = (Join("audit_seal", "s", "audit_event_id", "audit_event_id"),)
CHANGED = "(SELECT string_agg(name, ',' ORDER BY name) FROM jsonb_object_keys({t}.changes) AS name)"


class AuditEventRow(Row):
    tenant_id: Annotated[int, Column()]
    audit_event_id: Annotated[int, Column()]
    at: Annotated[datetime, Column()]
    account_key_id: Annotated[int, Column()]
    user_id: Annotated[int, Column(meaning="Whom the account key acts as")]
    vendor_id: Annotated[int, Column()]
    request_id: Annotated[str, Shown(sql="{t}.request_id::text", meaning="As the answer's X-Request-Id told it")]
    operation_id: Annotated[str, Column()]
    resource: Annotated[str, Column(meaning="The kind of row")]
    resource_id: Annotated[int | None, Column(meaning="The row; null for a list")]
    client_id: Annotated[int | None, Column(meaning="The patient whose data it was")]
    client_ids: Annotated[
        list[int] | None, Shown(sql="{t}.client_ids", meaning="The patients a list showed, where there may be several")
    ]
    changed: Annotated[
        str | None, Shown(sql=CHANGED, meaning="Names of the members a write named, with commas; null for a read")
    ]
    position: Annotated[
        int | None, Shown(sql="s.position", joins=SEAL, meaning="In the clinic's chain; null until it is sealed")
    ]
    hash: Annotated[str | None, Shown(sql="encode(s.hash, 'hex')", joins=SEAL, meaning="The chain's hash up to here")]


AUDIT_EVENT = Collection(
    name="audit_event",
    tag="Audit Event",
    noun="Audit Event",
    row=AuditEventRow,
    table="audit_event",
    id="audit_event_id",
    client="client_id",
    key="audit_events",
    personal=True,
    filters={
        "at": Filter(format="timestamp", columns=("at",)),
        "client_id": Filter(format="integer", link=Link("audit_event_patient", "audit_event_id", theirs="client_id")),
        "request_id": Filter(format="uuid", columns=("request_id",)),
        **dict(plain(name, "integer") for name in ("account_key_id", "user_id", "vendor_id", "resource_id")),
        **dict(plain(name, "string") for name in ("operation_id", "resource")),
    },
    listings=(
        Listing(
            id="listAuditEvents-Get",
            path="/x/audit_event",
            summary="List Audit Events",
            description="Every read and write of patient data, and every write of anything else. Reads show here "
            "within a second. This list is read under the audit as well.",
            extension=True,
            filters=(
                *("at", "client_id", "operation_id", "account_key_id", "user_id", "vendor_id", "request_id"),
                *("resource", "resource_id"),
            ),
            sorts=("audit_event_id", "at"),
        ),
    ),
)

COLLECTIONS = (AUDIT_EVENT,)
