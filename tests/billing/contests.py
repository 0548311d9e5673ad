"""Many clients and the same money, over real connections against several worker processes, as a command:

python -m tests.billing.contests --contests 2000 --seed 1
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from tests.billing.ledger_check import faults
from tests.billing.till import PLAIN, TAXABLE, Account, Bill, Till
from tests.diary.ground import CLIENTS_MAX, Ground, open_ground
from tests.diary.lines import Ask, Lines, Reply

SIZES = (2, 3, 4, 8, 16, 32, 32)
WRONGS_MAX = 20
WON = (200, 201, 204)
LOST = (404, 409, 422)
"""404: what was named has been removed meanwhile."""


@dataclass
class Contest:
    """winners: how many, where that is certain. judge: what else is wrong with how it ended."""

    asks: list[Ask]
    winners: int | None = None
    loser: str = ""
    judge: Callable[[], list[str]] = lambda: []


@dataclass
class Maker:
    """Bodies of one contest."""

    till: Till
    dice: Random
    clients: int

    def money(self, account: Account, total: str, **more: Any) -> Ask:
        return Ask("POST", "/x/payment", self.till.money(account, total, **more))

    def refund(self, path: str, amount: int) -> Ask:
        kind = self.dice.choice(["none", "none", "discount", "write_off"])
        body = {"amount": amount, "payment_type": "Cash", "adjustment": kind, "reason": "Contest"}
        return Ask("POST", f"/x/{path}/refund", body)

    def sums(self, account: Account) -> tuple[Decimal, Decimal]:
        """Owing and credit of an account."""
        found = self.till.api.get(f"/x{account.path}/balance").json()
        return Decimal(str(found["owing"])), Decimal(str(found["credit"]))


def pay_one_invoice(maker: Maker) -> Contest:
    """All want to pay all of it: what is owed is allocated once, the rest lies there as credit."""
    account = maker.till.account()
    bill = maker.till.bill(account, "70.00", "30.00", kind=TAXABLE)
    asks = [maker.money(account, "40.00", invoice_ids=[bill.invoice]) for _ in range(maker.clients)]

    def judge() -> list[str]:
        came_in = Decimal(40) * maker.clients
        wanted = max(Decimal(100) - came_in, Decimal(0)), max(came_in - 100, Decimal(0))
        return [] if maker.sums(account) == wanted else [f"owing and credit are {maker.sums(account)}, not {wanted}"]

    return Contest(asks, maker.clients, judge=judge)


def pay_one_line(maker: Maker) -> Contest:
    """Each wants a tenth of the line: ten get it."""
    account = maker.till.account()
    bill = maker.till.bill(account, "100.00", kind=TAXABLE)
    rows = [{"invoice_item_id": bill.lines[0], "amount": 10}]
    asks = [maker.money(account, "10.00", allocations=rows) for _ in range(maker.clients)]
    return Contest(asks, min(maker.clients, 10), "EXCEEDS_OWING")


def allocate_one_credit(maker: Maker) -> Contest:
    """Each to an invoice of its own: of 35 seven get 5."""
    account = maker.till.account()
    credit = maker.till.pay(account, "35.00")["payment_id"]
    bills = [maker.till.bill(account, "8.00") for _ in range(min(maker.clients, 6))]
    rows = [[{"invoice_item_id": maker.dice.choice(bills).lines[0], "amount": 5}] for _ in range(maker.clients)]
    asks = [Ask("POST", f"/x/payment/{credit}/allocate", {"allocations": row}) for row in rows]
    lines = {row[0]["invoice_item_id"] for row in rows}
    # A line owes 8: it takes 5 once.
    return Contest(asks, min(7, len(lines)))


def allocate_one_credit_to_all(maker: Maker) -> Contest:
    """All that is there, to the same invoices in different orders: it is allocated once."""
    account = maker.till.account()
    credit = maker.till.pay(account, "50.00")["payment_id"]
    bills = [maker.till.bill(account, "20.00", "10.00").invoice for _ in range(3)]

    def body() -> dict[str, Any]:
        chosen = maker.dice.sample(bills, maker.dice.randint(2, 3))
        return maker.dice.choice([{"auto_allocate": True}, {"invoice_ids": chosen}])

    asks = [Ask("POST", f"/x/payment/{credit}/allocate", body()) for _ in range(maker.clients)]

    def judge() -> list[str]:
        owing, left = maker.sums(account)
        return [] if (owing, left) == (40, 0) else [f"owing {owing} and credit {left}, not 40 and 0"]

    return Contest(asks, 1, "EXCEEDS_CREDIT", judge)


def refund_one_payment(maker: Maker) -> Contest:
    """It can be given back once: of 60 six get 10."""
    account = maker.till.account()
    bill = maker.till.bill(account, "40.00", kind=TAXABLE)
    payment = maker.till.pay(account, "60.00", invoice_ids=[bill.invoice])["payment_id"]
    asks = [maker.refund(f"payment/{payment}", 10) for _ in range(maker.clients)]
    return Contest(asks, min(maker.clients, 6), "EXCEEDS_PAID")


def refund_from_both_sides(maker: Maker) -> Contest:
    """By the invoice and by each of its payments: no more goes out than came in."""
    account = maker.till.account()
    bill = maker.till.bill(account, "60.00", "30.00", kind=TAXABLE)
    paid = [maker.till.pay(account, "30.00", invoice_ids=[bill.invoice])["payment_id"] for _ in range(3)]
    paths = [f"invoice/{bill.invoice}", *(f"payment/{one}" for one in paid)]
    asks = [maker.refund(maker.dice.choice(paths), 10) for _ in range(maker.clients)]
    return Contest(asks, loser="EXCEEDS_PAID")


def open_invoicing(maker: Maker) -> Contest:
    """Whatever is billed to an account at once comes to one open invoice."""
    account = maker.till.account()
    line = {
        "item_id": maker.till.items[PLAIN],
        "unit_price": 10,
        "business_id": maker.till.desk.business,
    }
    asks = [Ask("POST", f"/x{account.path}/line", line) for _ in range(maker.clients)]

    def judge() -> list[str]:
        page = maker.till.api.get(f"{account.path}/invoice").json()
        lines = [len(one["invoice_items"]) for one in page["invoices"]]
        return [] if lines == [maker.clients] else [f"invoices of {lines} lines for {maker.clients}"]

    return Contest(asks, maker.clients, judge=judge)


def everything(maker: Maker) -> Contest:
    """Every operation on two invoices that share payments, all at once."""
    till, dice = maker.till, maker.dice
    account = till.account()
    other = till.account(client=account.client, payer=till.payer())
    bills = [till.bill(account, "60.00", "30.00", kind=TAXABLE), till.bill(account, "50.00")]
    paid = [till.pay(account, "45.00", invoice_ids=[bill.invoice for bill in bills])["payment_id"] for _ in range(2)]
    asks = [
        _anything(maker, account, other, dice.choice(bills), bills, dice.choice(paid)) for _ in range(maker.clients)
    ]
    return Contest(asks)


def _anything(maker: Maker, account: Account, other: Account, bill: Bill, bills: list[Bill], payment: int) -> Ask:
    path, ids = f"/x/invoice/{bill.invoice}", [one.invoice for one in bills]
    line = {"item_id": maker.till.items[TAXABLE], "unit_price": 11}
    relief = {"amount": 5, "reason": "Contest"}
    ways = [
        maker.money(account, "25.00", invoice_ids=ids),
        maker.money(account, "25.00", auto_allocate=True),
        maker.money(account, "10.00", allocations=[{"invoice_item_id": bill.lines[0], "amount": 10}]),
        Ask("POST", f"/x/payment/{payment}/allocate", {"invoice_ids": ids[::-1]}),
        Ask("POST", f"/x/payment/{payment}/allocate", {"auto_allocate": True}),
        maker.refund(f"payment/{payment}", 10),
        maker.refund(f"invoice/{bill.invoice}", 10),
        Ask("POST", f"{path}/line", line),
        Ask("POST", f"/x{account.path}/line", {**line, "business_id": maker.till.desk.business}),
        Ask("PATCH", f"{path}/line/{bill.lines[0]}", {"unit_price": 70}),
        Ask("DELETE", f"{path}/line/{bill.lines[-1]}"),
        Ask("POST", f"{path}/discount", relief),
        Ask("POST", f"{path}/write_off", relief),
        Ask("POST", f"{path}/issue"),
        Ask("POST", f"{path}/unissue"),
        Ask("POST", f"{path}/move", {"account_id": other.account, "invoice_ids": ids}),
        Ask("POST", f"{path}/move", {"account_id": account.account, "invoice_ids": ids}),
    ]
    return maker.dice.choice(ways)


KINDS: dict[str, Callable[[Maker], Contest]] = {
    kind.__name__.replace("_", " "): kind
    for kind in (
        pay_one_invoice,
        pay_one_line,
        allocate_one_credit,
        allocate_one_credit_to_all,
        refund_one_payment,
        refund_from_both_sides,
        open_invoicing,
        everything,
    )
}


@dataclass
class Tally:
    """What came of a run. `wrongs` are contests that did not end as they must, and rules that are broken."""

    contests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    wrongs: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def server_errors(self) -> int:
        return sum(count for status, count in self.statuses.items() if status >= 500)

    def lines(self) -> list[str]:
        return [
            f"{sum(self.contests.values())} contests, {sum(self.statuses.values())} requests, "
            f"{sum(self.statuses[one] for one in WON)} done, {self.statuses[409]} times 409, "
            f"{self.statuses[422]} times 422, {self.server_errors} times 5xx, {self.seconds:.0f} s",
            *self.wrongs,
        ]


def till_of(ground: Ground) -> Till:
    desk = ground.desk
    plain = desk.new("item", item_code="CVISIT", description="Consultation")
    return Till(desk, {PLAIN: plain, TAXABLE: desk.new("item", item_code="CBAND", description="Band", gst=True)})


def run(ground: Ground, till: Till, contests: int, seed: int, seconds: float) -> Tally:
    """So many contests, or as many as the time allows; then the tables are looked at."""
    dice, tally, names = Random(seed), Tally(), list(KINDS)
    lines, started = Lines(ground.server, CLIENTS_MAX), time.monotonic()
    for number in range(contests):
        if time.monotonic() - started > seconds or len(tally.wrongs) > WRONGS_MAX:
            break
        kind = names[number % len(names)]
        maker = Maker(till, dice, dice.choice(SIZES))
        contest = KINDS[kind](maker)
        lines.shuffle(dice)
        replies = lines.at_once(contest.asks)
        tally.contests[kind] += 1
        tally.statuses.update(reply.status for reply in replies)
        name = f"contest {number} ({kind}, {maker.clients} clients)"
        tally.wrongs += [f"{name}: {one}" for one in (*_wrong_with(contest, replies), *contest.judge())]
    lines.close()
    tally.seconds = time.monotonic() - started
    tally.wrongs += [f"{rule}: {row_id}" for row_id, rule in asyncio.run(_look_at_the_tables(till))]
    return tally


def _wrong_with(contest: Contest, replies: Sequence[Reply]) -> list[str]:
    won = sum(reply.status in WON for reply in replies)
    wrong = [] if contest.winners in (None, won) else [f"{won} winners instead of {contest.winners}"]
    for ask, reply in zip(contest.asks, replies, strict=True):
        if reply.status in WON:
            continue
        code = reply.body.get("error", {}).get("code")
        if reply.status not in LOST or (contest.loser and code != contest.loser):
            wrong.append(f"{ask} was answered {reply.status} {reply.content!r}")
    return wrong


async def _look_at_the_tables(till: Till) -> list[tuple[int, str]]:
    async with till.desk.cast.owner() as connection:
        return await faults(connection.fetch, till.desk.clinic.tenant_id)


def main() -> int:
    parser = argparse.ArgumentParser(description="Contests for the same money.")
    parser.add_argument("--contests", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3600, help="Stop after so many seconds.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="openprac-money-") as folder:  # noqa: SIM117
        with open_ground(Path(folder), given.workers) as ground:
            tally = run(ground, till_of(ground), given.contests, given.seed, given.seconds)
    sys.stdout.write("\n".join(tally.lines()) + "\n")
    return 1 if tally.wrongs or tally.server_errors else 0


if __name__ == "__main__":
    sys.exit(main())
