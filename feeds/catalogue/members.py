"""Which entries each feed has, what they call it, and how many they are."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable

from feeds import entries
from feeds.model import Kind, Outline

FeedKey = tuple[Kind, str]


def feeds_of(entry: Outline) -> dict[FeedKey, str]:
    """Return kind and key of each feed that `entry` is in (DESIGN: Entries, Membership), with what it calls it."""
    found = {(Kind.ALL, ""): "", (Kind.PROVIDER, entry.provider.domain): entry.provider.name}
    for name in entry.topics:
        found[Kind.TOPIC, entries.fold(name)] = name
    for name in entry.categories:
        found[Kind.CATEGORY, entries.fold(name)] = name
    return found


class Members:
    """The memberships of entries that are merged anew: rows until they are written, and counts until the end.

    The names of feeds are few and each is used many times, so their numbers are kept at hand.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._rows: list[tuple[int, int, int, bool, int]] = []
        self._touched: set[FeedKey] = set()
        self._numbers: dict[tuple[FeedKey, str], tuple[int, int]] = {}
        self._members: Counter[int] = Counter()
        self._shown: Counter[int] = Counter()

    def add(self, entry_id: int, published: int, shown: bool, feeds: Iterable[tuple[FeedKey, str]]) -> None:
        """Add an entry to `feeds`: kind and key, and what it calls each of them."""
        for each in feeds:
            numbers = self._numbers.get(each) or self._number(each)
            subject, spelling = numbers
            self._rows.append((subject, -published, entry_id, shown, spelling))
            self._members[spelling] += 1
            self._shown[spelling] += shown

    def remove_shaken(self) -> None:
        """Take the shaken entries out of all feeds."""
        for spelling, members, shown in self._db.execute(_COUNT_SHAKEN):
            self._members[spelling] -= members
            self._shown[spelling] -= shown
        self._db.execute("DELETE FROM member WHERE entry_id IN (SELECT entry_id FROM shaken)")

    def write(self) -> None:
        """Write what was added, in the order in which it is stored."""
        self._rows.sort()
        self._db.executemany("INSERT INTO member VALUES (?, ?, ?, ?, ?)", self._rows)
        self._rows.clear()

    def finish(self) -> None:
        """Write the counts, and have the feeds written out that have gained an entry."""
        db = self._db
        changes = [(count, self._shown[spelling], spelling) for spelling, count in self._members.items()]
        db.executemany("UPDATE spelling SET members = members + ?, shown = shown + ? WHERE id = ?", changes)
        db.execute("DELETE FROM spelling WHERE members = 0")
        db.executemany(
            "INSERT INTO feed (kind, key) VALUES (?, ?) ON CONFLICT DO UPDATE SET pending = 1", sorted(self._touched)
        )

    def _number(self, each: tuple[FeedKey, str]) -> tuple[int, int]:
        """Return the numbers of a feed's subject and of a name that it has, which are new where they have to be."""
        feed, name = each
        db = self._db
        db.execute("INSERT OR IGNORE INTO subject (kind, key) VALUES (?, ?)", feed)
        (subject,) = db.execute("SELECT id FROM subject WHERE kind = ? AND key = ?", feed).fetchone()
        db.execute("INSERT OR IGNORE INTO spelling (subject_id, name) VALUES (?, ?)", (subject, name))
        query = "SELECT id FROM spelling WHERE subject_id = ? AND name = ?"
        (spelling,) = db.execute(query, (subject, name)).fetchone()
        self._touched.add(feed)
        return self._numbers.setdefault(each, (subject, spelling))


# CROSS JOIN keeps SQLite to the order that is written: what has changed comes first, and is little.
_COUNT_SHAKEN = """
SELECT spelling_id, count(*), sum(shown) FROM shaken CROSS JOIN member USING (entry_id) GROUP BY spelling_id
"""
