"""The till, for tests of billing: a desk with items, a payer, and invoices of so many dollars."""

import itertools
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx

from tests.api.answers import made
from tests.desk import Desk

TAXABLE, PLAIN = "taxable", "plain"


@dataclass(frozen=True)
class Account:
    """One account of one patient; payer: whose invoices those of the account are."""

    client: int
    account: int
    payer: int | None = None

    @property
    def path(self) -> str:
        return f"/patient/{self.client}/account/{self.account}"


@dataclass(frozen=True)
class Bill:
    """An invoice and its lines, top-down."""

    invoice: int
    lines: list[int]


@dataclass
class Till:
    desk: Desk
    items: dict[str, int]
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def api(self) -> httpx.Client:
        return self.desk.api

    def account(self, *, client: int | None = None, payer: int | None = None) -> Account:
        """A private account of a new patient, or one more of a patient, billed to the payer."""
        client = client or self.desk.patient()
        if payer is None:
            return Account(client, int(made(self.api.get(f"/patient/{client}"))["default_account_id"]))
        body = {"short_description": "THIRD", "bill_3rd_party": True, "payer_id": payer}
        found = made(self.api.post(f"/x/patient/{client}/account", json=body))
        return Account(client, int(found["account_id"]), payer)

    def payer(self) -> int:
        return self.desk.new("payer", description=f"Insurer {next(self.numbers)}")

    def bill(self, account: Account, *prices: str, day: str = "2026-03-02", kind: str = PLAIN) -> Bill:
        """An invoice with a line of each price, GST included where the items are taxable."""
        body = {
            "client_id": account.client,
            "account_id": account.account,
            "business_id": self.desk.business,
            "invoice_date": day,
            "lines": [{"item_id": self.items[kind], "unit_price": float(price)} for price in prices],
        }
        invoice = made(self.api.post("/x/invoice", json=body))
        return Bill(invoice["invoice_id"], [line["invoice_item_id"] for line in invoice["invoice_items"]])

    def pay(self, account: Account, total: str, **more: Any) -> dict[str, Any]:
        return made(self.api.post("/x/payment", json=self.money(account, total, **more)))

    def money(self, account: Account, total: str, **more: Any) -> dict[str, Any]:
        """The body of a payment by the account, or by its payer."""
        whose = {"account_id": account.account} if account.payer is None else {"payer_id": account.payer}
        body = {"business_id": self.desk.business, "payment_type": "EFTPOS", "total": float(total)}
        return {**body, **whose, **more}

    def lines(self, bill: Bill) -> list[dict[str, Any]]:
        return list(made(self.api.get(f"/invoice/{bill.invoice}"))["invoice_items"])

    def owing(self, bill: Bill) -> list[Decimal]:
        return [Decimal(str(line["owing"])) for line in self.lines(bill)]
