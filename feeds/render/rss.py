"""RSS 2.0 (specification of the RSS Advisory Board): this module writes items, feedgen the channel around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email.utils import format_datetime

from feeds.model import Entry
from feeds.render.compose import ComposedFeed
from feeds.render.content import authors_of, feed_html, image_type
from feeds.render.escape import escape_attribute, escape_text
from feeds.render.head import FeedHead
from feeds.rules.site_layout import RSS

_TAIL = b"</channel></rss>"


def render_entry(entry: Entry, address: str) -> bytes:
    """Return `entry` as one ``<item>``, byte for byte as feedgen would write it. The root declares its prefixes."""
    permalink = "true" if entry.id == entry.url else "false"
    domain = escape_attribute(f"{address}topics/")
    return "".join(
        [
            f"<item><title>{escape_text(entry.title)}</title><link>{escape_text(entry.url)}</link>",
            *_descriptions(entry),
            f'<guid isPermaLink="{permalink}">{escape_text(entry.id)}</guid>',
            *(f'<category domain="{domain}">{escape_text(topic)}</category>' for topic in entry.topics),
            f"<pubDate>{format_datetime(entry.published)}</pubDate>",
            *(f"<dc:creator>{escape_text(author.name)}</dc:creator>" for author in authors_of(entry, address)),
            *_media(entry),
            "</item>",
        ]
    ).encode()


def _descriptions(entry: Entry) -> Iterator[str]:
    """Yield the excerpt and the whole text, in this order. Without an excerpt, the text is the description."""
    if entry.summary:
        yield f"<description>{escape_text(entry.summary)}</description>"
        yield f"<content:encoded>{escape_text(feed_html(entry))}</content:encoded>"
    else:
        yield f"<description>{escape_text(feed_html(entry))}</description>"


def _media(entry: Entry) -> Iterator[str]:
    """Yield the image (Media RSS, ``media:content``)."""
    if entry.image is None:
        return
    facts = (
        ("type", image_type(entry.image)),
        ("medium", "image"),
        ("height", entry.image.height),
        ("width", entry.image.width),
    )
    attributes = "".join(f' {name}="{value}"' for name, value in facts if value)
    yield f'<media:content url="{escape_attribute(entry.image.url)}"{attributes}/>'


def render_feed(head: FeedHead, fragments: Sequence[bytes]) -> bytes:
    """Return the document of `head` and the fragments of its entries."""
    empty: bytes = ComposedFeed(head, RSS.file_name, RSS.media_type).rss_str()
    start = empty.removesuffix(_TAIL)
    return b"".join([start, *fragments, _TAIL])
