"""Documents of months: the page of every month of a feed, and its archives if the settings want them (RFC 5005).

A feed has them if it has more entries than its other documents show. Worker processes render the pages; their entries
are titles only, which the catalogue has.
"""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from feeds.catalogue import archives, history, layouts, queries
from feeds.model import Feed, Kind
from feeds.pipeline.compose import DocumentRecord, DraftEntry, lay_out, read_by_format
from feeds.pipeline.rendering import (
    PARALLEL_MIN_ITEMS,
    RenderContext,
    collect,
    known_fragments,
    start_rendering,
    usable_layout,
)
from feeds.pipeline.titles import Titles, read_titles
from feeds.render.formats import renderer
from feeds.render.head import FeedHead
from feeds.render.months import render_month
from feeds.rules.site_layout import ARCHIVE_FORMATS, FORMATS, PAGE, archive_name, month_folder
from feeds.rules.times import from_seconds, month_text
from feeds.store import objects
from feeds.system.processes import batched, map_batches

ENTRIES_PER_BATCH = 1_000
"""The number of entries of archives that are rendered in one batch. It bounds the memory."""

COST_PER_BATCH = 10_000
"""The cost of the pages of one batch, about: a month is never divided. A line costs 1."""

PAGE_COST = 100
"""The cost of a page without its lines."""

_ARCHIVE_COLUMNS = tuple(map(FORMATS.index, ARCHIVE_FORMATS))


class MonthDraft(NamedTuple):
    """The page of a month that is ready to be rendered.

    Attributes:
        head: its head.
        updated: its last change.
        lines: the number of its entries.
        places: the places of their markup (:func:`feeds.pipeline.titles.read_titles`).
    """

    head: FeedHead
    updated: datetime
    lines: int
    places: bytes


def settle_months(context: RenderContext, feed: Feed, *, wanted: bool) -> bool:
    """Record whether a feed has documents of its months, and return that."""
    closed = archives.settle_months(context.build.db, feed, wanted)
    if closed is not None:
        context.closed.append(closed)
    return wanted


def put_months(context: RenderContext, feeds: Sequence[Feed]) -> None:
    """Put the documents of months that have changed, and remove those of months that have no entries any more.

    Args:
        context: the values of rendering.
        feeds: all feeds of the site.
    """
    draft, build = context.draft, context.build
    draft.remove_below(context.closed)
    pending = archives.pending_months(build.db)
    executor = build.workers.executor(sum(map(len, pending.values())), PARALLEL_MIN_ITEMS)
    with Titles(build.db, context.links, build.site.zone, context.folder) as titles:
        work = functools.partial(_render_months, draft.folder, draft.verify, titles.path)
        batches = _in_batches(_draft_months(context, titles, feeds, pending), titles)
        for some in map_batches(work, batches, 1, executor):
            for record in some:
                draft.put(*record)


def _draft_months(
    context: RenderContext, titles: Titles, feeds: Sequence[Feed], pending: Mapping[tuple[Kind, str], set[int]]
) -> Iterator[MonthDraft]:
    """Yield the pages of months that may have changed. Remove the documents of the others, and put archives."""
    db, draft, site = context.build.db, context.draft, context.build.site
    for feed in feeds:
        changed = pending.get((feed.kind, feed.key))
        if not changed:
            continue
        head = FeedHead(feed, site)
        months = sorted(archives.months_of(db, feed.kind, feed.key))
        put = {number for number in changed if head.folder + _paths(number)[0] in draft.documents}
        for path in chain.from_iterable(map(_paths, changed.difference(months))):
            draft.remove(head.folder + path)
        for place in _affected(months, changed, put):
            before, number, after = months[max(place - 1, 0) : place], months[place], months[place + 1 : place + 2]
            of_month = replace(
                head,
                month=month_text(number),
                previous=next(map(month_text, before), None),
                following=next(map(month_text, after), None),
            )
            if site.archives:
                _put_archives(context, of_month, number)
            listed = titles.of(archives.members_in_month(db, feed, number, site.zone))
            updated = from_seconds(max(title.updated for title in listed))
            yield MonthDraft(of_month, updated, len(listed), b"".join(title.place for title in listed))


def _affected(months: Sequence[int], changed: Iterable[int], put: Collection[int]) -> list[int]:
    """Return which months have documents that may have changed, as indexes in `months`.

    The months beside one that has come or gone are affected: they link to it.

    Args:
        months: all months with entries, in their order.
        changed: the months whose entries have changed; some of them may have no entries any more.
        put: those of `changed` that have documents in the last snapshot.
    """
    affected = set()
    for number in changed:
        place = bisect_left(months, number)
        exists = place < len(months) and months[place] == number
        if exists:
            affected.add(place)
        if exists != (number in put):
            affected |= {place - 1, place + exists}
    return sorted(place for place in affected if 0 <= place < len(months))


def _paths(number: int) -> list[str]:
    """Return the addresses of all documents of a month, relative to the feed's folder, that of the page first."""
    month = month_text(number)
    return [month_folder(month) + PAGE.file_name, *(archive_name(month, row) for row in ARCHIVE_FORMATS)]


def _in_batches(drafts: Iterable[MonthDraft], titles: Titles) -> Iterator[list[MonthDraft]]:
    """Yield months in batches of about equal cost, when their titles can be read."""
    batch: list[MonthDraft] = []
    cost = 0
    for draft in drafts:
        batch.append(draft)
        cost += draft.lines + PAGE_COST
        if cost >= COST_PER_BATCH:
            titles.flush()
            yield batch
            batch, cost = [], 0
    if batch:
        titles.flush()
        yield batch


def _render_months(
    folder: Path, verify: bool, titles: Path, batches: Sequence[Sequence[MonthDraft]]
) -> list[DocumentRecord]:
    """Store the pages of months as objects."""
    records = []
    drafts = list(chain.from_iterable(batches))
    listed = read_titles(titles, [draft.places for draft in drafts])
    for (head, updated, *_), (days, lines) in zip(drafts, listed, strict=True):
        body = render_month(head, days, lines)
        stored = objects.store_object(folder, body, verify=verify)
        path = head.folder + month_folder(head.month or "") + PAGE.file_name
        records.append((path, PAGE.content_type, stored, updated, head.site.shortest_ttl * 60))
    return records


def _put_archives(context: RenderContext, head: FeedHead, number: int) -> None:
    """Put the archives of a feed of one month."""
    db, draft, feed, month = context.build.db, context.draft, head.feed, head.month or ""
    shown = archives.entries_in_month(db, feed, number, head.site.zone)
    layout = usable_layout(context, feed, month)
    fragments_of = known_fragments(context, shown, layout)
    for missing in batched(
        (entry.entry_id for entry in shown if entry.entry_id not in fragments_of), ENTRIES_PER_BATCH
    ):
        fragments_of.update(collect(context, missing, start_rendering(context, missing)))
    entries = [DraftEntry(entry.entry_id, entry.revision, fragments_of[entry.entry_id]) for entry in shown]
    history.note_displayed(db, (entry.entry_id for entry in shown))
    fragments = read_by_format(draft.folder, [entry.fragments for entry in entries], layout.documents, _ARCHIVE_COLUMNS)
    updated = queries.latest_update(shown)
    head = replace(head, feed=replace(feed, updated=updated))
    bodies = [renderer(row).render_feed(head, column) for row, column in zip(ARCHIVE_FORMATS, fragments, strict=True)]
    stored = [objects.store_object(draft.folder, body, verify=draft.verify) for body in bodies]
    for row, body in zip(ARCHIVE_FORMATS, stored, strict=True):
        draft.put(head.folder + archive_name(month, row), row.content_type, body, updated, head.site.longest_ttl * 60)
    layouts.store_layout(db, feed, lay_out(entries, fragments, bodies, stored), month)
