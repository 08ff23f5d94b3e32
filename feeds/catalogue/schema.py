"""Open the catalogue, or start it anew where it was made by other code or other settings of reading."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from feeds.catalogue import history

CACHE_KB = 32_768
"""How much of the catalogue is held in memory, in KiB: keys are hashes, and a first build writes them in any order."""

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE source (
    id        INTEGER PRIMARY KEY,
    path      TEXT NOT NULL UNIQUE,
    stamp     TEXT NOT NULL,             -- changes when the file may have
    digest    BLOB NOT NULL,             -- changes when its bytes have
    readable  INTEGER NOT NULL,          -- 0: lost to a problem
    listed    INTEGER NOT NULL,          -- 0: published: false
    published INTEGER NOT NULL,          -- seconds since the epoch, as every time here
    live      INTEGER NOT NULL,          -- 1: published now, under the settings in force
    names     TEXT NOT NULL              -- kind and key of each feed that it names, as JSON
);
CREATE INDEX source_restless ON source (path) WHERE stamp = '' OR stamp >= 'linked';
CREATE VIEW restless AS                  -- what is looked at in each build: see feeds.corpus.scan
SELECT path FROM source WHERE stamp = '' OR stamp >= 'linked';
CREATE INDEX source_live ON source (live, readable, listed, published);
CREATE TABLE problem (
    source_id INTEGER NOT NULL REFERENCES source ON DELETE CASCADE,
    line INTEGER NOT NULL, field TEXT NOT NULL, reason TEXT NOT NULL, advice TEXT NOT NULL, severity TEXT NOT NULL
);
CREATE INDEX problem_source ON problem (source_id);

CREATE TABLE mention (
    id        INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES source ON DELETE CASCADE,
    entry_id  INTEGER,                   -- NULL: not live, or not merged yet
    live      INTEGER NOT NULL,
    keys      TEXT NOT NULL,             -- the numbers in mention_key, as JSON
    position INTEGER NOT NULL, published INTEGER NOT NULL, listed INTEGER NOT NULL,
    title TEXT NOT NULL, url TEXT, explicit_id TEXT,
    updated INTEGER, original_url TEXT, amp_url TEXT, provider TEXT, domain TEXT, -- NULL: it does not say
    names     TEXT NOT NULL,             -- of its topics, and of its categories, as JSON
    type TEXT NOT NULL, quality, heat, image TEXT, width INTEGER, height INTEGER,
    excerpt TEXT NOT NULL, content TEXT NOT NULL
);
CREATE INDEX mention_source ON mention (source_id);
CREATE INDEX mention_entry ON mention (entry_id) WHERE entry_id IS NOT NULL;
CREATE INDEX mention_homeless ON mention (id) WHERE live = 1 AND entry_id IS NULL;

CREATE TABLE named (                     -- how many files name a feed, published or not
    kind TEXT NOT NULL, key TEXT NOT NULL, files INTEGER NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID;

CREATE TABLE mention_key (               -- what makes mentions one entry (feeds.rules.entries.merge_keys)
    key INTEGER NOT NULL,                -- feeds.rules.entries.key_hash
    mention_id INTEGER NOT NULL,
    PRIMARY KEY (key, mention_id)
) WITHOUT ROWID;

CREATE TABLE entry (
    id INTEGER PRIMARY KEY,
    ident TEXT NOT NULL, url TEXT NOT NULL, title TEXT NOT NULL,
    published INTEGER NOT NULL, updated INTEGER NOT NULL,
    feeds TEXT NOT NULL,                 -- of each that it is in, subject and spelling, as JSON
    shown INTEGER NOT NULL,              -- 1: the settings select it (feeds.model.Selection)
    page_wanted TEXT, page TEXT          -- the plain slug of a page-less entry, and the one it got
);
CREATE INDEX entry_page ON entry (page_wanted) WHERE page_wanted IS NOT NULL;

CREATE TABLE subject (                   -- what a feed is or was about; it stays when the feed goes
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL, key TEXT NOT NULL, UNIQUE (kind, key)
);
CREATE TABLE spelling (                  -- how many of a feed's members call it what, so that nobody has to count
    id INTEGER PRIMARY KEY,
    subject_id INTEGER NOT NULL, name TEXT NOT NULL,
    members INTEGER NOT NULL DEFAULT 0, shown INTEGER NOT NULL DEFAULT 0,
    UNIQUE (subject_id, name)
);
CREATE INDEX spelling_unused ON spelling (id) WHERE members = 0;

CREATE TABLE member (                    -- which entries a feed has, in the feed's order but for their ids
    subject_id INTEGER NOT NULL, age INTEGER NOT NULL, entry_id INTEGER NOT NULL,
    shown INTEGER NOT NULL,              -- as the entry's
    PRIMARY KEY (subject_id, age, entry_id)  -- age = -published
) WITHOUT ROWID;
CREATE VIEW membership AS
SELECT kind, key, age, entry_id, shown FROM subject JOIN member ON subject_id = subject.id;
CREATE VIEW belonging AS                 -- the same, for those who come from entries
SELECT kind, subject.key AS key, -published AS age, entry.id AS entry_id, shown
FROM entry CROSS JOIN json_each(feeds) CROSS JOIN subject ON subject.id = json_extract(value, '$[0]');

CREATE TABLE feed (
    kind TEXT NOT NULL, key TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '', wanted TEXT NOT NULL DEFAULT '', slug TEXT NOT NULL DEFAULT '',
    since INTEGER NOT NULL DEFAULT 0, entries INTEGER NOT NULL DEFAULT 0,
    newest INTEGER, updated INTEGER,     -- among the entries it shows; NULL where it has none
    ttl INTEGER NOT NULL DEFAULT 0,      -- in minutes
    ended INTEGER,                       -- since when nothing names it any more
    pending INTEGER NOT NULL DEFAULT 1,  -- 1: its documents may differ from those in the snapshot
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE INDEX feed_wanted ON feed (kind, wanted);
CREATE INDEX feed_slug ON feed (kind, slug);
CREATE INDEX feed_pending ON feed (kind, key) WHERE pending = 1;

CREATE TABLE pending_page (entry_id INTEGER PRIMARY KEY);   -- pages that may differ from the snapshot's
CREATE TABLE pending_month (             -- archives that may differ from the snapshot's
    kind TEXT NOT NULL, key TEXT NOT NULL, month TEXT NOT NULL, PRIMARY KEY (kind, key, month)
) WITHOUT ROWID;
CREATE TABLE gone (folder TEXT PRIMARY KEY) WITHOUT ROWID;  -- addresses that the snapshot has and no feed or page

CREATE TABLE fragment (                  -- an entry in every format, one after the other
    entry_id INTEGER PRIMARY KEY, sizes TEXT NOT NULL, body BLOB NOT NULL
);
"""

_INDEXES = (  # those that are not needed while files are read
    "CREATE INDEX IF NOT EXISTS mention_due ON mention (live, published)",
    "CREATE INDEX IF NOT EXISTS entry_ident ON entry (ident)",
)

_SCRATCH = """
CREATE TEMP TABLE candidate (mention_id INTEGER PRIMARY KEY);  -- mentions that may begin or cease to be live
CREATE TEMP TABLE shaken (entry_id INTEGER PRIMARY KEY);  -- entries that lost or will gain a mention
CREATE TEMP TABLE waiting (entry_id INTEGER PRIMARY KEY); -- those of them whose turn has not come yet
CREATE TEMP TABLE stale (entry_id INTEGER PRIMARY KEY);   -- entries whose fragments must be made anew
CREATE TEMP TABLE written (entry_id INTEGER PRIMARY KEY, kept INTEGER NOT NULL); -- merged anew; 1: the ledger has it
CREATE TEMP TABLE rendered (entry_id INTEGER PRIMARY KEY); -- entries that were rendered and not recorded yet
CREATE TEMP TABLE contested (wanted TEXT PRIMARY KEY);    -- page slugs that an entry wants or has given up
"""


@contextlib.contextmanager
def connect(path: Path, reader: str) -> Iterator[sqlite3.Connection]:
    """Yield a connection to the catalogue at `path`; it is made, or made anew, where that is needed.

    The history beside it (:mod:`feeds.catalogue.history`) is attached to it.

    Args:
        path: the SQLite file, in a folder that exists.
        reader: identifies the code and the settings that decide what is read from a file. A catalogue
            with another one is thrown away.

    Raises:
        sqlite3.Error: the file can't be used; :func:`is_external_error` tells why.
        StateError: the history can't be used.
    """
    with _open(path) as db:
        usable = _made_by(db, reader)
    if not usable:
        discard_catalogue(path)
    with _open(path, is_new=not usable) as db:
        if not usable:
            db.executescript(_SCHEMA)
            set_meta(db, "reader", reader)
            db.commit()
        db.executescript(_SCRATCH)
        history.attach_history(db, path.with_name(history.HISTORY_FILE))
        yield db


def add_indexes(db: sqlite3.Connection) -> None:
    """Make the indexes that a new catalogue lacks: to sort once is faster than to keep in order what comes in none."""
    for statement in _INDEXES:
        db.execute(statement)


def discard_catalogue(path: Path) -> None:
    """Delete the catalogue at `path`: the next build reads everything."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def is_external_error(error: sqlite3.Error) -> bool:
    """Tell whether `error` comes from the disk or another process, and not from what is in the file."""
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
    """Tell whether `error` comes from a statement of ours that is wrong."""
    return isinstance(error, sqlite3.ProgrammingError) or getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_ERROR


def get_meta(db: sqlite3.Connection, name: str) -> str | None:
    """Return what :func:`set_meta` kept under `name`, or None."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row is not None else None


def set_meta(db: sqlite3.Connection, name: str, value: str) -> None:
    """Keep `value` under `name`; what is there already is not written again."""
    if get_meta(db, name) != value:
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


@contextlib.contextmanager
def _open(path: Path, *, is_new: bool = False) -> Iterator[sqlite3.Connection]:
    """Yield a connection to the file at `path`; what is not committed at the end is not kept."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        # A new catalogue is written directly: a log of it would be all of it once more. It is logged from then on.
        db.execute(f"PRAGMA journal_mode = {'TRUNCATE' if is_new else 'WAL'}")
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        yield db


def _made_by(db: sqlite3.Connection, reader: str) -> bool:
    has_meta = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone()
    return has_meta is not None and get_meta(db, "reader") == reader
