"""The history: the ids of all pages, and the addresses of all feeds, that were ever published.

It is a SQLite file of its own beside the catalogue, attached to it as ``published``: the catalogue can be made again
from the corpus at any time, the history can't. It shows a build that it is about to compute another id than the one
that subscribers know. The decision about that goes into the ledger (:mod:`feeds.memory.ledger`).

A page is known by all keys of its entry (:func:`feeds.rules.grouping.merge_keys`), as they were when it was published
last. An id has a number of its last publication, its `turn`. The keys with that turn are those of its page now; the
other ones were its keys once, or belong to another page now.

A new history is written under another name, without waiting for the disk. It takes its place when it is complete, in
:func:`keep_history`: a build that is killed, and a power cut, leave no history or a whole one.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from feeds.errors import StateError
from feeds.memory.ledger import FeedRecord
from feeds.model import Kind, Mention
from feeds.rules.grouping import key_hash, merge_keys
from feeds.rules.times import from_seconds, to_seconds

HISTORY_FILE = "published.sqlite3"

_NEW_SUFFIX = ".new"
"""The suffix of a history that is not complete yet. A killed build leaves such a file; the next one deletes it."""

_VERSION = 2

# A history of version 1 lacks the last two tables: what is there stays.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS published.id (
    number INTEGER PRIMARY KEY, ident TEXT NOT NULL UNIQUE, turn INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS published.page (     -- by which keys a page was known under which id
    key INTEGER NOT NULL, number INTEGER NOT NULL, turn INTEGER NOT NULL, PRIMARY KEY (key, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS published.feed (
    kind TEXT NOT NULL, key TEXT NOT NULL, slug TEXT NOT NULL, name TEXT NOT NULL, updated INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS published.article (  -- the slugs of articles without a web page
    ident TEXT PRIMARY KEY, slug TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS published.article_slug ON article (slug);
CREATE TABLE IF NOT EXISTS published.path (     -- the paths of published articles (feeds.catalogue.losses)
    digest INTEGER PRIMARY KEY                  -- feeds.rules.grouping.key_hash
);
"""


class IdClaim(NamedTuple):
    """The claim of a page to an id under which it was published.

    Attributes:
        ident: the id.
        live: True if the page has the id now; False if it had the id by a key that it has no longer.
    """

    ident: str
    live: bool


@contextlib.contextmanager
def attached_history(db: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Attach the history at `path` to the catalogue `db` while the context lasts; make a new one if there is none.

    A new history that :func:`keep_history` does not keep is deleted at the end of the context.

    Raises:
        StateError: a later version has written it, or it is damaged.
    """
    new = path.with_name(path.name + _NEW_SUFFIX)
    _delete(new)
    try:
        try:
            version = _attach(db, path if path.exists() else new)
            if version < _VERSION:
                # In one transaction: without it, SQLite would wait for the disk after every statement of the script.
                db.executescript(f"BEGIN;{_SCHEMA}PRAGMA published.user_version = {_VERSION};COMMIT")
        except sqlite3.DatabaseError as error:
            refuse_damaged_history(path, error)
            raise
        if version > _VERSION:
            raise StateError("it was written by a later version of feeds; use that one", path)
        yield
    finally:
        _delete(new)


def keep_history(db: sqlite3.Connection, move: Callable[[Path, Path], None]) -> None:
    """Give a new history its place, durably; do nothing if it is not new. Nothing may be uncommitted.

    It has to be called before the snapshot is current: what subscribers have seen must not be forgotten. The steps, and
    what a power cut after each of them leaves:

    1. The file is complete, but its bytes may not be on the disk: the next build deletes it by its name.
    2. Its bytes are synced: the same.
    3. It is renamed, and its folder synced: a whole history. Nothing shows its ids yet, which does no harm.

    Args:
        db: the catalogue, with the history.
        move: renames a file durably, in the last two steps (:func:`feeds.system.files.move_durably`).

    Raises:
        OSError: it can't be synced or renamed.
    """
    file = Path(next(file for _, name, file in db.execute("PRAGMA database_list") if name == "published"))
    if file.suffix != _NEW_SUFFIX:
        return
    # From now on it has a log, as the file itself records. To detach it writes the log back, and deletes it.
    db.execute("PRAGMA published.journal_mode = WAL")
    db.execute("DETACH DATABASE published")  # SQLite must not have a file open that gets another name
    move(file, file.with_suffix(""))
    _attach(db, file.with_suffix(""))


def _attach(db: sqlite3.Connection, file: Path) -> int:
    """Attach the history in `file`, and return its version; 0 if it is empty."""
    db.execute("ATTACH DATABASE ? AS published", (str(file),))
    if file.suffix == _NEW_SUFFIX:
        # It has a name under which no build will read it: it needs no journal that could repair it, and no syncs.
        db.execute("PRAGMA published.journal_mode = MEMORY")
        db.execute("PRAGMA published.synchronous = OFF")
    (version,) = db.execute("PRAGMA published.user_version").fetchone()
    return int(version)


def _delete(new: Path) -> None:
    """Delete a history that has not taken its place, with the files that SQLite may have made beside it."""
    for suffix in ("", "-wal", "-shm"):
        new.with_name(new.name + suffix).unlink(missing_ok=True)


def refuse_damaged_history(path: Path, cause: sqlite3.DatabaseError) -> None:
    """Raise an error if the history at `path` is damaged: unlike the catalogue, it is never deleted.

    Raises:
        StateError: it is not an intact database.
    """
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
            whole = list(db.execute("PRAGMA quick_check")) == [("ok",)]
    except sqlite3.OperationalError:
        return  # missing, locked or unreadable, but not damaged
    except sqlite3.DatabaseError:
        whole = False
    if not whole:
        reason = "the record of published ids is damaged; restore it, or delete it and accept that ids may change"
        raise StateError(reason, path) from cause


def nothing_published(db: sqlite3.Connection) -> bool:
    """Tell whether nothing has been published yet."""
    return db.execute("SELECT 1 FROM published.id LIMIT 1").fetchone() is None


class PageKeys(NamedTuple):
    """The hashes by which the history knows a page.

    Attributes:
        keys: those of the keys of its mentions (:func:`feeds.rules.grouping.merge_keys`).
        titles: of title and date of an article without a page: it is known by them if its file is renamed. They are no
            keys of an entry, because two articles may have the same title and date.
    """

    keys: Sequence[int]
    titles: Sequence[int] = ()


class KnownEntry(NamedTuple):
    """An entry that was merged.

    Attributes:
        entry_id, uri: as in table `entry`.
        page: the hashes by which its page is known.
        kept: whether the ledger has its id.
    """

    entry_id: int
    uri: str
    page: PageKeys
    kept: bool


def title_hash(title: str, published: int) -> int:
    """Return the hash of title and date of an article without a page."""
    return key_hash(f"@\n{title}\n{published}")


def page_keys(mentions: Iterable[Mention]) -> PageKeys:
    """Return the hashes by which the history knows the page of these mentions."""
    mentions = list(mentions)
    keys = dict.fromkeys(key_hash(key) for mention in mentions for key in merge_keys(mention))
    return PageKeys(tuple(keys), title_hashes(mentions))


def title_hashes(mentions: Iterable[Mention]) -> tuple[int, ...]:
    """Return :attr:`PageKeys.titles` of a page with these mentions."""
    return tuple(title_hash(it.title, to_seconds(it.published)) for it in mentions if it.url is None)


def note_merged(db: sqlite3.Connection, merged: Sequence[KnownEntry]) -> None:
    """Note entries that were merged, and which of them have other ids than those under which they were published."""
    db.executemany("INSERT OR REPLACE INTO merged_entry VALUES (?, ?)", [(it.entry_id, it.kept) for it in merged])
    for is_title, part in enumerate(PageKeys._fields):
        rows = ((it.entry_id, it.uri, key, is_title) for it in merged for key in getattr(it.page, part))
        db.executemany("INSERT INTO examined_key VALUES (?, ?, ?, ?)", rows)
    db.execute(_QUESTION_DIVERGENT)
    db.execute("DELETE FROM examined_key")


def id_claims(db: sqlite3.Connection, page: PageKeys) -> list[IdClaim]:
    """Return the ids under which a page was published, by any of its keys."""
    values = {"keys": str(list(page.keys)), "titles": str(list(page.titles))}
    return [IdClaim(ident, bool(live)) for ident, live in db.execute(_CLAIMS, values)]


def has_key_of(db: sqlite3.Connection, page: PageKeys, old: str, new: str) -> bool:
    """Tell whether a page has a key by which it is known under the id `old`, and not under the id `new`."""
    row = db.execute(_KEY_OF_ONE, {"keys": str(list(page.keys)), "old": old, "new": new}).fetchone()
    return row is not None


def note_shown(db: sqlite3.Connection, uri: str, page: PageKeys) -> None:
    """Note an entry that this build has rendered: subscribers will see its id."""
    db.execute("INSERT OR IGNORE INTO shown_id VALUES (?)", (uri,))
    db.executemany("INSERT INTO shown_key VALUES (?, ?)", ((uri, key) for key in (*page.keys, *page.titles)))


def record_entries(db: sqlite3.Connection) -> None:
    """Record the ids and keys of the entries that :func:`note_shown` was told.

    An entry that no document shows is not rendered. Its id has not been seen, and may still change.
    """
    db.execute(
        "INSERT INTO published.id (ident, turn) SELECT ident, 1 FROM shown_id WHERE true ORDER BY ident"
        " ON CONFLICT DO UPDATE SET turn = turn + 1"
    )
    db.execute("UPDATE published.page SET turn = 0 WHERE turn > 0 AND key IN (SELECT key FROM shown_key)")
    db.execute(
        "INSERT OR REPLACE INTO published.page SELECT key, number, turn"
        " FROM shown_key CROSS JOIN published.id USING (ident) ORDER BY key"
    )
    db.execute("DELETE FROM shown_id")
    db.execute("DELETE FROM shown_key")


def record_feeds(db: sqlite3.Connection) -> None:
    """Record name, address and last change of the pending feeds, which are about to be published."""
    db.execute(
        "INSERT INTO published.feed SELECT kind, key, slug, name, ifnull(updated, 0) FROM feed"
        " WHERE pending = 1 AND kind != 'all'"
        " ON CONFLICT DO UPDATE SET slug = excluded.slug, name = excluded.name, updated = excluded.updated"
        " WHERE (slug, name, updated) != (excluded.slug, excluded.name, excluded.updated)"
    )


def record_pages(db: sqlite3.Connection) -> None:
    """Record the slugs of the pending pages of articles, which are about to be published."""
    db.execute(
        "INSERT OR REPLACE INTO published.article"
        " SELECT uri, page FROM pending_page CROSS JOIN entry ON id = entry_id WHERE page IS NOT NULL"
    )


def published_page(db: sqlite3.Connection, uri: str) -> str | None:
    """Return the slug under which the page of an entry was published last, or None."""
    row = db.execute("SELECT slug FROM published.article WHERE ident = ?", (uri,)).fetchone()
    return str(row[0]) if row is not None else None


def pages_at(db: sqlite3.Connection, slug: str) -> dict[str, str]:
    """Return the ids of entries whose pages were published under a slug, with the slug: no other page gets it."""
    return dict(db.execute("SELECT ident, slug FROM published.article WHERE slug = ? ORDER BY ident", (slug,)))


def published_feed(db: sqlite3.Connection, kind: Kind, key: str) -> FeedRecord | None:
    """Return the feed as it was published last, as an empty feed; None if it never was."""
    row = db.execute("SELECT slug, name, updated FROM published.feed WHERE kind = ? AND key = ?", (kind, key))
    published = row.fetchone()
    if published is None:
        return None
    slug, name, updated = published
    return FeedRecord(kind, key, slug, name, from_seconds(updated))


# CROSS JOIN fixes the order of the tables: the changed rows come first, and they are few.
_QUESTION_DIVERGENT = """
INSERT OR IGNORE INTO questioned_entry
SELECT entry_id FROM examined_key CROSS JOIN published.page USING (key) CROSS JOIN published.id AS other USING (number)
WHERE CASE is_title
    WHEN 1 THEN NOT EXISTS (SELECT 1 FROM published.id WHERE id.ident = examined_key.ident)
    ELSE other.ident != examined_key.ident
        AND (page.turn = other.turn OR NOT EXISTS (SELECT 1 FROM published.id WHERE id.ident = examined_key.ident))
END
"""

_KEY_OF_ONE = """
SELECT 1 FROM json_each(:keys) CROSS JOIN published.page ON page.key = value CROSS JOIN published.id USING (number)
WHERE ident = :old AND page.turn = id.turn AND NOT EXISTS (
    SELECT 1 FROM published.page AS same CROSS JOIN published.id AS other USING (number)
    WHERE same.key = page.key AND other.ident = :new
) LIMIT 1
"""

_CLAIMS = """
SELECT ident, max(live) FROM (
    SELECT ident, page.turn = id.turn AND NOT EXISTS (  -- two articles on one page have its key both: it tells nothing
        SELECT 1 FROM published.page AS same CROSS JOIN published.id AS other USING (number)
        WHERE same.key = page.key AND same.turn = other.turn AND other.number != id.number
    ) AS live FROM json_each(:keys) CROSS JOIN published.page ON page.key = value
    CROSS JOIN published.id USING (number)
    UNION
    SELECT ident, 0 FROM json_each(:titles) CROSS JOIN published.page ON page.key = value
    CROSS JOIN published.id USING (number)
) GROUP BY ident
"""
