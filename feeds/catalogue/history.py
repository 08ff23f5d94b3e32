"""What has been published so far: the id of every page, the address of every feed.

A SQLite file of its own beside the catalogue, attached to it as ``published``: the catalogue can be made anew from
the corpus at any time, this can't. It is what tells a build that it is about to compute another id than the one
that subscribers know; what is then decided goes into the ledger (:mod:`feeds.memory.ledger`).

A page is known by all the keys of its entry (:func:`feeds.rules.entries.merge_keys`), as they were when it was published last:
each id has a `turn`, and the keys with that turn are its page's now; the others once were, or are another's now.
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
    """That a page was published under an id: that it has it now (`live`), or by a key that it no longer had."""

    ident: str
    live: bool


def attach_history(db: sqlite3.Connection, path: Path) -> None:
    """Attach the history at `path` to the catalogue `db`, and make it if there is none.

    Raises:
        StateError: it was made by a later version, or is damaged.
    """
    try:
        db.execute("ATTACH DATABASE ? AS published", (str(path),))
        (version,) = db.execute("PRAGMA published.user_version").fetchone()
        if version == 0:
            db.executescript(f"PRAGMA published.journal_mode = WAL;{_SCHEMA}PRAGMA published.user_version = {_VERSION}")
    except sqlite3.DatabaseError as error:
        refuse_damaged_history(path, error)
        raise
    if version > _VERSION:
        raise StateError("it was written by a later version of feeds; use that one", path)
    db.create_function("key_number", 1, key_hash, deterministic=True)
    db.executescript(_VIEWS)


def refuse_damaged_history(path: Path, cause: sqlite3.DatabaseError) -> None:
    """Say so if what has failed is the history at `path`: unlike the catalogue, it is never thrown away.

    Raises:
        StateError: it is no whole database.
    """
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
            whole = list(db.execute("PRAGMA quick_check")) == [("ok",)]
    except sqlite3.OperationalError:
        return  # not there, locked, or unreadable: no damage
    except sqlite3.DatabaseError:
        whole = False
    if not whole:
        reason = "the record of published ids is damaged; restore it, or delete it and accept that ids may change"
        raise StateError(reason, path) from cause


def nothing_published(db: sqlite3.Connection) -> bool:
    """Tell whether nothing has been published yet."""
    return db.execute("SELECT 1 FROM published.id LIMIT 1").fetchone() is None


def divergent_entries(db: sqlite3.Connection) -> list[int]:
    """Return the entries written in this build that have another id than their pages were published under."""
    return [entry_id for (entry_id,) in db.execute(_DIVERGENT)]


def id_claims(db: sqlite3.Connection, entry_id: int) -> list[IdClaim]:
    """Return the ids under which the entry's page was published, by any of its keys."""
    return [IdClaim(ident, bool(live)) for ident, live in db.execute(_CLAIMS, {"entry": entry_id})]


def record_entries(db: sqlite3.Connection) -> None:
    """Note what is about to be published: id and keys of each entry that has been rendered since the last time.

    An entry that no document shows is not rendered. Nobody has seen its id, which may still become another.
    """
    if db.execute("SELECT 1 FROM unrecorded LIMIT 1").fetchone() is None:
        return
    db.execute(
        "INSERT INTO published.id (ident, turn) SELECT ident, 1 FROM unrecorded WHERE true ORDER BY ident"
        " ON CONFLICT DO UPDATE SET turn = turn + 1"
    )
    db.execute(
        "UPDATE published.page SET turn = 0 WHERE turn > 0"
        " AND key IN (SELECT key FROM unrecorded CROSS JOIN entry_key USING (entry_id))"
    )
    for keys in ("entry_key", "title_key"):
        db.execute(
            "INSERT OR REPLACE INTO published.page SELECT key, number, turn"  # noqa: S608 - one of two words above
            f" FROM unrecorded CROSS JOIN published.id USING (ident) CROSS JOIN {keys} USING (entry_id) ORDER BY key"
        )
    db.execute("DELETE FROM rendered")


def record_feeds(db: sqlite3.Connection) -> None:
    """Note name, address and last change of each feed that is about to be written out."""
    db.execute(
        "INSERT INTO published.feed SELECT kind, key, slug, name, ifnull(updated, 0) FROM feed"
        " WHERE pending = 1 AND kind != 'all'"
        " ON CONFLICT DO UPDATE SET slug = excluded.slug, name = excluded.name, updated = excluded.updated"
        " WHERE (slug, name, updated) != (excluded.slug, excluded.name, excluded.updated)"
    )


def published_feed(db: sqlite3.Connection, kind: Kind, key: str) -> FeedRecord | None:
    """Return what the feed was when it was published last, as one without entries; None if it never was."""
    row = db.execute("SELECT slug, name, updated FROM published.feed WHERE kind = ? AND key = ?", (kind, key))
    found = row.fetchone()
    return FeedRecord(kind, key, found[0], found[1], from_seconds(found[2])) if found is not None else None


# CROSS JOIN keeps SQLite to the order that is written: what has changed comes first, and is little.
_VIEWS = """
CREATE TEMP VIEW unrecorded AS SELECT entry_id, ident FROM rendered CROSS JOIN entry ON id = entry_id;
CREATE TEMP VIEW entry_key AS SELECT entry_id, value AS key FROM mention CROSS JOIN json_each(keys);
CREATE TEMP VIEW title_key AS
SELECT entry_id, key_number('@' || char(10) || title || char(10) || published) AS key FROM mention WHERE url IS NULL;
"""
# title_key: an article without a page whose file was renamed is known by title and date. It is no key of its entry,
# for two articles may have the same.

_DIVERGENT = """
WITH mine AS (
    SELECT entry_id, ident, EXISTS (SELECT 1 FROM published.id WHERE id.ident = entry.ident) AS known
    FROM written CROSS JOIN entry ON entry.id = entry_id
)
SELECT entry_id FROM mine CROSS JOIN entry_key USING (entry_id)
CROSS JOIN published.page USING (key) CROSS JOIN published.id AS other USING (number)
WHERE other.ident != mine.ident AND (page.turn = other.turn OR NOT known)
UNION
SELECT entry_id FROM mine CROSS JOIN title_key USING (entry_id) CROSS JOIN published.page USING (key) WHERE NOT known
"""

_CLAIMS = """
SELECT ident, max(live) FROM (
    SELECT ident, page.turn = id.turn AS live FROM entry_key
    CROSS JOIN published.page USING (key) CROSS JOIN published.id USING (number) WHERE entry_id = :entry
    UNION
    SELECT ident, 0 FROM title_key
    CROSS JOIN published.page USING (key) CROSS JOIN published.id USING (number) WHERE entry_id = :entry
) GROUP BY ident
"""
