"""GET /v1/x/patient/{client_id}/account/{account_id}/balance: what an account owes and what lies on it."""

from openprac.billing import payment_store as store
from openprac.billing.payments import PAYMENT
from openprac.errors import NotFound
from openprac.kernel.action import Endpoint
from openprac.kernel.call import Answer, Call
from openprac.kernel.query import ignored_of
from openprac.kernel.shape import ENCODER

INVOICE_READ = "invoice:read"
_MONEY = {"type": "number"}


async def account_balance(call: Call) -> Answer:
    """Both sums of one moment. Raises AccessDenied for a caller who may not read invoices."""
    ignored = ignored_of(call.query_string)
    call.caller.require(INVOICE_READ)
    client_id, account_id = call.id_of("client_id"), call.id_of("account_id")
    found = await store.balance(call, client_id, account_id)
    if found is None:
        raise NotFound("account_id", account_id)
    call.note_read("patient_account", account_id, client_id)
    shown = {
        "client_id": client_id,
        "account_id": account_id,
        "owing": found["owing"],
        "credit": found["credit"],
        "balance": found["owing"] - found["credit"],
    }
    return Answer(200, ENCODER.encode(shown)).ignoring(ignored)


ACTIONS = (
    Endpoint(
        id="getAccountBalance-Get",
        method="GET",
        path="/x/patient/{client_id}/account/{account_id}/balance",
        tag=PAYMENT.tag,
        summary="Get Account Balance",
        description="owing: of all invoices of the account; credit: what its payments and refunds have not allocated; "
        "balance: owing less credit. Money of a payer that names no account is on no account. "
        f"Needs `{INVOICE_READ}` besides.",
        permission="payment:read",
        handler=account_balance,
        extension=True,
        rights=(INVOICE_READ,),
        answer={
            "title": "AccountBalance",
            "type": "object",
            "required": ["client_id", "account_id", "owing", "credit", "balance"],
            "properties": {
                "client_id": {"type": "integer"},
                "account_id": {"type": "integer"},
                "owing": _MONEY,
                "credit": _MONEY,
                "balance": _MONEY,
            },
        },
    ),
)
