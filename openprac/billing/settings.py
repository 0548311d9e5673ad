"""How a clinic bills: open invoicing and rounding, and the names of its payment methods."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from openprac.billing import bodies
from openprac.billing.store import changes_text
from openprac.errors import ApiError
from openprac.kernel import body
from openprac.kernel.action import Endpoint, permission_for
from openprac.kernel.call import Answer, Call, etag_of
from openprac.kernel.collection import Collection, Creation, Deletion, Edition, Listing
from openprac.kernel.handlers import require_match
from openprac.kernel.query import ignored_of
from openprac.kernel.row import EXTENSION, Column, Flag, Row, fields_of
from openprac.kernel.write import AUDIT_COLUMNS

TAG = "Billing Settings"
NAMES = ("open_invoicing", "ndis_rounding")

READ_SQL = f"SELECT {', '.join(NAMES)}, version FROM billing_settings WHERE tenant_id = $1"
LOCK_SQL = f"{READ_SQL} FOR NO KEY UPDATE"
# Parameters: tenant, five of the audit, changes, the settings.
WRITE_SQL = f"""
WITH new AS (UPDATE billing_settings SET open_invoicing = $8, ndis_rounding = $9, modified = clock_timestamp(),
                    version = version + 1 WHERE tenant_id = $1 RETURNING *),
audit AS (INSERT INTO audit_event ({AUDIT_COLUMNS})
          SELECT $1::bigint, $2::bigint, $3::bigint, $4::bigint, $5::uuid, $6::text, 'billing_settings',
                 NULL::bigint, NULL::bigint, $7::jsonb FROM new)
SELECT {", ".join(NAMES)}, version FROM new"""


async def read_settings(call: Call) -> Answer:
    return _answer(call, await call.connection.fetchrow(READ_SQL, call.caller.tenant_id))


async def edit_settings(call: Call) -> Answer:
    fields = fields_of(bodies.SettingsEdit)
    try:
        raw = body.decode(call.body, call.header(b"content-type"))
        given = body.check(fields, NAMES, raw, required=False, strict=True).given
        fault = None
    except ApiError as error:
        given, fault = {}, error
    before = await call.connection.fetchrow(LOCK_SQL, call.caller.tenant_id)
    if fault:
        raise fault
    require_match(call, before["version"])
    changed = {name: [before[name], value] for name, value in given.items() if before[name] != value}
    if not changed:
        return _answer(call, before)
    values = ({**before, **given}[name] for name in NAMES)
    author = (call.caller.tenant_id, *call.authorship.values())
    return _answer(call, await call.connection.fetchrow(WRITE_SQL, *author, changes_text(changed), *values))


def _answer(call: Call, record: Mapping[str, Any]) -> Answer:
    content = msgspec.json.encode({name: record[name] for name in NAMES})
    return Answer(200, content, [("etag", etag_of(record["version"]))]).ignoring(ignored_of(call.query_string))


SCHEMA = {
    "title": "BillingSettings",
    "type": "object",
    "required": list(NAMES),
    "properties": {name: {"type": "boolean"} for name in NAMES},
}
ETAG = (("ETag", "Version of the settings, for If-Match"),)
ABOUT = (
    "open_invoicing (at first true): what is billed to an account goes to its oldest open invoice; a payer may say "
    "otherwise for its accounts. ndis_rounding (at first false): amounts and hours of new lines are cut, not rounded."
)

ACTIONS = (
    Endpoint(
        id="getBillingSettings-Get",
        method="GET",
        path="/x/billing_settings",
        tag=TAG,
        summary="Get Billing Settings",
        description=ABOUT,
        permission=permission_for(TAG, "GET"),
        handler=read_settings,
        extension=True,
        answer=SCHEMA,
        answer_headers=ETAG,
    ),
    Endpoint(
        id="editBillingSettings-Patch",
        method="PATCH",
        path="/x/billing_settings",
        tag=TAG,
        summary="Edit Billing Settings",
        description=ABOUT,
        permission=permission_for(TAG, "PATCH"),
        handler=edit_settings,
        extension=True,
        transaction=True,
        body=bodies.SettingsEdit,
        answer=SCHEMA,
        answer_headers=ETAG,
    ),
)


class PaymentMethodRow(Row):
    tenant_id: Annotated[int, Column()]
    payment_method_id: Annotated[int, Column()]
    description: Annotated[
        str,
        Column(
            write=EXTENSION, required=True, max_length=50, clean=str.strip, meaning="What payments show as payment_type"
        ),
    ]
    method_rank: Annotated[
        int, Column(write=EXTENSION, minimum=0, maximum=1000, meaning="The order in which the practice shows them")
    ]
    archived: Annotated[bool, Flag()]


PAYMENT_METHOD = Collection(
    name="payment_method",
    tag="Payment Method",
    noun="Payment Method",
    row=PaymentMethodRow,
    table="payment_method",
    id="payment_method_id",
    key="payment_methods",
    listings=(
        Listing(
            id="listPaymentMethods-Get",
            path="/x/payment_method",
            summary="List Payment Methods",
            description="Every clinic begins with the published default list of Australia.",
            extension=True,
            sorts=("payment_method_id", "description", "method_rank"),
        ),
    ),
    creations=(
        Creation(
            id="createPaymentMethod-Post", path="/x/payment_method", summary="Create Payment Method", extension=True
        ),
    ),
    editions=(
        Edition(
            id="editPaymentMethod-Patch",
            path="/x/payment_method/{payment_method_id}",
            summary="Edit Payment Method",
            description="Payments keep the name they were taken under.",
            extension=True,
        ),
    ),
    deletions=(
        Deletion(
            id="deletePaymentMethod-Delete",
            path="/x/payment_method/{payment_method_id}",
            summary="Remove Payment Method",
            description="Payments keep its name.",
            extension=True,
        ),
    ),
)
