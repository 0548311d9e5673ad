"""The table of names holds what searches need, whatever was written and by whom."""

import asyncio

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openprac import admin
from openprac.people import PATIENT
from tests.cast import Cast
from tests.own_database import small_clinic, sql

NAME = st.text(st.characters(categories=("L", "Nd", "Zs", "Pd", "Po", "Mn")), min_size=1, max_size=40).filter(
    lambda text: bool(text.strip())
)
WRITES = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(("first_name", "surname", "preferred_name")), NAME),
    min_size=1,
    max_size=6,
)
MISSING = """
SELECT name, token FROM (
    SELECT first_name AS name FROM patient WHERE tenant_id = $1
    UNION SELECT surname FROM patient WHERE tenant_id = $1
    UNION SELECT preferred_name FROM patient WHERE tenant_id = $1) n, patient_name_tokens(n.name) token
 WHERE name IS NOT NULL EXCEPT SELECT name, token FROM patient_name WHERE tenant_id = $1
"""
WRONG = """
SELECT name, token FROM patient_name WHERE tenant_id = $1
EXCEPT SELECT name, token FROM (SELECT DISTINCT name FROM patient_name WHERE tenant_id = $1) n,
       patient_name_tokens(n.name) token
"""


@pytest.mark.parametrize("name", ["riverside", "hillside"])
def test_the_demos_import_leaves_no_name_out(cast: Cast, name: str) -> None:
    tenant_id = getattr(cast, name).tenant_id
    assert cast.sql("SELECT count(*) FROM patient_name WHERE tenant_id = $1", tenant_id)[0][0] > 100
    assert cast.sql(MISSING, tenant_id) == []
    assert cast.sql(WRONG, tenant_id) == []


def test_every_write_keeps_it_true(cast: Cast) -> None:
    """Random creates and edits: the table is what a recomputation gives, but for names nobody bears any more."""

    async def make() -> tuple[int, str]:
        async with cast.owner() as connection:
            tenant_id = await admin.create_tenant(connection, "Names", "Australia/Adelaide")
            return tenant_id, (await admin.create_account_key(connection, tenant_id, "all", ["*"]))[2]

    tenant_id, key = asyncio.run(make())
    headers = {"x-api-key": cast.vendor_key, "a-api-key": key}
    with httpx.Client(base_url=f"{cast.base_url}/v1", headers=headers, timeout=30) as client:
        ids: list[int] = []
        written: set[str] = set()

        @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(WRITES)
        def write(writes: list[tuple[int, str, str]]) -> None:
            for place, field, name in writes:
                body = {"first_name": name, "surname": name, field: name}
                if place < len(ids):
                    answer = client.patch(f"/x/patient/{ids[place]}", json={field: name})
                else:
                    answer = client.post("/x/patient", json=body)
                    ids.append(answer.json()["client_id"])
                assert answer.status_code in (200, 201), answer.text
                written.add(name)
            assert cast.sql(MISSING, tenant_id) == []
            assert cast.sql(WRONG, tenant_id) == []
            known = cast.sql("SELECT name FROM patient_name WHERE tenant_id = $1 AND token = ''", tenant_id)
            assert {record[0] for record in known} == written

        write()


def test_a_refused_write_leaves_nothing(cast: Cast, here: httpx.Client) -> None:
    body = {"first_name": "Qqxzzy", "surname": "Qqxzzy", "sex_id": 9_000_000_000}
    assert here.post("/patient", json=body).status_code == 422
    assert cast.sql("SELECT 1 FROM patient_name WHERE name = 'Qqxzzy'") == []


def test_a_database_from_before_gets_its_names_when_it_is_migrated(cast: Cast) -> None:
    """note_patient_names() is what the migration calls for each clinic."""
    url = small_clinic(cast.settings, "names_before").settings.owner_database_url or ""
    (tenant,) = sql(url, "SELECT tenant_id FROM tenant")
    sql(url, "INSERT INTO patient (tenant_id, first_name, surname) VALUES ($1, 'Ada', 'Lövelace')", tenant[0])
    assert sql(url, MISSING, tenant[0]) != []
    for _ in range(2):
        sql(url, "SELECT note_patient_names($1)", tenant[0])
        assert sql(url, MISSING, tenant[0]) == []


@pytest.mark.parametrize("field", ["surname", "first_name", "preferred_name"])
def test_a_long_filter_reads_the_names_and_a_short_one_the_rows(here: httpx.Client, cast: Cast, field: str) -> None:
    """Both give what a look at every row gives; tests/kernel/test_filters_oracle.py does so at random."""
    assert PATIENT.filters[field].vocabulary == "patient_name"
    rows = cast.sql(f"SELECT client_id, {field} FROM patient WHERE tenant_id = $1", cast.riverside.tenant_id)
    for needle in ("a", "an", "ann", "Mar", "son", "e-m", "'br", "zzz", "%_\\"):
        params = {"q[]": f"{field}:~{needle}", "page_size": "200"}
        found = {row["client_id"] for row in here.get("/patient", params=params).json()["clients"]}
        assert found == {row[0] for row in rows if row[1] and needle.lower() in row[1].lower()}, needle
