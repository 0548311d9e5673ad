"""An invoice as callers see it: its lines, and under each line what was paid on it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from openprac.kernel.row import EXTENSION, Children, Column, LocalTime, Row

Money = Annotated[Decimal, Column()]
Hidden = Annotated[Decimal, Column(shown=False)]
Id = Annotated[int, Column()]
IdOrNone = Annotated[int | None, Column()]


class InvoicePaymentItemRow(Row):
    """What of a payment went to the line. A refund's amounts are negative."""

    payment_item_id: Id
    payment_id: Id
    amount: Money
    allocated_time: Annotated[datetime, Column()]
    gst: Money


class InvoiceItemRow(Row):
    invoice_item_id: Id
    item_time: Annotated[LocalTime, Column(meaning="When it was done, a local time of the clinic")]
    item_id: Id
    description: Annotated[str, Column()]
    debit: Annotated[Decimal, Column(meaning="quantity * unit_price, GST included")]
    paid: Money
    discount: Money
    write_off: Money
    owing: Annotated[Decimal, Column(meaning="debit - discount - write_off - paid")]
    gst: Annotated[Decimal, Column(meaning="The GST inside debit - discount")]
    fee_cat_id: IdOrNone
    practitioner_id: IdOrNone
    quantity: Money
    appointment_id: IdOrNone
    unit_price: Money
    unit_discount: Money
    unit_gst: Annotated[Decimal, Column(meaning="For display: a line's GST is not a multiple of it")]
    client_id: Annotated[int, Column(shown=False, meaning="Whom it was for: on a family's invoice, any of them")]
    taxable: Annotated[bool, Column(shown=False)]
    given_discount: Annotated[Decimal, Column(shown=False, meaning="The part of discount that was given later")]
    payment_items: Annotated[
        list[object],
        Children(row=InvoicePaymentItemRow, table="payment_item", parent="invoice_item_id", order="t.payment_item_id"),
    ]


class AdjustmentRow(Row):
    """A discount given later, or a write-off. A negative amount takes an earlier one back."""

    adjustment_id: Id
    invoice_item_id: Id
    kind: Annotated[str, Column(meaning="discount or write_off")]
    amount: Money
    reason: Annotated[str, Column()]
    payment_id: Annotated[int | None, Column(meaning="The refund it came with")]
    created: Annotated[datetime, Column()]
    created_by_user_id: Id


class InvoiceRow(Row):
    tenant_id: Id
    invoice_id: Id
    client_id: Id
    account_id: Id
    invoice_date: Annotated[date, Column(write=EXTENSION)]
    issued: Annotated[datetime | None, Column(meaning="Null while the invoice is open")]
    due_date: Annotated[date | None, Column(write=EXTENSION)]
    invoice_number: Id
    invoice_notes: Annotated[str | None, Column(write=EXTENSION, meaning="Printed on the invoice")]
    practice_notes: Annotated[str | None, Column(write=EXTENSION, meaning="For the practice alone")]
    business_id: Annotated[int, Column(write=EXTENSION)]
    payer_id: IdOrNone
    created: Annotated[datetime, Column()]
    updated: Annotated[datetime | None, Column(name="modified")]
    created_by_user_id: IdOrNone
    updated_by_user_id: IdOrNone
    debit: Hidden
    discount: Hidden
    write_off: Hidden
    paid: Hidden
    owing: Hidden
    gst: Hidden
    invoice_items: Annotated[
        list[object],
        Children(row=InvoiceItemRow, table="invoice_item", parent="invoice_id", order="t.position"),
    ]
    adjustments: Annotated[
        list[object],
        Children(row=AdjustmentRow, table="adjustment", parent="invoice_id", order="t.adjustment_id", shown=False),
    ]
