"""GET /v1/x/availability_explanation: is this start offered, and if not, why?"""

from datetime import datetime

from openprac.availability import parameters
from openprac.availability.explain import ENTRY_NAMES, KINDS, Reason, why_not
from openprac.availability.load import definitions, searches
from openprac.availability.questions import Asked, Definitions
from openprac.diary.spans import FIRST_YEAR, LAST_YEAR
from openprac.errors import InvalidParams
from openprac.kernel.call import Answer, Call
from openprac.kernel.parameters import given
from openprac.kernel.shape import ENCODER


async def explain_time(call: Call) -> Answer:
    found = given(call.query_string, parameters.EXPLANATION_PARAMETERS, strict=True)
    label: datetime = found.values["app_time"]
    if not FIRST_YEAR <= label.year <= LAST_YEAR:
        raise InvalidParams(f"app_time must be a date of the years {FIRST_YEAR} to {LAST_YEAR}.")
    asked = Asked(
        label.date(),
        label.date(),
        (found.values["appointment_type_id"],),
        parameters.flags_of(found),
        *parameters.client_of(found),
        practitioner_ids=(found.values["practitioner_id"],),
        business_ids=(found.values["business_id"],),
    )
    reasons = await _reasons(call, asked, label, found.values.get("column_number", 1))
    return Answer(200, ENCODER.encode({"offered": not reasons, "reasons": reasons}))


async def _reasons(call: Call, asked: Asked, label: datetime, column: int) -> list[Reason]:
    defined = await definitions(call, asked)
    type_id = asked.appointment_type_ids[0]
    places = defined.places.get(type_id)
    if not places:
        return [_not_at_all(defined, type_id)]
    ((question, situation),) = await searches(call, asked, defined, asked.from_date, asked.to_date)
    reasons = why_not(question, situation, places[0], label.hour * 60 + label.minute, column)
    if label.second:
        reasons.append(Reason("off_grid", "Appointments begin on whole minutes."))
    return reasons


def _not_at_all(defined: Definitions, type_id: int) -> Reason:
    """The type, the practitioner or the business has no part in it."""
    words = defined.unoffered.get(type_id)
    if words is None and not defined.seats:
        words = "The practitioner does not work at that business, or one of them is archived."
    elif words is None:
        words = "The type has no duration for a profession of the practitioner and the fee category of the patient."
    return Reason("not_offered", words, "appointment_type", type_id)


_ID = {"type": ["integer", "null"], "description": "What decides; null where that is nobody's row"}
EXPLANATION = {
    "title": "AvailabilityExplanation",
    "type": "object",
    "required": ["offered", "reasons"],
    "properties": {
        "offered": {"type": "boolean"},
        "reasons": {
            "type": "array",
            "description": "Every one of them; none where the start is offered",
            "items": {
                "type": "object",
                "required": ["kind", "words", "of", "id", "entry_kind"],
                "properties": {
                    "kind": {
                        "type": "string",
                        "enum": list(KINDS),
                        "description": "\n".join(f"- `{kind}` {meaning}" for kind, meaning in KINDS.items()),
                    },
                    "words": {"type": "string"},
                    "of": {"type": ["string", "null"], "description": "Which resource the id is of"},
                    "id": _ID,
                    "entry_kind": {"type": ["string", "null"], "enum": [*ENTRY_NAMES, None]},
                },
            },
        },
    },
}
