"""Atom 1.0 (RFC 4287), written by feedgen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml import etree

from feeds.model import Entry
from feeds.render.compose import ComposedFeed, composed
from feeds.render.head import Head

FILE_NAME = "feed.atom"
MEDIA_TYPE = "application/atom+xml"
ARCHIVES = "archive/"

_ARCHIVE = re.compile(rf"(?:\A|/){ARCHIVES}\d{{4}}-\d\d\.atom\Z")
_HISTORY = "http://purl.org/syndication/history/1.0"
_TAIL = b"</feed>"


def fragment(entry: Entry, address: str) -> bytes:
    """Return `entry` as one ``<entry>`` (section 4.1.2)."""
    return etree.tostring(composed(entry, address).atom_entry(), encoding="UTF-8", xml_declaration=False)


def is_archive(address: str) -> bool:
    """Tell whether the document at `address` is an archive."""
    return _ARCHIVE.search(address) is not None


def archive_name(month: str) -> str:
    """Return the address of the archive of a month, below the feed's folder (RFC 5005 section 4)."""
    return f"{ARCHIVES}{month}.atom"


def document(head: Head, fragments: Sequence[bytes]) -> bytes:
    """Return the feed document (section 4.1.1), or the archive, of `head` and the fragments of its entries."""
    name = FILE_NAME if head.month is None else archive_name(head.month)
    empty: bytes = ComposedFeed(head, name, MEDIA_TYPE, _history(head)).atom_str()
    start = empty.removesuffix(_TAIL)
    return b"".join([start, *fragments, _TAIL])


def _history(head: Head) -> list[etree._Element]:
    """Return what makes a document part of a feed's history (RFC 5005 section 4)."""
    found = []
    if head.month is not None:
        found.append(etree.Element(f"{{{_HISTORY}}}archive", nsmap={"fh": _HISTORY}))
        found.append(etree.Element("link", href=head.document(FILE_NAME), rel="current"))
    if head.previous is not None:
        found.append(etree.Element("link", href=head.document(archive_name(head.previous)), rel="prev-archive"))
    return found
