"""What was published besides ids: pages, feeds, the ledger, and documents, as the history has them.

The tables, and the ids of entries, are in :mod:`feeds.catalogue.history`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from feeds.catalogue.history import id_digest, id_secret, salt_of
from feeds.errors import UsageError
from feeds.memory.ledger import EmptyFeed, FeedMove, Ledger
from feeds.memory.sealing import unseal
from feeds.model import Kind
from feeds.rules.grouping import key_hash, key_secret
from feeds.rules.site_layout import PAGE, article_folder
from feeds.rules.text import clean_text
from feeds.rules.times import REMOVAL_SECONDS, from_seconds, to_seconds
from feeds.rules.urls import absolute_url, canonical_key


def record_pages(db: sqlite3.Connection) -> None:
    """Record the slugs of the pending pages of articles, which are about to be published."""
    salt = salt_of(db)
    rows = db.execute("SELECT page, uri FROM pending_page CROSS JOIN entry ON id = entry_id WHERE page IS NOT NULL")
    query = "UPDATE published_id SET slug = ?1, slug_digest = ?2 WHERE digest = ?3 AND slug IS NOT ?1"
    values = [(slug, slug_digest(slug, salt), id_digest(uri, salt)) for slug, uri in rows]
    db.executemany(query, values)


def published_page(db: sqlite3.Connection, uri: str) -> str | None:
    """Return the slug under which the page of an entry was published last, or None."""
    salt = salt_of(db)
    query = "SELECT slug, sealed FROM published_id WHERE digest = ?"
    slug, sealed = db.execute(query, (id_digest(uri, salt),)).fetchone() or (None, None)
    if sealed is not None and (content := unseal(sealed, id_secret(uri, salt))) is not None:
        slug = content.slug
    return str(slug) if slug is not None else None


def pages_at(db: sqlite3.Connection, slug: str) -> dict[str, str]:
    """Return the ids of entries whose pages were published under a slug, with the slug: no other page gets it.

    The id of an entry that was withdrawn is not known: its digest stands for it.
    """
    query = "SELECT ifnull(ident, digest) FROM published_id WHERE slug_digest = ? ORDER BY 1"
    return {str(ident): slug for (ident,) in db.execute(query, (slug_digest(slug, salt_of(db)),))}


def slug_digest(slug: str, salt: bytes) -> int:
    """Return the digest of the slug of the page of an article."""
    return key_hash(f"slug\n{slug}", salt)


def forget_entry(db: sqlite3.Connection, wanted: str) -> int:
    """Erase everything about entries that were withdrawn: digests and sealed ids, and the addresses of their pages.

    Args:
        db: the catalogue.
        wanted: the id of the entry, or an address of its page.

    Returns:
        The number of ids that were erased.

    Raises:
        UsageError: the entry is published now.
    """
    salt = salt_of(db)
    wanted = clean_text(wanted)
    secrets = {id_digest(wanted, salt): id_secret(wanted, salt)}
    if (link := absolute_url(wanted if "://" in wanted else f"https://{wanted}")) is not None:
        key = canonical_key(link)
        query = "SELECT digest, wrapped FROM published_key WHERE key = ?"
        for digest, wrapped in db.execute(query, (key_hash(key, salt),)).fetchall():
            secrets.setdefault(digest, (wrapped or 0) ^ key_secret(key, salt))
    count = 0
    for digest, secret in secrets.items():
        row = db.execute("SELECT ident, sealed FROM published_id WHERE digest = ?", (digest,)).fetchone()
        if row is None:
            continue
        ident, sealed = row
        if ident is not None:
            raise UsageError("it is published now; delete it or hold it back first", ident)
        content = unseal(sealed or "", secret)
        if content is not None and content.slug is not None:
            page = address_digest(article_folder(content.slug) + PAGE.file_name, salt)
            db.execute("DELETE FROM published_document WHERE digest = ? AND content IS NULL", (page,))
        for table in ("published_key", "published_sign", "published_id"):
            db.execute(f"DELETE FROM {table} WHERE digest = ?", (digest,))  # noqa: S608 - one of three names
        count += 1
    return count


def record_feeds(db: sqlite3.Connection) -> None:
    """Record name, address and last change of the pending feeds with entries, which are about to be published."""
    salt = salt_of(db)
    rows = db.execute(_PENDING_FEEDS).fetchall()
    db.executemany(_RECORD_FEED, [(feed_digest(kind, key, salt), kind, key, *rest) for kind, key, *rest in rows])


def feed_digest(kind: str, key: str, salt: bytes) -> int:
    """Return the digest of a feed."""
    return key_hash(f"{kind}\n{key}", salt)


def published_feed(db: sqlite3.Connection, kind: Kind, key: str) -> EmptyFeed | None:
    """Return the feed as it was published last, as an empty feed; None if it never was."""
    query = "SELECT slug, name, updated FROM published_feed WHERE digest = ?"
    row = db.execute(query, (feed_digest(kind, key, salt_of(db)),)).fetchone()
    if row is None:
        return None
    slug, name, updated = row
    return EmptyFeed(kind, key, slug, name, from_seconds(updated))


def record_documents(
    db: sqlite3.Connection, rows: Sequence[tuple[str, str, int]], gone: Iterable[str] | None, now: int
) -> None:
    """Record documents that are about to be published, and documents that are gone.

    Args:
        db: the catalogue.
        rows: address, digest of the bytes, and time of the last change of documents that may differ from the history.
        gone: the addresses of documents that are gone; None if `rows` has all documents of the site.
        now: the time of the build, in seconds.
    """
    salt = salt_of(db)
    wanted = {address_digest(address, salt): (content, modified) for address, content, modified in rows}
    if gone is None:
        live = db.execute("SELECT digest FROM published_document WHERE content IS NOT NULL")
        lost = {digest for (digest,) in live} - wanted.keys()
    else:
        lost = {address_digest(address, salt) for address in gone}
    if not wanted and not lost:
        return
    db.executemany(_RECORD_DOCUMENT, [(digest, *row) for digest, row in wanted.items()])
    query = "UPDATE published_document SET content = NULL, modified = ? WHERE digest = ?"
    db.executemany(query, [(now, digest) for digest in lost])
    query = "DELETE FROM published_document WHERE content IS NULL AND modified <= ?"
    db.execute(query, (now - REMOVAL_SECONDS,))


def published_document(db: sqlite3.Connection, address: str) -> tuple[str | None, int] | None:
    """Return the digest and the last change of a document as it was published; None if nothing is known of it.

    The digest is None if the document is gone.
    """
    query = "SELECT content, modified FROM published_document WHERE digest = ?"
    row = db.execute(query, (address_digest(address, salt_of(db)),)).fetchone()
    return (row[0], int(row[1])) if row is not None else None


def address_digest(address: str, salt: bytes) -> int:
    """Return the digest of the address of a document."""
    return key_hash(f"address\n{address}", salt)


def load_ledger(db: sqlite3.Connection) -> Ledger:
    """Return the ledger as the history has it."""
    feeds = [
        EmptyFeed(Kind(kind), key, slug, name, from_seconds(updated), _moment(unnamed), _moment(ended))
        for kind, key, slug, name, updated, unnamed, ended in db.execute(_EMPTY_FEEDS)
    ]
    moves = {old: FeedMove(new, from_seconds(since)) for old, new, since in db.execute(_MOVES)}
    broken = {digest: tuple(names.split("\n")) for digest, names in db.execute("SELECT * FROM published_broken")}
    return Ledger(feeds, moves, broken, dict(db.execute(_KEPT)))


def record_ledger(db: sqlite3.Connection, ledger: Ledger) -> None:
    """Record the ledger; only rows that differ are written. The entries must have been recorded before."""
    salt = salt_of(db)
    feeds = {
        feed_digest(feed.kind, feed.key, salt): (
            feed.kind.value,
            feed.key,
            feed.slug,
            feed.name,
            to_seconds(feed.updated),
            1,
            _seconds(feed.unnamed),
            _seconds(feed.ended),
        )
        for feed in ledger.feeds.values()
    }
    query = "UPDATE published_feed SET empty = 0, unnamed = NULL, ended = NULL WHERE digest = ?"
    known = {digest for (digest,) in db.execute("SELECT digest FROM published_feed WHERE empty")}
    db.executemany(query, [(digest,) for digest in known - feeds.keys()])
    _replace_rows(db, "published_feed", feeds)
    moves = {key_hash(old, salt): (old, move.to, to_seconds(move.since)) for old, move in ledger.moves.items()}
    broken = {digest: ("\n".join(names),) for digest, names in ledger.broken.items()}
    for table, rows in (("published_move", moves), ("published_broken", broken)):
        gone = {digest for (digest,) in db.execute(f"SELECT digest FROM {table}")} - rows.keys()  # noqa: S608
        db.executemany(f"DELETE FROM {table} WHERE digest = ?", [(digest,) for digest in gone])  # noqa: S608
        _replace_rows(db, table, rows)
    kept = {id_digest(uri, salt) for uri in ledger.kept_ids}
    before = {digest for (digest,) in db.execute("SELECT digest FROM published_id WHERE kept")}
    changes = [(0, digest) for digest in before - kept] + [(1, digest) for digest in kept - before]
    db.executemany("UPDATE published_id SET kept = ? WHERE digest = ? AND ident IS NOT NULL", changes)


def _replace_rows(db: sqlite3.Connection, table: str, rows: Mapping[int, tuple[object, ...]]) -> None:
    """Write the rows of a table that differ from what it has, by their digests."""
    for digest, row in rows.items():
        known = db.execute(f"SELECT * FROM {table} WHERE digest = ?", (digest,)).fetchone()  # noqa: S608
        if known != (digest, *row):
            marks = ", ".join("?" * (len(row) + 1))
            db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", (digest, *row))  # noqa: S608


def _moment(seconds: int | None) -> datetime | None:
    return from_seconds(seconds) if seconds is not None else None


def _seconds(moment: datetime | None) -> int | None:
    return to_seconds(moment) if moment is not None else None


_PENDING_FEEDS = """
SELECT kind, key, slug, name, ifnull(updated, 0) FROM feed
WHERE pending = 1 AND kind != 'all' AND EXISTS (
    SELECT 1 FROM feed_member AS now WHERE now.kind = feed.kind AND now.key = feed.key
)
"""

_RECORD_FEED = """
INSERT INTO published_feed (digest, kind, key, slug, name, updated) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET slug = excluded.slug, name = excluded.name, updated = excluded.updated
WHERE (slug, name, updated) != (excluded.slug, excluded.name, excluded.updated)
"""

_RECORD_DOCUMENT = """
INSERT INTO published_document VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET content = excluded.content, modified = excluded.modified
WHERE (content, modified) IS NOT (excluded.content, excluded.modified)
"""

_EMPTY_FEEDS = """
SELECT kind, key, slug, name, updated, unnamed, ended FROM published_feed WHERE empty ORDER BY kind, key
"""

_MOVES = "SELECT old, new, since FROM published_move ORDER BY old"

# A key that several ids have tells nothing about any of them.
_KEPT = """
SELECT key, ident FROM published_id CROSS JOIN published_key AS page USING (digest)
WHERE kept AND ident IS NOT NULL AND live AND NOT EXISTS (
    SELECT 1 FROM published_key AS same WHERE same.key = page.key AND same.live AND same.digest != page.digest
)
"""
