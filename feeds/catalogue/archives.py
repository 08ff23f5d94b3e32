"""The months of a feed, for its archives (RFC 5005 section 4), and which of them have changed.

An archive holds all entries of a feed of one calendar month (UTC). It changes only when an entry of that month changes,
or when the month before it, to which it links, comes or goes.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from feeds.catalogue.queries import ShownEntry
from feeds.model import Feed
from feeds.rules.times import month_of


def mark_feed_months(db: sqlite3.Connection, kind: str, key: str) -> None:
    """Mark all months of a feed as pending: it has another name or address."""
    db.execute(f"INSERT OR IGNORE INTO pending_month {_MONTHS} feed_member WHERE kind = ? AND key = ?", (kind, key))


def mark_all_months(db: sqlite3.Connection) -> None:
    """Mark all months of all feeds as pending."""
    db.execute(f"INSERT OR IGNORE INTO pending_month {_MONTHS} feed_member")


def archive_months(db: sqlite3.Connection, feed: Feed) -> list[str]:
    """Return the months in which `feed` shows an entry, newest first: ``2022-05``."""
    months: list[str] = []
    query = "SELECT age FROM feed_member WHERE kind = ? AND key = ? AND age > ? AND shown ORDER BY age LIMIT 1"
    # One query for a month, each of them a look into the primary key, instead of a scan of all members.
    after = -(2**62)
    while (row := db.execute(query, (feed.kind, feed.key, after)).fetchone()) is not None:
        months.append(month_of(-row[0]))
        after = -_span(months[-1])[0]
    return months


def pending_months(db: sqlite3.Connection, feed: Feed) -> set[str]:
    """Return the months of `feed` whose archives may have changed, or that have no entries any more."""
    rows = db.execute("SELECT month FROM pending_month WHERE kind = ? AND key = ?", (feed.kind, feed.key))
    return {month for (month,) in rows}


def entries_in_month(db: sqlite3.Connection, feed: Feed, month: str) -> list[ShownEntry]:
    """Return the entries of a month that `feed` shows, in the order of the feed."""
    start, end = _span(month)
    rows = db.execute(
        "SELECT entry.id, entry.uri, published, updated, revision FROM feed_member JOIN entry ON entry.id = entry_id"
        " WHERE kind = ? AND key = ? AND age > ? AND age <= ? AND feed_member.shown ORDER BY age, entry.uri",
        (feed.kind, feed.key, -end, -start),
    )
    return [ShownEntry(*row) for row in rows]


def _span(month: str) -> tuple[int, int]:
    """Return the first second of a month, and the first second of the next one."""
    year, number = map(int, month.split("-"))
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    return (
        int(datetime(year, number, 1, tzinfo=UTC).timestamp()),
        int(datetime(*following, 1, tzinfo=UTC).timestamp()),
    )


_MONTHS = "SELECT DISTINCT kind, key, strftime('%Y-%m', -age, 'unixepoch') FROM"
