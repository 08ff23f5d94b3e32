"""Notices: the single entry of a feed that has ended or moved."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from html import escape
from urllib.parse import quote

from feeds.model import Entry, Feed
from feeds.render.head import FeedHead
from feeds.render.wording import FALLBACK, wording_of
from feeds.rules.languages import marked_language
from feeds.rules.site_layout import parse_feed_folder
from feeds.rules.times import rfc3339


def ended_entry(head: FeedHead) -> Entry:
    """Return the entry of the last documents of a feed: it has ended, and the site has other feeds."""
    name, site = head.feed.name, head.site
    text = head.say("ended_text", name=name, site=site.title)
    return _notice(head, "ended_title", name, text, site.address)


def moved_head(head: FeedHead, old: str, to: Feed, since: datetime) -> FeedHead:
    """Return the head of the documents in the folder `old`, from which a feed has moved.

    Args:
        head: the head of any feed of the site.
        old: the old folder.
        to: the feed at its new address.
        since: when the new address was first published.
    """
    kind, slug = parse_feed_folder(old)
    name = head.say("moved_name", name=to.name, slug=slug)
    encoded = quote(slug, safe="")  # our slugs need no encoding, but this one comes from the settings
    feed = replace(to, kind=kind, key=slug, slug=encoded, name=name, count=0, updated=since, ended=since)
    return replace(head, feed=feed, directory=(), moved_to=to)


def moved_entry(head: FeedHead) -> Entry:
    """Return the entry of the documents at an old address of a feed (:func:`moved_head`)."""
    to = replace(head, feed=head.moved_to or head.feed)
    return _notice(head, "moved_title", to.feed.name, head.say("moved_text"), to.page)


def _notice(head: FeedHead, title: str, name: str, text: str, address: str) -> Entry:
    when = head.feed.ended or head.feed.updated
    in_english = wording_of(FALLBACK)(title, name=name)  # the id stays when the language of the site changes
    return Entry(
        id=uuid.uuid5(uuid.NAMESPACE_URL, f"{head.id} {in_english} {rfc3339(when)}").urn,
        url=head.page,
        title=head.say(title, name=name),
        published=when,
        updated=when,
        provider=head.site.home,
        language=marked_language(head.say.language, head.site.language),
        summary=f"{text} {address}",
        content=f'<p>{escape(text, quote=False)} <a href="{escape(address)}">{escape(address)}</a></p>',
    )
