"""The schema of the catalogue, and its connection.

A catalogue that other code has filled, or code with other settings for reading, is thrown away: there are no
migrations.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from feeds.catalogue import history

CACHE_KB = 32_768
"""The page cache of SQLite in KiB. Keys are hashes, so a first build writes index pages in random order."""

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE source (                    -- one row for every article file
    id        INTEGER PRIMARY KEY,
    path      TEXT NOT NULL UNIQUE,
    stamp     TEXT NOT NULL,             -- changes when the file may have changed
    digest    BLOB NOT NULL,             -- changes when its bytes have changed
    readable  INTEGER NOT NULL,          -- 0: lost to an error
    visibility INTEGER NOT NULL,         -- feeds.model.Visibility
    mark      TEXT NOT NULL,             -- the field that holds it back, or empty
    appears   INTEGER NOT NULL,          -- seconds since the epoch, like every time here
    expires   INTEGER,                   -- the time from which on it must not be shown any more, or NULL
    live      INTEGER NOT NULL,          -- 1: published now, under the settings in force
    names     TEXT NOT NULL,             -- kind and key of every feed that the file names, as JSON
    unused    TEXT NOT NULL              -- names of well-known fields that are not used, as JSON
);
-- Files that every build examines (feeds.corpus.scan): those without a stamp, and those that have another name. A
-- partial index, since there are few: without it, a build would look at all files. 'linked' sorts behind all digits.
CREATE INDEX source_unsettled ON source (path) WHERE stamp = '' OR stamp >= 'linked';
CREATE VIEW unsettled AS SELECT path FROM source WHERE stamp = '' OR stamp >= 'linked';
CREATE INDEX source_live ON source (live, readable, visibility, appears, expires);
CREATE INDEX source_expires ON source (expires) WHERE expires IS NOT NULL;
CREATE TABLE problem (
    source_id INTEGER NOT NULL REFERENCES source ON DELETE CASCADE,
    line INTEGER NOT NULL, field TEXT NOT NULL, reason TEXT NOT NULL, advice TEXT NOT NULL, severity TEXT NOT NULL
);
CREATE INDEX problem_source ON problem (source_id);

CREATE TABLE mention (                   -- one row for every link record of every article
    id        INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES source ON DELETE CASCADE,
    entry_id  INTEGER,                   -- NULL: not live, or not merged yet
    live      INTEGER NOT NULL,
    keys      TEXT NOT NULL,             -- the hashes in mention_key, as JSON
    position INTEGER NOT NULL, published INTEGER NOT NULL,
    visibility INTEGER NOT NULL, mark TEXT NOT NULL, embargo INTEGER, expires INTEGER, -- feeds.model.Mention
    appears INTEGER AS (ifnull(embargo, published)),
    title TEXT NOT NULL, url TEXT, explicit_id TEXT,
    updated INTEGER, original_url TEXT, amp_url TEXT, provider TEXT, domain TEXT, -- NULL: the record has none
    names     TEXT NOT NULL,             -- of its topics, and of its categories, as JSON
    type TEXT NOT NULL, quality, heat, image TEXT, width INTEGER, height INTEGER,
    late INTEGER,                        -- `updated`, if it was in the future when the file was read
    details   TEXT NOT NULL,             -- what few records have, as JSON (feeds.catalogue.rows), or empty
    excerpt TEXT NOT NULL, content TEXT NOT NULL
);
CREATE INDEX mention_source ON mention (source_id);
CREATE INDEX mention_entry ON mention (entry_id) WHERE entry_id IS NOT NULL;
CREATE INDEX mention_late ON mention (late) WHERE late IS NOT NULL;
CREATE INDEX mention_unmerged ON mention (id) WHERE live = 1 AND entry_id IS NULL;

CREATE TABLE feed_reference (            -- how many files name a feed, published or not
    kind TEXT NOT NULL, key TEXT NOT NULL, files INTEGER NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID;

CREATE TABLE unused_field (              -- how many files have a well-known field that is not used
    name TEXT PRIMARY KEY, files INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE mention_key (               -- mentions with a common key are one group (feeds.rules.entries.merge_keys)
    key INTEGER NOT NULL,                -- feeds.rules.entries.key_hash
    mention_id INTEGER NOT NULL,
    PRIMARY KEY (key, mention_id)
) WITHOUT ROWID;

CREATE TABLE entry (
    id INTEGER PRIMARY KEY,
    uri TEXT NOT NULL, url TEXT NOT NULL, title TEXT NOT NULL,
    published INTEGER NOT NULL, updated INTEGER NOT NULL,
    feeds TEXT NOT NULL,                 -- the ids in feed_key and feed_name of its feeds, in pairs, as JSON
    shown INTEGER NOT NULL,              -- 1: the settings select it (feeds.model.Selection)
    page_wanted TEXT, page TEXT,         -- for an entry without a web page: the plain slug, and the assigned one
    component INTEGER,                   -- the same for entries that share keys (feeds.rules.entries.divide), else NULL
    articles INTEGER NOT NULL            -- how many articles are about this page; 0: it is only related to some
);
CREATE INDEX entry_page ON entry (page_wanted) WHERE page_wanted IS NOT NULL;
CREATE INDEX entry_component ON entry (component) WHERE component IS NOT NULL;
CREATE INDEX entry_merged ON entry (id) WHERE articles > 1;

CREATE TABLE feed_key (                  -- the identity of a feed; the row stays when the feed ends
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL, key TEXT NOT NULL, UNIQUE (kind, key)
);
CREATE TABLE feed_name (                 -- how many members of a feed use a spelling of its name: kept, not counted
    id INTEGER PRIMARY KEY,
    feed_key_id INTEGER NOT NULL, name TEXT NOT NULL,
    members INTEGER NOT NULL DEFAULT 0, shown INTEGER NOT NULL DEFAULT 0,
    UNIQUE (feed_key_id, name)
);
CREATE INDEX feed_name_unused ON feed_name (id) WHERE members = 0;

CREATE TABLE member (                    -- the entries of a feed, in the order of the feed except for the URI
    feed_key_id INTEGER NOT NULL, age INTEGER NOT NULL, entry_id INTEGER NOT NULL,
    shown INTEGER NOT NULL,              -- as in the entry
    PRIMARY KEY (feed_key_id, age, entry_id)  -- age = -published, so that the newest come first
) WITHOUT ROWID;
CREATE VIEW feed_member AS               -- the same with kind and key: for queries that start from a feed
SELECT kind, key, age, entry_id, shown FROM feed_key JOIN member ON feed_key_id = feed_key.id;
CREATE VIEW entry_feed AS                -- the same: for queries that start from entries, without an index on member
SELECT kind, feed_key.key AS key, -published AS age, entry.id AS entry_id, shown
FROM entry CROSS JOIN json_each(feeds) CROSS JOIN feed_key ON feed_key.id = json_extract(value, '$[0]');

CREATE TABLE feed (
    kind TEXT NOT NULL, key TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '', wanted TEXT NOT NULL DEFAULT '', slug TEXT NOT NULL DEFAULT '',
    since INTEGER NOT NULL DEFAULT 0, entries INTEGER NOT NULL DEFAULT 0,
    newest INTEGER, updated INTEGER,     -- of the entries that it shows; NULL if there are none
    ttl INTEGER NOT NULL DEFAULT 0,      -- in minutes
    ended INTEGER,                       -- since when no article names it
    asked INTEGER, displayed INTEGER,    -- how many entries its limit lets it show, and how many fit; NULL: not known
    short INTEGER,                       -- how many of these are in short form
    pending INTEGER NOT NULL DEFAULT 1,  -- 1: its documents may differ from those in the snapshot
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE INDEX feed_wanted ON feed (kind, wanted);
CREATE INDEX feed_slug ON feed (kind, slug);
CREATE INDEX feed_pending ON feed (kind, key) WHERE pending = 1;

CREATE TABLE pending_page (entry_id INTEGER PRIMARY KEY);   -- pages that may differ from those in the snapshot
CREATE TABLE pending_month (             -- archives that may differ from those in the snapshot
    kind TEXT NOT NULL, key TEXT NOT NULL, month TEXT NOT NULL, PRIMARY KEY (kind, key, month)
) WITHOUT ROWID;
CREATE TABLE abandoned_folder (folder TEXT PRIMARY KEY) WITHOUT ROWID;  -- in the snapshot, but of no feed or page now

CREATE TABLE fragment (                  -- an entry in all formats, one after the other
    entry_id INTEGER PRIMARY KEY,
    sizes TEXT NOT NULL, short INTEGER NOT NULL, -- 1: its text is too long for feeds
    body BLOB NOT NULL
);
CREATE INDEX fragment_short ON fragment (entry_id) WHERE short;
"""

_LATE_INDEXES = (  # indexes that are not needed while files are read
    "CREATE INDEX IF NOT EXISTS mention_due ON mention (live, appears)",
    "CREATE INDEX IF NOT EXISTS mention_expires ON mention (expires) WHERE expires IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS entry_uri ON entry (uri)",
)

# The temporary tables of one build. Several modules share them, in this order:
#
# table                  filled by                             read by                        emptied by
# visibility_candidate   source_files.update_live              source_files.update_live       the same call, before
# dirty_entry            source_files.remove_files and         Merger.merge_batches           Merger._merge, after
#                        update_live, merging.mark_all_dirty                                  every batch
# queued_entry           Merger.merge_batches                  Merger.merge_batches           Merger.merge_batches
# merged_entry           Merger._merge, insert_unshared        history, entry_ids             the next Merger
# contested_slug         Merger._merge                         feed_names.assign_page_slugs   the next Merger
# outdated_entry         Merger._merge, entry_ids,             feed_names, Merger.finish      the next Merger
#                        feed_names, changes
# rendered_entry         fragments.store_fragments             history.record_entries         history.record_entries
_TEMPORARY_TABLES = """
CREATE TEMP TABLE visibility_candidate (mention_id INTEGER PRIMARY KEY);  -- mentions that may change `live`
CREATE TEMP TABLE dirty_entry (entry_id INTEGER PRIMARY KEY);    -- entries that lost or will gain a mention
CREATE TEMP TABLE queued_entry (entry_id INTEGER PRIMARY KEY);   -- dirty entries of later batches
CREATE TEMP TABLE outdated_entry (entry_id INTEGER PRIMARY KEY); -- entries that must be rendered again
CREATE TEMP TABLE merged_entry (                                 -- entries that this build has merged
    entry_id INTEGER PRIMARY KEY, kept INTEGER NOT NULL          -- kept = 1: the ledger has its id
);
CREATE TEMP TABLE rendered_entry (entry_id INTEGER PRIMARY KEY); -- rendered, and not yet recorded in the history
CREATE TEMP TABLE contested_slug (wanted TEXT PRIMARY KEY);      -- page slugs that an entry wants or has given up
"""


@contextlib.contextmanager
def connect(path: Path, reader: str) -> Iterator[sqlite3.Connection]:
    """Yield a connection to the catalogue at `path`, with the history (:mod:`feeds.catalogue.history`) attached.

    Args:
        path: the SQLite file, in a folder that exists. It is made if there is none.
        reader: identifies the code and the settings that decide what is read from a file. A catalogue with another
            reader is deleted and made again.

    Raises:
        sqlite3.Error: the file can't be used; :func:`is_external_error` tells whether the cause is outside of it.
        StateError: the history can't be used.
    """
    usable = False
    if path.exists():  # opening it would make it, with waits for the disk
        with _open(path) as db:
            usable = _made_by(db, reader)
    if not usable:
        discard_catalogue(path)
    with _open(path, is_new=not usable) as db:
        if not usable:
            # In one transaction: without it, SQLite would wait for the disk after every statement of the script.
            db.executescript(f"BEGIN;{_SCHEMA}")
            set_meta(db, "reader", reader)
            db.commit()
        # executescript commits first; nothing is pending here.
        db.executescript(_TEMPORARY_TABLES)
        history.attach_history(db, path.with_name(history.HISTORY_FILE))
        yield db


def add_indexes(db: sqlite3.Connection) -> None:
    """Make the indexes that a new catalogue lacks: to sort once is faster than to insert in random order."""
    for statement in _LATE_INDEXES:
        db.execute(statement)


def discard_catalogue(path: Path) -> None:
    """Delete the catalogue at `path`: the next build reads everything."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def is_external_error(error: sqlite3.Error) -> bool:
    """Tell whether the cause of `error` is the disk or another process, and not the content of the file."""
    return isinstance(error, sqlite3.OperationalError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PERM,
    )


def is_programming_error(error: sqlite3.Error) -> bool:
    """Tell whether `error` comes from a wrong statement of ours. It must not be taken for a damaged catalogue."""
    return isinstance(error, sqlite3.ProgrammingError) or getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_ERROR


def get_meta(db: sqlite3.Connection, name: str) -> str | None:
    """Return the value that :func:`set_meta` stored under `name`, or None."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row is not None else None


def set_meta(db: sqlite3.Connection, name: str, value: str) -> None:
    """Store `value` under `name`. An equal value is not written again: a build without news writes nothing."""
    if get_meta(db, name) != value:
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


@contextlib.contextmanager
def _open(path: Path, *, is_new: bool = False) -> Iterator[sqlite3.Connection]:
    """Yield a connection to the file at `path`. What is not committed at the end is lost."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        # A new catalogue is written without a log, which would be all of it once more. Later builds use a log.
        db.execute(f"PRAGMA journal_mode = {'TRUNCATE' if is_new else 'WAL'}")
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        yield db


def _made_by(db: sqlite3.Connection, reader: str) -> bool:
    has_meta = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone()
    return has_meta is not None and get_meta(db, "reader") == reader
