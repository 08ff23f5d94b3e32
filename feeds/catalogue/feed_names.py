"""Names and addresses of feeds and pages (:mod:`feeds.rules.slugs`).

A slug is assigned among all feeds of a kind that want it, so that two names never share an address. The assignment
depends on the content of the catalogue, and never on the order in which it was filled.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from feeds.catalogue import archives, publications, retired_feeds
from feeds.catalogue.changes import mark_site_feed
from feeds.catalogue.related import mark_related_entries
from feeds.memory.ledger import Ledger
from feeds.model import Kind, Provider
from feeds.rules.pace import MONTHS_OF_ACTIVITY
from feeds.rules.site_layout import HOME_KEY, article_folder
from feeds.rules.slugs import SlugClaim, assign_slugs, slugify
from feeds.rules.times import polling_interval
from feeds.settings.site import Site


def assign_page_slugs(db: sqlite3.Connection, home_address: str) -> None:
    """Assign a page, ``articles/<slug>/``, to every entry without a web page: the published one, else a new one.

    Rivals for a slug are looked at as well: a change of one can move the slug of another that was not published yet.
    """
    wanted = db.execute(
        "SELECT DISTINCT page_wanted FROM outdated_entry CROSS JOIN entry ON id = entry_id"
        " WHERE page_wanted IS NOT NULL"
        " UNION SELECT wanted FROM contested_slug"
    ).fetchall()
    for (slug,) in wanted:
        rivals = db.execute("SELECT id, uri, published, page, url FROM entry WHERE page_wanted = ?", (slug,))
        rows = rivals.fetchall()
        claims = [SlugClaim(published, uri, slug) for _, uri, published, _, _ in rows]
        kept = {
            claim.key: known for claim in claims if (known := publications.published_page(db, claim.key)) is not None
        }
        assigned = assign_slugs(claims, kept | publications.pages_at(db, slug))
        for entry_id, uri, published, page, url in rows:
            new_url = home_address + article_folder(assigned[uri])
            if (page, url) == (assigned[uri], new_url):
                continue
            if page is not None and page != assigned[uri]:
                db.execute("INSERT OR IGNORE INTO abandoned_folder VALUES (?)", (article_folder(page),))
            db.execute(
                "UPDATE entry SET page = ?, other_url = nullif(?, uri) WHERE id = ?", (assigned[uri], new_url, entry_id)
            )
            db.execute("INSERT OR IGNORE INTO outdated_entry VALUES (?)", (entry_id,))
            mark_related_entries(db, entry_id, published)


def update_feeds(db: sqlite3.Connection, site: Site, ledger: Ledger, now: datetime) -> None:
    """Update name, slug, size, dates and polling interval of every pending feed.

    A feed that has no entries any more goes into the ledger if it was published; else it is dropped.
    """
    db.execute("INSERT OR IGNORE INTO feed (kind, key) VALUES (?, '')", (Kind.ALL,))
    # First: the loop below skips the feeds that are empty.
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
        if name != old_name:
            archives.mark_feed_months(db, kind, key)
        limit = site.limit_of(kind)
        dates = db.execute(_DATES, {"kind": kind, "key": key, "limit": limit}).fetchall()
        db.execute(
            "UPDATE feed SET name = ?, wanted = ?, since = ?, entries = ?, newest = ?, updated = ?, oldest = ?,"
            " ttl = ?, activity = ?, ended = NULL, asked = NULL, displayed = NULL, short = NULL"
            " WHERE kind = ? AND key = ?",
            (
                name,
                wanted,
                oldest or 0,
                entries,
                max((published for published, _ in dates), default=None),
                max(updated for _, updated in dates) if dates else _latest_update(db, kind, key),
                dates[-1][0] if len(dates) == limit else None,
                polling_interval([published for published, _ in dates], site.shortest_ttl, site.longest_ttl),
                _activity(db, kind, key),
                kind,
                key,
            ),
        )
    for kind, wanted in contested:
        _assign_feed_slugs(db, site, ledger, kind, wanted)
    retired_feeds.update_moves(db, site, ledger, now)
    retired_feeds.list_empty_feeds(db, site, ledger, now)
    if pending:
        mark_site_feed(db)


def _assign_feed_slugs(db: sqlite3.Connection, site: Site, ledger: Ledger, kind: Kind, wanted: str) -> None:
    """Assign the slugs of all feeds that want this one: the published slug, else the one of :func:`assign_slugs`.

    No other feed gets the slug of an empty feed.
    """
    rivals = db.execute("SELECT key, since, slug FROM feed WHERE kind = ? AND wanted = ?", (kind, wanted)).fetchall()
    claims = [SlugClaim(since, key, wanted) for key, since, _ in rivals]
    reserved = {feed.key: feed.slug for feed in ledger.empty_feeds() if feed.kind is kind}
    published = {
        claim.key: known.slug
        for claim in sorted(claims)
        if (known := publications.published_feed(db, kind, claim.key)) is not None
    }
    assigned = assign_slugs(claims, reserved | {key: slug for key, slug in published.items() if key not in reserved})
    for key, _, slug in rivals:
        if slug != assigned[key]:
            retired_feeds.abandon_folder(db, kind, slug)
            if slug:
                db.execute(_MARK_MEMBERS, (kind, key))
            archives.mark_feed_months(db, kind, key)
            db.execute("UPDATE feed SET slug = ?, pending = 1 WHERE kind = ? AND key = ?", (assigned[key], kind, key))


# The pages of a feed's entries link to it.
_MARK_MEMBERS = "INSERT OR IGNORE INTO outdated_entry SELECT entry_id FROM feed_member WHERE kind = ? AND key = ?"


def _plain_slug(kind: Kind, key: str) -> str:
    """Return the plain slug of a feed."""
    is_host = kind is Kind.PROVIDER and key.replace("-", "").replace(".", "").isalnum()
    return key if is_host else slugify(key)


def _name(db: sqlite3.Connection, kind: Kind, key: str, home: Provider) -> str:
    """Return the name of a feed: the spelling that most of its entries use, then the first in alphabetical order."""
    if kind is Kind.ALL or (kind is Kind.PROVIDER and key == HOME_KEY):
        return home.name
    query = (
        "SELECT name FROM feed_key JOIN feed_name ON feed_key_id = feed_key.id WHERE kind = ? AND key = ?"
        " ORDER BY members DESC, name LIMIT 1"
    )
    return str(db.execute(query, (kind, key)).fetchone()[0])


def _activity(db: sqlite3.Connection, kind: Kind, key: str) -> str:
    """Return the column `activity`: the numbers of entries in twelve months, the last one that of the newest entry."""
    months = archives.months_of(db, kind, key)
    last = max(months, default=0)
    return " ".join(str(months.get(month, 0)) for month in range(last - MONTHS_OF_ACTIVITY + 1, last + 1))


def _latest_update(db: sqlite3.Connection, kind: Kind, key: str) -> int | None:
    """Return the latest change of an entry of the feed, shown or not."""
    query = "SELECT max(updated) FROM feed_member JOIN entry ON entry.id = entry_id WHERE kind = ? AND key = ?"
    latest: int | None = db.execute(query, (kind, key)).fetchone()[0]
    return latest


# A feed whose entries are all left out is empty, but it exists: `members` counts all entries, `shown` only shown ones.
_SIZE = """
SELECT ifnull(sum(shown), 0), ifnull(sum(members), 0),
       (SELECT -age FROM feed_member WHERE kind = :kind AND key = :key ORDER BY age DESC LIMIT 1)
FROM feed_key JOIN feed_name ON feed_key_id = feed_key.id WHERE kind = :kind AND key = :key
"""

_DATES = """
SELECT published, updated FROM feed_member JOIN entry ON entry.id = entry_id
WHERE kind = :kind AND key = :key AND feed_member.shown ORDER BY age, entry.uri LIMIT :limit
"""
