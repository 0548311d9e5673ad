"""A group names its items in the object and lists them under its own path."""

import httpx

from tests.api.answers import all_rows, made, problems


def test_the_ids_in_the_object_are_those_of_the_nested_list(here: httpx.Client) -> None:
    groups = all_rows(here, "/item_group", "item_groups")
    assert len(groups) >= 4
    for group in groups:
        items = all_rows(here, group["links"]["items"], "items")
        assert [one["item_id"] for one in items] == group["item_ids"]
        assert made(here.get(group["links"]["self"]))["item_ids"] == group["item_ids"]


def test_a_write_replaces_the_items_and_refuses_strange_ones(here: httpx.Client, there: httpx.Client) -> None:
    first, second, third = [one["item_id"] for one in all_rows(here, "/item", "items")][:3]
    group = made(here.post("/x/item_group", json={"description": "Mine", "item_ids": [second, first, second]}))
    assert group["item_ids"] == [first, second]
    path = f"/x/item_group/{group['item_group_id']}"
    assert made(here.patch(path, json={"item_ids": [third]}))["item_ids"] == [third]
    foreign = all_rows(there, "/item", "items")[0]["item_id"]
    assert list(problems(here.patch(path, json={"item_ids": [first, foreign]}))) == ["item_ids"]
    assert made(here.get(path.removeprefix("/x")))["item_ids"] == [third]
    assert here.delete(path).status_code == 204


def test_the_nested_list_filters_by_code_and_description_only(here: httpx.Client) -> None:
    group = all_rows(here, "/item_group", "item_groups")[0]
    one = all_rows(here, group["links"]["items"], "items")[0]
    found = all_rows(here, group["links"]["items"], "items", **{"q[]": f"item_code:={one['item_code']}"})
    assert [each["item_id"] for each in found] == [one["item_id"]]
    assert here.get(group["links"]["items"], params={"q[]": "archived:=true"}).status_code == 400


def test_archived_is_a_boolean_filter(here: httpx.Client) -> None:
    hidden = all_rows(here, "/item_group", "item_groups", **{"q[]": "archived:=true"})
    assert hidden
    assert all(one["archived"] for one in hidden)
