"""The months of a feed, for its archives (RFC 5005 section 4), and which of them have changed.

An archive holds all that a feed shows of one calendar month (UTC), so it changes only when an entry of that month
does, or when the month before it, to which it links, comes or goes.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from feeds.catalogue.queries import ShownEntry
from feeds.model import Feed
from feeds.rules.times import from_seconds


def mark_dirty_entries(db: sqlite3.Connection) -> None:
    """Have the months written out that the shaken entries are in, before they leave them."""
    db.execute(f"INSERT OR IGNORE INTO pending_month {_MONTHS} shaken CROSS JOIN belonging USING (entry_id)")


def mark_stale_entries(db: sqlite3.Connection) -> None:
    """Have the months written out that show stale entries."""
    db.execute(f"INSERT OR IGNORE INTO pending_month {_MONTHS} stale CROSS JOIN belonging USING (entry_id)")


def mark_feed_months(db: sqlite3.Connection, kind: str, key: str) -> None:
    """Have all months of a feed written out: it has another name or address."""
    db.execute(f"INSERT OR IGNORE INTO pending_month {_MONTHS} membership WHERE kind = ? AND key = ?", (kind, key))


def mark_all_months(db: sqlite3.Connection) -> None:
    """Have all months of all feeds written out."""
    db.execute(f"INSERT OR IGNORE INTO pending_month {_MONTHS} membership")


def archive_months(db: sqlite3.Connection, feed: Feed) -> list[str]:
    """Return the months in which `feed` shows an entry, newest first: ``2022-05``."""
    found: list[str] = []
    query = "SELECT age FROM membership WHERE kind = ? AND key = ? AND age > ? AND shown ORDER BY age LIMIT 1"
    after = -(2**62)
    while (row := db.execute(query, (feed.kind, feed.key, after)).fetchone()) is not None:
        newest = from_seconds(-row[0])
        found.append(f"{newest.year:04}-{newest.month:02}")
        after = -_span(found[-1])[0]
    return found


def pending_months(db: sqlite3.Connection, feed: Feed) -> set[str]:
    """Return the months of `feed` that may have changed, or have no entries any more."""
    rows = db.execute("SELECT month FROM pending_month WHERE kind = ? AND key = ?", (feed.kind, feed.key))
    return {month for (month,) in rows}


def entries_in_month(db: sqlite3.Connection, feed: Feed, month: str) -> list[ShownEntry]:
    """Return the entries that `feed` shows of a month, in the feed's order."""
    start, end = _span(month)
    rows = db.execute(
        "SELECT entry.id, entry.ident, published, updated FROM membership JOIN entry ON entry.id = entry_id"
        " WHERE kind = ? AND key = ? AND age > ? AND age <= ? AND membership.shown ORDER BY age, entry.ident",
        (feed.kind, feed.key, -end, -start),
    )
    return [ShownEntry(*row) for row in rows]


def _span(month: str) -> tuple[int, int]:
    """Return the first second of a month, and that of the next."""
    year, number = map(int, month.split("-"))
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    return (
        int(datetime(year, number, 1, tzinfo=UTC).timestamp()),
        int(datetime(*following, 1, tzinfo=UTC).timestamp()),
    )


_MONTHS = "SELECT DISTINCT kind, key, strftime('%Y-%m', -age, 'unixepoch') FROM"
