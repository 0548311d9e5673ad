"""The sandbox clock: today, past and holds are judged by it. In production it is the machine's.

created, modified, keys, signatures and audit never use it: they take the database's clock.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """Runs `ahead` of the machine (behind, when negative)."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        """The instant, in UTC."""
        return datetime.now(UTC) + self.ahead
