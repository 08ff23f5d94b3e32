"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from feeds.model import Author, Entry
from feeds.render.content import authors_of
from feeds.render.head import FeedHead
from feeds.render.texts import texts_of
from feeds.rules.site_layout import JSON_FEED, archive_name
from feeds.settings.site import Site

_VERSION = "https://jsonfeed.org/version/1.1"


def render_entry(entry: Entry, site: Site) -> bytes:
    """Return `entry` as one item. The extension ``_feeds`` has facts for which JSON Feed has no member."""
    texts = texts_of(entry, site.language)
    item: dict[str, object] = {"id": entry.id, "url": entry.url}
    if entry.original_url:
        item["external_url"] = entry.original_url
    item["title"] = entry.title
    item["content_html"] = texts.html
    if entry.summary:
        item["summary"] = entry.summary
    if entry.image is not None:
        item["image"] = entry.image.url
    item["date_published"] = texts.published
    item["date_modified"] = texts.updated
    if authors := authors_of(entry, site.address):
        item["authors"] = [_author(author) for author in authors]
    if entry.topics:
        item["tags"] = entry.topics
    if entry.language:
        item["language"] = entry.language
    if attachments := _attachments(entry):
        item["attachments"] = attachments
    item["_feeds"] = {
        "role": "article" if entry.own else "related",
        "related_to": [link.id for link in entry.related],
        "quality": entry.quality,
        "heat": entry.heat,
    }
    return _json(item)


def _author(author: Author) -> dict[str, str]:
    """Return a person."""
    return {"name": author.name, "url": author.url} if author.url else {"name": author.name}


def _attachments(entry: Entry) -> list[dict[str, object]]:
    """Return the files of an entry. A file without a type is none, since JSON Feed requires a type."""
    return [
        {
            "url": file.url,
            "mime_type": file.media_type,
            **({"size_in_bytes": file.length} if file.length is not None else {}),
            **({"duration_in_seconds": file.duration} if file.duration is not None else {}),
        }
        for file in entry.enclosures
        if file.media_type
    ]


def render_feed(head: FeedHead, fragments: Sequence[bytes]) -> bytes:
    """Return the document of `head` and the fragments of its entries."""
    facts = {
        "version": _VERSION,
        "title": head.title,
        "home_page_url": head.page,
        "feed_url": head.document(JSON_FEED.file_name if head.month is None else archive_name(head.month, JSON_FEED)),
        **({"next_url": head.document(archive_name(head.previous, JSON_FEED))} if head.previous is not None else {}),
        "description": head.description,
        **({"icon": head.site.logo or head.site.icon} if head.site.logo or head.site.icon else {}),
        "favicon": head.icon,
        **({"hubs": [{"type": "WebSub", "url": head.hub}]} if head.hub else {}),
        "authors": [{"name": head.site.title, "url": head.site.address}],
        "language": head.site.language,
        **({"expired": True} if head.feed.ended is not None else {}),
    }
    return b"".join([_json(facts).removesuffix(b"}"), b',"items":[', b",".join(fragments), b"]}\n"])


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _json(value: object) -> bytes:
    return _encode(value).encode()
