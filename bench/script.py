"""Captured statements -> the same statements for any clinic and patient: values replaced by names where they vary."""

import json
import re
from dataclasses import dataclass
from typing import Literal

from bench.capture import Captured, Statement
from bench.world import Clinic, World

PLACEHOLDER = re.compile(r"\$(\d+)")
BOOKED = re.compile(r"20[4-9]\d-\d\d-\d\d \d\d:[03]0:00")
"""A start or an end of what bench/operations.py books."""


@dataclass(frozen=True, slots=True)
class Value:
    """One parameter: of the clinic, of the patient asked for, given by an earlier statement, or as captured.

    Of a booking also its start, its end and the keys of its locks.
    """

    kind: Literal["clinic", "client", "earlier", "constant", "start", "end", "locks"]
    text: str | None


@dataclass(frozen=True, slots=True)
class Step:
    sql: str
    values: tuple[Value, ...]
    gives: tuple[str, ...]
    """Columns of its one row that later steps use."""


def clinic_values(world: World, clinic: Clinic) -> dict[str, str]:
    """What varies from clinic to clinic, by name, as PostgreSQL prints it."""
    return {
        "tenant_id": str(clinic.tenant_id),
        "user_id": str(clinic.user_id),
        "account_key_id": str(clinic.account_key_id),
        "account_hash": "\\x" + clinic.key.hash.hex(),
        "vendor_hash": "\\x" + world.vendor_key.hash.hex(),
        "vendor_id": str(world.vendor_id),
        "vendor_key_id": str(world.vendor_key_id),
        "fee_cat_id": str(clinic.fee_cat_id),
        "default_business_id": str(clinic.default_business_id),
        "default_practitioner_id": str(clinic.default_practitioner_id),
        "sex_id": str(clinic.sex_id),
        "pronoun_id": str(clinic.pronoun_id),
        "last_client_id": str(clinic.last_client),
        "account_id": str(clinic.account_id),
        "profession_id": str(clinic.profession_id),
        "appointment_type_id": str(clinic.appointment_type_id),
        "appointment_status_id": str(clinic.appointment_status_id),
        "item_id": str(clinic.item_id),
    }


def steps_of(captured: Captured, world: World, clinic: Clinic, client_id: int | None) -> tuple[Step, ...]:
    """`client_id` is the patient that was asked for; None for a list and a create."""
    locks = "pg_advisory_xact_lock"
    clinic_names = {text: name for name, text in clinic_values(world, clinic).items()}
    earlier = {} if client_id else _made_ids(captured.body)
    steps = []
    for position, statement in enumerate(captured.statements):
        values = tuple(_value(text, clinic_names, earlier, client_id) for text in statement.parameters)
        if locks in statement.sql and any((text or "").startswith("{") for text in statement.parameters):
            values = tuple(Value("locks", None) for _ in values)
        later = captured.statements[position + 1 :]
        steps.append(Step(statement.sql.rstrip(";"), values, _gives(statement, later, earlier)))
    return tuple(steps)


def _made_ids(body: bytes) -> dict[str, str]:
    """Ids a create made, as later statements send them."""
    made = json.loads(body)
    if "appointment_id" in made:
        return {str(made["appointment_id"]): "appointment_id"}
    names = {"client_id": "client_id", "default_account_id": "account_id"}
    return {str(made[member]): column for member, column in names.items() if made.get(member)}


def _value(text: str | None, clinic_names: dict[str, str], earlier: dict[str, str], client_id: int | None) -> Value:
    if text is None:
        return Value("constant", None)
    if text in clinic_names:
        return Value("clinic", clinic_names[text])
    if client_id is not None and text == str(client_id):
        return Value("client", None)
    if BOOKED.fullmatch(text):
        return Value("start" if text.endswith(":00:00") else "end", None)
    if text in earlier:
        return Value("earlier", earlier[text])
    return Value("constant", text)


def _gives(statement: Statement, later: tuple[Statement, ...], earlier: dict[str, str]) -> tuple[str, ...]:
    asked = {earlier[text] for one in later for text in one.parameters if text in earlier}
    words = set(re.findall(r"\w+", statement.sql))
    makes = statement.sql.lstrip().upper().startswith(("INSERT", "WITH")) or "nextval" in words
    return tuple(sorted(name for name in asked if name in words)) if makes else ()
