"""Source files: which ones the catalogue knows, whether they are as they were read, and what the last build went by."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from feeds.catalogue.meta import get_meta, set_meta
from feeds.model import Visibility
from feeds.rules.file_patterns import PassedOverCount, Reason
from feeds.rules.times import to_seconds
from feeds.settings.site import Site


def must_examine_all(db: sqlite3.Connection, now: datetime, least: Visibility, settings: str) -> bool:
    """Tell whether the state of all articles has to be determined again: other settings, or an earlier time.

    Args:
        db: the catalogue.
        now: the time of the build.
        least: the lowest visibility that is published.
        settings: identifies all settings that decide what is published.
    """
    before = json.loads(get_meta(db, "examined") or "null")
    return before is not None and (before[1:] != [least, settings] or before[0] > to_seconds(now))


def has_due_articles(db: sqlite3.Connection, now: datetime) -> bool:
    """Tell whether link records of articles have appeared, expired or been updated by `now`."""
    return db.execute("SELECT 1 FROM source WHERE due <= ? LIMIT 1", (to_seconds(now),)).fetchone() is not None


def note_examined(db: sqlite3.Connection, now: datetime, least: Visibility, settings: str) -> None:
    """Record what the states of articles go by; the arguments are those of :func:`must_examine_all`."""
    set_meta(db, "examined", json.dumps([to_seconds(now), least, settings]))


def settings_examined(db: sqlite3.Connection) -> str | None:
    """Return the settings of the last build that :func:`note_examined` has recorded, or None."""
    before = json.loads(get_meta(db, "examined") or "null")
    return before[2] if before is not None else None


def known_stamps(db: sqlite3.Connection, only: Iterable[str] | None = None) -> dict[str, str]:
    """Return path → stamp of all files that the catalogue knows, or of the files at or below the paths `only`."""
    if only is None:
        return dict(db.execute("SELECT path, stamp FROM source"))
    return {path: stamp for top in only for path, stamp in db.execute(_AT_OR_BELOW, {"path": top})}


def unsettled_files(db: sqlite3.Connection) -> list[str]:
    """Return the files that may change unseen by a watch, or that had just changed when they were read."""
    return [path for (path,) in db.execute("SELECT path FROM unsettled")]


def is_fully_read(db: sqlite3.Connection, site: Site) -> bool:
    """Tell whether the whole corpus, and no other one, has been read into the catalogue, with the same patterns."""
    return get_meta(db, "corpus") == _corpus_of(site)


def set_fully_read(db: sqlite3.Connection, site: Site) -> None:
    """Record that the whole corpus has been read."""
    set_meta(db, "corpus", _corpus_of(site))


def _corpus_of(site: Site) -> str:
    """Return a text that is different for every set of files."""
    return json.dumps([site.corpus, site.articles, site.exclude])


def count_files(db: sqlite3.Connection) -> int:
    """Return how many files the catalogue knows."""
    (number,) = db.execute("SELECT count(*) FROM source").fetchone()
    return int(number)


def record_passed_over(db: sqlite3.Connection, counts: Sequence[PassedOverCount]) -> None:
    """Record how many files of the corpus are passed over, and why."""
    set_meta(db, "passed_over", json.dumps(counts))


def passed_over(db: sqlite3.Connection) -> list[PassedOverCount]:
    """Return how many files of the corpus are passed over, and why, by the last scan of everything."""
    rows = json.loads(get_meta(db, "passed_over") or "[]")
    return [PassedOverCount(Reason(reason), files, tuple(endings)) for reason, files, endings in rows]


def file_digest(db: sqlite3.Connection, path: str) -> bytes | None:
    """Return the digest of the file `path` when it was read last, or None if it is not known."""
    row = db.execute("SELECT digest FROM source WHERE path = ?", (path,)).fetchone()
    return row[0] if row is not None else None


def update_stamp(db: sqlite3.Connection, path: str, stamp: str) -> None:
    """Record a new stamp of a file whose bytes have not changed."""
    db.execute("UPDATE source SET stamp = ?1 WHERE path = ?2 AND stamp != ?1", (stamp, path))


_AT_OR_BELOW = """
SELECT path, stamp FROM source WHERE path = :path
UNION ALL SELECT path, stamp FROM source WHERE path > :path || '/' AND path < :path || '0' -- '0' comes after '/'
"""
