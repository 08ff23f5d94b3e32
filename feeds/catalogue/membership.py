"""Membership: the feeds of an entry, the spellings of the names of feeds, and their counts."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import NamedTuple

from feeds.catalogue.rows import to_json
from feeds.model import Kind, Outline
from feeds.rules.text import name_key

FeedKey = tuple[Kind, str]

CACHE_SIZE = 16_384
"""The number of names, providers, and combinations of names that are cached with their feeds."""


class Placement(NamedTuple):
    """The feeds of entries that have the same names.

    Attributes:
        feeds: kind and key of every feed, also of feeds that the settings leave out.
        numbers: the ids in `feed_key` and `feed_name` of the feeds that are not left out, in pairs.
        as_json: the same for the column `entry.feeds`.
    """

    feeds: tuple[FeedKey, ...]
    numbers: tuple[tuple[int, int], ...]
    as_json: str


class Memberships:
    """The memberships of merged entries: rows are collected and written in batches, counts are written at the end.

    Args:
        db: the catalogue.
        exclude: feeds that the settings leave out.
    """

    def __init__(self, db: sqlite3.Connection, exclude: Collection[FeedKey]) -> None:
        self._db = db
        self._exclude = exclude
        self._rows: list[tuple[int, int, int, bool]] = []
        self._touched: set[FeedKey] = set()
        self._added: Counter[tuple[tuple[tuple[int, int], ...], bool]] = Counter()
        self._members: Counter[int] = Counter()  # feed_name.id → change of its column `members`
        self._shown: Counter[int] = Counter()
        self._place_provider = lru_cache(maxsize=CACHE_SIZE)(self._look_up_provider)
        self._place_names = lru_cache(maxsize=CACHE_SIZE)(self._look_up_names)
        self._numbers_of = lru_cache(maxsize=CACHE_SIZE)(self._look_up_numbers)

    def placement(self, entry: Outline) -> Placement:
        """Return the feeds of an entry. There are few names, so both parts of the result are cached."""
        by_provider, by_names = self._place_provider(entry.provider), self._place_names(entry.topics, entry.categories)
        comma = "," if by_provider.numbers and by_names.numbers else ""
        as_json = f"{by_provider.as_json[:-1]}{comma}{by_names.as_json[1:]}"
        return Placement(by_provider.feeds + by_names.feeds, by_provider.numbers + by_names.numbers, as_json)

    def add(self, entry_id: int, published: int, shown: bool, numbers: tuple[tuple[int, int], ...]) -> None:
        """Add an entry to the feeds with these numbers (:attr:`Placement.numbers`)."""
        self._rows += [(feed_key_id, -published, entry_id, shown) for feed_key_id, _ in numbers]
        self._added[numbers, shown] += 1

    def remove_dirty(self) -> None:
        """Remove the dirty entries from all feeds."""
        for feed_name_id, members, shown in self._db.execute(_COUNT_DIRTY):
            self._members[feed_name_id] -= members
            self._shown[feed_name_id] -= shown
        self._db.execute(_REMOVE_DIRTY)

    def write(self) -> None:
        """Write the added rows."""
        self._db.executemany("INSERT INTO member VALUES (?, ?, ?, ?)", self._rows)
        self._rows.clear()
        for (numbers, shown), count in self._added.items():
            for _, feed_name_id in numbers:
                self._members[feed_name_id] += count
                self._shown[feed_name_id] += count * shown
        self._added.clear()

    def finish(self) -> None:
        """Write the counts, and mark the feeds that have gained an entry as pending."""
        db = self._db
        changes = [(count, self._shown[feed_name_id], feed_name_id) for feed_name_id, count in self._members.items()]
        db.executemany("UPDATE feed_name SET members = members + ?, shown = shown + ? WHERE id = ?", changes)
        db.execute("DELETE FROM feed_name WHERE members = 0")
        db.executemany(
            "INSERT INTO feed (kind, key) VALUES (?, ?) ON CONFLICT DO UPDATE SET pending = 1", sorted(self._touched)
        )

    def _look_up_provider(self, provider: tuple[str, str]) -> Placement:
        name, domain = provider
        return self._look_up({(Kind.ALL, ""): "", (Kind.PROVIDER, domain): name})

    def _look_up_names(self, topics: tuple[str, ...], categories: tuple[str, ...]) -> Placement:
        names = {(Kind.TOPIC, name_key(name)): name for name in topics}
        names |= {(Kind.CATEGORY, name_key(name)): name for name in categories}
        return self._look_up(names)

    def _look_up(self, names: Mapping[FeedKey, str]) -> Placement:
        numbers = tuple(self._numbers_of(feed, name) for feed, name in names.items() if feed not in self._exclude)
        return Placement(tuple(names), numbers, to_json(numbers))

    def _look_up_numbers(self, feed: FeedKey, name: str) -> tuple[int, int]:
        """Return the ids of a feed in `feed_key` and of a spelling of its name in `feed_name`; insert missing rows."""
        db = self._db
        db.execute("INSERT OR IGNORE INTO feed_key (kind, key) VALUES (?, ?)", feed)
        (feed_key_id,) = db.execute("SELECT id FROM feed_key WHERE kind = ? AND key = ?", feed).fetchone()
        db.execute("INSERT OR IGNORE INTO feed_name (feed_key_id, name) VALUES (?, ?)", (feed_key_id, name))
        query = "SELECT id FROM feed_name WHERE feed_key_id = ? AND name = ?"
        (feed_name_id,) = db.execute(query, (feed_key_id, name)).fetchone()
        self._touched.add(feed)
        return feed_key_id, feed_name_id


# CROSS JOIN fixes the order of the tables: the dirty entries come first, and they are few.
_COUNT_DIRTY = """
SELECT json_extract(value, '$[1]'), count(*), sum(shown)
FROM dirty_entry CROSS JOIN entry ON entry.id = entry_id CROSS JOIN json_each(feeds) GROUP BY 1
"""

# By the whole primary key of `member`: there is no index by entry.
_REMOVE_DIRTY = """
DELETE FROM member WHERE (feed_key_id, age, entry_id) IN (
    SELECT json_extract(value, '$[0]'), -published, entry_id
    FROM dirty_entry CROSS JOIN entry ON entry.id = entry_id CROSS JOIN json_each(feeds)
)
"""
