"""Dates as people write them."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.corpus import dates

LISBON = ZoneInfo("Europe/Lisbon")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2022-05-26T15:52:00Z", "2022-05-26T15:52:00"),
        ("2022-05-26T15:52:00.750+02:00", "2022-05-26T13:52:00"),
        ("2022-05-26 15:52", "2022-05-26T14:52:00"),
        ("2022-05-26", "2022-05-25T23:00:00"),
        ("2022-01-26", "2022-01-26T00:00:00"),
        ("2026-07-16 05:08:11 +0000", "2026-07-16T05:08:11"),
        ("2026-07-16 05:08:11 -0700", "2026-07-16T12:08:11"),
        ("May 26, 2022", "2022-05-25T23:00:00"),
        ("26 May 2022 10:00 EST", "2022-05-26T15:00:00"),
        ("Thu, 26 May 2022 10:00:00 GMT", "2022-05-26T10:00:00"),
        ("January 2022", "2022-01-01T00:00:00"),
        ("20220126", "2022-01-26T00:00:00"),
    ],
)
def test_usable(written: str, expected: str) -> None:
    assert dates.parse_date(written, LISBON) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    ["", "soon", "10:30", "Monday", "May 26", "5", "5,400", "2022-02-30", "2022-13-01", "1653580320", "26 May 2022 IST",
     "9999-12-31T23:59:59-10:00", "x" * 1000, "0000-00-00", "0999-01-01", None, 12, True, ["2022-05-26"], {}],
)  # fmt: skip
def test_unusable(written: object) -> None:
    assert dates.parse_date(written, UTC) is None


def test_values_that_toml_has() -> None:
    assert dates.parse_date(date(2022, 1, 26), LISBON) == datetime(2022, 1, 26, tzinfo=UTC)
    assert dates.parse_date(datetime(2022, 5, 26, 12), LISBON) == datetime(2022, 5, 26, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "is_date"),
    [
        ("May 26, 2022", True),
        ("2022-05-26", True),
        ("May 2022", False),
        ("2022", False),
        ("March 12, 2026 Kyndryl has launched a platform", False),
        ("By our correspondent", False),
        ("5,400", False),
    ],
)
def test_a_line_that_as_a_whole_is_a_date(line: str, is_date: bool) -> None:
    assert (dates.parse_date_line(line, UTC) is not None) == is_date


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_iso_dates_come_out_as_they_went_in(moment: datetime, minutes: int) -> None:
    there = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)), microsecond=0)
    assert dates.parse_date(there.isoformat(), UTC) == there


def test_the_machine_s_own_zone_name_means_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        assert time.tzname[0] == "IST"
        assert dates.parse_date("26 May 2022 10:00 IST", UTC) is None
        assert dates.parse_date("26 May 2022 10:00", UTC) == datetime(2022, 5, 26, 10, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()
