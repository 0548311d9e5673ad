"""The rules of openprac/migrations, held against the real database: tenant first, row-level security, exact rights."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest

from openprac.api import COLLECTIONS
from tests.cast import Cast

# Tables with a tenant_id that are not a clinic's own: met through enter() alone, before any tenant is bound.
OPERATORS = ("account_key", "tenant")

TENANT_POLICY = "(tenant_id = (NULLIF(current_setting('openprac.tenant_id'::text, true), ''::text))::bigint)"

PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
EVERY_ROW = {"SELECT", "INSERT", "UPDATE", "DELETE"}
BUT_NOT_REMOVE = {"SELECT", "INSERT", "UPDATE"}
# What the runtime role may do where that is not EVERY_ROW.
RIGHTS: Mapping[str, set[str]] = {
    "account_key": set(),
    "audit_event": {"SELECT", "INSERT"},
    "audit_seal": {"SELECT"},
    "audit_sealer": set(),
    "audit_shown": {"SELECT"},
    "billing_settings": BUT_NOT_REMOVE,
    "invoice": BUT_NOT_REMOVE,
    "invoice_counter": BUT_NOT_REMOVE,
    "payment": BUT_NOT_REMOVE,
    "schema_migration": set(),
    "tenant": {"SELECT"},
    "vendor": set(),
    "vendor_day": set(),
    "vendor_key": set(),
}
FUNCTIONS = (
    "append_reads",
    "clinic_now",
    "enter",
    "forget_idempotency_keys",
    "idempotency_enter",
    "lease_quota",
    "patient_name_tokens",
    "patient_name_words",
    "seal_audit",
    "take_due_uploads",
)

# Its rows are added and never changed.
APPEND_ONLY = ("audit_event",)
# Lists of one patient's handful of rows, found by the patient: an index by instant would serve nobody.
FILTERED_WITHOUT_INDEX = (("patient_account", "created"), ("patient_account", "modified"))
INSTANTS = ("created", "updated", "archived")

COLUMNS = """
SELECT c.table_name, c.column_name FROM information_schema.columns c
  JOIN information_schema.tables t USING (table_schema, table_name)
 WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' ORDER BY 1, c.ordinal_position
"""
INDEXES = """
SELECT i.indrelid::regclass::text AS table_name, i.indexrelid::regclass::text AS index_name,
       array(SELECT pg_get_indexdef(i.indexrelid, place, true)
               FROM generate_series(1, i.indnkeyatts) AS place)::text[] AS columns
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace
"""
CONSTRAINTS = """
SELECT c.conrelid::regclass::text AS table_name, c.conname::text, c.contype::text AS kind,
       c.confrelid::regclass::text AS other,
       array(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k(number, place)
               JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number ORDER BY k.place) AS columns,
       array(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY AS k(number, place)
               JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number ORDER BY k.place) AS target
  FROM pg_constraint c WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('p', 'u', 'x', 'f')
"""
SECURITY = """
SELECT c.relname::text AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
       (SELECT array_agg(pg_get_expr(p.polqual, p.polrelid)) FROM pg_policy p WHERE p.polrelid = c.oid) AS policies,
       (SELECT bool_and(p.polpermissive AND p.polcmd = '*' AND p.polroles = '{0}' AND p.polwithcheck IS NULL)
          FROM pg_policy p WHERE p.polrelid = c.oid) AS for_all
  FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
"""


@pytest.fixture(scope="module")
def columns(cast: Cast) -> Mapping[str, Sequence[str]]:
    """Table -> its columns."""
    found: dict[str, list[str]] = defaultdict(list)
    for record in cast.sql(COLUMNS):
        found[record["table_name"]].append(record["column_name"])
    return found


@pytest.fixture(scope="module")
def tenant_tables(columns: Mapping[str, Sequence[str]]) -> Sequence[str]:
    return [name for name, names in columns.items() if "tenant_id" in names and name not in OPERATORS]


@pytest.fixture(scope="module")
def constraints(cast: Cast, tenant_tables: Sequence[str]) -> Sequence[Any]:
    """Those of the clinics' tables."""
    return [one for one in cast.sql(CONSTRAINTS) if one["table_name"] in tenant_tables]


@pytest.fixture(scope="module")
def runtime_role(cast: Cast) -> str:
    role = urlsplit(cast.settings.database_url or "").username
    assert role
    return role


def test_every_table_of_a_clinic_has_forced_security_with_the_one_policy(
    cast: Cast, tenant_tables: Sequence[str]
) -> None:
    found = {record["name"]: record for record in cast.sql(SECURITY)}
    assert len(tenant_tables) > 10
    for name in tenant_tables:
        assert (found[name]["enabled"], found[name]["forced"]) == (True, True), name
        assert found[name]["policies"] == [TENANT_POLICY], name
        assert found[name]["for_all"] is True, name


def test_the_tenants_own_row_is_all_the_runtime_role_sees_of_tenants(cast: Cast) -> None:
    (tenant,) = [record for record in cast.sql(SECURITY) if record["name"] == "tenant"]
    assert (tenant["enabled"], tenant["policies"], tenant["for_all"]) == (True, [TENANT_POLICY], True)


def test_the_operators_tables_are_no_more_than_named(columns: Mapping[str, Sequence[str]]) -> None:
    assert [name for name in OPERATORS if "tenant_id" in columns[name]] == list(OPERATORS)


def test_every_key_unique_and_exclusion_begins_with_the_tenant(constraints: Sequence[Any]) -> None:
    keyed = [one for one in constraints if one["kind"] in "pux"]
    assert {one["kind"] for one in keyed} >= {"p", "u"}
    assert [(one["conname"], one["columns"]) for one in keyed if one["columns"][0] != "tenant_id"] == []


def test_every_table_of_a_clinic_has_a_primary_key(constraints: Sequence[Any], tenant_tables: Sequence[str]) -> None:
    assert {one["table_name"] for one in constraints if one["kind"] == "p"} == set(tenant_tables)


def test_every_index_begins_with_the_tenant(cast: Cast, tenant_tables: Sequence[str]) -> None:
    indexes = [one for one in cast.sql(INDEXES) if one["table_name"] in tenant_tables]
    assert len(indexes) > len(tenant_tables)
    assert [one["index_name"] for one in indexes if one["columns"][0] != "tenant_id"] == []


def test_every_reference_stays_in_its_clinic(constraints: Sequence[Any]) -> None:
    """Both ends begin with the tenant, so a row can only point to a row of the same clinic."""
    for one in constraints:
        if one["kind"] == "f":
            assert (one["columns"][0], one["target"][0]) == ("tenant_id", "tenant_id"), one["conname"]


def test_every_table_of_a_clinic_belongs_to_a_tenant(constraints: Sequence[Any], tenant_tables: Sequence[str]) -> None:
    owned = {one["table_name"] for one in constraints if one["kind"] == "f" and one["other"] == "tenant"}
    assert owned == set(tenant_tables)


def test_every_reference_is_named_after_the_field_a_refusal_names(constraints: Sequence[Any]) -> None:
    for one in constraints:
        if one["kind"] == "f" and one["other"] != "tenant":
            assert one["conname"] == f"{one['table_name']}_{one['columns'][-1]}_fk"


def test_what_belongs_to_a_patient_is_found_by_the_patient(cast: Cast, constraints: Sequence[Any]) -> None:
    indexes = cast.sql(INDEXES)
    for one in constraints:
        if one["kind"] == "f" and one["other"] == "patient":
            begins = [index["columns"][:2] for index in indexes if index["table_name"] == one["table_name"]]
            assert ["tenant_id", "client_id"] in begins, one["table_name"]


def test_every_list_that_filters_by_an_instant_has_the_index(cast: Cast) -> None:
    begins = {(one["table_name"], *one["columns"][:2]) for one in cast.sql(INDEXES)}
    missing = {
        (collection.table, column)
        for collection in COLLECTIONS
        for listing in collection.listings
        for name in listing.filters
        if name in INSTANTS
        for column in (collection.column_of(name),)
        if (collection.table, "tenant_id", column) not in begins
    }
    assert missing == set(FILTERED_WITHOUT_INDEX)


def test_every_row_the_api_shows_has_a_version_and_its_instants(columns: Mapping[str, Sequence[str]]) -> None:
    for collection in COLLECTIONS:
        if collection.table not in APPEND_ONLY:
            assert {"version", "created", "modified"} <= set(columns[collection.table]), collection.name


def test_no_trigger_carries_meaning(cast: Cast) -> None:
    sql = "SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT tgisinternal"
    assert cast.sql(f"{sql} AND c.relnamespace = 'public'::regnamespace") == []


class TestTheRuntimeRole:
    def test_is_nobody_special(self, cast: Cast, runtime_role: str) -> None:
        (role,) = cast.sql("SELECT * FROM pg_roles WHERE rolname = $1", runtime_role)
        assert role["rolcanlogin"]
        for power in ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolreplication"):
            assert not role[power], power
        member_of = "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = $1::regrole"
        assert cast.sql(member_of, runtime_role) == []

    def test_owns_nothing(self, cast: Cast, runtime_role: str) -> None:
        assert (
            cast.sql("SELECT objid FROM pg_shdepend WHERE refobjid = $1::regrole AND deptype = 'o'", runtime_role) == []
        )

    def test_cannot_make_anything(self, cast: Cast, runtime_role: str) -> None:
        ((create,),) = cast.sql("SELECT has_schema_privilege($1, 'public', 'CREATE')", runtime_role)
        assert not create

    def test_has_exactly_its_rights(self, cast: Cast, runtime_role: str, columns: Mapping[str, Sequence[str]]) -> None:
        for table in columns:
            sql = "SELECT right_name FROM unnest($2::text[]) right_name WHERE has_table_privilege($1, $3, right_name)"
            rights = {record[0] for record in cast.sql(sql, runtime_role, list(PRIVILEGES), f"public.{table}")}
            assert rights == RIGHTS.get(table, EVERY_ROW), table
        assert set(RIGHTS) <= set(columns)

    def test_has_no_right_on_single_columns(self, cast: Cast, runtime_role: str) -> None:
        sql = "SELECT attrelid::regclass FROM pg_attribute WHERE attacl::text LIKE '%' || $1 || '=%'"
        assert cast.sql(sql, runtime_role) == []

    def test_may_call_its_functions_and_no_other_of_ours(self, cast: Cast, runtime_role: str) -> None:
        sql = (
            "SELECT DISTINCT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
            "AND has_function_privilege($1, oid, 'EXECUTE') AND NOT EXISTS "
            "(SELECT 1 FROM pg_depend d WHERE d.objid = pg_proc.oid AND d.deptype = 'e') ORDER BY 1"
        )
        assert tuple(record[0] for record in cast.sql(sql, runtime_role)) == FUNCTIONS

    def test_what_acts_with_the_owners_rights_fixes_its_search_path(self, cast: Cast) -> None:
        sql = "SELECT proname::text, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        definers = cast.sql(sql)
        assert {record["proname"] for record in definers} < set(FUNCTIONS)
        for record in definers:
            (path,) = record["proconfig"]
            assert re.fullmatch(r"search_path=pg_catalog, public, pg_temp", path), record["proname"]
