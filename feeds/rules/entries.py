"""Rules for entries: what a subscriber sees of a page and its mentions.

All functions are pure: no database, no clock, no settings.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple, TypeVar
from urllib.parse import urljoin

from feeds.model import Enclosure, Entry, Episode, FeedLink, Image, Link, Mention, Outline, Provider
from feeds.rules import urls
from feeds.rules.languages import marked_language
from feeds.rules.text import name_key
from feeds.rules.times import to_seconds

T = TypeVar("T")


class EntrySettings(NamedTuple):
    """The settings that decide what an entry shows.

    Attributes:
        home: the site as a provider, for an article without one.
        zone: the time zone in which people read its date.
        language: the language of the site: an entry names its own only if that is another one.
        max_bytes: the size of a text from which on feeds show its summary and a link to it; None for no limit.
    """

    home: Provider
    zone: tzinfo = UTC
    language: str = ""
    max_bytes: int | None = None


RELATED_LIMIT = 20
"""The number of related pages that an entry lists: it must not grow with the number of mentions."""


def representation_order(mention: Mention) -> tuple[bool, float, int, str, str, int]:
    """Return the sort key that puts the representative mention first.

    An article's own mention comes before related ones; then the earliest published; then the shortest address; then
    the first address in alphabetical order. File and position decide the rest, so that the order never depends on the
    order of reading.
    """
    url = mention.url or ""
    return (
        mention.position != 0,
        mention.published.timestamp(),
        len(url),
        url,
        mention.path,
        mention.position,
    )


def entry_uri(representative: Mention) -> str:
    """Return the id, a URI, of the entry whose representative mention this is.

    It is the explicit id, or the address without tracking parameters; without the fragment too, unless it is that of an
    article. An article without a page gets an id from its file and date. It contains no address of the site, so it
    survives a new domain (RFC 4287 section 4.2.6).
    """
    return _uri_at(representative, url_of_page(representative))


def _uri_at(representative: Mention, page: str) -> str:
    """Return the id of an entry; `page` is the address of its page, or empty."""
    if representative.explicit_id is not None:
        return representative.explicit_id
    if representative.url is not None:
        return page
    name = f"{representative.path} {representative.published.isoformat()}"
    return uuid.uuid5(uuid.NAMESPACE_URL, name).urn


def provider_of(mention: Mention, home: Provider) -> Provider:
    """Return the publisher of `mention`: the one that it names, else the host of its page, else the site (`home`)."""
    named = mention.provider
    if named is not None and named.domain:
        return named if named.name else Provider(named.domain, named.domain)
    domain = urls.domain_of(mention.url) if mention.url else home.domain
    name = named.name if named is not None else ""
    return Provider(name or (home.name if domain == home.domain else domain), domain)


class Names(NamedTuple):
    """The names of an entry: one spelling of each, sorted by their keys."""

    topics: tuple[str, ...]
    categories: tuple[str, ...]


def outline(
    mentions: Iterable[Mention],
    home: Provider,
    *,
    identity: str | None = None,
    now: datetime | None = None,
    names: Names | None = None,
) -> Outline:
    """Return the outline of the entry that `mentions` make. Its address is empty if there is no page.

    The representative mention gives id, address, title and date. `updated` is the latest time that a mention names, and
    never before `published`.

    Args:
        mentions: at least one, all of the same page, in any order.
        home: the site as a provider, for an article without one.
        identity: the id under which the entry was published, if it is not the one of :func:`entry_uri`.
        now: the time of the build: a change that lies after it does not count yet. None if there is no such change.
        names: the names of all mentions, if `mentions` are only those that decide the rest (:func:`deciding`).
    """
    ranked = _ranked(mentions)
    top = ranked[0]
    provider = provider_of(top, home)
    page = url_of_page(top)
    published, updated = to_seconds(top.published), _updated(ranked, now)
    topics, categories = names or _merge_names(ranked)
    return Outline(
        identity or _uri_at(top, page),
        page,
        top.title,
        published,
        to_seconds(updated) if updated is not top.published else published,
        (provider.name, provider.domain),
        topics,
        categories,
        _first(ranked, _quality),
        top.position == 0,
    )


def merge(
    mentions: Iterable[Mention],
    settings: EntrySettings,
    *,
    identity: str | None = None,
    updated: datetime | None = None,
    names: Names | None = None,
    page: str | None = None,
    page_url: str = "",
    related: tuple[Link, ...] = (),
    feeds: tuple[FeedLink, ...] = (),
) -> Entry:
    """Return the entry that `mentions` make: its :func:`outline`, and everything that it shows.

    A value that the representative mention lacks (an excerpt, an image, …) comes from the next mention that has it.

    Args:
        mentions, identity, names: as for :func:`outline`.
        settings: the settings.
        updated: the time of the last change, if the outline has another one than the mentions.
        page, page_url: slug and address of the page that we make for an article without a web page.
        related: the entries that it is related to.
        feeds: the feeds that have it.
    """
    ranked = _ranked(mentions)
    top = ranked[0]
    url = url_of_page(top) or page_url
    content = _first(ranked, attrgetter("content")) or ""
    topics, categories = names or _merge_names(ranked)
    return Entry(
        id=identity or entry_uri(top),
        url=url,
        title=top.title,
        published=top.published,
        updated=updated or _updated(ranked, None),
        provider=provider_of(top, settings.home),
        topics=topics,
        categories=categories,
        quality=_first(ranked, _quality),
        own=top.position == 0,
        summary=_first(ranked, attrgetter("excerpt")) or "",
        content=content,
        original_url=_first(ranked, lambda mention: original_beside(mention.original_url, url)),
        amp_url=_first(ranked, attrgetter("amp_url")),
        type=_first(ranked, attrgetter("type")) or "",
        heat=_first(ranked, attrgetter("heat")),
        image=_resolve_image(_first(ranked, attrgetter("image")), url),
        page=page,
        related=related,
        feeds=feeds,
        local=top.published.astimezone(settings.zone),
        has_time=top.has_time,
        is_short=settings.max_bytes is not None and len(content.encode()) > settings.max_bytes,
        authors=_first(ranked, attrgetter("authors")) or (),
        language=marked_language(_first(ranked, attrgetter("language")) or "", settings.language),
        enclosures=_resolve_enclosures(_first(ranked, attrgetter("enclosures")) or (), url),
        episode=_resolve_episode(_first(ranked, attrgetter("episode")), url),
    )


def _ranked(mentions: Iterable[Mention]) -> list[Mention]:
    """Return `mentions` with the representative one first."""
    ranked = list(mentions)
    if len(ranked) > 1:  # most entries have one mention
        ranked.sort(key=representation_order)
    return ranked


def url_of_page(top: Mention) -> str:
    """Return the address of the page of a mention, or an empty text. An article may be a section of a page."""
    if top.url is None:
        return ""
    return urls.section_url(top.url) if top.position == 0 else urls.page_url(top.url)


def _updated(ranked: Sequence[Mention], now: datetime | None) -> datetime:
    """Return the latest change that a mention names, not before the date of the first mention, and not after `now`."""
    latest = ranked[0].published
    for mention in ranked:
        if mention.updated is not None and mention.updated > latest and (now is None or mention.updated <= now):
            latest = mention.updated
    return latest


def _resolve(address: str, url: str) -> str | None:
    """Return an address, which may be relative to the page `url` as those in its text are; None if it is none."""
    return address if address.startswith(("http://", "https://")) else urls.absolute_url(urljoin(url, address))


def _resolve_image(image: Image | None, url: str) -> Image | None:
    address = _resolve(image.url, url) if image is not None else None
    return image._replace(url=address) if image is not None and address is not None else None


def _resolve_enclosures(enclosures: tuple[Enclosure, ...], url: str) -> tuple[Enclosure, ...]:
    resolved = ((enclosure, _resolve(enclosure.url, url)) for enclosure in enclosures)
    return tuple(enclosure._replace(url=address) for enclosure, address in resolved if address is not None)


def _resolve_episode(episode: Episode | None, url: str) -> Episode | None:
    return episode._replace(image=_resolve(episode.image, url)) if episode is not None and episode.image else episode


_quality = attrgetter("quality")


def original_beside(original: str | None, url: str) -> str | None:
    """Return `original` if it is another address than the entry's own, else None."""
    return original if original is not None and urls.section_url(original) != url else None


def has_value(value: object) -> bool:
    """Tell whether `value` is one: neither None nor empty; a quality of 0 is a value."""
    return value is not None and value != "" and value != ()


def _first(ranked: Sequence[Mention], field: Callable[[Mention], T | None]) -> T | None:
    """Return the first value of `field` that is one, or None."""
    for mention in ranked:
        value = field(mention)
        if has_value(value):
            return value
    return None


def _merge_names(ranked: Sequence[Mention]) -> Names:
    """Return the names of `ranked` mentions."""
    top, *others = ranked
    if not others:
        return Names(_sorted_names(top.topics), _sorted_names(top.categories))
    topics = Counter(name for mention in ranked for name in mention.topics)
    categories = Counter(name for mention in ranked for name in mention.categories)
    return merge_counted_names(top, topics, categories)


def merge_counted_names(top: Mention, topics: Mapping[str, int], categories: Mapping[str, int]) -> Names:
    """Return the names of an entry.

    A name has the spelling of the representative mention, else the one that most mentions use, else the first in
    alphabetical order. So the counts are enough, and the order of the other mentions does not matter.

    Args:
        top: the representative mention.
        topics, categories: spelling → the number of mentions that use it.
    """
    return Names(
        _sorted_names((*top.topics, *_most_used_first(topics))),
        _sorted_names((*top.categories, *_most_used_first(categories))),
    )


def _most_used_first(counts: Mapping[str, int]) -> list[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))


@lru_cache(maxsize=4096)  # many records have the same names
def _sorted_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the first spelling of each name in `names`, sorted by their keys."""
    spelling: dict[str, str] = {}
    for name in names:
        spelling.setdefault(name_key(name), name)
    return tuple(spelling[key] for key in sorted(spelling))
