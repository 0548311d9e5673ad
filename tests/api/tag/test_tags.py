"""Tags in their categories."""

import httpx

from tests.api.answers import all_rows, code, made, problems


def test_a_category_lists_its_tags_and_stays_while_it_has_any(here: httpx.Client, there: httpx.Client) -> None:
    category = made(here.post("/x/tag_category", json={"description": "Flags", "colour": "#C0392B"}))["tag_category_id"]
    tag = made(here.post("/x/tag", json={"description": "Falls", "tag_category_id": category}))["tag_id"]
    loose = made(here.post("/x/tag", json={"description": "Loose"}))
    assert loose["tag_category_id"] is None
    nested = f"/tag_category/{category}/tag"
    assert [row["tag_id"] for row in all_rows(here, nested, "tags")] == [tag]
    assert [row["tag_id"] for row in all_rows(here, "/tag", "tags", **{"q[]": f"tag_category_id:={category}"})] == [tag]
    assert code(here.get(nested, params={"q[]": "tag_category_id:=1"})) == (400, "INVALID_PARAMS")
    assert list(problems(there.post("/x/tag", json={"description": "Falls", "tag_category_id": category}))) == [
        "tag_category_id"
    ]
    assert code(here.delete(f"/x/tag_category/{category}")) == (409, "IN_USE")
    assert here.delete(f"/x/tag/{tag}").status_code == 204
    assert here.delete(f"/x/tag_category/{category}").status_code == 204


def test_a_colour_is_six_hexadecimal_digits(here: httpx.Client) -> None:
    for wrong in ("red", "#FFF", "#GGGGGG", "C0392B"):
        found = problems(here.post("/x/tag_category", json={"description": "Flags", "colour": wrong}))
        assert found == {"colour": "The colour field must be a colour as #RRGGBB."}
