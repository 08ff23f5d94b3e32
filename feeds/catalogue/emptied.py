"""Feeds that were published and have no entries any more (DESIGN: Retired feeds).

As long as any article names it, published or not, such a feed stays: empty, and valid. Once nothing names it, it
has ended: for a while its documents say so, then they are gone. The ledger remembers both.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime

from feeds.catalogue import history
from feeds.catalogue.pending import mark_directory
from feeds.config import Site
from feeds.ledger import KeptFeed, Ledger
from feeds.model import Kind, latest, to_seconds


def decide(db: sqlite3.Connection, site: Site, ledger: Ledger, now: datetime) -> None:
    """Bring the ledger up to date: which feeds have no entries any more, which have some again, which have ended."""
    for kind, key in db.execute(_EMPTY).fetchall():
        if is_empty(ledger, Kind(kind), key):
            continue
        if (known := history.feed(db, Kind(kind), key)) is not None:
            ledger.feeds[known.kind, key] = known
    for kept in ledger.empty_feeds():
        if db.execute("SELECT 1 FROM membership WHERE kind = ? AND key = ? LIMIT 1", (kept.kind, kept.key)).fetchone():
            ledger.feeds[kept.kind, kept.key] = KeptFeed(kept.kind, kept.key, kept.slug)  # it is back
        elif kept.ended is None and not _is_named(db, site, kept):
            ledger.feeds[kept.kind, kept.key] = replace(kept, ended=now)


def show(db: sqlite3.Connection, site: Site, ledger: Ledger, now: datetime) -> None:
    """Have the catalogue list the feeds that have no entries, as the ledger knows them."""
    for kept in ledger.empty_feeds():
        if kept.is_gone(now) or kept.folder in ledger.moves:
            drop(db, kept.kind, kept.key, kept.slug)
        else:
            _keep(db, site, kept)


def is_empty(ledger: Ledger, kind: Kind, key: str) -> bool:
    """Tell whether the ledger has this feed as one without entries."""
    kept = ledger.feeds.get((kind, key))
    return kept is not None and kept.is_empty


def drop(db: sqlite3.Connection, kind: Kind, key: str, slug: str) -> None:
    """Remove a feed and its documents."""
    if db.execute("DELETE FROM feed WHERE kind = ? AND key = ? RETURNING 1", (kind, key)).fetchall():
        leave_folder(db, kind, slug)
        mark_directory(db)


def leave_folder(db: sqlite3.Connection, kind: Kind, slug: str) -> None:
    """Note that the snapshot may have documents in the folder of a feed that is not there any more."""
    if slug:
        db.execute("INSERT OR IGNORE INTO gone VALUES (?)", (f"{kind.folder}/{slug}/",))


def _is_named(db: sqlite3.Connection, site: Site, kept: KeptFeed) -> bool:
    """Tell whether any article in the corpus, published or not, still puts something into the feed."""
    if (kept.kind, kept.key) in site.selection.exclude:
        return False
    query = "SELECT 1 FROM named WHERE kind = ? AND key = ? AND files > 0"
    return db.execute(query, (kept.kind, kept.key)).fetchone() is not None


def _keep(db: sqlite3.Connection, site: Site, kept: KeptFeed) -> None:
    ended = to_seconds(kept.ended) if kept.ended is not None else None
    updated = to_seconds(latest(each for each in (kept.updated, kept.ended) if each is not None))
    changed = db.execute(
        "INSERT INTO feed (kind, key, name, slug, updated, ttl, ended) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET name = excluded.name, slug = excluded.slug, updated = excluded.updated,"
        " ttl = excluded.ttl, ended = excluded.ended, entries = 0, newest = NULL, pending = 1"
        " WHERE (name, slug, updated, ttl, ended, entries)"
        " IS NOT (excluded.name, excluded.slug, excluded.updated, excluded.ttl, excluded.ended, 0) RETURNING 1",
        (kept.kind, kept.key, kept.name, kept.slug, updated, site.longest_ttl, ended),
    )
    if changed.fetchall():
        mark_directory(db)


# Asked of the history, not of the catalogue: that may have been made anew after the feed's last entry went.
_EMPTY = """
SELECT kind, key FROM published.feed AS known WHERE NOT EXISTS (
    SELECT 1 FROM membership AS now WHERE now.kind = known.kind AND now.key = known.key
)
"""
