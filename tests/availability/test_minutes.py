"""A day as an integer, and the labels of the two days a year that differ."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from openprac.availability.labels import ahead, shown
from openprac.availability.minutes import WHOLE_DAY, each, grid, runs, span

ADELAIDE = ZoneInfo("Australia/Adelaide")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


def minutes(label: str) -> int:
    return int(label[:2]) * 60 + int(label[3:])


class TestMinutes:
    def test_a_span_is_half_open(self) -> None:
        assert list(each(span(3, 6))) == [3, 4, 5]
        assert span(6, 6) == span(7, 6) == 0
        assert span(0, 1440) == WHOLE_DAY

    @pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 7, 8])
    def test_a_run_begins_where_so_many_follow_each_other(self, length: int) -> None:
        free = span(0, 5) | span(6, 13) | span(20, 21)
        found = [one for one in range(30) if all(free >> (one + more) & 1 for more in range(length))]
        assert list(each(runs(free, length))) == found

    def test_a_run_does_not_leave_the_day(self) -> None:
        assert list(each(runs(WHOLE_DAY, 1440))) == [0]
        assert runs(WHOLE_DAY, 1441) == 0

    @pytest.mark.parametrize(("first", "interval", "last"), [(0, 5, 20), (7, 7, 30), (480, 240, 1000), (3, 60, 3)])
    def test_the_grid_has_its_ends(self, first: int, interval: int, last: int) -> None:
        assert list(each(grid(first, interval, last))) == list(range(first, last + 1, interval))

    def test_there_is_no_grid_where_the_last_is_before_the_first(self) -> None:
        assert grid(10, 5, 9) == 0


class TestLabels:
    def test_an_ordinary_day_shows_all(self) -> None:
        assert shown(ADELAIDE, date(2026, 3, 3)) == WHOLE_DAY

    def test_the_hour_that_is_left_out_is_not_shown(self) -> None:
        assert shown(ADELAIDE, date(2026, 10, 4)) == WHOLE_DAY & ~span(120, 180)
        assert shown(LORD_HOWE, date(2026, 10, 4)) == WHOLE_DAY & ~span(120, 150)

    def test_the_hour_that_comes_twice_is_shown(self) -> None:
        assert shown(ADELAIDE, date(2026, 4, 5)) == WHOLE_DAY

    def test_a_whole_day_can_be_left_out(self) -> None:
        assert shown(ZoneInfo("Pacific/Apia"), date(2011, 12, 30)) == 0

    @pytest.mark.parametrize(
        ("now", "first"),
        [
            ("2026-03-02T13:29:00", "00:00"),  # 23:59 of the day before
            ("2026-03-02T22:30:00", "09:00"),
            ("2026-03-02T22:30:01", "09:01"),
            ("2026-03-03T13:29:00", "23:59"),
        ],
    )
    def test_what_is_before_now_is_over(self, now: str, first: str) -> None:
        left = ahead(ADELAIDE, date(2026, 3, 3), datetime.fromisoformat(now).replace(tzinfo=UTC))
        assert left == span(minutes(first), 1440)

    def test_a_day_that_is_over_has_none(self) -> None:
        assert ahead(ADELAIDE, date(2026, 3, 3), datetime(2026, 3, 3, 13, 30, tzinfo=UTC)) == 0

    @pytest.mark.parametrize(
        ("now", "first"),
        [
            ("2026-04-04T16:15:00", "02:00"),  # 02:45, the first time: all of that hour comes again
            ("2026-04-04T16:45:00", "02:15"),  # 02:15, the second time
            ("2026-04-04T15:00:00", "01:30"),
        ],
    )
    def test_a_label_that_comes_twice_is_ahead_until_its_second_coming_is_over(self, now: str, first: str) -> None:
        left = ahead(ADELAIDE, date(2026, 4, 5), datetime.fromisoformat(now).replace(tzinfo=UTC))
        assert left == span(minutes(first), 1440)

    def test_of_a_day_with_an_hour_left_out_the_rest_is_ahead(self) -> None:
        left = ahead(ADELAIDE, date(2026, 10, 4), datetime(2026, 10, 3, 16, 30, tzinfo=UTC))
        assert left == span(180, 1440)
