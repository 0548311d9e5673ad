"""What is done with money: taking it, allocating it to lines of invoices, giving it back.

Invoices are locked before payments, always (openprac/billing/payment_store.py). Why money is one party's and what a
refund is: docs/billing.md.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from openprac.billing import payment_store as store
from openprac.billing.allocation import Exceeds, as_asked
from openprac.billing.payment_rows import Allocate, PaymentCreate
from openprac.billing.payments import PAYMENT
from openprac.billing.totals import ZERO, Owing, Share, allocation_gst, spread
from openprac.diary.actions import checked, checked_later
from openprac.errors import Conflict, InvalidBody, NotFound, Problem
from openprac.kernel.action import Endpoint, Handler, permission_for
from openprac.kernel.call import Answer, Call
from openprac.kernel.collection import Creation
from openprac.kernel.handlers import answer_row
from openprac.kernel.query import ignored_of
from openprac.kernel.row import Row
from openprac.kernel.rules import refused
from openprac.kernel.shape import full_shape_of

WAYS = ("invoice_ids", "allocations", "auto_allocate")


def must_be_money(amounts: Mapping[str, Decimal]) -> None:
    """Nothing is not an amount. Raises InvalidBody with each that is none."""
    problems = [
        Problem(name, f"The {name} field must be greater than 0.") for name, amount in amounts.items() if amount <= 0
    ]
    if problems:
        raise InvalidBody(problems)


def each_line_once(name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Raises InvalidBody."""
    seen: set[int] = set()
    for position, row in enumerate(rows):
        if row["invoice_item_id"] in seen:
            raise refused(f"{name}.{position}.invoice_item_id", "must not name a line twice.")
        seen.add(row["invoice_item_id"])


async def answered(call: Call, payment_id: int, *, status: int) -> Answer:
    """The payment as it stands now."""
    answer = await answer_row(PAYMENT, None, payment_id, call, full_shape_of(PAYMENT), meta=False, written=True)
    answer.status, answer.resource_id = status, payment_id
    return answer.ignoring(ignored_of(call.query_string))


async def create_payment(call: Call) -> Answer:
    ignored_of(call.query_string)
    given = checked(call, PaymentCreate, PAYMENT).given
    must_be_money({"total": given["total"]})
    _one_way(given)
    if sum(row["amount"] for row in given.get("allocations", ())) > given["total"]:
        raise refused("allocations", "must not come to more than the total.")
    facts = await store.facts(call, given["payment_type"], given.get("account_id"))
    _whose_it_is(given, facts)
    parts = await _allocated(call, given, party_of(given), given["total"])
    allocated = sum((part.amount for part in parts), ZERO)
    values = {
        "total": given["total"],
        "allocated": allocated,
        "client_id": facts["client_id"],
        "account_id": given.get("account_id"),
        "payer_id": given.get("payer_id"),
        "business_id": given["business_id"],
        "payment_time": given.get("payment_time", call.wall_clock),
        "payment_type": facts["payment_type"],
        "card_type": given.get("card_type"),
        "notes": given.get("notes"),
    }
    payment_id = await store.write(call, store.PAY_SQL, parts, values, *values.values())
    return await answered(call, payment_id, status=201)


async def allocate_payment(call: Call) -> Answer:
    ignored_of(call.query_string)
    payment_id = call.id_of("payment_id")
    found, fault = checked_later(call, Allocate, PAYMENT)
    given = found.given
    before = await store.payment(call, payment_id)
    if before is None:
        raise NotFound("payment_id", payment_id)
    if fault:
        raise fault
    _one_way(given)
    if not any(given.get(way) for way in WAYS):
        raise refused("invoice_ids", "is required, or allocations, or auto_allocate.")
    locked = await _locked(call, given, before["party"], before["credit"])
    lines = await store.lines_of(call, list(locked))
    [payment] = await store.lock_payments(call, [payment_id])
    if payment["refund"]:
        raise Conflict("IS_REFUND", "This payment is a refund: there is nothing in it to allocate.")
    if not payment["credit"]:
        raise _too_much(Exceeds(None, ZERO))
    parts = _parts(given, payment["party"], payment["credit"], locked, lines)
    if not parts:
        raise Conflict("EXCEEDS_OWING", "What was named owes nothing.")
    allocated = sum((part.amount for part in parts), ZERO)
    await store.write(call, store.ALLOCATE_SQL, parts, {"allocated": allocated}, allocated, payment_id)
    return await answered(call, payment_id, status=200)


def party_of(given: Mapping[str, Any]) -> str:
    """As the tables spell it: the payer, or the account where there is none."""
    payer_id = given.get("payer_id")
    return f"account {given['account_id']}" if payer_id is None else f"payer {payer_id}"


def _one_way(given: Mapping[str, Any]) -> None:
    """Raises InvalidBody."""
    ways = [way for way in WAYS if given.get(way)]
    if len(ways) > 1:
        raise refused(ways[1], f"must be left out where {ways[0]} is given.")
    rows = given.get("allocations", ())
    must_be_money({f"allocations.{position}.amount": row["amount"] for position, row in enumerate(rows)})
    each_line_once("allocations", rows)


def _whose_it_is(given: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Raises InvalidBody for a method or an account that is not there."""
    problems = []
    if facts["payment_type"] is None:
        problems.append(unknown_method())
    account_id, client_id = given.get("account_id"), given.get("client_id")
    if account_id is None and (client_id is not None or given.get("payer_id") is None):
        problems.append(Problem("account_id", "The account_id field is required where payer_id is not given."))
    elif account_id is not None and facts["client_id"] is None:
        problems.append(Problem("account_id", "The selected account_id is invalid."))
    elif client_id is not None and client_id != facts["client_id"]:
        problems.append(Problem("client_id", "The selected client_id is invalid: the account is not theirs."))
    if problems:
        raise InvalidBody(problems)


def unknown_method() -> Problem:
    return Problem("payment_type", "The selected payment_type is invalid: it must name a payment method in use.")


async def _allocated(call: Call, given: Mapping[str, Any], party: str, money: Decimal) -> list[store.Part]:
    locked = await _locked(call, given, party, money)
    lines = await store.lines_of(call, list(locked)) if locked else []
    return _parts(given, party, money, locked, lines)


async def _locked(call: Call, given: Mapping[str, Any], party: str, money: Decimal) -> dict[int, str]:
    """The invoices to be paid, locked, with their parties. Raises InvalidBody for one that is not there."""
    if invoice_ids := given.get("invoice_ids"):
        locked = await store.lock_invoices(call, store.LOCK_NAMED_SQL, invoice_ids)
        if len(locked) < len(invoice_ids):
            raise InvalidBody([Problem("invoice_ids", "The selected invoice_ids is invalid.")])
        return locked
    if rows := given.get("allocations"):
        return await store.lock_invoices(call, store.LOCK_BY_LINES_SQL, [row["invoice_item_id"] for row in rows])
    if given.get("auto_allocate"):
        return await store.lock_invoices(call, store.LOCK_OLDEST_SQL, party, money)
    return {}


def _parts(
    given: Mapping[str, Any],
    party: str,
    money: Decimal,
    locked: Mapping[int, str],
    lines: Sequence[Mapping[str, Any]],
) -> list[store.Part]:
    """What each line gets. Raises InvalidBody or Conflict."""
    by_id = {line["invoice_item_id"]: line for line in lines}
    rows = given.get("allocations") or ()
    for position, row in enumerate(rows):
        name = f"allocations.{position}.invoice_item_id"
        if row["invoice_item_id"] not in by_id:
            raise InvalidBody([Problem(name, f"The selected {name} is invalid.")])
        if locked[by_id[row["invoice_item_id"]]["invoice_id"]] != party:
            raise _other_party(name)
    if any(other != party for other in locked.values()):
        # Of those that were found by their party one has been moved since.
        raise _other_party("invoice_ids" if given.get("invoice_ids") else "auto_allocate")
    try:
        shares = _shares(given, money, lines, [Share(row["invoice_item_id"], row["amount"]) for row in rows])
    except Exceeds as error:
        raise _too_much(error) from None
    return [_part(by_id[share.invoice_item_id], share.amount) for share in shares]


def _shares(
    given: Mapping[str, Any], money: Decimal, lines: Sequence[Mapping[str, Any]], asked: Sequence[Share]
) -> Sequence[Share]:
    owing = [Owing(line["invoice_item_id"], line["owing"]) for line in lines]
    if asked:
        return as_asked(money, asked, owing)
    places = {invoice_id: place for place, invoice_id in enumerate(given.get("invoice_ids", ()))}
    # Lines come top-down in their invoice; sorting keeps that.
    ordered = sorted(
        lines, key=lambda line: (places.get(line["invoice_id"], 0), line["invoice_date"], line["invoice_id"])
    )
    return spread(money, [Owing(line["invoice_item_id"], line["owing"]) for line in ordered])[0]


def _part(line: Mapping[str, Any], amount: Decimal) -> store.Part:
    gst = allocation_gst(line["paid"], amount, taxable=line["taxable"])
    return store.Part(line["invoice_id"], line["invoice_item_id"], amount, gst)


def _other_party(name: str) -> InvalidBody:
    return refused(name, "must be of the party whose money it is: its payer, or its account where there is no payer.")


def _too_much(error: Exceeds) -> Conflict:
    if error.position is None:
        return Conflict("EXCEEDS_CREDIT", f"Of this payment {error.there_is} is left to allocate.")
    return Conflict("EXCEEDS_OWING", f"The line of allocations.{error.position} owes {error.there_is}.")


def paying(
    id: str, path: str, summary: str, row: type[Row], handler: Handler, *, success: int, description: str
) -> Endpoint:
    """A write of payments that answers with one."""
    return Endpoint(
        id=id,
        method="POST",
        path=path,
        tag=PAYMENT.tag,
        summary=summary,
        permission=permission_for(PAYMENT.tag, "POST"),
        handler=handler,
        description=description,
        extension=True,
        transaction=True,
        collection=PAYMENT,
        operation=Creation(id=id, path=path, summary=summary, extension=True),
        body=row,
        success=success,
        statuses=(409,),
    )


THREE_WAYS = (
    "invoice_ids: the lines of these invoices from the top down, in the order given; auto_allocate: those of all "
    "invoices of the party, the oldest first; allocations: so much to each line."
)

ACTIONS = (
    paying(
        "createPayment-Post",
        "/x/payment",
        "Create Payment",
        PaymentCreate,
        create_payment,
        success=201,
        description="Money of a payer (payer_id) or of an account (account_id), allocated in one of three ways or not "
        f"at all. {THREE_WAYS} What is left over is credit. 409 EXCEEDS_OWING: a line owes less than is asked for.",
    ),
    paying(
        "allocatePayment-Post",
        "/x/payment/{payment_id}/allocate",
        "Allocate Payment",
        Allocate,
        allocate_payment,
        success=200,
        description=f"Credit of a payment, in one of three ways. {THREE_WAYS} 409 EXCEEDS_CREDIT: less of the payment "
        "is left; EXCEEDS_OWING: less is owed.",
    ),
)
