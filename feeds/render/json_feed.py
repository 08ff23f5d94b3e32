"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from feeds.model import Entry
from feeds.render.content import authors_of, feed_html
from feeds.render.head import FeedHead
from feeds.rules.site_layout import JSON_FEED
from feeds.rules.times import rfc3339

_VERSION = "https://jsonfeed.org/version/1.1"


def render_entry(entry: Entry, address: str) -> bytes:
    """Return `entry` as one item. The extension ``_feeds`` has facts for which JSON Feed has no member."""
    image = {"image": entry.image.url} if entry.image is not None else {}
    authors = [
        {"name": author.name, **({"url": author.url} if author.url else {})} for author in authors_of(entry, address)
    ]
    return _json(
        {
            "id": entry.id,
            "url": entry.url,
            **({"external_url": entry.original_url} if entry.original_url else {}),
            "title": entry.title,
            "content_html": feed_html(entry),
            **({"summary": entry.summary} if entry.summary else {}),
            **image,
            "date_published": rfc3339(entry.published),
            "date_modified": rfc3339(entry.updated),
            **({"authors": authors} if authors else {}),
            **({"tags": list(entry.topics)} if entry.topics else {}),
            **({"language": entry.language} if entry.language else {}),
            **_attachments(entry),
            "_feeds": {
                "role": "article" if entry.own else "related",
                "related_to": [link.id for link in entry.related],
                "quality": entry.quality,
                "heat": entry.heat,
            },
        }
    )


def _attachments(entry: Entry) -> dict[str, object]:
    """Return the files of an entry. A file without a type is none, since JSON Feed requires a type."""
    attachments = [
        {
            "url": file.url,
            "mime_type": file.media_type,
            **({"size_in_bytes": file.length} if file.length is not None else {}),
            **({"duration_in_seconds": file.duration} if file.duration is not None else {}),
        }
        for file in entry.enclosures
        if file.media_type
    ]
    return {"attachments": attachments} if attachments else {}


def render_feed(head: FeedHead, fragments: Sequence[bytes]) -> bytes:
    """Return the document of `head` and the fragments of its entries."""
    facts = {
        "version": _VERSION,
        "title": head.title,
        "home_page_url": head.page,
        "feed_url": head.document(JSON_FEED.file_name),
        "description": head.description,
        **({"icon": head.site.logo or head.site.icon} if head.site.logo or head.site.icon else {}),
        **({"favicon": head.site.icon} if head.site.icon else {}),
        **({"hubs": [{"type": "WebSub", "url": head.hub}]} if head.hub else {}),
        "authors": [{"name": head.site.title, "url": head.site.address}],
        "language": head.site.language,
        **({"expired": True} if head.feed.ended is not None else {}),
    }
    return b"".join([_json(facts).removesuffix(b"}"), b',"items":[', b",".join(fragments), b"]}\n"])


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _json(value: object) -> bytes:
    return _encode(value).encode()
