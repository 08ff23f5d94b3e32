"""Feeds that were published and have retired: they are empty, have ended, or have moved.

As long as any article names it, published or not, a feed without entries stays: empty, and valid. So does one that
nothing names, for `farewell_after` days: it may be a mistake. Then it has ended: for a while its documents say so, then
they are gone. The settings move a feed to another address
(``[renamed]``). A move is in force if there is a feed at the new address and no feed with entries at the old one. The
ledger remembers all three.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime

from feeds.catalogue import publications
from feeds.catalogue.changes import mark_site_feed
from feeds.catalogue.membership import feed_reference
from feeds.memory.ledger import EmptyFeed, FeedMove, Ledger
from feeds.model import Kind
from feeds.rules.site_layout import HOME_KEY, feed_folder, parse_feed_folder
from feeds.rules.times import to_seconds
from feeds.settings.site import Site


def update_empty_feeds(db: sqlite3.Connection, site: Site, ledger: Ledger, now: datetime) -> None:
    """Update the ledger: feeds that have become empty, feeds that have entries again, feeds that have ended."""
    for kind, key in db.execute(_EMPTY).fetchall():
        if is_empty_feed(ledger, Kind(kind), key):
            continue
        if (known := publications.published_feed(db, Kind(kind), key)) is not None:
            ledger.feeds[known.kind, key] = known
    for kept in ledger.empty_feeds():
        if db.execute("SELECT 1 FROM feed_member WHERE kind = ? AND key = ? LIMIT 1", (kept.kind, kept.key)).fetchone():
            del ledger.feeds[kept.kind, kept.key]  # it has entries again
        elif kept.ended is None:
            unnamed = None if _is_named(db, site, kept) else kept.unnamed or now
            has_waited = unnamed is not None and now >= unnamed + site.farewell_delay
            ledger.feeds[kept.kind, kept.key] = replace(kept, unnamed=unnamed, ended=now if has_waited else None)


def list_empty_feeds(db: sqlite3.Connection, site: Site, ledger: Ledger, now: datetime) -> None:
    """Write the empty feeds of the ledger into the catalogue, so that they have documents."""
    for kept in ledger.empty_feeds():
        if kept.is_gone(now) or kept.folder in ledger.moves:
            drop_feed(db, kept.kind, kept.key, kept.slug)
        else:
            _write_feed(db, site, kept)


def is_empty_feed(ledger: Ledger, kind: Kind, key: str) -> bool:
    """Tell whether the ledger has this feed as an empty one."""
    return (kind, key) in ledger.feeds


def drop_feed(db: sqlite3.Connection, kind: Kind, key: str, slug: str) -> None:
    """Remove a feed and its documents."""
    db.execute("DELETE FROM layout WHERE kind = ? AND key = ?", (kind, key))
    if db.execute("DELETE FROM feed WHERE kind = ? AND key = ? RETURNING 1", (kind, key)).fetchall():
        abandon_folder(db, kind, slug)
        mark_site_feed(db)


def abandon_folder(db: sqlite3.Connection, kind: Kind, slug: str) -> None:
    """Record that the documents in the folder of a feed have to be removed from the snapshot."""
    if slug:
        db.execute("INSERT OR IGNORE INTO abandoned_folder VALUES (?)", (feed_folder(kind, slug),))


def _is_named(db: sqlite3.Connection, site: Site, kept: EmptyFeed) -> bool:
    """Tell whether an article of the corpus, published or not, still names the feed."""
    if (kept.kind, kept.key) in site.selection.exclude:
        return False
    keys = {kept.key, site.home.domain} if (kept.kind, kept.key) == (Kind.PROVIDER, HOME_KEY) else {kept.key}
    query = "SELECT 1 FROM feed_reference WHERE name = ? AND files > 0"
    return any(db.execute(query, (feed_reference(kept.kind, key),)).fetchone() is not None for key in keys)


def _write_feed(db: sqlite3.Connection, site: Site, kept: EmptyFeed) -> None:
    ended = to_seconds(kept.ended) if kept.ended is not None else None
    updated = to_seconds(max(kept.updated, kept.ended or kept.updated))
    changed = db.execute(
        "INSERT INTO feed (kind, key, name, slug, updated, ttl, ended) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET name = excluded.name, slug = excluded.slug, updated = excluded.updated,"
        " ttl = excluded.ttl, ended = excluded.ended, entries = 0, newest = NULL, oldest = NULL, activity = '',"
        " pending = 1"
        " WHERE (name, slug, updated, ttl, ended, entries)"
        " IS NOT (excluded.name, excluded.slug, excluded.updated, excluded.ttl, excluded.ended, 0) RETURNING 1",
        (kept.kind, kept.key, kept.name, kept.slug, updated, site.longest_ttl, ended),
    )
    if changed.fetchall():
        mark_site_feed(db)


# The history and not the catalogue: that may have been made again after the last entry of the feed was gone.
_EMPTY = """
SELECT kind, key FROM published_feed AS known WHERE NOT EXISTS (
    SELECT 1 FROM feed_member AS now WHERE now.kind = known.kind AND now.key = known.key
)
"""


def update_moves(db: sqlite3.Connection, site: Site, ledger: Ledger, now: datetime) -> None:
    """Update the moves in the ledger, by the settings and the feeds that exist."""
    empty = {feed.folder for feed in ledger.empty_feeds() if not feed.is_gone(now)}
    moves = {}
    for old, new in site.moves.items():
        if not _has_entries(db, old) and (new in empty or _has_entries(db, new)):
            known = ledger.moves.get(old)
            moves[old] = known if known is not None and known.to == new else FeedMove(new, now)
    ledger.moves = moves


def move_obstacles(db: sqlite3.Connection, site: Site) -> list[str]:
    """Return messages for the moves in the settings that are not in force."""
    messages = []
    for old, new in site.moves.items():
        if _has_entries(db, old):
            messages.append(f"[renamed] {old}: articles still put something into this feed; rename it in them too")
        elif not _exists(db, new, "true"):
            messages.append(f"[renamed] {old}: there is no feed at {new} to lead to; correct the new address")
    return messages


def _has_entries(db: sqlite3.Connection, folder: str) -> bool:
    here = "SELECT 1 FROM feed_member AS member WHERE member.kind = feed.kind AND member.key = feed.key"
    return _exists(db, folder, f"EXISTS ({here})")


def _exists(db: sqlite3.Connection, folder: str, condition: str) -> bool:
    query = f"SELECT 1 FROM feed WHERE kind = ? AND slug = ? AND {condition}"  # noqa: S608 - one of two above
    return db.execute(query, parse_feed_folder(folder)).fetchone() is not None
