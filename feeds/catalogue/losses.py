"""Losses: articles that were published, and that a build would lose to problems, or to patterns of the settings.

The history has the paths of the published articles, as digests. A build that would lose too many of them, though their
files are there and have no mark that holds them back, is refused: such a loss is a mistake, and subscribers would be
told that feeds have ended. Deleting articles and holding them back is never stopped.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable

from feeds.catalogue.history import salt_of
from feeds.errors import LossError
from feeds.rules.file_patterns import PassedOver
from feeds.rules.grouping import key_hash
from feeds.settings.site import Site

SHOWN_REASONS = 3
"""The number of reasons that a refusal names."""


def refuse_losses(db: sqlite3.Connection, site: Site, left_out: Iterable[PassedOver]) -> None:
    """Raise an error if too many of the published articles would be lost.

    Args:
        db: the catalogue.
        site: the settings.
        left_out: the files that the settings `articles` and `exclude` leave out.

    Raises:
        LossError: more than `max_loss` percent of them.
    """
    (published,) = db.execute("SELECT count(*) FROM published_path").fetchone()
    lost = [source_id for source_id, path in db.execute(_UNREADABLE).fetchall() if is_published(db, path)]
    excluded = [it.reason.text for it in left_out if is_published(db, it.path)]
    total = len(lost) + len(excluded)
    if total * 100 <= published * site.max_loss:
        return
    counts = Counter(reason for source_id in lost for (reason,) in db.execute(_REASONS, (source_id,)))
    counts.update(excluded)
    reasons = [f"{count} × {reason}" for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    if len(reasons) > SHOWN_REASONS:
        reasons[SHOWN_REASONS:] = [f"and {len(reasons) - SHOWN_REASONS} more"]
    raise LossError(
        f"nothing is published: {total} of {published} published articles would be lost ({'; '.join(reasons)});"
        " correct them (`feeds check` lists all), or build once with --accept-loss",
        site.corpus_path,
    )


def record_paths(db: sqlite3.Connection, *, everything: bool) -> None:
    """Record which articles are published now.

    Args:
        db: the catalogue.
        everything: look at all articles, because the catalogue is new and does not know what is gone.
    """
    salt = salt_of(db)
    if everything:
        db.execute("INSERT OR IGNORE INTO pending_path SELECT path FROM source WHERE live")
        live = {path_digest(path, salt) for (path,) in db.execute("SELECT path FROM source WHERE live")}
        gone = {digest for (digest,) in db.execute("SELECT digest FROM published_path")} - live
        db.executemany(_FORGET, [(digest,) for digest in gone])
    for path, live in db.execute(_PENDING).fetchall():
        db.execute("INSERT OR IGNORE INTO published_path VALUES (?)" if live else _FORGET, (path_digest(path, salt),))
    db.execute("DELETE FROM pending_path WHERE 1")  # see changes.clear_changes


def is_published(db: sqlite3.Connection, path: str) -> bool:
    """Tell whether the article at `path` was published last."""
    query = "SELECT 1 FROM published_path WHERE digest = ?"
    return db.execute(query, (path_digest(path, salt_of(db)),)).fetchone() is not None


def path_digest(path: str, salt: bytes) -> int:
    """Return the digest of the path of an article file."""
    return key_hash(f"path\n{path}", salt)


_UNREADABLE = "SELECT id, path FROM source INDEXED BY source_held WHERE live = 0 AND readable = 0 ORDER BY path"

_REASONS = "SELECT reason FROM problem WHERE source_id = ? AND severity = 'error'"

_PENDING = "SELECT path, ifnull(live, 0) FROM pending_path LEFT JOIN source USING (path) ORDER BY path"

_FORGET = "DELETE FROM published_path WHERE digest = ?"
