"""Which entries each feed has, what they call it, and how many they are."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import NamedTuple

from feeds.catalogue.rows import to_json
from feeds.model import Kind, Outline
from feeds.rules import text

FeedKey = tuple[Kind, str]

CACHE_SIZE = 16_384
"""Of how many names, providers, and combinations of names it is remembered which feeds they stand for."""


class Placement(NamedTuple):
    """Where entries belong that have the same names.

    Attributes:
        feeds: kind and key of each feed (DESIGN: Entries, Membership), also of those that the settings leave out.
        numbers: of each feed that is not left out, and of what these entries call it.
        as_json: the same for table `entry`.
    """

    feeds: tuple[FeedKey, ...]
    numbers: tuple[tuple[int, int], ...]
    as_json: str


class Memberships:
    """The memberships of entries that are merged anew: rows until they are written, and counts until the end.

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
        self._members: Counter[int] = Counter()
        self._shown: Counter[int] = Counter()
        self._of_provider = lru_cache(maxsize=CACHE_SIZE)(self._look_up_provider)
        self._of_names = lru_cache(maxsize=CACHE_SIZE)(self._look_up_names)
        self._numbers_of = lru_cache(maxsize=CACHE_SIZE)(self._number)

    def belonging(self, entry: Outline) -> Placement:
        """Return where an entry belongs. Names are few and many entries have the same: they are looked up once."""
        one, other = self._of_provider(entry.provider), self._of_names(entry.topics, entry.categories)
        comma = "," if one.numbers and other.numbers else ""
        as_json = f"{one.as_json[:-1]}{comma}{other.as_json[1:]}"
        return Placement(one.feeds + other.feeds, one.numbers + other.numbers, as_json)

    def add(self, entry_id: int, published: int, shown: bool, numbers: tuple[tuple[int, int], ...]) -> None:
        """Add an entry to the feeds with these numbers (:attr:`Placement.numbers`)."""
        self._rows += [(subject, -published, entry_id, shown) for subject, _ in numbers]
        self._added[numbers, shown] += 1

    def remove_shaken(self) -> None:
        """Take the shaken entries out of all feeds."""
        for spelling, members, shown in self._db.execute(_COUNT_SHAKEN):
            self._members[spelling] -= members
            self._shown[spelling] -= shown
        self._db.execute(_REMOVE_SHAKEN)

    def write(self) -> None:
        """Write what was added."""
        self._db.executemany("INSERT INTO member VALUES (?, ?, ?, ?)", self._rows)
        self._rows.clear()
        for (numbers, shown), count in self._added.items():
            for _, spelling in numbers:
                self._members[spelling] += count
                self._shown[spelling] += count * shown
        self._added.clear()

    def finish(self) -> None:
        """Write the counts, and have the feeds written out that have gained an entry."""
        db = self._db
        changes = [(count, self._shown[spelling], spelling) for spelling, count in self._members.items()]
        db.executemany("UPDATE spelling SET members = members + ?, shown = shown + ? WHERE id = ?", changes)
        db.execute("DELETE FROM spelling WHERE members = 0")
        db.executemany(
            "INSERT INTO feed (kind, key) VALUES (?, ?) ON CONFLICT DO UPDATE SET pending = 1", sorted(self._touched)
        )

    def _look_up_provider(self, provider: tuple[str, str]) -> Placement:
        name, domain = provider
        return self._look_up({(Kind.ALL, ""): "", (Kind.PROVIDER, domain): name})

    def _look_up_names(self, topics: tuple[str, ...], categories: tuple[str, ...]) -> Placement:
        names = {(Kind.TOPIC, text.name_key(name)): name for name in topics}
        names |= {(Kind.CATEGORY, text.name_key(name)): name for name in categories}
        return self._look_up(names)

    def _look_up(self, names: Mapping[FeedKey, str]) -> Placement:
        numbers = tuple(self._numbers_of(feed, name) for feed, name in names.items() if feed not in self._exclude)
        return Placement(tuple(names), numbers, to_json(numbers))

    def _number(self, feed: FeedKey, name: str) -> tuple[int, int]:
        """Return the numbers of a feed's subject and of a name that it has, which are new where they have to be."""
        db = self._db
        db.execute("INSERT OR IGNORE INTO subject (kind, key) VALUES (?, ?)", feed)
        (subject,) = db.execute("SELECT id FROM subject WHERE kind = ? AND key = ?", feed).fetchone()
        db.execute("INSERT OR IGNORE INTO spelling (subject_id, name) VALUES (?, ?)", (subject, name))
        query = "SELECT id FROM spelling WHERE subject_id = ? AND name = ?"
        (spelling,) = db.execute(query, (subject, name)).fetchone()
        self._touched.add(feed)
        return subject, spelling


# CROSS JOIN keeps SQLite to the order that is written: what has changed comes first, and is little.
_COUNT_SHAKEN = """
SELECT json_extract(value, '$[1]'), count(*), sum(shown)
FROM shaken CROSS JOIN entry ON entry.id = entry_id CROSS JOIN json_each(feeds) GROUP BY 1
"""

_REMOVE_SHAKEN = """
DELETE FROM member WHERE (subject_id, age, entry_id) IN (
    SELECT json_extract(value, '$[0]'), -published, entry_id
    FROM shaken CROSS JOIN entry ON entry.id = entry_id CROSS JOIN json_each(feeds)
)
"""
