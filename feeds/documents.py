"""Catalogue → render → draft: the documents of every feed and page that may differ from the snapshot's."""

from __future__ import annotations

import functools
import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate, chain, zip_longest
from typing import NamedTuple

from feeds.catalogue import archives, database, pending, reading
from feeds.catalogue.reading import Shown
from feeds.config import Site
from feeds.ledger import Ledger
from feeds.model import Entry, Feed, Kind
from feeds.parallel import Workers, in_batches
from feeds.progress import Progress
from feeds.render import FORMATS, atom, fragments, notice, opml, page
from feeds.render.head import Head
from feeds.snapshot import Draft, Signs

BATCH = 64
"""How many entries one call renders."""

PARALLEL_FROM = 500
"""From how many entries on worker processes are worth the way there and back."""

FEEDS_AT_ONCE = 100
"""For how many feeds fragments are made at a time, before the documents of each."""


class Studio(NamedTuple):
    """What rendering needs wherever it happens.

    Attributes:
        db: the catalogue, which keeps fragments.
        site: the settings.
        workers: render many entries at a time.
    """

    db: sqlite3.Connection
    site: Site
    workers: Workers


def put_pending(
    db: sqlite3.Connection,
    site: Site,
    signs: Signs,
    ledger: Ledger,
    draft: Draft,
    progress: Progress,
    workers: Workers,
) -> None:
    """Put all documents that are pending in the catalogue into `draft`, and take out those that are gone.

    Args:
        db: the catalogue; fragments that were missing are kept in it.
        site: the settings.
        signs: what the snapshot says of feeds that have ended or moved.
        ledger: the same feeds.
        draft: the next snapshot.
        progress: is told of each feed that is done.
        workers: render where there is much to render.
    """
    draft.remove_below([*pending.gone(db), *(draft.signs.moved.keys() - signs.moved.keys())])
    draft.signs = signs
    if database.meta(db, "archives") == "on" and not site.archives:
        draft.remove_named(atom.is_archive)
    database.set_meta(db, "archives", "on" if site.archives else "off")
    feeds = reading.feeds(db, pending=True)
    known = reading.feeds(db) if feeds else []
    directory = tuple(each for each in known if each.ended is None)
    progress.stage("render", len(feeds))
    studio = Studio(db, site, workers)
    for start in range(0, len(feeds), FEEDS_AT_ONCE):
        some = feeds[start : start + FEEDS_AT_ONCE]
        shown = [reading.window(db, feed, site.limit_of(feed.kind)) if feed.ended is None else [] for feed in some]
        _render(studio, (each for entries in shown for each in entries))
        for feed, entries in zip(some, shown, strict=True):
            head = Head(feed, site, directory if feed.kind is Kind.ALL else ())
            _put_feed(studio, draft, head, entries)
            if feed.kind is Kind.ALL:
                _put_site(db, draft, head)
                _put_signposts(draft, ledger, head, known)
            progress.advance()


def _put_feed(studio: Studio, draft: Draft, head: Head, shown: Sequence[Shown]) -> None:
    """Put a feed, which shows the entries `shown`, in every format, and its archives."""
    feed, site = head.feed, head.site
    if site.archives:
        head = _put_archives(studio, draft, head)
    if feed.ended is not None:
        parts = {name: [last] for name, last in fragments(notice.ended(head), site.address).items()}
        fits = 1
    else:
        parts = _by_format(reading.fragments(studio.db, shown))
        fits = _how_many_fit(parts.values(), site.max_bytes_of(feed.kind))
        if fits < len(shown):
            head = replace(head, feed=replace(feed, updated=reading.updated_of(shown[:fits])))
    for form in FORMATS:
        body = form.document(head, parts[form.name][:fits])
        minutes = site.shortest_ttl if form.file_name == page.FILE_NAME else feed.ttl  # people don't wait
        draft.put(feed.folder + form.file_name, form.media_type, body, head.feed.updated, minutes * 60)


def _put_archives(studio: Studio, draft: Draft, head: Head) -> Head:
    """Put the archives of a feed that may have changed, and return its head, which links to the newest of them."""
    db = studio.db
    months = archives.months(db, head.feed)
    changed = archives.pending(db, head.feed)
    for month in changed.difference(months):
        draft.remove(head.feed.folder + atom.archive_name(month))
    linking = {min((month for month in months if month > each), default="") for each in changed}
    for month, previous in zip_longest(months, months[1:]):
        if month not in changed | linking:
            continue
        shown = archives.entries_of(db, head.feed, month)
        _render(studio, shown)
        feed = replace(head.feed, updated=reading.updated_of(shown))
        archive = replace(head, feed=feed, month=month, previous=previous)
        body = atom.document(archive, _by_format(reading.fragments(db, shown))["atom"])
        address, media_type = feed.folder + atom.archive_name(month), f"{atom.MEDIA_TYPE}; charset=utf-8"
        draft.put(address, media_type, body, feed.updated, head.site.longest_ttl * 60)
    return replace(head, previous=months[0] if months else None)


def _put_site(db: sqlite3.Connection, draft: Draft, head: Head) -> None:
    """Put what the site has besides its feeds: pages of articles, and the list of all feeds."""
    max_age = head.site.shortest_ttl * 60
    for entry_id in pending.pages(db):
        entry = reading.entry(db, entry_id, head.site.home)
        address = f"articles/{entry.page}/{page.FILE_NAME}"
        draft.put(address, page.MEDIA_TYPE, page.article(head, entry), entry.updated, max_age)
    draft.put(page.STYLE, page.STYLE_TYPE, page.style(), head.feed.updated, max_age)
    draft.put(opml.FILE_NAME, opml.MEDIA_TYPE, opml.document(head), head.feed.updated, max_age)


def _put_signposts(draft: Draft, ledger: Ledger, head: Head, feeds: Iterable[Feed]) -> None:
    """Put, at each address that one of `feeds` has left, documents that say where it is now."""
    feed_in = {feed.folder: feed for feed in feeds}
    for old, move in ledger.moves.items():
        left = notice.left_behind(head, old, feed_in[move.to], move.since)
        for form in FORMATS:
            fragment = form.fragment(notice.moved(left), head.site.address)
            draft.put(old + form.file_name, form.media_type, form.document(left, [fragment]), move.since)


def _render(studio: Studio, shown: Iterable[Shown]) -> None:
    """Render those of the entries `shown` that have no fragments yet."""
    db, site, workers = studio
    missing = reading.without_fragments(db, dict.fromkeys(each.entry_id for each in shown))
    entries = reading.some_entries(db, missing, site.home)
    work = functools.partial(_render_batch, site.address)
    rendered = in_batches(work, entries, BATCH, workers.executor(len(missing), PARALLEL_FROM))
    for entry_id, parts in zip(missing, chain.from_iterable(rendered), strict=True):
        reading.keep_fragments(db, entry_id, parts)


def _render_batch(address: str, entries: Sequence[Entry]) -> list[dict[str, bytes]]:
    return [fragments(entry, address) for entry in entries]


def _by_format(rendered: Sequence[dict[str, bytes]]) -> dict[str, list[bytes]]:
    """Return the fragments of entries, in their order, by format."""
    return {form.name: [each[form.name] for each in rendered] for form in FORMATS}


def _how_many_fit(formats: Iterable[Sequence[bytes]], max_bytes: int) -> int:
    """Return how many entries a document shows: as many as fit in every format, the same in each, at least one."""
    sizes = (list(accumulate(map(len, fragments))) for fragments in formats)
    return min((max(1, bisect_right(sums, max_bytes)) for sums in sizes), default=0)
