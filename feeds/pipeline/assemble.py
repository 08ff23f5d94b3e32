"""Documents: the entries of every changed feed are rendered, composed into documents, and put into the next snapshot.

Worker processes render and compose. The bytes of fragments do not travel through this process
(:mod:`feeds.pipeline.fragment_files`). An entry that has not changed is not rendered: its fragments are in the
documents of the last build (:mod:`feeds.catalogue.layouts`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import NamedTuple

from feeds.catalogue import archives, changes, entry_loading, history, layouts, queries, related
from feeds.catalogue.entry_loading import EntryRows
from feeds.catalogue.layouts import Layout
from feeds.catalogue.meta import get_meta, set_meta
from feeds.catalogue.queries import ShownEntry
from feeds.model import Feed, Kind
from feeds.pipeline.compose import (
    ComposedFeed,
    DraftEntry,
    FeedDraft,
    compose_feeds,
    count_fitting,
    lay_out,
    read_by_format,
)
from feeds.pipeline.context import BuildContext
from feeds.pipeline.fragment_files import Fragments, put_fragments
from feeds.render import atom, notices, opml, page
from feeds.render.formats import render_entry, renderer
from feeds.render.head import FeedHead
from feeds.rules.entries import EntrySettings
from feeds.rules.site_layout import (
    ARCHIVE_FORMATS,
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
from feeds.store.snapshots import Draft, RetiredAddresses
from feeds.system.files import scratch_folder
from feeds.system.processes import batched, map_all, start_ahead

ENTRIES_PER_TASK = 64
"""The number of entries that one call of a worker renders."""

FEEDS_PER_TASK = 4
"""The number of feeds that one call of a worker composes."""

PARALLEL_MIN_ITEMS = 500
"""The number of entries or documents from which on it pays to start worker processes."""

MAX_REMEMBERED = 100_000
"""The number of rendered entries whose fragments are remembered: 40 MB. Others are rendered again if another feed shows
them, too."""

ENTRIES_PER_BATCH = 1_000
"""The number of entries that the feeds of one batch show, about: a feed is never divided. It bounds the memory."""


class RenderContext(NamedTuple):
    """The values that rendering works with.

    Attributes:
        build: the values of the build.
        draft: the next snapshot.
        folder: the folder of the fragment files.
        rendered: entry id → the fragments that were rendered in this build, the newest last.
    """

    build: BuildContext
    draft: Draft
    folder: Path
    rendered: dict[int, Fragments]


class FeedPlan(NamedTuple):
    """A feed, before its entries are rendered.

    Attributes:
        feed: the feed.
        shown: the entries that its limit lets it show.
        wanted: how many of these may fit into its documents.
        known: entry id → its fragments, or at least their sizes, for entries that need not be rendered.
        documents: the digests of the documents of the last build, which have some of these fragments.
    """

    feed: Feed
    shown: list[ShownEntry]
    wanted: int
    known: dict[int, Fragments]
    documents: tuple[str, ...]


class FeedBatch(NamedTuple):
    """A batch of feeds whose entries are being rendered.

    Attributes:
        plans: the feeds.
        missing: the ids of the entries that are being rendered.
        rendering: their fragments, in the same order, as workers finish them.
        rendered: the same by ids, once they are finished.
        earlier: what was rendered for the batch before this one.
    """

    plans: list[FeedPlan]
    missing: list[int]
    rendering: Iterator[Sequence[Fragments]]
    rendered: dict[int, Fragments]
    earlier: Mapping[int, Fragments]


def assemble_documents(
    build: BuildContext, draft: Draft, retired: RetiredAddresses, meanwhile: Callable[[], None] | None = None
) -> None:
    """Put all documents that have changed into `draft`, and remove the documents of abandoned addresses.

    Three batches are under way at the same time, so that no process waits for another: workers render the entries of
    one batch of feeds, compose the documents of the batch before it, and this process enters the documents of the
    batch before that one in the draft.

    Args:
        build: the values of the build; new layouts are stored in the catalogue.
        draft: the next snapshot.
        retired: the addresses that have ended or moved, for the draft.
        meanwhile: is called once the workers are busy with the first entries. It may wait for the disk.
    """
    db, site, progress = build.db, build.site, build.stopwatch.progress
    draft.remove_below([*changes.abandoned_folders(db), *(draft.retired.moved.keys() - retired.moved.keys())])
    draft.retired = retired
    if get_meta(db, "archives") == "on" and not site.archives:
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
            for feed, (records, layout) in composed:
                for record in records:
                    draft.put(*record)
                layouts.store_layout(db, feed, layout)
                progress.advance()
    # Not before `meanwhile` has run: it may commit, and a build that is killed after that commit must still find
    # that the snapshot has archives.
    set_meta(db, "archives", "on" if site.archives else "off")
    for feed in feeds:
        if feed.kind is Kind.ALL:
            head = FeedHead(feed, site, directory)
            _put_site_documents(build, draft, head)
            _put_moved_feeds(build, draft, head, known)


def _start_batches(
    context: RenderContext, feeds: Sequence[Feed], meanwhile: Callable[[], None] | None
) -> Iterator[FeedBatch]:
    """Yield batches of `feeds` whose entries workers have begun to render."""
    rest = iter(feeds)
    requested: Sequence[int] = ()  # by the batch before, which may not have finished
    earlier: dict[int, Fragments] = {}
    while plans := list(_plan_feeds(context, rest)):
        missing = dict.fromkeys(chain.from_iterable(map(_missing_entries, plans)))
        for entry_id in requested:
            missing.pop(entry_id, None)
        requested = list(missing)
        batch = FeedBatch(plans, requested, _start_rendering(context, requested), {}, earlier)
        earlier = batch.rendered
        if meanwhile is not None:
            meanwhile()
            meanwhile = None
        yield batch


def _plan_feeds(context: RenderContext, feeds: Iterator[Feed]) -> Iterator[FeedPlan]:
    """Take the feeds of one batch from `feeds`, and yield them with the entries that they show."""
    db, site = context.build.db, context.build.site
    count = 0
    for feed in feeds:
        shown = queries.shown_entries(db, feed, site.limit_of(feed.kind)) if feed.ended is None else []
        layout = _usable_layout(context, feed)
        known = _known_fragments(context, shown, layout)
        # An entry of unknown size counts as nothing: so these are at least as many as fit.
        sizes = [known[entry.entry_id].sizes if entry.entry_id in known else () for entry in shown]
        wanted = count_fitting(sizes, site.max_bytes_of(feed.kind))
        yield FeedPlan(feed, shown, wanted, known, layout.documents)
        count += max(1, len(shown))
        if count >= ENTRIES_PER_BATCH:
            return


def _usable_layout(context: RenderContext, feed: Feed, month: str = "") -> Layout:
    """Return the layout of the last build, if its documents are there."""
    draft = context.draft
    if draft.verify:  # everything is rendered
        return Layout()
    layout = layouts.load_layout(context.build.db, feed, month)
    return layout if all(objects.has_object(draft.folder, digest) for digest in layout.documents) else Layout()


def _known_fragments(context: RenderContext, shown: Iterable[ShownEntry], layout: Layout) -> dict[int, Fragments]:
    """Return the fragments of the entries `shown` that need not be rendered, or whose sizes are known at least."""
    placed = {entry.entry_id: entry for entry in layout.entries}
    known = {}
    for entry in shown:
        if (fragments := context.rendered.get(entry.entry_id)) is not None:
            known[entry.entry_id] = fragments
        elif (place := placed.get(entry.entry_id)) is not None and place.revision == entry.revision:
            known[entry.entry_id] = Fragments(place.short, place.sizes, place.offsets)
    return known


def _missing_entries(plan: FeedPlan) -> list[int]:
    """Return the ids of the entries of a feed that must be rendered."""
    ids = [entry.entry_id for entry in plan.shown[: plan.wanted]]
    return [entry_id for entry_id in ids if entry_id not in plan.known or not plan.known[entry_id].have_bytes]


def _start_rendering(context: RenderContext, missing: Sequence[int]) -> Iterator[Sequence[Fragments]]:
    """Start to render entries, and return an iterator that waits for the results."""
    build = context.build
    executor = build.workers.executor(len(missing), PARALLEL_MIN_ITEMS)
    work = functools.partial(_render_entries, build.site.address, build.site.entry_settings, context.folder)
    return map_all(work, _load_noted(build, missing), ENTRIES_PER_TASK, executor)


def _load_noted(build: BuildContext, missing: Sequence[int]) -> Iterator[EntryRows]:
    """Yield the rows of entries that are about to be rendered, and note that subscribers will see them."""
    salt = history.salt_of(build.db)
    for rows in entry_loading.load_entry_rows(build.db, missing):
        entry_loading.note_shown(build.db, rows, salt)
        if rows.names is not None:  # a popular page
            related.record_newest(build.db, rows.entry_id, rows.related)
        yield rows


def _render_entries(
    address: str, settings: EntrySettings, folder: Path, rows: Sequence[EntryRows]
) -> Sequence[Fragments]:
    """Render entries in all formats, and return where their fragments are."""
    entries = [entry_loading.merge_rows(entry_rows, settings) for entry_rows in rows]
    return put_fragments(folder, [(entry.is_short, render_entry(entry, address)) for entry in entries])


def _collect(
    context: RenderContext, missing: Sequence[int], rendering: Iterable[Sequence[Fragments]]
) -> dict[int, Fragments]:
    """Wait until entries are rendered, remember their fragments, and return them."""
    rendered = dict(zip(missing, chain.from_iterable(rendering), strict=True))
    layouts.mark_short(context.build.db, (entry_id for entry_id, entry in rendered.items() if entry.short))
    context.rendered.update(rendered)
    for entry_id in list(islice(context.rendered, max(0, len(context.rendered) - MAX_REMEMBERED))):
        del context.rendered[entry_id]
    return rendered


def _start_composing(
    context: RenderContext, batch: FeedBatch, directory: tuple[Feed, ...]
) -> Iterator[tuple[Feed, ComposedFeed]]:
    """Wait for the entries of a batch, start to compose its documents, and return an iterator that waits for them."""
    batch.rendered.update(_collect(context, batch.missing, batch.rendering))
    site = context.build.site
    drafts = [
        _draft_feed(context, FeedHead(plan.feed, site, directory if plan.feed.kind is Kind.ALL else ()), plan, batch)
        for plan in batch.plans
    ]
    work = functools.partial(compose_feeds, context.draft.folder, context.draft.verify)
    executor = context.build.workers.executor(len(drafts) * len(FORMATS), PARALLEL_MIN_ITEMS)
    composed = chain.from_iterable(map_all(work, drafts, FEEDS_PER_TASK, executor))
    return zip((plan.feed for plan in batch.plans), composed, strict=True)


def _draft_feed(context: RenderContext, head: FeedHead, plan: FeedPlan, batch: FeedBatch) -> FeedDraft:
    """Return a feed with as many of its entries as fit; put its archives."""
    feed, site, shown = plan.feed, head.site, plan.shown
    if site.archives:
        head = _put_archives(context, head)
    if feed.ended is not None:
        notice = render_entry(notices.ended_entry(head), site.address)
        return FeedDraft(head, [DraftEntry(0, 0, *put_fragments(context.folder, [(False, notice)]))], 1, ())
    fragments_of = {**plan.known, **batch.earlier, **batch.rendered}
    entries = [
        DraftEntry(entry.entry_id, entry.revision, fragments_of[entry.entry_id])
        for entry in shown
        if entry.entry_id in fragments_of
    ]
    displayed = count_fitting([entry.fragments.sizes for entry in entries[: plan.wanted]], site.max_bytes_of(feed.kind))
    history.note_displayed(context.build.db, (entry.entry_id for entry in entries[:displayed]))
    short = sum(entry.fragments.short for entry in entries[:displayed])
    changes.record_extent(context.build.db, feed, len(shown), displayed, short)
    if displayed < len(shown):
        head = replace(head, feed=replace(feed, updated=queries.latest_update(shown[:displayed])))
    return FeedDraft(head, entries, displayed, plan.documents)


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
        _put_archive(context, replace(head, month=month, previous=previous))
    return replace(head, previous=months[0] if months else None)


def _put_archive(context: RenderContext, head: FeedHead) -> None:
    """Put the archive of a feed of one month."""
    db, draft, feed, month = context.build.db, context.draft, head.feed, head.month or ""
    shown = archives.entries_in_month(db, feed, month)
    layout = _usable_layout(context, feed, month)
    fragments_of = _known_fragments(context, shown, layout)
    for missing in batched(
        (entry.entry_id for entry in shown if entry.entry_id not in fragments_of), ENTRIES_PER_BATCH
    ):
        fragments_of.update(_collect(context, missing, _start_rendering(context, missing)))
    entries = [DraftEntry(entry.entry_id, entry.revision, fragments_of[entry.entry_id]) for entry in shown]
    history.note_displayed(db, (entry.entry_id for entry in shown))
    fragments = read_by_format(
        draft.folder, [entry.fragments for entry in entries], layout.documents, len(ARCHIVE_FORMATS)
    )
    updated = queries.latest_update(shown)
    body = atom.render_feed(replace(head, feed=replace(feed, updated=updated)), fragments[0])
    stored = objects.store_object(draft.folder, body, verify=draft.verify)
    draft.put(head.folder + archive_name(month), ATOM.content_type, stored, updated, head.site.longest_ttl * 60)
    layouts.store_layout(db, feed, lay_out(entries, fragments, [body], [stored]), month)


def _put_site_documents(build: BuildContext, draft: Draft, head: FeedHead) -> None:
    """Put the documents that the site has besides its feeds: pages of articles, style sheet and list of feeds."""
    max_age = head.site.shortest_ttl * 60
    for rows in _load_noted(build, changes.changed_pages(build.db)):
        entry = entry_loading.merge_rows(rows, head.site.entry_settings)
        history.note_displayed(build.db, [rows.entry_id])
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
