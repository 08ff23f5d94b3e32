"""RSS 2.0 (the RSS Advisory Board's specification): items written here, the channel around them by feedgen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email.utils import format_datetime

from feeds.model import Entry
from feeds.render.compose import ComposedFeed
from feeds.render.content import content, image_type
from feeds.render.escape import attribute, text
from feeds.render.head import Head

FILE_NAME = "feed.rss"
MEDIA_TYPE = "application/rss+xml"

_TAIL = b"</channel></rss>"


def fragment(entry: Entry, address: str) -> bytes:
    """Return `entry` as one ``<item>``, byte for byte as feedgen would; its prefixes are declared by the root."""
    permalink = "true" if entry.id == entry.url else "false"
    domain = attribute(f"{address}topics/")
    return "".join(
        [
            f"<item><title>{text(entry.title)}</title><link>{text(entry.url)}</link>",
            *_descriptions(entry),
            f'<guid isPermaLink="{permalink}">{text(entry.id)}</guid>',
            *(f'<category domain="{domain}">{text(topic)}</category>' for topic in entry.topics),
            f"<pubDate>{format_datetime(entry.published)}</pubDate>",
            f"<dc:creator>{text(entry.provider.name)}</dc:creator>",
            *_media(entry),
            "</item>",
        ]
    ).encode()


def _descriptions(entry: Entry) -> Iterator[str]:
    """Yield the excerpt and the whole text, in this order; where there is no excerpt, the text takes its place."""
    if entry.summary:
        yield f"<description>{text(entry.summary)}</description>"
        yield f"<content:encoded>{text(content(entry))}</content:encoded>"
    else:
        yield f"<description>{text(content(entry))}</description>"


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
    said = "".join(f' {name}="{value}"' for name, value in facts if value)
    yield f'<media:content url="{attribute(entry.image.url)}"{said}/>'


def document(head: Head, fragments: Sequence[bytes]) -> bytes:
    """Return the document of `head` and the fragments of its entries."""
    empty: bytes = ComposedFeed(head, FILE_NAME, MEDIA_TYPE).rss_str()
    start = empty.removesuffix(_TAIL)
    return b"".join([start, *fragments, _TAIL])
