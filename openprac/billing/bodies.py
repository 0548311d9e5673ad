"""The bodies of billing's writes."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from openprac.kernel.row import EXTENSION, Children, Column, IdList, LocalTime, Row

REASON_MAX_CHARACTERS = 500
PRICE_MAX = 1_000_000
QUANTITY_MAX = 9_999
AMOUNT_MAX = 1_000_000_000
LINES_MAX = 500
LINE_AMOUNT_MAX = Decimal(9_999_999)
"""Twice as many lines of it as an invoice may have fit into the invoice's columns (migration 0007)."""

IdOrNone = Annotated[int | None, Column(write=EXTENSION)]
Id = Annotated[int, Column(write=EXTENSION, required=True)]
Day = Annotated[date, Column(write=EXTENSION)]
DayOrNone = Annotated[date | None, Column(write=EXTENSION)]
Text = Annotated[str | None, Column(write=EXTENSION)]
Label = Annotated[LocalTime, Column(write=EXTENSION, meaning="When it was done, a local time of the clinic")]
Quantity = Annotated[Decimal, Column(write=EXTENSION, minimum=0, maximum=QUANTITY_MAX, meaning="More than 0")]
Price = Annotated[Decimal, Column(write=EXTENSION, minimum=0, maximum=PRICE_MAX, meaning="GST included")]
Description = Annotated[str, Column(write=EXTENSION, max_length=255)]
Reason = Annotated[str, Column(write=EXTENSION, required=True, max_length=REASON_MAX_CHARACTERS)]


class LineEdit(Row):
    quantity: Quantity
    unit_price: Price
    unit_discount: Price
    description: Description
    practitioner_id: IdOrNone
    item_time: Label
    fee_cat_id: Annotated[
        int | None, Column(write=EXTENSION, meaning="In place of the account's or the patient's; brings its own price")
    ]


class Line(LineEdit):
    item_id: IdOrNone
    item_group_id: Annotated[int | None, Column(write=EXTENSION, meaning="A line for each of its items")]
    appointment_id: Annotated[
        int | None, Column(write=EXTENSION, meaning="Bills its own item or group, unless one is given here")
    ]


class LineOfAccount(Line):
    business_id: Annotated[
        int | None, Column(write=EXTENSION, meaning="For a new invoice; else the appointment's. Needed without one")
    ]


class InvoiceCreate(Row):
    client_id: Id
    account_id: Annotated[int | None, Column(write=EXTENSION, meaning="Null: the patient's default account")]
    business_id: Id
    invoice_date: Annotated[date, Column(write=EXTENSION, meaning="Left out: today")]
    due_date: DayOrNone
    invoice_notes: Text
    practice_notes: Text
    lines: Annotated[
        list[object], Children(row=Line, table="invoice_item", parent="invoice_id", order="", write=EXTENSION)
    ]


class Adjustment(Row):
    amount: Annotated[
        Decimal,
        Column(
            write=EXTENSION,
            required=True,
            minimum=-AMOUNT_MAX,
            maximum=AMOUNT_MAX,
            meaning="Less than 0 takes back what was given before",
        ),
    ]
    reason: Reason
    invoice_item_id: Annotated[int | None, Column(write=EXTENSION, meaning="Null: all lines, from the top")]


class Move(Row):
    account_id: Id
    invoice_ids: Annotated[
        list[int],
        IdList(
            table="invoice",
            parent="invoice_id",
            column="invoice_id",
            write=EXTENSION,
            meaning="Other invoices of the same account that move along",
        ),
    ]


class SettingsEdit(Row):
    open_invoicing: Annotated[
        bool, Column(write=EXTENSION, meaning="What is billed to an account goes to its oldest open invoice")
    ]
    ndis_rounding: Annotated[bool, Column(write=EXTENSION, meaning="Amounts and hours are cut, not rounded")]
