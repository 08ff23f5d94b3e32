"""Names and addresses of feeds and pages: who gets which slug (:mod:`feeds.rules.slugs`).

A slug is given out per kind among all that want it, so that two names never share an address; who gets the
plain one depends on what the catalogue holds, never on the order in which it came to hold it.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from feeds.catalogue import archives, history, retired_feeds
from feeds.catalogue.changes import mark_related_entries, mark_site_feed
from feeds.memory.ledger import FeedRecord, Ledger
from feeds.model import Kind, Provider
from feeds.rules.site_layout import article_folder
from feeds.rules.slugs import SlugClaim, assign_slugs, slugify
from feeds.rules.times import polling_interval
from feeds.settings.site import Site


def assign_page_slugs(db: sqlite3.Connection, home_address: str) -> None:
    """Give every entry without a web page a page of its own: ``articles/<slug>/``.

    Also its rivals, where a change among them moves the slug; a page that moves leaves its old address.
    """
    wanted = db.execute(
        "SELECT DISTINCT page_wanted FROM stale CROSS JOIN entry ON id = entry_id WHERE page_wanted IS NOT NULL"
        " UNION SELECT wanted FROM contested"
    ).fetchall()
    for (slug,) in wanted:
        rivals = db.execute("SELECT id, ident, published, page, url FROM entry WHERE page_wanted = ?", (slug,))
        found = rivals.fetchall()
        given = assign_slugs(SlugClaim(published, ident, slug) for _, ident, published, _, _ in found)
        for entry_id, ident, _, page, url in found:
            new_url = home_address + article_folder(given[ident])
            if (page, url) == (given[ident], new_url):
                continue
            if page is not None and page != given[ident]:
                db.execute("INSERT OR IGNORE INTO gone VALUES (?)", (article_folder(page),))
            db.execute("UPDATE entry SET page = ?, url = ? WHERE id = ?", (given[ident], new_url, entry_id))
            db.execute("INSERT OR IGNORE INTO stale VALUES (?)", (entry_id,))
            mark_related_entries(db, entry_id)


def update_feeds(db: sqlite3.Connection, site: Site, ledger: Ledger, now: datetime) -> None:
    """Bring name, slug, size, dates and pace of every pending feed up to date.

    A feed that has no entries any more goes into the ledger if it was published, and is dropped if not.
    """
    db.execute("INSERT OR IGNORE INTO feed (kind, key) VALUES (?, '')", (Kind.ALL,))
    retired_feeds.update_empty_feeds(db, site, ledger, now)
    contested: set[tuple[Kind, str]] = set()
    pending = db.execute("SELECT kind, key, wanted, slug, name FROM feed WHERE pending = 1").fetchall()
    for kind, key, wanted, slug, old_name in ((Kind(kind), *rest) for kind, *rest in pending):
        if kind is not Kind.ALL:
            wanted = wanted or _plain_slug(kind, key)
            contested.add((kind, wanted))
        if retired_feeds.is_empty_feed(ledger, kind, key):
            continue
        entries, named_by, oldest = db.execute(_SIZE, {"kind": kind, "key": key}).fetchone()
        if named_by == 0 and kind is not Kind.ALL:
            retired_feeds.drop_feed(db, kind, key, slug)
            continue
        name = _name(db, kind, key, site.home)
        if site.archives and name != old_name:
            archives.mark_feed_months(db, kind, key)
        dates = db.execute(_DATES, {"kind": kind, "key": key, "limit": site.limit_of(kind)}).fetchall()
        db.execute(
            "UPDATE feed SET name = ?, wanted = ?, since = ?, entries = ?, newest = ?, updated = ?, ttl = ?,"
            " ended = NULL WHERE kind = ? AND key = ?",
            (
                name,
                wanted,
                oldest or 0,
                entries,
                max((published for published, _ in dates), default=None),
                max(updated for _, updated in dates) if dates else _latest_update(db, kind, key),
                polling_interval([published for published, _ in dates], site.shortest_ttl, site.longest_ttl),
                kind,
                key,
            ),
        )
    for kind, wanted in contested:
        _give_slugs(db, site, ledger, kind, wanted)
    retired_feeds.update_moves(db, site, ledger, now)
    retired_feeds.list_empty_feeds(db, site, ledger, now)
    if pending:
        mark_site_feed(db)


def _give_slugs(db: sqlite3.Connection, site: Site, ledger: Ledger, kind: Kind, wanted: str) -> None:
    """Give each feed that wants this slug one: that which it was published under, else what :func:`assign` says.

    Where the two differ, the ledger remembers it. The slug of a feed without entries is never another's.
    """
    rivals = db.execute("SELECT key, since, slug FROM feed WHERE kind = ? AND wanted = ?", (kind, wanted)).fetchall()
    claims = [SlugClaim(since, key, wanted) for key, since, _ in rivals]
    reserved = {each.key: each.slug for each in ledger.empty_feeds() if each.kind is kind}
    published = {
        claim.key: known.slug
        for claim in sorted(claims)
        if (known := ledger.feeds.get((kind, claim.key)) or history.published_feed(db, kind, claim.key)) is not None
    }
    computed = assign_slugs(claims, reserved)
    given = assign_slugs(claims, reserved | {key: slug for key, slug in published.items() if key not in reserved})
    for key, _, slug in rivals:
        if key not in reserved:
            ledger.feeds.pop((kind, key), None)
            if given[key] != computed[key]:
                ledger.feeds[kind, key] = FeedRecord(kind, key, given[key])
        if slug != given[key]:
            retired_feeds.abandon_folder(db, kind, slug)
            if site.archives:
                archives.mark_feed_months(db, kind, key)
            db.execute("UPDATE feed SET slug = ?, pending = 1 WHERE kind = ? AND key = ?", (given[key], kind, key))


def _plain_slug(kind: Kind, key: str) -> str:
    """Return the slug that the name of a feed asks for."""
    is_host = kind is Kind.PROVIDER and key.replace("-", "").replace(".", "").isalnum()
    return key if is_host else slugify(key)


def _name(db: sqlite3.Connection, kind: Kind, key: str, home: Provider) -> str:
    """Return what a feed is called: the spelling that most of its entries use, then the first in the alphabet."""
    if kind is Kind.ALL or (kind is Kind.PROVIDER and key == home.domain):
        return home.name
    query = (
        "SELECT name FROM subject JOIN spelling ON subject_id = subject.id WHERE kind = ? AND key = ?"
        " ORDER BY members DESC, name LIMIT 1"
    )
    return str(db.execute(query, (kind, key)).fetchone()[0])


def _latest_update(db: sqlite3.Connection, kind: Kind, key: str) -> int | None:
    """Return when an entry of the feed changed last, shown or not."""
    query = "SELECT max(updated) FROM membership JOIN entry ON entry.id = entry_id WHERE kind = ? AND key = ?"
    latest: int | None = db.execute(query, (kind, key)).fetchone()[0]
    return latest


# A feed whose entries are all left out is empty, and there: its subscribers are not told that it is gone.
_SIZE = """
SELECT ifnull(sum(shown), 0), ifnull(sum(members), 0),
       (SELECT -age FROM membership WHERE kind = :kind AND key = :key ORDER BY age DESC LIMIT 1)
FROM subject JOIN spelling ON subject_id = subject.id WHERE kind = :kind AND key = :key
"""

_DATES = """
SELECT published, updated FROM membership JOIN entry ON entry.id = entry_id
WHERE kind = :kind AND key = :key AND membership.shown ORDER BY age, entry.ident LIMIT :limit
"""
