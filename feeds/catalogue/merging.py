"""Mentions → entries, for what changed only; and which feeds and pages that touches.

An entry is a connected group of mentions (:func:`feeds.entries.group`). A change to some mentions can only
join or split the entries they were in and the entries they share a key with, so only those are grouped anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from feeds import entries
from feeds.catalogue import archives, identity, naming
from feeds.catalogue.identity import Reidentified
from feeds.catalogue.reading import mentions_of
from feeds.catalogue.rows import to_seconds
from feeds.config import Site
from feeds.ledger import Ledger
from feeds.model import Entry, Kind, Selection
from feeds.slug import slugify

BATCH = 20_000
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
    was_in = dict(db.execute("SELECT mention.id, entry_id FROM shaken CROSS JOIN mention USING (entry_id)"))
    was_in |= dict.fromkeys(homeless)
    faces = _faces(db)
    db.execute(_PENDING_FOR_SHAKEN)
    if site.archives:
        archives.mark_shaken(db)
    db.execute(_COUNT_MEMBERS, {"sign": -1})
    db.execute("DELETE FROM member WHERE entry_id IN (SELECT entry_id FROM shaken)")
    left_over = set(faces)
    is_in: dict[int, int] = {}
    keys = {mention: _keys(db, mention) for mention in sorted(was_in)}
    keys_of: dict[int, list[int]] = {}
    for group in entries.group(keys.items()):
        before = (was_in[mention] for mention in group)
        entry_id = min((entry for entry in before if entry in left_over), default=None)
        if entry_id is None:
            entry_id = int(db.execute(_INSERT_BLANK).lastrowid or 0)
        left_over.discard(entry_id)
        is_in |= dict.fromkeys(group, entry_id)
        keys_of[entry_id] = [key for mention in group for key in keys[mention]]
    moved = [(entry_id, mention) for mention, entry_id in is_in.items() if was_in[mention] != entry_id]
    db.executemany("UPDATE mention SET entry_id = ? WHERE id = ?", moved)
    for entry_id in sorted(set(is_in.values())):  # only now: before, an entry may hold mentions of another
        mentions = mentions_of(db, entry_id)
        kept = identity.kept_id(ledger, keys_of[entry_id], mentions)
        db.execute("INSERT OR REPLACE INTO written VALUES (?, ?)", (entry_id, kept is not None))
        _write(db, entry_id, entries.merge(mentions, site.home, identity=kept), site.selection)
        db.execute("INSERT OR IGNORE INTO shaken VALUES (?)", (entry_id,))
    for entry_id in left_over:
        _remove(db, entry_id)
    db.execute(_COUNT_MEMBERS, {"sign": 1})
    db.execute("DELETE FROM spelling WHERE members = 0")
    new_faces = _faces(db)
    changed = [(each,) for each in is_in if faces.get(was_in[each] or 0) != new_faces[is_in[each]]]
    db.executemany(_STALE_BESIDE, changed)


def _faces(db: sqlite3.Connection) -> dict[int, tuple[object, ...]]:
    """Return what related entries show of each shaken one, and are ordered by."""
    rows = db.execute("SELECT id, ident, url, title, published, shown FROM shaken CROSS JOIN entry ON id = entry_id")
    return {entry_id: face for entry_id, *face in rows}


def _keys(db: sqlite3.Connection, mention: int) -> list[int]:
    return [key for (key,) in db.execute("SELECT key FROM mention_key WHERE mention_id = ?", (mention,))]


def _write(db: sqlite3.Connection, entry_id: int, entry: Entry, selection: Selection) -> None:
    """Store `entry` and where it belongs; what showed it before and what shows it now is touched."""
    names = dict(_feeds_of(entry))
    shown = selection.takes(entry, names)
    before_url, page = db.execute("SELECT url, page FROM entry WHERE id = ?", (entry_id,)).fetchone()
    wanted = slugify(entry.title) if shown and not entry.url else None
    if wanted is None and page is not None:
        _leave_page(db, entry_id, page)
    if page is not None and wanted is not None:
        db.execute("INSERT OR IGNORE INTO unclaimed SELECT page_wanted FROM entry WHERE id = ?", (entry_id,))
    url = entry.url or before_url  # the page of a page-less entry is given out by feeds.catalogue.naming
    db.execute(
        "UPDATE entry SET ident = ?, url = ?, title = ?, provider_name = ?, published = ?, updated = ?,"
        " shown = ?, page_wanted = ?, recorded = 0 WHERE id = ?",
        (
            entry.id,
            url,
            entry.title,
            entry.provider.name,
            to_seconds(entry.published),
            to_seconds(entry.updated),
            shown,
            wanted,
            entry_id,
        ),
    )
    db.execute("INSERT OR IGNORE INTO stale VALUES (?)", (entry_id,))
    age = -to_seconds(entry.published)
    feeds = [feed for feed in names if feed not in selection.exclude]
    rows = [(*feed, age, entry.id, entry_id, shown, names[feed]) for feed in feeds]
    db.executemany("INSERT INTO member VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    db.executemany("INSERT INTO feed (kind, key) VALUES (?, ?) ON CONFLICT DO UPDATE SET pending = 1", feeds)


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


def _leave_page(db: sqlite3.Connection, entry_id: int, page: str) -> None:
    db.execute("INSERT OR IGNORE INTO unclaimed SELECT page_wanted FROM entry WHERE id = ?", (entry_id,))
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

_INSERT_BLANK = "INSERT INTO entry (ident, url, title, provider_name, published, updated) VALUES ('', '', '', '', 0, 0)"

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
