"""Merging: link records become entries, only where something changed; feeds and pages that this touches are marked.

An entry is a connected group of records (:func:`feeds.rules.grouping.group_mentions`), or the part of such a group that
belongs to one article (:func:`feeds.rules.grouping.divide`). The order of a build:

1. Records that are gone, or are not what they were, leave their entries (:meth:`Merger.remove_records`). Records that
   are new, or have changed, arrive (:meth:`Merger.add_records`). Both are numbers.
2. :meth:`Merger.merge` sorts the keys of all arrivals once. Equal keys connect them, with each other and with entries
   that exist (:mod:`feeds.catalogue.groups`). A record without such a connection is an entry by itself: most are. Of
   the others, whole groups are read and merged, so that none is read twice.
3. A popular page has a summary, to which arrivals are added without reading its other records
   (:mod:`feeds.catalogue.popular_pages`).
4. :meth:`Merger.finish` brings ids, addresses and names up to date.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from feeds.catalogue import changes, entry_ids, feed_names, former_pages
from feeds.catalogue.entry_ids import Assignment
from feeds.catalogue.entry_rows import EntryRowWriter, EntryState, load_states
from feeds.catalogue.groups import Arrivals, Group, batched_groups
from feeds.catalogue.membership import Memberships
from feeds.catalogue.mention_numbers import mention_number, position_of, source_of
from feeds.catalogue.packing import LIVE, ArrivalBatch, ArticleRow, LoadedMention, load_mentions, unpack_mention
from feeds.catalogue.popular_pages import MANY, PopularPages, summarise
from feeds.catalogue.related import RelatedPairs
from feeds.memory.ledger import Ledger
from feeds.model import Provider
from feeds.rules import entries, grouping
from feeds.rules.popular import NumberedMention, PageSummary
from feeds.settings.site import Site

MENTIONS_PER_BATCH = 5_000
"""The number of records that are read and merged at a time. It bounds the memory of merging."""


class Merger:
    """The merging of one build.

    Args:
        db: the catalogue.
        site: the settings.
        ledger: the ids and addresses that stay as they were published; new exceptions are added to it.
        now: the time of the build.
        folder: the folder of temporary files.
    """

    def __init__(self, db: sqlite3.Connection, site: Site, ledger: Ledger, now: datetime, folder: Path) -> None:
        self.home: Provider = site.home
        self.ledger = ledger
        self.now = now
        self._db, self._site, self._folder = db, site, folder
        self._arrivals = Arrivals(folder)
        self._touched: set[int] = set()  # entries that have lost a record: Group.entries
        self._former: dict[int, int] = {}  # the id of a record that was removed → its entry, the same way
        self._is_new = db.execute("SELECT 1 FROM entry LIMIT 1").fetchone() is None
        self._memberships = Memberships(db, site)
        self._popular = PopularPages(db, now)
        self._related = RelatedPairs(db)
        self._ids_may_differ = entry_ids.ids_may_differ(db, ledger)
        self._revision = changes.next_revision(db)
        for table in (
            "merged_entry",
            "questioned_entry",
            "examined_page",
            "outdated_entry",
            "contested_slug",
            "page_gap",
        ):
            db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names

    def close(self) -> None:
        """Delete the temporary file."""
        self._arrivals.close()

    def states_of(self, source_id: int, count: int) -> bytes:
        """Return the states that the records of an article had in the last build (:func:`packing.examine`)."""
        states = bytearray(count)
        for number, late in self._db.execute(_RECORDS_OF, _range_of(source_id)):
            states[position_of(number)] = LIVE + late
        return bytes(states)

    def add_records(self, source_id: int, arrivals: ArrivalBatch) -> None:
        """Have link records merged that are new or have changed; `source_id` is the id of their article."""
        if not arrivals.positions:
            return
        if not self._is_new:
            self._related.note(source_id)
        self._arrivals.add(source_id, arrivals)

    def remove_records(self, source_id: int, positions: Iterable[int], article: ArticleRow) -> None:
        """Take live link records out of their entries. `article` is the row that has them."""
        numbers = [mention_number(source_id, position) for position in positions]
        if not numbers:
            return
        self._related.note(source_id)
        rows = self._db.execute(_ENTRIES_OF, (str(numbers),)).fetchall()
        removed: dict[int, list[NumberedMention]] = {}
        for number, group, entry_id in rows:
            position = position_of(number)
            mention = NumberedMention(number, article.keys[position], article.mentions[position])
            self._touched.add(group)
            removed.setdefault(entry_id, []).append(mention)
            if not self._popular.knows(entry_id):
                self._former[number] = group
        for entry_id, mentions in removed.items():
            self._popular.remove(entry_id, mentions)
        gone = [(key, number) for number in numbers for key in article.keys[position_of(number)]]
        self._db.executemany("DELETE FROM page_key WHERE key = ? AND mention_id = ?", gone)
        self._db.executemany("DELETE FROM mention WHERE id = ?", [(number,) for number in numbers])

    def forget_entries(self) -> None:
        """Delete all entries, and forget what was removed or added: all records are about to be added again."""
        for table in (
            "mention",
            "page_key",
            "entry",
            "popular",
            "member",
            "feed_name",
            "feed_month",
            "pending_month",
            "layout",
            "story",
            "pending_page",
            "former_page",
        ):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own words
        changes.forget_snapshot(self._db)
        self._arrivals.close()
        self._arrivals = Arrivals(self._folder)
        self._touched.clear()
        self._former.clear()
        self._popular = PopularPages(self._db, self.now)
        self._related = RelatedPairs(self._db)
        self._is_new = True

    def merge(self, report: Callable[[int], None]) -> None:
        """Make entries of what was added, and of what is left of the entries that have lost records.

        Args:
            report: is called with numbers of merged records.
        """
        groups = self._arrivals.connect(self._db, self._touched, self._former)
        for batch in batched_groups(groups, MENTIONS_PER_BATCH):
            self._merge_groups(batch)
            report(sum(len(group.arrivals) for group in batch))
        self._add_unshared(report)
        self._arrivals.store(self._db)

    def finish(self) -> Assignment:
        """Bring ids, names and addresses up to date with the entries.

        Afterwards every feed and page that may look different is pending, and every entry that may look different has
        the revision of this build.

        Returns:
            What has become of published ids.
        """
        db, site, ledger = self._db, self._site, self.ledger
        # This order: related entries need the new records; ids need complete entries; slugs of pages depend on ids;
        # outdated entries on both; names of feeds on memberships, and the feed of all entries lists all others.
        self._related.mark_outdated()
        assignment = entry_ids.assign_ids(db, ledger, site.address)
        feed_names.assign_page_slugs(db, site.address)
        former_pages.note_former_pages(db)
        changes.settle_outdated(db, self._memberships, self._revision)
        self._memberships.finish()
        feed_names.update_feeds(db, site, ledger, self.now)
        # Again, for the entries whose pages link to a feed that has another address now.
        changes.settle_outdated(db, self._memberships, self._revision)
        return assignment

    def _writer(self) -> EntryRowWriter:
        return EntryRowWriter(
            self._db,
            self._site,
            self._memberships,
            self._related,
            self._revision,
            ids_may_differ=self._ids_may_differ,
        )

    def _add_unshared(self, report: Callable[[int], None]) -> None:
        """Make an entry of every record that shares no key: most pages are mentioned once."""
        rows, count = self._writer(), 0
        kept_hashes = self.ledger.kept_hashes
        for number, arrival in self._arrivals.unshared():
            outline = arrival.outline
            if kept_hashes and any(key in kept_hashes for key in arrival.keys):
                kept = self.ledger.id_for(arrival.keys, partial(str, outline.id))
                outline = outline._replace(id=kept or outline.id)
            entry_id = rows.new_id()
            self._arrivals.entry_of[number] = entry_id
            rows.add(entry_id, outline, None, arrival.keys, articles=int(outline.own))
            count += 1
            if count == MENTIONS_PER_BATCH:
                rows.write()
                report(count)
                rows, count = self._writer(), 0
        rows.write()
        report(count)

    def _merge_groups(self, groups: Sequence[Group]) -> None:
        rows = self._writer()
        rest = [group for group in groups if not self._extend_popular(group, rows)]
        members = [self._members(group) for group in rest]
        # A popular page has too many records to hold all of them. Those of an entry of several articles are all needed.
        few = (number for numbers in members if len(numbers) <= MENTIONS_PER_BATCH for number in numbers)
        loaded = {mention.number: mention for mention in load_mentions(self._db, few)}
        for group, numbers in zip(rest, members, strict=True):
            self._merge_group(group, numbers, loaded, rows)
        rows.write()

    def _extend_popular(self, group: Group, rows: EntryRowWriter) -> bool:
        """Bring the summary of a popular page up to date; return False if all its records have to be read."""
        if len(group.entries) != 1 or not self._popular.knows(group.entries[0]):
            return False
        (entry_id,) = group.entries
        numbers = [self._arrivals.ids[number] for number in group.arrivals]
        before = load_states(self._db, [entry_id])[entry_id]
        extended = self._popular.extend(entry_id, numbers)
        if extended is None:
            return False
        for number in group.arrivals:
            self._arrivals.entry_of[number] = entry_id
        self._add_popular(entry_id, extended.summary, before, rows, has_changed=extended.has_changed)
        return True

    def _add_popular(
        self,
        entry_id: int,
        summary: PageSummary,
        before: EntryState | None,
        rows: EntryRowWriter,
        *,
        has_changed: bool = True,
    ) -> None:
        """Add the row of a popular page."""
        mentions = [it.mention for it in summary.deciding]
        kept = entry_ids.remembered_id(self.ledger, summary.keys, mentions)
        rows.add(
            entry_id,
            summary.outline(self.home, kept, self.now),
            before,
            tuple(summary.keys),
            articles=summary.articles,
            has_changed=has_changed,
        )

    def _members(self, group: Group) -> dict[int, int]:
        """Return the ids of all records of a group → the entry that they are in now, or 0."""
        numbers = {self._arrivals.ids[number]: 0 for number in group.arrivals}
        return dict(self._db.execute(_MEMBERS, (str(group.entries),))) | numbers if group.entries else numbers

    def _merge_group(
        self, group: Group, members: dict[int, int], loaded: dict[int, LoadedMention], rows: EntryRowWriter
    ) -> None:
        """Merge the records of a group.

        Args:
            group: the group.
            members: the ids of its records, and their entries.
            loaded: the records, unless there are too many.
            rows: receives the rows of the entries.
        """
        db = self._db
        connected: list[list[int]] = [list(members)]
        before: dict[int, EntryState] = {}
        if group.entries:  # records may be gone that have connected the others
            before = load_states(db, [entry_id for (entry_id,) in db.execute(_PARTS, (str(group.entries),))])
            source = (
                (loaded[number] for number in members)
                if members.keys() <= loaded.keys()
                else load_mentions(db, members)
            )
            connected = grouping.group_mentions((mention.number, mention.keys) for mention in source)
        number_of = {self._arrivals.ids[number]: number for number in group.arrivals}
        unused = set(before)
        moved: list[tuple[int, int]] = []

        def place(numbers: Iterable[int], entry_id: int) -> None:
            for number in numbers:
                if number in number_of:
                    self._arrivals.entry_of[number_of[number]] = entry_id
                elif members[number] != entry_id:
                    self._related.note(source_of(number))
                    moved.append((entry_id, number))

        def entry_for(numbers: Iterable[int]) -> int:
            # An entry that still exists keeps its row, so that nothing that refers to it has to change.
            candidates = (members[number] or self._former.get(number, 0) for number in numbers)
            entry_id = min((candidate for candidate in candidates if candidate in unused), default=None)
            if entry_id is None:
                return rows.new_id()
            unused.discard(entry_id)
            return entry_id

        for numbers in connected:
            if len(numbers) > MANY and sum(position_of(number) == 0 for number in numbers) <= 1:
                entry_id = entry_for(numbers)
                summary = summarise(db, numbers, self.now)
                self._popular.store(entry_id, summary)
                self._add_popular(entry_id, summary, before.get(entry_id), rows)
                place(numbers, entry_id)
                continue
            if len(members) > MENTIONS_PER_BATCH:  # the group was not loaded, but a part of it is smaller
                loaded = {mention.number: mention for mention in load_mentions(db, numbers)}
            mentions = [unpack_mention(loaded[number].packed) for number in numbers]
            parts = grouping.divide(mentions)
            component: int | None = None
            shared: set[int] = set()
            for part in parts:
                part_numbers = [numbers[index] for index in part]
                merged = [mentions[index] for index in part]
                entry_id = entry_for(part_numbers)
                if entry_id in before:
                    self._popular.forget(entry_id)
                # A key that several parts have stands for the first one (entry_ids.identity_keys).
                all_hashes = {key for number in part_numbers for key in loaded[number].keys}
                hashes = all_hashes - shared
                shared |= hashes
                kept = entry_ids.remembered_id(self.ledger, hashes, merged)
                outline = entries.outline(merged, self.home, identity=kept, now=self.now)
                component = component or (entry_id if len(parts) > 1 else None)
                rows.add(
                    entry_id,
                    outline,
                    before.get(entry_id),
                    tuple(all_hashes),
                    articles=sum(mention.position == 0 for mention in merged),
                    component=component,
                )
                place(part_numbers, entry_id)
        for entry_id in unused:
            self._popular.forget(entry_id)
            rows.remove(entry_id, before[entry_id])
        db.executemany("UPDATE mention SET entry_id = ? WHERE id = ?", moved)


def _range_of(source_id: int) -> tuple[int, int]:
    """Return the first and the last id that a link record of an article can have."""
    return mention_number(source_id, 0), mention_number(source_id + 1, 0) - 1


_RECORDS_OF = "SELECT id, late FROM mention WHERE id BETWEEN ? AND ?"

# CROSS JOIN fixes the order of the tables: the given ids come first, and they are few.
_ENTRIES_OF = """
SELECT mention.id, ifnull(component, entry.id), entry.id
FROM json_each(?) CROSS JOIN mention ON mention.id = value CROSS JOIN entry ON entry.id = entry_id
"""

_PARTS = """
SELECT entry.id FROM json_each(?) CROSS JOIN entry ON entry.id = value WHERE component IS NULL
UNION SELECT entry.id FROM json_each(?1) CROSS JOIN entry ON component = value
"""

_MEMBERS = f"SELECT id, entry_id FROM mention WHERE entry_id IN ({_PARTS})"  # noqa: S608 - our own text
