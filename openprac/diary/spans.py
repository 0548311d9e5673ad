"""Labels of the clinic's clock, the spans that entries take, and the keys of their locks. Values in, values out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

DURATION_MIN_MINUTES, DURATION_MAX_MINUTES, DURATION_STEP_MINUTES = 5, 1440, 5
HOLD_MINUTES = 15
FIRST_YEAR, LAST_YEAR = 1900, 2999


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) on the clinic's wall, counted in labels."""

    start: datetime
    minutes: int

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)

    @property
    def days(self) -> tuple[date, ...]:
        """The dates it touches: one, or two over midnight."""
        last = (self.end - timedelta(microseconds=1)).date()
        return (self.start.date(),) if last == self.start.date() else (self.start.date(), last)


def is_skipped(label: datetime, zone: ZoneInfo) -> bool:
    """Whether the zone's clocks never show this label: they jumped over it. A label they show twice is shown."""
    shown = label.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return shown.replace(tzinfo=None) != label


def label_problem(label: datetime, zone: ZoneInfo) -> str | None:
    """What is wrong with a start, as the end of "The app_time field ..."."""
    if not FIRST_YEAR <= label.year <= LAST_YEAR:
        return f"must be a date of the years {FIRST_YEAR} to {LAST_YEAR}."
    if is_skipped(label, zone):
        return "is a time that the clinic's clock skips on that day (daylight saving begins)."
    return None


def duration_problem(minutes: int) -> str | None:
    """What is wrong with a length, as the end of "The duration field ..."."""
    if not DURATION_MIN_MINUTES <= minutes <= DURATION_MAX_MINUTES or minutes % DURATION_STEP_MINUTES:
        return (
            f"must be from {DURATION_MIN_MINUTES} to {DURATION_MAX_MINUTES} and divisible by {DURATION_STEP_MINUTES}."
        )
    return None


def hours_problem(span: Span, opens: time | None, closes: time | None) -> str | None:
    """Outside the hours of the business, as the end of "The app_time field ..."; no hours mean no bound."""
    too_early = opens is not None and span.start.time() < opens
    too_late = closes is not None and span.end > datetime.combine(span.start.date(), closes)
    if too_early or too_late:
        return f"is outside the hours of the business: it opens at {opens or 'any time'}, closes at {closes or 'none'}."
    return None


def rounded_up(minutes: int) -> int:
    """A type's length on the grid that entries keep."""
    return max(DURATION_MIN_MINUTES, -(-minutes // DURATION_STEP_MINUTES) * DURATION_STEP_MINUTES)


def lock_keys(tenant_id: int, practitioner_id: int, resource_ids: Iterable[int], days: Sequence[date]) -> set[int]:
    """Keys of advisory locks (signed, 64 bits): the practitioner's day and each resource's day."""
    whose = [("practitioner", practitioner_id), *(("resource", resource_id) for resource_id in resource_ids)]
    return {_key(f"{tenant_id}/{kind}/{row_id}/{day}") for kind, row_id in whose for day in days}


def _key(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
