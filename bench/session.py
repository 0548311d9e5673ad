"""The settings of ours' database sessions, for the sides that run the same SQL: they decide how it is planned."""

from openprac.kernel import database

# Where the kernel names none, a session has the server's own, which all sides share.
SESSION_SETTINGS: dict[str, str] = dict(getattr(database, "SESSION_SETTINGS", {}))


def as_options() -> str:
    """In the form of PGOPTIONS."""
    return " ".join(f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in SESSION_SETTINGS.items())
