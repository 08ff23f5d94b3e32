"""Files in: what was read, what is gone, and which of it is live at a given time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from feeds.catalogue.database import meta, set_meta
from feeds.catalogue.reading import next_due
from feeds.catalogue.rows import MENTION_COLUMNS, from_mention, to_seconds
from feeds.entries import fold, key_number, keys, provider_of
from feeds.model import Kind, Parsed, Provider

_NOBODY = Provider("", "")
"""Stands for the site where its own domain is not wanted."""

_INSERT_MENTION = f"INSERT INTO mention (source_id, domain, {MENTION_COLUMNS}) VALUES (?{', ?' * 22})"  # noqa: S608 - our own text


def stamps(db: sqlite3.Connection) -> dict[str, str]:
    """Return the stamp of every file that the catalogue knows, by path."""
    return dict(db.execute("SELECT path, stamp FROM source"))


def digest(db: sqlite3.Connection, path: str) -> bytes | None:
    """Return the digest of the file `path` as it was read last, or None where it is not known."""
    row = db.execute("SELECT digest FROM source WHERE path = ?", (path,)).fetchone()
    return row[0] if row is not None else None


def restamp(db: sqlite3.Connection, path: str, stamp: str) -> None:
    """Note a new stamp for a file whose bytes are the same as before."""
    db.execute("UPDATE source SET stamp = ?1 WHERE path = ?2 AND stamp != ?1", (stamp, path))


def record(db: sqlite3.Connection, parsed: Parsed, stamp: str, digest: bytes) -> None:
    """Put what became of one file in the place of what was known of it."""
    forget(db, [parsed.path])
    article = parsed.article
    source_id = db.execute(
        "INSERT INTO source (path, stamp, digest, readable, listed, published) VALUES (?, ?, ?, ?, ?, ?)",
        (
            parsed.path,
            stamp,
            digest,
            article is not None,
            article is not None and article.own.listed,
            to_seconds(article.own.published) if article is not None else 0,
        ),
    ).lastrowid
    db.executemany(
        "INSERT INTO problem VALUES (?, ?, ?, ?, ?, ?)",
        [(source_id, each.line, each.field, each.reason, each.advice, each.severity) for each in parsed.problems],
    )
    if article is None:
        return
    for each in article.mentions:
        domain = provider_of(each, _NOBODY).domain
        mention_id = db.execute(_INSERT_MENTION, (source_id, domain, *from_mention(each))).lastrowid
        db.executemany("INSERT INTO mention_key VALUES (?, ?)", [(key_number(key), mention_id) for key in keys(each)])
        topics = (
            each.topics if each is article.own else [name for name in each.topics if name not in article.own.topics]
        )
        labels = [(Kind.TOPIC, name) for name in topics] + [(Kind.CATEGORY, name) for name in each.categories]
        db.executemany("INSERT INTO label VALUES (?, ?, ?)", [(mention_id, kind, fold(name)) for kind, name in labels])


def forget(db: sqlite3.Connection, paths: Iterable[str]) -> None:
    """Remove files; the entries that they mention are shaken (merged anew by the next merge)."""
    for path in paths:
        db.execute(
            "INSERT OR IGNORE INTO shaken SELECT entry_id FROM mention JOIN source ON source.id = source_id"
            " WHERE path = ? AND entry_id IS NOT NULL",
            (path,),
        )
        db.execute("DELETE FROM source WHERE path = ?", (path,))


def set_live(db: sqlite3.Connection, now: datetime, *, include_unpublished: bool) -> None:
    """Bring `live` up to date: what is listed, and not dated after `now`.

    Only what can have changed is looked at: new files, and what was due since the last time.
    """
    due_before, included_before = json.loads(meta(db, "live") or "[null, null]")
    values = {"now": to_seconds(now), "due": due_before, "all": include_unpublished}
    flipped = db.execute(
        "UPDATE source SET live = NOT live"
        " WHERE live != (readable AND (listed OR :all) AND published <= :now) RETURNING id",
        values,
    ).fetchall()
    db.execute("DELETE FROM candidate")
    if include_unpublished != included_before:
        db.execute("INSERT INTO candidate SELECT id FROM mention")
    else:
        db.executemany("INSERT INTO candidate SELECT id FROM mention WHERE source_id = ?", flipped)
        db.execute(
            "INSERT OR IGNORE INTO candidate SELECT id FROM mention"
            " WHERE (live = 0 AND published BETWEEN :due AND :now) OR (live = 1 AND published > :now)",
            values,
        )
    db.execute(
        "DELETE FROM candidate WHERE EXISTS (SELECT 1 FROM mention JOIN source ON source.id = source_id"
        " WHERE mention.id = mention_id"
        " AND mention.live = (source.live AND (mention.listed OR :all) AND mention.published <= :now))",
        values,
    )
    db.execute(  # all that stands in one file is related: the others show it, or cease to
        "INSERT OR IGNORE INTO shaken SELECT entry_id FROM mention WHERE entry_id IS NOT NULL"
        " AND source_id IN (SELECT source_id FROM candidate CROSS JOIN mention ON mention.id = mention_id)"
    )
    db.execute("UPDATE mention SET live = NOT live, entry_id = NULL WHERE id IN (SELECT mention_id FROM candidate)")
    due = next_due(db, now)
    set_meta(db, "live", json.dumps([to_seconds(due) if due is not None else None, include_unpublished]))
