"""Labels, spans and their locks: literal instants beside their local label, on both daylight-saving days."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from openprac.diary.spans import (
    Span,
    duration_problem,
    hours_problem,
    is_skipped,
    label_problem,
    lock_keys,
    rounded_up,
)

ADELAIDE, PERTH, LORD_HOWE = (ZoneInfo(f"Australia/{name}") for name in ("Adelaide", "Perth", "Lord_Howe"))


def label(text: str) -> datetime:
    return datetime.fromisoformat(text)


def instant(text: str, zone: ZoneInfo = ADELAIDE) -> datetime:
    """A label's first instant, in UTC."""
    return label(text).replace(tzinfo=zone).astimezone(UTC)


class TestTheDayTheClocksGoForward:
    """Adelaide, 4 October 2026: 02:00 standard time (16:30 UTC of the 3rd) is called 03:00."""

    def test_the_instants_are_what_this_test_says(self) -> None:
        assert instant("2026-10-04T01:59:59") == datetime(2026, 10, 3, 16, 29, 59, tzinfo=UTC)
        assert instant("2026-10-04T03:00:00") == datetime(2026, 10, 3, 16, 30, tzinfo=UTC)

    @pytest.mark.parametrize("text", ["02:00:00", "02:30:00", "02:59:59"])
    def test_labels_between_are_skipped(self, text: str) -> None:
        assert is_skipped(label(f"2026-10-04T{text}"), ADELAIDE)
        assert "skips" in (label_problem(label(f"2026-10-04T{text}"), ADELAIDE) or "")

    @pytest.mark.parametrize("text", ["00:00:00", "01:59:59", "03:00:00", "23:59:59"])
    def test_labels_around_are_not(self, text: str) -> None:
        assert not is_skipped(label(f"2026-10-04T{text}"), ADELAIDE)

    def test_a_zone_without_daylight_saving_skips_nothing(self) -> None:
        assert not is_skipped(label("2026-10-04T02:30:00"), PERTH)

    def test_half_an_hour_is_skipped_where_the_clocks_move_by_that(self) -> None:
        assert is_skipped(label("2026-10-04T02:15:00"), LORD_HOWE)
        assert not is_skipped(label("2026-10-04T02:30:00"), LORD_HOWE)

    def test_a_span_may_run_over_the_skipped_hour_and_counts_labels(self) -> None:
        span = Span(label("2026-10-04T01:30:00"), 120)
        assert span.end == label("2026-10-04T03:30:00")
        assert instant("2026-10-04T03:30:00") - instant("2026-10-04T01:30:00") == timedelta(hours=1)


class TestTheDayTheClocksGoBack:
    """Adelaide, 5 April 2026: 03:00 summer time (16:30 UTC of the 4th) is called 02:00 again."""

    def test_the_instants_are_what_this_test_says(self) -> None:
        again = label("2026-04-05T02:30:00").replace(tzinfo=ADELAIDE, fold=1).astimezone(UTC)
        assert instant("2026-04-05T02:30:00") == datetime(2026, 4, 4, 16, 0, tzinfo=UTC)
        assert again == datetime(2026, 4, 4, 17, 0, tzinfo=UTC)

    @pytest.mark.parametrize("text", ["01:59:59", "02:00:00", "02:30:00", "02:59:59", "03:00:00"])
    def test_a_label_shown_twice_is_a_label(self, text: str) -> None:
        assert label_problem(label(f"2026-04-05T{text}"), ADELAIDE) is None


@pytest.mark.parametrize("text", ["1899-12-31T23:59:59", "3000-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_years_that_no_clinic_means_are_refused(text: str) -> None:
    assert "1900 to 2999" in (label_problem(label(text), ADELAIDE) or "")


@pytest.mark.parametrize(("minutes", "good"), [(0, False), (5, True), (7, False), (1440, True), (1445, False)])
def test_lengths_are_five_minutes_to_a_day(minutes: int, good: bool) -> None:
    assert (duration_problem(minutes) is None) == good


@pytest.mark.parametrize(("minutes", "kept"), [(1, 5), (5, 5), (7, 10), (50, 50), (1439, 1440)])
def test_a_types_length_is_rounded_up_to_what_an_entry_may_last(minutes: int, kept: int) -> None:
    assert rounded_up(minutes) == kept
    assert duration_problem(rounded_up(minutes)) is None


@pytest.mark.parametrize(
    ("start", "minutes", "days"),
    [("09:00", 60, 1), ("23:30", 30, 1), ("23:30", 35, 2), ("00:00", 1440, 1), ("00:05", 1440, 2)],
)
def test_a_span_touches_one_day_or_two(start: str, minutes: int, days: int) -> None:
    assert len(Span(label(f"2026-03-03T{start}:00"), minutes).days) == days


@pytest.mark.parametrize(
    ("start", "minutes", "good"),
    [
        ("08:00", 30, True),
        ("07:55", 30, False),
        ("17:30", 30, True),
        ("17:30", 35, False),
        ("18:00", 5, False),
        ("17:00", 1440, False),
    ],
)
def test_hours_bound_both_ends(start: str, minutes: int, good: bool) -> None:
    span = Span(label(f"2026-03-03T{start}:00"), minutes)
    assert (hours_problem(span, time(8), time(18)) is None) == good
    assert hours_problem(span, None, None) is None


def test_locks_are_one_for_each_day_of_everybody_and_everything() -> None:
    days = Span(label("2026-03-03T23:30:00"), 60).days
    keys = lock_keys(1, 7, (7, 8), days)
    assert len(keys) == 6
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert keys == lock_keys(1, 7, (8, 7), days[::-1])
    assert not keys & lock_keys(2, 7, (7, 8), days)
    assert keys > lock_keys(1, 7, (), days[:1])
