"""Reading invoices: amounts as numbers, filters over sums and over what hangs on the lines, two path parameters."""

import operator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.api.answers import all_rows, made
from tests.cast import Cast
from tests.test_every_collection import NEVER_EXISTED

COMPARED = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
AMOUNTS = ("debit", "paid", "discount", "write_off", "owing", "gst", "quantity", "unit_price", "unit_discount")


@pytest.fixture(scope="module")
def rows(here: httpx.Client) -> list[dict[str, Any]]:
    """Every invoice of the clinic as the demo left it."""
    return all_rows(here, "/invoice", "invoices")


def owing(invoice: dict[str, Any]) -> Decimal:
    return sum((Decimal(str(line["owing"])) for line in invoice["invoice_items"]), Decimal(0))


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["invoice_id"] for row in rows]


def test_amounts_are_numbers_with_two_places(here: httpx.Client, rows: list[dict[str, Any]]) -> None:
    line = rows[0]["invoice_items"][0]
    text = here.get(f"/invoice/{rows[0]['invoice_id']}").text
    for name in AMOUNTS:
        assert f'"{name}":{Decimal(str(line[name])):.2f}' in text, name


def test_a_line_owes_what_is_left_of_it(rows: list[dict[str, Any]]) -> None:
    for line in (line for row in rows for line in row["invoice_items"]):
        debit, discount, write_off, paid, left = (
            Decimal(str(line[name])) for name in ("debit", "discount", "write_off", "paid", "owing")
        )
        assert left == debit - discount - write_off - paid


@pytest.mark.parametrize("sign", COMPARED)
def test_owing_is_compared_as_a_decimal_over_the_whole_invoice(
    here: httpx.Client, rows: list[dict[str, Any]], sign: str
) -> None:
    sums = sorted(owing(row) for row in rows)
    for amount in {sums[0], sums[len(sums) // 2], sums[-1], sums[len(sums) // 3] + Decimal("0.01")}:
        found = ids(all_rows(here, "/invoice", "invoices", **{"q[]": f"owing:{sign}{amount}"}))
        assert found == ids([row for row in rows if COMPARED[sign](owing(row), amount)]), amount


def test_an_amount_that_is_none_is_refused(here: httpx.Client) -> None:
    for wrong in ("owing:=cheap", "owing:~9", "owing:>1e400", "owing:>NaN"):
        assert here.get("/invoice", params={"q[]": wrong}).status_code == 400, wrong


def test_an_appointment_is_found_on_any_line(here: httpx.Client, rows: list[dict[str, Any]]) -> None:
    visit = next(line["appointment_id"] for row in rows for line in row["invoice_items"] if line["appointment_id"])
    billed = [row for row in rows if visit in {line["appointment_id"] for line in row["invoice_items"]}]
    others = [row for row in rows if row not in billed]
    for sign, expected in (("=", billed), ("!=", others)):
        found = all_rows(here, "/invoice", "invoices", **{"q[]": f"appointment_id:{sign}{visit}"})
        assert ids(found) == ids(expected)


@pytest.mark.parametrize(
    "name", ["payer_id", "client_id", "account_id", "business_id", "invoice_number", "invoice_date"]
)
def test_the_plain_filters(here: httpx.Client, rows: list[dict[str, Any]], name: str) -> None:
    value = next(row[name] for row in rows if row[name] is not None)
    for sign in ("=", "!="):
        found = all_rows(here, "/invoice", "invoices", **{"q[]": f"{name}:{sign}{value}"})
        assert ids(found) == ids([row for row in rows if COMPARED[sign](row[name], value)])


def test_invoices_of_an_account_want_the_patient_too(here: httpx.Client, rows: list[dict[str, Any]]) -> None:
    client, account = rows[0]["client_id"], rows[0]["account_id"]
    path = f"/patient/{client}/account/{account}/invoice"
    page = made(here.get(path))
    assert ids(page["invoices"]) == ids([row for row in rows if row["account_id"] == account])
    assert page["links"]["self"].endswith(f"/v1{path}?page=1")
    assert ids(all_rows(here, f"/patient/{client}/invoice", "invoices")) == ids(
        [row for row in rows if row["client_id"] == client]
    )
    other = next(row["client_id"] for row in rows if row["client_id"] != client)
    for wrong in (f"/patient/{other}/account/{account}/invoice", f"/patient/{client}/account/{NEVER_EXISTED}/invoice"):
        assert made(here.get(wrong))["invoices"] == []
    assert here.get(f"/patient/{client}/account/one/invoice").status_code == 400


def test_another_clinics_numbers_are_its_own(cast: Cast, here: httpx.Client, there: httpx.Client) -> None:
    """Numbers run per clinic; ids do not tell."""
    ours, theirs = (all_rows(one, "/invoice", "invoices", **{"q[]": "invoice_number:=1"}) for one in (here, there))
    assert len(ours) == len(theirs) == 1
    assert here.get(f"/invoice/{theirs[0]['invoice_id']}").status_code == 404
