"""The history: the ids of all pages, and the addresses of all feeds, that were ever published.

It is a SQLite file of its own beside the catalogue, attached to it as ``published``: the catalogue can be made again
from the corpus at any time, the history can't. It shows a build that it is about to compute another id than the one
that subscribers know. The decision about that goes into the ledger (:mod:`feeds.memory.ledger`).

A page is known by all keys of its entry (:func:`feeds.rules.entries.merge_keys`), as they were when it was published
last. An id has a number of its last publication, its `turn`. The keys with that turn are those of its page now; the
other ones were its keys once, or belong to another page now.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import NamedTuple

from feeds.errors import StateError
from feeds.memory.ledger import FeedRecord
from feeds.model import Kind
from feeds.rules.entries import key_hash
from feeds.rules.times import from_seconds

HISTORY_FILE = "published.sqlite3"

_VERSION = 1

_SCHEMA = """
CREATE TABLE published.id (number INTEGER PRIMARY KEY, ident TEXT NOT NULL UNIQUE, turn INTEGER NOT NULL DEFAULT 0);
CREATE TABLE published.page (             -- by which keys a page was known under which id
    key INTEGER NOT NULL, number INTEGER NOT NULL, turn INTEGER NOT NULL, PRIMARY KEY (key, number)
) WITHOUT ROWID;
CREATE TABLE published.feed (
    kind TEXT NOT NULL, key TEXT NOT NULL, slug TEXT NOT NULL, name TEXT NOT NULL, updated INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
"""


class IdClaim(NamedTuple):
    """The claim of a page to an id under which it was published.

    Attributes:
        ident: the id.
        live: True if the page has the id now; False if it had the id by a key that it has no longer.
    """

    ident: str
    live: bool


def attach_history(db: sqlite3.Connection, path: Path) -> None:
    """Attach the history at `path` to the catalogue `db`; make it if there is none.

    Raises:
        StateError: a later version has written it, or it is damaged.
    """
    try:
        db.execute("ATTACH DATABASE ? AS published", (str(path),))
        (version,) = db.execute("PRAGMA published.user_version").fetchone()
        if version == 0:
            # In one transaction, as for the catalogue.
            set_version = f"PRAGMA published.user_version = {_VERSION}"
            db.executescript(f"PRAGMA published.journal_mode = WAL;BEGIN;{_SCHEMA}{set_version};COMMIT")
    except sqlite3.DatabaseError as error:
        refuse_damaged_history(path, error)
        raise
    if version > _VERSION:
        raise StateError("it was written by a later version of feeds; use that one", path)
    db.create_function("key_number", 1, key_hash, deterministic=True)
    db.executescript(_VIEWS)


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


def divergent_entries(db: sqlite3.Connection) -> list[int]:
    """Return the merged entries whose ids differ from the ids under which their pages were published."""
    return [entry_id for (entry_id,) in db.execute(_DIVERGENT)]


def id_claims(db: sqlite3.Connection, entry_id: int) -> list[IdClaim]:
    """Return the ids under which the page of the entry was published, by any of its keys."""
    return [IdClaim(ident, bool(live)) for ident, live in db.execute(_CLAIMS, {"entry": entry_id})]


def has_key_of(db: sqlite3.Connection, entry_id: int, old: str, new: str) -> bool:
    """Tell whether the entry has a key by which its page is known under the id `old`, and not under the id `new`."""
    row = db.execute(_KEY_OF_ONE, {"entry": entry_id, "old": old, "new": new}).fetchone()
    return row is not None


def record_entries(db: sqlite3.Connection) -> None:
    """Record the ids and keys of the entries that were rendered since the last call.

    An entry that no document shows is not rendered. Its id has not been seen, and may still change.
    """
    if db.execute("SELECT 1 FROM unrecorded_entry LIMIT 1").fetchone() is None:
        return
    db.execute(
        "INSERT INTO published.id (ident, turn) SELECT ident, 1 FROM unrecorded_entry WHERE true ORDER BY ident"
        " ON CONFLICT DO UPDATE SET turn = turn + 1"
    )
    db.execute(
        "UPDATE published.page SET turn = 0 WHERE turn > 0"
        " AND key IN (SELECT key FROM unrecorded_entry CROSS JOIN entry_key USING (entry_id))"
    )
    for keys in ("entry_key", "title_key"):
        db.execute(
            "INSERT OR REPLACE INTO published.page SELECT key, number, turn"  # noqa: S608 - one of two words above
            " FROM unrecorded_entry CROSS JOIN published.id USING (ident)"
            f" CROSS JOIN {keys} USING (entry_id) ORDER BY key"
        )
    db.execute("DELETE FROM rendered_entry")


def record_feeds(db: sqlite3.Connection) -> None:
    """Record name, address and last change of the pending feeds, which are about to be published."""
    db.execute(
        "INSERT INTO published.feed SELECT kind, key, slug, name, ifnull(updated, 0) FROM feed"
        " WHERE pending = 1 AND kind != 'all'"
        " ON CONFLICT DO UPDATE SET slug = excluded.slug, name = excluded.name, updated = excluded.updated"
        " WHERE (slug, name, updated) != (excluded.slug, excluded.name, excluded.updated)"
    )


def published_feed(db: sqlite3.Connection, kind: Kind, key: str) -> FeedRecord | None:
    """Return the feed as it was published last, as an empty feed; None if it never was."""
    row = db.execute("SELECT slug, name, updated FROM published.feed WHERE kind = ? AND key = ?", (kind, key))
    published = row.fetchone()
    if published is None:
        return None
    slug, name, updated = published
    return FeedRecord(kind, key, slug, name, from_seconds(updated))


# CROSS JOIN fixes the order of the tables: the changed rows come first, and they are few.
_VIEWS = """
CREATE TEMP VIEW unrecorded_entry AS
SELECT entry_id, uri AS ident FROM rendered_entry CROSS JOIN entry ON id = entry_id;
CREATE TEMP VIEW entry_key AS SELECT entry_id, value AS key FROM mention CROSS JOIN json_each(keys);
CREATE TEMP VIEW title_key AS
SELECT entry_id, key_number('@' || char(10) || title || char(10) || published) AS key FROM mention WHERE url IS NULL;
"""
# title_key: an article without a page whose file was renamed is known by title and date. It is not a key of its entry,
# because two articles may have the same title and date.

_DIVERGENT = """
WITH mine AS (
    SELECT entry_id, uri AS ident, EXISTS (SELECT 1 FROM published.id WHERE id.ident = uri) AS known
    FROM merged_entry CROSS JOIN entry ON entry.id = entry_id
)
SELECT entry_id FROM mine CROSS JOIN entry_key USING (entry_id)
CROSS JOIN published.page USING (key) CROSS JOIN published.id AS other USING (number)
WHERE other.ident != mine.ident AND (page.turn = other.turn OR NOT known)
UNION
SELECT entry_id FROM mine CROSS JOIN title_key USING (entry_id) CROSS JOIN published.page USING (key) WHERE NOT known
"""

_KEY_OF_ONE = """
SELECT 1 FROM entry_key CROSS JOIN published.page USING (key) CROSS JOIN published.id USING (number)
WHERE entry_id = :entry AND ident = :old AND page.turn = id.turn AND NOT EXISTS (
    SELECT 1 FROM published.page AS same CROSS JOIN published.id AS other USING (number)
    WHERE same.key = entry_key.key AND other.ident = :new
) LIMIT 1
"""

_CLAIMS = """
SELECT ident, max(live) FROM (
    SELECT ident, page.turn = id.turn AND NOT EXISTS (  -- two articles on one page have its key both: it tells nothing
        SELECT 1 FROM published.page AS same CROSS JOIN published.id AS other USING (number)
        WHERE same.key = page.key AND same.turn = other.turn AND other.number != id.number
    ) AS live FROM entry_key
    CROSS JOIN published.page USING (key) CROSS JOIN published.id USING (number) WHERE entry_id = :entry
    UNION
    SELECT ident, 0 FROM title_key
    CROSS JOIN published.page USING (key) CROSS JOIN published.id USING (number) WHERE entry_id = :entry
) GROUP BY ident
"""
