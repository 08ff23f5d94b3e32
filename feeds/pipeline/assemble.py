"""Catalogue → render → draft: the documents of every feed and page that may differ from the snapshot's."""

from __future__ import annotations

import functools
import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import accumulate, chain, islice, zip_longest
from pathlib import Path
from typing import NamedTuple

from feeds.catalogue import archives, changes, fragments, queries, schema
from feeds.catalogue.fragments import Fragments
from feeds.catalogue.queries import EntryRows, ShownEntry
from feeds.memory.ledger import Ledger
from feeds.model import Feed, Kind, Provider
from feeds.pipeline.fragment_files import FilePart, append_parts, read_parts
from feeds.render import atom, notices, opml, page
from feeds.render.formats import render_entry, renderer
from feeds.render.head import FeedHead
from feeds.rules.site_layout import (
    ATOM,
    FORMATS,
    OPML_CONTENT_TYPE,
    OPML_PATH,
    PAGE,
    STYLE_CONTENT_TYPE,
    STYLE_PATH,
    archive_name,
    article_folder,
    feed_folder,
    is_archive,
)
from feeds.settings.site import Site
from feeds.store import objects
from feeds.store.objects import StoredObject
from feeds.store.snapshots import Draft, RetiredAddresses
from feeds.system.files import scratch_folder
from feeds.system.processes import Workers, batched, map_all, start_ahead
from feeds.system.progress import Progress

DocumentRecord = tuple[str, str, StoredObject, datetime, int]
"""What :meth:`feeds.store.snapshots.Draft.put` is told of a document."""

ENTRIES_PER_TASK = 64
"""How many entries one call renders."""

FEEDS_PER_TASK = 4
"""For how many feeds one call composes the documents."""

PARALLEL_MIN_ITEMS = 500
"""From how many entries, or documents, on worker processes are worth their start."""

MAX_LOCATIONS = 20_000
"""Of how many entries it is remembered where their fragments are in the spool; those of others are in the catalogue."""

ENTRIES_PER_BATCH = 1_000
"""How many entries the feeds show for which fragments are made at a time, before their documents; a feed is never cut.
It bounds the memory."""


class FragmentLocation(NamedTuple):
    """The fragments of one entry in the spool: sizes as :class:`Fragments` has them, and where the bytes are."""

    sizes: str
    piece: FilePart


RenderedEntry = Fragments | FragmentLocation


class RenderContext(NamedTuple):
    """What rendering needs wherever it happens.

    Attributes:
        db: the catalogue, which keeps fragments.
        site: the settings.
        workers: render many entries, and compose many documents, at a time.
        draft: the next snapshot.
        spool: the folder in which workers leave fragments for each other.
        spooled: where in it those of entries are, by the entries' numbers; added to as they come.
    """

    db: sqlite3.Connection
    site: Site
    workers: Workers
    draft: Draft
    spool: Path
    spooled: dict[int, FragmentLocation]


class FeedDraft(NamedTuple):
    """A feed that is ready to be composed: its head, and the fragments of the entries that it shows."""

    head: FeedHead
    rendered: Sequence[RenderedEntry]


class FeedBatch(NamedTuple):
    """Some feeds while fragments are made for them.

    Attributes:
        shown: each feed with the entries that it shows.
        missing: those of them that have no fragments yet.
        rendered: their fragments, in the same order, as far as they are made.
    """

    shown: list[tuple[Feed, list[ShownEntry]]]
    missing: list[int]
    rendered: Iterator[Sequence[RenderedEntry]]


def assemble_documents(
    db: sqlite3.Connection,
    site: Site,
    signs: RetiredAddresses,
    ledger: Ledger,
    draft: Draft,
    progress: Progress,
    workers: Workers,
    meanwhile: Callable[[], None] | None = None,
) -> None:
    """Put all documents that are pending in the catalogue into `draft`, and take out those that are gone.

    Three things go on at the same time, so that nobody waits: entries are rendered for some feeds, while documents are
    composed of the fragments for those before, and documents of those before them are entered in the draft.

    Args:
        db: the catalogue; fragments that were missing are kept in it.
        site: the settings.
        signs: what the snapshot says of feeds that have ended or moved.
        ledger: the same feeds.
        draft: the next snapshot.
        progress: is told of each feed that is done.
        workers: render and compose where there is much of it.
        meanwhile: is called while they render the first entries: it waits for the disk, say.
    """
    draft.remove_below([*changes.abandoned_folders(db), *(draft.signs.moved.keys() - signs.moved.keys())])
    draft.signs = signs
    if schema.get_meta(db, "archives") == "on" and not site.archives:
        draft.remove_named(is_archive)
    feeds = queries.load_feeds(db, pending=True)
    known = queries.load_feeds(db) if feeds else []
    directory = tuple(each for each in known if each.ended is None)
    progress.stage("render", len(feeds))
    with scratch_folder(draft.folder) as spool:
        studio = RenderContext(db, site, workers, draft, spool, {})
        batches = start_ahead(_rendering(studio, feeds, meanwhile))
        for composed in start_ahead(_composing(studio, each, directory) for each in batches):
            for documents in chain.from_iterable(composed):
                for each in documents:
                    draft.put(*each)
                progress.advance()
    schema.set_meta(db, "archives", "on" if site.archives else "off")  # not before `meanwhile`, which may commit it
    for feed in feeds:
        if feed.kind is Kind.ALL:
            head = FeedHead(feed, site, directory)
            _put_site(db, draft, head)
            _put_signposts(draft, ledger, head, known)


def _rendering(
    studio: RenderContext, feeds: Sequence[Feed], meanwhile: Callable[[], None] | None
) -> Iterator[FeedBatch]:
    """Yield `feeds`, some at a time, with the rendering of their entries under way."""
    asked: set[int] = set()  # by the batch before, whose fragments may not have come yet
    rest = iter(feeds)
    while shown := list(_some(studio, rest)):
        numbers = dict.fromkeys(each.entry_id for _, entries in shown for each in entries)
        missing = fragments.without_fragments(studio.db, [each for each in numbers if each not in asked])
        asked = set(missing)
        batch = FeedBatch(shown, missing, _start_rendering(studio, missing, spool=True))
        if meanwhile is not None:
            meanwhile()
            meanwhile = None
        yield batch


def _some(studio: RenderContext, feeds: Iterator[Feed]) -> Iterator[tuple[Feed, list[ShownEntry]]]:
    """Take some of `feeds`, and yield each with the entries that it shows."""
    count = 0
    for feed in feeds:
        shown = queries.shown_entries(studio.db, feed, studio.site.limit_of(feed.kind)) if feed.ended is None else []
        yield feed, shown
        count += max(1, len(shown))
        if count >= ENTRIES_PER_BATCH:
            return


def _start_rendering(
    studio: RenderContext, missing: Sequence[int], *, spool: bool
) -> Iterator[Sequence[RenderedEntry]]:
    """Return the fragments of entries, batch by batch, as far as they are made; in the `spool`, if others make them."""
    executor = studio.workers.executor(len(missing), PARALLEL_MIN_ITEMS)
    place = studio.spool if spool and executor is not None else None
    work = functools.partial(_render_batch, studio.site.address, studio.site.home, place)
    return map_all(work, queries.load_entry_rows(studio.db, missing), ENTRIES_PER_TASK, executor)


def _keep(studio: RenderContext, numbers: Sequence[int], rendered: Iterable[Sequence[RenderedEntry]]) -> None:
    """Keep the fragments of the entries with these numbers, as they come, and remember where in the spool they are."""
    spooled = studio.spooled
    for some in batched(zip(numbers, chain.from_iterable(rendered), strict=True), ENTRIES_PER_TASK):
        fetched = _fetched([each for _, each in some])
        fragments.store_fragments(studio.db, zip((number for number, _ in some), fetched, strict=True))
        spooled.update((number, each) for number, each in some if isinstance(each, FragmentLocation))
        for number in list(islice(spooled, max(0, len(spooled) - MAX_LOCATIONS))):
            del spooled[number]


def _render_batch(
    address: str, home: Provider, spool: Path | None, found: Sequence[EntryRows]
) -> Sequence[RenderedEntry]:
    """Return the fragments of entries; where there is a spool, they are in it."""
    rendered = [Fragments.of(render_entry(queries.merge_rows(each, home), address)) for each in found]
    if spool is None:
        return rendered
    pieces = append_parts(spool, [each.body for each in rendered])
    return [FragmentLocation(each.sizes, piece) for each, piece in zip(rendered, pieces, strict=True)]


def _fetched(rendered: Sequence[RenderedEntry]) -> list[Fragments]:
    """Return the same fragments, those in the spool with their bytes."""
    bodies = iter(read_parts(each.piece for each in rendered if isinstance(each, FragmentLocation)))
    return [Fragments(each.sizes, next(bodies)) if isinstance(each, FragmentLocation) else each for each in rendered]


def _composing(
    studio: RenderContext, batch: FeedBatch, directory: tuple[Feed, ...]
) -> Iterator[list[list[DocumentRecord]]]:
    """Return the documents of a batch's feeds, as far as they are composed; its fragments are kept."""
    _keep(studio, batch.missing, batch.rendered)
    sheets = [
        _sheet(studio, FeedHead(feed, studio.site, directory if feed.kind is Kind.ALL else ()), shown)
        for feed, shown in batch.shown
    ]
    work = functools.partial(_compose_batch, studio.draft.folder, studio.draft.verify)
    executor = studio.workers.executor(len(sheets) * len(FORMATS), PARALLEL_MIN_ITEMS)
    return map_all(work, sheets, FEEDS_PER_TASK, executor)


def _sheet(studio: RenderContext, head: FeedHead, shown: Sequence[ShownEntry]) -> FeedDraft:
    """Return a feed, which shows the entries `shown` as far as they fit; its archives are put."""
    feed, site = head.feed, head.site
    if site.archives:
        head = _put_archives(studio, head)
    if feed.ended is not None:
        return FeedDraft(head, [Fragments.of(render_entry(notices.ended_entry(head), site.address))])
    rendered = _rendered(studio, shown)
    fits = _how_many_fit(rendered, site.max_bytes_of(feed.kind))
    if fits < len(shown):
        head = replace(head, feed=replace(feed, updated=queries.latest_update(shown[:fits])))
    return FeedDraft(head, rendered[:fits])


def _rendered(studio: RenderContext, shown: Sequence[ShownEntry]) -> list[RenderedEntry]:
    """Return the fragments of the entries `shown`, in their order. All of them have been made."""
    rest = [each for each in shown if each.entry_id not in studio.spooled]
    kept = iter(fragments.load_fragments(studio.db, rest))
    return [studio.spooled.get(each.entry_id) or next(kept) for each in shown]


def _compose_batch(folder: Path, verify: bool, sheets: Sequence[FeedDraft]) -> list[list[DocumentRecord]]:
    return [list(_compose(folder, verify, *each)) for each in sheets]


def _compose(folder: Path, verify: bool, head: FeedHead, rendered: Sequence[RenderedEntry]) -> Iterator[DocumentRecord]:
    """Yield a feed's document in every format; their bytes are objects in the state folder `folder` by then."""
    feed, site, parts = head.feed, head.site, _by_format(_fetched(rendered))
    for form in FORMATS:
        body = objects.store_object(folder, renderer(form).render_feed(head, parts[form.name]), verify=verify)
        minutes = site.shortest_ttl if form.is_page else feed.ttl  # people don't wait
        yield head.folder + form.file_name, form.content_type, body, feed.updated, minutes * 60


def _put_archives(studio: RenderContext, head: FeedHead) -> FeedHead:
    """Put the archives of a feed that may have changed, and return its head, which links to the newest of them."""
    db, draft = studio.db, studio.draft
    months = archives.archive_months(db, head.feed)
    changed = archives.pending_months(db, head.feed)
    for month in changed.difference(months):
        draft.remove(head.folder + archive_name(month))
    linking = {min((month for month in months if month > each), default="") for each in changed}
    for month, previous in zip_longest(months, months[1:]):
        if month not in changed | linking:
            continue
        shown = archives.entries_in_month(db, head.feed, month)
        for missing in batched(fragments.without_fragments(db, [each.entry_id for each in shown]), ENTRIES_PER_BATCH):
            # A site's archives are as large as all that it has ever published, and nobody but this process needs them.
            _keep(studio, missing, _start_rendering(studio, missing, spool=False))
        feed = replace(head.feed, updated=queries.latest_update(shown))
        archive = replace(head, feed=feed, month=month, previous=previous)
        body = atom.render_feed(archive, _by_format(fragments.load_fragments(db, shown))[ATOM.name])
        address, media_type = head.folder + archive_name(month), ATOM.content_type
        draft.put(address, media_type, body, feed.updated, head.site.longest_ttl * 60)
    return replace(head, previous=months[0] if months else None)


def _put_site(db: sqlite3.Connection, draft: Draft, head: FeedHead) -> None:
    """Put what the site has besides its feeds: pages of articles, and the list of all feeds."""
    max_age = head.site.shortest_ttl * 60
    for entry_id in changes.changed_pages(db):
        entry = queries.load_entry(db, entry_id, head.site.home)
        address = article_folder(entry.page or "") + PAGE.file_name
        draft.put(address, PAGE.content_type, page.render_article(head, entry), entry.updated, max_age)
    draft.put(STYLE_PATH, STYLE_CONTENT_TYPE, page.style_sheet(), head.feed.updated, max_age)
    draft.put(OPML_PATH, OPML_CONTENT_TYPE, opml.render_opml(head), head.feed.updated, max_age)


def _put_signposts(draft: Draft, ledger: Ledger, head: FeedHead, feeds: Iterable[Feed]) -> None:
    """Put, at each address that one of `feeds` has left, documents that say where it is now."""
    feed_in = {feed_folder(feed.kind, feed.slug): feed for feed in feeds}
    for old, move in ledger.moves.items():
        left = notices.moved_head(head, old, feed_in[move.to], move.since)
        for form in FORMATS:
            fragment = renderer(form).render_entry(notices.moved_entry(left), head.site.address)
            draft.put(old + form.file_name, form.content_type, renderer(form).render_feed(left, [fragment]), move.since)


def _by_format(rendered: Iterable[Fragments]) -> dict[str, list[bytes]]:
    """Return the fragments of entries, in their order, by format."""
    parts = [each.parts() for each in rendered]
    return {form.name: [each[form.name] for each in parts] for form in FORMATS}


def _how_many_fit(rendered: Iterable[RenderedEntry], max_bytes: int) -> int:
    """Return how many entries a document shows: as many as fit in every format, the same in each, at least one."""
    sizes = [fragments.fragment_sizes(each.sizes) for each in rendered]
    sums = (list(accumulate(each[form.name] for each in sizes)) for form in FORMATS)
    return max(1, min(bisect_right(each, max_bytes) for each in sums))
