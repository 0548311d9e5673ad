"""What a line bills: fees by category, groups, appointments by the hour; changing and removing it while it is open."""

from decimal import Decimal
from typing import Any

import pytest

from tests.api.answers import code, made, problems
from tests.api.invoice.till import Till, amounts

D = Decimal
OWING = ("debit", "discount", "write_off", "paid", "owing", "gst")


def test_a_line_takes_price_and_discount_of_the_patients_fee_category(till: Till) -> None:
    """92.00 less 2.00, twice: 184.00 less 4.00."""
    client, account = till.patient()
    invoice = till.invoice(client, {"item_id": till.visit, "quantity": 2})
    assert (invoice["client_id"], invoice["account_id"], invoice["payer_id"]) == (client, account, None)
    assert invoice["issued"] is None
    (line,) = invoice["invoice_items"]
    assert amounts(line, *OWING) == (D(184), D(4), D(0), D(0), D(180), D(0))
    assert amounts(line, "quantity", "unit_price", "unit_discount", "unit_gst") == (D(2), D(92), D(2), D(0))
    assert (line["fee_cat_id"], line["description"], line["item_time"]) == (
        till.private,
        "Sold as VISIT",
        line["item_time"],
    )
    assert amounts(invoice, *OWING) == amounts(line, *OWING)


def test_the_accounts_fee_category_comes_before_the_patients(till: Till) -> None:
    """Taxed by its category: 92.00 has 8.36 (8.3636...) of GST, whatever the item says."""
    client, _ = till.patient()
    account = till.account(client, fee_cat_id=till.taxed, bill_3rd_party=True, payer_id=till.payer)
    invoice = till.invoice(client, {"item_id": till.visit}, account_id=account)
    (line,) = invoice["invoice_items"]
    assert line["fee_cat_id"] == till.taxed
    assert amounts(line, "debit", "discount", "gst", "unit_gst") == (D(92), D(0), D("8.36"), D("8.36"))
    assert invoice["payer_id"] == till.payer


def test_what_has_no_fee_wants_a_price(till: Till) -> None:
    client, _ = till.patient(fee_cat_id=None)
    body = {"client_id": client, "business_id": till.desk.business, "lines": [{"item_id": till.visit}]}
    refused = problems(till.desk.api.post("/x/invoice", json=body))
    assert list(refused) == ["lines.0.unit_price"]
    assert "has no fee without a fee category; give unit_price" in refused["lines.0.unit_price"]
    body["lines"] = [{"item_id": till.visit, "fee_cat_id": till.desk.fee_category}]
    assert list(problems(till.desk.api.post("/x/invoice", json=body))) == ["lines.0.unit_price"]
    (line,) = till.invoice(client, {"item_id": till.visit, "unit_price": 10.5})["invoice_items"]
    assert amounts(line, "debit", "discount", "unit_discount") == (D("10.50"), D(0), D(0))
    assert line["fee_cat_id"] is None


def test_gst_is_of_the_line_after_discount(till: Till) -> None:
    """Ten bands at 4.95 less 0.50: 44.50, an eleventh is 4.05; ten times 0.40 of one would be 4.00."""
    client, _ = till.patient()
    line = {"item_id": till.band, "quantity": 10, "unit_price": 4.95, "unit_discount": 0.5}
    invoice = till.invoice(client, line, {"item_id": till.visit})
    assert amounts(invoice["invoice_items"][0], "debit", "discount", "gst", "unit_gst") == (
        D("49.50"),
        D("5.00"),
        D("4.05"),
        D("0.40"),
    )
    assert amounts(invoice, "debit", "discount", "gst", "owing") == (D("141.50"), D("7.00"), D("4.05"), D("134.50"))


def test_both_rounding_modes_as_published(till: Till) -> None:
    """193.99 * 2.25 = 436.4775 and 193.99 * 0.5 = 96.995 (help article 9463962). A line keeps how it was made."""
    client, _ = till.patient()
    lines = [{"item_id": till.visit, "unit_price": 193.99, "quantity": quantity} for quantity in (2.25, 0.5)]
    normal = till.invoice(client, *lines)
    till.settings(ndis_rounding=True)
    try:
        cut = till.invoice(client, *lines)
        first = normal["invoice_items"][0]["invoice_item_id"]
        path = f"/x/invoice/{normal['invoice_id']}/line/{first}"
        again = made(till.desk.api.patch(path, json={"quantity": 0.5}))
    finally:
        till.settings(ndis_rounding=False)
    assert [line["debit"] for line in normal["invoice_items"]] == [436.48, 97.0]
    assert [line["debit"] for line in cut["invoice_items"]] == [436.47, 96.99]
    assert again["invoice_items"][0]["debit"] == 97.0


def test_a_group_is_a_line_for_each_of_its_items(till: Till) -> None:
    client, _ = till.patient()
    group = till.desk.new("item_group", description="First visit", item_ids=[till.visit, till.band])
    invoice = till.invoice(client, {"item_group_id": group, "quantity": 2})
    assert [(line["item_id"], line["debit"]) for line in invoice["invoice_items"]] == [
        (till.visit, 184.0),
        (till.band, 36.0),
    ]
    for name in ("unit_price", "unit_discount", "description"):
        body = {"item_group_id": group, name: "x" if name == "description" else 1}
        assert list(problems(till.say(invoice, "line", **body))) == [name]
    unpriced = till.desk.new("item", item_code=f"U{group}", description="Without a fee")
    holed = till.desk.new("item_group", description="Holed", item_ids=[unpriced])
    assert list(problems(till.say(invoice, "line", item_group_id=holed))) == ["item_group_id"]


class TestAppointments:
    def booked(self, till: Till, *, hourly: bool = False, minutes: int = 30, **more: Any) -> tuple[int, dict[str, Any]]:
        desk = till.desk
        rows = [
            {
                "profession_id": desk.profession,
                "duration": minutes,
                "all_fee_cats": True,
                "hourly_billing": hourly,
                "item_id": till.visit,
            }
        ]
        name = f"Type {next(desk.names)}"
        body = {"description": name, "short_description": name, "appointment_type_durations": rows}
        kind = desk.new("appointment_type", **body)
        client, _ = till.patient()
        more = {"client_id": client, "appointment_type_id": kind, "duration": minutes, **more}
        return client, desk.book(desk.practitioner(), "10:00", **more)

    def test_bills_its_item_with_its_time_and_practitioner(self, till: Till) -> None:
        client, visit = self.booked(till)
        (line,) = till.invoice(client, {"appointment_id": visit["appointment_id"]})["invoice_items"]
        for name in ("appointment_id", "practitioner_id"):
            assert line[name] == visit[name]
        assert (line["item_time"], line["item_id"], line["quantity"]) == (visit["app_time"], till.visit, 1.0)

    @pytest.mark.parametrize(("minutes", "normal", "cut"), [(10, 0.17, 0.16), (25, 0.42, 0.41), (45, 0.75, 0.75)])
    def test_by_the_hour_the_quantity_is_its_minutes(self, till: Till, minutes: int, normal: float, cut: float) -> None:
        """Fee 92.00 an hour: 10 minutes are 0.17 h and 15.64, or 0.16 h and 14.72."""
        for ndis, hours in ((False, normal), (True, cut)):
            client, visit = self.booked(till, hourly=True, minutes=minutes)
            till.settings(ndis_rounding=ndis)
            try:
                (line,) = till.invoice(client, {"appointment_id": visit["appointment_id"]})["invoice_items"]
            finally:
                till.settings(ndis_rounding=False)
            assert amounts(line, "quantity", "debit") == (D(str(hours)), (D(str(hours)) * 92).quantize(D("0.01")))

    def test_is_billed_as_it_stands_once(self, till: Till) -> None:
        client, visit = self.booked(till)
        number = visit["appointment_id"]
        invoice = till.invoice(client, {"appointment_id": number})
        assert code(till.say(invoice, "line", appointment_id=number)) == (409, "ALREADY_BILLED")
        more = made(till.say(invoice, "line", appointment_id=number, item_id=till.band))
        assert [line["appointment_id"] for line in more["invoice_items"]] == [number, number]

    def test_of_somebody_else_goes_to_a_familys_account_alone(self, till: Till) -> None:
        _, visit = self.booked(till)
        parent, _ = till.patient()
        own = till.invoice(parent)
        body = {"appointment_id": visit["appointment_id"]}
        assert list(problems(till.say(own, "line", **body))) == ["appointment_id"]
        family = till.account(parent, bill_family=True)
        invoice = made(till.say(till.invoice(parent, account_id=family), "line", **body))
        assert invoice["client_id"] == parent
        assert invoice["invoice_items"][0]["client_id"] == visit["client_id"]
        moved = till.say(invoice, "move", account_id=till.account(parent))
        assert code(moved) == (409, "SEVERAL_PATIENTS")

    def test_that_bills_nothing_says_so(self, till: Till) -> None:
        client, _ = till.patient()
        visit = till.desk.book(till.desk.practitioner(), "11:00", client_id=client)
        invoice = till.invoice(client)
        found = problems(till.say(invoice, "line", appointment_id=visit["appointment_id"]))
        assert found == {
            "appointment_id": "The appointment_id field names nothing to bill: give item_id or item_group_id."
        }

    def test_a_member_of_a_group_is_billed_its_own_item(self, till: Till) -> None:
        client, _ = till.patient()
        group = till.desk.group(till.desk.practitioner(), "12:00")
        member = {"client_id": client, "item_id": till.band}
        made(till.desk.api.post(f"/group_appointment/{group}/add_group_member", json=member))
        (line,) = till.invoice(client, {"appointment_id": group})["invoice_items"]
        assert (line["item_id"], line["client_id"]) == (till.band, client)
        stranger, _ = till.patient()
        assert list(problems(till.say(till.invoice(stranger), "line", appointment_id=group))) == ["appointment_id"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "item_id"),
        ({"item_id": 9_000_000_000}, "item_id"),
        ({"item_group_id": 9_000_000_000}, "item_group_id"),
        ({"appointment_id": 9_000_000_000}, "appointment_id"),
        ({"item_id": 1, "item_group_id": 1}, "item_group_id"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": 1.234}, "quantity"),
        ({"quantity": 9_999, "unit_price": 1_000_000}, "quantity"),
        ({"unit_price": -0.01}, "unit_price"),
        ({"unit_price": "9"}, "unit_price"),
        ({"unit_price": 5, "unit_discount": 5.01}, "unit_discount"),
        ({"fee_cat_id": 9_000_000_000}, "fee_cat_id"),
        ({"practitioner_id": 9_000_000_000}, "practitioner_id"),
        ({"item_time": "2026-03-02"}, "item_time"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_line_that_cannot_be_is_refused_by_name(till: Till, wrong: dict[str, Any], field: str) -> None:
    client, _ = till.patient()
    invoice = till.invoice(client)
    body = (
        wrong if not wrong or {"item_id", "item_group_id", "appointment_id"} & set(wrong) else {"item_id": till.visit}
    )
    assert list(problems(till.say(invoice, "line", **{**body, **wrong}))) == [field]
    assert till.read(invoice)["invoice_items"] == []


class TestEditing:
    def line(self, till: Till, *lines: dict[str, Any]) -> tuple[dict[str, Any], str]:
        client, _ = till.patient()
        invoice = till.invoice(client, *(lines or ({"item_id": till.band, "quantity": 2},)))
        return invoice, f"/x/invoice/{invoice['invoice_id']}/line/{invoice['invoice_items'][0]['invoice_item_id']}"

    def test_moves_the_invoices_sums_with_the_lines(self, till: Till) -> None:
        """3 * 20.00 less 3 * 2.00: 54.00 with 4.91 of GST (4.9090...), beside 90.00 without."""
        invoice, path = self.line(till, {"item_id": till.band, "quantity": 2}, {"item_id": till.visit})
        changed = made(
            till.desk.api.patch(path, json={"quantity": 3, "unit_price": 20, "unit_discount": 2, "description": "Wide"})
        )
        line = changed["invoice_items"][0]
        assert line["description"] == "Wide"
        assert amounts(line, *OWING) == (D(60), D(6), D(0), D(0), D(54), D("4.91"))
        assert amounts(changed, *OWING) == (D(152), D(8), D(0), D(0), D(144), D("4.91"))
        assert made(till.desk.api.get(f"/invoice/{invoice['invoice_id']}"))["updated_by_user_id"]

    def test_another_fee_category_brings_its_price_and_gst(self, till: Till) -> None:
        _, path = self.line(till, {"item_id": till.visit})
        taxed = made(till.desk.api.patch(path, json={"fee_cat_id": till.taxed}))
        assert amounts(taxed["invoice_items"][0], "debit", "discount", "gst") == (D(92), D(0), D("8.36"))
        kept = made(till.desk.api.patch(path, json={"fee_cat_id": till.private, "unit_price": 50}))
        assert amounts(kept["invoice_items"][0], "debit", "discount", "gst") == (D(50), D(0), D(0))

    def test_keeps_what_was_taken_off_later(self, till: Till) -> None:
        invoice, path = self.line(till)
        made(till.say(invoice, "discount", amount=6, reason="Agreed"))
        changed = made(till.desk.api.patch(path, json={"quantity": 1}))
        assert amounts(changed["invoice_items"][0], "debit", "discount", "given_discount") == (D(18), D(6), D(6))
        assert code(till.desk.api.patch(path, json={"unit_price": 5})) == (409, "LINE_PAID")
        made(till.say(invoice, "write_off", amount=12, reason="Gone"))
        assert code(till.desk.api.patch(path, json={"unit_price": 17.99})) == (409, "LINE_PAID")

    def test_an_issued_invoice_keeps_its_lines(self, till: Till) -> None:
        invoice, path = self.line(till)
        issued = made(till.say(invoice, "issue"))
        assert issued["issued"] >= issued["created"]
        assert made(till.say(invoice, "issue"))["issued"] == issued["issued"]
        for refused in (
            till.desk.api.patch(path, json={"quantity": 1}),
            till.desk.api.delete(path),
            till.say(invoice, "line", item_id=till.band),
        ):
            assert code(refused) == (409, "INVOICE_ISSUED")
        assert made(till.say(invoice, "unissue"))["issued"] is None
        assert till.desk.api.delete(path).status_code == 204
        empty = till.read(invoice)
        assert (empty["invoice_items"], amounts(empty, *OWING)) == ([], (D(0),) * 6)
        assert code(till.say(invoice, "issue")) == (409, "INVOICE_EMPTY")

    def test_a_stale_version_is_refused(self, till: Till) -> None:
        invoice, path = self.line(till)
        etag = till.desk.api.get(f"/invoice/{invoice['invoice_id']}").headers["etag"]
        first = till.desk.api.patch(path, json={"quantity": 5}, headers={"if-match": etag})
        assert first.status_code == 200
        for late in (
            till.desk.api.patch(path, json={"quantity": 6}, headers={"if-match": etag}),
            till.desk.api.delete(path, headers={"if-match": etag}),
        ):
            assert code(late) == (412, "PRECONDITION_FAILED")
        assert first.headers["etag"] != etag

    def test_another_invoices_line_is_none_of_this_ones(self, till: Till) -> None:
        _, path = self.line(till)
        other, _ = self.line(till)
        line = path.rsplit("/", 1)[1]
        wrong = f"/x/invoice/{other['invoice_id']}/line/{line}"
        for answer in (till.desk.api.patch(wrong, json={"quantity": 1}), till.desk.api.delete(wrong)):
            assert code(answer) == (404, "NOT_FOUND")
