"""Documents: the entries of every changed feed are rendered, composed into documents, and put into the next snapshot.

Worker processes render and compose. The bytes of fragments do not travel through this process
(:mod:`feeds.pipeline.fragment_files`). An entry that has not changed is not rendered: its fragments are in the
documents of the last build (:mod:`feeds.catalogue.layouts`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from feeds.catalogue import archives, changes, entry_loading, history, layouts, queries, stories
from feeds.catalogue.membership import FeedLinks
from feeds.catalogue.meta import get_meta, set_meta
from feeds.catalogue.queries import ShownEntry
from feeds.model import Feed, Kind
from feeds.pipeline.compose import ComposedFeed, DraftEntry, FeedDraft, compose_feeds, count_fitting
from feeds.pipeline.context import BuildContext
from feeds.pipeline.fragment_files import Fragments, put_fragments
from feeds.pipeline.months import put_months, settle_months
from feeds.pipeline.rendering import (
    PARALLEL_MIN_ITEMS,
    RenderContext,
    collect,
    known_fragments,
    load_noted,
    start_rendering,
    usable_layout,
)
from feeds.render import article, notices, opml, page, site_pages
from feeds.render.formats import render_entry, renderer
from feeds.render.head import FeedHead
from feeds.rules.neighbours import neighbours_of
from feeds.rules.site_layout import (
    FORMATS,
    KIND_FOLDERS,
    OPML_CONTENT_TYPE,
    OPML_PATH,
    PAGE,
    article_folder,
    feed_folder,
    is_archive,
)
from feeds.rules.times import from_seconds, month_text
from feeds.store.snapshots import Draft, RetiredAddresses
from feeds.system.files import scratch_folder
from feeds.system.processes import map_all, start_ahead

FEEDS_PER_TASK = 4
"""The number of feeds that one call of a worker composes."""

ENTRIES_PER_BATCH = 1_000
"""The number of entries that the feeds of one batch show, about: a feed is never divided. It bounds the memory."""


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
    known = queries.load_feeds(db)
    directory = tuple(feed for feed in known if feed.ended is None)
    progress.stage("render", len(feeds))
    with scratch_folder(draft.folder) as folder:
        context = RenderContext(build, draft, folder, {}, FeedLinks(db), [])
        # start_ahead takes one item more than it hands on: that starts the work on the next batch. One call around
        # each of the two steps keeps three batches under way.
        batches = start_ahead(_start_batches(context, feeds, meanwhile))
        for composed in start_ahead(_start_composing(context, batch) for batch in batches):
            for feed, (records, layout) in composed:
                for record in records:
                    draft.put(*record)
                layouts.store_layout(db, feed, layout)
                progress.advance()
        put_months(context, directory)
    # Not before `meanwhile` has run: it may commit, and a build that is killed after that commit must still find
    # that the snapshot has archives.
    set_meta(db, "archives", "on" if site.archives else "off")
    for feed in feeds:
        if feed.kind is Kind.ALL:
            months = archives.months_of(db, feed.kind, feed.key) if archives.has_months(db, feed) else {}
            head = FeedHead(feed, site, directory, months=months)
            _put_pages(build, draft, head)
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
        batch = FeedBatch(plans, requested, start_rendering(context, requested), {}, earlier)
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
        layout = usable_layout(context, feed)
        known = known_fragments(context, shown, layout)
        # An entry of unknown size counts as nothing: so these are at least as many as fit.
        sizes = [known[entry.entry_id].sizes if entry.entry_id in known else () for entry in shown]
        wanted = count_fitting(sizes, site.max_bytes_of(feed.kind))
        yield FeedPlan(feed, shown, wanted, known, layout.documents)
        count += max(1, len(shown))
        if count >= ENTRIES_PER_BATCH:
            return


def _missing_entries(plan: FeedPlan) -> list[int]:
    """Return the ids of the entries of a feed that must be rendered."""
    ids = [entry.entry_id for entry in plan.shown[: plan.wanted]]
    return [entry_id for entry_id in ids if entry_id not in plan.known or not plan.known[entry_id].have_bytes]


def _start_composing(context: RenderContext, batch: FeedBatch) -> Iterator[tuple[Feed, ComposedFeed]]:
    """Wait for the entries of a batch, start to compose its documents, and return an iterator that waits for them."""
    batch.rendered.update(collect(context, batch.missing, batch.rendering))
    site = context.build.site
    drafts = [_draft_feed(context, FeedHead(plan.feed, site), plan, batch) for plan in batch.plans]
    work = functools.partial(compose_feeds, context.draft.folder, context.draft.verify)
    executor = context.build.workers.executor(len(drafts) * len(FORMATS), PARALLEL_MIN_ITEMS)
    composed = chain.from_iterable(map_all(work, drafts, FEEDS_PER_TASK, executor))
    return zip((plan.feed for plan in batch.plans), composed, strict=True)


def _draft_feed(context: RenderContext, head: FeedHead, plan: FeedPlan, batch: FeedBatch) -> FeedDraft:
    """Return a feed with as many of its entries as fit."""
    feed, site, shown = plan.feed, head.site, plan.shown
    if feed.ended is not None:
        settle_months(context, feed, wanted=False)
        notice = render_entry(notices.ended_entry(head), site)
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
    visible = shown[:displayed]
    updated = queries.latest_update(visible) if displayed < len(shown) else feed.updated
    has_months = settle_months(context, feed, wanted=site.archives or displayed < feed.count)
    months = archives.months_of(context.build.db, feed.kind, feed.key) if has_months else {}
    head = replace(
        head,
        feed=replace(feed, updated=updated, displayed=displayed),
        months=months,
        previous=month_text(next(iter(months))) if months and site.archives else None,
        days=tuple(from_seconds(entry.published).astimezone(site.zone).date() for entry in visible),
        neighbours=neighbours_of(feed, [context.links.of(entry.feeds) for entry in visible]),
    )
    return FeedDraft(head, entries, displayed, plan.documents)


def _put_pages(build: BuildContext, draft: Draft, head: FeedHead) -> None:
    """Put the first page, and the pages with the names of all topics, providers and categories."""
    db, feed, site = build.db, head.feed, head.site
    max_age = site.shortest_ttl * 60
    shown = queries.newest_articles(db, site_pages.MAX_STORIES)
    changes.record_stories(db, [entry.published for entry in shown], site_pages.MAX_STORIES)
    # Not noted as displayed: a page shows no ids, which are what subscribers know.
    body = site_pages.render_home(head, stories.load_stories(db, shown, site.entry_settings))
    updated = max(feed.updated, queries.latest_update(shown))
    draft.put(PAGE.file_name, PAGE.content_type, body, updated, max_age)
    for kind, folder in KIND_FOLDERS.items():
        if kind is not Kind.ALL:
            body = site_pages.render_names(head, kind)
            draft.put(f"{folder}/{PAGE.file_name}", PAGE.content_type, body, head.feed.updated, max_age)


def _put_site_documents(build: BuildContext, draft: Draft, head: FeedHead) -> None:
    """Put the documents that the site has besides its feeds: pages of articles, files of pages, list of feeds."""
    max_age = head.site.shortest_ttl * 60
    for rows in load_noted(build, changes.changed_pages(build.db)):
        entry = entry_loading.merge_rows(rows, head.site.entry_settings)
        history.note_displayed(build.db, [rows.entry_id])
        folder = article_folder(entry.page or "")
        body = article.render_article(head, entry, folder, *queries.pages_beside(build.db, rows.entry_id))
        draft.put(folder + PAGE.file_name, PAGE.content_type, body, entry.updated, max_age)
    for former in changes.former_pages(build.db, pending=True):
        path = article_folder(former.slug) + PAGE.file_name
        body = page.render_redirect(head.site, former.title, former.url)
        draft.put(path, PAGE.content_type, body, from_seconds(former.updated), max_age)
    for path, content_type, body in site_pages.site_files(head.site):
        draft.put(path, content_type, body, head.feed.updated, max_age)
    draft.put(OPML_PATH, OPML_CONTENT_TYPE, opml.render_opml(head), head.feed.updated, max_age)


def _put_moved_feeds(build: BuildContext, draft: Draft, head: FeedHead, feeds: Iterable[Feed]) -> None:
    """Put documents at the old addresses of moved feeds; they lead subscribers to the new addresses."""
    feed_in = {feed_folder(feed.kind, feed.slug): feed for feed in feeds}
    for old, move in build.ledger.moves.items():
        old_head = notices.moved_head(head, old, feed_in[move.to], move.since)
        for row in FORMATS:
            fragment = renderer(row).render_entry(notices.moved_entry(old_head), head.site)
            body = renderer(row).render_feed(old_head, [fragment])
            draft.put(old + row.file_name, row.content_type, body, move.since)
