"""Changes that the snapshot does not show yet.

They are written in the transaction that changes the entries, and cleared only when a snapshot that shows them is
current. So the next build makes good a build that was killed in between.
"""

from __future__ import annotations

import sqlite3

from feeds.catalogue import archives
from feeds.catalogue.membership import Memberships
from feeds.catalogue.meta import get_meta, set_meta
from feeds.model import Feed, Kind


def matches_snapshot(db: sqlite3.Connection, snapshot: str | None) -> bool:
    """Tell whether the snapshot with this name shows what the catalogue had after the last build."""
    return snapshot is not None and get_meta(db, "snapshot") == snapshot


def has_changes(db: sqlite3.Connection) -> bool:
    """Tell whether there are changes. Pages and months never change without a feed."""
    query = "SELECT 1 FROM feed WHERE pending = 1 UNION ALL SELECT 1 FROM abandoned_folder LIMIT 1"
    return db.execute(query).fetchone() is not None


def mark_everything(db: sqlite3.Connection, *, with_archives: bool) -> None:
    """Mark everything as pending: the catalogue does not know the snapshot."""
    if with_archives:
        archives.mark_all_months(db)
    db.execute("UPDATE feed SET pending = 1")
    db.execute("INSERT OR IGNORE INTO pending_page SELECT id FROM entry WHERE page_wanted IS NOT NULL")


def forget_snapshot(db: sqlite3.Connection) -> None:
    """Record that the catalogue knows no snapshot: the next build puts all documents anew."""
    db.execute("DELETE FROM meta WHERE name = 'snapshot'")
    db.execute("UPDATE feed SET pending = 1")


def next_revision(db: sqlite3.Connection) -> int:
    """Return the revision of this build: a number that no build before it has given to an entry."""
    revision = int(get_meta(db, "revision") or 0) + 1
    set_meta(db, "revision", str(revision))
    return revision


def settle_outdated(db: sqlite3.Connection, memberships: Memberships, revision: int, *, with_archives: bool) -> None:
    """Give outdated entries a new revision, and mark the feeds, archives and pages that show them."""
    db.execute("DELETE FROM outdated_entry WHERE entry_id NOT IN (SELECT id FROM entry)")
    query = "UPDATE entry SET revision = ?, short = 0 WHERE id IN (SELECT entry_id FROM outdated_entry)"
    db.execute(query, (revision,))
    # Feed → the newest time at which something in it has changed. An entry that has another date leaves a gap at the
    # one that it had.
    newest = dict(memberships.newest_lost)
    for feeds, published in db.execute(_OUTDATED):
        feed_ids = memberships.feed_ids(feeds)
        memberships.mark_month(feed_ids, published)
        for feed_id in feed_ids:
            newest[feed_id] = max(published, newest.get(feed_id, published))
    db.executemany(_MARK_FEED, ((feed_id, time, with_archives) for feed_id, time in newest.items()))
    db.execute(
        "INSERT OR IGNORE INTO pending_page"
        " SELECT id FROM outdated_entry CROSS JOIN entry ON id = entry_id WHERE page_wanted IS NOT NULL"
    )


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
    return [entry_id for (entry_id,) in db.execute("SELECT entry_id FROM pending_page ORDER BY entry_id")]


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

# A feed shows its newest entries only. An older one changes none of its documents but an archive.
_MARK_FEED = """
UPDATE feed SET pending = 1
WHERE (kind, key) = (SELECT kind, key FROM feed_key WHERE id = ?1) AND (?3 OR oldest IS NULL OR oldest <= ?2)
"""
