"""Entries as they are rendered: their link records and related entries, read back from the catalogue."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from feeds.catalogue import history
from feeds.catalogue.membership import FeedLinks
from feeds.catalogue.packing import LoadedMention, load_mentions, pack, unpack_mention
from feeds.catalogue.popular_pages import load_summary
from feeds.catalogue.related import RelatedEntry, load_related
from feeds.model import Entry, FeedLink, Link, Mention
from feeds.rules import entries
from feeds.rules.entries import EntrySettings, Names
from feeds.rules.times import from_seconds

ENTRIES_PER_QUERY = 64
"""The number of entries that one query reads."""


def mentions_of(db: sqlite3.Connection, entry_id: int) -> list[Mention]:
    """Return the live mentions of the entry."""
    numbers = [number for (number,) in db.execute("SELECT id FROM mention WHERE entry_id = ?", (entry_id,))]
    return [unpack_mention(mention.packed) for mention in load_mentions(db, numbers)]


class EntryRows(NamedTuple):
    """The rows of an entry. :func:`merge_rows` makes the entry, in any process.

    Attributes:
        entry_id: its row.
        mentions: its mentions, packed; of a popular page, those that decide (:class:`PageSummary`).
        names: the names of a popular page; None if the mentions have them all.
        uri: its id.
        updated: the time of its last change, in seconds.
        page, page_url: slug and address of the page that we make for it, if it has none.
        related: the related entries that it shows.
        feeds: the feeds that have it.
        keys: the hashes of the keys of all its mentions.
    """

    entry_id: int
    mentions: list[bytes]
    names: Names | None
    uri: str
    updated: int
    page: str | None
    page_url: str
    related: list[RelatedEntry]
    feeds: tuple[FeedLink, ...]
    keys: tuple[int, ...]


def load_entry(db: sqlite3.Connection, entry_id: int, settings: EntrySettings) -> Entry:
    """Return the entry with everything that its fragments show: its mentions merged, and its related entries."""
    (rows,) = load_entry_rows(db, [entry_id])
    return merge_rows(rows, settings)


def load_entry_rows(db: sqlite3.Connection, entry_ids: Iterable[int]) -> Iterator[EntryRows]:
    """Yield the rows of entries, in the order of `entry_ids`."""
    rest, links = iter(entry_ids), FeedLinks(db)
    while some := list(islice(rest, ENTRIES_PER_QUERY)):
        ids = json.dumps(some)
        summaries = {number: load_summary(db, number) for (number,) in db.execute(_POPULAR_OF_SOME, (ids,)).fetchall()}
        entry_of = dict(db.execute(_MENTIONS_OF_SOME, (ids,)))
        mentions: dict[int, list[LoadedMention]] = defaultdict(list)
        for mention in load_mentions(db, entry_of):
            mentions[entry_of[mention.number]].append(mention)
        related = load_related(db, some, links)
        states = {number: state for number, *state in db.execute(_STATES_OF_SOME, (ids,))}
        for number in some:
            summary = summaries.get(number)
            if summary is not None:
                packed, names = [pack(it.mention) for it in summary.deciding], summary.names()
                keys = tuple(summary.keys)
            else:
                packed, names = [bytes(mention.packed) for mention in mentions[number]], None
                keys = tuple({key for mention in mentions[number] for key in mention.keys})
            uri, updated, page, page_url, feeds = states[number]
            shown_in = links.of(feeds)
            yield EntryRows(number, packed, names, uri, updated, page, page_url, related[number], shown_in, keys)


def note_shown(db: sqlite3.Connection, rows: EntryRows, salt: bytes) -> None:
    """Note an entry whose id subscribers know (:func:`feeds.catalogue.history.note_shown`)."""
    mentions = [unpack_mention(packed) for packed in rows.mentions]
    history.note_shown(db, rows.entry_id, rows.uri, rows.keys, mentions, salt)


def merge_rows(rows: EntryRows, settings: EntrySettings) -> Entry:
    """Return the entry of these rows."""
    return entries.merge(
        map(unpack_mention, rows.mentions),
        settings,
        identity=rows.uri,
        updated=from_seconds(rows.updated),
        names=rows.names,
        page=rows.page,
        page_url=rows.page_url,
        related=tuple(Link(it.uri, it.url, it.title, it.provider, bool(it.mentions)) for it in rows.related),
        feeds=rows.feeds,
    )


_POPULAR_OF_SOME = "SELECT entry_id FROM json_each(?) CROSS JOIN popular ON entry_id = value"

# A popular page has a summary: its records are many.
_MENTIONS_OF_SOME = """
SELECT mention.id, entry_id FROM json_each(?) CROSS JOIN mention ON entry_id = value
WHERE NOT EXISTS (SELECT 1 FROM popular WHERE popular.entry_id = value)
"""

_STATES_OF_SOME = (
    "SELECT entry.id, uri, updated, page, url, feeds FROM json_each(?) CROSS JOIN entry ON entry.id = value"
)
