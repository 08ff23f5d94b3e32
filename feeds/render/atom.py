"""Atom 1.0 (RFC 4287): entries written here, the feed around them by feedgen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml import etree

from feeds.model import Entry, iso
from feeds.render.compose import ComposedFeed
from feeds.render.content import content, image_type, provider_address
from feeds.render.escape import attribute, text
from feeds.render.head import Head

FILE_NAME = "feed.atom"
MEDIA_TYPE = "application/atom+xml"
ARCHIVES = "archive/"

_ARCHIVE = re.compile(rf"(?:\A|/){ARCHIVES}\d{{4}}-\d\d\.atom\Z")
_HISTORY = "http://purl.org/syndication/history/1.0"
_TAIL = b"</feed>"


def fragment(entry: Entry, address: str) -> bytes:
    """Return `entry` as one ``<entry>`` (section 4.1.2), byte for byte as feedgen would write it.

    The type of a text is always said (section 3.1.1), so that nobody takes a "<" in it for markup.
    """
    name, uri = text(entry.provider.name), text(provider_address(entry.provider, address))
    scheme = attribute(f"{address}topics/")
    return "".join(
        [
            f'<entry><id>{text(entry.id)}</id><title type="text">{text(entry.title)}</title>',
            f"<updated>{iso(entry.updated)}</updated>",
            f"<author><name>{name}</name><uri>{uri}</uri></author>" if name else "",
            f'<content type="html">{text(content(entry))}</content>',
            *_links(entry),
            f'<summary type="text">{text(entry.summary)}</summary>' if entry.summary else "",
            *(f'<category term="{attribute(topic)}" scheme="{scheme}"/>' for topic in entry.topics),
            f"<published>{iso(entry.published)}</published></entry>",
        ]
    ).encode()


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


def _links(entry: Entry) -> Iterator[str]:
    """Yield the links of an entry (section 4.2.7); one without a relation is its page."""
    yield f'<link href="{attribute(entry.url)}"/>'
    if entry.original_url is not None:
        yield f'<link href="{attribute(entry.original_url)}" rel="via"/>'
    for each in entry.related:
        yield f'<link href="{attribute(each.url)}" rel="related" title="{attribute(each.title)}"/>'
    if entry.amp_url is not None:
        yield f'<link href="{attribute(entry.amp_url)}" rel="amphtml" type="text/html"/>'
    if entry.image is not None:
        media_type = image_type(entry.image)
        said = f' type="{media_type}"' if media_type else ""
        yield f'<link href="{attribute(entry.image.url)}" rel="enclosure"{said}/>'


def _history(head: Head) -> list[etree._Element]:
    """Return what makes a document part of a feed's history (RFC 5005 section 4)."""
    found = []
    if head.month is not None:
        found.append(etree.Element(f"{{{_HISTORY}}}archive", nsmap={"fh": _HISTORY}))
        found.append(etree.Element("link", href=head.document(FILE_NAME), rel="current"))
    if head.previous is not None:
        found.append(etree.Element("link", href=head.document(archive_name(head.previous)), rel="prev-archive"))
    return found
