"""Documents: the entries of every changed feed are rendered, composed into documents, and put into the next snapshot.

Worker processes render and compose. The bytes of fragments do not travel through this process: a worker leaves them in
a file, and the worker that composes a document reads them there (:mod:`feeds.pipeline.fragment_files`).
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import accumulate, chain, islice, zip_longest
from pathlib import Path
from typing import NamedTuple

from feeds.catalogue import archives, changes, entry_loading, fragments, history, packing, queries, related, schema
from feeds.catalogue.entry_loading import EntryRows
from feeds.catalogue.fragments import Fragments
from feeds.catalogue.history import PageKeys
from feeds.catalogue.queries import ShownEntry
from feeds.model import Feed, Kind
from feeds.pipeline.context import BuildContext
from feeds.pipeline.fragment_files import FilePart, append_parts, read_parts
from feeds.render import atom, notices, opml, page
from feeds.render.formats import render_entry, renderer
from feeds.render.head import FeedHead
from feeds.rules.entries import EntrySettings
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
from feeds.store import objects
from feeds.store.objects import StoredObject
from feeds.store.snapshots import Draft, RetiredAddresses
from feeds.system.files import scratch_folder
from feeds.system.processes import batched, map_all, start_ahead

DocumentRecord = tuple[str, str, StoredObject, datetime, int]
"""The arguments of :meth:`feeds.store.snapshots.Draft.put` for one document."""

ENTRIES_PER_TASK = 64
"""The number of entries that one call of a worker renders."""

FEEDS_PER_TASK = 4
"""The number of feeds that one call of a worker composes."""

PARALLEL_MIN_ITEMS = 500
"""The number of entries or documents from which on it pays to start worker processes."""

MIN_SHOWN = 20
"""The number of entries that a feed shows even if its documents become larger than `max_bytes`."""

MAX_LOCATIONS = 20_000
"""The number of fragment locations in memory. The fragments of other entries are read from the catalogue."""

ENTRIES_PER_BATCH = 1_000
"""The number of entries that the feeds of one batch show, about: a feed is never divided. It bounds the memory."""


class FragmentLocation(NamedTuple):
    """The fragments of one entry in a fragment file.

    Attributes:
        sizes, short: as in :class:`feeds.catalogue.fragments.Fragments`.
        part: the place of the bytes.
    """

    sizes: str
    short: bool
    part: FilePart


RenderedEntry = Fragments | FragmentLocation


class RenderContext(NamedTuple):
    """The values that rendering works with.

    Attributes:
        build: the values of the build.
        draft: the next snapshot.
        folder: the folder of the fragment files.
        locations: entry id → the fragments that workers have rendered in this build, the newest last.
    """

    build: BuildContext
    draft: Draft
    folder: Path
    locations: dict[int, FragmentLocation]


class FeedDraft(NamedTuple):
    """A feed that is ready to be composed.

    Attributes:
        head: the facts that introduce the feed in every format.
        rendered: the fragments of the entries that it shows, in their order.
    """

    head: FeedHead
    rendered: Sequence[RenderedEntry]


class FeedBatch(NamedTuple):
    """A batch of feeds whose entries are being rendered.

    Attributes:
        shown: the feeds, with the entries that they show.
        missing: the ids of the entries among them that have no fragments yet.
        rendered: the fragments of the missing entries, in the same order, as workers finish them.
    """

    shown: list[tuple[Feed, list[ShownEntry]]]
    missing: list[int]
    rendered: Iterator[Sequence[RenderedEntry]]


def assemble_documents(
    build: BuildContext, draft: Draft, retired: RetiredAddresses, meanwhile: Callable[[], None] | None = None
) -> None:
    """Put all documents that have changed into `draft`, and remove the documents of abandoned addresses.

    Three batches are under way at the same time, so that no process waits for another: workers render the entries of
    one batch of feeds, compose the documents of the batch before it, and this process enters the documents of the
    batch before that one in the draft.

    Args:
        build: the values of the build; new fragments are stored in the catalogue.
        draft: the next snapshot.
        retired: the addresses that have ended or moved, for the draft.
        meanwhile: is called once the workers are busy with the first entries. It may wait for the disk.
    """
    db, site, progress = build.db, build.site, build.stopwatch.progress
    draft.remove_below([*changes.abandoned_folders(db), *(draft.retired.moved.keys() - retired.moved.keys())])
    draft.retired = retired
    if schema.get_meta(db, "archives") == "on" and not site.archives:
        draft.remove_named(is_archive)
    feeds = queries.load_feeds(db, pending=True)
    known = queries.load_feeds(db) if feeds else []
    directory = tuple(feed for feed in known if feed.ended is None)
    progress.stage("render", len(feeds))
    with scratch_folder(draft.folder) as folder:
        context = RenderContext(build, draft, folder, {})
        # start_ahead takes one item more than it hands on: that starts the work on the next batch. One call around
        # each of the two steps keeps three batches under way.
        batches = start_ahead(_start_batches(context, feeds, meanwhile))
        for composed in start_ahead(_start_composing(context, batch, directory) for batch in batches):
            for records in chain.from_iterable(composed):
                for record in records:
                    draft.put(*record)
                progress.advance()
    # Not before `meanwhile` has run: it may commit, and a build that is killed after that commit must still find
    # that the snapshot has archives.
    schema.set_meta(db, "archives", "on" if site.archives else "off")
    for feed in feeds:
        if feed.kind is Kind.ALL:
            head = FeedHead(feed, site, directory)
            _put_site_documents(build, draft, head)
            _put_moved_feeds(build, draft, head, known)


def _start_batches(
    context: RenderContext, feeds: Sequence[Feed], meanwhile: Callable[[], None] | None
) -> Iterator[FeedBatch]:
    """Yield batches of `feeds` whose entries workers have begun to render."""
    db = context.build.db
    requested: set[int] = set()  # by the batch before, whose fragments may not be stored yet
    rest = iter(feeds)
    while shown := list(_take_feeds(context, rest)):
        entry_ids = dict.fromkeys(entry.entry_id for _, entries in shown for entry in entries)
        missing = fragments.without_fragments(db, [number for number in entry_ids if number not in requested])
        requested = set(missing)
        batch = FeedBatch(shown, missing, _start_rendering(context, missing, to_files=True))
        if meanwhile is not None:
            meanwhile()
            meanwhile = None
        yield batch


def _take_feeds(context: RenderContext, feeds: Iterator[Feed]) -> Iterator[tuple[Feed, list[ShownEntry]]]:
    """Take the feeds of one batch from `feeds`, and yield them with the entries that they show."""
    count = 0
    for feed in feeds:
        limit = context.build.site.limit_of(feed.kind)
        shown = queries.shown_entries(context.build.db, feed, limit) if feed.ended is None else []
        yield feed, shown
        count += max(1, len(shown))
        if count >= ENTRIES_PER_BATCH:
            return


def _start_rendering(
    context: RenderContext, missing: Sequence[int], *, to_files: bool
) -> Iterator[Sequence[RenderedEntry]]:
    """Start to render entries, and return an iterator that waits for the results.

    Args:
        context: the values of rendering.
        missing: the ids of the entries.
        to_files: leave the bytes in fragment files, if worker processes render.
    """
    build = context.build
    executor = build.workers.executor(len(missing), PARALLEL_MIN_ITEMS)
    folder = context.folder if to_files and executor is not None else None
    work = functools.partial(_render_entries, build.site.address, build.site.entry_settings, folder)
    return map_all(work, _load_noted(build, missing), ENTRIES_PER_TASK, executor)


def _load_noted(build: BuildContext, missing: Sequence[int]) -> Iterator[EntryRows]:
    """Yield the rows of entries that are about to be rendered, and note that subscribers will see them."""
    for rows in entry_loading.load_entry_rows(build.db, missing):
        titles = history.title_hashes(map(packing.unpack_mention, rows.mentions))
        history.note_shown(build.db, rows.uri, PageKeys(rows.keys, titles))
        if rows.names is not None:  # a popular page
            related.record_newest(build.db, rows.entry_id, rows.related)
        yield rows


def _store(context: RenderContext, entry_ids: Sequence[int], rendered: Iterable[Sequence[RenderedEntry]]) -> None:
    """Store the fragments of entries in the catalogue as they come, and remember their locations."""
    locations = context.locations
    for batch in batched(zip(entry_ids, chain.from_iterable(rendered), strict=True), ENTRIES_PER_TASK):
        with_bytes = _read_fragments([entry for _, entry in batch])
        numbered = zip((entry_id for entry_id, _ in batch), with_bytes, strict=True)
        fragments.store_fragments(context.build.db, numbered)
        locations.update((entry_id, entry) for entry_id, entry in batch if isinstance(entry, FragmentLocation))
        for entry_id in list(islice(locations, max(0, len(locations) - MAX_LOCATIONS))):
            del locations[entry_id]


def _render_entries(
    address: str, settings: EntrySettings, folder: Path | None, rows: Sequence[EntryRows]
) -> Sequence[RenderedEntry]:
    """Return the fragments of entries: their locations if there is a folder for fragment files, else the bytes."""
    entries = (entry_loading.merge_rows(entry_rows, settings) for entry_rows in rows)
    rendered = [Fragments.of(render_entry(entry, address), short=entry.is_short) for entry in entries]
    if folder is None:
        return rendered
    parts = append_parts(folder, [entry.body for entry in rendered])
    return [FragmentLocation(entry.sizes, entry.short, part) for entry, part in zip(rendered, parts, strict=True)]


def _read_fragments(rendered: Sequence[RenderedEntry]) -> list[Fragments]:
    """Return the fragments with their bytes, which are read from the files if they are there."""
    bodies = iter(read_parts(entry.part for entry in rendered if isinstance(entry, FragmentLocation)))
    return [
        Fragments(entry.sizes, entry.short, next(bodies)) if isinstance(entry, FragmentLocation) else entry
        for entry in rendered
    ]


def _start_composing(
    context: RenderContext, batch: FeedBatch, directory: tuple[Feed, ...]
) -> Iterator[list[list[DocumentRecord]]]:
    """Store the fragments of a batch, start to compose its documents, and return an iterator that waits for them."""
    _store(context, batch.missing, batch.rendered)
    site = context.build.site
    feeds = [
        _draft_feed(context, FeedHead(feed, site, directory if feed.kind is Kind.ALL else ()), shown)
        for feed, shown in batch.shown
    ]
    work = functools.partial(_compose_feeds, context.draft.folder, context.draft.verify)
    executor = context.build.workers.executor(len(feeds) * len(FORMATS), PARALLEL_MIN_ITEMS)
    return map_all(work, feeds, FEEDS_PER_TASK, executor)


def _draft_feed(context: RenderContext, head: FeedHead, shown: Sequence[ShownEntry]) -> FeedDraft:
    """Return a feed with as many of the entries `shown` as fit; put its archives."""
    feed, site = head.feed, head.site
    if site.archives:
        head = _put_archives(context, head)
    if feed.ended is not None:
        return FeedDraft(head, [Fragments.of(render_entry(notices.ended_entry(head), site.address))])
    rendered = _find_fragments(context, shown)
    fitting = count_fitting(rendered, site.max_bytes_of(feed.kind))
    short = sum(entry.short for entry in rendered[:fitting])
    changes.record_extent(context.build.db, feed, len(shown), fitting, short)
    if fitting < len(shown):
        head = replace(head, feed=replace(feed, updated=queries.latest_update(shown[:fitting])))
    return FeedDraft(head, rendered[:fitting])


def _find_fragments(context: RenderContext, shown: Sequence[ShownEntry]) -> list[RenderedEntry]:
    """Return the fragments of the entries `shown`, in their order. They have been rendered before."""
    rest = [entry for entry in shown if entry.entry_id not in context.locations]
    stored = iter(fragments.load_fragments(context.build.db, rest))
    return [context.locations.get(entry.entry_id) or next(stored) for entry in shown]


def _compose_feeds(folder: Path, verify: bool, feeds: Sequence[FeedDraft]) -> list[list[DocumentRecord]]:
    return [list(_compose_feed(folder, verify, *feed)) for feed in feeds]


def _compose_feed(
    folder: Path, verify: bool, head: FeedHead, rendered: Sequence[RenderedEntry]
) -> Iterator[DocumentRecord]:
    """Yield the documents of a feed in all formats; their bytes have been stored as objects in the state folder."""
    feed, site, parts = head.feed, head.site, _by_format(_read_fragments(rendered))
    for row in FORMATS:
        body = objects.store_object(folder, renderer(row).render_feed(head, parts[row.name]), verify=verify)
        minutes = site.shortest_ttl if row.is_page else feed.ttl  # a person who reloads a page wants to see news
        yield head.folder + row.file_name, row.content_type, body, feed.updated, minutes * 60


def _put_archives(context: RenderContext, head: FeedHead) -> FeedHead:
    """Put the archives of a feed that may have changed, and return its head with a link to the newest archive."""
    db, draft = context.build.db, context.draft
    months = archives.archive_months(db, head.feed)
    changed = archives.pending_months(db, head.feed)
    for month in changed.difference(months):
        draft.remove(head.folder + archive_name(month))
    # An archive links to the one before it. It changes as well if that one has come or gone.
    linking = {min((month for month in months if month > other), default="") for other in changed}
    for month, previous in zip_longest(months, months[1:]):
        if month not in changed | linking:
            continue
        shown = archives.entries_in_month(db, head.feed, month)
        entry_ids = [entry.entry_id for entry in shown]
        for missing in batched(fragments.without_fragments(db, entry_ids), ENTRIES_PER_BATCH):
            # Not to files: the archives of a site are as large as everything it has ever published, and no other
            # process needs their fragments.
            _store(context, missing, _start_rendering(context, missing, to_files=False))
        feed = replace(head.feed, updated=queries.latest_update(shown))
        archive = replace(head, feed=feed, month=month, previous=previous)
        body = atom.render_feed(archive, _by_format(fragments.load_fragments(db, shown))[ATOM.name])
        path, max_age = head.folder + archive_name(month), head.site.longest_ttl * 60
        draft.put(path, ATOM.content_type, body, feed.updated, max_age)
    return replace(head, previous=months[0] if months else None)


def _put_site_documents(build: BuildContext, draft: Draft, head: FeedHead) -> None:
    """Put the documents that the site has besides its feeds: pages of articles, style sheet and list of feeds."""
    max_age = head.site.shortest_ttl * 60
    for entry_id in changes.changed_pages(build.db):
        entry = entry_loading.load_entry(build.db, entry_id, head.site.entry_settings)
        path = article_folder(entry.page or "") + PAGE.file_name
        draft.put(path, PAGE.content_type, page.render_article(head, entry), entry.updated, max_age)
    draft.put(STYLE_PATH, STYLE_CONTENT_TYPE, page.style_sheet(), head.feed.updated, max_age)
    draft.put(OPML_PATH, OPML_CONTENT_TYPE, opml.render_opml(head), head.feed.updated, max_age)


def _put_moved_feeds(build: BuildContext, draft: Draft, head: FeedHead, feeds: Iterable[Feed]) -> None:
    """Put documents at the old addresses of moved feeds; they lead subscribers to the new addresses."""
    feed_in = {feed_folder(feed.kind, feed.slug): feed for feed in feeds}
    for old, move in build.ledger.moves.items():
        old_head = notices.moved_head(head, old, feed_in[move.to], move.since)
        for row in FORMATS:
            fragment = renderer(row).render_entry(notices.moved_entry(old_head), head.site.address)
            body = renderer(row).render_feed(old_head, [fragment])
            draft.put(old + row.file_name, row.content_type, body, move.since)


def _by_format(rendered: Iterable[Fragments]) -> dict[str, list[bytes]]:
    """Return the fragments of entries by the name of the format, in the order of the entries."""
    parts = [entry.parts() for entry in rendered]
    return {row.name: [part[row.name] for part in parts] for row in FORMATS}


def count_fitting(rendered: Iterable[RenderedEntry], max_bytes: int) -> int:
    """Return how many entries a feed shows: as many as fit in the largest format, the same in all formats.

    A feed shows :data:`MIN_SHOWN` entries whatever their size: a reader that polls once a day must not miss one.
    """
    sizes = [fragments.fragment_sizes(entry.sizes) for entry in rendered]
    sums = (list(accumulate(size[row.name] for size in sizes)) for row in FORMATS)
    fitting = min(bisect_right(total, max_bytes) for total in sums)
    return max(fitting, min(MIN_SHOWN, len(sizes)))
