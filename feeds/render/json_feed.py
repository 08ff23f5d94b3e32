"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from feeds.model import Entry, iso
from feeds.render.content import content, provider_address
from feeds.render.head import Head

FILE_NAME = "feed.json"
MEDIA_TYPE = "application/feed+json"

_VERSION = "https://jsonfeed.org/version/1.1"


def fragment(entry: Entry, address: str) -> bytes:
    """Return `entry` as one item, with what other formats have no word for in ``_feeds``."""
    image = {"image": entry.image.url} if entry.image is not None else {}
    return _json(
        {
            "id": entry.id,
            "url": entry.url,
            **({"external_url": entry.original_url} if entry.original_url else {}),
            "title": entry.title,
            "content_html": content(entry),
            **({"summary": entry.summary} if entry.summary else {}),
            **image,
            "date_published": iso(entry.published),
            "date_modified": iso(entry.updated),
            "authors": [{"name": entry.provider.name, "url": provider_address(entry.provider, address)}],
            **({"tags": list(entry.topics)} if entry.topics else {}),
            "_feeds": {
                "role": "article" if entry.own else "related",
                "related_to": [each.id for each in entry.related],
                "quality": entry.quality,
                "heat": entry.heat,
            },
        }
    )


def document(head: Head, fragments: Sequence[bytes]) -> bytes:
    """Return the document of `head` and the fragments of its entries."""
    facts = {
        "version": _VERSION,
        "title": head.title,
        "home_page_url": head.page,
        "feed_url": head.document(FILE_NAME),
        "description": head.description,
        **({"icon": head.site.logo or head.site.icon} if head.site.logo or head.site.icon else {}),
        **({"favicon": head.site.icon} if head.site.icon else {}),
        **({"hubs": [{"type": "WebSub", "url": head.hub}]} if head.hub else {}),
        "language": head.site.language,
        **({"expired": True} if head.feed.ended is not None else {}),
    }
    return b"".join([_json(facts).removesuffix(b"}"), b',"items":[', b",".join(fragments), b"]}\n"])


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _json(value: object) -> bytes:
    return _encode(value).encode()
