"""Which labels of a date the clinic's clock shows, and which of them are still ahead. Values in, values out."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from openprac.availability.minutes import WHOLE_DAY, each
from openprac.availability.model import DAY_MINUTES
from openprac.diary.spans import is_skipped

PROBE_EVERY_MINUTES = 60
"""Two changes of a zone's offset that undo each other lie further apart than this."""


@lru_cache(maxsize=4096)
def shown(zone: ZoneInfo, day: date) -> int:
    """The minutes whose labels the clock shows on that date; only on a day of change each is looked at."""
    midnight = datetime.combine(day, time(), zone)
    probes = (midnight + timedelta(minutes=minute) for minute in range(0, DAY_MINUTES + 1, PROBE_EVERY_MINUTES))
    if len({label.utcoffset() for label in probes}) == 1:
        return WHOLE_DAY
    labels = (datetime.combine(day, time(*divmod(minute, 60))) for minute in range(DAY_MINUTES))
    return sum(1 << minute for minute, label in enumerate(labels) if not is_skipped(label, zone))


def ahead(zone: ZoneInfo, day: date, now: datetime) -> int:
    """Those of the shown minutes that are not before now; of a label shown twice its second showing counts."""
    minutes = shown(zone, day)

    def is_past(minute: int) -> bool:
        return datetime.combine(day, time(*divmod(minute, 60), fold=1), zone).astimezone(UTC) < now

    if not minutes or not is_past(next(each(minutes))):
        return minutes
    # Second showings come in the order of their labels, once what is skipped is left out.
    labels = list(each(minutes))
    first, behind = 1, len(labels)
    while first < behind:
        middle = (first + behind) // 2
        first, behind = (middle + 1, behind) if is_past(labels[middle]) else (first, middle)
    return minutes >> labels[first] << labels[first] if first < len(labels) else 0
