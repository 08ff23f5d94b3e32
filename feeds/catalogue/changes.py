"""What the snapshot does not show yet: the work that a build has before it, kept until it is done.

It is written in the transaction that changes the entries and cleared only when a snapshot that shows them is
current, so a build that was killed in between is made good by the next.
"""

from __future__ import annotations

import sqlite3

from feeds.catalogue import archives
from feeds.catalogue.schema import get_meta, set_meta
from feeds.model import Kind


def matches_snapshot(db: sqlite3.Connection, snapshot: str | None) -> bool:
    """Tell whether the snapshot with this name is the one that the catalogue was last written out to."""
    return snapshot is not None and get_meta(db, "snapshot") == snapshot


def has_changes(db: sqlite3.Connection) -> bool:
    """Tell whether there is anything that the snapshot does not show yet; pages and months wait with their feeds."""
    query = "SELECT 1 FROM feed WHERE pending = 1 UNION ALL SELECT 1 FROM gone LIMIT 1"
    return db.execute(query).fetchone() is not None


def mark_everything(db: sqlite3.Connection, *, with_archives: bool) -> None:
    """Have everything written out: the snapshot is another one than the catalogue knows."""
    if with_archives:
        archives.mark_all_months(db)
    db.execute("UPDATE feed SET pending = 1")
    db.execute("INSERT OR IGNORE INTO pending_page SELECT id FROM entry WHERE page_wanted IS NOT NULL")


def mark_related_entries(db: sqlite3.Connection, entry_id: int) -> None:
    """Have the entries made anew that show the entry as related: those that stand beside it in a file."""
    db.execute(
        "INSERT OR IGNORE INTO stale SELECT other.entry_id"
        " FROM mention AS mine JOIN mention AS other ON other.source_id = mine.source_id"
        " WHERE mine.entry_id = ?1 AND other.entry_id != ?1 AND (mine.position = 0) != (other.position = 0)",
        (entry_id,),
    )


def mark_site_feed(db: sqlite3.Connection) -> None:
    """Have the feed of everything written out: its page lists all the others."""
    db.execute("UPDATE feed SET pending = 1 WHERE kind = ?", (Kind.ALL,))


def changed_pages(db: sqlite3.Connection) -> list[int]:
    """Return the numbers of the entries whose own pages may differ from the snapshot's."""
    return [entry_id for (entry_id,) in db.execute("SELECT entry_id FROM pending_page ORDER BY entry_id")]


def abandoned_folders(db: sqlite3.Connection) -> list[str]:
    """Return the folders that the snapshot may have and no feed or page has any more."""
    return [folder for (folder,) in db.execute("SELECT folder FROM gone ORDER BY folder")]


def clear_changes(db: sqlite3.Connection, snapshot: str) -> None:
    """Note that the snapshot with this name shows all that the catalogue has."""
    db.execute("UPDATE feed SET pending = 0 WHERE pending = 1")
    db.execute("DELETE FROM pending_page WHERE 1")  # a bare DELETE writes even where there is nothing to delete
    db.execute("DELETE FROM pending_month WHERE 1")
    db.execute("DELETE FROM gone WHERE 1")
    set_meta(db, "snapshot", snapshot)
