"""Membership: the feeds of an entry, the spellings of the names of feeds, and their counts.

An entry has the ids in `feed_name` of its feeds, packed: they say in which feeds it is, and how it spells their names.
"""

from __future__ import annotations

import sqlite3
import struct
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from feeds.model import FeedLink, Kind, Outline
from feeds.rules.site_layout import HOME_KEY
from feeds.rules.text import name_key
from feeds.rules.times import month_number
from feeds.settings.site import Site

FeedKey = tuple[Kind, str]

CACHE_SIZE = 16_384
"""The number of names, providers, and combinations of names that are cached with their feeds."""

ROWS_PER_STEP = 50_000
"""The number of rows of table `member` that are sorted and written at a time: sorted rows are written faster."""


class Placement(NamedTuple):
    """The feeds of entries that have the same names.

    Attributes:
        feeds: kind and key of every feed, also of feeds that the settings leave out.
        packed: the column `entry.feeds`: the feeds that are not left out.
    """

    feeds: tuple[FeedKey, ...]
    packed: bytes


class NamedFeed(NamedTuple):
    """A feed as an entry names it: the id in `feed_key`, kind and key, and the spelling of its name."""

    feed_id: int
    kind: Kind
    key: str
    name: str


def name_ids(packed: bytes) -> tuple[int, ...]:
    """Return the ids in table `feed_name` in a value of the column `entry.feeds`."""
    return struct.unpack(f"<{len(packed) // 4}I", packed)


def load_feed(db: sqlite3.Connection, name_id: int) -> NamedFeed:
    """Return the feed of a row in `feed_name`."""
    feed_id, kind, key, name = db.execute(_FEED_OF_NAME, (name_id,)).fetchone()
    return NamedFeed(feed_id, Kind(kind), key, name)


def provider_of(packed: bytes) -> bytes:
    """Return the part of a value of the column `entry.feeds` that tells the provider as the entry spells it.

    The provider comes second, behind the feed of all entries (:meth:`Memberships.placement`).
    """
    return packed[4:8]


class FeedLinks:
    """The feeds of entries as pages link to them.

    The slugs of all feeds must have been assigned.

    Args:
        db: the catalogue.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._link = lru_cache(maxsize=CACHE_SIZE)(self._look_up)
        self.of = lru_cache(maxsize=CACHE_SIZE)(self._links_of)
        self.provider = lru_cache(maxsize=CACHE_SIZE)(self._provider)

    def _links_of(self, packed: bytes) -> tuple[FeedLink, ...]:
        """Return the feeds in a value of the column `entry.feeds`, but for the one of all entries."""
        links = map(self._link, name_ids(packed))
        return tuple(link for link in links if link.kind is not Kind.ALL and link.slug)

    def _provider(self, packed: bytes) -> str:
        """Return the name of the provider in a value of the column `entry.feeds`."""
        return self._link(*name_ids(provider_of(packed))).name

    def _look_up(self, name_id: int) -> FeedLink:
        kind, name, slug = self._db.execute(_LINK_OF_NAME, (name_id,)).fetchone()
        return FeedLink(Kind(kind), name, slug or "")


def feed_reference(kind: Kind, key: str) -> str:
    """Return the text that stands for a feed in table `feed_reference`."""
    return f"{kind} {key}"


class Memberships:
    """The memberships of merged entries: rows are collected and written together, counts are written at the end.

    Attributes:
        newest_lost: feed → the newest time at which it has lost an entry: also one that it has now at another time.

    Args:
        db: the catalogue.
        site: the settings.
    """

    def __init__(self, db: sqlite3.Connection, site: Site) -> None:
        self._db = db
        self._exclude = site.selection.exclude
        self._home = site.home.domain
        self._zone = site.zone
        self._removed: list[tuple[int, int, int]] = []
        self._added: list[tuple[int, int, int, bool]] = []
        self._counts: Counter[tuple[bytes, bool, int]] = Counter()  # feeds, shown, month → entries
        self.newest_lost: dict[int, int] = {}
        self._place_provider = lru_cache(maxsize=CACHE_SIZE)(self._look_up_provider)
        self._place_names = lru_cache(maxsize=CACHE_SIZE)(self._look_up_names)
        self._id_of_name = lru_cache(maxsize=CACHE_SIZE)(self._look_up_name)
        self._feed_of_name = lru_cache(maxsize=CACHE_SIZE)(lambda name_id: load_feed(db, name_id).feed_id)
        self._feeds_of = lru_cache(maxsize=CACHE_SIZE)(
            lambda packed: [self._feed_of_name(name_id) for name_id in name_ids(packed)]
        )

    def placement(self, entry: Outline) -> Placement:
        """Return the feeds of an entry. There are few names, so both parts of the result are cached."""
        by_provider, by_names = self._place_provider(entry.provider), self._place_names(entry.topics, entry.categories)
        return Placement(by_provider.feeds + by_names.feeds, by_provider.packed + by_names.packed)

    def feed_ids(self, packed: bytes) -> list[int]:
        """Return the ids of the feeds in a value of the column `entry.feeds`."""
        return self._feeds_of(packed)

    def add(self, entry_id: int, published: int, shown: bool, packed: bytes) -> None:
        """Add an entry to its feeds."""
        feed_ids = self.feed_ids(packed)
        self._added += [(feed_id, -published, entry_id, shown) for feed_id in feed_ids]
        self._counts[packed, shown, self.month(published)] += 1
        if len(self._added) >= ROWS_PER_STEP:
            self.write()

    def remove(self, entry_id: int, published: int, shown: bool, packed: bytes) -> None:
        """Remove an entry from its feeds."""
        feed_ids = self.feed_ids(packed)
        self._removed += [(feed_id, -published, entry_id) for feed_id in feed_ids]
        for feed_id in feed_ids:
            self.newest_lost[feed_id] = max(published, self.newest_lost.get(feed_id, published))
        self._counts[packed, shown, self.month(published)] -= 1

    def month(self, published: int) -> int:
        """Return the month of an entry (:func:`feeds.rules.times.month_number`)."""
        return month_number(published, self._zone)

    def write(self) -> None:
        """Write the rows. Removed ones go first: an entry whose time has not changed has both."""
        self._db.executemany(_REMOVE, self._removed)
        self._removed.clear()
        self._added.sort()
        self._db.executemany("INSERT INTO member VALUES (?, ?, ?, ?)", self._added)
        self._added.clear()

    def finish(self) -> None:
        """Write rows and counts, and mark the feeds and months that have gained or lost an entry as pending."""
        self.write()
        db = self._db
        members: Counter[int] = Counter()
        shown_ones: Counter[int] = Counter()
        monthly: Counter[tuple[int, int]] = Counter()
        for (packed, shown, month), count in self._counts.items():
            for name_id, feed_id in zip(name_ids(packed), self.feed_ids(packed), strict=True):
                members[name_id] += count
                if shown:
                    shown_ones[name_id] += count
                    monthly[feed_id, month] += count  # also 0: another entry may be in the place of one that is gone
        changes = [
            (count, shown_ones[name_id], name_id) for name_id, count in members.items() if count or shown_ones[name_id]
        ]
        touched = {self._feed_of_name(name_id) for _, _, name_id in changes}
        touched |= {feed_id for (feed_id, _), count in monthly.items() if count}  # an entry has another month now
        db.executemany("UPDATE feed_name SET members = members + ?, shown = shown + ? WHERE id = ?", changes)
        db.execute("DELETE FROM feed_name WHERE members = 0")
        db.executemany(_COUNT_MONTH, sorted((*key, count) for key, count in monthly.items() if count))
        db.execute("DELETE FROM feed_month WHERE entries = 0")
        db.executemany(_MARK_PENDING, [(feed_id,) for feed_id in sorted(touched)])
        db.executemany("INSERT OR IGNORE INTO pending_month VALUES (?, ?)", sorted(monthly))

    def _look_up_provider(self, provider: tuple[str, str]) -> Placement:
        name, domain = provider
        key = HOME_KEY if domain == self._home else domain
        return self._look_up({(Kind.ALL, ""): "", (Kind.PROVIDER, key): name})

    def _look_up_names(self, topics: tuple[str, ...], categories: tuple[str, ...]) -> Placement:
        names = {(Kind.TOPIC, name_key(name)): name for name in topics}
        names |= {(Kind.CATEGORY, name_key(name)): name for name in categories}
        return self._look_up(names)

    def _look_up(self, names: Mapping[FeedKey, str]) -> Placement:
        ids = [self._id_of_name(feed, name) for feed, name in names.items() if feed not in self._exclude]
        return Placement(tuple(names), struct.pack(f"<{len(ids)}I", *ids))

    def _look_up_name(self, feed: FeedKey, name: str) -> int:
        """Return the id of a spelling in `feed_name`; insert missing rows."""
        db = self._db
        db.execute("INSERT OR IGNORE INTO feed_key (kind, key) VALUES (?, ?)", feed)
        (feed_id,) = db.execute("SELECT id FROM feed_key WHERE kind = ? AND key = ?", feed).fetchone()
        db.execute("INSERT OR IGNORE INTO feed_name (feed_key_id, name) VALUES (?, ?)", (feed_id, name))
        query = "SELECT id FROM feed_name WHERE feed_key_id = ? AND name = ?"
        (name_id,) = db.execute(query, (feed_id, name)).fetchone()
        return int(name_id)


_FEED_OF_NAME = """
SELECT feed_key.id, kind, key, name FROM feed_name CROSS JOIN feed_key ON feed_key.id = feed_key_id
WHERE feed_name.id = ?
"""

_LINK_OF_NAME = """
SELECT feed_key.kind, feed_name.name, feed.slug FROM feed_name CROSS JOIN feed_key ON feed_key.id = feed_key_id
LEFT JOIN feed USING (kind, key) WHERE feed_name.id = ?
"""

# By the whole primary key of `member`: there is no index by entry.
_REMOVE = "DELETE FROM member WHERE feed_key_id = ? AND age = ? AND entry_id = ?"

_MARK_PENDING = """
INSERT INTO feed (kind, key) SELECT kind, key FROM feed_key WHERE id = ? ON CONFLICT DO UPDATE SET pending = 1
"""

_COUNT_MONTH = """
INSERT INTO feed_month VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET entries = entries + excluded.entries
"""
