"""Rules for times. All datetimes are aware, in UTC and in whole seconds: an RSS date has no fractions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, tzinfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

REMOVAL_SECONDS = 365 * 24 * 3600
"""The time in seconds during which it is remembered when an address lost its document."""

PACE_ENTRIES = 10
"""The number of newest entries that decide the polling interval of a feed."""


def month_number(seconds: int, zone: tzinfo) -> int:
    """Return the calendar month of a time, as the number of months since year 0.

    Args:
        seconds: the time in seconds since the epoch.
        zone: the time zone of the calendar.
    """
    moment = datetime.fromtimestamp(seconds, zone)
    return moment.year * 12 + moment.month - 1


def first_day(month: int) -> date:
    """Return the first day of a month (:func:`month_number`)."""
    return date(month // 12, month % 12 + 1, 1)


def month_text(month: int) -> str:
    """Return a month (:func:`month_number`) as it is written in addresses: ``2022-05``."""
    return f"{month // 12:04}-{month % 12 + 1:02}"


def month_span(month: int, zone: tzinfo) -> tuple[int, int]:
    """Return the first second of a month, and the first second of the next one, in seconds since the epoch."""
    start, end = (datetime.combine(first_day(number), time.min, zone) for number in (month, month + 1))
    return to_seconds(start), to_seconds(end)


def rfc3339(moment: datetime) -> str:
    """Return `moment`, which is in UTC, in the form of RFC 3339: ``2022-05-26T15:52:00Z``."""
    return moment.isoformat().replace("+00:00", "Z")


def rfc822(moment: datetime) -> str:
    """Return `moment`, which is in UTC, in the form of RFC 822: ``Thu, 26 May 2022 15:52:00 +0000``."""
    weekday, month, day, time, year = moment.ctime().split()  # the names are English in every locale
    return f"{weekday}, {day:0>2} {month} {year} {time} +0000"


def to_seconds(moment: datetime) -> int:
    """Return `moment` in whole seconds since the epoch."""
    return int(moment.timestamp())


def from_seconds(seconds: int) -> datetime:
    """Return the moment `seconds` after the epoch, in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def latest(moments: Iterable[datetime]) -> datetime:
    """Return the latest of `moments`, or the epoch if there is none (an empty feed still needs a date)."""
    return max(moments, default=EPOCH)


def polling_interval(published: Sequence[float], shortest: int, longest: int) -> int:
    """Return the number of minutes after which a reader should poll a feed again.

    It is half of the mean time between two entries, among the newest :data:`PACE_ENTRIES`. It depends on the entries
    alone and not on the current time: a document must not change because its feed has fallen silent.

    Args:
        published: publication times of the newest entries, in seconds, newest first.
        shortest: lower bound, in minutes.
        longest: upper bound, in minutes; also the result for fewer than two entries.
    """
    recent = published[:PACE_ENTRIES]
    if len(recent) < 2:
        return longest
    minutes = (recent[0] - recent[-1]) / (len(recent) - 1) / 60 / 2
    return max(shortest, min(longest, round(minutes)))
