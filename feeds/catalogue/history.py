"""The history: the working copy of the memory in the catalogue, and the questions that a build asks it.

It has the ids of all pages, and the addresses of all feeds, pages and documents, that were ever published. It shows a
build that it is about to compute another id than the one that subscribers know. What lasts is the memory
(:mod:`feeds.memory.format`): the history is loaded from it when the catalogue is made, and the changes of a build
become parts of the next memory (:mod:`feeds.catalogue.memory_parts`).

A page is known by all keys of its entry (:func:`feeds.rules.grouping.merge_keys`), as they were when it was published
last. A key is *live* for the id of the page that has it now; the other ones were its keys once, or belong to another
page now. Keys, titles, paths and addresses are digests with the salt of the site.

The tables are strict: a memory that is loaded from elsewhere can't put a value of another type into them. All of them
are written at the end of a build, in the transaction that makes the catalogue match the next snapshot
(:mod:`feeds.pipeline.remember`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from feeds.catalogue.meta import get_meta
from feeds.memory.sealing import Sealed, seal, unseal
from feeds.model import Mention
from feeds.rules.entries import entry_uri, representation_order
from feeds.rules.grouping import key_hash, key_secret, merge_keys
from feeds.rules.signs import sign_keys

SCHEMA = """
CREATE TABLE published_id (              -- the ids under which entries were published
    digest INTEGER PRIMARY KEY,          -- history.id_digest
    ident TEXT,                          -- the id; NULL once no entry that is shown has it
    kept INTEGER NOT NULL DEFAULT 0,     -- 1: the rules compute another id for its page
    slug TEXT, slug_digest INTEGER,      -- of its page, if it has no web page; the slug is NULL when the id is
    sealed TEXT,                         -- id, slug and day once they are NULL: feeds.memory.sealing
    day INTEGER                          -- of its article (feeds.model.Signs); NULL once the id is
) STRICT;
CREATE INDEX published_kept ON published_id (digest) WHERE kept;
CREATE INDEX published_slug ON published_id (slug_digest) WHERE slug_digest IS NOT NULL;
CREATE TABLE published_key (             -- by which keys a page was known under which id
    key INTEGER NOT NULL, digest INTEGER NOT NULL, live INTEGER NOT NULL,
    wrapped INTEGER,                     -- the secret of the id, wrapped in that of the key: feeds.memory.sealing
    PRIMARY KEY (digest, key)            -- the order of a memory: so it is loaded in half of the time
) WITHOUT ROWID, STRICT;
CREATE INDEX published_key_key ON published_key (key);
CREATE TABLE published_sign (            -- what articles are recognised by (feeds.rules.signs), as they were last
    sign INTEGER NOT NULL, digest INTEGER NOT NULL,
    wrapped INTEGER NOT NULL,            -- as in published_key
    PRIMARY KEY (digest, sign)
) WITHOUT ROWID, STRICT;
CREATE INDEX published_sign_sign ON published_sign (sign);
CREATE TABLE published_feed (
    digest INTEGER PRIMARY KEY,
    kind TEXT NOT NULL, key TEXT NOT NULL, slug TEXT NOT NULL, name TEXT NOT NULL, updated INTEGER NOT NULL,
    empty INTEGER NOT NULL DEFAULT 0,    -- 1: it has no entries any more (feeds.memory.ledger.EmptyFeed)
    unnamed INTEGER, ended INTEGER
) STRICT;
CREATE INDEX published_empty ON published_feed (digest) WHERE empty;
CREATE TABLE published_path (digest INTEGER PRIMARY KEY) STRICT;      -- the paths of published articles (losses)
CREATE TABLE published_document (        -- the documents of the site, and those that are gone
    digest INTEGER PRIMARY KEY,          -- of the address
    content TEXT,                        -- the digest of the bytes; NULL: there is no document any more
    modified INTEGER NOT NULL            -- when the bytes last changed, or when the document went
) STRICT;
CREATE INDEX published_gone ON published_document (modified) WHERE content IS NULL;
CREATE TABLE published_move (
    digest INTEGER PRIMARY KEY, old TEXT NOT NULL, new TEXT NOT NULL, since INTEGER NOT NULL
) STRICT;
CREATE TABLE published_broken (          -- feeds.memory.ledger.Ledger.broken
    digest INTEGER PRIMARY KEY, names TEXT NOT NULL
) STRICT;
CREATE TABLE withdrawn_id (ident TEXT PRIMARY KEY) WITHOUT ROWID;      -- ids that entries may have lost in this build
CREATE TRIGGER entry_removed AFTER DELETE ON entry WHEN old.shown
BEGIN INSERT OR IGNORE INTO withdrawn_id VALUES (old.uri); END;
CREATE TRIGGER entry_changed AFTER UPDATE OF uri, shown ON entry
WHEN old.shown AND (new.uri != old.uri OR NOT new.shown) BEGIN INSERT OR IGNORE INTO withdrawn_id VALUES (old.uri); END;
"""

TEMPORARY_TABLES = """
CREATE TEMP TABLE merged_entry (                                 -- entries that this build has merged
    entry_id INTEGER PRIMARY KEY,
    digest INTEGER NOT NULL                                      -- of the id that it had then
);
CREATE TEMP TABLE examined_key (
    entry_id INTEGER NOT NULL, digest INTEGER NOT NULL, key INTEGER NOT NULL
);
CREATE TEMP TABLE questioned_entry (entry_id INTEGER PRIMARY KEY); -- merged entries that had another id
CREATE TEMP TABLE examined_page (digest INTEGER PRIMARY KEY);    -- ids with pages of ours that may lead elsewhere now
CREATE TEMP TABLE displayed_entry (entry_id INTEGER PRIMARY KEY); -- entries that a document of this build shows
CREATE TEMP TABLE shown_id (                                     -- ids that subscribers know,
    digest INTEGER PRIMARY KEY, ident TEXT NOT NULL UNIQUE, entry_id INTEGER NOT NULL, day INTEGER
);
CREATE TEMP TABLE shown_key (                                    -- and the keys of their pages
    key INTEGER NOT NULL, digest INTEGER NOT NULL, wrapped INTEGER, PRIMARY KEY (key, digest)
) WITHOUT ROWID;
CREATE TEMP TABLE shown_sign (                                   -- and the signs of their articles
    sign INTEGER NOT NULL, digest INTEGER NOT NULL, wrapped INTEGER NOT NULL, PRIMARY KEY (sign, digest)
) WITHOUT ROWID;
"""


def salt_of(db: sqlite3.Connection) -> bytes:
    """Return the salt of the digests in the catalogue."""
    return bytes.fromhex(get_meta(db, "salt") or "")


class IdClaim(NamedTuple):
    """The claim of a page to an id under which it was published.

    Attributes:
        ident: the id.
        live: True if the page has the id now; False if it had the id by a key that it has no longer.
    """

    ident: str
    live: bool


def nothing_published(db: sqlite3.Connection) -> bool:
    """Tell whether nothing has been published yet."""
    return db.execute("SELECT 1 FROM published_id LIMIT 1").fetchone() is None


class KnownEntry(NamedTuple):
    """An entry that was merged.

    Attributes:
        entry_id, uri: as in table `entry`.
        keys: the hashes of the keys of its mentions (:func:`feeds.rules.grouping.merge_keys`).
    """

    entry_id: int
    uri: str
    keys: Sequence[int]


def id_digest(uri: str, salt: bytes) -> int:
    """Return the digest of the id of an entry."""
    return key_hash(f"id\n{uri}", salt)


def key_hashes(mentions: Iterable[Mention], salt: bytes) -> tuple[int, ...]:
    """Return the hashes of the keys of these mentions."""
    return tuple(dict.fromkeys(key_hash(key, salt) for mention in mentions for key in merge_keys(mention)))


def note_merged(db: sqlite3.Connection, merged: Sequence[KnownEntry]) -> None:
    """Note entries that were merged, and which of them have other ids than those under which they were published."""
    salt = salt_of(db)
    digests = [id_digest(it.uri, salt) for it in merged]
    rows = [(it.entry_id, digest) for it, digest in zip(merged, digests, strict=True)]
    db.executemany("INSERT OR REPLACE INTO merged_entry VALUES (?, ?)", rows)
    keys = ((it.entry_id, digest, key) for it, digest in zip(merged, digests, strict=True) for key in it.keys)
    db.executemany("INSERT INTO examined_key VALUES (?, ?, ?)", keys)
    db.execute(_QUESTION_DIVERGENT)
    if has_pages(db):
        db.execute(_EXAMINE_PAGES)
    db.execute("DELETE FROM examined_key")


def has_pages(db: sqlite3.Connection) -> bool:
    """Tell whether a page of ours was ever published for an article."""
    return db.execute("SELECT 1 FROM published_id WHERE slug_digest IS NOT NULL LIMIT 1").fetchone() is not None


def id_claims(db: sqlite3.Connection, keys: Sequence[int], mentions: Sequence[Mention]) -> list[IdClaim]:
    """Return the ids under which a page was published, by any of its keys.

    An id that no entry has any more is sealed. The keys of the page open it.

    Args:
        db: the catalogue.
        keys: the hashes of the keys of the page.
        mentions: its mentions.
    """
    claims = []
    for digest, ident, live in db.execute(_CLAIMS, (str(list(keys)),)).fetchall():
        uri = ident if ident is not None else _open_id(db, digest, mentions)
        if uri is not None:
            claims.append(IdClaim(uri, bool(live)))
    return claims


def _open_id(db: sqlite3.Connection, digest: int, mentions: Sequence[Mention]) -> str | None:
    """Return the id with this digest, which is sealed, if a key of these mentions opens it."""
    salt = salt_of(db)
    query = "SELECT key, wrapped, sealed FROM published_key CROSS JOIN published_id USING (digest) WHERE digest = ?"
    known = _secrets(mentions, salt)
    rows = db.execute(query, (digest,)).fetchall()
    sealed = rows[0][2] if rows else None
    secrets = (wrapped ^ known[key] for key, wrapped, _ in rows if key in known and wrapped is not None)
    if (content := open_sealed(sealed, secrets, digest, salt)) is not None:
        return content.uri
    return next((uri for uri in map(entry_uri, mentions) if id_digest(uri, salt) == digest), None)


def open_sealed(sealed: str | None, secrets: Iterable[int], digest: int, salt: bytes) -> Sealed | None:
    """Return what is sealed of the id with this digest, if one of the secrets opens it."""
    opened = (unseal(sealed or "", secret) for secret in secrets)
    return next((it for it in opened if it is not None and id_digest(it.uri, salt) == digest), None)


def _secrets(mentions: Iterable[Mention], salt: bytes) -> dict[int, int]:
    """Return the hash of every key of these mentions, with its secret."""
    keys = {key for mention in mentions for key in merge_keys(mention)}
    return {key_hash(key, salt): key_secret(key, salt) for key in keys}


def has_key_of(db: sqlite3.Connection, keys: Sequence[int], old: str, new: str) -> bool:
    """Tell whether a page has a key by which it is known under the id `old`, and not under the id `new`."""
    salt = salt_of(db)
    values = {"keys": str(list(keys)), "old": id_digest(old, salt), "new": id_digest(new, salt)}
    return db.execute(_KEY_OF_ONE, values).fetchone() is not None


def was_published(db: sqlite3.Connection, uri: str) -> bool:
    """Tell whether an entry was ever published under the id `uri`."""
    query = "SELECT 1 FROM published_id WHERE digest = ?"
    return db.execute(query, (id_digest(uri, salt_of(db)),)).fetchone() is not None


def note_displayed(db: sqlite3.Connection, entry_ids: Iterable[int]) -> None:
    """Note entries that a document of this build shows. Others may have been rendered, and do not fit."""
    db.executemany("INSERT OR IGNORE INTO displayed_entry VALUES (?)", ((entry_id,) for entry_id in entry_ids))


def note_shown(
    db: sqlite3.Connection, entry_id: int, uri: str, keys: Sequence[int], mentions: Sequence[Mention], salt: bytes
) -> None:
    """Note an entry that this build has rendered, or that was published before: subscribers know its id.

    Args:
        db: the catalogue.
        entry_id, uri: as in table `entry`.
        keys: the hashes of the keys of all its mentions.
        mentions: its mentions; of a popular page, those that decide.
        salt: the salt of the catalogue.
    """
    digest, secret = id_digest(uri, salt), id_secret(uri, salt)
    own = [mention for mention in mentions if mention.position == 0]
    article = own[0] if len(own) == 1 else None  # two articles on one page have no signs in common
    day = article.signs.day if article is not None and article.signs is not None else None
    db.execute("INSERT OR IGNORE INTO shown_id VALUES (?, ?, ?, ?)", (digest, uri, entry_id, day))
    # The representative mention and the article's own: all of a popular page are not at hand, and these decide what the
    # page is.
    top = min(mentions, key=representation_order)
    secrets = _secrets([top, *(mention for mention in own if mention is not top)], salt)
    known = ((key, digest, secret ^ secrets[key] if key in secrets else None) for key in keys)
    db.executemany("INSERT OR IGNORE INTO shown_key VALUES (?, ?, ?)", known)
    signs = sign_keys(article).values() if article is not None else ()
    rows = ((key_hash(sign, salt), digest, secret ^ key_secret(sign, salt)) for sign in signs)
    db.executemany("INSERT OR IGNORE INTO shown_sign VALUES (?, ?, ?)", rows)


def id_secret(uri: str, salt: bytes) -> int:
    """Return the secret with which an id is sealed (:mod:`feeds.memory.sealing`)."""
    return key_secret(f"id\n{uri}", salt)


def merged_again(db: sqlite3.Connection) -> list[int]:
    """Return the entries with a published id that this build has merged and does not display: their keys may be new.

    What was rendered and is not displayed is forgotten.
    """
    gone = "SELECT digest FROM shown_id WHERE entry_id NOT IN (SELECT entry_id FROM displayed_entry)"
    for table in ("shown_key", "shown_sign", "shown_id"):
        db.execute(f"DELETE FROM {table} WHERE digest IN ({gone})")  # noqa: S608 - our own text
    return [entry_id for (entry_id,) in db.execute(_MERGED_AGAIN)]


def record_entries(db: sqlite3.Connection) -> None:
    """Record the ids and keys of the entries that :func:`note_shown` was told.

    An entry that no document shows is not rendered. Its id has not been seen, and may still change.
    """
    db.execute(
        "INSERT INTO published_id (digest, ident, day) SELECT digest, ident, day FROM shown_id WHERE true"
        " ON CONFLICT DO UPDATE SET ident = excluded.ident, day = excluded.day, sealed = NULL"
        " WHERE ident IS NULL OR day IS NOT excluded.day"
    )
    # A key is no longer live if its page has lost it, or if its page was withdrawn and another page has it. Two pages
    # that are there may share a key. Rows that stay what they are must not be written: the memory would change.
    db.execute(_LOSE_TO_ANOTHER_PAGE)
    db.execute(_LOSE_KEYS)
    db.execute(
        "INSERT INTO published_key SELECT key, digest, 1, wrapped FROM shown_key WHERE true"
        " ON CONFLICT DO UPDATE SET live = 1, wrapped = ifnull(excluded.wrapped, wrapped)"
        " WHERE live = 0 OR ifnull(excluded.wrapped, wrapped) IS NOT wrapped"
    )
    db.execute(_LOSE_SIGNS)
    db.execute(
        "INSERT INTO published_sign SELECT * FROM shown_sign WHERE true"
        " ON CONFLICT DO UPDATE SET wrapped = excluded.wrapped WHERE wrapped != excluded.wrapped"
    )
    for table in ("shown_key", "shown_sign", "shown_id"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608 - one of three names


def forget_withdrawn(db: sqlite3.Connection, *, everything: bool) -> None:
    """Seal ids that no entry has any more, or whose entries are not shown any more, with slugs and days.

    Args:
        db: the catalogue.
        everything: look at all ids, because the catalogue is new and does not know what is gone.
    """
    candidates = "SELECT ident FROM published_id" if everything else "SELECT ident FROM withdrawn_id"
    salt = salt_of(db)
    shown = "EXISTS (SELECT 1 FROM entry WHERE uri = ident AND shown)"
    query = f"SELECT ident FROM ({candidates}) WHERE ident IS NOT NULL AND NOT {shown}"  # noqa: S608 - our own text
    for (uri,) in db.execute(query).fetchall():
        digest = id_digest(uri, salt)
        query = "SELECT slug, day FROM published_id WHERE digest = ? AND ident IS NOT NULL"
        known = db.execute(query, (digest,)).fetchone()
        if known is not None:
            sealed = seal(Sealed(uri, *known), id_secret(uri, salt))
            db.execute(_SEAL, (sealed, digest))
            db.execute(_RELEASE_SHARED_KEYS, (digest,))
    db.execute("DELETE FROM withdrawn_id WHERE 1")  # see changes.clear_changes


# CROSS JOIN fixes the order of the tables: the changed rows come first, and they are few.
_QUESTION_DIVERGENT = """
INSERT OR IGNORE INTO questioned_entry
SELECT entry_id FROM examined_key CROSS JOIN published_key USING (key)
WHERE published_key.digest != examined_key.digest
    AND (live OR NOT EXISTS (SELECT 1 FROM published_id WHERE digest = examined_key.digest))
"""

_EXAMINE_PAGES = """
INSERT OR IGNORE INTO examined_page
SELECT published_key.digest FROM examined_key CROSS JOIN published_key USING (key)
CROSS JOIN published_id ON published_id.digest = published_key.digest
WHERE published_key.digest != examined_key.digest AND slug_digest IS NOT NULL
"""

# Each of these begins with the ids or keys that this build has noted, which are few, and ends with primary keys.
_LOSE_TO_ANOTHER_PAGE = """
UPDATE published_key SET live = 0 WHERE (key, digest) IN (
    SELECT page.key, page.digest FROM shown_key AS shown CROSS JOIN published_key AS page ON page.key = shown.key
    CROSS JOIN published_id AS id ON id.digest = page.digest
    WHERE live AND page.digest != shown.digest AND ident IS NULL
)
"""

_LOSE_KEYS = """
UPDATE published_key SET live = 0 WHERE (key, digest) IN (
    SELECT page.key, page.digest FROM shown_id CROSS JOIN published_key AS page ON page.digest = shown_id.digest
    WHERE live AND NOT EXISTS (
        SELECT 1 FROM shown_key AS same WHERE same.key = page.key AND same.digest = page.digest
    )
)
"""

_LOSE_SIGNS = """
DELETE FROM published_sign WHERE (sign, digest) IN (
    SELECT page.sign, page.digest FROM shown_id CROSS JOIN published_sign AS page ON page.digest = shown_id.digest
    WHERE NOT EXISTS (SELECT 1 FROM shown_sign AS same WHERE same.sign = page.sign AND same.digest = page.digest)
)
"""

_SEAL = """
UPDATE published_id SET ident = NULL, slug = NULL, day = NULL, kept = 0, sealed = ? WHERE digest = ?
"""

_RELEASE_SHARED_KEYS = """
UPDATE published_key AS page SET live = 0 WHERE digest = ? AND live AND EXISTS (
    SELECT 1 FROM published_key AS same WHERE same.key = page.key AND same.live AND same.digest != page.digest
)
"""

_KEY_OF_ONE = """
SELECT 1 FROM json_each(:keys) CROSS JOIN published_key AS page ON page.key = value
WHERE digest = :old AND live AND NOT EXISTS (
    SELECT 1 FROM published_key AS same WHERE same.key = page.key AND same.digest = :new
) LIMIT 1
"""

_CLAIMS = """
SELECT digest, ident, max(live AND NOT EXISTS (  -- two articles on one page have its key both: it tells nothing
    SELECT 1 FROM published_key AS same WHERE same.key = page.key AND same.live AND same.digest != page.digest
)) FROM json_each(?) CROSS JOIN published_key AS page ON page.key = value
CROSS JOIN published_id USING (digest) GROUP BY digest
"""

_MERGED_AGAIN = """
SELECT entry_id FROM merged_entry CROSS JOIN entry ON entry.id = entry_id
WHERE shown AND (
    EXISTS (SELECT 1 FROM published_id WHERE published_id.digest = merged_entry.digest)
    OR entry_id IN (SELECT entry_id FROM questioned_entry)
) AND NOT EXISTS (SELECT 1 FROM shown_id WHERE ident = uri)
"""
