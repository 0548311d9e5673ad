"""What payments cost in round trips to the database."""

from tests.billing.till import Till
from tests.counted import counting


def test_what_is_done_with_money(till: Till) -> None:
    """enter; what must be known; locks; lines; the payment and all it touches in one; two more for the answer."""
    account = till.account()
    bills = [till.bill(account, *(["10.00"] * lines)).invoice for lines in (1, 30)]
    with counting(till.desk.cast, till.desk.clinic) as here:
        rows = [{"invoice_item_id": line, "amount": 1} for line in till.bill(account, "9.00", "9.00").lines]
        costs = {
            "credit": here.of(lambda api: api.post("/x/payment", json=till.money(account, "50.00"))),
            "pay": here.of(lambda api: api.post("/x/payment", json=till.money(account, "90.00", invoice_ids=bills))),
            "pay by hand": here.of(
                lambda api: api.post("/x/payment", json=till.money(account, "9.00", allocations=rows))
            ),
            "pay the oldest": here.of(
                lambda api: api.post("/x/payment", json=till.money(account, "9.00", auto_allocate=True))
            ),
        }
        payment = till.pay(account, "40.00")["payment_id"]
        path = f"/x/payment/{payment}"
        back = {"amount": 20, "payment_type": "Cash"}
        costs |= {
            "allocate": here.of(lambda api: api.post(f"{path}/allocate", json={"invoice_ids": bills})),
            "refund": here.of(lambda api: api.post(f"{path}/refund", json=back)),
            "refund an invoice": here.of(
                lambda api: api.post(f"/x/invoice/{bills[0]}/refund", json={**back, "amount": 10})
            ),
            "balance": here.of(lambda api: api.get(f"/x{account.path}/balance")),
            "get": here.of(lambda api: api.get(f"/payment/{payment}")),
            "list": here.of(lambda api: api.get(f"{account.path}/payment")),
            "a page of the list": here.of(lambda api: api.get(f"{account.path}/payment", params={"page_size": 2})),
        }
    assert costs == {
        "credit": 5,
        "pay": 7,
        "pay by hand": 7,
        "pay the oldest": 7,
        "allocate": 8,
        "refund": 9,
        # And three for each further payment that gives something back.
        "refund an invoice": 9,
        "balance": 2,
        "get": 3,
        "list": 3,
        "a page of the list": 4,
    }
