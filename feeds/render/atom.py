"""Atom 1.0 (RFC 4287): this module writes the entries, feedgen the feed around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from lxml import etree

from feeds.model import Author, Entry
from feeds.render.compose import ComposedFeed
from feeds.render.content import authors_of, image_type
from feeds.render.escape import escape_attribute, escape_text
from feeds.render.head import FeedHead
from feeds.render.texts import texts_of
from feeds.rules.site_layout import ATOM, archive_name
from feeds.settings.site import Site

_HISTORY = "http://purl.org/syndication/history/1.0"
_TAIL = b"</feed>"


def render_entry(entry: Entry, site: Site) -> bytes:
    """Return `entry` as one ``<entry>`` (section 4.1.2), byte for byte as feedgen would write it.

    Every text has a type (section 3.1.1): some readers take a "<" in a text without type for markup.
    """
    texts = texts_of(entry, site.language)
    summary = f'<summary type="text">{texts.xml_summary}</summary>' if entry.summary else ""
    return (
        f'<entry{_language(entry)}><id>{texts.xml_id}</id><title type="text">{texts.xml_title}</title>'
        f"<updated>{texts.updated}</updated>{''.join(map(_author, authors_of(entry, site.address)))}"
        f'<content type="html">{texts.xml_html}</content>{"".join(_links(entry))}{summary}'
        f"{_categories(entry.topics, site.address)}<published>{texts.published}</published></entry>"
    ).encode()


def _language(entry: Entry) -> str:
    """Return the attribute for the language of an entry (section 2), if that is another than the feed's."""
    return f' xml:lang="{escape_attribute(entry.language)}"' if entry.language else ""


def render_feed(head: FeedHead, fragments: Sequence[bytes]) -> bytes:
    """Return the feed document (section 4.1.1), or the archive, of `head` and the fragments of its entries."""
    name = ATOM.file_name if head.month is None else archive_name(head.month)
    empty: bytes = ComposedFeed(head, name, ATOM.media_type, _history(head)).atom_str()
    start = empty.removesuffix(_TAIL)
    return b"".join([start, *fragments, _TAIL])


def _author(author: Author) -> str:
    """Return a person (section 3.2)."""
    email = f"<email>{escape_text(author.email)}</email>" if author.email else ""
    uri = f"<uri>{escape_text(author.url)}</uri>" if author.url else ""
    return f"<author><name>{escape_text(author.name)}</name>{email}{uri}</author>"


def _links(entry: Entry) -> Iterator[str]:
    """Yield the links of an entry (section 4.2.7). The link without a relation is the page of the entry."""
    yield f'<link href="{escape_attribute(entry.url)}"/>'
    if entry.original_url is not None:
        yield f'<link href="{escape_attribute(entry.original_url)}" rel="via"/>'
    for link in entry.related:
        yield f'<link href="{escape_attribute(link.url)}" rel="related" title="{escape_attribute(link.title)}"/>'
    if entry.amp_url is not None:
        yield f'<link href="{escape_attribute(entry.amp_url)}" rel="amphtml" type="text/html"/>'
    if entry.image is not None:
        media_type = image_type(entry.image)
        type_attribute = f' type="{media_type}"' if media_type else ""
        yield f'<link href="{escape_attribute(entry.image.url)}" rel="enclosure"{type_attribute}/>'
    for file in entry.enclosures:
        facts = (("type", escape_attribute(file.media_type)), ("length", file.length))
        attributes = "".join(f' {name}="{value}"' for name, value in facts if value)
        yield f'<link href="{escape_attribute(file.url)}" rel="enclosure"{attributes}/>'


@lru_cache(maxsize=4096)  # many entries have the same topics
def _categories(topics: tuple[str, ...], address: str) -> str:
    """Return the topics of an entry (section 4.2.2)."""
    scheme = escape_attribute(f"{address}topics/")
    return "".join(f'<category term="{escape_attribute(topic)}" scheme="{scheme}"/>' for topic in topics)


def _history(head: FeedHead) -> list[etree._Element]:
    """Return the elements that make a document part of the history of a feed (RFC 5005 section 4)."""
    elements = []
    if head.month is not None:
        elements.append(etree.Element(f"{{{_HISTORY}}}archive", nsmap={"fh": _HISTORY}))
        elements.append(etree.Element("link", href=head.document(ATOM.file_name), rel="current"))
    if head.previous is not None:
        elements.append(etree.Element("link", href=head.document(archive_name(head.previous)), rel="prev-archive"))
    if head.following is not None:
        elements.append(etree.Element("link", href=head.document(archive_name(head.following)), rel="next-archive"))
    return elements
