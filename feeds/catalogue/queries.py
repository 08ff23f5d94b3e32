"""Queries: entries, feeds, counts and problems. Every statement here is a SELECT."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache, partial
from typing import NamedTuple

from feeds.catalogue.history import salt_of
from feeds.catalogue.membership import load_feed, name_ids
from feeds.model import (
    Feed,
    Kind,
    Link,
    Provider,
    Reductions,
)
from feeds.rules import grouping, urls
from feeds.rules.site_layout import parse_feed_folder
from feeds.rules.text import clean_text
from feeds.rules.times import EPOCH, from_seconds, latest, to_seconds


class ShownEntry(NamedTuple):
    """An entry as a feed shows it: columns of its row in the catalogue."""

    entry_id: int
    uri: str
    published: int
    updated: int
    revision: int
    feeds: bytes = b""


def newest_articles(db: sqlite3.Connection, limit: int) -> list[ShownEntry]:
    """Return the newest entries that articles are about, in the order of feeds."""
    rows = db.execute(
        "SELECT id, uri, published, updated, revision, feeds FROM entry"
        " WHERE articles > 0 AND shown ORDER BY published DESC, uri LIMIT ?",  # by the index entry_article
        (limit,),
    )
    return [ShownEntry(*row) for row in rows]


def titles_of(db: sqlite3.Connection, entry_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Return id and title of entries, by their ids in the catalogue."""
    query = "SELECT entry.id, uri, title FROM json_each(?) CROSS JOIN entry ON entry.id = value"
    return {entry_id: (uri, title) for entry_id, uri, title in db.execute(query, (str(list(entry_ids)),))}


def load_feeds(db: sqlite3.Connection, *, pending: bool = False) -> list[Feed]:
    """Return all feeds, also ended ones; or only the pending ones, whose documents may differ from the snapshot.

    The feed of all entries is the first; topics, providers and categories follow, sorted by name.
    """
    only = "WHERE pending = 1" if pending else ""
    columns = "kind, key, name, slug, entries, newest, updated, ttl, ended, displayed, short, since, activity"
    rows = db.execute(f"SELECT {columns} FROM feed {only}")  # noqa: S608 - our own text
    feeds = [
        Feed(
            kind=Kind(kind),
            key=key,
            name=name,
            slug=slug,
            count=count,
            updated=from_seconds(updated) if updated is not None else EPOCH,
            newest=from_seconds(newest) if newest is not None else None,
            ttl=ttl,
            ended=from_seconds(ended) if ended is not None else None,
            displayed=displayed,
            short=short,
            oldest=from_seconds(since),
            activity=tuple(map(int, activity.split())),
        )
        for kind, key, name, slug, count, newest, updated, ttl, ended, displayed, short, since, activity in rows
    ]
    kinds = list(Kind)
    return sorted(feeds, key=lambda feed: (kinds.index(feed.kind), feed.name.casefold(), feed.key))


def shown_entries(db: sqlite3.Connection, feed: Feed, limit: int) -> list[ShownEntry]:
    """Return the entries that `feed` shows: the newest `limit`, in the order of the feed."""
    rows = db.execute(
        "SELECT entry.id, entry.uri, published, updated, revision, feeds"
        " FROM feed_member JOIN entry ON entry.id = entry_id"
        " WHERE kind = ? AND key = ? AND feed_member.shown ORDER BY age, entry.uri LIMIT ?",
        (feed.kind, feed.key, limit),
    )
    return [ShownEntry(*row) for row in rows]


def pages_beside(db: sqlite3.Connection, entry_id: int) -> tuple[Link | None, Link | None]:
    """Return the articles before and after an article in time, of those that have pages of ours, as it has."""
    published, uri = db.execute("SELECT published, uri FROM entry WHERE id = ?", (entry_id,)).fetchone()
    earlier, later = (db.execute(query, (published, uri)).fetchone() for query in (_PAGE_BEFORE, _PAGE_AFTER))
    return Link(*earlier) if earlier else None, Link(*later) if later else None


class ListedEntry(NamedTuple):
    """An entry in a list for people: its time, its publisher as it names it, its title, its id, and its address."""

    published: datetime
    provider: Provider
    title: str
    uri: str
    url: str


def list_entries(db: sqlite3.Connection, feed: Feed, limit: int | None = None) -> Iterator[ListedEntry]:
    """Yield the newest `limit` entries of `feed`, or all of them, in the order of the feed."""
    feed_of = lru_cache(maxsize=4096)(partial(load_feed, db))
    rows = db.execute(_LISTED, (feed.kind, feed.key, limit if limit is not None else -1))
    for published, title, uri, url, feeds in rows:
        provider = next(it for it in map(feed_of, name_ids(feeds)) if it.kind is Kind.PROVIDER)
        yield ListedEntry(from_seconds(published), Provider(provider.name, provider.key), title, uri, url)


def latest_update(shown: Iterable[ShownEntry]) -> datetime:
    """Return the latest change of the entries `shown`."""
    return latest(from_seconds(entry.updated) for entry in shown)


def feeds_of(db: sqlite3.Connection, entry_id: int) -> list[tuple[Kind, str, str]]:
    """Return kind, key and name of every feed that has the entry."""
    packed, shown = db.execute("SELECT feeds, shown FROM entry WHERE id = ?", (entry_id,)).fetchone()
    named = sorted(
        {(it.kind, it.key) for it in (load_feed(db, number) for number in name_ids(packed))} if shown else ()
    )
    query = "SELECT kind, key, name FROM feed WHERE kind = ? AND key = ?"
    return [(Kind(kind), key, name) for feed in named for kind, key, name in db.execute(query, feed)]


def is_member(db: sqlite3.Connection, uri: str, folder: str) -> bool:
    """Tell whether the feed in `folder` has the entry with the id `uri`, among its shown entries or later ones."""
    kind, slug = parse_feed_folder(folder)
    keys = {key for (key,) in db.execute("SELECT key FROM feed WHERE kind = ? AND slug = ?", (kind, slug))}
    return any(
        feed_kind is kind and key in keys
        for (entry_id,) in db.execute("SELECT id FROM entry WHERE uri = ?", (uri,)).fetchall()
        for feed_kind, key, _ in feeds_of(db, entry_id)
    )


def find_entry(db: sqlite3.Connection, wanted: str) -> int | None:
    """Return the row id of the entry with the id or address `wanted`, or None."""
    wanted = clean_text(wanted)  # a command line may contain what SQLite can't store
    row = db.execute("SELECT id FROM entry WHERE uri = ? OR (url = ? AND url != '')", (wanted, wanted)).fetchone()
    if row is None and (link := urls.absolute_url(wanted if "://" in wanted else f"https://{wanted}")) is not None:
        row = db.execute(_HOLDER, (grouping.key_hash(urls.canonical_key(link), salt_of(db)),)).fetchone()
    return int(row[0]) if row is not None else None


def count_entries(db: sqlite3.Connection) -> int:
    """Return how many entries there are."""
    return one_number(db, _SIZE_OF_ALL)


def count_reductions(db: sqlite3.Connection) -> Reductions:
    """Return how many entries are shown in short form, and how many feeds show fewer entries for their size."""
    return Reductions(
        one_number(db, "SELECT count(*) FROM entry WHERE short"),
        one_number(db, "SELECT count(*) FROM feed WHERE displayed < asked"),
    )


def count_feeds(db: sqlite3.Connection) -> int:
    """Return how many feeds there are, without those that have ended."""
    return one_number(db, "SELECT count(*) FROM feed WHERE ended IS NULL")


def shared_slugs(db: sqlite3.Connection) -> list[tuple[Kind, str, str]]:
    """Return kind, name and slug of every feed that does not have the plain slug of its name."""
    rows = db.execute("SELECT kind, name, slug FROM feed WHERE slug != wanted ORDER BY kind, slug")
    return [(Kind(kind), name, slug) for kind, name, slug in rows]


def next_due(db: sqlite3.Connection, now: datetime) -> datetime | None:
    """Return the next time after `now` at which a record appears, expires, or is updated by its own date, or None."""
    (due,) = db.execute("SELECT min(due) FROM source WHERE due > ?", (to_seconds(now),)).fetchone()
    return from_seconds(due) if due is not None else None


def one_number(db: sqlite3.Connection, query: str) -> int:
    """Return the only value of a query as a whole number."""
    return int(db.execute(query).fetchone()[0])


# In the order of the index entry_page_order, and against it.
_PAGE_AFTER = """
SELECT uri, url, title FROM entry WHERE page_wanted IS NOT NULL AND published >= ?1 AND (published > ?1 OR uri < ?2)
ORDER BY published, uri DESC LIMIT 1
"""

_PAGE_BEFORE = """
SELECT uri, url, title FROM entry WHERE page_wanted IS NOT NULL AND published <= ?1 AND (published < ?1 OR uri > ?2)
ORDER BY published DESC, uri LIMIT 1
"""

_SIZE_OF_ALL = (
    "SELECT ifnull(sum(shown), 0) FROM feed_key JOIN feed_name ON feed_key_id = feed_key.id WHERE kind = 'all'"
)

# The entries come from the primary key of `member` in their order: only those of one moment are sorted. The provider of
# an entry is the one whose feed it is in.
_LISTED = """
SELECT published, title, uri, url, feeds FROM feed_member CROSS JOIN entry ON entry.id = entry_id
WHERE kind = ? AND key = ? AND feed_member.shown ORDER BY age, uri LIMIT ?
"""

# Entries share a key if their articles are on one page: the first article is meant.
_HOLDER = """
SELECT entry.id FROM page_key CROSS JOIN mention ON mention.id = mention_id CROSS JOIN entry ON entry.id = entry_id
WHERE page_key.key = ? ORDER BY articles = 0, published, entry.uri LIMIT 1
"""
