"""The rows of merged entries: what an entry was before it is merged again, and what it is afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from feeds.catalogue import history
from feeds.catalogue.membership import Memberships, provider_of
from feeds.catalogue.related import RelatedPairs
from feeds.model import Outline
from feeds.rules.site_layout import article_folder
from feeds.rules.slugs import slugify
from feeds.settings.site import Site


class EntryState(NamedTuple):
    """The row of an entry before it is merged again."""

    uri: str
    url: str
    title: str
    published: int
    updated: int
    feeds: bytes
    shown: int
    page_wanted: str | None
    component: int | None
    articles: int
    page: str | None


def load_states(db: sqlite3.Connection, entry_ids: Sequence[int]) -> dict[int, EntryState]:
    """Return the states of entries by their ids."""
    return {entry_id: EntryState(*state) for entry_id, *state in db.execute(_STATES, (str(list(entry_ids)),))}


class EntryRowWriter:
    """The rows of merged entries, until they are written together.

    Args:
        db, site: as in the :class:`feeds.catalogue.merging.Merger`.
        memberships: receives the feeds of entries.
        related: is told which entries look different to related ones.
        revision: the revision of new entries.
        ids_may_differ: whether merged entries must be remembered for :func:`feeds.catalogue.entry_ids.assign_ids`.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        site: Site,
        memberships: Memberships,
        related: RelatedPairs,
        revision: int,
        *,
        ids_may_differ: bool,
    ) -> None:
        self._db = db
        self._site = site
        self._memberships = memberships
        self._related = related
        self._revision = revision
        self._ids_may_differ = ids_may_differ
        self._new: list[tuple[object, ...]] = []
        self._changed: list[tuple[object, ...]] = []
        self._outdated: list[tuple[int]] = []
        self._wanted_slugs: list[tuple[str]] = []
        self._merged: list[history.KnownEntry] = []
        (self._last,) = db.execute("SELECT ifnull(max(id), 0) FROM entry").fetchone()

    def new_id(self) -> int:
        """Return the id of an entry that is about to be added."""
        self._last += 1
        return int(self._last)

    def add(
        self,
        entry_id: int,
        entry: Outline,
        before: EntryState | None,
        keys: Sequence[int],
        *,
        articles: int,
        component: int | None = None,
        has_changed: bool = True,
    ) -> None:
        """Add the row of an entry.

        Args:
            entry_id: its id.
            entry: its outline.
            before: its state before, or None if it is new.
            keys: the hashes of the keys of its mentions.
            articles: how many articles are about its page.
            component: the row of an entry with which it shares keys, or None.
            has_changed: whether it may show something else, even if its row is the same.
        """
        feeds, packed = self._memberships.placement(entry)
        shown = self._site.selection.takes(feeds, own=entry.own, quality=entry.quality)
        wanted = slugify(entry.title) if shown and not entry.url else None
        if wanted is not None:  # feed_names assigns the slug when all entries are known
            self._wanted_slugs.append((wanted,))
        if self._ids_may_differ:
            self._merged.append(history.KnownEntry(entry_id, entry.id, keys))
        url = entry.url or (before.url if before is not None else "")
        columns = (
            entry.id,
            url,
            entry.title,
            entry.published,
            entry.updated,
            packed,
            shown,
            wanted,
            component,
            articles,
        )
        if before is None:
            self._new.append((*columns, entry_id, self._revision))
            self._memberships.add(entry_id, entry.published, shown, packed)
        elif has_changed or before[:-1] != columns:
            self._replace_row(entry_id, before, EntryState(*columns, before.page))

    def _replace_row(self, entry_id: int, before: EntryState, after: EntryState) -> None:
        """Replace the row of an entry, and note what that changes elsewhere."""
        if before.page is not None:
            _leave_gap(self._db, before.published)
            if after.page_wanted is None:
                _abandon_page(self._db, entry_id, before.page)
            else:
                _contest_slug(self._db, entry_id)
        self._changed.append((*after[:-1], entry_id))
        self._outdated.append((entry_id,))
        if _as_related(before) != _as_related(after):
            self._related.note_change(entry_id, max(before.published, after.published))
        if _as_member(before) != _as_member(after):
            self._memberships.remove(entry_id, before.published, bool(before.shown), before.feeds)
            self._memberships.add(entry_id, after.published, bool(after.shown), after.feeds)

    def remove(self, entry_id: int, before: EntryState) -> None:
        """Delete the row of an entry that has no records any more, and everything that belongs to it."""
        db = self._db
        if before.page is not None:
            _leave_gap(db, before.published)
            _abandon_page(db, entry_id, before.page)
        self._memberships.remove(entry_id, before.published, bool(before.shown), before.feeds)
        db.execute("DELETE FROM entry WHERE id = ?", (entry_id,))
        query = "INSERT OR IGNORE INTO examined_page SELECT digest FROM former_page WHERE entry_id = ?"
        db.execute(query, (entry_id,))
        # Ids of entries are used again: a later entry must not find what belonged to this one.
        for table in ("outdated_entry", "merged_entry", "questioned_entry", "former_page"):
            db.execute(f"DELETE FROM {table} WHERE entry_id = ?", (entry_id,))  # noqa: S608 - our own names

    def write(self) -> None:
        """Write all rows. An entry that existed before is outdated; a new one has the revision of this build."""
        db = self._db
        db.executemany(_INSERT_ENTRY, self._new)
        db.executemany(_UPDATE_ENTRY, self._changed)
        db.executemany("INSERT OR IGNORE INTO contested_slug VALUES (?)", self._wanted_slugs)
        db.executemany("INSERT OR IGNORE INTO outdated_entry VALUES (?)", self._outdated)
        if self._merged:
            history.note_merged(db, self._merged)


def _as_related(state: EntryState) -> tuple[object, ...]:
    """Return the columns that related entries show of an entry, and by which they sort it."""
    return (state.uri, state.url, state.title, state.published, state.shown, provider_of(state.feeds))


def _as_member(state: EntryState) -> tuple[object, ...]:
    """Return the columns that decide about the rows of an entry in `member`, and about the counts of its feeds."""
    return (state.published, state.shown, state.feeds)


def _contest_slug(db: sqlite3.Connection, entry_id: int) -> None:
    """Record that the entry may give up the slug of its page."""
    db.execute("INSERT OR IGNORE INTO contested_slug SELECT page_wanted FROM entry WHERE id = ?", (entry_id,))


def _leave_gap(db: sqlite3.Connection, published: int) -> None:
    """Record that a page of an article is gone or may have changed: the pages beside it link to it."""
    db.execute("INSERT OR IGNORE INTO page_gap VALUES (?)", (published,))


def _abandon_page(db: sqlite3.Connection, entry_id: int, page: str) -> None:
    _contest_slug(db, entry_id)
    db.execute("INSERT OR IGNORE INTO abandoned_folder VALUES (?)", (article_folder(page),))
    db.execute("UPDATE entry SET page = NULL WHERE id = ?", (entry_id,))
    db.execute("DELETE FROM pending_page WHERE entry_id = ?", (entry_id,))


_COLUMNS = "uri, url, title, published, updated, feeds, shown, page_wanted, component, articles"

_STORED = _COLUMNS.replace("url", "other_url")

_STATES = f"SELECT entry.id, {_COLUMNS}, page FROM json_each(?) CROSS JOIN entry ON entry.id = value"  # noqa: S608

_INSERT_ENTRY = f"INSERT INTO entry ({_STORED}, id, revision) VALUES (?1, nullif(?2, ?1), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608

_UPDATE_ENTRY = f"UPDATE entry SET ({_STORED}) = (?1, nullif(?2, ?1), ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?"  # noqa: S608
