"""A clinic of its own at the till: items with fees, accounts, and invoices made by the API."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.api.answers import made
from tests.cast import Cast
from tests.desk import Desk, open_desk

D = Decimal


@dataclass
class Till:
    """`private` and `concession` are fee categories, the second with GST on everything it bills."""

    desk: Desk
    private: int
    taxed: int
    visit: int
    band: int
    report: int
    payer: int

    def item(self, price: float | str, *, gst: bool = False, discount: float | str = 0, **fees: Any) -> int:
        """An item with a fee for private patients."""
        number = next(self.desk.names)
        fee = {"fee_cat_id": self.private, "charge": float(price), "discount": float(discount)}
        return self.desk.new(
            "item", item_code=f"T{number}", description=f"Item {number}", gst=gst, item_fees=[fee], **fees
        )

    def patient(self, **more: Any) -> tuple[int, int]:
        """Of the private fee category unless said otherwise, with the account that every patient has."""
        body = {"first_name": "Kim", "surname": "Sample", "fee_cat_id": self.private, **more}
        patient = made(self.desk.api.post("/x/patient", json=body))
        return patient["client_id"], patient["default_account_id"]

    def account(self, client: int, **more: Any) -> int:
        body = {"short_description": f"Account {next(self.desk.names)}", **more}
        return int(made(self.desk.api.post(f"/x/patient/{client}/account", json=body))["account_id"])

    def invoice(self, client: int, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
        body = {"client_id": client, "business_id": self.desk.business, "lines": list(lines), **more}
        return made(self.desk.api.post("/x/invoice", json=body))

    def read(self, invoice: dict[str, Any] | int) -> dict[str, Any]:
        """As extensions show it."""
        number = invoice if isinstance(invoice, int) else invoice["invoice_id"]
        return made(self.desk.api.patch(f"/x/invoice/{number}", json={}))

    def say(self, invoice: dict[str, Any], verb: str, **body: Any) -> Any:
        return self.desk.api.post(f"/x/invoice/{invoice['invoice_id']}/{verb}", json=body)

    def settings(self, **body: bool) -> None:
        made(self.desk.api.patch("/x/billing_settings", json=body))


def open_till(cast: Cast) -> Till:
    desk = open_desk(cast)
    private = desk.new("fee_category", id="fee_cat_id", description="Private patients")
    taxed = desk.new("fee_category", id="fee_cat_id", description="Corporate", gst=True)

    def item(code: str, charge: float, discount: float = 0, *, gst: bool = False) -> int:
        fees = [
            {"fee_cat_id": private, "charge": charge, "discount": discount},
            {"fee_cat_id": taxed, "charge": charge},
        ]
        return desk.new("item", item_code=code, description=f"Sold as {code}", gst=gst, item_fees=fees)

    return Till(
        desk,
        private,
        taxed,
        visit=item("VISIT", 92, 2),
        band=item("BAND", 18, gst=True),
        report=item("REPORT", 60, gst=True),
        payer=desk.new("payer", description="Sample Insurance"),
    )


def amounts(row: dict[str, Any], *names: str) -> tuple[Decimal, ...]:
    return tuple(D(str(row[name])) for name in names)
