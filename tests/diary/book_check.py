"""What the tables say after a run, in plain joins over start, length and columns: nothing here is the product's."""

from collections.abc import Callable
from typing import Any

Sql = Callable[..., list[Any]]

_MEET = (
    "a.app_time < b.app_time + b.duration * interval '1 minute' "
    "AND b.app_time < a.app_time + a.duration * interval '1 minute'"
)

# A hold that has lapsed takes no time, whether or not somebody has marked it.
_LIVE = (
    "SELECT * FROM appointment WHERE tenant_id = $1 AND state = 'live' AND (expires_at IS NULL OR expires_at > now())"
)

OVERLAPS = f"""
WITH live AS ({_LIVE})
SELECT a.appointment_id AS one, b.appointment_id AS other
  FROM live a JOIN live b ON a.practitioner_id = b.practitioner_id AND a.appointment_id < b.appointment_id AND {_MEET}
 WHERE a.business_id <> b.business_id
    OR (a.column_number < b.column_number + b.width AND b.column_number < a.column_number + a.width)"""

ROOMS_TWICE = f"""
WITH live AS ({_LIVE}),
taken AS (SELECT live.*, r.resource_id FROM live JOIN appointment_resource r USING (tenant_id, appointment_id))
SELECT a.appointment_id AS one, b.appointment_id AS other
  FROM taken a JOIN taken b ON a.resource_id = b.resource_id AND a.appointment_id < b.appointment_id AND {_MEET}"""

TOO_FULL = """
SELECT g.appointment_id, g.group_max_size, count(m.client_id) AS members
  FROM appointment g LEFT JOIN appointment_client m
    ON m.tenant_id = g.tenant_id AND m.appointment_id = g.appointment_id AND m.state = 'live'
 WHERE g.tenant_id = $1 AND g.kind = 'group' AND g.state = 'live'
 GROUP BY g.appointment_id, g.group_max_size, g.member_count
HAVING count(m.client_id) > g.group_max_size OR count(m.client_id) <> g.member_count"""

LIVE_IDS = "SELECT appointment_id FROM appointment WHERE tenant_id = $1 AND state = 'live'"


def faults(sql: Sql, tenant_id: int) -> dict[str, list[Any]]:
    """Everything that must never be, by name; empty lists are what one wants."""
    found = {"overlaps": OVERLAPS, "rooms taken twice": ROOMS_TWICE, "groups over capacity": TOO_FULL}
    return {name: [tuple(record) for record in sql(statement, tenant_id)] for name, statement in found.items()}


def live_ids(sql: Sql, tenant_id: int) -> set[int]:
    return {record[0] for record in sql(LIVE_IDS, tenant_id)}
