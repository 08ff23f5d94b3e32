"""Named values of the catalogue: facts about all of it."""

from __future__ import annotations

import sqlite3


def get_meta(db: sqlite3.Connection, name: str) -> str | None:
    """Return the value that :func:`set_meta` stored under `name`, or None."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row is not None else None


def set_meta(db: sqlite3.Connection, name: str, value: str) -> None:
    """Store `value` under `name`. An equal value is not written again: a build without news writes nothing."""
    if get_meta(db, name) != value:
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
