"""Related entries: two entries are related if one is an article and the other one is in its `related`.

The link records of an article say it: the one at position 0 is the article's own, all others are related to it. An
entry shows the newest :data:`feeds.rules.entries.RELATED_LIMIT` of its related entries, with title and address.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from feeds.catalogue.membership import FeedLinks
from feeds.catalogue.mention_numbers import POSITION_BITS
from feeds.rules.entries import RELATED_LIMIT


class RelatedEntry(NamedTuple):
    """An entry as related ones show it.

    Attributes:
        published, uri, url, title: its columns.
        provider: the name of its publisher, as it spells it.
        mentions: 1 if it is an article that calls the other entry related, else 0.
    """

    published: int
    uri: str
    url: str
    title: str
    provider: str
    mentions: int


class RelatedPairs:
    """The pairs of related entries that a build changes.

    Args:
        db: the catalogue.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._before: dict[int, frozenset[tuple[int, int]]] = {}  # article → its pairs before the build
        self._published: dict[int, int] = {}  # the times of the entries in these pairs
        self._changed: dict[int, int] = {}  # entry that looks different → its newest time, before or after

    def note(self, source_id: int) -> None:
        """Remember the pairs of an article, before its records change."""
        if source_id not in self._before:
            self._before[source_id] = self._pairs(source_id)

    def note_change(self, entry_id: int, published: int) -> None:
        """Remember that an entry looks different to the entries that show it; `published` as it was and as it is."""
        self._changed[entry_id] = max(published, self._changed.get(entry_id, published))

    def mark_outdated(self) -> None:
        """Mark the entries as outdated that show other related entries than before, or the same ones differently."""
        for source_id, before in self._before.items():
            for one, other in before ^ self._pairs(source_id):
                mark_outdated(self._db, [one], self._published[other])
                mark_outdated(self._db, [other], self._published[one])
        for entry_id, published in self._changed.items():
            mark_related_entries(self._db, entry_id, published)

    def _pairs(self, source_id: int) -> frozenset[tuple[int, int]]:
        """Return the pairs that an article makes, the article first."""
        first = source_id << POSITION_BITS
        rows = self._db.execute(_ENTRIES_OF_ARTICLE, (first, first + (1 << POSITION_BITS) - 1)).fetchall()
        for _, entry_id, published in rows:
            self._published[entry_id] = max(published, self._published.get(entry_id, published))
        if not rows or rows[0][0] != first:  # the article itself is not live
            return frozenset()
        own = rows[0][1]
        return frozenset((own, entry_id) for _, entry_id, _ in rows[1:] if entry_id != own)


def mark_related_entries(db: sqlite3.Connection, entry_id: int, published: int) -> None:
    """Mark the entries as outdated that show this one, of which `published` is the newest time that it has or had."""
    mark_outdated(db, [other for (other,) in db.execute(_NEIGHBOURS, {"entry": entry_id})], published)


def mark_outdated(db: sqlite3.Connection, entry_ids: Iterable[int], published: int) -> None:
    """Mark entries as outdated whose list of related entries has a change at this time; a popular page shows few."""
    db.executemany(_MARK_OUTDATED, ((entry_id, published) for entry_id in entry_ids))


def load_related(db: sqlite3.Connection, entry_ids: Sequence[int], links: FeedLinks) -> dict[int, list[RelatedEntry]]:
    """Return the related entries that entries show, in their order."""
    related: dict[int, list[RelatedEntry]] = defaultdict(list)
    rows = db.execute(_RELATED, {"entries": json.dumps(entry_ids), "limit": RELATED_LIMIT})
    for number, published, uri, url, title, feeds, mentions in rows:
        related[number].append(RelatedEntry(published, uri, url, title, links.provider(feeds), mentions))
    return related


def record_newest(db: sqlite3.Connection, entry_id: int, related: Sequence[RelatedEntry]) -> None:
    """Record from which time on a change of its related entries changes a popular page, which is about to be shown."""
    oldest = related[-1].published if len(related) == RELATED_LIMIT else None
    db.execute("UPDATE popular SET newest = ? WHERE entry_id = ?", (oldest, entry_id))


_ENTRIES_OF_ARTICLE = """
SELECT mention.id, entry.id, published FROM mention CROSS JOIN entry ON entry.id = entry_id
WHERE mention.id BETWEEN ? AND ? ORDER BY mention.id
"""

_MARK_OUTDATED = """
INSERT OR IGNORE INTO outdated_entry SELECT ?1
WHERE NOT EXISTS (SELECT 1 FROM popular WHERE entry_id = ?1 AND newest > ?2)
"""

_ARTICLE = f"(mine.id >> {POSITION_BITS} << {POSITION_BITS})"
_IS_ARTICLE = f"mine.id & {(1 << POSITION_BITS) - 1} = 0"

# The records of an article have neighbouring ids. CROSS JOIN fixes the order of the tables: the given entries come
# first, and they are few.
_BESIDE = f"""
    SELECT mine.entry_id AS number, other.entry_id AS other, 1 AS mentions
    FROM wanted CROSS JOIN mention AS mine USING (entry_id)
    CROSS JOIN mention AS other ON other.id = {_ARTICLE} WHERE NOT {_IS_ARTICLE}
    UNION SELECT mine.entry_id, other.entry_id, 0 FROM wanted CROSS JOIN mention AS mine USING (entry_id)
    CROSS JOIN mention AS other ON other.id > mine.id AND other.id < mine.id + {1 << POSITION_BITS} WHERE {_IS_ARTICLE}
"""  # noqa: S608 - our own words

_NEIGHBOURS = f"""
WITH wanted (entry_id) AS (SELECT :entry), beside AS ({_BESIDE}) SELECT other FROM beside WHERE other != number
"""  # noqa: S608 - our own words

_RELATED = f"""
WITH wanted (entry_id) AS (SELECT value FROM json_each(:entries)), beside AS ({_BESIDE}), ranked AS (
    SELECT number, published, uri, url, title, feeds, max(mentions) AS mentions,
        row_number() OVER (PARTITION BY number ORDER BY published DESC, uri) AS place
    FROM beside CROSS JOIN entry ON entry.id = other WHERE other != number AND shown GROUP BY number, other
)
SELECT number, published, uri, url, title, feeds, mentions FROM ranked WHERE place <= :limit ORDER BY number, place
"""  # noqa: S608 - our own words
