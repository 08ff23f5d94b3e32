"""Changes that the snapshot does not show yet.

They are written in the transaction that changes the entries, and cleared only when a snapshot that shows them is
current. So the next build makes good a build that was killed in between.
"""

from __future__ import annotations

import sqlite3

from feeds.catalogue import archives
from feeds.catalogue.schema import get_meta, set_meta
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


def mark_related_entries(db: sqlite3.Connection, entry_id: int) -> None:
    """Mark the entries as outdated that show this entry as related: both are mentioned in one file."""
    db.execute(
        "INSERT OR IGNORE INTO outdated_entry SELECT other.entry_id"
        " FROM mention AS mine JOIN mention AS other ON other.source_id = mine.source_id"
        " WHERE mine.entry_id = ?1 AND other.entry_id != ?1 AND (mine.position = 0) != (other.position = 0)",
        (entry_id,),
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
