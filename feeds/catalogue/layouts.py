"""Layouts: where the documents of a feed have the fragments of its entries.

A fragment is an entry in one format. The catalogue keeps none of them: an entry that has not changed is taken out of
the documents of the last build, which are in the state folder. A layout is written with documents, and names them by
their digests. So it is true even if it is older than the snapshot, or if a build was killed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import msgspec

from feeds.catalogue.packing import pack, unpacker
from feeds.model import Feed


class EntryLayout(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The fragments of one entry in the documents of a feed.

    Attributes:
        entry_id, revision: the entry, and the state of it that the fragments show.
        short: whether they show its short form.
        sizes: the size of the fragment in every document, in bytes.
        offsets: where they begin; empty if the documents do not show the entry, because they have become too large.
    """

    entry_id: int
    revision: int
    short: bool
    sizes: tuple[int, ...]
    offsets: tuple[int, ...]


class Layout(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The layout of a feed, or of one of its archives.

    Attributes:
        documents: the digests of its documents.
        entries: their entries.
    """

    documents: tuple[str, ...] = ()
    entries: tuple[EntryLayout, ...] = ()


_unpack = unpacker(Layout)


def pack_layout(layout: Layout) -> bytes:
    """Return a layout as :func:`store_layout` takes it: worker processes make it."""
    return pack(layout)


def load_layout(db: sqlite3.Connection, feed: Feed, month: str = "") -> Layout:
    """Return the layout of a feed, or of its archive of a month; an empty one if none is known."""
    query = "SELECT packed FROM layout WHERE kind = ? AND key = ? AND month = ?"
    row = db.execute(query, (feed.kind, feed.key, month)).fetchone()
    return _unpack(row[0]) if row is not None else Layout()


def store_layout(db: sqlite3.Connection, feed: Feed, packed: bytes, month: str = "") -> None:
    """Store the layout of a feed, or of its archive of a month."""
    db.execute("INSERT OR REPLACE INTO layout VALUES (?, ?, ?, ?)", (feed.kind, feed.key, month, packed))


def mark_short(db: sqlite3.Connection, entry_ids: Iterable[int]) -> None:
    """Record that entries are shown in short form, because their text is too long for feeds."""
    db.executemany("UPDATE entry SET short = 1 WHERE id = ?", ((entry_id,) for entry_id in entry_ids))
