"""The operations that write invoices."""

from functools import partial
from typing import Any

from openprac.billing import bodies, changes, lines, moves
from openprac.billing.invoices import INVOICE
from openprac.kernel.action import Endpoint, Handler, Method, permission_for
from openprac.kernel.collection import Creation, Operation
from openprac.kernel.row import Row

ETAG = (("ETag", "Version of the invoice, for If-Match"),)


def _writing(
    id: str,
    method: Method,
    path: str,
    summary: str,
    handler: Handler,
    description: str,
    *,
    body: type[Row] | None = None,
    success: int = 200,
    statuses: tuple[int, ...] = (409,),
) -> Endpoint:
    """All but a removal answer with the whole invoice as it stands then."""
    kind: Any = Creation if success == 201 else Operation
    whole = success != 204
    return Endpoint(
        id=id,
        method=method,
        path=path,
        tag=INVOICE.tag,
        summary=summary,
        permission=permission_for(INVOICE.tag, method),
        handler=handler,
        description=description,
        extension=True,
        transaction=True,
        collection=INVOICE if whole else None,
        operation=kind(id=id, path=path, summary=summary, extension=True) if whole else None,
        body=body,
        success=success,
        statuses=statuses,
        answer_headers=ETAG if success == 200 else (),
    )


LINE = (
    "Names an item, a group of items (a line each) or an appointment, which bills its own item or group, by the hour "
    "where its type says so. Price and discount are the item's for the fee category of the account, else of the "
    "patient; without a fee for it, and without a fee category, unit_price is needed (422)."
)
TAKEN = "Top-down over the lines, or on one. A negative amount takes back what was given before."

ACTIONS = (
    _writing(
        "createInvoice-Post",
        "POST",
        "/x/invoice",
        "Create Invoice",
        lines.create_invoice,
        f"An open invoice with the next number of the clinic. Each of its lines: {LINE}",
        body=bodies.InvoiceCreate,
        success=201,
    ),
    _writing(
        "addInvoiceLine-Post",
        "POST",
        "/x/invoice/{invoice_id}/line",
        "Add Invoice Line",
        lines.add_line,
        f"{LINE} An issued invoice answers 409 INVOICE_ISSUED.",
        body=bodies.Line,
        success=201,
    ),
    _writing(
        "billPatientAccount-Post",
        "POST",
        "/x/patient/{client_id}/account/{account_id}/line",
        "Bill Patient Account",
        lines.bill_account,
        f"To the account's oldest open invoice, else to a new one; always a new one without open invoicing. {LINE}",
        body=bodies.LineOfAccount,
        success=201,
    ),
    _writing(
        "editInvoiceLine-Patch",
        "PATCH",
        "/x/invoice/{invoice_id}/line/{invoice_item_id}",
        "Edit Invoice Line",
        lines.edit_line,
        "While the invoice is open, and not below what is paid or written off.",
        body=bodies.LineEdit,
    ),
    _writing(
        "deleteInvoiceLine-Delete",
        "DELETE",
        "/x/invoice/{invoice_id}/line/{invoice_item_id}",
        "Remove Invoice Line",
        lines.remove_line,
        "While the invoice is open and the line has no payments. What was taken off it goes with it.",
        success=204,
    ),
    _writing(
        "issueInvoice-Post",
        "POST",
        "/x/invoice/{invoice_id}/issue",
        "Issue Invoice",
        changes.issue,
        "Closes it. One that has been issued stays as it is.",
    ),
    _writing(
        "unissueInvoice-Post",
        "POST",
        "/x/invoice/{invoice_id}/unissue",
        "Unissue Invoice",
        changes.unissue,
        "Opens it again.",
    ),
    _writing(
        "discountInvoice-Post",
        "POST",
        "/x/invoice/{invoice_id}/discount",
        "Discount Invoice",
        partial(changes.adjust, "discount"),
        f"Lowers the invoice's total and its GST. {TAKEN}",
        body=bodies.Adjustment,
    ),
    _writing(
        "writeOffInvoice-Post",
        "POST",
        "/x/invoice/{invoice_id}/write_off",
        "Write Off Invoice",
        partial(changes.adjust, "write_off"),
        f"Gives up what is owing; the invoice's total stays. {TAKEN}",
        body=bodies.Adjustment,
    ),
    _writing(
        "moveInvoice-Post",
        "POST",
        "/x/invoice/{invoice_id}/move",
        "Move Invoice",
        moves.move,
        "To another account of the patient. Invoices that share a payment move together, and the payment with them.",
        body=bodies.Move,
    ),
)
