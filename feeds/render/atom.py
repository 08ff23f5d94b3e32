"""Atom 1.0 (RFC 4287), written by feedgen."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from feeds.model import Entry
from feeds.render.compose import ComposedEntry, ComposedFeed
from feeds.render.head import Head

FILE_NAME = "feed.atom"
MEDIA_TYPE = "application/atom+xml"

_TAIL = b"</feed>"


def fragment(entry: Entry, address: str) -> bytes:
    """Return `entry` as one ``<entry>`` (section 4.1.2)."""
    return etree.tostring(ComposedEntry(entry, address).atom_entry(), encoding="UTF-8", xml_declaration=False)


def document(head: Head, fragments: Sequence[bytes]) -> bytes:
    """Return the feed document (section 4.1.1) of `head` and the fragments of its entries."""
    empty: bytes = ComposedFeed(head, FILE_NAME, MEDIA_TYPE).atom_str()
    start = empty.removesuffix(_TAIL)
    return b"".join([start, *fragments, _TAIL])
