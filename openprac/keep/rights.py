"""Whether both locks of decision 2 are shut: row-level security on every table of a clinic, the runtime role's rights.

No list of rights stands here: what they should be is what openprac/migrations/grants.sql makes of them.
"""

from collections.abc import Mapping

import asyncpg

from openprac.keep.catalog import TENANT, read_catalog
from openprac.migrate import ADVISORY_LOCK, state_grants

_RIGHTS = """
SELECT c.relname || ': ' || p.right_name AS what, has_table_privilege($1, c.oid, p.right_name) AS may
  FROM pg_class c, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS p(right_name)
 WHERE c.relkind IN ('r', 'p', 'v') AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT c.relname || ': USAGE', has_sequence_privilege($1, c.oid, 'USAGE')
  FROM pg_class c WHERE c.relkind = 'S' AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT f.oid::regprocedure || ': EXECUTE', has_function_privilege($1, f.oid, 'EXECUTE')
  FROM pg_proc f WHERE f.pronamespace = 'public'::regnamespace
"""
_SECURITY = """
SELECT c.relname::text AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
       array(SELECT pg_get_expr(p.polqual, p.polrelid) FROM pg_policy p WHERE p.polrelid = c.oid)::text[] AS policies
  FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
"""


async def open_locks(connection: asyncpg.Connection, runtime_role: str) -> list[str]:
    """Tables of clinics that row-level security does not keep, and powers the runtime role should not have."""
    found = []
    security = {row["name"]: row for row in await connection.fetch(_SECURITY)}
    for table in (await read_catalog(connection)).tables:
        if table.key[:1] != (TENANT,) or len(table.key) == 1:
            continue
        one = security[table.name]
        if not (one["enabled"] and one["forced"]) or one["policies"] != security["tenant"]["policies"]:
            found.append(f"row-level security of {table.name} is not as it was made")
    role = await connection.fetchrow("SELECT * FROM pg_roles WHERE rolname = $1", runtime_role)
    if role is None:
        return [*found, f"there is no role {runtime_role}"]
    powers = ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolreplication")
    found += [f"the role {runtime_role} has {power.removeprefix('rol')}" for power in powers if role[power]]
    owned = "SELECT count(*) FROM pg_shdepend WHERE refobjid = $1::text::regrole AND deptype = 'o'"
    if count := await connection.fetchval(owned, f'"{runtime_role}"'):
        found.append(f"the role {runtime_role} owns {count} things")
    return found


async def wrong_rights(connection: asyncpg.Connection, runtime_role: str) -> list[str]:
    """Rights that the runtime role has or lacks against what grants.sql says, found by saying it and taking it back."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        # As a server's start does: two that state grants at once would disturb each other.
        await connection.execute("SELECT pg_advisory_xact_lock($1)", ADVISORY_LOCK)
        before = await _rights(connection, runtime_role)
        await state_grants(connection, runtime_role)
        after = await _rights(connection, runtime_role)
    finally:
        await transaction.rollback()
    return [
        f"{runtime_role} {'has' if before[what] else 'lacks'} {what}"
        for what in sorted(before)
        if before[what] != after[what]
    ]


async def _rights(connection: asyncpg.Connection, runtime_role: str) -> Mapping[str, bool]:
    return {row["what"]: row["may"] for row in await connection.fetch(_RIGHTS, runtime_role)}
