"""What a booking is judged by, in one statement: the practitioner's seat, the type, the patient, the resources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

import msgspec

from openprac.diary.lengths import Length
from openprac.kernel.call import Call

REMINDERS = (
    "sms_reminder",
    "email_reminder",
    "sms_confirmation",
    "email_confirmation",
    "sms_follow_up",
    "email_follow_up",
)

_LENGTHS = (
    "(SELECT json_agg(json_build_array("
    "d.profession_id, d.fee_cat_id, d.duration, d.width, d.item_id, d.item_group_id)) "
    "FROM {table} d WHERE d.tenant_id = $1 AND d.appointment_type_id = $4{only})"
)

# Parameters: tenant, practitioner, business, type, patient, account, resources that are asked for or held already.
FACTS_SQL = f"""
SELECT p.practitioner_id IS NOT NULL AS practitioner_known, p.archived_at IS NULL AS practitioner_active,
       p.telehealth_patient_link, p.telehealth_practitioner_link,
       b.business_id IS NOT NULL AS business_known, b.archived_at IS NULL AS business_active,
       b.appointment_start_time AS opens, b.appointment_end_time AS closes,
       CASE WHEN s.archived_at IS NULL THEN s.app_book_columns END AS columns,
       ARRAY(SELECT f.profession_id FROM practitioner_profession f
              WHERE f.tenant_id = $1 AND f.practitioner_id = $2
              ORDER BY f.is_default DESC, f.profession_id) AS professions,
       a.appointment_type_id IS NOT NULL AS type_known, a.archived_at IS NULL AS type_active,
       a.description AS type_description, a.group_appointment, a.group_max_size, a.telehealth, a.resource_mode,
       {
    _LENGTHS.format(
        table="practitioner_appointment_type_duration", only=" AND d.practitioner_id = $2 AND d.business_id = $3"
    )
} AS own_lengths,
       {_LENGTHS.format(table="appointment_type_duration", only="")} AS lengths,
       ARRAY(SELECT l.resource_id FROM appointment_type_resource l
              WHERE l.tenant_id = $1 AND l.appointment_type_id = $4) AS type_resources,
       ARRAY(SELECT r.resource_id FROM resource r
              WHERE r.tenant_id = $1 AND r.archived_at IS NULL
                AND (r.resource_id = ANY($7::bigint[]) OR EXISTS (SELECT 1 FROM appointment_type_resource l
                     WHERE l.tenant_id = $1 AND l.appointment_type_id = $4 AND l.resource_id = r.resource_id))
                AND EXISTS (SELECT 1 FROM resource_business l
                     WHERE l.tenant_id = $1 AND l.resource_id = r.resource_id AND l.business_id = $3)
                AND (NOT EXISTS (SELECT 1 FROM resource_practitioner l
                     WHERE l.tenant_id = $1 AND l.resource_id = r.resource_id)
                  OR EXISTS (SELECT 1 FROM resource_practitioner l
                     WHERE l.tenant_id = $1 AND l.resource_id = r.resource_id AND l.practitioner_id = $2))
              ORDER BY r.resource_rank, r.resource_id) AS usable_resources,
       c.client_id IS NOT NULL AS client_known, c.fee_cat_id AS client_fee_cat_id,
       {", ".join(f"c.default_{name} AS {name}" for name in REMINDERS)},
       n.account_id, n.fee_cat_id AS account_fee_cat_id,
       (SELECT z.appointment_status_id FROM appointment_status z WHERE z.tenant_id = $1 AND z.built_in = 1) AS booked,
       (SELECT o.reset_status_on_reschedule FROM tenant o WHERE o.tenant_id = $1) AS resets_status
  FROM (SELECT 1) AS one
  LEFT JOIN practitioner p ON p.tenant_id = $1 AND p.practitioner_id = $2
  LEFT JOIN business b ON b.tenant_id = $1 AND b.business_id = $3
  LEFT JOIN practitioner_business s ON s.tenant_id = $1 AND s.practitioner_id = $2 AND s.business_id = $3
  LEFT JOIN appointment_type a ON a.tenant_id = $1 AND a.appointment_type_id = $4
  LEFT JOIN patient c ON c.tenant_id = $1 AND c.client_id = $5
  LEFT JOIN patient_account n
    ON n.tenant_id = $1 AND n.client_id = c.client_id AND n.account_id = coalesce($6, c.default_account_id)"""


@dataclass(frozen=True, slots=True)
class Facts:
    """columns: of the practitioner's book at that business, None where the practitioner does not work (any more)."""

    practitioner_known: bool
    practitioner_active: bool
    telehealth_patient_link: str | None
    telehealth_practitioner_link: str | None
    business_known: bool
    business_active: bool
    opens: time | None
    closes: time | None
    columns: int | None
    professions: Sequence[int]
    type_known: bool
    type_active: bool
    type_description: str | None
    group_appointment: bool | None
    group_max_size: int | None
    telehealth: bool | None
    resource_mode: str | None
    own_lengths: Sequence[Length]
    lengths: Sequence[Length]
    type_resources: Sequence[int]
    usable_resources: Sequence[int]
    client_known: bool
    client_fee_cat_id: int | None
    sms_reminder: bool | None
    email_reminder: bool | None
    sms_confirmation: bool | None
    email_confirmation: bool | None
    sms_follow_up: bool | None
    email_follow_up: bool | None
    account_id: int | None
    account_fee_cat_id: int | None
    booked: int | None
    resets_status: bool

    @property
    def fee_cat_id(self) -> int | None:
        """That of the account that pays, else of the patient."""
        return self.account_fee_cat_id if self.account_fee_cat_id is not None else self.client_fee_cat_id


async def facts_for(call: Call, entry: Mapping[str, Any], resource_ids: Sequence[int]) -> Facts:
    """entry: the names of the entry to be."""
    record = await call.connection.fetchrow(
        FACTS_SQL,
        call.caller.tenant_id,
        *(entry.get(name) for name in ("practitioner_id", "business_id", "appointment_type_id", "client_id")),
        entry.get("account_id"),
        resource_ids,
    )
    found = dict(record)
    for name in ("own_lengths", "lengths"):
        found[name] = [Length(*row) for row in msgspec.json.decode(found[name] or "[]")]
    return Facts(**found)
