"""Items: a code of seven characters that is the clinic's once, fees by category, groups."""

from typing import Any

import httpx
import pytest

from tests.api.answers import all_rows, code, made, problems


def body(item_code: str, **more: Any) -> dict[str, Any]:
    return {"item_code": item_code, "description": "Consultation", **more}


def test_a_code_has_one_to_seven_characters(here: httpx.Client) -> None:
    assert made(here.post("/x/item", json=body("SEVEN77")))["item_code"] == "SEVEN77"
    assert made(here.post("/x/item", json=body(" PAD ")))["item_code"] == "PAD"
    assert list(problems(here.post("/x/item", json=body("EIGHT888")))) == ["item_code"]
    assert list(problems(here.post("/x/item", json=body("   ")))) == ["item_code"]


def test_a_code_is_taken_whatever_its_case_within_the_clinic(here: httpx.Client, there: httpx.Client) -> None:
    made(here.post("/x/item", json=body("Once")))
    for same in ("Once", "ONCE", "once "):
        assert problems(here.post("/x/item", json=body(same))) == {"item_code": "The item_code has already been taken."}
    other = made(here.post("/x/item", json=body("Twice")))
    assert list(problems(here.patch(f"/x/item/{other['item_id']}", json={"item_code": "oNCE"}))) == ["item_code"]
    made(there.post("/x/item", json=body("Once")))


def test_fees_show_in_the_single_item_only_with_two_places(here: httpx.Client) -> None:
    first, second = [one["fee_cat_id"] for one in all_rows(here, "/fee_category", "fee_categories")][:2]
    fees = [
        {"fee_cat_id": first, "charge": 92, "discount": 13.8},
        {"fee_cat_id": second, "charge": 0.1},
    ]
    item = made(here.post("/x/item", json=body("FEES", item_fees=fees, gst=True)))
    answer = here.get(f"/item/{item['item_id']}")
    assert '"charge":92.00,"discount":13.80' in answer.text
    assert answer.json()["item_fees"] == [
        {"fee_cat_id": first, "charge": 92.0, "discount": 13.8},
        {"fee_cat_id": second, "charge": 0.1, "discount": 0.0},
    ]
    assert "item_fees" not in all_rows(here, "/item", "items")[0]
    assert made(here.patch(f"/x/item/{item['item_id']}", json={"item_fees": []}))["item_fees"] == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"charge": -1}, "item_fees.0.charge"),
        ({"charge": 1.005}, "item_fees.0.charge"),
        ({"charge": "92"}, "item_fees.0.charge"),
        ({"charge": 1_000_001}, "item_fees.0.charge"),
        ({"discount": -0.01}, "item_fees.0.discount"),
        ({"discount": 92.01}, "item_fees.0.discount"),
        ({"fee_cat_id": 9_000_000_000}, "item_fees.fee_cat_id"),
        ({"rebate": 1}, "item_fees.0.rebate"),
    ],
)
def test_a_fee_that_cannot_be_is_refused_and_named(here: httpx.Client, wrong: dict[str, Any], field: str) -> None:
    category = all_rows(here, "/fee_category", "fee_categories")[0]["fee_cat_id"]
    fee = {"fee_cat_id": category, "charge": 92, **wrong}
    assert list(problems(here.post("/x/item", json=body("WRONG", item_fees=[fee])))) == [field]


def test_a_fee_category_has_one_fee(here: httpx.Client) -> None:
    category = all_rows(here, "/fee_category", "fee_categories")[0]["fee_cat_id"]
    fees = [{"fee_cat_id": category, "charge": charge} for charge in (1, 2)]
    found = problems(here.post("/x/item", json=body("DOUBLE", item_fees=fees)))
    assert list(found) == ["item_fees.fee_cat_id"]


def test_archived_is_a_boolean_filter_and_hides_nothing_by_itself(here: httpx.Client) -> None:
    one = made(here.post("/x/item", json=body("OLD1")))
    made(here.patch(f"/x/item/{one['item_id']}", json={"archived": True}))
    everything = [each["item_id"] for each in all_rows(here, "/item", "items")]
    hidden = [each["item_id"] for each in all_rows(here, "/item", "items", **{"q[]": "archived:=true"})]
    shown = [each["item_id"] for each in all_rows(here, "/item", "items", **{"q[]": "archived:!=true"})]
    assert one["item_id"] in hidden
    assert sorted(hidden + shown) == everything
    assert here.get("/item", params={"q[]": "archived:>2024-06-01T00:00:00Z"}).status_code == 400


def test_a_used_item_stays_and_can_be_archived(here: httpx.Client) -> None:
    item = made(here.post("/x/item", json=body("USED")))["item_id"]
    group = made(here.post("/x/item_group", json={"description": "Uses it", "item_ids": [item]}))["item_group_id"]
    refusal = here.delete(f"/x/item/{item}")
    assert code(refusal) == (409, "IN_USE")
    assert "archived" in refusal.json()["error"]["detail"]
    assert made(here.patch(f"/x/item/{item}", json={"archived": True}))["archived"] is True
    assert here.delete(f"/x/item_group/{group}").status_code == 204
    assert here.delete(f"/x/item/{item}").status_code == 204
