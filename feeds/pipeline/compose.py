"""Composition: the fragments of entries become the documents of a feed. It is the work of worker processes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from feeds.catalogue import layouts
from feeds.catalogue.layouts import EntryLayout, Layout
from feeds.pipeline.fragment_files import Fragments, find_fragments, read_fragments
from feeds.render.formats import renderer
from feeds.render.head import FeedHead
from feeds.rules.site_layout import FEED_FORMATS, formats_of
from feeds.store import objects
from feeds.store.objects import StoredObject

DocumentRecord = tuple[str, str, StoredObject, datetime, int]
"""The arguments of :meth:`feeds.store.snapshots.Draft.put` for one document."""

MIN_SHOWN = 20
"""The number of entries that a feed shows even if its documents become larger than `max_bytes`."""


class DraftEntry(NamedTuple):
    """An entry of a feed that is ready to be composed: its id, its revision, and its fragments."""

    entry_id: int
    revision: int
    fragments: Fragments


class FeedDraft(NamedTuple):
    """A feed that is ready to be composed.

    Attributes:
        head: the facts that introduce the feed in every format.
        entries: the entries that its limit lets it show, in their order, as far as the sizes of their fragments are
            known.
        displayed: how many of these its documents show.
        documents: the digests of the documents of the last build, which have some of these fragments.
    """

    head: FeedHead
    entries: Sequence[DraftEntry]
    displayed: int
    documents: Sequence[str]


class ComposedFeed(NamedTuple):
    """The documents of a feed, which have been stored as objects, and their layout, packed."""

    records: list[DocumentRecord]
    layout: bytes


def compose_feeds(folder: Path, verify: bool, drafts: Sequence[FeedDraft]) -> list[ComposedFeed]:
    """Store the documents of feeds as objects.

    Args:
        folder: the state folder.
        verify: as for :func:`feeds.store.objects.store_object`.
        drafts: the feeds.

    Raises:
        DamagedObjectError: a document of the last build is damaged.
        OSError: a fragment can't be read, or a document can't be written.
    """
    return [_compose_feed(folder, verify, *draft) for draft in drafts]


def _compose_feed(
    folder: Path, verify: bool, head: FeedHead, entries: Sequence[DraftEntry], displayed: int, documents: Sequence[str]
) -> ComposedFeed:
    """Store the documents of a feed in all formats as objects in the state folder."""
    feed, site = head.feed, head.site
    formats = formats_of(feed.kind)
    shown = [entry.fragments for entry in entries[:displayed]]
    fragments = read_by_format(folder, shown, documents, range(len(formats)))
    bodies = [renderer(row).render_feed(head, column) for row, column in zip(formats, fragments, strict=True)]
    stored = [objects.store_object(folder, body, verify=verify) for body in bodies]
    records = []
    for row, body in zip(formats, stored, strict=True):
        minutes = site.shortest_ttl if row.is_page else feed.ttl  # a person who reloads a page wants to see news
        records.append((head.folder + row.file_name, row.content_type, body, feed.updated, minutes * 60))
    return ComposedFeed(records, lay_out(entries, fragments, bodies, stored))


def read_by_format(
    folder: Path, entries: Sequence[Fragments], documents: Iterable[str], formats: Sequence[int]
) -> list[list[bytes]]:
    """Return the fragments of entries: a list for every format.

    Args:
        folder: the state folder.
        entries: the entries.
        documents: the digests of the documents of the last build that have some of them, in the order of `formats`.
        formats: the numbers of the formats in :data:`feeds.rules.site_layout.FORMATS`.
    """
    bodies = [objects.read_object(folder, digest) for digest in documents]
    rows = read_fragments(entries, bodies, formats)
    return [[row[number] for row in rows] for number in range(len(formats))]


def lay_out(
    entries: Sequence[DraftEntry],
    fragments: Sequence[Sequence[bytes]],
    bodies: Sequence[bytes],
    stored: Sequence[StoredObject],
) -> bytes:
    """Return the layout of documents, packed.

    Args:
        entries: the entries, first those that the documents show.
        fragments: the fragments of these, by format.
        bodies, stored: the documents.
    """
    columns = [find_fragments(column, body) for column, body in zip(fragments, bodies, strict=True)]
    known = [column for column in columns if column is not None]
    if len(known) < len(columns):  # a format that changes fragments: they are rendered by every build
        return layouts.pack_layout(Layout())
    offsets: list[tuple[int, ...]] = list(zip(*known, strict=True))
    offsets += [()] * (len(entries) - len(offsets))
    sizes: list[tuple[int, ...]] = [tuple(map(len, row)) for row in zip(*fragments, strict=True)]
    sizes += [entry.fragments.sizes[: len(bodies)] for entry in entries[len(sizes) :]]
    placed = (
        EntryLayout(entry.entry_id, entry.revision, entry.fragments.short, row, where)
        for entry, row, where in zip(entries, sizes, offsets, strict=True)
    )
    return layouts.pack_layout(Layout(tuple(body.digest for body in stored), tuple(placed)))


def count_fitting(sizes: Sequence[Sequence[int]], max_bytes: int) -> int:
    """Return how many entries a feed shows: as many as fit in the largest format that is polled, the same in all.

    A feed shows :data:`MIN_SHOWN` entries whatever their size: a reader that polls once a day must not miss one.

    Args:
        sizes: the size of every entry in all formats; empty if it is not known.
        max_bytes: the size that no format may exceed.
    """
    count = len(FEED_FORMATS)
    columns = zip(*(row[:count] or (0,) * count for row in sizes), strict=True)
    fitting = min((bisect_right(list(accumulate(column)), max_bytes) for column in columns), default=0)
    return max(fitting, min(MIN_SHOWN, len(sizes)))
