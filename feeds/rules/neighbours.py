"""The topics near a feed: those that share most of the entries that it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from feeds.model import Feed, FeedLink, Kind

MAX_NEIGHBOURS = 8
"""The number of neighbours that a page lists."""


def neighbours_of(feed: Feed, entries: Iterable[Sequence[FeedLink]]) -> tuple[FeedLink, ...]:
    """Return the topics that share most entries with a feed, most first; not the feed itself.

    Args:
        feed: the feed.
        entries: the feeds of every entry that it shows, the newest entry first. A topic has the name that the newest
            entry gives it.
    """
    shared: Counter[str] = Counter()
    links: dict[str, FeedLink] = {}
    for topics in entries:
        for link in topics:
            if link.kind is Kind.TOPIC and (feed.kind is not Kind.TOPIC or link.slug != feed.slug):
                shared[link.slug] += 1
                links.setdefault(link.slug, link)
    most = sorted(shared, key=lambda slug: (-shared[slug], slug))
    return tuple(links[slug] for slug in most[:MAX_NEIGHBOURS])
