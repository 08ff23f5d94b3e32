"""Rules for times. All datetimes are aware, in UTC and in whole seconds: an RSS date has no fractions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

REMOVAL_SECONDS = 365 * 24 * 3600
"""The time in seconds during which it is remembered when an address lost its document."""

PACE_ENTRIES = 10
"""The number of newest entries that decide the polling interval of a feed."""


def month_of(seconds: int) -> str:
    """Return the calendar month (UTC) of a time in seconds since the epoch: ``2022-05``."""
    moment = from_seconds(seconds)
    return f"{moment.year:04}-{moment.month:02}"


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
