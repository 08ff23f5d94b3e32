"""Mentions → entries, for what changed only; and which feeds and pages that touches.

An entry is a connected group of mentions (:func:`feeds.rules.entries.group_mentions`). A change to some mentions can only
join or split the entries they were in and the entries they share a key with, so only those are grouped anew.
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
from feeds.catalogue.membership import Memberships
from feeds.catalogue.rows import QUALIFIED_MENTION_COLUMNS, NewMention, make_mention, to_json
from feeds.memory.ledger import Ledger
from feeds.model import Mention, Outline
from feeds.rules import entries
from feeds.rules.site_layout import article_folder
from feeds.rules.slugs import slugify
from feeds.settings.site import Site

MENTIONS_PER_BATCH = 5_000
"""How many new mentions or shaken entries are merged at a time: what bounds the memory that merging needs."""


class Merger:
    """One build's merging: what is loose is taken up again and again while files are read, and settled in the end.

    Args:
        db: the catalogue.
        site: the settings.
        ledger: says what stays as it was published; what has to be kept from now on is added to it.
    """

    def __init__(self, db: sqlite3.Connection, site: Site, ledger: Ledger) -> None:
        self._db, self._site, self._ledger = db, site, ledger
        self._members = Memberships(db, site.selection.exclude)
        self._in_question = entry_ids.ids_may_differ(db, ledger)
        for scratch in ("written", "stale", "contested"):
            db.execute(f"DELETE FROM {scratch}")  # noqa: S608 - one of three words above

    def place_alone(self, arrivals: Mapping[int, NewMention]) -> dict[int, int]:
        """Make an entry of each new mention that shares no key with any other: most pages are mentioned once.

        Args:
            arrivals: mentions that are live, by their numbers; they are not in the catalogue yet, nor are their keys.

        Returns:
            Their numbers → the numbers of their entries. The others have to be taken up (:meth:`take_up`).
        """
        db = self._db
        numbers = Counter(chain.from_iterable(each.keys for each in arrivals.values()))
        shared = {number for number, count in numbers.items() if count > 1 or number in self._ledger.kept_hashes}
        shared.update(number for (number,) in db.execute(_KNOWN_KEYS, (to_json(list(numbers)),)))
        (last,) = db.execute("SELECT ifnull(max(id), 0) FROM entry").fetchone()
        alone = [number for number, each in arrivals.items() if shared.isdisjoint(each.keys)]
        placed = {number: entry_id for entry_id, number in enumerate(alone, last + 1)}
        rows = _Rows(db, self._site, self._members, in_question=self._in_question)
        for number, entry_id in placed.items():
            rows.add(entry_id, arrivals[number].outline, None, kept=False)
        rows.write()
        return placed

    def take_up(self, tell: Callable[[int], None]) -> None:
        """Merge the mentions that are new and live, and the entries that are shaken.

        Args:
            tell: is told of so many of them, again and again.
        """
        self._db.execute("INSERT INTO waiting SELECT entry_id FROM shaken")
        self._db.execute("DELETE FROM shaken")
        while count := self._db.execute(
            "INSERT INTO shaken SELECT entry_id FROM waiting LIMIT ?", (MENTIONS_PER_BATCH,)
        ).rowcount:
            self._db.execute("DELETE FROM waiting WHERE entry_id IN (SELECT entry_id FROM shaken)")
            self._merge({})
            tell(count)
        while homeless := _mentions(self._db, _HOMELESS, {"batch": MENTIONS_PER_BATCH}):
            self._merge(homeless)
            tell(len(homeless))

    def _merge(self, homeless: dict[int, _Loose]) -> None:
        """Merge the mentions `homeless`, the entries that are shaken, and those with which they share a key."""
        db, site, members = self._db, self._site, self._members
        keys = {key for each in homeless.values() for key in each.keys}
        db.execute(_SHAKE_NEIGHBOURS, (json.dumps(sorted(keys)),))
        db.execute(_PENDING_FOR_SHAKEN)
        if site.archives:
            archives.mark_dirty_entries(db)
        loose = _mentions(db, _SHAKEN) | homeless
        members.remove_shaken()
        before = _states(db)
        left_over = set(before)
        (last,) = db.execute("SELECT ifnull(max(id), 0) FROM entry").fetchone()
        is_in: dict[int, int] = {}
        rows = _Rows(db, site, members, in_question=self._in_question)
        for group in entries.group_mentions((number, each.keys) for number, each in loose.items()):
            known = (loose[number].entry_id for number in group)
            entry_id = min((entry for entry in known if entry in left_over), default=None)
            if entry_id is None:
                entry_id = last = last + 1
            left_over.discard(entry_id)
            is_in |= dict.fromkeys(group, entry_id)
            found = [loose[number].mention for number in group]
            kept = entry_ids.remembered_id(self._ledger, (key for number in group for key in loose[number].keys), found)
            rows.add(
                entry_id,
                entries.outline(found, site.home, identity=kept),
                before.get(entry_id),
                kept=kept is not None,
            )
        rows.write()
        moved = [(entry_id, number) for number, entry_id in is_in.items() if loose[number].entry_id != entry_id]
        db.executemany("UPDATE mention SET entry_id = ? WHERE id = ?", moved)
        for entry_id in left_over:
            _remove(db, entry_id)
        # What stands beside a new mention is new as well, or was shaken; others show the entry that was there before.
        changed = [
            (number,)
            for number, each in loose.items()
            if each.entry_id is not None and _face(before[each.entry_id]) != rows.faces[is_in[number]]
        ]
        db.executemany(_STALE_BESIDE, changed)
        db.execute("DELETE FROM shaken")

    def settle(self, now: datetime) -> list[ReplacedId]:
        """Bring ids, names and addresses up to date with the entries that there are.

        Afterwards every feed and page that may look different is pending, and the fragments of every entry that
        may are gone.

        Args:
            now: when a feed that nothing names any more has ended.

        Returns:
            The published ids that could not be kept.
        """
        db, site, ledger = self._db, self._site, self._ledger
        self._members.finish()
        lost = entry_ids.assign_ids(db, ledger)
        feed_names.assign_page_slugs(db, site.address)
        _settle_stale(db)
        if site.archives:
            archives.mark_stale_entries(db)
        feed_names.update_feeds(db, site, ledger, now)
        return lost


def mark_all_dirty(db: sqlite3.Connection) -> None:
    """Have everything merged anew: the site itself has changed."""
    db.execute("INSERT OR IGNORE INTO shaken SELECT id FROM entry")
    db.execute("UPDATE feed SET pending = 1")  # also that of everything, where there is no entry


class _Loose(NamedTuple):
    """A mention that is grouped anew.

    Attributes:
        entry_id: the entry it was in, or None where it is new.
        keys: what makes it one entry with others.
        mention: what it says, without its text.
    """

    entry_id: int | None
    keys: list[int]
    mention: Mention


def _mentions(db: sqlite3.Connection, which: str, values: Mapping[str, int] | None = None) -> dict[int, _Loose]:
    """Return the mentions that the query `which` numbers, by number."""
    query = f"SELECT mention.id, entry_id, keys, path, {QUALIFIED_MENTION_COLUMNS} FROM {which}"  # noqa: S608 - our own text
    rows = db.execute(query, values or {})
    return {
        number: _Loose(entry_id, json.loads(keys), make_mention(path, row))
        for number, entry_id, keys, path, *row in rows
    }


class _State(NamedTuple):
    """What is known of an entry before it is merged anew."""

    ident: str
    url: str
    title: str
    published: int
    shown: int
    page: str | None


def _states(db: sqlite3.Connection) -> dict[int, _State]:
    """Return what is known of each shaken entry."""
    rows = db.execute(
        "SELECT id, ident, url, title, published, shown, page FROM shaken CROSS JOIN entry ON id = entry_id"
    )
    return {entry_id: _State(*state) for entry_id, *state in rows}


def _face(state: _State) -> tuple[object, ...]:
    """Return what related entries show of an entry, and are ordered by."""
    return state[:5]


class _Rows:
    """The rows of entries that were merged anew, until they are written together.

    Args:
        db, site, members: as the :class:`Merger` has them.
        in_question: whether it has to be remembered which entries were written (:func:`identity.is_in_question`).

    Attributes:
        faces: what related entries show of each.
    """

    def __init__(self, db: sqlite3.Connection, site: Site, members: Memberships, *, in_question: bool) -> None:
        self.faces: dict[int, tuple[object, ...]] = {}
        self._db = db
        self._site = site
        self._members = members
        self._in_question = in_question
        self._new: list[tuple[object, ...]] = []
        self._changed: list[tuple[object, ...]] = []
        self._wanted: list[tuple[str]] = []
        self._written: list[tuple[int, bool]] = []

    def add(self, entry_id: int, entry: Outline, before: _State | None, *, kept: bool) -> None:
        """Add the row of `entry`, which was `before` if it was there; `kept`: the ledger has its id."""
        belonging = self._members.belonging(entry)
        shown = self._site.selection.takes(belonging.feeds, own=entry.own, quality=entry.quality)
        wanted = slugify(entry.title) if shown and not entry.url else None
        if before is not None and before.page is not None:
            if wanted is None:
                _leave_page(self._db, entry_id, before.page)
            else:
                _claim_anew(self._db, entry_id)
        if wanted is not None:  # the page of a page-less entry is given out by feeds.catalogue.feed_names
            self._wanted.append((wanted,))
        url = entry.url or (before.url if before is not None else "")
        self.faces[entry_id] = (entry.id, url, entry.title, entry.published, shown)
        facts = (
            entry.id,
            url,
            entry.title,
            entry.published,
            entry.updated,
            belonging.as_json,
            shown,
            wanted,
            entry_id,
        )
        (self._new if before is None else self._changed).append(facts)
        self._members.add(entry_id, entry.published, shown, belonging.numbers)
        if self._in_question:
            self._written.append((entry_id, kept))

    def write(self) -> None:
        """Write all rows. What shows an entry that was there before is stale; a new one nothing shows yet."""
        db = self._db
        db.executemany(_INSERT_ENTRY, self._new)
        db.executemany(_UPDATE_ENTRY, self._changed)
        db.executemany("INSERT OR IGNORE INTO contested VALUES (?)", self._wanted)
        db.executemany("INSERT OR REPLACE INTO written VALUES (?, ?)", self._written)
        touched = [*self._changed, *(self._new if self._site.archives else ())]
        db.executemany("INSERT OR IGNORE INTO stale VALUES (?)", [facts[-1:] for facts in touched])
        self._members.write()


def _remove(db: sqlite3.Connection, entry_id: int) -> None:
    (page,) = db.execute("SELECT page FROM entry WHERE id = ?", (entry_id,)).fetchone()
    if page is not None:
        _leave_page(db, entry_id, page)
    db.execute("DELETE FROM entry WHERE id = ?", (entry_id,))
    db.execute("DELETE FROM fragment WHERE entry_id = ?", (entry_id,))
    db.execute("DELETE FROM stale WHERE entry_id = ?", (entry_id,))
    db.execute("DELETE FROM written WHERE entry_id = ?", (entry_id,))


def _claim_anew(db: sqlite3.Connection, entry_id: int) -> None:
    """Note that the entry may no longer want the slug that it has its page by."""
    db.execute("INSERT OR IGNORE INTO contested SELECT page_wanted FROM entry WHERE id = ?", (entry_id,))


def _leave_page(db: sqlite3.Connection, entry_id: int, page: str) -> None:
    _claim_anew(db, entry_id)
    db.execute("INSERT OR IGNORE INTO gone VALUES (?)", (article_folder(page),))
    db.execute("UPDATE entry SET page = NULL WHERE id = ?", (entry_id,))
    db.execute("DELETE FROM pending_page WHERE entry_id = ?", (entry_id,))


def _settle_stale(db: sqlite3.Connection) -> None:
    """Drop the fragments of what is stale, and mark the feeds and pages that show it."""
    db.execute("DELETE FROM stale WHERE entry_id NOT IN (SELECT id FROM entry)")
    db.execute("DELETE FROM fragment WHERE entry_id IN (SELECT entry_id FROM stale)")
    db.execute(
        "UPDATE feed SET pending = 1 WHERE (kind, key) IN"
        " (SELECT kind, key FROM stale CROSS JOIN belonging USING (entry_id))"
    )
    db.execute(
        "INSERT OR IGNORE INTO pending_page"
        " SELECT id FROM stale CROSS JOIN entry ON id = entry_id WHERE page_wanted IS NOT NULL"
    )


# CROSS JOIN keeps SQLite to the order that is written: what has changed comes first, and is little.
_HOMELESS = (
    "mention INDEXED BY mention_homeless CROSS JOIN source ON source.id = source_id"
    " WHERE mention.live = 1 AND entry_id IS NULL LIMIT :batch"
)
_SHAKEN = "shaken CROSS JOIN mention USING (entry_id) CROSS JOIN source ON source.id = source_id"

_KNOWN_KEYS = "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM mention_key WHERE key = value)"

_INSERT_ENTRY = """
INSERT INTO entry (ident, url, title, published, updated, feeds, shown, page_wanted, id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_UPDATE_ENTRY = """
UPDATE entry SET ident = ?, url = ?, title = ?, published = ?, updated = ?, feeds = ?, shown = ?, page_wanted = ?
WHERE id = ?
"""

_SHAKE_NEIGHBOURS = """
INSERT OR IGNORE INTO shaken SELECT entry_id FROM json_each(?) CROSS JOIN mention_key ON mention_key.key = value
CROSS JOIN mention ON mention.id = mention_id WHERE entry_id IS NOT NULL
"""

_PENDING_FOR_SHAKEN = """
UPDATE feed SET pending = 1
WHERE (kind, key) IN (SELECT kind, key FROM shaken CROSS JOIN belonging USING (entry_id))
"""

_STALE_BESIDE = """
INSERT OR IGNORE INTO stale
SELECT other.entry_id FROM mention AS mine JOIN mention AS other ON other.source_id = mine.source_id
WHERE mine.id = ? AND other.entry_id IS NOT NULL AND (mine.position = 0) != (other.position = 0)
"""
