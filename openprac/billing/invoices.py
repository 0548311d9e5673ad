"""Invoices as they are read. How they are written: lines.py, adjustments.py, actions.py."""

from openprac.billing.rows import InvoiceRow
from openprac.errors import Conflict
from openprac.kernel.call import Call
from openprac.kernel.collection import (
    STAMPS,
    Change,
    Collection,
    Edition,
    Filter,
    Link,
    Listing,
    Reading,
    Scope,
    plain,
)
from openprac.kernel.rules import as_it_is, refused
from openprac.people import OF_PATIENT

OF_ACCOUNT = Scope(param="account_id", parent=("patient_account", "account_id"), within=OF_PATIENT)

FILTERS = (
    *("payer_id", "owing", "appointment_id", "payment_id"),
    *("created", "updated", "invoice_date", "invoice_number"),
)
SORTS = ("invoice_id", "invoice_date", "invoice_number", "created", "updated")
OWING = "The filter owing is over the whole invoice; appointment_id and payment_id hold when any line's does."


async def dates_follow_each_other(call: Call, change: Change) -> None:
    """Raises InvalidBody or Conflict."""
    assert change.row_id is not None
    old = await as_it_is(call, INVOICE, change.row_id)
    new = {**old, **change.given}
    if new["issued"] is not None and new["invoice_date"] != old["invoice_date"]:
        raise Conflict("INVOICE_ISSUED", "This invoice has been issued: mark it unissued to change its date.")
    if new["due_date"] is not None and new["due_date"] < new["invoice_date"]:
        name = "due_date" if "due_date" in change.given else "invoice_date"
        raise refused(name, f"would put the due_date, {new['due_date']}, before the date of the invoice.")
    change.given["updated_by_user_id"] = call.caller.user_id


INVOICE = Collection(
    name="invoice",
    tag="Invoice",
    noun="Invoice",
    row=InvoiceRow,
    table="invoice",
    id="invoice_id",
    client="client_id",
    key="invoices",
    personal=True,
    links={"self": "/invoice/{invoice_id}"},
    filters={
        "created": STAMPS["created"],
        "updated": STAMPS["updated"],
        **dict(
            plain(name, "integer") for name in ("payer_id", "invoice_number", "client_id", "account_id", "business_id")
        ),
        **dict([plain("invoice_date", "date"), plain("owing", "double")]),
        "appointment_id": Filter(format="integer", link=Link("invoice_item", "invoice_id", "appointment_id")),
        "payment_id": Filter(format="integer", link=Link("payment_item", "invoice_id", "payment_id")),
    },
    listings=(
        Listing(
            id="listInvoices-Get",
            path="/invoice",
            summary="List Invoices",
            filters=(*FILTERS, "client_id", "account_id", "business_id"),
            sorts=SORTS,
            description=OWING,
        ),
        Listing(
            id="listInvoicesByPatient-Get",
            path="/patient/{client_id}/invoice",
            summary="List Invoices by Patient",
            scope=OF_PATIENT,
            filters=(*FILTERS, "account_id"),
            sorts=SORTS,
            description=OWING,
        ),
        Listing(
            id="listInvoicesByPatientAccount-Get",
            path="/patient/{client_id}/account/{account_id}/invoice",
            summary="List Invoices by Patient Account",
            scope=OF_ACCOUNT,
            filters=FILTERS,
            sorts=SORTS,
            description=OWING,
        ),
    ),
    reading=Reading(id="getInvoice-Get", path="/invoice/{invoice_id}", summary="Get Invoice", meta=True),
    editions=(
        Edition(
            id="editInvoice-Patch",
            path="/x/invoice/{invoice_id}",
            summary="Edit Invoice",
            description="The date of an issued invoice stays (409 INVOICE_ISSUED).",
            extension=True,
        ),
    ),
    rules=(dates_follow_each_other,),
)
