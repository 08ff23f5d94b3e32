"""Mentions → entries, for what changed only; and which feeds and pages that touches.

An entry is a connected group of mentions (:func:`feeds.entries.group`). A change to some mentions can only
join or split the entries they were in and the entries they share a key with, so only those are grouped anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from feeds import entries
from feeds.catalogue import archives, identity, naming
from feeds.catalogue.identity import Reidentified
from feeds.catalogue.reading import regrouped
from feeds.catalogue.rows import to_seconds
from feeds.config import Site
from feeds.ledger import Ledger
from feeds.model import Entry, Kind, Selection
from feeds.slug import slugify

BATCH = 5_000
"""How many new mentions are merged at a time: what bounds the memory that a first build needs."""


def merge(db: sqlite3.Connection, site: Site, ledger: Ledger, now: datetime) -> list[Reidentified]:
    """Bring entries, memberships and feeds up to date with the mentions that are live.

    Afterwards every feed and page that may look different is pending, and the fragments of every entry that
    may are gone.

    Args:
        db: the catalogue.
        site: the settings.
        ledger: says what stays as it was published; what has to be kept from now on is added to it.
        now: when a feed that nothing names any more has ended.

    Returns:
        The published ids that could not be kept.
    """
    db.execute("DELETE FROM written")
    db.execute("DELETE FROM stale")
    db.execute("DELETE FROM unclaimed")
    while True:
        homeless = [mention for (mention,) in db.execute(_HOMELESS, (BATCH,))]
        _merge_batch(db, homeless, site, ledger)
        db.execute("DELETE FROM shaken")
        if len(homeless) < BATCH:
            break
    lost = identity.settle(db, ledger)
    naming.name_pages(db, site.address)
    _settle_stale(db)
    if site.archives:
        archives.mark_stale(db)
    naming.name_feeds(db, site, ledger, now)
    return lost


def shake_all(db: sqlite3.Connection) -> None:
    """Have the next :func:`merge` merge everything anew: the site itself has changed."""
    db.execute("INSERT OR IGNORE INTO shaken SELECT id FROM entry")
    db.execute("UPDATE feed SET pending = 1")  # also that of everything, where there is no entry


def _merge_batch(db: sqlite3.Connection, homeless: Sequence[int], site: Site, ledger: Ledger) -> None:
    db.execute("DELETE FROM shared")
    db.executemany(_SHARED_KEYS, [(mention,) for mention in homeless])
    db.execute(_SHAKE_NEIGHBOURS)
    db.execute("DELETE FROM regrouped")
    db.execute("INSERT INTO regrouped SELECT mention.id FROM shaken CROSS JOIN mention USING (entry_id)")
    db.executemany("INSERT INTO regrouped VALUES (?)", [(mention,) for mention in homeless])
    db.execute(_PENDING_FOR_SHAKEN)
    if site.archives:
        archives.mark_shaken(db)
    db.execute(_COUNT_MEMBERS, {"sign": -1})
    db.execute("DELETE FROM member WHERE entry_id IN (SELECT entry_id FROM shaken)")
    before = _states(db)
    left_over = set(before)
    (last,) = db.execute("SELECT ifnull(max(id), 0) FROM entry").fetchone()
    was_in = dict(
        db.execute("SELECT mention_id, entry_id FROM regrouped CROSS JOIN mention ON mention.id = mention_id")
    )
    is_in: dict[int, int] = {}
    keys = _keys(db)
    mentions = regrouped(db)
    rows = _Rows(db, site.selection)
    for group in entries.group(keys.items()):
        known = (was_in[mention] for mention in group)
        entry_id = min((entry for entry in known if entry in left_over), default=None)
        if entry_id is None:
            entry_id = last = last + 1
        left_over.discard(entry_id)
        is_in |= dict.fromkeys(group, entry_id)
        found = [mentions.pop(mention) for mention in group]
        kept = identity.kept_id(ledger, (key for mention in group for key in keys[mention]), found)
        rows.add(entry_id, entries.merge(found, site.home, identity=kept), before.get(entry_id), kept is not None)
    rows.write()
    db.executemany(
        "UPDATE mention SET entry_id = ? WHERE id = ?",
        [(entry_id, mention) for mention, entry_id in is_in.items() if was_in[mention] != entry_id],
    )
    for entry_id in left_over:
        _remove(db, entry_id)
    db.execute(_COUNT_MEMBERS, {"sign": 1})
    db.execute("DELETE FROM spelling WHERE members = 0")
    after = _states(db)
    changed = [(each,) for each in is_in if _face(before.get(was_in[each] or 0)) != _face(after[is_in[each]])]
    db.executemany(_STALE_BESIDE, changed)


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


def _face(state: _State | None) -> tuple[object, ...] | None:
    """Return what related entries show of an entry, and are ordered by."""
    return state[:5] if state is not None else None


def _keys(db: sqlite3.Connection) -> dict[int, list[int]]:
    """Return the keys of each mention that is grouped anew."""
    keys: dict[int, list[int]] = {}
    for mention, key in db.execute("SELECT mention_id, key FROM regrouped CROSS JOIN mention_key USING (mention_id)"):
        keys.setdefault(mention, []).append(key)
    return keys


class _Rows:
    """The rows of entries that were merged anew, and of where they belong, until they are written together."""

    def __init__(self, db: sqlite3.Connection, selection: Selection) -> None:
        self._db = db
        self._selection = selection
        self._new: list[tuple[object, ...]] = []
        self._changed: list[tuple[object, ...]] = []
        self._members: list[tuple[object, ...]] = []
        self._feeds: dict[tuple[Kind, str], None] = {}
        self._written: list[tuple[int, bool]] = []

    def add(self, entry_id: int, entry: Entry, before: _State | None, kept: bool) -> None:
        """Add the row of `entry`, which was `before` if it was there."""
        names = dict(_feeds_of(entry))
        shown = self._selection.takes(entry, names)
        wanted = slugify(entry.title) if shown and not entry.url else None
        if before is not None and before.page is not None:
            if wanted is None:
                _leave_page(self._db, entry_id, before.page)
            else:
                _claim_anew(self._db, entry_id)
        # The page of a page-less entry is given out by feeds.catalogue.naming.
        url = entry.url or (before.url if before is not None else "")
        published = to_seconds(entry.published)
        facts = (entry.id, url, entry.title, published, to_seconds(entry.updated), shown, wanted, entry_id)
        (self._new if before is None else self._changed).append(facts)
        for feed, name in names.items():
            if feed not in self._selection.exclude:
                self._members.append((*feed, -published, entry.id, entry_id, shown, name))
                self._feeds[feed] = None
        self._written.append((entry_id, kept))

    def write(self) -> None:
        """Write all rows; what showed the entries before and what shows them now is touched."""
        db = self._db
        db.executemany(_INSERT_ENTRY, self._new)
        db.executemany(_UPDATE_ENTRY, self._changed)
        db.executemany("INSERT INTO member VALUES (?, ?, ?, ?, ?, ?, ?)", self._members)
        db.executemany("INSERT INTO feed (kind, key) VALUES (?, ?) ON CONFLICT DO UPDATE SET pending = 1", self._feeds)
        db.executemany("INSERT OR REPLACE INTO written VALUES (?, ?)", self._written)
        for scratch in ("stale", "shaken"):
            query = f"INSERT OR IGNORE INTO {scratch} VALUES (?)"  # noqa: S608 - one of two words above
            db.executemany(query, [(entry_id,) for entry_id, _ in self._written])


def _remove(db: sqlite3.Connection, entry_id: int) -> None:
    (page,) = db.execute("SELECT page FROM entry WHERE id = ?", (entry_id,)).fetchone()
    if page is not None:
        _leave_page(db, entry_id, page)
    db.execute("DELETE FROM entry WHERE id = ?", (entry_id,))
    db.execute("DELETE FROM fragment WHERE entry_id = ?", (entry_id,))
    db.execute("DELETE FROM stale WHERE entry_id = ?", (entry_id,))
    db.execute("DELETE FROM written WHERE entry_id = ?", (entry_id,))


def _feeds_of(entry: Entry) -> Iterable[tuple[tuple[Kind, str], str]]:
    """Yield kind and key of each feed that `entry` is in (DESIGN: Entries, Membership), and what it calls it."""
    yield (Kind.ALL, ""), ""
    yield (Kind.PROVIDER, entry.provider.domain), entry.provider.name
    for name in entry.topics:
        yield (Kind.TOPIC, entries.fold(name)), name
    for name in entry.categories:
        yield (Kind.CATEGORY, entries.fold(name)), name


def _claim_anew(db: sqlite3.Connection, entry_id: int) -> None:
    """Note that the entry may no longer want the slug that it has its page by."""
    db.execute("INSERT OR IGNORE INTO unclaimed SELECT page_wanted FROM entry WHERE id = ?", (entry_id,))


def _leave_page(db: sqlite3.Connection, entry_id: int, page: str) -> None:
    _claim_anew(db, entry_id)
    db.execute("INSERT OR IGNORE INTO gone VALUES (?)", (f"articles/{page}/",))
    db.execute("UPDATE entry SET page = NULL WHERE id = ?", (entry_id,))
    db.execute("DELETE FROM pending_page WHERE entry_id = ?", (entry_id,))


def _settle_stale(db: sqlite3.Connection) -> None:
    """Drop the fragments of what is stale, and mark the feeds and pages that show it."""
    db.execute("DELETE FROM stale WHERE entry_id NOT IN (SELECT id FROM entry)")
    db.execute("DELETE FROM fragment WHERE entry_id IN (SELECT entry_id FROM stale)")
    db.execute(
        "UPDATE feed SET pending = 1 WHERE (kind, key) IN"
        " (SELECT kind, member.key FROM stale CROSS JOIN member USING (entry_id))"
    )
    db.execute(
        "INSERT OR IGNORE INTO pending_page"
        " SELECT id FROM stale CROSS JOIN entry ON id = entry_id WHERE page_wanted IS NOT NULL"
    )


# CROSS JOIN keeps SQLite to the order that is written: what has changed comes first, and is little.
_HOMELESS = "SELECT id FROM mention INDEXED BY mention_homeless WHERE live = 1 AND entry_id IS NULL LIMIT ?"

_INSERT_ENTRY = """
INSERT INTO entry (ident, url, title, published, updated, shown, page_wanted, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

_UPDATE_ENTRY = """
UPDATE entry SET ident = ?, url = ?, title = ?, published = ?, updated = ?, shown = ?, page_wanted = ?, recorded = 0
WHERE id = ?
"""

_SHARED_KEYS = "INSERT OR IGNORE INTO shared SELECT key FROM mention_key WHERE mention_id = ?"

_SHAKE_NEIGHBOURS = """
INSERT OR IGNORE INTO shaken
SELECT mention.entry_id FROM shared CROSS JOIN mention_key ON mention_key.key = shared.key
CROSS JOIN mention ON mention.id = mention_id WHERE mention.entry_id IS NOT NULL
"""

_COUNT_MEMBERS = """
INSERT INTO spelling SELECT kind, key, name, :sign * count(*), :sign * sum(shown)
FROM shaken CROSS JOIN member USING (entry_id) WHERE true GROUP BY kind, key, name
ON CONFLICT DO UPDATE SET members = members + excluded.members, shown = shown + excluded.shown
"""

_PENDING_FOR_SHAKEN = """
UPDATE feed SET pending = 1
WHERE (kind, key) IN (SELECT kind, member.key FROM shaken CROSS JOIN member USING (entry_id))
"""

_STALE_BESIDE = """
INSERT OR IGNORE INTO stale
SELECT other.entry_id FROM mention AS mine JOIN mention AS other ON other.source_id = mine.source_id
WHERE mine.id = ? AND other.entry_id IS NOT NULL AND (mine.position = 0) != (other.position = 0)
"""
