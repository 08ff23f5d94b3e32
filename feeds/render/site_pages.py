"""The pages that a site has besides those of its feeds: the first page, the lists of names, and the page for 404."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from feeds.model import Entry, Feed, Kind, Link
from feeds.render.head import FeedHead
from feeds.render.page import by_day, feed_facts, follow_panel, months_by_year, sparkline, story_markup
from feeds.render.templating import render, static_file
from feeds.render.wording import wording_of
from feeds.rules.pace import pace_of
from feeds.rules.site_layout import (
    KIND_FOLDERS,
    NO_JEKYLL_CONTENT_TYPE,
    NO_JEKYLL_PATH,
    NOT_FOUND_PATH,
    PAGE,
    STATIC_FILES,
)
from feeds.settings.site import Site

LIVELIEST = 12
"""The number of topics on the first page."""

MAX_STORIES = 50
"""The number of stories on the first page."""

WHOLE_STORIES = 20
"""The number of stories with picture, excerpt, topics and related coverage; the others are headlines."""

RELATED_ON_HOME = 3
"""The number of related pages below a story of the first page."""


class Story(NamedTuple):
    """An article on the first page, with the related pages that stand below it."""

    entry: Entry
    related: Sequence[Link]


def stories_of(articles: Sequence[Entry]) -> list[Story]:
    """Return the stories that articles make, with their related coverage.

    A page that several articles call related stands below the first one of these. What is a story of its own stands
    below none.

    Args:
        articles: the entries of the first page, in their order.
    """
    placed = {entry.id for entry in articles}
    stories = []
    for entry in articles:
        related = [link for link in entry.related if link.id not in placed][:RELATED_ON_HOME]
        placed.update(link.id for link in related)
        stories.append(Story(entry, related))
    return stories


def render_home(head: FeedHead, articles: Sequence[Entry]) -> bytes:
    """Return the first page of the site.

    Args:
        head: the head of the feed of all entries, with the directory of all feeds.
        articles: the newest articles, in their order.
    """
    site = head.site
    topics = [feed for feed in head.directory if feed.kind is Kind.TOPIC]
    days = [(entry.local or entry.published).date() for entry in articles]
    markup = [
        story_markup(entry, site, related, brief=place >= WHOLE_STORIES)
        for place, (entry, related) in enumerate(stories_of(articles))
    ]
    return render(
        "home.html",
        site,
        "",
        head=head,
        facts=feed_facts(head, with_shown=False),
        follow=follow_panel(head),
        groups=by_day(markup, days, wording_of(site.language)),
        topics=list(_rows(head, liveliest(topics))),
        topic_count=len(topics),
        years=months_by_year(head.months, wording_of(site.language)),
    )


def liveliest(feeds: Iterable[Feed]) -> list[Feed]:
    """Return the feeds with the most entries in the months of their activity."""
    return sorted(feeds, key=lambda feed: (-sum(feed.activity), feed.name.casefold(), feed.key))[:LIVELIEST]


def render_names(head: FeedHead, kind: Kind) -> bytes:
    """Return the page with the names of all topics, providers or categories.

    Args:
        head: the head of the feed of all entries, with the directory of all feeds.
        kind: the kind of the feeds.
    """
    folder = KIND_FOLDERS[kind]
    return render(
        "names.html",
        head.site,
        f"{folder}/",
        head=head,
        name=folder,
        follow=None,
        feeds=list(_rows(head, (feed for feed in head.directory if feed.kind is kind))),
    )


def site_files(site: Site) -> Iterator[tuple[str, str, bytes]]:
    """Yield address, media type and bytes of the documents that depend on the settings alone."""
    for path, content_type in STATIC_FILES.items():
        yield path, content_type, static_file(path, site)
    yield NOT_FOUND_PATH, PAGE.content_type, render_not_found(site)
    yield NO_JEKYLL_PATH, NO_JEKYLL_CONTENT_TYPE, b""


def render_not_found(site: Site) -> bytes:
    """Return the page that a host of static files shows at an address without a document.

    The host shows it at any depth. So its links begin with the path of the site's address.
    """
    up = f"/{urlsplit(site.address).path.lstrip('/')}"  # two slashes would be the start of another host
    return render("not_found.html", site, "", up, follow=None)


class NameRow(NamedTuple):
    """A feed in a list of names.

    Attributes:
        name, slug: of the feed.
        entries: how many entries it has, as text.
        pace: its pace, or an empty text.
        newest, machine: the date of its newest entry, for people and machines.
        sparkline: the path of its sparkline (:func:`feeds.render.page.sparkline`).
    """

    name: str
    slug: str
    entries: str
    pace: str
    newest: str
    machine: str
    sparkline: str


def _rows(head: FeedHead, feeds: Iterable[Feed]) -> Iterator[NameRow]:
    say, zone = wording_of(head.site.language), head.site.zone
    for feed in feeds:
        day = feed.newest.astimezone(zone).date() if feed.newest else None
        pace = pace_of(feed.activity, feed.oldest or feed.newest, feed.newest) if feed.newest else None
        yield NameRow(
            feed.name,
            feed.slug,
            say.number(feed.count),
            say.pace(pace) if pace else "",
            say.day(day) if day else "",
            day.isoformat() if day else "",
            sparkline(feed.activity),
        )
