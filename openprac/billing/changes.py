"""What is done to a whole invoice: issuing it, discounts and write-offs with a reason."""

from collections.abc import Mapping, Sequence
from typing import Any

from openprac.billing import bodies, store
from openprac.billing.lines import answered
from openprac.billing.totals import ZERO, Owing, Share, spread
from openprac.diary.actions import checked_later
from openprac.errors import Conflict, InvalidBody, Problem
from openprac.kernel.call import Answer, Call
from openprac.kernel.rules import refused


async def issue(call: Call) -> Answer:
    """One that has been issued stays as it is, with its first instant."""
    invoice_id = call.id_of("invoice_id")
    (invoice,) = await store.locked(call, invoice_id)
    if invoice["issued"] is None:
        if not await store.locked_lines(call, invoice_id):
            raise Conflict("INVOICE_EMPTY", "This invoice has no lines: there is nothing to issue.")
        await store.issue(call, invoice_id, issued=True)
    return await answered(call, invoice_id)


async def unissue(call: Call) -> Answer:
    invoice_id = call.id_of("invoice_id")
    (invoice,) = await store.locked(call, invoice_id)
    if invoice["issued"] is not None:
        await store.issue(call, invoice_id, issued=False)
    return await answered(call, invoice_id)


async def adjust(kind: str, call: Call) -> Answer:
    """kind: "discount" or "write_off"."""
    invoice_id = call.id_of("invoice_id")
    found, fault = checked_later(call, bodies.Adjustment, None)
    await store.locked(call, invoice_id)
    if fault:
        raise fault
    lines = await store.locked_lines(call, invoice_id)
    shares = shares_of(kind, found.given, lines)
    await store.adjust(call, invoice_id, kind, shares, found.given["reason"])
    return await answered(call, invoice_id)


def shares_of(kind: str, given: Mapping[str, Any], lines: Mapping[int, Mapping[str, Any]]) -> Sequence[Share]:
    """Top-down over the lines, or on the one that is named: what they owe, or what of this kind they have been given.

    Raises InvalidBody.
    """
    amount, one = given["amount"], given.get("invoice_item_id")
    if amount == ZERO:
        raise refused("amount", "must not be 0.")
    if one is not None and one not in lines:
        raise InvalidBody([Problem("invoice_item_id", "The selected invoice_item_id is invalid.")])
    named = [line for row_id, line in lines.items() if one in (None, row_id)]
    named.sort(key=lambda line: line["position"])
    back = amount < ZERO
    column = "owing" if not back else "given_discount" if kind == "discount" else "write_off"
    shares, over = spread(abs(amount), [Owing(line["invoice_item_id"], line[column]) for line in named])
    if over:
        most = abs(amount) - over
        if back:
            raise refused("amount", f"must be at least -{most}: no more has been given.")
        raise refused("amount", f"must not be greater than {most}: that is what is owing.")
    return [Share(row_id, -share) for row_id, share in shares] if back else shares
