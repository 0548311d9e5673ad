"""A constraint's refusal -> the member of the body it is about."""

import re

import asyncpg

from openprac.errors import InvalidBody, Problem


def refusal(error: asyncpg.IntegrityConstraintViolationError) -> InvalidBody:
    """Constraints are named <table>_<field>_fk, _key or _check (migrations/0001), which is how the field is known."""
    table, constraint = error.table_name or "", error.constraint_name or ""
    field = re.sub(r"_(fk|check|key)$", "", constraint.removeprefix(f"{table}_")) or error.column_name or ""
    match error:
        case asyncpg.ForeignKeyViolationError():
            message = f"The selected {field} is invalid."
        case asyncpg.UniqueViolationError():
            message = f"The {field} has already been taken."
        case asyncpg.NotNullViolationError():
            field = error.column_name or field
            message = f"The {field} field is required."
        case _:
            message = f"The {field} field is invalid."
    return InvalidBody([Problem(field, message)])
