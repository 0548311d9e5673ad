"""What was billed for the visits of the last weeks: an invoice a visit, a few with something from the shelf."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from openprac.billing.totals import ZERO, amount_of, cents, gst_in, hours_of
from openprac.demo.book import COMPLETED
from openprac.demo.dice import Calendar, Dice, Row
from openprac.demo.practice import PRIVATE

PAYER_DAYS, PRIVATE_DAYS = 30, 14
SHELF = ("BAND", "TAPE", "ROLLER")
SOLD, LEFT_OPEN, DISCOUNTED, GIVEN_UP = 0.12, 0.1, 0.05, 0.02
DISCOUNT = Decimal("0.10")
ONE = Decimal("1.00")
SUMS = ("debit", "discount", "write_off", "paid")


class Billing:
    """The invoices of one clinic in the making. Rows of other tables are named by their positions."""

    def __init__(self, dice: Dice, calendar: Calendar, tables: Mapping[str, list[Row]]) -> None:
        self.dice, self.calendar, self.tables = dice, calendar, tables
        self.invoices: list[Row] = []
        self.lines: list[Row] = []
        self.adjustments: list[Row] = []
        self._fees = {(row["item_id"], row["fee_cat_id"]): row for row in tables["item_fee"]}
        self._shelf = [place for place, row in enumerate(tables["item"]) if row["item_code"] in SHELF]
        self._groups: dict[int, list[int]] = {}
        for row in tables["item_group_item"]:
            self._groups.setdefault(row["item_group_id"], []).append(row["item_id"])
        self._payers = {
            row["client_id"]: place
            for place, row in enumerate(tables["patient_account"])
            if row["payer_id"] is not None
        }
        self._hourly = {
            (row["appointment_type_id"], row["fee_cat_id"])
            for row in tables["appointment_type_duration"]
            if row["hourly_billing"]
        }

    def fill(self) -> None:
        for visit, place, client, account, item, group in sorted(self._visits(), key=lambda one: one[0]["app_time"]):
            items = [item] if item is not None else self._groups.get(group, [])
            if items:
                self._bill(visit, place, client, account, items)

    def _visits(self) -> Iterator[tuple[Row, int, int, int, Any, Any]]:
        """Each that took place, with its place in the book, who came, on which account, and what it bills."""
        book = self.tables["appointment"]
        for place, entry in enumerate(book):
            if entry["kind"] == "patient" and entry["state"] == "live" and self._took_place(entry, entry):
                yield entry, place, entry["client_id"], entry["account_id"], entry["item_id"], entry["item_group_id"]
        for member in self.tables["appointment_client"]:
            place = member["appointment_id"]
            if book[place]["state"] == "live" and self._took_place(book[place], member):
                yield book[place], place, member["client_id"], member["account_id"], member["item_id"], None

    def _took_place(self, entry: Row, seen: Row) -> bool:
        return bool(entry["app_time"].date() < self.calendar.today and seen["appointment_status_id"] == COMPLETED)

    def _bill(self, visit: Row, place: int, client: int, account: int, items: list[int]) -> None:
        # Where somebody else pays, they pay for every visit.
        account = self._payers.get(client, account)
        paying = self.tables["patient_account"][account]
        category = paying["fee_cat_id"] or self.tables["patient"][client]["fee_cat_id"]
        ended = visit["app_time"] + timedelta(minutes=visit["duration"])
        made = min(self._instant(ended), self.calendar.last)
        day = ended.date()
        is_open = self.dice.chance(LEFT_OPEN)
        number = len(self.invoices)
        invoice = {
            "invoice_number": number + 1,
            "client_id": client,
            "account_id": account,
            "payer_id": paying["payer_id"],
            "business_id": visit["business_id"],
            "invoice_date": day,
            "due_date": day + timedelta(days=PRIVATE_DAYS if paying["payer_id"] is None else PAYER_DAYS),
            "issued": None if is_open else made + timedelta(minutes=5),
            "created": made,
            "modified": made,
            **dict.fromkeys((*SUMS, "gst"), ZERO),
        }
        hourly = (visit["appointment_type_id"], category) in self._hourly
        quantity = hours_of(visit["duration"], ndis_rounding=False) if hourly else ONE
        for item in items:
            self._line(invoice, visit, place, client, category, item, quantity)
        if self.dice.chance(SOLD):
            self._line(invoice, visit, None, client, category, self.dice.pick(self._shelf), ONE)
        self._reduce(invoice)
        for line in self.lines[-invoice.pop("lines") :]:
            for name in SUMS:
                invoice[name] += line[name]
            invoice["gst"] += gst_in(line["debit"] - line["discount"], taxable=line["taxable"])
        self.invoices.append(invoice)

    def _line(
        self, invoice: Row, visit: Row, place: int | None, client: int, category: Any, item: int, quantity: Decimal
    ) -> None:
        """What has no fee in the patient's category is billed at the private one."""
        fee = self._fees.get((item, category)) or self._fees[item, PRIVATE]
        sold = self.tables["item"][item]
        invoice["lines"] = position = invoice.get("lines", 0) + 1
        self.lines.append(
            {
                "invoice_id": len(self.invoices),
                "position": position,
                "client_id": client,
                "item_time": visit["app_time"],
                "item_id": item,
                "description": sold["description"],
                "fee_cat_id": category,
                "practitioner_id": visit["practitioner_id"],
                "appointment_id": place,
                "taxable": sold["gst"],
                "quantity": quantity,
                "unit_price": fee["charge"],
                "unit_discount": fee["discount"],
                "debit": amount_of(quantity, fee["charge"], ndis_rounding=False),
                "given_discount": ZERO,
                "discount": amount_of(quantity, fee["discount"], ndis_rounding=False),
                "write_off": ZERO,
                "paid": ZERO,
                "created": invoice["created"],
                "modified": invoice["created"],
            }
        )

    def _reduce(self, invoice: Row) -> None:
        """Now and then something is taken off the first line, or all of it is given up."""
        place = len(self.lines) - invoice["lines"]
        line = self.lines[place]
        net = line["debit"] - line["discount"]
        if self.dice.chance(DISCOUNTED):
            taken = cents(net * DISCOUNT)
            line["given_discount"] = taken
            line["discount"] += taken
            self._adjust(place, "discount", taken, "Agreed at the desk")
        elif self.dice.chance(GIVEN_UP):
            line["write_off"] = net
            self._adjust(place, "write_off", net, "Visit was cut short")

    def _adjust(self, place: int, kind: str, amount: Decimal, reason: str) -> None:
        if amount:
            line = self.lines[place]
            of = {"invoice_id": line["invoice_id"], "invoice_item_id": place}
            why = {"kind": kind, "amount": amount, "reason": reason}
            self.adjustments.append({**of, **why, "created": line["created"]})

    def _instant(self, label: datetime) -> datetime:
        return self.calendar.at(label.date(), label.hour * 3600 + label.minute * 60)


def invoice_tables(dice: Dice, calendar: Calendar, tables: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    """Invoices in the order of their numbers, lines, and what was taken off them."""
    billing = Billing(dice, calendar, tables)
    billing.fill()
    return {"invoice": billing.invoices, "invoice_item": billing.lines, "adjustment": billing.adjustments}
