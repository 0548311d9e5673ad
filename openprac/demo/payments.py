"""What came in for the invoices: at the desk, from health funds with the gap by card, from payers in one transfer."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from openprac.billing.totals import ZERO, Owing, allocation_gst, cents, spread
from openprac.demo.dice import Calendar, Dice, Row, Weighted

AT_THE_DESK = Weighted(("EFTPOS", 50.0), ("Credit Card", 30.0), ("Cash", 15.0), ("Gift Card", 1.0))
CARDS = Weighted(("Visa", 60.0), ("Mastercard", 40.0))
ALL, PART, NOTHING = "all", "part", "nothing"
_PAID = Weighted((ALL, 80.0), (PART, 6.0), (NOTHING, 14.0))
BENEFIT = Decimal("0.45")
HALF = Decimal("0.50")
ROUNDED_UP, DEPOSIT, GIVEN_BACK = 0.04, 0.02, 0.03
NEXT_FIVE = Decimal(5)
DEPOSIT_AMOUNT = Decimal("50.00")
GIVEN_BACK_AMOUNT = Decimal("10.00")
COLUMNS = (
    *("client_id", "account_id", "payer_id", "business_id", "payment_type", "card_type", "notes"),
    *("refund_of", "refund_reason"),
)
TRANSFER_AFTER = timedelta(days=7)


class Till:
    """The payments of one clinic in the making. Rows of other tables are named by their positions."""

    def __init__(self, dice: Dice, calendar: Calendar, tables: Mapping[str, list[Row]]) -> None:
        self.dice, self.calendar, self.tables = dice, calendar, tables
        self.payments: list[Row] = []
        self.items: list[Row] = []
        self._lines: dict[int, list[int]] = {}
        for place, line in enumerate(tables["invoice_item"]):
            self._lines.setdefault(line["invoice_id"], []).append(place)

    def fill(self) -> None:
        """Payers pay at the end of the time: what of theirs is old enough by then, in one transfer each."""
        transfers: dict[int, list[int]] = {}
        for place, invoice in enumerate(self.tables["invoice"]):
            if invoice["issued"] is None:
                continue
            if invoice["payer_id"] is None:
                self._at_the_desk(place, invoice)
            elif invoice["issued"] <= self.calendar.last - TRANSFER_AFTER:
                transfers.setdefault(invoice["payer_id"], []).append(place)
        for payer, places in transfers.items():
            owed = sum((self._owed(place) for place in places), ZERO)
            first = self.tables["invoice"][places[0]]
            if owed:
                notes = f"Remittance {9000 + payer}"
                self._take(
                    owed, places, self.calendar.last, payment_type="Bank Transfer", business_id=first["business_id"],
                    payer_id=payer, notes=notes,
                )  # fmt: skip

    def _at_the_desk(self, place: int, invoice: Row) -> None:
        """Whose fund pays a benefit has it taken by the terminal and pays the gap."""
        owed, paid = self._owed(place), self.dice.draw(_PAID)
        moment = min(invoice["created"] + timedelta(minutes=10), self.calendar.last)
        who = {name: invoice[name] for name in ("client_id", "account_id", "business_id")}
        if paid == NOTHING or not owed:
            return
        if self.tables["patient"][invoice["client_id"]]["health_fund"]:
            benefit = cents(owed * BENEFIT)
            self._take(benefit, [place], moment, payment_type="Health Fund", **who)
            owed -= benefit
        if paid == PART:
            owed = cents(owed * HALF)
        elif self.dice.chance(ROUNDED_UP):
            owed += NEXT_FIVE - owed % NEXT_FIVE
        method = self.dice.draw(AT_THE_DESK)
        card = self.dice.draw(CARDS) if method == "Credit Card" else None
        receipt = self._take(owed, [place], moment, payment_type=method, card_type=card, **who)
        if self.dice.chance(DEPOSIT):
            notes = "For the next visits"
            self._take(DEPOSIT_AMOUNT, [], moment, payment_type=method, card_type=card, notes=notes, **who)
        if self.payments[receipt]["allocated"] > GIVEN_BACK_AMOUNT and self.dice.chance(GIVEN_BACK):
            self._give_back(receipt, GIVEN_BACK_AMOUNT, moment)

    def _owed(self, place: int) -> Decimal:
        return sum((one.owing for one in self._owing([place])), ZERO)

    def _owing(self, places: Sequence[int]) -> list[Owing]:
        lines = self.tables["invoice_item"]
        numbers = [number for place in places for number in self._lines.get(place, ())]
        sums = [(number, lines[number]) for number in numbers]
        return [
            Owing(number, line["debit"] - line["discount"] - line["write_off"] - line["paid"]) for number, line in sums
        ]

    def _take(self, total: Decimal, places: Sequence[int], moment: datetime, **more: object) -> int:
        """A payment over these invoices, top-down; gives its place."""
        shares, left = spread(total, self._owing(places))
        receipt = self._payment(total, total - left, moment, **more)
        for share in shares:
            self._allocate(receipt, share.invoice_item_id, share.amount, moment, undoes=None)
        return receipt

    def _give_back(self, receipt: int, amount: Decimal, moment: datetime) -> None:
        """Out of the first line; it owes the amount again."""
        given = self.payments[receipt]
        first = next(place for place, item in enumerate(self.items) if item["payment_id"] == receipt)
        amount = min(amount, self.items[first]["amount"])
        same = {name: given[name] for name in ("client_id", "account_id", "business_id", "payment_type", "card_type")}
        why = {"refund": True, "refund_of": receipt, "refund_reason": "Charged the longer visit"}
        refund = self._payment(-amount, -amount, moment, **same, **why)
        given["refunded_allocated"] += amount
        self.items[first]["refunded"] += amount
        self._allocate(refund, self.items[first]["invoice_item_id"], -amount, moment, undoes=first)

    def _payment(self, total: Decimal, allocated: Decimal, moment: datetime, **more: object) -> int:
        label = moment.astimezone(self.calendar.zone).replace(tzinfo=None, microsecond=0)
        self.payments.append(
            {
                **dict.fromkeys(COLUMNS),
                "refund": False,
                "payment_time": label,
                "total": total,
                "allocated": allocated,
                "refunded_allocated": ZERO,
                "refunded_credit": ZERO,
                "created": moment,
                "modified": moment,
                **more,
            }
        )
        return len(self.payments) - 1

    def _allocate(self, payment: int, number: int, amount: Decimal, moment: datetime, *, undoes: int | None) -> None:
        line = self.tables["invoice_item"][number]
        invoice = self.tables["invoice"][line["invoice_id"]]
        self.items.append(
            {
                "payment_id": payment,
                "invoice_id": line["invoice_id"],
                "invoice_item_id": number,
                "refund": undoes is not None,
                "undoes": undoes,
                "amount": amount,
                "gst": allocation_gst(line["paid"], amount, taxable=line["taxable"]),
                "refunded": ZERO,
                "allocated_time": moment,
            }
        )
        line["paid"] += amount
        invoice["paid"] += amount
        line["modified"] = invoice["modified"] = max(moment, invoice["modified"])


def payment_tables(dice: Dice, calendar: Calendar, tables: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    """Payments and their allocations; the sums of invoices and lines follow. Parties are named where there are ids."""
    till = Till(dice, calendar, tables)
    till.fill()
    return {"payment": till.payments, "payment_item": till.items}
