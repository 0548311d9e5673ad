"""The history of one entry, read from the audit: when, who, what, why."""

import msgspec

from openprac.diary.entries import APPOINTMENT
from openprac.errors import NotFound
from openprac.kernel.action import Endpoint, permission_for
from openprac.kernel.call import Answer, Call
from openprac.kernel.query import ignored_of

EVENTS_MAX = 500
"""The newest; a booking lives through a handful."""

KNOWN_SQL = "SELECT client_id FROM appointment WHERE tenant_id = $1 AND appointment_id = $2"

# Members of a group are part of its history.
HISTORY_SQL = f"""
SELECT e.at, e.user_id, o.name, e.operation_id, e.client_id, e.changes,
       coalesce(r.reason, c.reason) AS standard_reason
  FROM audit_event e
  LEFT JOIN actor o ON o.tenant_id = e.tenant_id AND o.user_id = e.user_id
  LEFT JOIN reschedule_reason r ON r.tenant_id = e.tenant_id
        AND r.appointment_reschedule_reason_id = (e.changes ->> 'appointment_reschedule_reason_id')::bigint
  LEFT JOIN cancellation_reason c ON c.tenant_id = e.tenant_id
        AND c.appointment_cancellation_reason_id = (e.changes ->> 'appointment_cancellation_reason_id')::bigint
 WHERE e.tenant_id = $1 AND e.changes IS NOT NULL
   AND (e.resource = 'appointment' AND e.resource_id = $2
     OR e.resource = 'group_appointment_member' AND e.resource_id IN (
        SELECT m.appointment_client_id FROM appointment_client m WHERE m.tenant_id = $1 AND m.appointment_id = $2))
 ORDER BY e.audit_event_id DESC LIMIT {EVENTS_MAX}"""

REASONS = ("reason", "appointment_reschedule_reason_id", "appointment_cancellation_reason_id")


async def read_history(call: Call) -> Answer:
    ignored = ignored_of(call.query_string)
    appointment_id = call.id_of("appointment_id")
    entry = await call.connection.fetchrow(KNOWN_SQL, call.caller.tenant_id, appointment_id)
    if entry is None:
        raise NotFound("appointment_id", appointment_id)
    records = await call.connection.fetch(HISTORY_SQL, call.caller.tenant_id, appointment_id)
    call.note_read("appointment_history", appointment_id, entry["client_id"])
    events = []
    for record in reversed(records):
        changes = msgspec.json.decode(record["changes"])
        reasons = {name: changes.pop(name, None) for name in REASONS}
        events.append(
            {
                "at": record["at"],
                "user_id": record["user_id"],
                "user": record["name"],
                "operation": record["operation_id"],
                "client_id": record["client_id"],
                "changes": changes,
                "standard_reason": record["standard_reason"],
                **reasons,
            }
        )
    return Answer(200, msgspec.json.encode({"history": events, "total_entries": len(events)})).ignoring(ignored)


def _or_null(kind: str) -> dict[str, list[str]]:
    return {"type": [kind, "null"]}


ACTIONS = (
    Endpoint(
        id="getAppointmentHistory-Get",
        method="GET",
        path="/x/appointment/{appointment_id}/history",
        tag=APPOINTMENT.tag,
        summary="Get History of an Entry",
        description="Of any kind of entry, removed ones too, oldest change first. A change is the new value, or "
        "[old, new].",
        permission=permission_for(APPOINTMENT.tag, "GET"),
        handler=read_history,
        extension=True,
        answer={
            "title": "AppointmentHistory",
            "type": "object",
            "required": ["history", "total_entries"],
            "properties": {
                "history": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "at": {"type": "string", "format": "date-time"},
                            "user_id": {"type": "integer"},
                            "user": _or_null("string"),
                            "operation": {"type": "string"},
                            "client_id": _or_null("integer"),
                            "changes": {"type": "object"},
                            "standard_reason": _or_null("string"),
                            "reason": _or_null("string"),
                            "appointment_reschedule_reason_id": _or_null("integer"),
                            "appointment_cancellation_reason_id": _or_null("integer"),
                        },
                    },
                },
                "total_entries": {"type": "integer"},
            },
        },
    ),
)
