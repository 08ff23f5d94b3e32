"""The months of a feed: their pages and archives (RFC 5005 section 4), and which of them have changed.

A month is a calendar month in the time zone of the site. Its documents have all entries of the feed of that month. They
change only when such an entry changes, or when the month before or after, to which they link, comes or goes.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple

from feeds.catalogue.queries import ShownEntry
from feeds.model import Feed, Kind
from feeds.rules.site_layout import archive_folder, feed_folder
from feeds.rules.times import month_span


class TitleRow(NamedTuple):
    """An entry on the page of a month: columns of its row in the catalogue."""

    entry_id: int
    uri: str
    published: int
    updated: int
    title: str
    url: str
    feeds: bytes


def months_of(db: sqlite3.Connection, kind: str, key: str) -> dict[int, int]:
    """Return month (:func:`feeds.rules.times.month_number`) → how many entries a feed shows of it, newest first."""
    return dict(db.execute(_MONTHS, (kind, key)))


def settle_months(db: sqlite3.Connection, feed: Feed, wanted: bool) -> str | None:
    """Record whether a feed has documents of its months.

    If it gets them, all of its months become pending.

    Returns:
        The folder whose documents must be removed, if it has them no longer.
    """
    if has_months(db, feed) == wanted:
        return None
    db.execute("UPDATE feed SET months = ? WHERE kind = ? AND key = ?", (wanted, feed.kind, feed.key))
    if wanted:
        mark_feed_months(db, feed.kind, feed.key)
        return None
    folder = archive_folder(feed_folder(feed.kind, feed.slug))
    # Also for the next build: this one may be killed before its snapshot is current.
    db.execute("INSERT OR IGNORE INTO abandoned_folder VALUES (?)", (folder,))
    return folder


def has_months(db: sqlite3.Connection, feed: Feed) -> bool:
    """Tell whether a feed has documents of its months."""
    (months,) = db.execute("SELECT months FROM feed WHERE kind = ? AND key = ?", (feed.kind, feed.key)).fetchone()
    return bool(months)


def mark_feed_months(db: sqlite3.Connection, kind: str, key: str) -> None:
    """Mark all months of a feed as pending: it has another name or address."""
    db.execute(f"{_MARK} WHERE feed_key_id = (SELECT id FROM feed_key WHERE kind = ? AND key = ?)", (kind, key))  # noqa: S608


def mark_all_months(db: sqlite3.Connection) -> None:
    """Mark all months of all feeds as pending."""
    db.execute(_MARK)


def pending_months(db: sqlite3.Connection) -> dict[tuple[Kind, str], set[int]]:
    """Return, for feeds that have documents of their months, the months whose documents may have changed.

    The feed may have no entries of such a month any more.
    """
    found: dict[tuple[Kind, str], set[int]] = defaultdict(set)
    for kind, key, month in db.execute(_PENDING):
        found[Kind(kind), key].add(month)
    return found


def entries_in_month(db: sqlite3.Connection, feed: Feed, month: int, zone: tzinfo) -> list[ShownEntry]:
    """Return the entries of a month that `feed` shows, in the order of the feed."""
    return [ShownEntry(*row) for row in db.execute(_IN_MONTH, _range(feed, month, zone))]


def members_in_month(db: sqlite3.Connection, feed: Feed, month: int, zone: tzinfo) -> list[int]:
    """Return the entries of a month that `feed` shows, newest first; those of one moment in any order."""
    return [entry_id for (entry_id,) in db.execute(_MEMBERS, _range(feed, month, zone))]


def load_titles(db: sqlite3.Connection, entry_ids: Sequence[int]) -> Iterator[TitleRow]:
    """Yield entries as the pages of months list them."""
    return map(TitleRow._make, db.execute(_TITLES, (str(list(entry_ids)),)))


def _range(feed: Feed, month: int, zone: tzinfo) -> tuple[str, str, int, int]:
    start, end = month_span(month, zone)
    return feed.kind, feed.key, -end, -start


_MONTHS = """
SELECT month, entries FROM feed_month WHERE feed_key_id = (SELECT id FROM feed_key WHERE kind = ? AND key = ?)
ORDER BY month DESC
"""

_MARK = "INSERT OR IGNORE INTO pending_month SELECT feed_key_id, month FROM feed_month"

_PENDING = """
SELECT kind, key, month FROM pending_month CROSS JOIN feed_key ON feed_key.id = feed_key_id
CROSS JOIN feed USING (kind, key) WHERE months
"""

_IN_MONTH = """
SELECT entry.id, entry.uri, published, updated, revision FROM feed_member CROSS JOIN entry ON entry.id = entry_id
WHERE kind = ? AND key = ? AND age > ? AND age <= ? AND feed_member.shown ORDER BY age, entry.uri
"""

# The titles are in table `entry`. To look there once for every entry, and not for every feed of it, is much faster.
_MEMBERS = """
SELECT entry_id FROM feed_member WHERE kind = ? AND key = ? AND age > ? AND age <= ? AND shown ORDER BY age
"""

_TITLES = """
SELECT entry.id, uri, published, updated, title, url, feeds FROM json_each(?) CROSS JOIN entry ON entry.id = value
"""
