"""Measurements -> medians, spreads and ratios beside the budgets: as text and as JSON. Ratios, not verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.operations import BOOKING, CREATE, EVERYTHING, GET, INVOICE, INVOICE_LIST, LIST, RESERVE, WEEK
from bench.sides import Measurement

Rounds = Mapping[str, Mapping[str, Sequence[Measurement]]]
"""By operation and side: one measurement a round."""

LETTERS = {"pgbench": "(a) pgbench", "asyncpg": "(b) asyncpg", "typical": "(c) typical", "ours": "openprac"}
BUDGETS = {
    LIST: {"pgbench": 0.12, "asyncpg": 0.6, "typical": 5.0},
    GET: {"pgbench": 0.10, "asyncpg": 0.35, "typical": 5.0},
    CREATE: {"pgbench": 0.25, "typical": 5.0},
}
P99_BUDGET = 0.2
"""Of typical's."""
QUIET_SHARE = 0.05
STATEMENT_BUDGETS = {
    LIST: "enter() + 2",
    GET: "enter() + 1",
    CREATE: "-",
    RESERVE: "at most 8",
    BOOKING: "at most 8",
    WEEK: "enter() + 2",
    INVOICE_LIST: "enter() + 4",
    INVOICE: "enter() + 3",
}


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours to theirs, round by round: rounds share what disturbs them, so the quotient is steadier than its parts."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, ours: Sequence[float], theirs: Sequence[float]) -> "Ratio":
        each = [mine / other for mine, other in zip(ours, theirs, strict=True)]
        return cls(median(each), min(each), max(each))


def ratios(rounds: Rounds) -> dict[str, dict[str, Ratio]]:
    """By operation: requests per second to each side's, and "p99" to typical's."""
    found: dict[str, dict[str, Ratio]] = {}
    for operation, sides in rounds.items():
        ours = [one.per_second for one in sides["ours"]]
        found[operation] = {
            name: Ratio.of(ours, [one.per_second for one in measured])
            for name, measured in sides.items()
            if name != "ours"
        }
        if "typical" in sides:
            late = [[one.p99_ms for one in sides[name]] for name in ("ours", "typical")]
            found[operation]["p99"] = Ratio.of(*late)
    return found


def text(rounds: Rounds, extra: Mapping[str, Any]) -> str:
    """The whole report."""
    parts = [
        *_measured(rounds),
        *_others(extra),
        "",
        *_compared(rounds),
        "",
        *_statements(extra),
        "",
        *_starts(extra),
        *_generator(extra),
    ]
    return "\n".join(parts) + "\n"


def _measured(rounds: Rounds) -> list[str]:
    head = ("", "", "req/s", "(min - max)", "p50 ms", "p99 ms", "CPU ms: server", "PostgreSQL", "client's core")
    rows = [head]
    for operation, sides in rounds.items():
        for number, name in enumerate(name for name in LETTERS if name in sides):
            measured = sides[name]
            rates = [one.per_second for one in measured]
            rows.append(
                (
                    "" if number else operation,
                    LETTERS[name],
                    f"{median(rates):,.0f}",
                    f"({min(rates):,.0f} - {max(rates):,.0f})",
                    f"{median(one.p50_ms for one in measured):.2f}",
                    f"{median(one.p99_ms for one in measured):.2f}",
                    _middle([one.server_cpu_ms for one in measured], "{:.3f}"),
                    _middle([one.postgres_cpu_ms for one in measured], "{:.3f}"),
                    _middle([one.client_cpu_share for one in measured], "{:.0%}"),
                )
            )
    return [f"Medians of {len(next(iter(next(iter(rounds.values())).values())))} rounds", *table(rows, left=2)]


def _others(extra: Mapping[str, Any]) -> list[str]:
    shares = extra.get("others") or [0.0]
    quiet = "quiet" if median(shares) < QUIET_SHARE else "NOT quiet: measure again"
    return [f"Other programs took {median(shares):.0%} of the machine (at most {max(shares):.0%}): {quiet}."]


def _compared(rounds: Rounds) -> list[str]:
    rows = [("openprac to", "", "ratio", "(min - max)", "budget")]
    for operation, by_side in ratios(rounds).items():
        for number, (name, ratio) in enumerate(by_side.items()):
            budget = P99_BUDGET if name == "p99" else BUDGETS.get(operation, {}).get(name)
            label = f"p99 of {LETTERS['typical']}" if name == "p99" else LETTERS[name]
            bound = "at most" if name == "p99" else "at least"
            rows.append(
                (
                    "" if number else operation,
                    label,
                    f"{ratio.middle:.3f}",
                    f"({ratio.low:.3f} - {ratio.high:.3f})",
                    f"{bound} {budget}" if budget else "-",
                )
            )
    return table(rows, left=2)


def _statements(extra: Mapping[str, Any]) -> list[str]:
    rows = [("SQL statements", "a request", "with batches", "typical", "budget")]
    for operation in EVERYTHING:
        if counted := extra.get("statements", {}).get(operation):
            of_typical = str(counted.get("typical", "-"))
            rows.append(
                (
                    operation,
                    str(counted["request"]),
                    f"{counted['average']:.2f}",
                    of_typical,
                    STATEMENT_BUDGETS[operation],
                )
            )
    return table(rows, left=1)


def _starts(extra: Mapping[str, Any]) -> list[str]:
    if not (starts := extra.get("starts")):
        return []
    rows = [("openprac demo", "seconds", "budget")]
    rows.append(("cold, to the first answer", f"{starts['cold_seconds']:.2f}", "under 10"))
    rows.append(("warm, to the first answer", f"{starts['warm_seconds']:.2f}", "under 2"))
    worker = [("worker", "RSS MB", "budget")]
    worker += [(when, f"{size:.1f}", "under 60") for when, size in extra.get("worker_mb", {}).items()]
    return [*table(rows, left=1), "", *table(worker, left=1), ""]


def _generator(extra: Mapping[str, Any]) -> list[str]:
    rows = [("load generator alone", "req/s")]
    rows += [(f"answers of {size:,} bytes", f"{rate:,.0f}") for size, rate in extra.get("generator", {}).items()]
    return table(rows, left=1)


def _middle(values: Sequence[float | None], form: str) -> str:
    there = [value for value in values if value is not None]
    return form.format(median(there)) if there else "-"


def table(rows: Sequence[Sequence[str]], left: int) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
