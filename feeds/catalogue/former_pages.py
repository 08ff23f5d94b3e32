"""Former pages: addresses of pages that articles had, and that lead elsewhere now.

An id that was published with a page of ours (``articles/<slug>/``) has one of these fates:

- The entry with this id has the page.
- The entry with this id has a web page now: the page leads there.
- No entry that is shown has the id, and its article is part of another entry now: the page leads to that entry.
- Its article was withdrawn: the page leads nowhere, since its address would tell the title.

Which one it is depends on all entries, and not on the order of builds. So it is decided again for every id that the
changes of a build may concern.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from feeds.catalogue import history
from feeds.catalogue.changes import mark_site_feed
from feeds.catalogue.history import id_digest, open_sealed, salt_of
from feeds.catalogue.publications import published_page
from feeds.model import Mention
from feeds.rules.grouping import key_hash, key_secret, merge_keys


def note_former_pages(db: sqlite3.Connection) -> None:
    """Note to which entries former pages lead, as far as this build may have changed it."""
    if not history.has_pages(db):
        return
    salt = salt_of(db)
    merged = {id_digest(uri, salt): entry_id for entry_id, uri in db.execute(_MERGED)}
    concerned = {id_digest(uri, salt) for (uri,) in db.execute("SELECT ident FROM withdrawn_id")}
    concerned |= {digest for (digest,) in db.execute(_CONCERNED)}
    concerned |= merged.keys()
    former = []
    for (digest,) in db.execute(_WITH_PAGES, (str(sorted(concerned)),)).fetchall():
        db.execute("DELETE FROM former_page WHERE digest = ?", (digest,))
        if (target := _target(db, digest, merged)) is not None:
            former.append((digest, *target))
    db.executemany("INSERT OR IGNORE INTO former_page VALUES (?, ?, ?)", former)
    db.executemany("INSERT OR IGNORE INTO pending_page VALUES (?)", [(entry_id,) for *_, entry_id in former])
    if former:
        mark_site_feed(db)


def _target(db: sqlite3.Connection, digest: int, merged: Mapping[int, int]) -> tuple[str, int] | None:
    """Return the slug of the page of a published id, and the entry to which it leads; None if it leads nowhere.

    Args:
        db: the catalogue.
        digest: of the id.
        merged: digest → entry, of the entries that this build has merged: their ids may have been sealed until now.
    """
    from feeds.catalogue.entry_loading import mentions_of  # loads msgspec, which a build without news does not need

    own = db.execute(_ENTRY_OF, {"digest": digest, "merged": merged.get(digest)}).fetchone()
    if own is not None:
        entry_id, uri, has_web_page = own
        slug = published_page(db, uri) if has_web_page else None
        return (slug, entry_id) if slug is not None else None
    for entry_id in [entry_id for (entry_id,) in db.execute(_WITH_KEYS_OF, (digest,))]:
        if (slug := _absorbed_page(db, digest, mentions_of(db, entry_id))) is not None:
            return slug, entry_id
    return None


def _absorbed_page(db: sqlite3.Connection, digest: int, mentions: Iterable[Mention]) -> str | None:
    """Return the slug of the page of a published id that no entry has, if its article is part of another entry.

    Args:
        db: the catalogue.
        digest: of the id.
        mentions: the mentions of the other entry. One of its articles must have been published under the id: its file
            and title tell.
    """
    salt = salt_of(db)
    own = [mention for mention in mentions if mention.position == 0]
    secrets = {
        key_hash(key, salt): key_secret(key, salt)
        for mention in own
        for key in merge_keys(mention)
        if key.startswith("@")
    }
    rows = db.execute("SELECT key, wrapped FROM published_key WHERE digest = ?", (digest,)).fetchall()
    opened = [wrapped ^ secrets[key] for key, wrapped in rows if key in secrets and wrapped is not None]
    if not opened:
        return None
    ident, slug, sealed = db.execute(_PAGE_OF_ID, (digest,)).fetchone()
    if ident is None:
        content = open_sealed(sealed, opened, digest, salt)
        slug = content.slug if content is not None else None
    return str(slug) if slug is not None else None


_MERGED = "SELECT entry_id, uri FROM merged_entry CROSS JOIN entry ON entry.id = entry_id"

_CONCERNED = """
SELECT digest FROM examined_page
UNION SELECT former_page.digest FROM merged_entry CROSS JOIN former_page USING (entry_id)
"""

_WITH_PAGES = """
SELECT digest FROM json_each(?) CROSS JOIN published_id ON digest = value WHERE slug_digest IS NOT NULL ORDER BY digest
"""

_ENTRY_OF = """
SELECT id, uri, articles AND page_wanted IS NULL FROM entry
WHERE shown AND id = ifnull(:merged, (
    SELECT entry.id FROM published_id CROSS JOIN entry ON uri = ident WHERE digest = :digest
))
"""

# Begins with the keys of one id, which are few.
_WITH_KEYS_OF = """
SELECT DISTINCT entry_id FROM published_key CROSS JOIN page_key USING (key)
CROSS JOIN mention ON mention.id = mention_id CROSS JOIN entry ON entry.id = entry_id
WHERE digest = ? AND articles AND shown ORDER BY uri
"""

_PAGE_OF_ID = "SELECT ident, slug, sealed FROM published_id WHERE digest = ?"
