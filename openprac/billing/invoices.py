"""Invoices as they are read. How they are written: lines.py, adjustments.py, actions.py."""

from openprac.billing.rows import InvoiceRow
from openprac.kernel.collection import STAMPS, Collection, Filter, Link, Listing, Reading, Scope, plain
from openprac.people import OF_PATIENT

OF_ACCOUNT = Scope(param="account_id", parent=("patient_account", "account_id"), within=OF_PATIENT)

FILTERS = (
    *("payer_id", "owing", "appointment_id", "payment_id"),
    *("created", "updated", "invoice_date", "invoice_number"),
)
SORTS = ("invoice_id", "invoice_date", "invoice_number", "created", "updated")
OWING = "The filter owing is over the whole invoice; appointment_id and payment_id hold when any line's does."

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
)
