"""Recording: the rows of files that were read, the removal of files that are gone, and articles that are due."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from feeds.catalogue import losses
from feeds.catalogue.history import salt_of
from feeds.catalogue.merging import Merger
from feeds.catalogue.packing import (
    ArrivalBatch,
    ArticleRow,
    examine,
    live_positions,
    make_arrivals,
    pack,
    unpack_article,
)
from feeds.memory.ledger import Ledger
from feeds.model import Parsed, Provider, Visibility
from feeds.rules.grouping import key_hash, merge_keys
from feeds.rules.signs import sign_keys
from feeds.rules.times import to_seconds

FILES_PER_BATCH = 500
"""The number of files that one call records."""


class FileRows(msgspec.Struct, array_like=True, gc=False):
    """The rows of one file, as a worker process sends them.

    Attributes:
        article: the packed row of the article, without a record if the file is none.
        states: the states of its link records (:func:`feeds.catalogue.packing.examine`).
        due: the next time at which one of them changes.
        facts: values of table `source`: readable, visibility, mark, appears, expires.
        problems: rows of table `problem`.
        references: :meth:`feeds.catalogue.packing.ArticleRow.feed_references`.
        unused: names of well-known fields that are not used.
        arrivals: the live records.
        signs: the hashes of the signs of the article (:mod:`feeds.rules.signs`).
    """

    article: msgspec.Raw
    states: bytes
    due: int | None
    facts: tuple[bool, int, str, int, int | None]
    problems: list[tuple[int, str, str, str, str]]
    references: list[str]
    unused: list[str]
    arrivals: ArrivalBatch
    signs: list[int]


_NO_ARTICLE = (False, Visibility.PUBLIC.value, "", 0, None)

_unpack_rows = msgspec.msgpack.Decoder(FileRows).decode


class ReadResult(NamedTuple):
    """The result of reading one file: its identity and its packed rows."""

    path: str
    stamp: str
    digest: bytes
    rows: bytes


def make_rows(home: Provider, now: datetime, least: Visibility, salt: bytes, parsed: Parsed) -> bytes:
    """Return a parsed file as packed :class:`FileRows`. Worker processes call it: so it runs on all processors.

    Args:
        home: the site as a provider.
        now: the time of the build.
        least: the lowest visibility that is published.
        salt: the salt of the site (:func:`feeds.rules.grouping.key_hash`).
        parsed: the result of parsing one file.
    """
    mentions = parsed.article.mentions if parsed.article is not None else ()
    keys = tuple(tuple(key_hash(key, salt) for key in merge_keys(mention)) for mention in mentions)
    article = ArticleRow(mentions, keys, parsed.unused)
    states, due = examine(mentions, to_seconds(now), least)
    facts: tuple[bool, int, str, int, int | None] = _NO_ARTICLE
    if mentions:
        own = mentions[0]
        expires = to_seconds(own.expires) if own.expires is not None else None
        facts = (True, own.visibility, own.mark, to_seconds(own.appears), expires)
    return pack(
        (
            article,
            states,
            due,
            facts,
            [(it.line, it.field, it.reason, it.advice, it.severity) for it in parsed.problems],
            article.feed_references(),
            parsed.unused,
            make_arrivals(article, states, live_positions(states), home, now),
            _sign_hashes(article, salt),
        )
    )


def _sign_hashes(article: ArticleRow, salt: bytes) -> list[int]:
    return [key_hash(key, salt) for key in sign_keys(article.mentions[0]).values()] if article.mentions else []


def record_files(db: sqlite3.Connection, batch: Sequence[ReadResult], merger: Merger) -> None:
    """Replace the rows of files, table by table. What has changed in the link records is told to `merger`."""
    (last,) = db.execute("SELECT ifnull(max(id), 0) FROM source").fetchone()
    sources: list[tuple[Any, ...]] = []
    articles: list[tuple[int, msgspec.Raw]] = []
    signs: list[tuple[int, int]] = []
    problems: list[tuple[Any, ...]] = []
    references: Counter[str] = Counter()
    unused: Counter[str] = Counter()
    for file in batch:
        rows = _unpack_rows(file.rows)
        known = db.execute(_SOURCE_AT, (file.path,)).fetchone()
        if known is None:
            source_id = last = last + 1
            old = None
            merger.add_records(source_id, rows.arrivals)
        else:
            (source_id,) = known
            old = _load_article(db, source_id)
            _compare(source_id, old, rows, merger)
            _forget_file(db, source_id, old)
        is_readable, *_ = rows.facts
        if not is_readable and (named := _names_of_broken_file(db, merger.ledger, file.path, old)):
            rows.references = named
            rows.article = msgspec.Raw(pack(ArticleRow((), (), tuple(rows.unused), tuple(named))))
        live = any(rows.states[:1])
        sources.append((source_id, file.path, file.stamp, file.digest, *rows.facts, live, rows.due))
        articles.append((source_id, rows.article))
        signs += [(sign, source_id) for sign in rows.signs]
        problems += [(source_id, *row) for row in rows.problems]
        references.update(rows.references)
        unused.update(rows.unused)
    db.executemany("INSERT INTO source VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", sources)
    db.executemany("INSERT INTO article VALUES (?, ?)", articles)
    db.executemany("INSERT INTO article_sign VALUES (?, ?)", signs)
    db.executemany("INSERT INTO problem VALUES (?, ?, ?, ?, ?, ?)", problems)
    _count(db, "feed_reference", references)
    _count(db, "unused_field", unused)


def _compare(source_id: int, old: ArticleRow, rows: FileRows, merger: Merger) -> None:
    """Tell `merger` which link records of a file that was read again are not what they were."""
    new = unpack_article(rows.article)
    old_states = merger.states_of(source_id, len(old.mentions))
    same = {
        position
        for position, (before, after) in enumerate(zip(old.mentions, new.mentions, strict=False))
        if before == after and old_states[position] == rows.states[position]
    }
    merger.remove_records(source_id, [it for it in live_positions(old_states) if it not in same], old)
    arriving = [it for it in live_positions(rows.states) if it not in same]
    merger.add_records(source_id, make_arrivals(new, rows.states, arriving, merger.home, merger.now))


def remove_files(db: sqlite3.Connection, paths: Iterable[str], merger: Merger) -> None:
    """Remove files, and tell `merger` which link records are gone."""
    for path in paths:
        (source_id,) = db.execute(_SOURCE_AT, (path,)).fetchone()
        article = _load_article(db, source_id)
        states = merger.states_of(source_id, len(article.mentions))
        merger.remove_records(source_id, live_positions(states), article)
        _forget_file(db, source_id, article)


def note_broken_files(db: sqlite3.Connection, ledger: Ledger) -> None:
    """Record in the ledger which feeds are named by articles that can't be read any more."""
    salt = salt_of(db)
    named = ((losses.path_digest(path, salt), unpack_article(packed).named) for path, packed in db.execute(_BROKEN))
    ledger.broken = {digest: names for digest, names in named if names}


def update_due(db: sqlite3.Connection, least: Visibility, merger: Merger) -> None:
    """Examine the articles of which link records appear, expire, or are updated by the time of the build."""
    now = to_seconds(merger.now)
    due = [number for (number,) in db.execute("SELECT id FROM source WHERE due <= ?", (now,))]
    for source_id in due:
        article = _load_article(db, source_id)
        old_states = merger.states_of(source_id, len(article.mentions))
        states, next_due = examine(article.mentions, now, least)
        changed = [it for it, (old, new) in enumerate(zip(old_states, states, strict=True)) if old != new]
        merger.remove_records(source_id, [it for it in changed if old_states[it]], article)
        arriving = [it for it in changed if states[it]]
        merger.add_records(source_id, make_arrivals(article, states, arriving, merger.home, merger.now))
        db.execute("UPDATE source SET live = ?, due = ? WHERE id = ?", (any(states[:1]), next_due, source_id))


def examine_all(db: sqlite3.Connection, least: Visibility, merger: Merger) -> None:
    """Examine all articles, and merge all link records again: the settings have changed, or time has gone backwards."""
    merger.forget_entries()
    for source_id, packed in db.execute("SELECT source_id, packed FROM article ORDER BY source_id"):
        article = unpack_article(packed)
        states, due = examine(article.mentions, to_seconds(merger.now), least)
        merger.add_records(source_id, make_arrivals(article, states, live_positions(states), merger.home, merger.now))
        db.execute(
            "UPDATE source SET live = ?1, due = ?2 WHERE id = ?3 AND (live, due) IS NOT (?1, ?2)",
            (any(states[:1]), due, source_id),
        )


def _names_of_broken_file(db: sqlite3.Connection, ledger: Ledger, path: str, before: ArticleRow | None) -> list[str]:
    """Return the feeds that an article named when it was published last; its file can't be read any more.

    So no feed ends because a file is broken for a day.

    Args:
        db: the catalogue, with the history.
        ledger: remembers the names, once they have been published like that.
        path: the file.
        before: its article as the catalogue has it, or None.
    """
    digest = losses.path_digest(path, salt_of(db))
    if digest in ledger.broken or before is None or not losses.is_published(db, path):
        return list(ledger.broken.get(digest, ()))
    return before.feed_references()


def _load_article(db: sqlite3.Connection, source_id: int) -> ArticleRow:
    (packed,) = db.execute("SELECT packed FROM article WHERE source_id = ?", (source_id,)).fetchone()
    return unpack_article(packed)


def _forget_file(db: sqlite3.Connection, source_id: int, article: ArticleRow) -> None:
    """Delete all rows of a file but those of its link records; `article` is its row."""
    _count(db, "feed_reference", Counter(article.feed_references()), -1)
    _count(db, "unused_field", Counter(article.unused), -1)
    signs = [(sign, source_id) for sign in _sign_hashes(article, salt_of(db))]
    db.executemany("DELETE FROM article_sign WHERE sign = ? AND source_id = ?", signs)
    db.execute("DELETE FROM source WHERE id = ?", (source_id,))


def _count(db: sqlite3.Connection, table: str, names: Counter[str], sign: int = 1) -> None:
    """Add to the numbers of files in a table, or subtract from them."""
    db.executemany(
        f"INSERT INTO {table} VALUES (?, ?) ON CONFLICT DO UPDATE SET files = files + excluded.files",  # noqa: S608
        ((name, sign * files) for name, files in names.items()),
    )


_SOURCE_AT = "SELECT id FROM source WHERE path = ?"

_BROKEN = """
SELECT path, packed FROM source INDEXED BY source_held CROSS JOIN article ON source_id = source.id
WHERE live = 0 AND readable = 0
"""
