"""Merging: mentions become entries, only where something changed; feeds and pages that this touches are marked.

An entry is a connected group of mentions (:func:`feeds.rules.entries.group_mentions`), or the part of such a group that
belongs to one article (:func:`feeds.rules.entries.divide`). A change of some mentions can only join or split the groups
that they were in, and the groups with which they share a key. So only those are grouped again.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from feeds.catalogue import archives, entry_ids, feed_names
from feeds.catalogue.entry_ids import ReplacedId
from feeds.catalogue.entry_rows import EntryRowWriter, load_states, related_columns_of, remove_entry
from feeds.catalogue.groups import batched_groups, connected_mentions
from feeds.catalogue.membership import Memberships
from feeds.catalogue.rows import QUALIFIED_MENTION_COLUMNS, NewMention, make_mention, to_json
from feeds.memory.ledger import Ledger
from feeds.model import Mention
from feeds.rules import entries
from feeds.settings.site import Site

MENTIONS_PER_BATCH = 5_000
"""The number of unmerged mentions or dirty entries that are merged at a time. It bounds the memory of merging."""


class Merger:
    """The merging of one build.

    Call :meth:`insert_unshared` and :meth:`merge_batches` while files are read, and :meth:`finish` once at the end.

    Args:
        db: the catalogue.
        site: the settings.
        ledger: the ids and addresses that stay as they were published; new exceptions are added to it.
        now: the time of the build.
    """

    def __init__(self, db: sqlite3.Connection, site: Site, ledger: Ledger, now: datetime) -> None:
        self._db, self._site, self._ledger, self._now = db, site, ledger, now
        self._memberships = Memberships(db, site.selection.exclude)
        self._ids_may_differ = entry_ids.ids_may_differ(db, ledger)
        for table in ("merged_entry", "outdated_entry", "contested_slug"):
            db.execute(f"DELETE FROM {table}")  # noqa: S608 - one of three names

    def insert_unshared(self, arrivals: Mapping[int, NewMention]) -> dict[int, int]:
        """Make an entry of every new mention that shares no key with another one: most pages are mentioned once.

        Args:
            arrivals: live mentions by their ids. Neither they nor their keys are in the catalogue yet.

        Returns:
            Their ids → the ids of their entries. The others have to be merged (:meth:`merge_batches`).
        """
        db = self._db
        uses = Counter(chain.from_iterable(mention.keys for mention in arrivals.values()))
        shared = {key for key, count in uses.items() if count > 1 or key in self._ledger.kept_hashes}
        shared.update(key for (key,) in db.execute(_KNOWN_KEYS, (to_json(list(uses)),)))
        (last,) = db.execute("SELECT ifnull(max(id), 0) FROM entry").fetchone()
        unshared = [number for number, mention in arrivals.items() if shared.isdisjoint(mention.keys)]
        entry_of = {number: entry_id for entry_id, number in enumerate(unshared, last + 1)}
        rows = EntryRowWriter(db, self._site, self._memberships, ids_may_differ=self._ids_may_differ)
        for number, entry_id in entry_of.items():
            outline = arrivals[number].outline
            rows.add(entry_id, outline, None, kept=False, articles=int(outline.own))
        rows.write()
        return entry_of

    def merge_batches(self, report: Callable[[int], None]) -> None:
        """Merge the live mentions without an entry, and the dirty entries, batch by batch.

        Args:
            report: is called with the number of merged items after every batch.
        """
        self._db.execute("INSERT INTO queued_entry SELECT entry_id FROM dirty_entry")
        self._db.execute("DELETE FROM dirty_entry")
        next_batch = "INSERT INTO dirty_entry SELECT entry_id FROM queued_entry LIMIT ?"
        while count := self._db.execute(next_batch, (MENTIONS_PER_BATCH,)).rowcount:
            self._db.execute("DELETE FROM queued_entry WHERE entry_id IN (SELECT entry_id FROM dirty_entry)")
            self._merge({})
            report(count)
        while unmerged := _load_mentions(self._db, _UNMERGED, {"batch": MENTIONS_PER_BATCH}):
            self._merge(unmerged)
            report(len(unmerged))

    def merge_all(self, report: Callable[[int], None]) -> None:
        """Merge all live mentions that share keys, in a catalogue that has just been filled from nothing.

        The groups are known before any of them is merged (:mod:`feeds.catalogue.groups`), so a mention is read once.
        Merged batch by batch as they arrive, the mentions of a popular page would be read again for every batch.

        Args:
            report: is called with the number of merged items after every batch.
        """
        for group in batched_groups(connected_mentions(self._db), MENTIONS_PER_BATCH):
            numbers = {"mentions": str(group)}  # str() of a list of integers is valid JSON
            self._db.execute(_MARK_ENTRIES_OF, numbers)
            self._merge(_load_mentions(self._db, _UNMERGED_OF, numbers), is_whole=True)
            report(len(group))

    def _merge(self, unmerged: dict[int, _LooseMention], *, is_whole: bool = False) -> None:
        """Merge the mentions `unmerged`, the dirty entries, and the entries with which they share a key.

        Args:
            unmerged: live mentions without an entry.
            is_whole: whether no mention besides these and those of the dirty entries shares a key with one of them.
        """
        db, site, memberships = self._db, self._site, self._memberships
        if not is_whole:
            keys = {key for mention in unmerged.values() for key in mention.keys}
            db.execute(_MARK_NEIGHBOURS, (json.dumps(sorted(keys)),))
            # How a group is divided depends on all mentions in it, so all parts of a divided group are merged again.
            db.execute(_MARK_COMPONENTS)
        # Feeds, months and memberships of the dirty entries are marked and removed before the entries change: later it
        # would not be known where they were.
        db.execute(_MARK_FEEDS_OF_DIRTY)
        if site.archives:
            archives.mark_dirty_entries(db)
        mentions = _load_mentions(db, _OF_DIRTY_ENTRIES) | unmerged
        memberships.remove_dirty()
        before = load_states(db)
        unused = set(before)
        (last,) = db.execute("SELECT ifnull(max(id), 0) FROM entry").fetchone()
        entry_of: dict[int, int] = {}
        rows = EntryRowWriter(db, site, memberships, ids_may_differ=self._ids_may_differ)
        for connected in entries.group_mentions((number, mention.keys) for number, mention in mentions.items()):
            parts = entries.divide([mentions[number].mention for number in connected])
            component: int | None = None
            shared: set[int] = set()
            for part in parts:
                group = [connected[index] for index in part]
                # An entry that still exists keeps its row, so that nothing that refers to it has to change.
                candidates = (mentions[number].entry_id for number in group)
                entry_id = min((candidate for candidate in candidates if candidate in unused), default=None)
                if entry_id is None:
                    entry_id = last = last + 1
                unused.discard(entry_id)
                entry_of |= dict.fromkeys(group, entry_id)
                merged = [mentions[number].mention for number in group]
                # A key that several parts have stands for the first one (entry_ids.identity_keys).
                hashes = {key for number in group for key in mentions[number].keys} - shared
                shared |= hashes
                kept = entry_ids.remembered_id(self._ledger, hashes, merged)
                outline = entries.outline(merged, site.home, identity=kept, now=self._now)
                component = component or (entry_id if len(parts) > 1 else None)
                articles = sum(mention.position == 0 for mention in merged)
                rows.add(
                    entry_id,
                    outline,
                    before.get(entry_id),
                    kept=kept is not None,
                    articles=articles,
                    component=component,
                )
        rows.write()
        moved = [(entry_id, number) for number, entry_id in entry_of.items() if mentions[number].entry_id != entry_id]
        db.executemany("UPDATE mention SET entry_id = ? WHERE id = ?", moved)
        for entry_id in unused:
            remove_entry(db, entry_id)
        # Related entries of a new mention are new or dirty themselves. The others show the entry as it was before.
        changed = [
            (number,)
            for number, mention in mentions.items()
            if mention.entry_id is not None
            and related_columns_of(before[mention.entry_id]) != rows.related_columns[entry_of[number]]
        ]
        db.executemany(_MARK_RELATED_OUTDATED, changed)
        db.execute("DELETE FROM dirty_entry")

    def finish(self) -> list[ReplacedId]:
        """Bring ids, names and addresses up to date with the entries.

        Afterwards every feed and page that may look different is pending, and the fragments of every entry that may
        look different are deleted.

        Returns:
            The published ids that could not be kept.
        """
        db, site, ledger = self._db, self._site, self._ledger
        # This order: ids need complete entries; slugs of pages depend on ids; outdated entries on both; names of feeds
        # on memberships, and the feed of all entries lists all others.
        self._memberships.finish()
        replaced = entry_ids.assign_ids(db, ledger)
        feed_names.assign_page_slugs(db, site.address)
        _settle_outdated(db)
        if site.archives:
            archives.mark_outdated_entries(db)
        feed_names.update_feeds(db, site, ledger, self._now)
        return replaced


def mark_all_dirty(db: sqlite3.Connection) -> None:
    """Have everything merged again: the settings have changed."""
    db.execute("INSERT OR IGNORE INTO dirty_entry SELECT id FROM entry")
    db.execute("UPDATE feed SET pending = 1")  # the feed of all entries exists even without an entry


class _LooseMention(NamedTuple):
    """A mention that is grouped again.

    Attributes:
        entry_id: the entry that it was in, or None if it is new.
        keys: the hashes of its keys.
        mention: the mention, without excerpt and content.
    """

    entry_id: int | None
    keys: list[int]
    mention: Mention


def _load_mentions(
    db: sqlite3.Connection, source: str, values: Mapping[str, int | str] | None = None
) -> dict[int, _LooseMention]:
    """Return mentions by their ids; `source` is the rest of a query behind FROM."""
    query = f"SELECT mention.id, entry_id, keys, source.path, {QUALIFIED_MENTION_COLUMNS} FROM {source}"  # noqa: S608
    rows = db.execute(query, values or {})
    return {
        number: _LooseMention(entry_id, json.loads(keys), make_mention(path, row))
        for number, entry_id, keys, path, *row in rows
    }


def _settle_outdated(db: sqlite3.Connection) -> None:
    """Delete the fragments of outdated entries, and mark the feeds and pages that show them."""
    db.execute("DELETE FROM outdated_entry WHERE entry_id NOT IN (SELECT id FROM entry)")
    db.execute("DELETE FROM fragment WHERE entry_id IN (SELECT entry_id FROM outdated_entry)")
    db.execute(
        "UPDATE feed SET pending = 1 WHERE (kind, key) IN"
        " (SELECT kind, key FROM outdated_entry CROSS JOIN entry_feed USING (entry_id))"
    )
    db.execute(
        "INSERT OR IGNORE INTO pending_page"
        " SELECT id FROM outdated_entry CROSS JOIN entry ON id = entry_id WHERE page_wanted IS NOT NULL"
    )


# CROSS JOIN fixes the order of the tables: the changed rows come first, and they are few. Without statistics, SQLite
# would take a temporary table with one row for as large as the catalogue. Without INDEXED BY, it scans `mention`.
_UNMERGED = (
    "mention INDEXED BY mention_unmerged CROSS JOIN source ON source.id = source_id"
    " WHERE mention.live = 1 AND entry_id IS NULL LIMIT :batch"
)
_UNMERGED_OF = (
    "json_each(:mentions) CROSS JOIN mention ON mention.id = value CROSS JOIN source ON source.id = source_id"
    " WHERE entry_id IS NULL"
)
_MARK_ENTRIES_OF = (
    "INSERT OR IGNORE INTO dirty_entry SELECT entry_id"
    " FROM json_each(:mentions) CROSS JOIN mention ON mention.id = value WHERE entry_id IS NOT NULL"
)
_OF_DIRTY_ENTRIES = "dirty_entry CROSS JOIN mention USING (entry_id) CROSS JOIN source ON source.id = source_id"

_KNOWN_KEYS = "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM mention_key WHERE key = value)"

_MARK_NEIGHBOURS = """
INSERT OR IGNORE INTO dirty_entry SELECT entry_id FROM json_each(?) CROSS JOIN mention_key ON mention_key.key = value
CROSS JOIN mention ON mention.id = mention_id WHERE entry_id IS NOT NULL
"""

_MARK_COMPONENTS = """
INSERT OR IGNORE INTO dirty_entry SELECT other.id FROM dirty_entry CROSS JOIN entry ON entry.id = entry_id
CROSS JOIN entry AS other ON other.component = entry.component WHERE entry.component IS NOT NULL
"""

_MARK_FEEDS_OF_DIRTY = """
UPDATE feed SET pending = 1
WHERE (kind, key) IN (SELECT kind, key FROM dirty_entry CROSS JOIN entry_feed USING (entry_id))
"""

# Two entries are related if one is an article and the other one is in its `related`: position 0 and another position.
_MARK_RELATED_OUTDATED = """
INSERT OR IGNORE INTO outdated_entry
SELECT other.entry_id FROM mention AS mine JOIN mention AS other ON other.source_id = mine.source_id
WHERE mine.id = ? AND other.entry_id IS NOT NULL AND (mine.position = 0) != (other.position = 0)
"""
