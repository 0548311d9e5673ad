"""What every resource owes every caller, parametrised over openprac/api.py. Nothing here names a resource."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from openprac.api import COLLECTIONS, ENDPOINTS
from openprac.kernel.action import Endpoint
from openprac.kernel.collection import Collection, Creation, Edition, Listing, Reading, Scope
from openprac.kernel.shape import is_listed
from tests.cast import Cast, Clinic

NEVER_EXISTED = 9_000_000_000


# Asking for them adds to them: two pages are never of one list. tests/audit/ has their own tests.
GROWING = ("audit_event",)


def of_kind(kind: type) -> list[Any]:
    found = [
        (one.collection, one.operation)
        for one in ENDPOINTS
        if isinstance(one.operation, kind) and one.collection and one.collection.name not in GROWING
    ]
    return [pytest.param(collection, operation, id=operation.id) for collection, operation in found]


LISTINGS = of_kind(Listing)
READINGS = of_kind(Reading)


def kept(collection: Collection, listing: Listing | None = None) -> str:
    """The condition on t that the rows of a table meet that are this resource, and on this list."""
    switches = listing.switches.values() if listing else ()
    return " AND ".join(["true", *filter(None, (collection.where, *switches))])


def parent_of(cast: Cast, clinic: Clinic, scope: Scope, collection: Collection) -> int:
    """A parent in that clinic that has rows, where there is one."""
    if scope.link:
        link = scope.link
        sql = f"SELECT l.{link.theirs} FROM {link.table} l WHERE l.tenant_id = $1 AND {link.only} ORDER BY 1 LIMIT 1"
    else:
        column = scope.column or scope.param
        sql = (
            f"SELECT t.{column} FROM {collection.table} t WHERE t.tenant_id = $1 AND t.{column} IS NOT NULL "
            f"AND {kept(collection)} ORDER BY 1 LIMIT 1"
        )
    return int(cast.sql(sql, clinic.tenant_id)[0][0])


def list_path(cast: Cast, clinic: Clinic, collection: Collection, listing: Listing) -> str:
    if not listing.scope:
        return listing.path
    return with_parents(cast, clinic, collection, listing, parent_of(cast, clinic, listing.scope, collection))


def with_parents(cast: Cast, clinic: Clinic, collection: Collection, listing: Listing, parent: int) -> str:
    """The path of a list below that parent, and below what the parent stands in."""
    assert listing.scope
    path = listing.path.replace(f"{{{listing.scope.param}}}", str(parent))
    for outer in listing.scope.chain[1:]:
        column, inner = outer.column or outer.param, listing.scope.column or listing.scope.param
        sql = f"SELECT {column} FROM {collection.table} WHERE tenant_id = $1 AND {inner} = $2 LIMIT 1"
        found = cast.sql(sql, clinic.tenant_id, parent)
        path = path.replace(f"{{{outer.param}}}", str(found[0][0] if found else NEVER_EXISTED))
    return path


def a_row(cast: Cast, clinic: Clinic, collection: Collection) -> dict[str, Any]:
    rows = f"SELECT * FROM {collection.table} t WHERE tenant_id = $1 AND {kept(collection)}"
    sql = f"{rows} ORDER BY {collection.id} LIMIT 1"
    return dict(cast.sql(sql, clinic.tenant_id)[0])


def row_path(path: str, collection: Collection, row: dict[str, Any]) -> str:
    """The path filled from the row: ids by their own or their column's name."""
    ids = {collection.id_param: row[collection.id], **row}
    return re.sub(r"\{(\w+)\}", lambda match: str(ids[match[1]]), path)


def whole(here: httpx.Client, path: str, collection: Collection, sort: str) -> list[dict[str, Any]]:
    """Every row of a list, page by page."""
    rows: list[dict[str, Any]] = []
    url: str | None = f"{path}?page_size=200&sort_by={sort}"
    while url:
        page = here.get(url).json()
        rows += page[collection.key]
        url = page["links"].get("next")
    return rows


def error_of(answer: httpx.Response) -> dict[str, Any]:
    body = answer.json()
    assert set(body) == {"error", "request_id"}
    assert body["error"]["status"] == answer.status_code
    assert body["request_id"] == answer.headers["x-request-id"]
    return dict(body["error"])


@pytest.mark.parametrize(("collection", "listing"), LISTINGS)
class TestList:
    def test_pages_cover_every_row_once_in_a_stable_order(
        self, cast: Cast, here: httpx.Client, collection: Collection, listing: Listing
    ) -> None:
        url: str | None = f"{list_path(cast, cast.riverside, collection, listing)}?page_size=7"
        rows: list[dict[str, Any]] = []
        totals = set()
        while url:
            page = here.get(url).json()
            assert page["links"]["self"].startswith(str(here.base_url)[:-3])
            assert ("previous" in page["links"]) == bool(rows)
            rows += page[collection.key]
            totals.add(page["total_entries"])
            url = page["links"].get("next")
        assert totals == {len(rows)}
        assert len(rows) > 0
        assert [row["row_num"] for row in rows] == list(range(1, len(rows) + 1))
        assert {row["total_rows"] for row in rows} == {len(rows)}
        ids = [row[collection.id] for row in rows]
        assert ids == sorted(ids if collection.tie else set(ids))
        # Notes and rule outs do not show it.
        assert {row.get("tenant_id", cast.riverside.tenant_id) for row in rows} == {cast.riverside.tenant_id}

    def test_rows_have_the_documented_members_in_order(
        self, cast: Cast, here: httpx.Client, collection: Collection, listing: Listing
    ) -> None:
        row = here.get(list_path(cast, cast.riverside, collection, listing)).json()[collection.key][0]
        links = ["links"] if collection.links else []
        names = [one.name for one in collection.fields if one.shown and is_listed(one)]
        assert list(row) == ["row_num", "total_rows", *links, *names]

    def test_a_page_past_the_end_is_empty(
        self, cast: Cast, here: httpx.Client, collection: Collection, listing: Listing
    ) -> None:
        path = list_path(cast, cast.riverside, collection, listing)
        total = here.get(path).json()["total_entries"]
        page = here.get(path, params={"page": 1_000_000}).json()
        assert page[collection.key] == []
        assert page["total_entries"] == total
        assert "next" not in page["links"]

    def test_every_sort_both_ways(
        self, cast: Cast, here: httpx.Client, collection: Collection, listing: Listing
    ) -> None:
        path = list_path(cast, cast.riverside, collection, listing)
        for name in listing.sorts:
            up = [row[collection.id] for row in here.get(path, params={"sort_by": name}).json()[collection.key]]
            column = collection.column_of(name)
            known = cast.sql(
                f"SELECT {collection.id} FROM {collection.table} t WHERE tenant_id = $1 AND {collection.id} = ANY($2) "
                f"AND {kept(collection, listing)} ORDER BY {column}, {collection.id}",
                cast.riverside.tenant_id,
                up,
            )
            assert up == [record[0] for record in known], name
            everything = [row[collection.id] for row in whole(here, path, collection, name)]
            for spelling in (f"{name}:desc", f"-{name}", f'["{name}:desc"]'):
                params = {"sort_by": spelling, "page_size": 200}
                down = [row[collection.id] for row in here.get(path, params=params).json()[collection.key]]
                assert down == everything[::-1][:200], spelling

    def test_what_is_not_known_is_named_or_refused(
        self, cast: Cast, here: httpx.Client, collection: Collection, listing: Listing
    ) -> None:
        path = list_path(cast, cast.riverside, collection, listing)
        answer = here.get(path, params={"colour": "red"})
        assert answer.status_code == 200
        assert answer.headers["openprac-ignored"] == "colour"
        for params in (
            {"page": "0"},
            {"page": "x"},
            {"page_size": "201"},
            {"page_size": "-1"},
            {"sort_by": "colour"},
            {"q[]": "colour:=red"},
            {"limit": "5"},
            {"q": "surname:=x"},
        ):
            refused = here.get(path, params=params)
            assert refused.status_code == 400, params
            assert error_of(refused)["code"] == "INVALID_PARAMS"


@pytest.mark.parametrize(("collection", "listing"), [one for one in LISTINGS if one.values[1].scope])
def test_another_clinics_parent_is_like_none(
    cast: Cast, here: httpx.Client, collection: Collection, listing: Listing
) -> None:
    assert listing.scope
    foreign = parent_of(cast, cast.hillside, listing.scope, collection)
    theirs = here.get(with_parents(cast, cast.hillside, collection, listing, foreign))
    never = here.get(with_parents(cast, cast.riverside, collection, listing, NEVER_EXISTED))
    assert theirs.status_code == never.status_code == (404 if listing.scope.missing_is_404 else 200)
    if theirs.status_code == 200:
        assert theirs.json()["total_entries"] == never.json()["total_entries"] == 0
    assert here.get(re.sub(r"\{\w+\}", "seven", listing.path)).status_code == 400


@pytest.mark.parametrize(("collection", "reading"), READINGS)
class TestGet:
    def test_one_row_with_its_etag_and_working_self_link(
        self, cast: Cast, here: httpx.Client, collection: Collection, reading: Reading
    ) -> None:
        row = a_row(cast, cast.riverside, collection)
        answer = here.get(row_path(reading.path, collection, row))
        assert answer.status_code == 200
        assert answer.headers["etag"] == f'"{row["version"]}"'
        body = answer.json()
        assert body[collection.id] == row[collection.id]
        assert ("row_num" in body) == reading.meta
        if collection.links:
            assert here.get(body["links"]["self"]).json() == body

    def test_a_foreign_row_is_a_row_that_never_existed(
        self, cast: Cast, here: httpx.Client, collection: Collection, reading: Reading
    ) -> None:
        foreign = a_row(cast, cast.hillside, collection)
        theirs = here.get(row_path(reading.path, collection, foreign))
        never = here.get(row_path(reading.path, collection, {**foreign, collection.id: NEVER_EXISTED}))
        assert theirs.status_code == never.status_code == 404
        ours, others = error_of(theirs)["detail"], error_of(never)["detail"]
        assert ours.replace(str(foreign[collection.id]), "X") == others.replace(str(NEVER_EXISTED), "X")

    def test_an_id_that_is_no_integer_is_400(
        self, cast: Cast, here: httpx.Client, collection: Collection, reading: Reading
    ) -> None:
        row = a_row(cast, cast.riverside, collection)
        for wrong in ("seven", "1.5", str(2**64)):
            answer = here.get(row_path(reading.path, collection, {**row, collection.id: wrong}))
            assert answer.status_code == 400
            assert collection.id_param in error_of(answer)["detail"]


@pytest.mark.parametrize("endpoint", [pytest.param(one, id=one.id) for one in ENDPOINTS])
class TestKeysAndPermissions:
    def path(self, endpoint: Endpoint) -> str:
        return re.sub(r"\{\w+\}", str(NEVER_EXISTED), endpoint.path)

    def test_the_account_key_is_judged_before_the_vendor_key(
        self, cast: Cast, nobody: httpx.Client, endpoint: Endpoint
    ) -> None:
        good = cast.headers(cast.riverside)
        for headers, status, code in (
            ({}, 401, "UNAUTHORIZED"),
            ({**good, "a-api-key": "opa_wrong"}, 401, "UNAUTHORIZED"),
            ({"x-api-key": good["x-api-key"]}, 401, "UNAUTHORIZED"),
            ({"a-api-key": good["a-api-key"]}, 403, "MISSING_AUTHENTICATION_TOKEN"),
            ({**good, "x-api-key": "opv_wrong"}, 403, "MISSING_AUTHENTICATION_TOKEN"),
        ):
            answer = nobody.request(endpoint.method, self.path(endpoint), headers=headers)
            assert (answer.status_code, error_of(answer)["code"]) == (status, code)

    def test_a_key_without_the_permission_is_told_which(
        self, cast: Cast, nobody: httpx.Client, endpoint: Endpoint
    ) -> None:
        others = {one.permission for one in ENDPOINTS} - {endpoint.permission}
        key = asyncio.run(cast.key(cast.riverside, *sorted(others)))
        headers = {**cast.headers(cast.riverside), "a-api-key": key}
        answer = nobody.request(endpoint.method, self.path(endpoint), headers=headers)
        assert answer.status_code == 403
        assert error_of(answer)["code"] == "ACCESS_DENIED"
        assert endpoint.permission in error_of(answer)["detail"]


def test_every_permission_is_a_tag_with_read_or_write() -> None:
    for endpoint in ENDPOINTS:
        tag, _, right = endpoint.permission.partition(":")
        assert tag == endpoint.tag.lower().replace(" ", "_")
        assert right == ("read" if endpoint.method == "GET" else "write")


def test_a_collection_is_written_only_by_declared_fields() -> None:
    for collection in COLLECTIONS:
        for operation in collection.operations:
            if isinstance(operation, Creation | Edition):
                assert collection.id not in {one.name for one in collection.fields if one.writable_by(1)}
