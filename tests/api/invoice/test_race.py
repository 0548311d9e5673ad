"""Many at once: one open invoice an account, every number once, sums that follow every change."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import httpx

from tests.api.answers import all_rows, code, made
from tests.api.invoice.till import Till

AT_ONCE = 16

SUMS_SQL = """
SELECT i.invoice_id FROM invoice i
  LEFT JOIN LATERAL (SELECT coalesce(sum(debit), 0) AS debit, coalesce(sum(discount), 0) AS discount,
                            coalesce(sum(write_off), 0) AS write_off, coalesce(sum(gst), 0) AS gst,
                            coalesce(sum(owing), 0) AS owing
                       FROM invoice_item l WHERE l.tenant_id = i.tenant_id AND l.invoice_id = i.invoice_id) l ON true
 WHERE i.invoice_id = $1 AND (i.debit, i.discount, i.write_off, i.gst, i.owing)
       IS DISTINCT FROM (l.debit, l.discount, l.write_off, l.gst, l.owing)"""


def at_once(till: Till, *asks: Callable[[httpx.Client], httpx.Response]) -> list[httpx.Response]:
    """Each with a connection of its own."""

    def ask(one: Callable[[httpx.Client], httpx.Response]) -> httpx.Response:
        with till.desk.cast.client(till.desk.clinic) as api:
            return one(api)

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(ask, asks))


def test_all_bills_of_an_account_find_one_open_invoice(till: Till) -> None:
    client, account = till.patient()
    path = f"/x/patient/{client}/account/{account}/line"
    body = {"item_id": till.visit, "business_id": till.desk.business}
    answers = at_once(till, *[lambda api: api.post(path, json=body)] * AT_ONCE)
    assert {answer.status_code for answer in answers} == {201}
    (invoice,) = all_rows(till.desk.api, f"/patient/{client}/invoice", "invoices")
    assert len(invoice["invoice_items"]) == AT_ONCE
    assert till.desk.sql(SUMS_SQL, invoice["invoice_id"]) == []


def test_an_appointment_is_billed_once(till: Till) -> None:
    client, account = till.patient()
    kind = till.desk.type_of(item_id=till.visit)
    visit = till.desk.book(till.desk.practitioner(), "09:00", client_id=client, appointment_type_id=kind)
    other = till.account(client)
    body = {"appointment_id": visit["appointment_id"]}
    paths = [f"/x/patient/{client}/account/{one}/line" for one in (account, other)] * (AT_ONCE // 2)
    answers = at_once(till, *(lambda api, path=path: api.post(path, json=body) for path in paths))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (AT_ONCE - 1)
    assert {code(answer) for answer in answers if answer.status_code == 409} == {(409, "ALREADY_BILLED")}


def test_numbers_are_given_once_each(till: Till) -> None:
    client, _ = till.patient()
    body = {"client_id": client, "business_id": till.desk.business}
    answers = at_once(till, *[lambda api: api.post("/x/invoice", json=body)] * AT_ONCE)
    numbers = sorted(made(answer)["invoice_number"] for answer in answers)
    assert numbers == list(range(numbers[0], numbers[0] + AT_ONCE))


def test_no_more_is_taken_off_than_is_owing(till: Till) -> None:
    """90.00 owing; sixteen times 10.00 off, half as discount, half as write-off: nine of them fit."""
    client, _ = till.patient()
    invoice = till.invoice(client, {"item_id": till.visit})
    path = f"/x/invoice/{invoice['invoice_id']}"
    body = {"amount": 10, "reason": "At once"}
    asks = [
        lambda api, kind=kind: api.post(f"{path}/{kind}", json=body)
        for kind in ("discount", "write_off") * (AT_ONCE // 2)
    ]
    answers = at_once(till, *asks)
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [422] * (AT_ONCE - 9)
    assert till.read(invoice)["owing"] == 0
    assert till.desk.sql(SUMS_SQL, invoice["invoice_id"]) == []


def test_lines_come_go_and_change_while_it_is_issued(till: Till) -> None:
    client, _ = till.patient()
    invoice = till.invoice(client, *[{"item_id": till.band}] * 4)
    path = f"/x/invoice/{invoice['invoice_id']}"
    lines = [f"{path}/line/{line['invoice_item_id']}" for line in invoice["invoice_items"]]
    asks: list[Callable[[httpx.Client], httpx.Response]] = [
        *(lambda api, line=line: api.patch(line, json={"quantity": 3}) for line in lines[:2]),
        *(lambda api, line=line: api.delete(line) for line in lines[2:]),
        *([lambda api: api.post(f"{path}/line", json={"item_id": till.visit})] * 4),
        lambda api: api.post(f"{path}/issue"),
        lambda api: api.post(f"{path}/unissue"),
    ]
    answers = at_once(till, *asks)
    assert {answer.status_code for answer in answers} <= {200, 201, 204, 409}
    assert till.desk.sql(SUMS_SQL, invoice["invoice_id"]) == []
    left = till.read(invoice)
    assert Decimal(str(left["debit"])) == sum(Decimal(str(line["debit"])) for line in left["invoice_items"])
