"""The pace of a feed: how many entries it gets in a day, a week, a month or a year.

It depends on the dates of entries alone: no page changes because time has passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

MONTHS_OF_ACTIVITY = 12
"""The number of months over which the activity of a feed is counted."""

MIN_ENTRIES = 3
"""The number of entries that a pace needs."""


class Period(StrEnum):
    """A period of time."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_DAYS = {Period.DAY: 1.0, Period.WEEK: 7.0, Period.MONTH: 365.25 / 12, Period.YEAR: 365.25}


class Pace(NamedTuple):
    """About how many entries come in a period."""

    entries: int
    period: Period


def pace_of(activity: Sequence[int], oldest: datetime, newest: datetime) -> Pace | None:
    """Return the pace of a feed in the months of its activity, in the shortest period that has at least one entry.

    Args:
        activity: the numbers of entries in the last months, that of `newest` at the end.
        oldest, newest: the dates of its first and last entry.

    Returns:
        The pace, or None if there are fewer than :data:`MIN_ENTRIES` entries.

    >>> from datetime import UTC
    >>> pace_of([0] * 11 + [60], datetime(2022, 5, 1, tzinfo=UTC), datetime(2022, 5, 30, tzinfo=UTC))
    Pace(entries=2, period=<Period.DAY: 'day'>)
    """
    entries = sum(activity)
    if entries < MIN_ENTRIES:
        return None
    month = max(12, newest.year * 12 + newest.month - len(activity))  # the first month of the activity
    first_day = newest.replace(year=month // 12, month=month % 12 + 1, day=1, hour=0, minute=0, second=0)
    start = max(oldest, first_day)
    days = max(1.0, (newest - start) / timedelta(days=1))
    for period, length in _DAYS.items():
        count = round(entries * length / days)
        if count >= 1:
            return Pace(min(count, entries), period)
    return None
