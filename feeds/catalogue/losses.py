"""Losses: articles that were published, and that a build would lose to problems.

The history has the paths of the published articles, as digests. A build that would lose too many of them, though their
files are there and have no mark that holds them back, is refused: such a loss is a mistake, and subscribers would be
told that feeds have ended. Deleting articles and holding them back is never stopped.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from typing import NamedTuple

from feeds.catalogue.schema import get_meta, set_meta
from feeds.errors import LossError
from feeds.settings.site import Site

SHOWN_REASONS = 3
"""The number of reasons that a refusal names."""


class Losses(NamedTuple):
    """What a build would lose.

    Attributes:
        published: how many articles are published.
        lost: how many of these have a file that can't be read any more.
        reasons: the problems of these files, the most frequent first.
    """

    published: int
    lost: int
    reasons: tuple[str, ...]


def find_losses(db: sqlite3.Connection) -> Losses:
    """Return what the articles in the catalogue lack of the published ones."""
    if not _knows_paths(db):
        return Losses(0, 0, ())
    (published,) = db.execute("SELECT count(*) FROM published.path").fetchone()
    reasons: Counter[str] = Counter()
    lost = 0
    for source_id, path in db.execute(_UNREADABLE).fetchall():
        if is_published(db, path_digest(path)):
            lost += 1
            reasons.update(reason for (reason,) in db.execute(_REASONS, (source_id,)))
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return Losses(published, lost, tuple(f"{count} × {reason}" for reason, count in ordered))


def refuse_losses(db: sqlite3.Connection, site: Site) -> None:
    """Raise an error if too many of the published articles would be lost.

    Raises:
        LossError: more than `max_loss` percent of them.
    """
    losses = find_losses(db)
    if losses.lost * 100 > losses.published * site.max_loss:
        more = len(losses.reasons) - SHOWN_REASONS
        reasons = "; ".join(losses.reasons[:SHOWN_REASONS]) + (f"; and {more} more" if more > 0 else "")
        raise LossError(
            f"nothing is published: {losses.lost} of {losses.published} published articles would be lost ({reasons});"
            " correct them (`feeds check` lists all), or build once with --accept-loss",
            site.corpus_path,
        )


def record_paths(db: sqlite3.Connection) -> None:
    """Record which articles are published now."""
    if get_meta(db, "paths") is None or not _knows_paths(db):
        # A new catalogue does not know which of the published files are gone, and a history without paths none of them.
        db.execute("CREATE TABLE IF NOT EXISTS published.path (digest INTEGER PRIMARY KEY)")
        db.execute("DELETE FROM published.path")
        db.execute("INSERT OR IGNORE INTO pending_path SELECT path FROM source WHERE live")
        set_meta(db, "paths", "recorded")
    for path, live in db.execute(_PENDING).fetchall():
        db.execute("INSERT OR IGNORE INTO published.path VALUES (?)" if live else _FORGET, (path_digest(path),))
    db.execute("DELETE FROM pending_path WHERE 1")  # see changes.clear_changes


def _knows_paths(db: sqlite3.Connection) -> bool:
    """Tell whether the history has paths: those of earlier versions have none."""
    return db.execute("SELECT 1 FROM published.sqlite_master WHERE name = 'path'").fetchone() is not None


def is_published(db: sqlite3.Connection, digest: int) -> bool:
    """Tell whether the article with this digest of its path was published last."""
    query = "SELECT 1 FROM published.path WHERE digest = ?"
    return _knows_paths(db) and db.execute(query, (digest,)).fetchone() is not None


def path_digest(path: str) -> int:
    """Return the digest of a path, as a signed integer of 64 bits."""
    return int.from_bytes(hashlib.blake2b(path.encode(), digest_size=8).digest(), "big", signed=True)


_UNREADABLE = "SELECT id, path FROM source INDEXED BY source_held WHERE live = 0 AND readable = 0 ORDER BY path"

_REASONS = "SELECT reason FROM problem WHERE source_id = ? AND severity = 'error'"

_PENDING = "SELECT path, ifnull(live, 0) FROM pending_path LEFT JOIN source USING (path) ORDER BY path"

_FORGET = "DELETE FROM published.path WHERE digest = ?"
