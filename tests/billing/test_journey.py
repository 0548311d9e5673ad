"""A patient's way through the clinic: booked, seen, billed by fee category, paid by fund and card, refunded."""

from typing import Any

import pytest

from tests.api.answers import all_rows, made
from tests.billing.till import Till
from tests.desk import DAY


@pytest.fixture(scope="module")
def concession(till: Till) -> int:
    return till.desk.new("fee_category", id="fee_cat_id", description="Concession card")


@pytest.fixture(scope="module")
def visit_type(till: Till, concession: int) -> int:
    fees = [{"fee_cat_id": concession, "charge": 120, "discount": 20}]
    item = till.desk.new("item", item_code="JOURN", description="Long consultation", item_fees=fees)
    return till.desk.type_of(60, item_id=item)


def test_from_the_booking_to_the_refund(till: Till, concession: int, visit_type: int) -> None:
    desk, api = till.desk, till.api
    client = desk.patient(fee_cat_id=concession)
    account = made(api.get(f"/patient/{client}"))["default_account_id"]
    path = f"/x/patient/{client}/account/{account}"

    # Booked, and seen.
    body = desk.visit(desk.practitioner(), "09:00", client_id=client, appointment_type_id=visit_type, duration=60)
    visit = made(api.post("/appointment", json=body))["appointment_id"]
    statuses = all_rows(api, "/appointment_status", "appointment_statuses")
    completed = next(row["appointment_status_id"] for row in statuses if row["status_description"] == "Completed")
    made(api.patch(f"/appointment/{visit}", json={"appointment_status_id": completed}))

    # Billed: the visit at the concession's fee, and something from the shelf.
    made(api.post(f"{path}/line", json={"appointment_id": visit}))
    band = {"item_id": till.items["taxable"], "unit_price": 22}
    invoice = made(api.post(f"{path}/line", json=band))
    number = invoice["invoice_id"]
    consultation, shelf = invoice["invoice_items"]
    told = (consultation["debit"], consultation["discount"], consultation["fee_cat_id"], consultation["item_time"])
    assert told == (120.00, 20.00, concession, f"{DAY}T09:00:00")
    assert (invoice["owing"], invoice["gst"]) == (122.00, 2.00)
    assert made(api.post(f"/x/invoice/{number}/issue"))["issued"] is not None

    # The fund pays its benefit, the card the gap.
    benefit = [{"invoice_item_id": consultation["invoice_item_id"], "amount": 54}]
    money: dict[str, Any] = {"account_id": account, "business_id": desk.business}
    fund = {**money, "payment_type": "Health Fund", "total": 54, "allocations": benefit}
    made(api.post("/x/payment", json=fund))
    assert made(api.get(f"{path}/balance"))["balance"] == 68.00
    card = {**money, "payment_type": "Credit Card", "card_type": "Visa", "total": 68, "invoice_ids": [number]}
    gap = made(api.post("/x/payment", json=card))
    paid = [(one["invoice_item_id"], one["amount"], one["gst"]) for one in gap["payment_items"]]
    assert paid == [(consultation["invoice_item_id"], 46.00, 0), (shelf["invoice_item_id"], 22.00, 2.00)]
    assert made(api.get(f"{path}/balance"))["balance"] == 0

    # The band comes back.
    line = {"invoice_item_id": shelf["invoice_item_id"], "amount": 22, "discount": 22}
    body = {"amount": 22, "payment_type": "Credit Card", "reason": "Brought back", "lines": [line]}
    [refund] = made(api.post(f"/x/invoice/{number}/refund", json=body))["payments"]
    assert (refund["total"], refund["refund_of"]) == (-22.00, gap["payment_id"])
    assert refund["payment_items"][0]["gst"] == -2.00
    after = made(api.get(f"/invoice/{number}"))["invoice_items"]
    assert [(one["paid"], one["discount"], one["owing"], one["gst"]) for one in after] == [
        (100.00, 20.00, 0, 0),
        (0, 22.00, 0, 0),
    ]
    assert made(api.get(f"{path}/balance"))["balance"] == 0
    methods = [row["payment_type"] for row in all_rows(api, f"/patient/{client}/payment", "payments")]
    assert methods == ["Health Fund", "Credit Card", "Credit Card"]
