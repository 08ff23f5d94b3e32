"""RSS 2.0 (the RSS Advisory Board's specification), written by feedgen."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from feeds.model import Entry
from feeds.render.compose import ComposedFeed, composed
from feeds.render.head import Head

FILE_NAME = "feed.rss"
MEDIA_TYPE = "application/rss+xml"

_TAIL = b"</channel></rss>"
_NAMESPACES = {
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
}
_OPEN = etree.tostring(etree.Element("rss", nsmap=_NAMESPACES)).removesuffix(b"/>") + b">"
_CLOSE = b"</rss>"


def fragment(entry: Entry, address: str) -> bytes:
    """Return `entry` as one ``<item>``; its prefixes are declared by the document's root."""
    root = etree.Element("rss", nsmap=_NAMESPACES)
    root.append(composed(entry, address).rss_entry())
    return etree.tostring(root, encoding="UTF-8", xml_declaration=False).removeprefix(_OPEN).removesuffix(_CLOSE)


def document(head: Head, fragments: Sequence[bytes]) -> bytes:
    """Return the document of `head` and the fragments of its entries."""
    empty: bytes = ComposedFeed(head, FILE_NAME, MEDIA_TYPE).rss_str()
    start = empty.removesuffix(_TAIL)
    return b"".join([start, *fragments, _TAIL])
