"""GET /v1/x/patient_match: who is calling? From a number, an address, a name, a date of birth, or several of them."""

from typing import Any

import msgspec

from openprac.errors import InvalidParams
from openprac.kernel import values
from openprac.kernel.action import Endpoint
from openprac.kernel.call import Answer, Call
from openprac.kernel.query import parameters_of
from openprac.kernel.select import rows_sql
from openprac.kernel.shape import ENCODER, single_shape_of
from openprac.patient_match.load import APPOINTMENTS_SHOWN, country_of, matches, next_appointments
from openprac.patient_match.phones import DEFAULT_REGION, region_of, understood
from openprac.patient_match.rank import MATCHES_MAX, Match, Question
from openprac.patient_match.words import words_of
from openprac.people import PATIENT

TEXT_MAX_CHARACTERS = 100
WORDS_MAX = 6
TITLES = frozenset(("dr", "master", "miss", "mr", "mrs", "ms", "mx", "prof"))

PARAMETERS = {
    "phone": "Any spelling; home, work and mobile numbers and those of the patient's contacts",
    "email": "The whole address; case does not matter",
    "name": "First, preferred, middle and last names in any order; accents do not matter, near spellings count",
    "date_of_birth": "YYYY-MM-DD, exact",
}


async def match_patients(call: Call) -> Answer:
    """Each patient shown is noted in the audit as read."""
    question = await _question(call)
    found = await matches(call.connection, call.caller.tenant_id, question)
    patients = await _patients(call, found)
    next_ones = await _next_appointments(call, found)
    for match in found:
        call.note_read(PATIENT.name, match.client_id, match.client_id)
    shown = [
        {
            "score": match.score,
            "reasons": match.reasons,
            "archived": match.archived,
            "next_appointments": next_ones[match.client_id],
            "patient": patients[match.client_id],
        }
        for match in found
        if match.client_id in patients
    ]
    return Answer(200, ENCODER.encode({"matches": shown}))


async def _question(call: Call) -> Question:
    given = parameters_of(call.query_string, tuple(PARAMETERS))
    for name, text in given.items():
        if not text.strip() or len(text) > TEXT_MAX_CHARACTERS:
            raise InvalidParams(f"{name} must be a text of 1 to {TEXT_MAX_CHARACTERS} characters.")
    if not given:
        raise InvalidParams(f"At least one parameter is needed. Allowed are: {', '.join(PARAMETERS)}.")
    born, phone, region = None, None, DEFAULT_REGION
    if "date_of_birth" in given:
        try:
            born = values.a_date(given["date_of_birth"])
        except ValueError as error:
            raise InvalidParams(f"date_of_birth must be {error}.") from None
    if "email" in given and "@" not in given["email"]:
        raise InvalidParams("email must be a whole email address.")
    words = _words(given["name"]) if "name" in given else ()
    if "phone" in given:
        region = region_of(await country_of(call.connection, call.caller.tenant_id))
        phone = understood(given["phone"], region)
        if phone is None:
            raise InvalidParams("phone must be a telephone number of 6 digits or more.")
    email = given["email"].strip() if "email" in given else None
    return Question(phone, region, email, words, born)


def _words(name: str) -> tuple[str, ...]:
    words = words_of(name)
    if not words:
        raise InvalidParams("name must hold a letter.")
    bare = tuple(word for word in words if word not in TITLES)
    return (bare or words)[:WORDS_MAX]


async def _patients(call: Call, found: list[Match]) -> dict[int, msgspec.Raw]:
    """The published object of each, as JSON."""
    shape = single_shape_of(PATIENT)
    ids = [match.client_id for match in found]
    records = await call.connection.fetch(rows_sql(shape), call.caller.tenant_id, ids) if ids else []
    return {record[shape.id_position]: msgspec.Raw(shape.single(record, call.base)) for record in records}


async def _next_appointments(call: Call, found: list[Match]) -> dict[int, list[dict[str, Any]]]:
    """Nothing for a key that may not read the book."""
    ids = [match.client_id for match in found]
    if not ids or not call.caller.may("appointment:read"):
        return {client_id: [] for client_id in ids}
    return await next_appointments(call.connection, call.caller.tenant_id, ids, call.wall_clock)


_APPOINTMENT = {
    "app_time": {"type": "string", "description": "Label of the clinic's clock, without offset"},
    **{
        name: {"type": "integer"}
        for name in ("appointment_id", "duration", "practitioner_id", "business_id", "appointment_type_id")
    },
}
_APPOINTMENTS: dict[str, Any] = {
    "type": "array",
    "maxItems": APPOINTMENTS_SHOWN,
    "items": {"type": "object", "properties": _APPOINTMENT},
}
_TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}

ACTIONS = (
    Endpoint(
        id="matchPatients-Get",
        method="GET",
        path="/x/patient_match",
        tag=PATIENT.tag,
        summary="Match Patients",
        description="Who may this be? At least one parameter; more of them make the answer surer. The best match comes "
        f"first; at most {MATCHES_MAX}. Archived patients come with a lower score. "
        "next_appointments is empty for a key without appointment:read.",
        permission="patient:read",
        handler=match_patients,
        extension=True,
        query=PARAMETERS,
        answer={
            "title": "PatientMatches",
            "type": "object",
            "required": ["matches"],
            "properties": {
                "matches": {
                    "type": "array",
                    "maxItems": MATCHES_MAX,
                    "items": {
                        "type": "object",
                        "required": ["score", "reasons", "archived", "next_appointments", "patient"],
                        "properties": {
                            "score": {"type": "number", "minimum": 0, "maximum": 1},
                            "reasons": {**_TEXTS, "example": ["mobile is equal", "surname is near: smyth / smith"]},
                            "archived": {"type": "boolean"},
                            "next_appointments": {
                                "type": "array",
                                "maxItems": APPOINTMENTS_SHOWN,
                                "items": _APPOINTMENT,
                            },
                            "patient": {"$ref": "#/components/schemas/Patient"},
                        },
                    },
                }
            },
        },
    ),
)
