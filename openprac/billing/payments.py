"""Payments as they are read. Each shows what it pays as invoice and line; the invoice shows the same as payment."""

from openprac.billing.invoices import OF_ACCOUNT
from openprac.billing.payment_rows import PaymentRow
from openprac.kernel.collection import STAMPS, Collection, Filter, Link, Listing, Reading, plain
from openprac.people import OF_PATIENT

OWN = ("total", "unallocated", "invoice_item_id", "created", "updated", "payment_date")
SORTS = ("payment_id", "payment_time", "created", "updated")
VIEWS = (
    "unallocated is total less allocated; payment_date is the day of payment_time; invoice_item_id finds what pays "
    "that line."
)

PAYMENT = Collection(
    name="payment",
    tag="Payment",
    noun="Payment",
    row=PaymentRow,
    table="payment",
    id="payment_id",
    client="client_id",
    key="payments",
    personal=True,
    links={"self": "/payment/{payment_id}"},
    filters={
        **dict(plain(name, "double") for name in ("total", "unallocated")),
        "invoice_item_id": Filter(format="integer", link=Link("payment_item", "payment_id", "invoice_item_id")),
        "created": STAMPS["created"],
        "updated": STAMPS["updated"],
        **dict([plain("payment_date", "date")]),
        **dict(plain(name, "integer") for name in ("client_id", "account_id", "payer_id", "business_id")),
    },
    listings=(
        Listing(
            id="listPayments-Get",
            path="/payment",
            summary="List Payments",
            filters=(*OWN, "client_id", "account_id", "payer_id", "business_id"),
            sorts=SORTS,
            description=VIEWS,
        ),
        Listing(
            id="listPaymentsByPatient-Get",
            path="/patient/{client_id}/payment",
            summary="List Payments by Patient",
            scope=OF_PATIENT,
            filters=(*OWN, "account_id", "payer_id", "business_id"),
            sorts=SORTS,
            description=VIEWS,
        ),
        Listing(
            id="listPaymentsByPatientAccount-Get",
            path="/patient/{client_id}/account/{account_id}/payment",
            summary="List Payments by Patient Account",
            scope=OF_ACCOUNT,
            filters=OWN,
            sorts=SORTS,
            description=VIEWS,
        ),
    ),
    reading=Reading(id="getPayment-Get", path="/payment/{payment_id}", summary="Get Payment", meta=True),
)
