"""Queries: entries, feeds, counts and problems. Every statement here is a SELECT."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache, partial
from itertools import islice
from typing import Any, NamedTuple

from feeds.catalogue.rows import QUALIFIED_MENTION_COLUMNS, TEXT_COLUMNS, make_mention
from feeds.model import Counts, Entry, Feed, HeldBack, Kind, Link, Mention, Problem, Provider, Severity, Visibility
from feeds.rules import entries, urls
from feeds.rules.entries import RELATED_LIMIT
from feeds.rules.site_layout import parse_feed_folder
from feeds.rules.text import clean_text
from feeds.rules.times import EPOCH, from_seconds, latest, to_seconds

ENTRIES_PER_QUERY = 64
"""The number of entries that one query reads."""

MOST_SORTED = 10_000
"""The number of rows that are sorted by path. To sort them, SQLite holds them all in memory; where there are more, it
walks through all files by path, which takes longer and needs no memory."""

SPEAKERS_CACHED = 1_024
"""The number of entries of which the article that speaks is remembered while merged articles are listed."""


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
        page, page_url: slug and address of the page that we make for it, if it has none.
        related: the fields of a :class:`Link` for every related entry.
    """

    mentions: list[tuple[str, Sequence[Any]]]
    uri: str
    page: str | None
    page_url: str
    related: list[list[str]]


def load_entry(db: sqlite3.Connection, entry_id: int, home: Provider) -> Entry:
    """Return the entry with everything that its fragments show: its mentions merged, and its related entries."""
    (rows,) = load_entry_rows(db, [entry_id])
    return merge_rows(rows, home)


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
            uri, page, page_url = states[number]
            yield EntryRows(mentions[number], uri, page, page_url, related[number])


def merge_rows(rows: EntryRows, home: Provider) -> Entry:
    """Return the entry of these rows; `home` is the site as a provider."""
    return entries.merge(
        [make_mention(path, row) for path, row in rows.mentions],
        home,
        identity=rows.uri,
        page=rows.page,
        page_url=rows.page_url,
        related=tuple(Link(*fields) for fields in rows.related),
    )


def load_feeds(db: sqlite3.Connection, *, pending: bool = False) -> list[Feed]:
    """Return all feeds, also ended ones; or only the pending ones, whose documents may differ from the snapshot.

    The feed of all entries is the first; topics, providers and categories follow, sorted by name.
    """
    only = "WHERE pending = 1" if pending else ""
    rows = db.execute(f"SELECT kind, key, name, slug, entries, newest, updated, ttl, ended FROM feed {only}")  # noqa: S608
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
        )
        for kind, key, name, slug, count, newest, updated, ttl, ended in rows
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


def count_articles(db: sqlite3.Connection, now: datetime, least: Visibility) -> Counts:
    """Return the numbers of files by result.

    Args:
        db: the catalogue.
        now: the time of the build.
        least: the lowest visibility that is published.
    """
    files, problems, published, unpublished, expired = db.execute(
        "SELECT count(*), ifnull(sum(NOT readable), 0), ifnull(sum(live), 0),"
        " ifnull(sum(readable AND visibility < :least), 0),"
        " ifnull(sum(readable AND visibility >= :least AND expires IS NOT NULL AND expires <= :now), 0) FROM source",
        {"least": least, "now": to_seconds(now)},
    ).fetchone()
    future = files - problems - published - unpublished - expired
    return Counts(files, published, unpublished, future, expired, problems)


def held_back_articles(db: sqlite3.Connection, now: datetime, least: Visibility) -> Iterator[HeldBack]:
    """Yield every article that could be read and is not published, by path; the arguments are as above."""
    few = _one_number(db, "SELECT count(*) FROM source WHERE live = 0 AND readable = 1") <= MOST_SORTED
    # Unary +: the index source_live selects the few rows that are not live. Without it, SQLite walks all rows by path.
    selected = "live = 0 AND readable = 1 ORDER BY +path" if few else "+live = 0 AND readable = 1 ORDER BY path"
    values = {"least": least, "now": to_seconds(now)}
    for path, mark, state, appears, expires in db.execute(f"{_FILE_STATE} WHERE {selected}", values):
        yield HeldBack(path, state, mark, _due(state, appears, expires))


def file_state(
    db: sqlite3.Connection, path: str, now: datetime, least: Visibility
) -> tuple[str, str, datetime | None] | None:
    """Return state, mark and due of the file `path` as in :class:`HeldBack`; None if the catalogue does not know it.

    There are two more states: ``published``, and ``lost`` to an error. The other arguments are as above.
    """
    values = {"least": least, "now": to_seconds(now), "path": path}
    row = db.execute(f"{_FILE_STATE} WHERE path = :path", values).fetchone()
    return (row[2], row[1], _due(*row[2:])) if row is not None else None


def _due(state: str, appears: int, expires: int | None) -> datetime | None:
    due = {"expired": expires, "future": appears}.get(state)
    return from_seconds(due) if due is not None else None


def entry_of_file(db: sqlite3.Connection, path: str) -> int | None:
    """Return the row id of the entry of the article in the file `path`, or None if it has none."""
    row = db.execute(
        "SELECT entry_id FROM source JOIN mention ON source_id = source.id WHERE path = ? AND position = 0", (path,)
    ).fetchone()
    return row[0] if row is not None else None


def merged_articles(db: sqlite3.Connection) -> Iterator[tuple[Mention, Mention]]:
    """Yield every article of which another one speaks for the entry, by path, with the one that speaks; without texts.

    There are as many as :func:`count_merged_articles` says.
    """
    speaker_of = lru_cache(maxsize=SPEAKERS_CACHED)(partial(speaking_article, db))
    on_entry, on_source = "entry ON entry.id = entry_id", "source ON source.id = source_id"
    tables = f"entry CROSS JOIN mention ON entry_id = entry.id CROSS JOIN {on_source}"
    if count_merged_articles(db) > MOST_SORTED:
        tables = f"source CROSS JOIN mention ON source_id = source.id CROSS JOIN {on_entry}"
    rows = db.execute(
        f"SELECT entry_id, path, {QUALIFIED_MENTION_COLUMNS} FROM {tables}"  # noqa: S608
        " WHERE position = 0 AND articles > 1 ORDER BY path"
    )
    for entry_id, path, *row in rows:
        mention, speaker = make_mention(path, row), speaker_of(entry_id)
        if mention.path != speaker.path:
            yield mention, speaker


def speaking_article(db: sqlite3.Connection, entry_id: int) -> Mention:
    """Return the article that speaks for an entry: it gives it its id, title and date. Its text is left out.

    Raises:
        ValueError: no article is about this page.
    """
    rows = db.execute(_OWN_MENTIONS, (entry_id,))
    return min((make_mention(path, row) for path, *row in rows), key=entries.representation_order)


def count_merged_articles(db: sqlite3.Connection) -> int:
    """Return how many articles there are of which another one speaks for the entry."""
    return _one_number(db, "SELECT ifnull(sum(articles - 1), 0) FROM entry WHERE articles > 1")


def count_entries(db: sqlite3.Connection) -> int:
    """Return how many entries there are."""
    return _one_number(db, _SIZE_OF_ALL)


def count_feeds(db: sqlite3.Connection) -> int:
    """Return how many feeds there are, without those that have ended."""
    return _one_number(db, "SELECT count(*) FROM feed WHERE ended IS NULL")


def load_problems(db: sqlite3.Connection) -> Iterator[Problem]:
    """Return every problem, by path and line."""
    few = _one_number(db, "SELECT count(*) FROM problem") <= MOST_SORTED
    tables = "problem CROSS JOIN source" if few else "source CROSS JOIN problem"  # CROSS JOIN fixes their order
    rows = db.execute(
        f"SELECT path, line, field, reason, advice, severity FROM {tables} ON source.id = source_id"  # noqa: S608
        " ORDER BY path, line, field, reason"
    )
    return itertools.starmap(_make_problem, rows)


def problems_of_file(db: sqlite3.Connection, path: str) -> list[Problem]:
    """Return the problems of the file `path`, by line."""
    rows = db.execute(
        "SELECT path, line, field, reason, advice, severity FROM source JOIN problem ON source_id = source.id"
        " WHERE path = ? ORDER BY line, field, reason",
        (path,),
    )
    return list(itertools.starmap(_make_problem, rows))


def _make_problem(path: str, line: int, field: str, reason: str, advice: str, severity: str) -> Problem:
    return Problem(path, line, field, reason, advice, Severity(severity))


def count_problems(db: sqlite3.Connection) -> dict[Severity, int]:
    """Return the number of problems of each severity."""
    # GROUP BY would sort all rows.
    sums = ", ".join(f"ifnull(sum(severity = '{severity}'), 0)" for severity in Severity)
    return dict(zip(Severity, db.execute(f"SELECT {sums} FROM problem").fetchone(), strict=True))  # noqa: S608


def shared_slugs(db: sqlite3.Connection) -> list[tuple[Kind, str, str]]:
    """Return kind, name and slug of every feed that does not have the plain slug of its name."""
    rows = db.execute("SELECT kind, name, slug FROM feed WHERE slug != wanted ORDER BY kind, slug")
    return [(Kind(kind), name, slug) for kind, name, slug in rows]


def next_due(db: sqlite3.Connection, now: datetime) -> datetime | None:
    """Return the next time at which an article or a related page may appear or expires, or None."""
    (due,) = db.execute(
        "SELECT min(due) FROM (SELECT min(appears) AS due FROM mention WHERE live = 0 AND appears > :now"
        " UNION ALL SELECT min(expires) FROM mention WHERE expires > :now AND +live = 1)",
        {"now": to_seconds(now)},
    ).fetchone()
    return from_seconds(due) if due is not None else None


def _one_number(db: sqlite3.Connection, query: str) -> int:
    return int(db.execute(query).fetchone()[0])


_SIZE_OF_ALL = (
    "SELECT ifnull(sum(shown), 0) FROM feed_key JOIN feed_name ON feed_key_id = feed_key.id WHERE kind = 'all'"
)

_FILE_STATE = """
SELECT path, mark,
    CASE WHEN NOT readable THEN 'lost' WHEN live THEN 'published' WHEN visibility < :least THEN 'unpublished'
        WHEN expires <= :now THEN 'expired' ELSE 'future' END,
    appears, expires
FROM source
"""

# The entries come from the primary key of `member` in their order: only those of one moment are sorted. The provider of
# an entry is the one whose feed it is in.
_LISTED = """
SELECT published, title, uri, url, provider.key, feed_name.name FROM feed_member CROSS JOIN entry ON entry.id = entry_id
    CROSS JOIN json_each(entry.feeds) AS place
    CROSS JOIN feed_key AS provider ON provider.id = json_extract(place.value, '$[0]') AND provider.kind = 'provider'
    CROSS JOIN feed_name ON feed_name.id = json_extract(place.value, '$[1]')
WHERE feed_member.kind = ? AND feed_member.key = ? AND feed_member.shown ORDER BY age, uri LIMIT ?
"""

_OWN_MENTIONS = f"""
SELECT source.path, {QUALIFIED_MENTION_COLUMNS} FROM mention CROSS JOIN source ON source.id = source_id
WHERE entry_id = ? AND position = 0
"""  # noqa: S608 - our own text

_MENTIONS_OF_SOME = f"""
SELECT entry_id, source.path, {QUALIFIED_MENTION_COLUMNS}, {TEXT_COLUMNS}
FROM json_each(?) CROSS JOIN mention ON entry_id = value CROSS JOIN source ON source.id = source_id
"""  # noqa: S608 - our own text

_STATES_OF_SOME = "SELECT entry.id, uri, page, url FROM json_each(?) CROSS JOIN entry ON entry.id = value"

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
