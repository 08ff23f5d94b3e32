"""The schema of the catalogue, and its connection.

A catalogue that other code has filled, or code with other settings for reading, or from another memory, is thrown away:
there are no migrations.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from feeds.catalogue import history
from feeds.catalogue.meta import get_meta, set_meta

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
    due       INTEGER                    -- the next time at which one of its link records changes by itself, or NULL
);
-- Files that every build examines (feeds.corpus.scan): those without a stamp, and those that have another name. A
-- partial index, since there are few: without it, a build would look at all files. 'linked' sorts behind all digits.
CREATE INDEX source_unsettled ON source (path) WHERE stamp = '' OR stamp >= 'linked';
CREATE VIEW unsettled AS SELECT path FROM source WHERE stamp = '' OR stamp >= 'linked';
CREATE INDEX source_due ON source (due) WHERE due IS NOT NULL;
CREATE INDEX source_held ON source (path) WHERE live = 0;
CREATE TABLE pending_path (path TEXT PRIMARY KEY) WITHOUT ROWID;  -- files that may have been published or unpublished
CREATE TRIGGER source_added AFTER INSERT ON source BEGIN INSERT OR IGNORE INTO pending_path VALUES (new.path); END;
CREATE TRIGGER source_changed AFTER UPDATE OF live ON source
BEGIN INSERT OR IGNORE INTO pending_path VALUES (new.path); END;
CREATE TRIGGER source_removed AFTER DELETE ON source BEGIN INSERT OR IGNORE INTO pending_path VALUES (old.path); END;
CREATE TABLE article (                   -- apart from `source`: most queries do not need it
    source_id INTEGER PRIMARY KEY REFERENCES source ON DELETE CASCADE,
    packed BLOB NOT NULL                 -- feeds.catalogue.packing.ArticleRow
);
CREATE TABLE article_sign (              -- what articles are recognised by (feeds.catalogue.recognition)
    sign INTEGER NOT NULL, source_id INTEGER NOT NULL, PRIMARY KEY (sign, source_id)
) WITHOUT ROWID;
CREATE TABLE problem (
    source_id INTEGER NOT NULL REFERENCES source ON DELETE CASCADE,
    line INTEGER NOT NULL, field TEXT NOT NULL, reason TEXT NOT NULL, advice TEXT NOT NULL, severity TEXT NOT NULL
);
CREATE INDEX problem_source ON problem (source_id);
CREATE TABLE feed_reference (            -- how many files name a feed, published or not
    name TEXT PRIMARY KEY, files INTEGER NOT NULL    -- feeds.catalogue.packing.feed_reference
) WITHOUT ROWID;
CREATE TABLE unused_field (              -- how many files have a well-known field that is not used
    name TEXT PRIMARY KEY, files INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE mention (                   -- one row for every link record that is live
    id        INTEGER PRIMARY KEY,       -- feeds.catalogue.packing.mention_number: article and position
    entry_id  INTEGER NOT NULL,
    late      INTEGER NOT NULL           -- 1: its last change lies in the future
);
CREATE INDEX mention_late ON mention (id) WHERE late = 1;
CREATE TABLE page_key (                  -- mentions with a common key are one group (feeds.rules.grouping.merge_keys)
    key INTEGER NOT NULL,                -- feeds.rules.grouping.key_hash
    mention_id INTEGER NOT NULL,
    PRIMARY KEY (key, mention_id)
) WITHOUT ROWID;

CREATE TABLE entry (
    id INTEGER PRIMARY KEY,
    uri TEXT NOT NULL, title TEXT NOT NULL,
    other_url TEXT,                      -- the address of an entry, unless it is its id: it is for most
    url TEXT AS (ifnull(other_url, uri)) VIRTUAL,
    published INTEGER NOT NULL, updated INTEGER NOT NULL,
    feeds BLOB NOT NULL,                 -- the ids in feed_name of its feeds (feeds.catalogue.membership)
    shown INTEGER NOT NULL,              -- 1: the settings select it (feeds.rules.selection)
    page_wanted TEXT, page TEXT,         -- for an entry without a web page: the plain slug, and the assigned one
    component INTEGER,                   -- equal for entries that share keys (feeds.rules.grouping.divide), else NULL
    articles INTEGER NOT NULL,           -- how many articles are about this page; 0: it is only related to some
    revision INTEGER NOT NULL,           -- the number of the last build in which it may have come to look different
    short INTEGER NOT NULL DEFAULT 0     -- 1: it is shown in short form, because its text is too long for feeds
);
CREATE INDEX entry_short ON entry (id) WHERE short;
CREATE INDEX entry_page ON entry (page_wanted) WHERE page_wanted IS NOT NULL;
CREATE INDEX entry_page_order ON entry (published, uri DESC) WHERE page_wanted IS NOT NULL;  -- oldest first
CREATE INDEX entry_component ON entry (component) WHERE component IS NOT NULL;
CREATE INDEX entry_merged ON entry (id) WHERE articles > 1;
CREATE TABLE former_page (               -- pages that articles had, and the entries to which they lead now
    digest INTEGER PRIMARY KEY,          -- of the id that was published with the page: history.id_digest
    slug TEXT NOT NULL UNIQUE, entry_id INTEGER NOT NULL
);
CREATE INDEX former_page_entry ON former_page (entry_id);
CREATE TABLE popular (                   -- entries with many mentions (feeds.catalogue.popular_pages)
    entry_id INTEGER PRIMARY KEY,
    summary BLOB NOT NULL,
    newest INTEGER                       -- no related entry that is older is shown; NULL: that is not known
);

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

CREATE TABLE feed_month (                -- how many entries a feed shows of a month
    feed_key_id INTEGER NOT NULL, month INTEGER NOT NULL,   -- feeds.rules.times.month_number
    entries INTEGER NOT NULL,
    PRIMARY KEY (feed_key_id, month)
) WITHOUT ROWID;

CREATE TABLE feed (
    kind TEXT NOT NULL, key TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '', wanted TEXT NOT NULL DEFAULT '', slug TEXT NOT NULL DEFAULT '',
    since INTEGER NOT NULL DEFAULT 0, entries INTEGER NOT NULL DEFAULT 0,
    newest INTEGER, updated INTEGER,     -- of the entries that it shows; NULL if there are none
    oldest INTEGER,                      -- no entry that is older is shown; NULL: it shows all
    ttl INTEGER NOT NULL DEFAULT 0,      -- in minutes
    activity TEXT NOT NULL DEFAULT '',   -- feeds.model.Feed.activity
    ended INTEGER,                       -- since when no article names it
    asked INTEGER, displayed INTEGER,    -- how many entries its limit lets it show, and how many fit; NULL: not known
    short INTEGER,                       -- how many of these are in short form
    months INTEGER NOT NULL DEFAULT 0,   -- 1: it has documents of its months (feeds.catalogue.archives)
    pending INTEGER NOT NULL DEFAULT 1,  -- 1: its documents may differ from those in the snapshot
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE INDEX feed_wanted ON feed (kind, wanted);
CREATE INDEX feed_slug ON feed (kind, slug);
CREATE INDEX feed_pending ON feed (kind, key) WHERE pending = 1;

CREATE TABLE story (                     -- the newest articles, for the first page (feeds.catalogue.stories)
    entry_id INTEGER PRIMARY KEY, revision INTEGER NOT NULL,
    packed BLOB NOT NULL                 -- feeds.model.Entry
);
CREATE TABLE pending_page (entry_id INTEGER PRIMARY KEY);   -- pages that may differ from those in the snapshot
CREATE TABLE pending_month (             -- months whose documents may differ from those in the snapshot
    feed_key_id INTEGER NOT NULL, month INTEGER NOT NULL, PRIMARY KEY (feed_key_id, month)
) WITHOUT ROWID;
CREATE TABLE abandoned_folder (folder TEXT PRIMARY KEY) WITHOUT ROWID;  -- in the snapshot, but of no feed or page now

CREATE TABLE layout (                    -- where documents of a feed, or its archive of a month, have their entries
    kind TEXT NOT NULL, key TEXT NOT NULL, month TEXT NOT NULL, -- month: empty for the feed itself
    packed BLOB NOT NULL,                -- feeds.catalogue.layouts.Layout
    PRIMARY KEY (kind, key, month)
) WITHOUT ROWID;
"""

_LATE_INDEXES = (  # indexes that are not needed while a new catalogue is filled
    "CREATE INDEX IF NOT EXISTS mention_entry ON mention (entry_id)",
    "CREATE INDEX IF NOT EXISTS entry_uri ON entry (uri)",
    "CREATE INDEX IF NOT EXISTS entry_article ON entry (published) WHERE articles > 0 AND shown",
)

# The temporary tables of one build:
#
# table              filled by                                  read by                                emptied by
# merged_entry,      history.note_merged, if ids may differ     entry_ids, recognition, feed_names     the next Merger
#   questioned_entry,
#   examined_page
# examined_key       history.note_merged                        history.note_merged                    the same call
# contested_slug     EntryRowWriter                             feed_names.assign_page_slugs           the next Merger
# outdated_entry     EntryRowWriter, related, entry_ids,        feed_names, changes.settle_outdated    settle_outdated
#                    feed_names
# page_gap           EntryRowWriter                             changes.settle_outdated                the same call
# shown_id,          history.note_shown                         history.record_entries                 the same call
#   shown_key,
#   shown_sign
_TEMPORARY_TABLES = """
CREATE TEMP TABLE contested_slug (wanted TEXT PRIMARY KEY);      -- page slugs that an entry wants or has given up
CREATE TEMP TABLE page_gap (published INTEGER PRIMARY KEY);      -- times of pages of articles that are gone or changed
CREATE TEMP TABLE outdated_entry (entry_id INTEGER PRIMARY KEY); -- entries that must be rendered again
"""


@contextlib.contextmanager
def connect(
    path: Path, identity: Mapping[str, str], fill: Callable[[sqlite3.Connection], None] = lambda db: None
) -> Iterator[sqlite3.Connection]:
    """Yield a connection to the catalogue at `path`.

    Args:
        path: the SQLite file, in a folder that exists. It is made if there is none.
        identity: what must be true of a catalogue that is used, by name: the code and the settings that decide what is
            read from a file, and the memory that its history is loaded from. A catalogue with other values is deleted
            and made again.
        fill: fills the history of a new catalogue.

    Raises:
        sqlite3.Error: the file can't be used; :func:`is_external_error` tells whether the cause is outside of it.
        DamagedMemoryError: the memory can't be loaded.
    """
    usable = False
    if path.exists():  # opening it would make it, with waits for the disk
        with _open(path) as db:
            usable = _has_values(db, identity)
    if not usable:
        discard_catalogue(path)
    with _open(path, is_new=not usable) as db:
        if not usable:
            # In one transaction: without it, SQLite would wait for the disk after every statement of the script.
            db.executescript(f"BEGIN;{_SCHEMA}{history.SCHEMA}")
            for name, value in identity.items():
                set_meta(db, name, value)
            fill(db)
            db.commit()
        # executescript commits first; nothing is pending here.
        db.executescript(_TEMPORARY_TABLES + history.TEMPORARY_TABLES)
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


@contextlib.contextmanager
def _open(path: Path, *, is_new: bool = False) -> Iterator[sqlite3.Connection]:
    """Yield a connection to the file at `path`. What is not committed at the end is lost."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        # A new catalogue is written without a log, which would be all of it once more. Later builds use a log.
        db.execute(f"PRAGMA journal_mode = {'TRUNCATE' if is_new else 'WAL'}")
        db.execute("PRAGMA temp_store = MEMORY")
        # Nor does a new catalogue wait for the disk. After a power cut it lacks pages, which SQLite notices when it
        # reads them; then the catalogue is made again.
        db.execute(f"PRAGMA synchronous = {'OFF' if is_new else 'NORMAL'}")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        yield db
        if is_new:
            # Here, where that does not wait for the disk either, and not in the next build, which would.
            db.rollback()
            db.execute("PRAGMA journal_mode = WAL")


def _has_values(db: sqlite3.Connection, identity: Mapping[str, str]) -> bool:
    has_meta = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone()
    return has_meta is not None and all(get_meta(db, name) == value for name, value in identity.items())
