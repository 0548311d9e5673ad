"""`openprac export --csv`: the sheet has the rows and columns of the API's list, and nothing in it is run."""

import asyncio
import csv
import io
import itertools
import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from openprac.api import COLLECTIONS
from openprac.keep import KeepError
from openprac.keep.command import owner_of
from openprac.keep.sheets import cell, collection_named, sheet
from openprac.kernel.collection import Collection
from tests.keep.ground import Place

LISTED = [one for one in COLLECTIONS if any(listing.scope is None for listing in one.listings)]
UNDER_PARENTS = [one for one in COLLECTIONS if one.listings and one not in LISTED]


def rows_of(place: Place, collection: Collection, tenant_id: int = 1) -> list[dict[str, str]]:
    async def read() -> bytes:
        async with owner_of(place.settings) as connection:
            return b"".join([part async for part in sheet(connection, collection, tenant_id)])

    text = asyncio.run(read()).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture(scope="module")
def api(kept: Place) -> Any:
    with kept.served() as api:
        yield api


def expected(value: Any) -> str:
    """What the cell of a member of the API is."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else value
    return json.dumps(value)


@pytest.mark.parametrize("collection", LISTED, ids=lambda one: one.name)
def test_it_has_what_the_list_has(kept: Place, api: httpx.Client, collection: Collection) -> None:
    listing = next(one for one in collection.listings if one.scope is None)
    found: list[dict[str, Any]] = []
    for page in itertools.count(1):
        answer = api.get(listing.path, params={"page": page, "page_size": 200}).json()
        found += answer[collection.key]
        if len(found) >= answer["total_entries"]:
            break
    sheet_rows = rows_of(kept, collection)
    assert len(sheet_rows) == len(found)
    for ours, theirs in zip(sheet_rows, found, strict=True):
        members = {name: value for name, value in theirs.items() if name not in ("links", "row_num", "total_rows")}
        assert list(ours) == list(members)
        for name, value in members.items():
            if isinstance(value, str) or value is None:
                assert ours[name] == expected(value), name
            else:
                assert json.loads(ours[name]) == value, name


@pytest.mark.parametrize("collection", UNDER_PARENTS, ids=lambda one: one.name)
def test_a_list_that_has_only_paths_below_parents_has_all_of_them(kept: Place, collection: Collection) -> None:
    kept_rows = f" WHERE {collection.where}" if collection.where else ""
    assert len(rows_of(kept, collection)) == kept.sql(f"SELECT count(*) FROM {collection.table} t{kept_rows}")[0][0]


@pytest.mark.parametrize("text", ["=1+1", "+61 491 570 006", "-x", "@sum", "\t=1", "\r=1", "\n=1"])
def test_a_text_that_looks_like_a_formula_is_harmless(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "shown"), [(Decimal("-5.50"), "-5.50"), (-3, "-3"), (True, "true"), (None, ""), ("", ""), ("a=b", "a=b")]
)
def test_other_values_stay_what_they_are(value: Any, shown: str) -> None:
    assert cell(value) == shown


def test_an_unknown_list_names_the_nearest(kept: Place) -> None:
    with pytest.raises(KeepError, match="nearest is patient"):
        collection_named("patients", COLLECTIONS)
    with pytest.raises(KeepError, match="there are"):
        collection_named("zzzz", COLLECTIONS)


def test_a_clinic_that_is_not_there_is_told(kept: Place) -> None:
    with pytest.raises(KeepError, match="no clinic 99"):
        rows_of(kept, LISTED[0], 99)
