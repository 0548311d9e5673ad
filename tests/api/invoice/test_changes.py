"""Open invoicing, numbers, discounts and write-offs, moving, the header, settings and payment methods."""

from decimal import Decimal
from typing import Any

import pytest

from tests.api.answers import all_rows, code, made, problems
from tests.api.invoice.till import Till, amounts

D = Decimal
SUMS = ("debit", "discount", "write_off", "paid", "owing", "gst")


class TestOpenInvoicing:
    def bill(self, till: Till, client: int, account: int, **body: Any) -> dict[str, Any]:
        line = {"item_id": till.visit, "business_id": till.desk.business, **body}
        return made(till.desk.api.post(f"/x/patient/{client}/account/{account}/line", json=line))

    def test_what_is_billed_goes_to_the_oldest_open_invoice(self, till: Till) -> None:
        client, account = till.patient()
        first = self.bill(till, client, account)
        second = till.invoice(client)
        again = self.bill(till, client, account, item_id=till.band)
        assert again["invoice_id"] == first["invoice_id"] < second["invoice_id"]
        assert [line["item_id"] for line in again["invoice_items"]] == [till.visit, till.band]
        made(till.say(first, "issue"))
        assert self.bill(till, client, account)["invoice_id"] == second["invoice_id"]
        made(till.say(first, "unissue"))
        assert self.bill(till, client, account)["invoice_id"] == first["invoice_id"]

    def test_without_it_every_bill_is_a_new_invoice(self, till: Till) -> None:
        client, account = till.patient()
        first = self.bill(till, client, account)
        till.settings(open_invoicing=False)
        try:
            assert self.bill(till, client, account)["invoice_id"] != first["invoice_id"]
        finally:
            till.settings(open_invoicing=True)

    def test_a_payer_may_have_it_otherwise(self, till: Till) -> None:
        payer = till.desk.new("payer", description="Wants one each", open_invoicing=False)
        client, _ = till.patient()
        account = till.account(client, bill_3rd_party=True, payer_id=payer)
        first = self.bill(till, client, account)
        assert self.bill(till, client, account)["invoice_id"] != first["invoice_id"]
        made(till.desk.api.patch(f"/x/payer/{payer}", json={"open_invoicing": None}))
        assert self.bill(till, client, account)["invoice_id"] == first["invoice_id"]

    def test_a_new_invoice_wants_a_business_or_an_appointment(self, till: Till) -> None:
        client, account = till.patient()
        path = f"/x/patient/{client}/account/{account}/line"
        assert list(problems(till.desk.api.post(path, json={"item_id": till.visit}))) == ["business_id"]
        visit = till.desk.book(till.desk.practitioner(), "09:00", client_id=client)
        body = {"appointment_id": visit["appointment_id"], "item_id": till.visit}
        assert made(till.desk.api.post(path, json=body))["business_id"] == till.desk.business

    def test_an_account_that_is_not_there_is_404(self, till: Till) -> None:
        client, _ = till.patient()
        _, other = till.patient()
        for account in (other, 9_000_000_000):
            answer = till.desk.api.post(f"/x/patient/{client}/account/{account}/line", json={})
            assert code(answer) == (404, "NOT_FOUND")


def test_numbers_rise_by_one_and_a_refused_invoice_takes_none(till: Till) -> None:
    client, _ = till.patient()
    first = till.invoice(client)
    body = {"client_id": client, "business_id": till.desk.business, "lines": [{"item_id": till.visit}]}
    assert till.desk.api.post("/x/invoice", json={**body, "business_id": 9_000_000_000}).status_code == 422
    assert till.invoice(client)["invoice_number"] == first["invoice_number"] + 1


def test_a_retry_with_the_same_key_makes_one_invoice(till: Till) -> None:
    client, account = till.patient()
    body = {"client_id": client, "business_id": till.desk.business, "lines": [{"item_id": till.visit}]}
    first, again = (
        till.desk.api.post("/x/invoice", json=body, headers={"idempotency-key": f"invoice-{client}"}) for _ in range(2)
    )
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    assert len(all_rows(till.desk.api, f"/patient/{client}/account/{account}/invoice", "invoices")) == 1


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"client_id": 9_000_000_000}, ["client_id"]),
        ({"account_id": 9_000_000_000}, ["account_id"]),
        ({"business_id": 9_000_000_000}, ["business_id"]),
        ({"invoice_date": "2026-03-02", "due_date": "2026-03-01"}, ["due_date"]),
        ({"lines": [{}]}, ["lines.0.item_id"]),
        ({"lines": [{"item_id": 9_000_000_000}]}, ["lines.0.item_id"]),
        ({"lines": [{"quantity": "1"}]}, ["lines.0.quantity"]),
        ({"lines": {}}, ["lines"]),
    ],
)
def test_an_invoice_that_cannot_be_is_refused_by_name(till: Till, wrong: dict[str, Any], fields: list[str]) -> None:
    client, _ = till.patient()
    body = {"client_id": client, "business_id": till.desk.business, **wrong}
    assert list(problems(till.desk.api.post("/x/invoice", json=body))) == fields


class TestTakingOff:
    def test_a_discount_runs_from_the_top_and_lowers_the_gst(self, till: Till) -> None:
        """90.00 and a band of 18.00 with 1.64 (1.6363...). 95.00 off: 90.00 and 5.00, so 13.00 with 1.18."""
        client, _ = till.patient()
        invoice = till.invoice(client, {"item_id": till.visit}, {"item_id": till.band})
        assert amounts(invoice, *SUMS) == (D(110), D(2), D(0), D(0), D(108), D("1.64"))
        less = made(till.say(invoice, "discount", amount=95, reason="Complaint"))
        assert amounts(less, *SUMS) == (D(110), D(97), D(0), D(0), D(13), D("1.18"))
        assert [line["owing"] for line in less["invoice_items"]] == [0.0, 13.0]
        first, second = less["adjustments"]
        assert (first["kind"], first["amount"], first["reason"]) == ("discount", 90.0, "Complaint")
        assert second["amount"] == 5.0
        back = made(till.say(invoice, "discount", amount=-92, reason="Withdrawn"))
        assert amounts(back, *SUMS) == (D(110), D(5), D(0), D(0), D(105), D("1.36"))
        assert "-3" in problems(till.say(invoice, "discount", amount=-3.01, reason="More"))["amount"]

    def test_a_write_off_leaves_total_and_gst(self, till: Till) -> None:
        client, _ = till.patient()
        invoice = till.invoice(client, {"item_id": till.visit}, {"item_id": till.band})
        band = invoice["invoice_items"][1]["invoice_item_id"]
        less = made(till.say(invoice, "write_off", amount=18, reason="Lost", invoice_item_id=band))
        assert amounts(less, *SUMS) == (D(110), D(2), D(18), D(0), D(90), D("1.64"))
        most = problems(till.say(invoice, "write_off", amount=90.01, reason="Lost"))
        assert most == {"amount": "The amount field must not be greater than 90.00: that is what is owing."}
        none = problems(till.say(invoice, "write_off", amount=0.01, reason="Lost", invoice_item_id=band))
        assert list(none) == ["amount"]
        gone = made(till.say(made(till.say(invoice, "issue")), "write_off", amount=90, reason="Bad debt"))
        assert amounts(gone, "owing") == (D(0),)

    @pytest.mark.parametrize(
        ("wrong", "fields"),
        [
            ({}, ["amount", "reason"]),
            ({"amount": 0, "reason": "x"}, ["amount"]),
            ({"amount": 1.001, "reason": "x"}, ["amount"]),
            ({"amount": 1, "reason": " "}, ["reason"]),
            ({"amount": 1, "reason": "x" * 501}, ["reason"]),
            ({"amount": 1, "reason": "x", "invoice_item_id": 9_000_000_000}, ["invoice_item_id"]),
        ],
    )
    @pytest.mark.parametrize("kind", ["discount", "write_off"])
    def test_what_cannot_be_is_refused_by_name(
        self, till: Till, kind: str, wrong: dict[str, Any], fields: list[str]
    ) -> None:
        client, _ = till.patient()
        invoice = till.invoice(client, {"item_id": till.visit})
        assert list(problems(till.say(invoice, kind, **wrong))) == fields
        assert made(till.desk.api.get(f"/invoice/{invoice['invoice_id']}"))["invoice_items"][0]["owing"] == 90.0


class TestMoving:
    def test_to_another_account_of_the_patient_takes_its_payer(self, till: Till) -> None:
        client, account = till.patient()
        insured = till.account(client, bill_3rd_party=True, payer_id=till.payer)
        one, two = (till.invoice(client, {"item_id": till.visit}) for _ in range(2))
        moved = made(till.say(one, "move", account_id=insured, invoice_ids=[two["invoice_id"]]))
        assert (moved["account_id"], moved["payer_id"]) == (insured, till.payer)
        path = f"/patient/{client}/account/{insured}/invoice"
        assert len(all_rows(till.desk.api, path, "invoices")) == 2
        back = made(till.say(one, "move", account_id=account))
        assert (back["account_id"], back["payer_id"]) == (account, None)

    def test_only_invoices_of_one_account_and_to_the_patients_own(self, till: Till) -> None:
        client, _ = till.patient()
        second, third = till.account(client), till.account(client)
        _, strange = till.patient()
        one, other = till.invoice(client), till.invoice(client, account_id=second)
        assert list(problems(till.say(one, "move", account_id=strange))) == ["account_id"]
        for ids in ([other["invoice_id"]], [9_000_000_000]):
            assert list(problems(till.say(one, "move", account_id=third, invoice_ids=ids))) == ["invoice_ids"]


class TestTheHeader:
    def test_notes_and_due_date_change_any_time_the_date_while_open(self, till: Till) -> None:
        client, _ = till.patient()
        invoice = till.invoice(client, {"item_id": till.visit}, invoice_date="2026-03-02", due_date="2026-03-16")
        path = f"/x/invoice/{invoice['invoice_id']}"
        assert made(till.desk.api.patch(path, json={"invoice_date": "2026-03-03"}))["invoice_date"] == "2026-03-03"
        for wrong in ({"due_date": "2026-03-02"}, {"invoice_date": "2026-03-17"}):
            assert list(problems(till.desk.api.patch(path, json=wrong))) == list(wrong)
        made(till.say(invoice, "issue"))
        assert code(till.desk.api.patch(path, json={"invoice_date": "2026-03-04"})) == (409, "INVOICE_ISSUED")
        same = {"invoice_date": "2026-03-03", "due_date": "2026-03-30", "invoice_notes": "Thank you"}
        changed = made(till.desk.api.patch(path, json=same))
        assert (changed["due_date"], changed["invoice_notes"]) == ("2026-03-30", "Thank you")
        assert changed["updated_by_user_id"] == till.desk.clinic.user_id


def test_settings_have_a_version(till: Till) -> None:
    api = till.desk.api
    read = api.get("/x/billing_settings")
    assert read.json() == {"open_invoicing": True, "ndis_rounding": False}
    etag = {"if-match": read.headers["etag"]}
    assert api.patch("/x/billing_settings", json={}, headers=etag).headers["etag"] == etag["if-match"]
    assert made(api.patch("/x/billing_settings", json={"open_invoicing": False}, headers=etag)) == {
        "open_invoicing": False,
        "ndis_rounding": False,
    }
    assert code(api.patch("/x/billing_settings", json={}, headers=etag)) == (412, "PRECONDITION_FAILED")
    assert list(problems(api.patch("/x/billing_settings", json={"open_invoicing": "no"}))) == ["open_invoicing"]
    assert list(problems(api.patch("/x/billing_settings", json={"rounding": True}))) == ["rounding"]
    till.settings(open_invoicing=True)


def test_every_clinic_begins_with_the_published_payment_methods(till: Till) -> None:
    rows = all_rows(till.desk.api, "/x/payment_method", "payment_methods", sort_by="method_rank")
    assert [row["description"] for row in rows] == [
        *("Cash", "Credit Card", "EFTPOS", "Health Fund", "Cheque", "Bank Transfer", "Gift Card", "Medicare/DVA")
    ]
    taken = till.desk.api.post("/x/payment_method", json={"description": "eftpos"})
    assert list(problems(taken)) == ["description"]


def test_every_write_is_audited_with_what_changed(till: Till) -> None:
    client, _ = till.patient()
    invoice = till.invoice(client, {"item_id": till.visit})
    line = invoice["invoice_items"][0]["invoice_item_id"]
    path = f"/x/invoice/{invoice['invoice_id']}/line/{line}"
    made(till.desk.api.patch(path, json={"quantity": 2}))
    made(till.say(invoice, "discount", amount=10, reason="Agreed"))
    made(till.say(invoice, "issue"))
    made(till.say(invoice, "unissue"))
    assert till.desk.api.delete(path).status_code == 204
    sql = (
        "SELECT operation_id, changes::text, client_id FROM audit_event WHERE resource = 'invoice' "
        "AND resource_id = $1 AND changes IS NOT NULL ORDER BY audit_event_id"
    )
    events = till.desk.sql(sql, invoice["invoice_id"])
    assert [event["operation_id"] for event in events] == [
        "createInvoice-Post",
        "createInvoice-Post",
        "editInvoiceLine-Patch",
        "discountInvoice-Post",
        "issueInvoice-Post",
        "unissueInvoice-Post",
        "deleteInvoiceLine-Delete",
    ]
    assert {event["client_id"] for event in events} == {client}
    assert '"quantity": ["1.00", "2.00"]' in events[2]["changes"]
    assert '"reason": "Agreed"' in events[3]["changes"]
