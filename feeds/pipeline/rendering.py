"""Rendering: worker processes make the fragments of entries, and the build remembers which it has.

The bytes of fragments do not travel through this process (:mod:`feeds.pipeline.fragment_files`). An entry that has not
changed is not rendered: its fragments are in the documents of the last build (:mod:`feeds.catalogue.layouts`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from feeds.catalogue import entry_loading, history, layouts, related
from feeds.catalogue.entry_loading import EntryRows
from feeds.catalogue.layouts import Layout
from feeds.catalogue.membership import FeedLinks
from feeds.catalogue.queries import ShownEntry
from feeds.model import Feed
from feeds.pipeline.context import BuildContext
from feeds.pipeline.fragment_files import Fragments, put_fragments
from feeds.render.formats import render_entry
from feeds.settings.site import Site
from feeds.store import objects
from feeds.store.snapshots import Draft
from feeds.system.processes import map_all

ENTRIES_PER_TASK = 64
"""The number of entries that one call of a worker renders."""

PARALLEL_MIN_ITEMS = 500
"""The number of entries or documents from which on it pays to start worker processes."""

MAX_REMEMBERED = 100_000
"""The number of rendered entries whose fragments are remembered: 40 MB. Others are rendered again if another feed shows
them, too."""


class RenderContext(NamedTuple):
    """The values that rendering works with.

    Attributes:
        build: the values of the build.
        draft: the next snapshot.
        folder: the folder of the fragment files.
        rendered: entry id → the fragments that were rendered in this build, the newest last.
        links: the feeds of entries.
        closed: folders of months that feeds do not have any more.
    """

    build: BuildContext
    draft: Draft
    folder: Path
    rendered: dict[int, Fragments]
    links: FeedLinks
    closed: list[str]


def usable_layout(context: RenderContext, feed: Feed, month: str = "") -> Layout:
    """Return the layout of the last build, if its documents are there."""
    draft = context.draft
    if draft.verify:  # everything is rendered
        return Layout()
    layout = layouts.load_layout(context.build.db, feed, month)
    return layout if all(objects.has_object(draft.folder, digest) for digest in layout.documents) else Layout()


def known_fragments(context: RenderContext, shown: Iterable[ShownEntry], layout: Layout) -> dict[int, Fragments]:
    """Return the fragments of the entries `shown` that need not be rendered, or whose sizes are known at least."""
    placed = {entry.entry_id: entry for entry in layout.entries}
    known = {}
    for entry in shown:
        if (fragments := context.rendered.get(entry.entry_id)) is not None:
            known[entry.entry_id] = fragments
        elif (place := placed.get(entry.entry_id)) is not None and place.revision == entry.revision:
            known[entry.entry_id] = Fragments(place.short, place.sizes, place.offsets)
    return known


def start_rendering(context: RenderContext, missing: Sequence[int]) -> Iterator[Sequence[Fragments]]:
    """Start to render entries, and return an iterator that waits for the results."""
    build = context.build
    executor = build.workers.executor(len(missing), PARALLEL_MIN_ITEMS)
    work = functools.partial(_render_entries, build.site, context.folder)
    return map_all(work, load_noted(build, missing), ENTRIES_PER_TASK, executor)


def load_noted(build: BuildContext, missing: Sequence[int]) -> Iterator[EntryRows]:
    """Yield the rows of entries that are about to be rendered, and note that subscribers will see them."""
    salt = history.salt_of(build.db)
    for rows in entry_loading.load_entry_rows(build.db, missing):
        entry_loading.note_shown(build.db, rows, salt)
        if rows.names is not None:  # a popular page
            related.record_newest(build.db, rows.entry_id, rows.related)
        yield rows


def _render_entries(site: Site, folder: Path, rows: Sequence[EntryRows]) -> Sequence[Fragments]:
    """Render entries in all formats, and return where their fragments are."""
    entries = [entry_loading.merge_rows(entry_rows, site.entry_settings) for entry_rows in rows]
    return put_fragments(folder, [(entry.is_short, render_entry(entry, site)) for entry in entries])


def collect(
    context: RenderContext, missing: Sequence[int], rendering: Iterable[Sequence[Fragments]]
) -> dict[int, Fragments]:
    """Wait until entries are rendered, remember their fragments, and return them."""
    rendered = dict(zip(missing, chain.from_iterable(rendering), strict=True))
    layouts.mark_short(context.build.db, (entry_id for entry_id, entry in rendered.items() if entry.short))
    context.rendered.update(rendered)
    for entry_id in list(islice(context.rendered, max(0, len(context.rendered) - MAX_REMEMBERED))):
        del context.rendered[entry_id]
    return rendered
