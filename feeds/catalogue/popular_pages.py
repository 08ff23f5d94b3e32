"""Popular pages: entries with many link records, and their summaries (:mod:`feeds.rules.popular`).

An edit beside a page that ten thousand articles mention changes one of its records. The summary takes the change in,
and the other records are not read. Only where a removed record decided something that no known record decides, or may
have held two halves of the page together, all records are read again.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple

import msgspec

from feeds.catalogue.packing import load_mentions, pack, unpack_mention, unpacker
from feeds.rules.popular import NumberedMention, PageSummary

MANY = 12
"""The number of link records up to which an entry has no summary: they are read again when one of them changes."""

RECORDS_PER_STEP = 1_000
"""The number of link records that are added to a summary at a time. It bounds the memory of merging."""

MOST_LOOKED_AT = 100
"""The number of records that are looked at to find one that holds a page together."""


class _PackedSummary(msgspec.Struct, array_like=True, gc=False):
    """A :class:`PageSummary` as the catalogue has it: the deciding records by their ids."""

    deciding: list[int]
    size: int
    articles: int
    keys: dict[int, int]
    topics: dict[str, int]
    categories: dict[str, int]


_unpack = unpacker(_PackedSummary)


class Extended(NamedTuple):
    """A popular page after a change.

    Attributes:
        summary: its summary.
        has_changed: whether it shows something else of its records, besides its outline.
    """

    summary: PageSummary
    has_changed: bool


class _Change(NamedTuple):
    """The change of a popular page in this build: its summary, and what it was before."""

    summary: PageSummary
    deciding: list[NumberedMention]
    facts: tuple[object, ...]
    links: set[frozenset[int]]


class PopularPages:
    """The popular pages in one build.

    Args:
        db: the catalogue.
        now: the time of the build.
    """

    def __init__(self, db: sqlite3.Connection, now: datetime) -> None:
        self._db = db
        self._now = now
        self._changed: dict[int, _Change] = {}

    def knows(self, entry_id: int) -> bool:
        """Tell whether an entry has a summary."""
        return self._db.execute("SELECT 1 FROM popular WHERE entry_id = ?", (entry_id,)).fetchone() is not None

    def remove(self, entry_id: int, mentions: Sequence[NumberedMention]) -> None:
        """Remove link records from a page, if it is popular."""
        change = self._change_of(entry_id)
        if change is None:
            return
        change.summary.remove(mentions)
        for mention in mentions:
            shared = frozenset(key for key in mention.keys if change.summary.keys[key])
            if len(shared) > 1:
                change.links.add(shared)

    def extend(self, entry_id: int, numbers: Sequence[int]) -> Extended | None:
        """Add the link records with these ids to a popular page, store its summary, and return it.

        Args:
            entry_id: the entry.
            numbers: the ids of the records.

        Returns:
            The page; None if it is not popular any more, or all its records must be read to know what it shows.
        """
        change = self._change_of(entry_id)
        if change is None:
            return None
        summary = change.summary
        for mentions in _in_steps(self._db, numbers):
            summary.add(mentions, self._now)
        if summary.size <= MANY or summary.articles > 1 or not summary.is_decided(change.deciding, self._now):
            return None
        if not all(self._is_held_together(keys, summary) for keys in change.links):
            return None
        self.store(entry_id, summary)
        return Extended(summary, summary.facts() != change.facts)

    def store(self, entry_id: int, summary: PageSummary) -> None:
        """Store the summary of a popular page."""
        deciding = [mention.number for mention in summary.deciding]
        packed = pack((deciding, summary.size, summary.articles, summary.keys, summary.topics, summary.categories))
        self._db.execute(_STORE, (entry_id, packed))

    def forget(self, entry_id: int) -> None:
        """Delete the summary of an entry that is not popular any more."""
        self._db.execute("DELETE FROM popular WHERE entry_id = ?", (entry_id,))

    def _change_of(self, entry_id: int) -> _Change | None:
        if entry_id not in self._changed:
            summary = load_summary(self._db, entry_id)
            if summary is None:
                return None
            self._changed[entry_id] = _Change(summary, summary.deciding, summary.facts(), set())
        return self._changed[entry_id]

    def _is_held_together(self, keys: frozenset[int], summary: PageSummary) -> bool:
        """Tell whether a record has all these keys: then the records that have one of them are one group."""
        present = [key for key in keys if summary.keys[key]]
        if len(present) < 2:
            return True
        rarest, *others = sorted(present, key=lambda key: summary.keys[key])
        values = (rarest, MOST_LOOKED_AT, str(others), len(others))
        return self._db.execute(_RECORD_WITH, values).fetchone() is not None


def load_summary(db: sqlite3.Connection, entry_id: int) -> PageSummary | None:
    """Return the summary of an entry, or None if it is not popular."""
    row = db.execute("SELECT summary FROM popular WHERE entry_id = ?", (entry_id,)).fetchone()
    if row is None:
        return None
    packed = _unpack(row[0])
    known = {mention.number: mention for mentions in _in_steps(db, packed.deciding) for mention in mentions}
    return PageSummary(
        [known[number] for number in packed.deciding],
        packed.size,
        packed.articles,
        Counter(packed.keys),
        Counter(packed.topics),
        Counter(packed.categories),
    )


def summarise(db: sqlite3.Connection, numbers: Iterable[int], now: datetime) -> PageSummary:
    """Return the summary of a page with these link records.

    Args:
        db: the catalogue.
        numbers: the ids of the records.
        now: the time of the build.
    """
    summary = PageSummary()
    for mentions in _in_steps(db, numbers):
        summary.add(mentions, now)
    return summary


def _in_steps(db: sqlite3.Connection, numbers: Iterable[int]) -> Iterator[list[NumberedMention]]:
    """Yield link records, some at a time."""
    loaded = (NumberedMention(it.number, it.keys, unpack_mention(it.packed)) for it in load_mentions(db, numbers))
    while some := list(islice(loaded, RECORDS_PER_STEP)):
        yield some


_RECORD_WITH = """
SELECT 1 FROM (SELECT mention_id FROM page_key WHERE key = ? LIMIT ?) AS some
WHERE (
    SELECT count(*) FROM json_each(?) CROSS JOIN page_key ON page_key.key = value AND mention_id = some.mention_id
) = ? LIMIT 1
"""

# The column `newest` is set when the page is rendered.
_STORE = "INSERT INTO popular VALUES (?, ?, NULL) ON CONFLICT DO UPDATE SET summary = excluded.summary"
