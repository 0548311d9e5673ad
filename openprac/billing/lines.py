"""Making invoices and putting lines on them, changing and removing lines while the invoice is open."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from openprac.billing import bodies, store
from openprac.billing.facts import account_for, ground_for, item_for, knows_patient, visits_for
from openprac.billing.invoices import INVOICE
from openprac.billing.pricing import Visit, edited, lines_of, require_something
from openprac.diary.actions import checked, checked_later
from openprac.errors import Conflict, InvalidBody, NotFound, Problem
from openprac.kernel.call import Answer, Call
from openprac.kernel.handlers import answer_row, require_match
from openprac.kernel.query import ignored_of
from openprac.kernel.rules import refused
from openprac.kernel.shape import full_shape_of


async def answered(call: Call, invoice_id: int, *, status: int = 200) -> Answer:
    """The whole invoice as it stands now."""
    answer = await answer_row(INVOICE, None, invoice_id, call, full_shape_of(INVOICE), meta=False, written=True)
    answer.status, answer.resource_id = status, invoice_id
    return answer.ignoring(ignored_of(call.query_string))


async def create_invoice(call: Call) -> Answer:
    given = dict(checked(call, bodies.InvoiceCreate, INVOICE).given)
    wanted: Sequence[Mapping[str, Any]] = given.pop("lines", ())
    for place, one in enumerate(wanted):
        require_something(one, f"lines.{place}.")
    client_id = given["client_id"]
    visits = await visits_for(call, wanted, client_id)
    account = await account_for(call, client_id, given.get("account_id"), held=True)
    if account is None:
        name = "account_id" if await knows_patient(call, client_id) else "client_id"
        raise InvalidBody([Problem(name, f"The selected {name} is invalid.")])
    lines = await _lines(call, account, wanted, visits, prefix="lines.{}.")
    invoice_id = await _create(call, account, given)
    if lines:
        await store.add_lines(call, invoice_id, lines)
    return await answered(call, invoice_id, status=201)


async def add_line(call: Call) -> Answer:
    """POST /x/invoice/{invoice_id}/line."""
    invoice_id = call.id_of("invoice_id")
    found, fault = checked_later(call, bodies.Line, INVOICE)
    client_id = await store.patient_of(call, invoice_id)
    if fault:
        raise fault
    require_something(found.given)
    visits = await visits_for(call, [found.given], client_id)
    invoice = await open_invoice(call, invoice_id)
    account = await account_for(call, client_id, invoice["account_id"])
    assert account is not None
    await store.add_lines(call, invoice_id, await _lines(call, account, [found.given], visits))
    return await answered(call, invoice_id, status=201)


async def bill_account(call: Call) -> Answer:
    """POST /x/patient/{client_id}/account/{account_id}/line: to the oldest open invoice, else to a new one."""
    client_id, account_id = call.id_of("client_id"), call.id_of("account_id")
    found, fault = checked_later(call, bodies.LineOfAccount, INVOICE)
    if await account_for(call, client_id, account_id) is None:
        raise NotFound("account_id", account_id)
    if fault:
        raise fault
    given = dict(found.given)
    require_something(given)
    business_id = given.pop("business_id", None)
    visits = await visits_for(call, [given], client_id)
    account = await account_for(call, client_id, account_id, held=True)
    if account is None:
        raise NotFound("account_id", account_id)
    lines = await _lines(call, account, [given], visits)
    invoice = await store.oldest_open(call, account_id) if account["open_invoicing"] else None
    if invoice is not None:
        invoice_id: int = invoice["invoice_id"]
    else:
        if business_id is None:
            business_id = next((visit.business_id for visit in visits.values()), None)
        if business_id is None:
            raise refused("business_id", "is required for a new invoice.")
        invoice_id = await _create(call, account, {"business_id": business_id})
    await store.add_lines(call, invoice_id, lines)
    return await answered(call, invoice_id, status=201)


async def edit_line(call: Call) -> Answer:
    """PATCH /x/invoice/{invoice_id}/line/{invoice_item_id}."""
    found, fault = checked_later(call, bodies.LineEdit, None)
    invoice, line = await _found_line(call)
    if fault:
        raise fault
    require_match(call, invoice["version"])
    _require_open(invoice)
    categories = (line["fee_cat_id"], found.given.get("fee_cat_id"))
    item, taxable = await item_for(call, line["item_id"], categories)
    new = edited(line, found.given, item, taxable)
    taken = line["paid"] + line["write_off"]
    if new["debit"] - new["discount"] < taken:
        raise Conflict("LINE_PAID", f"This line has {taken} paid or written off: it cannot come to less.")
    if line["has_payments"] and new["taxable"] != line["taxable"]:
        raise Conflict("LINE_PAID", "This line has payments, which carry its GST: it cannot gain or lose it.")
    await store.edit_line(call, invoice["invoice_id"], line, new)
    return await answered(call, invoice["invoice_id"])


async def remove_line(call: Call) -> Answer:
    """DELETE /x/invoice/{invoice_id}/line/{invoice_item_id}."""
    invoice, line = await _found_line(call)
    require_match(call, invoice["version"])
    _require_open(invoice)
    if line["has_payments"]:
        raise Conflict("LINE_PAID", "This line has payments and cannot be removed: refund them, then write it off.")
    await store.remove_line(call, invoice["invoice_id"], line)
    return Answer(204).ignoring(ignored_of(call.query_string))


async def open_invoice(call: Call, invoice_id: int) -> asyncpg.Record:
    """An open invoice, held. Raises NotFound, and Conflict for one that has been issued."""
    (invoice,) = await store.locked(call, invoice_id)
    _require_open(invoice)
    return invoice


async def _found_line(call: Call) -> tuple[asyncpg.Record, asyncpg.Record]:
    """The invoice and the line that the path names, both held. Raises NotFound."""
    invoice_id, row_id = call.id_of("invoice_id"), call.id_of("invoice_item_id")
    (invoice,) = await store.locked(call, invoice_id)
    line = (await store.locked_lines(call, invoice_id)).get(row_id)
    if line is None:
        raise NotFound("invoice_item_id", row_id)
    return invoice, line


def _require_open(invoice: Mapping[str, Any]) -> None:
    if invoice["issued"] is not None:
        raise Conflict("INVOICE_ISSUED", "This invoice has been issued: mark it unissued to change its lines.")


async def _create(call: Call, account: Mapping[str, Any], given: Mapping[str, Any]) -> int:
    day, due = given.get("invoice_date", call.today), given.get("due_date")
    if due is not None and due < day:
        raise refused("due_date", f"must not be earlier than the invoice_date, {day}.")
    of = {name: account[name] for name in ("client_id", "account_id", "payer_id")}
    return await store.create(call, {**given, **of, "invoice_date": day})


async def _lines(
    call: Call,
    account: Mapping[str, Any],
    wanted: Sequence[Mapping[str, Any]],
    visits: Mapping[int, Visit],
    prefix: str = "",
) -> list[dict[str, Any]]:
    """prefix: how the body calls a line, with {} for its position."""
    if not wanted:
        return []
    ground = await ground_for(call, account, wanted, visits)
    return [line for place, one in enumerate(wanted) for line in lines_of(one, ground, prefix.format(place))]
