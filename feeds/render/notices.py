"""Notices: the single entry of a feed that has ended or moved."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from html import escape
from urllib.parse import quote

from feeds.model import Entry, Feed
from feeds.render.head import FeedHead
from feeds.rules.site_layout import parse_feed_folder
from feeds.rules.times import rfc3339


def ended_entry(head: FeedHead) -> Entry:
    """Return the entry of the last documents of a feed: it has ended, and the site has other feeds."""
    name, site = head.feed.name, head.site
    return _notice(
        head,
        title=f"This feed has ended: {name}",
        text=f"Nothing on {site.title} is in “{name}” any more, so this feed has ended, and its address will soon be"
        " gone. All the feeds that there are:",
        address=site.address,
    )


def moved_head(head: FeedHead, old: str, to: Feed, since: datetime) -> FeedHead:
    """Return the head of the documents in the folder `old`, from which a feed has moved.

    Args:
        head: the head of any feed of the site.
        old: the old folder.
        to: the feed at its new address.
        since: when the new address was first published.
    """
    kind, slug = parse_feed_folder(old)
    name = f"{to.name} (moved from {slug})"
    encoded = quote(slug, safe="")  # our slugs need no encoding, but this one comes from the settings
    feed = replace(to, kind=kind, key=slug, slug=encoded, name=name, count=0, updated=since, ended=since)
    return replace(head, feed=feed, directory=(), moved_to=to)


def moved_entry(head: FeedHead) -> Entry:
    """Return the entry of the documents at an old address of a feed (:func:`moved_head`)."""
    to = replace(head, feed=head.moved_to or head.feed)
    return _notice(
        head,
        title=f"This feed has moved: {to.feed.name}",
        text="This feed has another address now, and nothing more will come here. Subscribe to it there:",
        address=to.page,
    )


def _notice(head: FeedHead, *, title: str, text: str, address: str) -> Entry:
    when = head.feed.ended or head.feed.updated
    return Entry(
        id=uuid.uuid5(uuid.NAMESPACE_URL, f"{head.id} {title} {rfc3339(when)}").urn,
        url=head.page,
        title=title,
        published=when,
        updated=when,
        provider=head.site.home,
        summary=f"{text} {address}",
        content=f'<p>{escape(text, quote=False)} <a href="{escape(address)}">{escape(address)}</a></p>',
    )
