"""Rows of the short lists: removed while unused, else kept."""

import httpx
import pytest

from tests.api.answers import all_rows, code, made


def test_a_used_category_is_made_inactive_instead(here: httpx.Client) -> None:
    used = all_rows(here, "/fee_category", "fee_categories")[0]["fee_cat_id"]
    assert code(here.delete(f"/x/fee_category/{used}")) == (409, "IN_USE")
    fresh = made(here.post("/x/fee_category", json={"description": "Students"}))
    path = f"/x/fee_category/{fresh['fee_cat_id']}"
    assert made(here.patch(path, json={"active": False}))["active"] is False
    assert here.delete(path).status_code == 204


@pytest.mark.parametrize("kind", ["cancellation", "reschedule"])
def test_a_clinic_starts_with_reasons_and_keeps_its_own(here: httpx.Client, kind: str) -> None:
    path, key, name = f"/{kind}_reason", f"appointment_{kind}_reasons", f"appointment_{kind}_reason_id"
    assert "Unwell" in [one["reason"] for one in all_rows(here, path, key)]
    one = made(here.post(f"/x{path}", json={"reason": "Flood"}))
    assert made(here.patch(f"/x{path}/{one[name]}", json={"reason": "Fire"}))["reason"] == "Fire"
    assert set(one) == {"tenant_id", name, "reason"}
    assert here.delete(f"/x{path}/{one[name]}").status_code == 204
    assert one[name] not in [each[name] for each in all_rows(here, path, key)]
