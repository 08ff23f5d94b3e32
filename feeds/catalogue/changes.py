"""Changes that the snapshot does not show yet.

They are written in the transaction that changes the entries, and cleared only when a snapshot that shows them is
current. So the next build makes good a build that was killed in between.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from feeds.catalogue import archives
from feeds.catalogue.membership import Memberships
from feeds.catalogue.meta import get_meta, set_meta
from feeds.model import Feed, Kind

EARLIEST = -(2**62)
"""A time before all others."""


def matches_snapshot(db: sqlite3.Connection, snapshot: str | None) -> bool:
    """Tell whether the snapshot with this name shows what the catalogue had after the last build."""
    return snapshot is not None and get_meta(db, "snapshot") == snapshot


def has_changes(db: sqlite3.Connection) -> bool:
    """Tell whether there are changes. Pages of articles never change without a feed."""
    return db.execute(_CHANGES).fetchone() is not None


def mark_everything(db: sqlite3.Connection) -> None:
    """Mark everything as pending: the catalogue does not know the snapshot."""
    archives.mark_all_months(db)
    db.execute("UPDATE feed SET pending = 1")
    db.execute(
        "INSERT OR IGNORE INTO pending_page SELECT id FROM entry WHERE page_wanted IS NOT NULL"
        " UNION SELECT entry_id FROM former_page"
    )


def forget_snapshot(db: sqlite3.Connection) -> None:
    """Record that the catalogue knows no snapshot: the next build puts all documents anew."""
    db.execute("DELETE FROM meta WHERE name = 'snapshot'")
    db.execute("UPDATE feed SET pending = 1")


def next_revision(db: sqlite3.Connection) -> int:
    """Return the revision of this build: a number that no build before it has given to an entry."""
    revision = int(get_meta(db, "revision") or 0) + 1
    set_meta(db, "revision", str(revision))
    return revision


def settle_outdated(db: sqlite3.Connection, memberships: Memberships, revision: int) -> None:
    """Give outdated entries a new revision, and mark the feeds, months and pages that show them."""
    db.execute("DELETE FROM outdated_entry WHERE entry_id NOT IN (SELECT id FROM entry)")
    query = "UPDATE entry SET revision = ?, short = 0 WHERE id IN (SELECT entry_id FROM outdated_entry)"
    db.execute(query, (revision,))
    # Feed → the newest time at which something in it has changed. An entry that has another date leaves a gap at the
    # one that it had.
    newest = dict(memberships.newest_lost)
    months: set[tuple[int, int]] = set()
    for feeds, published in db.execute(_OUTDATED):
        feed_ids = memberships.feed_ids(feeds)
        months.update((feed_id, memberships.month(published)) for feed_id in feed_ids)
        for feed_id in feed_ids:
            newest[feed_id] = max(published, newest.get(feed_id, published))
    db.executemany(_MARK_FEED, newest.items())
    db.executemany("INSERT OR IGNORE INTO pending_month VALUES (?, ?)", sorted(months))
    _mark_first_page(db, max(memberships.newest_lost.values(), default=None))
    db.execute(
        "INSERT OR IGNORE INTO pending_page"
        " SELECT id FROM outdated_entry CROSS JOIN entry ON id = entry_id WHERE page_wanted IS NOT NULL"
    )
    _mark_pages_beside(db)
    db.execute("DELETE FROM outdated_entry")


def _mark_pages_beside(db: sqlite3.Connection) -> None:
    """Mark the pages before and after those that are outdated, or that are gone: they link to each other."""
    db.execute(_GAPS_OF_OUTDATED)
    for (published,) in db.execute("SELECT published FROM page_gap").fetchall():
        # Both ends of the range may have several pages of one time. All of them are marked: they are few.
        db.execute(_MARK_PAGES_BESIDE, (published,))
    db.execute("DELETE FROM page_gap WHERE 1")


def _mark_first_page(db: sqlite3.Connection, newest_lost: int | None) -> None:
    """Mark the feed of all entries, which has the first page, if an article on that page may have changed.

    The first page shows the newest articles, which need not be among the newest entries.
    """
    oldest = int(get_meta(db, "oldest_story") or EARLIEST)
    (newest,) = db.execute(_NEWEST_OUTDATED_ARTICLE).fetchone()
    if any(time is not None and time >= oldest for time in (newest, newest_lost)):
        mark_site_feed(db)


def record_stories(db: sqlite3.Connection, published: Sequence[int], limit: int) -> None:
    """Record which articles the first page shows.

    Args:
        db: the catalogue.
        published: their times, newest first.
        limit: how many it shows at most.
    """
    set_meta(db, "oldest_story", str(published[-1]) if len(published) == limit else "")


def mark_site_feed(db: sqlite3.Connection) -> None:
    """Mark the feed of all entries as pending: its page lists all other feeds."""
    db.execute("UPDATE feed SET pending = 1 WHERE kind = ?", (Kind.ALL,))


def record_extent(db: sqlite3.Connection, feed: Feed, asked: int, shown: int, short: int) -> None:
    """Record how many entries the documents of a feed show.

    Args:
        db: the catalogue.
        feed: the feed.
        asked: how many its limit lets it show.
        shown: how many of these fit into its documents.
        short: how many of these are shown in short form.
    """
    db.execute(
        "UPDATE feed SET asked = ?, displayed = ?, short = ? WHERE kind = ? AND key = ?",
        (asked, shown, short, feed.kind, feed.key),
    )


def changed_pages(db: sqlite3.Connection) -> list[int]:
    """Return the ids of the entries whose own pages may differ from those in the snapshot."""
    query = (
        "SELECT entry_id FROM pending_page CROSS JOIN entry ON id = entry_id WHERE page_wanted IS NOT NULL ORDER BY 1"
    )
    return [entry_id for (entry_id,) in db.execute(query)]


class FormerPage(NamedTuple):
    """A page that an article had, which leads to the page of its entry now.

    Attributes:
        slug: the slug of the page.
        url, title, updated: address, title and last change of the entry.
    """

    slug: str
    url: str
    title: str
    updated: int


def former_pages(db: sqlite3.Connection, *, pending: bool = False) -> list[FormerPage]:
    """Return the former pages of all entries that are shown; or only those that may differ from the snapshot."""
    only = "AND id IN (SELECT entry_id FROM pending_page)" if pending else ""
    query = f"""
        SELECT slug, url, title, updated FROM former_page CROSS JOIN entry ON id = entry_id
        WHERE shown {only} ORDER BY slug
    """  # noqa: S608 - one of two texts
    return list(map(FormerPage._make, db.execute(query)))


def abandoned_folders(db: sqlite3.Connection) -> list[str]:
    """Return the folders that the snapshot may have, and that belong to no feed or page any more."""
    return [folder for (folder,) in db.execute("SELECT folder FROM abandoned_folder ORDER BY folder")]


def clear_changes(db: sqlite3.Connection, snapshot: str) -> None:
    """Clear all changes: the snapshot with this name shows everything."""
    db.execute("UPDATE feed SET pending = 0 WHERE pending = 1")
    db.execute(
        "DELETE FROM pending_page WHERE 1"
    )  # SQLite truncates a table for a bare DELETE, and writes even if it is empty
    db.execute("DELETE FROM pending_month WHERE 1")
    db.execute("DELETE FROM abandoned_folder WHERE 1")
    set_meta(db, "snapshot", snapshot)


_OUTDATED = "SELECT feeds, published FROM outdated_entry CROSS JOIN entry ON id = entry_id WHERE shown"

_GAPS_OF_OUTDATED = """
INSERT OR IGNORE INTO page_gap SELECT published FROM outdated_entry CROSS JOIN entry ON id = entry_id
WHERE page_wanted IS NOT NULL
"""

_MARK_PAGES_BESIDE = """
INSERT OR IGNORE INTO pending_page SELECT id FROM entry WHERE page_wanted IS NOT NULL AND published BETWEEN
    ifnull((SELECT max(published) FROM entry WHERE page_wanted IS NOT NULL AND published < ?1), ?1)
    AND ifnull((SELECT min(published) FROM entry WHERE page_wanted IS NOT NULL AND published > ?1), ?1)
"""

_NEWEST_OUTDATED_ARTICLE = """
SELECT max(published) FROM outdated_entry CROSS JOIN entry ON id = entry_id WHERE articles AND shown
"""

_CHANGES = """
SELECT 1 FROM feed WHERE pending = 1
UNION ALL SELECT 1 FROM pending_month UNION ALL SELECT 1 FROM abandoned_folder LIMIT 1
"""

# A feed shows its newest entries only. An older one changes none of its documents but those of its month.
_MARK_FEED = """
UPDATE feed SET pending = 1
WHERE (kind, key) = (SELECT kind, key FROM feed_key WHERE id = ?1) AND (oldest IS NULL OR oldest <= ?2)
"""
