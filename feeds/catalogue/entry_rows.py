"""The rows of merged entries: what an entry was before it is merged again, and what it is afterwards."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from feeds.catalogue.membership import Memberships
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
    shown: int
    page: str | None


def load_states(db: sqlite3.Connection) -> dict[int, EntryState]:
    """Return the states of the dirty entries."""
    rows = db.execute(
        "SELECT id, uri, url, title, published, shown, page FROM dirty_entry CROSS JOIN entry ON id = entry_id"
    )
    return {entry_id: EntryState(*state) for entry_id, *state in rows}


def related_columns_of(state: EntryState) -> tuple[object, ...]:
    """Return the columns that related entries show of an entry, and by which they sort it."""
    return state[:5]


class EntryRowWriter:
    """The rows of merged entries, until they are written together.

    Args:
        db, site, memberships: as in the :class:`Merger`.
        ids_may_differ: whether merged entries must be remembered for :func:`feeds.catalogue.entry_ids.assign_ids`.

    Attributes:
        related_columns: entry id → the columns that related entries show.
    """

    def __init__(self, db: sqlite3.Connection, site: Site, memberships: Memberships, *, ids_may_differ: bool) -> None:
        self.related_columns: dict[int, tuple[object, ...]] = {}
        self._db = db
        self._site = site
        self._memberships = memberships
        self._ids_may_differ = ids_may_differ
        self._new: list[tuple[object, ...]] = []
        self._changed: list[tuple[object, ...]] = []
        self._wanted_slugs: list[tuple[str]] = []
        self._merged: list[tuple[int, bool]] = []

    def add(
        self,
        entry_id: int,
        entry: Outline,
        before: EntryState | None,
        *,
        kept: bool,
        articles: int,
        component: int | None = None,
    ) -> None:
        """Add the row of an entry.

        Args:
            entry_id: its id.
            entry: its outline.
            before: its state before, or None if it is new.
            kept: whether the ledger has its id.
            articles: how many articles are about its page.
            component: the row of an entry with which it shares keys, or None.
        """
        placement = self._memberships.placement(entry)
        shown = self._site.selection.takes(placement.feeds, own=entry.own, quality=entry.quality)
        wanted = slugify(entry.title) if shown and not entry.url else None
        if before is not None and before.page is not None:
            if wanted is None:
                _abandon_page(self._db, entry_id, before.page)
            else:
                _contest_slug(self._db, entry_id)
        if wanted is not None:  # feed_names assigns the slug when all entries are known
            self._wanted_slugs.append((wanted,))
        url = entry.url or (before.url if before is not None else "")
        self.related_columns[entry_id] = (entry.id, url, entry.title, entry.published, shown)
        values = (
            entry.id,
            url,
            entry.title,
            entry.published,
            entry.updated,
            placement.as_json,
            shown,
            wanted,
            component,
            articles,
            entry_id,
        )
        (self._new if before is None else self._changed).append(values)
        self._memberships.add(entry_id, entry.published, shown, placement.numbers)
        if self._ids_may_differ:
            self._merged.append((entry_id, kept))

    def write(self) -> None:
        """Write all rows. An entry that existed before is outdated; a new one has no fragments yet."""
        db = self._db
        db.executemany(_INSERT_ENTRY, self._new)
        db.executemany(_UPDATE_ENTRY, self._changed)
        db.executemany("INSERT OR IGNORE INTO contested_slug VALUES (?)", self._wanted_slugs)
        db.executemany("INSERT OR REPLACE INTO merged_entry VALUES (?, ?)", self._merged)
        # With archives, new entries count as outdated as well: that marks the months that they belong to.
        touched = [*self._changed, *(self._new if self._site.archives else ())]
        db.executemany("INSERT OR IGNORE INTO outdated_entry VALUES (?)", [values[-1:] for values in touched])
        self._memberships.write()


def remove_entry(db: sqlite3.Connection, entry_id: int) -> None:
    """Delete the row of an entry that has no mentions any more, and everything that belongs to it."""
    (page,) = db.execute("SELECT page FROM entry WHERE id = ?", (entry_id,)).fetchone()
    if page is not None:
        _abandon_page(db, entry_id, page)
    db.execute("DELETE FROM entry WHERE id = ?", (entry_id,))
    # Ids of entries are used again: a later entry must not find what belonged to this one.
    db.execute("DELETE FROM fragment WHERE entry_id = ?", (entry_id,))
    db.execute("DELETE FROM outdated_entry WHERE entry_id = ?", (entry_id,))
    db.execute("DELETE FROM merged_entry WHERE entry_id = ?", (entry_id,))


def _contest_slug(db: sqlite3.Connection, entry_id: int) -> None:
    """Record that the entry may give up the slug of its page."""
    db.execute("INSERT OR IGNORE INTO contested_slug SELECT page_wanted FROM entry WHERE id = ?", (entry_id,))


def _abandon_page(db: sqlite3.Connection, entry_id: int, page: str) -> None:
    _contest_slug(db, entry_id)
    db.execute("INSERT OR IGNORE INTO abandoned_folder VALUES (?)", (article_folder(page),))
    db.execute("UPDATE entry SET page = NULL WHERE id = ?", (entry_id,))
    db.execute("DELETE FROM pending_page WHERE entry_id = ?", (entry_id,))


_INSERT_ENTRY = """
INSERT INTO entry (uri, url, title, published, updated, feeds, shown, page_wanted, component, articles, id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_UPDATE_ENTRY = """
UPDATE entry SET uri = ?, url = ?, title = ?, published = ?, updated = ?, feeds = ?, shown = ?, page_wanted = ?,
    component = ?, articles = ?
WHERE id = ?
"""
