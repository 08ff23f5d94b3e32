"""Files in: what was read, what is gone, and which of it is live at a given time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from feeds.catalogue.database import meta, set_meta
from feeds.catalogue.reading import next_due
from feeds.catalogue.rows import MENTION_COLUMNS, from_mention, to_seconds
from feeds.entries import fold, key_number, keys, provider_of
from feeds.model import Kind, Mention, Parsed, Provider

_NOBODY = Provider("", "")
"""Stands for the site where its own domain is not wanted."""

BATCH = 200
"""How many files are recorded at a time."""

_INSERT_SOURCE = """
INSERT INTO source (id, path, stamp, digest, readable, listed, published) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_MENTION = f"INSERT INTO mention (id, source_id, domain, {MENTION_COLUMNS}) VALUES (?{', ?' * 23})"  # noqa: S608 - our own text


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


class Read(NamedTuple):
    """What was read from one file, and what it is known by."""

    parsed: Parsed
    stamp: str
    digest: bytes


def record(db: sqlite3.Connection, batch: Sequence[Read]) -> None:
    """Put what became of files in the place of what was known of them: all rows of a table at once."""
    forget(db, [each.parsed.path for each in batch if digest(db, each.parsed.path) is not None])
    (last,) = db.execute("SELECT ifnull(max(id), 0) FROM source").fetchone()
    (mention_id,) = db.execute("SELECT ifnull(max(id), 0) FROM mention").fetchone()
    sources: list[tuple[object, ...]] = []
    problems: list[tuple[object, ...]] = []
    mentions: list[tuple[object, ...]] = []
    mention_keys: list[tuple[int, int]] = []
    labels: list[tuple[int, Kind, str]] = []
    for source_id, each in enumerate(batch, last + 1):
        parsed, article = each.parsed, each.parsed.article
        own = article.own if article is not None else None
        facts = (own is not None, own.listed, to_seconds(own.published)) if own is not None else (False, False, 0)
        sources.append((source_id, parsed.path, each.stamp, each.digest, *facts))
        problems += [(source_id, it.line, it.field, it.reason, it.advice, it.severity) for it in parsed.problems]
        for mention in article.mentions if article is not None else ():
            mention_id += 1
            mentions.append((mention_id, source_id, provider_of(mention, _NOBODY).domain, *from_mention(mention)))
            mention_keys += [(key_number(key), mention_id) for key in keys(mention)]
            topics = mention.topics if mention is own else _besides(mention.topics, own)
            labels += [(mention_id, Kind.TOPIC, fold(name)) for name in topics]
            labels += [(mention_id, Kind.CATEGORY, fold(name)) for name in mention.categories]
    db.executemany(_INSERT_SOURCE, sources)
    db.executemany("INSERT INTO problem VALUES (?, ?, ?, ?, ?, ?)", problems)
    db.executemany(_INSERT_MENTION, mentions)
    db.executemany("INSERT INTO mention_key VALUES (?, ?)", sorted(mention_keys))
    db.executemany("INSERT INTO label VALUES (?, ?, ?)", labels)


def _besides(topics: Iterable[str], own: Mention | None) -> list[str]:
    """Return those of `topics` that the article itself does not have."""
    return [name for name in topics if own is None or name not in own.topics]


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
