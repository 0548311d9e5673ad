"""Payments as they are shown, and the bodies of what is done with them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from openprac.kernel.row import EXTENSION, Children, Column, IdList, LocalTime, Row

AMOUNT_MAX = 100_000_000
"""Of one payment; sums of invoices and payments then stay far within numeric(12,2)."""

ADJUSTMENTS = ("none", "discount", "write_off")
"""What becomes of lines whose payment is refunded: owing again, or less by a discount or a write-off of the amount."""

Money = Annotated[Decimal, Column()]
Own = Annotated[int | None, Column()]


class PaymentItemRow(Row):
    """An allocation as a payment shows it. In an invoice it shows payment_item_id and payment_id instead."""

    invoice_id: Annotated[int, Column()]
    invoice_item_id: Annotated[int, Column()]
    allocated_time: Annotated[datetime, Column()]
    amount: Money
    gst: Money
    payment_item_id: Annotated[int, Column(shown=False)]
    refunded: Annotated[Decimal, Column(shown=False, meaning="How much of it was refunded since")]
    undoes: Annotated[
        int | None, Column(shown=False, meaning="Of a refund: the payment_item_id of the allocation it takes back")
    ]


class PaymentRow(Row):
    tenant_id: Annotated[int, Column()]
    payment_id: Annotated[int, Column()]
    client_id: Own
    account_id: Own
    payment_time: Annotated[LocalTime, Column(meaning="Local time of the clinic, without offset")]
    payment_type: Annotated[str, Column(meaning="Name of the payment method")]
    total: Annotated[Decimal, Column(meaning="Negative for a refund")]
    allocated: Annotated[Decimal, Column(meaning="The part that pays lines of invoices")]
    business_id: Annotated[int, Column()]
    user_id: Own
    card_type: Annotated[str | None, Column()]
    notes: Annotated[str | None, Column()]
    payer_id: Own
    created: Annotated[datetime, Column()]
    updated: Annotated[datetime | None, Column(name="modified")]
    created_by_user_id: Own
    updated_by_user_id: Own
    credit: Annotated[Decimal, Column(shown=False, meaning="What can still be allocated: neither used nor refunded")]
    refunded_credit: Annotated[Decimal, Column(shown=False, meaning="How much of the unallocated part was refunded")]
    refunded_allocated: Annotated[Decimal, Column(shown=False, meaning="How much of the allocated part was refunded")]
    refund_of: Annotated[int | None, Column(shown=False, meaning="Of a refund: the payment_id it gives back")]
    refund_reason: Annotated[str | None, Column(shown=False)]
    payment_items: Annotated[
        list[object],
        Children(row=PaymentItemRow, table="payment_item", parent="payment_id", order="t.payment_item_id"),
    ]


IdOrNone = Annotated[int | None, Column(write=EXTENSION)]
Method = Annotated[
    str, Column(write=EXTENSION, required=True, max_length=100, meaning="Name of a payment method in use")
]
Total = Annotated[
    Decimal,
    Column(write=EXTENSION, required=True, minimum=0, maximum=AMOUNT_MAX, format="decimal", meaning="More than 0"),
]
Share = Annotated[Decimal, Column(write=EXTENSION, minimum=0, maximum=AMOUNT_MAX, format="decimal")]
Text = Annotated[str | None, Column(write=EXTENSION)]
Label = Annotated[
    LocalTime,
    Column(write=EXTENSION, meaning="Local time of the clinic, without offset; now unless given"),
]
InvoiceIds = Annotated[
    list[int],
    IdList(
        table="payment_item",
        parent="payment_id",
        column="invoice_id",
        write=EXTENSION,
        ordered=True,
        meaning="Their lines are paid from the top down, invoice by invoice in this order",
    ),
]


class AskedAllocation(Row):
    invoice_item_id: Annotated[int, Column(write=EXTENSION, required=True)]
    amount: Total


Allocations = Annotated[
    list[object],
    Children(
        row=AskedAllocation,
        table="payment_item",
        parent="payment_id",
        order="t.payment_item_id",
        write=EXTENSION,
        meaning="So much for each of these lines",
    ),
]
Automatic = Annotated[
    bool, Column(write=EXTENSION, meaning="True: the party's invoices that owe are paid, the oldest first")
]


class Allocating(Row):
    """One of three ways, or none."""

    invoice_ids: InvoiceIds
    allocations: Allocations
    auto_allocate: Automatic


class PaymentCreate(Allocating):
    business_id: Annotated[int, Column(write=EXTENSION, required=True)]
    payment_type: Method
    total: Total
    client_id: IdOrNone
    account_id: Annotated[
        int | None, Column(write=EXTENSION, meaning="Whose money it is; without payer_id for private invoices alone")
    ]
    payer_id: Annotated[int | None, Column(write=EXTENSION, meaning="The third party whose money it is")]
    payment_time: Label
    card_type: Annotated[str | None, Column(write=EXTENSION, max_length=40)]
    notes: Text


class Allocate(Allocating):
    """Of one payment's credit."""


class RefundedLine(Row):
    invoice_item_id: Annotated[int, Column(write=EXTENSION, required=True)]
    amount: Total
    discount: Annotated[
        Decimal,
        Column(write=EXTENSION, minimum=0, maximum=AMOUNT_MAX, format="decimal", meaning="Part of amount"),
    ]
    write_off: Annotated[
        Decimal,
        Column(write=EXTENSION, minimum=0, maximum=AMOUNT_MAX, format="decimal", meaning="Part of amount"),
    ]


class Refund(Row):
    amount: Total
    payment_type: Method
    reason: Text
    adjustment: Annotated[
        str,
        Column(
            write=EXTENSION,
            choices=ADJUSTMENTS,
            meaning="none, the default: the lines owe the amount again; discount or write_off: they do not",
        ),
    ]
    business_id: Annotated[int, Column(write=EXTENSION, meaning="The payment's unless given")]
    payment_time: Label
    card_type: Annotated[str | None, Column(write=EXTENSION, max_length=40)]
    lines: Annotated[
        list[object],
        Children(
            row=RefundedLine,
            table="payment_item",
            parent="payment_id",
            order="t.payment_item_id",
            write=EXTENSION,
            meaning="So much of what was paid for each of these lines, and what it becomes there; the rest of amount "
            "is unallocated money. Without it unallocated money goes first, then the newest allocation",
        ),
    ]
