"""What the commands share: settings with the command line's changes, a database to work on, output, error lines."""

import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from openprac.settings import Settings, SettingsError

if TYPE_CHECKING:
    import asyncpg

T = TypeVar("T")

DURATION = re.compile(r"([0-9]{1,6})([smhdw])")
CLOCK_MAX_SECONDS = 100 * 366 * 24 * 3600
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class CommandError(Exception):
    """A value on the command line that cannot be used; the text is one sentence."""


# ---------------------------------------------------------------- settings and values


def settings_with(**changes: Any) -> Settings:
    """The environment's settings with what the command line gave (None: not given). Raises SettingsError."""
    settings = replace(
        Settings.from_environment(), **{name: value for name, value in changes.items() if value is not None}
    )
    settings.check()
    return settings


def clock_ahead_seconds(text: str, time_zone: str, now: datetime | None = None) -> int:
    """How far the sandbox's clock runs ahead when it starts at this time: of that zone, unless it has an offset.

    Raises CommandError for what is no time.
    """
    try:
        wanted = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--now is {text!r}: it must be a time such as 2026-03-02T09:00:00.") from None
    if wanted.tzinfo is None:
        wanted = wanted.replace(tzinfo=ZoneInfo(time_zone))
    ahead = round((wanted - (now or datetime.now(UTC))).total_seconds())
    if abs(ahead) > CLOCK_MAX_SECONDS:
        raise CommandError(f"--now is {text!r}: it must be within 100 years of today.")
    return ahead


def duration(text: str) -> timedelta:
    """`90d`, `12h`, `2w`, `30m`, `45s` or `0`. Raises CommandError."""
    if text == "0":
        return timedelta(0)
    if match := DURATION.fullmatch(text):
        return timedelta(**{UNITS[match[2]]: int(match[1])})
    raise CommandError(f"{text!r} is no duration: write a number and s, m, h, d or w, such as 90d.")


def expiry(text: str, now: datetime | None = None) -> datetime:
    """A date (its first instant), a time (UTC unless it has an offset) or a duration from now. Raises CommandError."""
    try:
        if DURATION.fullmatch(text):
            return (now or datetime.now(UTC)) + duration(text)
        instant = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise CommandError(f"--expires is {text!r}: it must be a date, a time, or a duration such as 90d.") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def instant(option: str, text: str | None) -> datetime | None:
    """A date (its first instant) or a time, UTC unless it has an offset. Raises CommandError."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{option} is {text!r}: it must be a date or a time such as 2026-03-02T09:00:00.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


# ---------------------------------------------------------------- the database


def administer(settings: Settings, act: "Callable[[asyncpg.Connection], Awaitable[T]]") -> T:
    """Do it on an owner connection to the database that `serve` uses: the named one, or the bundled one."""

    async def connected(there: Settings) -> T:
        import asyncpg

        connection = await asyncpg.connect(there.owner_database_url)
        try:
            return await act(connection)
        finally:
            await connection.close()

    if settings.owner_database_url:
        return asyncio.run(connected(settings))
    return operate(settings, connected, store=False)


def migrate(settings: Settings) -> list[str]:
    """Bring that database to this program's schema: the names of what was applied."""
    from openprac.instance import urls_of
    from openprac.migrate import migrate as apply

    def act(there: Settings) -> Coroutine[Any, Any, list[str]]:
        urls = urls_of(there)
        return apply(urls.owner, urls.runtime)

    return operate(settings, act, store=False, migrated=False)


def operate(
    settings: Settings, act: Callable[[Settings], Coroutine[Any, Any, T]], *, store: bool = True, migrated: bool = True
) -> T:
    """Do it with the addresses of the database, and of the file store too if `store`, that `serve` uses.

    Named servers are only used; bundled ones are joined where `serve` runs them, else started for as long as it takes.
    `migrated`: a bundled database that is started is brought to this program's schema first.
    """
    from openprac.instance import DataDirectory, Servers

    servers = Servers.wanted(settings, store=store)
    if not servers.bundled:
        return asyncio.run(act(settings))
    directory = DataDirectory(settings.data_dir)
    if running := directory.claim_or_join():
        return asyncio.run(act(servers.joined(running)))
    try:
        for server in servers.bundled:
            server.start()
        there = servers.settings()
        if migrated and servers.postgres:
            from openprac.migrate import migrate as apply

            asyncio.run(apply(servers.postgres.owner_url, servers.postgres.runtime_url))
        return asyncio.run(act(there))
    finally:
        for stop in servers.stops():
            stop()
        directory.release()


# ---------------------------------------------------------------- output


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def show(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Rows as a table of aligned columns, or as one JSON array of objects with all they have."""
    if as_json:
        say(json.dumps([dict(row) for row in rows], default=_json_value, indent=2))
        return
    cells = [[column.upper() for column in columns], *([_cell(row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    for line in cells:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def show_secret(created: Mapping[str, Any], sentence: str, secret: str, header: str, *, as_json: bool) -> None:
    """A new secret, on a line of its own."""
    if as_json:
        say(json.dumps({**created, header.replace("-", "_"): secret}))
        return
    say(f"{sentence} Send this as the header {header}; it is shown this once and stored nowhere:")
    say(secret)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")
    if isinstance(value, list):
        return ",".join(value) or "-"
    return str(value)


def _json_value(value: Any) -> str:
    assert isinstance(value, datetime)
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


# ---------------------------------------------------------------- errors


def known_errors() -> tuple[type[BaseException], ...]:
    """What may go wrong without being a fault of the program. Called when something did: it imports them all."""
    import asyncpg

    from openprac.admin import AdminError
    from openprac.attachments.store import StoreError
    from openprac.embedded import EmbeddedError
    from openprac.instance import InstanceError
    from openprac.keep import KeepError
    from openprac.migrate import MigrationError

    return (
        AdminError,
        CommandError,
        EmbeddedError,
        InstanceError,
        KeepError,
        MigrationError,
        OSError,
        SettingsError,
        StoreError,
        asyncpg.InterfaceError,
        asyncpg.PostgresError,
    )


def error_line(error: BaseException) -> str:
    """One line for the operator."""
    import asyncpg

    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, asyncpg.UndefinedTableError | asyncpg.UndefinedFunctionError):
        return "The database has no openprac schema yet, or an older one: run `openprac migrate` first."
    if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError):
        return f"The database refuses: {text}"
    if isinstance(error, OSError):
        text = f"{error.strerror}: {error.filename}" if error.filename and error.strerror else text
        return f"The system refuses: {text}"
    return text
