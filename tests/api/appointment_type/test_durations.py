"""The two arrays of durations: who sees them, what a row must and must not hold, whom it may name."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.api.answers import all_rows, made, problems
from tests.cast import Cast

DEFAULTS, OVERRIDES = "appointment_type_durations", "practitioner_appointment_type_durations"
NEVER_EXISTED = 9_000_000_000


@pytest.fixture(scope="module")
def ids(here: httpx.Client) -> dict[str, int]:
    """Rows of the clinic to point to."""
    (first, second), (person, *_) = (
        all_rows(here, "/profession", "professions")[:2],
        all_rows(here, "/practitioner", "practitioners"),
    )
    return {
        "profession": first["profession_id"],
        "other_profession": second["profession_id"],
        "fee_category": all_rows(here, "/fee_category", "fee_categories")[1]["fee_cat_id"],
        "practitioner": person["practitioner_id"],
        "business": person["businesses"][0]["business_id"],
        "item": all_rows(here, "/item", "items")[0]["item_id"],
        "item_group": all_rows(here, "/item_group", "item_groups")[0]["item_group_id"],
    }


def body(**more: Any) -> dict[str, Any]:
    return {"description": "Review", "short_description": "Rev", **more}


def row(ids: Mapping[str, int], **more: Any) -> dict[str, Any]:
    return {"profession_id": ids["profession"], "duration": 30, "all_fee_cats": True, **more}


def override(ids: Mapping[str, int], **more: Any) -> dict[str, Any]:
    return row(ids, practitioner_id=ids["practitioner"], business_id=ids["business"], **more)


def test_both_arrays_are_in_the_single_object_and_in_no_list(here: httpx.Client) -> None:
    found = [
        made(here.get(f"/appointment_type/{one['appointment_type_id']}"))
        for one in all_rows(here, "/appointment_type", "appointment_types")
    ]
    assert any(one[OVERRIDES] for one in found)
    for one in found:
        assert list(one)[-2:] == [DEFAULTS, OVERRIDES]
        for each in (*one[DEFAULTS], *one[OVERRIDES]):
            assert (each["fee_cat_id"] is None) == (each["all_fee_cats"] is True)
            assert each["all_fee_cats"] in (True, None)
        assert all(
            list(each) == ["profession_id", "duration", "width", "fee_cat_id", "all_fee_cats", "hourly_billing"]
            for each in one[DEFAULTS]
        )
        assert all(list(each)[:2] == ["practitioner_id", "business_id"] and len(each) == 8 for each in one[OVERRIDES])
    for path in ("/appointment_type", f"/profession/{found[0][DEFAULTS][0]['profession_id']}/appointment_type"):
        assert not {DEFAULTS, OVERRIDES} & set(all_rows(here, path, "appointment_types")[0])


def test_what_is_written_is_read_back_and_what_is_billed_shows_in_extensions_only(
    here: httpx.Client, ids: Mapping[str, int]
) -> None:
    rows = [
        row(ids, width=2, hourly_billing=True, item_id=ids["item"]),
        row(ids, duration=45, all_fee_cats=None, fee_cat_id=ids["fee_category"], item_group_id=ids["item_group"]),
    ]
    answer = made(
        here.post("/x/appointment_type", json=body(**{DEFAULTS: rows, OVERRIDES: [override(ids, duration=20)]}))
    )
    assert [(one["duration"], one["width"], one["item_id"], one["item_group_id"]) for one in answer[DEFAULTS]] == [
        (30, 2, ids["item"], None),
        (45, 1, None, ids["item_group"]),
    ]
    published = made(here.get(f"/appointment_type/{answer['appointment_type_id']}"))
    assert published[DEFAULTS] == [
        {
            "profession_id": ids["profession"],
            "duration": 30,
            "width": 2,
            "fee_cat_id": None,
            "all_fee_cats": True,
            "hourly_billing": True,
        },
        {
            "profession_id": ids["profession"],
            "duration": 45,
            "width": 1,
            "fee_cat_id": ids["fee_category"],
            "all_fee_cats": None,
            "hourly_billing": False,
        },
    ]
    assert [one["practitioner_id"] for one in published[OVERRIDES]] == [ids["practitioner"]]


def test_a_row_that_says_nothing_of_fee_categories_is_for_all(here: httpx.Client, ids: Mapping[str, int]) -> None:
    rows = [{"profession_id": ids["profession"], "duration": 30}]
    (one,) = made(here.post("/x/appointment_type", json=body(**{DEFAULTS: rows})))[DEFAULTS]
    assert (one["all_fee_cats"], one["fee_cat_id"]) == (True, None)


def test_false_for_all_fee_categories_is_stored_as_the_published_null(
    here: httpx.Client, ids: Mapping[str, int]
) -> None:
    rows = [row(ids, all_fee_cats=False, fee_cat_id=ids["fee_category"])]
    assert made(here.post("/x/appointment_type", json=body(**{DEFAULTS: rows})))[DEFAULTS][0]["all_fee_cats"] is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"all_fee_cats": None}, "0.fee_cat_id"),
        ({"all_fee_cats": False}, "0.fee_cat_id"),
        ({"fee_cat_id": "fee_category"}, "0.fee_cat_id"),
        ({"item_id": "item", "item_group_id": "item_group"}, "0.item_group_id"),
        ({"duration": 0}, "0.duration"),
        ({"duration": 1441}, "0.duration"),
        ({"duration": 30.5}, "0.duration"),
        ({"width": 0}, "0.width"),
        ({"width": 21}, "0.width"),
        ({"length": 30}, "0.length"),
        ({"duration": None}, "0.duration"),
        ({"profession_id": NEVER_EXISTED}, "profession_id"),
        ({"item_id": NEVER_EXISTED}, "item_id"),
        ({"item_group_id": NEVER_EXISTED}, "item_group_id"),
        ({"all_fee_cats": None, "fee_cat_id": NEVER_EXISTED}, "fee_cat_id"),
    ],
)
def test_a_row_that_cannot_be_is_refused_and_named(
    here: httpx.Client, ids: Mapping[str, int], wrong: dict[str, Any], field: str
) -> None:
    values = {name: ids[value] if isinstance(value, str) else value for name, value in wrong.items()}
    found = problems(here.post("/x/appointment_type", json=body(**{DEFAULTS: [row(ids, **values)]})))
    assert list(found) == [f"{DEFAULTS}.{field}"]


@pytest.mark.parametrize("name", ["practitioner_id", "business_id"])
def test_an_override_of_nobody_is_refused(here: httpx.Client, ids: Mapping[str, int], name: str) -> None:
    rows = {DEFAULTS: [row(ids)], OVERRIDES: [override(ids) | {name: NEVER_EXISTED}]}
    assert list(problems(here.post("/x/appointment_type", json=body(**rows)))) == [f"{OVERRIDES}.{name}"]


@pytest.mark.parametrize("name", [DEFAULTS, OVERRIDES])
def test_a_row_given_twice_is_refused(here: httpx.Client, ids: Mapping[str, int], name: str) -> None:
    one = override(ids) if name == OVERRIDES else row(ids)
    rows = {DEFAULTS: [row(ids)], name: [one, one | {"duration": 60}]}
    assert list(problems(here.post("/x/appointment_type", json=body(**rows)))) == [f"{name}.1.fee_cat_id"]


def test_an_override_needs_a_default_of_its_profession_whichever_is_written(
    here: httpx.Client, ids: Mapping[str, int]
) -> None:
    strange = override(ids, profession_id=ids["other_profession"])
    field = f"{OVERRIDES}.0.profession_id"
    refusal = here.post("/x/appointment_type", json=body(**{DEFAULTS: [row(ids)], OVERRIDES: [strange]}))
    assert list(problems(refusal)) == [field]
    one = made(here.post("/x/appointment_type", json=body(**{DEFAULTS: [row(ids)]})))
    path = f"/x/appointment_type/{one['appointment_type_id']}"
    assert list(problems(here.patch(path, json={OVERRIDES: [strange]}))) == [field]
    both = [row(ids), row(ids, profession_id=ids["other_profession"])]
    assert len(made(here.patch(path, json={DEFAULTS: both, OVERRIDES: [strange]}))[OVERRIDES]) == 1
    assert list(problems(here.patch(path, json={DEFAULTS: [row(ids)]}))) == [field]


def test_a_profession_lists_the_types_with_a_duration_for_it(here: httpx.Client, ids: Mapping[str, int]) -> None:
    path = f"/profession/{ids['other_profession']}/appointment_type"
    type_id = made(here.post("/x/appointment_type", json=body(**{DEFAULTS: [row(ids)]})))["appointment_type_id"]
    assert type_id not in [one["appointment_type_id"] for one in all_rows(here, path, "appointment_types")]
    rows = [row(ids), row(ids, profession_id=ids["other_profession"])]
    made(here.patch(f"/x/appointment_type/{type_id}", json={DEFAULTS: rows}))
    assert type_id in [one["appointment_type_id"] for one in all_rows(here, path, "appointment_types")]


def test_the_sort_by_profession_follows_the_durations(here: httpx.Client, ids: Mapping[str, int]) -> None:
    rows = [row(ids, profession_id=ids["other_profession"])]
    answer = made(here.post("/x/appointment_type", json=body(**{DEFAULTS: rows})))
    assert answer["profession_id"] == ids["other_profession"]
    path = f"/x/appointment_type/{answer['appointment_type_id']}"
    lower = min(ids["profession"], ids["other_profession"])
    assert made(here.patch(path, json={DEFAULTS: [*rows, row(ids)]}))["profession_id"] == lower
    assert made(here.patch(path, json={DEFAULTS: []}))["profession_id"] is None


def test_the_database_refuses_what_the_rules_would_let_by(cast: Cast) -> None:
    sql = "SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c'"
    for table in ("appointment_type_duration", "practitioner_appointment_type_duration"):
        checks = {record["conname"] for record in cast.sql(sql, table)}
        assert {
            f"{table}_{field}_check" for field in ("fee_cat_id", "all_fee_cats", "item_group_id", "width")
        } <= checks
