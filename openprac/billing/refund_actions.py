"""Money given back: of one payment, or of what was paid on one invoice.

A refund is a payment with a negative total that names the receipt it gives back; each of its allocations undoes one of
the receipt's. What lines lose of what was paid they owe again, unless it becomes a discount or a write-off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openprac.billing import payment_store as store
from openprac.billing.allocation import Exceeds, Paid, Taken, taken_back, taken_back_by_line
from openprac.billing.payment_actions import (
    answered,
    each_line_once,
    must_be_money,
    paying,
    unknown_method,
)
from openprac.billing.payment_rows import Refund
from openprac.billing.payments import PAYMENT
from openprac.billing.totals import ZERO, Share, allocation_gst
from openprac.diary.actions import checked_later
from openprac.errors import Conflict, InvalidBody, NotFound
from openprac.kernel.action import Endpoint, permission_for
from openprac.kernel.call import Answer, Call
from openprac.kernel.query import ignored_of
from openprac.kernel.rules import refused

KINDS = ("discount", "write_off")


async def refund_payment(call: Call) -> Answer:
    ignored_of(call.query_string)
    payment_id = call.id_of("payment_id")
    found, fault = checked_later(call, Refund, PAYMENT)
    given = found.given
    if await store.payment(call, payment_id) is None:
        raise NotFound("payment_id", payment_id)
    if fault:
        raise fault
    _makes_sense(given)
    method = await _method(call, given)
    locked = await store.lock_invoices(call, store.LOCK_PAID_SQL, payment_id)
    [receipt] = await store.lock_payments(call, [payment_id])
    if receipt["refund"]:
        raise Conflict("IS_REFUND", "This payment is a refund already.")
    paid = await store.still_paid(call, [payment_id], None)
    if any(one["invoice_id"] not in locked for one in paid):
        raise Conflict(
            "PAYMENT_CHANGED",
            "This payment was allocated at the same moment: try again.",
            headers=[("retry-after", "1")],
        )
    [refund_id] = await _give_back(call, given, method, [receipt], receipt["credit"], paid)
    return await answered(call, refund_id, status=201)


async def refund_invoice(call: Call) -> Answer:
    """One refund for each of its payments that is touched, the newest allocation first."""
    ignored = ignored_of(call.query_string)
    invoice_id = call.id_of("invoice_id")
    found, fault = checked_later(call, Refund, PAYMENT)
    given = found.given
    locked = await store.lock_invoices(call, store.LOCK_NAMED_SQL, [invoice_id])
    if not locked:
        raise NotFound("invoice_id", invoice_id)
    if fault:
        raise fault
    _makes_sense(given)
    method = await _method(call, given)
    receipts = await store.lock_payments(call, await store.payments_of(call, invoice_id))
    paid = await store.still_paid(call, [one["payment_id"] for one in receipts], invoice_id)
    refunds = await _give_back(call, given, method, receipts, ZERO, paid)
    answers = [await answered(call, refund_id, status=201) for refund_id in refunds]
    content = b'{"payments":[' + b",".join(answer.body for answer in answers) + b"]}"
    return Answer(201, content, resource_id=refunds[0]).ignoring(ignored)


def _makes_sense(given: Mapping[str, Any]) -> None:
    """What the body alone tells. Raises InvalidBody."""
    must_be_money({"amount": given["amount"]})
    rows = given.get("lines", ())
    must_be_money({f"lines.{position}.amount": row["amount"] for position, row in enumerate(rows)})
    each_line_once("lines", rows)
    adjusts = given.get("adjustment", "none") != "none"
    if rows and adjusts:
        raise refused("adjustment", "must be left out where lines is given: each line says its own.")
    for position, row in enumerate(rows):
        relief = sum((row.get(kind, ZERO) for kind in KINDS), ZERO)
        if relief > row["amount"]:
            raise refused(f"lines.{position}.discount", "and write_off must not be more than the amount together.")
        adjusts = adjusts or relief > 0
    if adjusts and not (given.get("reason") or "").strip():
        raise refused("reason", "is required where a line is discounted or written off.")


async def _method(call: Call, given: Mapping[str, Any]) -> str:
    """The clinic's spelling of it. Raises InvalidBody."""
    facts = await store.facts(call, given["payment_type"], None)
    if facts["payment_type"] is None:
        raise InvalidBody([unknown_method()])
    return str(facts["payment_type"])


async def _give_back(
    call: Call,
    given: Mapping[str, Any],
    method: str,
    receipts: Sequence[Mapping[str, Any]],
    credit: Decimal,
    paid: Sequence[Mapping[str, Any]],
) -> list[int]:
    """A refund for each receipt that gives something. Raises Conflict for more than there is."""
    taken = _taken(given, credit, paid)
    parts = _Relief(given).parts_of(taken, paid)
    refunds = []
    for receipt in receipts:
        own = [part for payment_id, part in parts if payment_id == receipt["payment_id"]]
        allocated = sum((part.amount for part in own), ZERO)
        total = allocated - taken.credit
        if not total:
            continue
        values = {
            "total": total,
            "allocated": allocated,
            "refund_of": receipt["payment_id"],
            "business_id": given.get("business_id", receipt["business_id"]),
            "payment_time": given.get("payment_time", call.wall_clock),
            "payment_type": method,
            "card_type": given.get("card_type"),
            "refund_reason": given.get("reason"),
        }
        refunds.append(await store.write(call, store.REFUND_SQL, own, values, *values.values()))
    return refunds


def _taken(given: Mapping[str, Any], credit: Decimal, paid: Sequence[Mapping[str, Any]]) -> Taken:
    """Raises Conflict."""
    there = [Paid(one["payment_item_id"], one["invoice_item_id"], one["amount"]) for one in paid]
    asked = [Share(row["invoice_item_id"], row["amount"]) for row in given.get("lines", ())]
    try:
        if asked:
            return taken_back_by_line(given["amount"], asked, credit, there)
        return taken_back(given["amount"], credit, there)
    except Exceeds as error:
        if error.position is None:
            text = f"Of what was paid {error.there_is} can be given back."
        else:
            text = f"Of what was paid for the line of lines.{error.position} {error.there_is} can be given back."
        raise Conflict("EXCEEDS_PAID", text) from None


@dataclass
class _Relief:
    """What lines are relieved of while what was paid for them goes back."""

    given: Mapping[str, Any]

    def parts_of(self, taken: Taken, paid: Sequence[Mapping[str, Any]]) -> list[tuple[int, store.Part]]:
        """(the receipt, what a line loses), the newest first. GST follows what is paid on the line, step by step."""
        left = {row["invoice_item_id"]: [row.get(kind, ZERO) for kind in KINDS] for row in self.given.get("lines", ())}
        now_paid = {one["invoice_item_id"]: one["paid"] for one in paid}
        parts = []
        for one in paid:
            amount = taken.parts.get(one["payment_item_id"], ZERO)
            if not amount:
                continue
            line = one["invoice_item_id"]
            gst = allocation_gst(now_paid[line], -amount, taxable=one["taxable"])
            now_paid[line] -= amount
            discount, write_off = self._share(amount, left.get(line))
            part = store.Part(one["invoice_id"], line, -amount, gst, one["payment_item_id"], discount, write_off)
            parts.append((one["payment_id"], part))
        return parts

    def _share(self, amount: Decimal, left: list[Decimal] | None) -> tuple[Decimal, Decimal]:
        """Discount and write-off of one part; what a line says of its own is used up part by part."""
        if left is None:
            kind = self.given.get("adjustment", "none")
            return (amount if kind == "discount" else ZERO, amount if kind == "write_off" else ZERO)
        discount = min(amount, left[0])
        write_off = min(amount - discount, left[1])
        left[0] -= discount
        left[1] -= write_off
        return discount, write_off


HOW = (
    "adjustment says what becomes of the lines: none, they owe the amount again; discount or write_off, they do not. "
    "lines says it line by line. 409 EXCEEDS_PAID: less was paid and not yet given back."
)

ACTIONS = (
    paying(
        "refundPayment-Post",
        "/x/payment/{payment_id}/refund",
        "Refund Payment",
        Refund,
        refund_payment,
        success=201,
        description="A payment with a negative total. Unallocated money goes first, then the newest allocation. " + HOW,
    ),
    Endpoint(
        id="refundInvoice-Post",
        method="POST",
        path="/x/invoice/{invoice_id}/refund",
        tag=PAYMENT.tag,
        summary="Refund Invoice",
        permission=permission_for(PAYMENT.tag, "POST"),
        handler=refund_invoice,
        description="What was paid on one invoice, the newest allocation first: a refund for each payment that gives "
        "something back. " + HOW,
        extension=True,
        transaction=True,
        body=Refund,
        success=201,
        statuses=(409,),
        answer={
            "title": "InvoiceRefunds",
            "type": "object",
            "required": ["payments"],
            "properties": {
                "payments": {"type": "array", "items": {"$ref": "#/components/schemas/PaymentExtended"}},
            },
        },
    ),
)
