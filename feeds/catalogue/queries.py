"""Queries: entries, feeds, counts and problems. Every statement here is a SELECT."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from feeds.catalogue.rows import QUALIFIED_MENTION_COLUMNS, TEXT_COLUMNS, make_mention
from feeds.model import (
    Entry,
    Feed,
    Kind,
    Link,
    Mention,
    Provider,
    Reductions,
)
from feeds.rules import entries, urls
from feeds.rules.entries import RELATED_LIMIT, EntrySettings
from feeds.rules.site_layout import parse_feed_folder
from feeds.rules.text import clean_text
from feeds.rules.times import EPOCH, from_seconds, latest, to_seconds

ENTRIES_PER_QUERY = 64
"""The number of entries that one query reads."""


class ShownEntry(NamedTuple):
    """An entry as a feed shows it: its id in the catalogue, its URI, and the columns by which a feed is sorted."""

    entry_id: int
    uri: str
    published: int
    updated: int


def mentions_of(db: sqlite3.Connection, entry_id: int) -> list[Mention]:
    """Return the live mentions of the entry."""
    rows = db.execute(_MENTIONS_OF_SOME, (json.dumps([entry_id]),))
    return [make_mention(path, row) for _, path, *row in rows]


class EntryRows(NamedTuple):
    """The rows of an entry. :func:`merge_rows` makes the entry, in any process.

    Attributes:
        mentions: the path and the row of every mention (:func:`feeds.catalogue.rows.make_mention`).
        uri: its id.
        updated: the time of its last change, in seconds.
        page, page_url: slug and address of the page that we make for it, if it has none.
        related: the fields of a :class:`Link` for every related entry.
    """

    mentions: list[tuple[str, Sequence[Any]]]
    uri: str
    updated: int
    page: str | None
    page_url: str
    related: list[list[str]]


def load_entry(db: sqlite3.Connection, entry_id: int, settings: EntrySettings) -> Entry:
    """Return the entry with everything that its fragments show: its mentions merged, and its related entries."""
    (rows,) = load_entry_rows(db, [entry_id])
    return merge_rows(rows, settings)


def load_entry_rows(db: sqlite3.Connection, entry_ids: Iterable[int]) -> Iterator[EntryRows]:
    """Yield the rows of entries, in the order of `entry_ids`."""
    rest = iter(entry_ids)
    while some := list(islice(rest, ENTRIES_PER_QUERY)):
        numbers = json.dumps(some)
        mentions: dict[int, list[tuple[str, Sequence[Any]]]] = defaultdict(list)
        for number, path, *row in db.execute(_MENTIONS_OF_SOME, (numbers,)):
            mentions[number].append((path, row))
        related: dict[int, list[list[str]]] = defaultdict(list)
        for number, *link in db.execute(_RELATED, {"entries": numbers, "limit": RELATED_LIMIT}):
            related[number].append(link)
        states = {number: state for number, *state in db.execute(_STATES_OF_SOME, (numbers,))}
        for number in some:
            uri, updated, page, page_url = states[number]
            yield EntryRows(mentions[number], uri, updated, page, page_url, related[number])


def merge_rows(rows: EntryRows, settings: EntrySettings) -> Entry:
    """Return the entry of these rows."""
    return entries.merge(
        [make_mention(path, row) for path, row in rows.mentions],
        settings,
        identity=rows.uri,
        updated=from_seconds(rows.updated),
        page=rows.page,
        page_url=rows.page_url,
        related=tuple(Link(*fields) for fields in rows.related),
    )


def load_feeds(db: sqlite3.Connection, *, pending: bool = False) -> list[Feed]:
    """Return all feeds, also ended ones; or only the pending ones, whose documents may differ from the snapshot.

    The feed of all entries is the first; topics, providers and categories follow, sorted by name.
    """
    only = "WHERE pending = 1" if pending else ""
    columns = "kind, key, name, slug, entries, newest, updated, ttl, ended, displayed, short"
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
        )
        for kind, key, name, slug, count, newest, updated, ttl, ended, displayed, short in rows
    ]
    kinds = list(Kind)
    return sorted(feeds, key=lambda feed: (kinds.index(feed.kind), feed.name.casefold(), feed.key))


def shown_entries(db: sqlite3.Connection, feed: Feed, limit: int) -> list[ShownEntry]:
    """Return the entries that `feed` shows: the newest `limit`, in the order of the feed."""
    rows = db.execute(
        "SELECT entry.id, entry.uri, published, updated FROM feed_member JOIN entry ON entry.id = entry_id"
        " WHERE kind = ? AND key = ? AND feed_member.shown ORDER BY age, entry.uri LIMIT ?",
        (feed.kind, feed.key, limit),
    )
    return [ShownEntry(*row) for row in rows]


class ListedEntry(NamedTuple):
    """An entry in a list for people: its time, its publisher as it names it, its title, its id, and its address."""

    published: datetime
    provider: Provider
    title: str
    uri: str
    url: str


def list_entries(db: sqlite3.Connection, feed: Feed, limit: int | None = None) -> Iterator[ListedEntry]:
    """Yield the newest `limit` entries of `feed`, or all of them, in the order of the feed."""
    rows = db.execute(_LISTED, (feed.kind, feed.key, limit if limit is not None else -1))
    for published, title, uri, url, domain, name in rows:
        yield ListedEntry(from_seconds(published), Provider(name, domain), title, uri, url)


def latest_update(shown: Iterable[ShownEntry]) -> datetime:
    """Return the latest change of the entries `shown`."""
    return latest(from_seconds(entry.updated) for entry in shown)


def feeds_of(db: sqlite3.Connection, entry_id: int) -> list[tuple[Kind, str, str]]:
    """Return kind, key and name of every feed that has the entry."""
    rows = db.execute(
        "SELECT kind, key, feed.name FROM entry_feed JOIN feed USING (kind, key) WHERE entry_id = ? AND shown"
        " ORDER BY kind, key",
        (entry_id,),
    )
    return [(Kind(kind), key, name) for kind, key, name in rows]


def is_member(db: sqlite3.Connection, uri: str, folder: str) -> bool:
    """Tell whether the feed in `folder` has the entry with the id `uri`, among its shown entries or later ones."""
    row = db.execute(
        "SELECT 1 FROM entry CROSS JOIN entry_feed ON entry_id = entry.id CROSS JOIN feed USING (kind, key)"
        " WHERE entry.uri = ? AND entry_feed.shown AND feed.kind = ? AND feed.slug = ?",
        (uri, *parse_feed_folder(folder)),
    ).fetchone()
    return row is not None


def find_entry(db: sqlite3.Connection, wanted: str) -> int | None:
    """Return the row id of the entry with the id or address `wanted`, or None."""
    wanted = clean_text(wanted)  # a command line may contain what SQLite can't store
    row = db.execute("SELECT id FROM entry WHERE uri = ? OR (url = ? AND url != '')", (wanted, wanted)).fetchone()
    if row is None and (link := urls.absolute_url(wanted if "://" in wanted else f"https://{wanted}")) is not None:
        row = db.execute(
            "SELECT entry_id FROM mention_key JOIN mention ON mention.id = mention_id"
            " WHERE mention_key.key = ? AND entry_id IS NOT NULL ORDER BY position > 0, published, mention.id",
            (entries.key_hash(urls.canonical_key(link)),),
        ).fetchone()
    return int(row[0]) if row is not None else None


def count_entries(db: sqlite3.Connection) -> int:
    """Return how many entries there are."""
    return one_number(db, _SIZE_OF_ALL)


def count_reductions(db: sqlite3.Connection) -> Reductions:
    """Return how many entries are shown in short form, and how many feeds show fewer entries for their size."""
    return Reductions(
        one_number(db, "SELECT count(*) FROM fragment WHERE short"),
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
    """Return the next time at which a record may appear or expires, or at which its last change lies, or None."""
    (due,) = db.execute(
        "SELECT min(due) FROM (SELECT min(appears) AS due FROM mention WHERE live = 0 AND appears > :now"
        " UNION ALL SELECT min(expires) FROM mention WHERE expires > :now AND +live = 1"
        " UNION ALL SELECT min(late) FROM mention WHERE late > :now AND +live = 1)",
        {"now": to_seconds(now)},
    ).fetchone()
    return from_seconds(due) if due is not None else None


def one_number(db: sqlite3.Connection, query: str) -> int:
    """Return the only value of a query as a whole number."""
    return int(db.execute(query).fetchone()[0])


_SIZE_OF_ALL = (
    "SELECT ifnull(sum(shown), 0) FROM feed_key JOIN feed_name ON feed_key_id = feed_key.id WHERE kind = 'all'"
)

_LISTED = """
SELECT published, title, uri, url, provider.key, feed_name.name FROM feed_member CROSS JOIN entry ON entry.id = entry_id
    CROSS JOIN json_each(entry.feeds) AS place
    CROSS JOIN feed_key AS provider ON provider.id = json_extract(place.value, '$[0]') AND provider.kind = 'provider'
    CROSS JOIN feed_name ON feed_name.id = json_extract(place.value, '$[1]')
WHERE feed_member.kind = ? AND feed_member.key = ? AND feed_member.shown ORDER BY age, uri LIMIT ?
"""

_MENTIONS_OF_SOME = f"""
SELECT entry_id, source.path, {QUALIFIED_MENTION_COLUMNS}, {TEXT_COLUMNS}
FROM json_each(?) CROSS JOIN mention ON entry_id = value CROSS JOIN source ON source.id = source_id
"""  # noqa: S608 - our own text

_STATES_OF_SOME = "SELECT entry.id, uri, updated, page, url FROM json_each(?) CROSS JOIN entry ON entry.id = value"

_RELATED = """
WITH beside AS (
    SELECT DISTINCT mine.entry_id AS number, other.entry_id AS other
    FROM json_each(:entries) CROSS JOIN mention AS mine ON mine.entry_id = value
    CROSS JOIN mention AS other ON other.source_id = mine.source_id
    WHERE other.entry_id != mine.entry_id AND (mine.position = 0) != (other.position = 0)
), ranked AS (
    SELECT number, uri, url, title, row_number() OVER (PARTITION BY number ORDER BY published DESC, uri) AS place
    FROM beside CROSS JOIN entry ON entry.id = other WHERE shown
)
SELECT number, uri, url, title FROM ranked WHERE place <= :limit ORDER BY number, place
"""
