"""Rules for entries: which mentions are the same page, and what a subscriber sees of it.

All functions are pure: no database, no clock, no settings.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter
from typing import NamedTuple, TypeVar
from urllib.parse import urljoin

from feeds.model import Enclosure, Entry, Episode, Image, Link, Mention, Outline, Provider
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


def merge_keys(mention: Mention) -> tuple[str, ...]:
    """Return the keys of the page of `mention`: two mentions that share a key are one entry, unless they are articles.

    Two articles may share keys and be two entries (:func:`divide`). An article without a page of its own has its id as
    a key, so it is an entry by itself. Keys that start with ``@`` name an article by its file: no other mention has
    them, but an earlier version of the same article may (:mod:`feeds.catalogue.entry_ids`).
    """
    keys: dict[str, None] = {}  # a dictionary keeps the order and drops duplicates
    if mention.url is not None:
        keys = dict.fromkeys(urls.page_keys(mention.url, mention.title))
    for other_url in (mention.amp_url, mention.original_url):
        if other_url is not None:
            keys[urls.canonical_key(other_url)] = None
    if mention.url is None:
        keys[f"#{entry_uri(mention)}"] = None
        keys[f"@{mention.path}\n{mention.title}"] = None
    if mention.explicit_id is not None:
        keys[f"#{mention.explicit_id}"] = None  # no canonical address starts with a hash sign
        if mention.explicit_id.startswith(("http://", "https://")) and "#" not in mention.explicit_id:
            keys[urls.canonical_key(mention.explicit_id)] = None  # another mention may have this address
    if mention.position == 0:
        if mention.url is not None and "#" in mention.url:
            keys[urls.section_key(mention.url)] = None
        keys[f"@{mention.path}\n{mention.title}\n{mention.published.isoformat()}"] = None
    return tuple(keys)


def key_hash(key: str) -> int:
    """Return the 64-bit hash that stands for `key` in tables. It must never change: the history stores it."""
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def group_mentions(keyed: Iterable[tuple[int, Sequence[Hashable]]]) -> list[list[int]]:
    """Return the groups of mentions that are one entry: connected by shared keys, directly or through others.

    The method is union-find with path halving.

    Args:
        keyed: the number of a mention, and its keys.

    Returns:
        The numbers, group by group; in a group, and among groups, in the order of `keyed`.
    """
    parent: dict[int, int] = {}
    first_with_key: dict[Hashable, int] = {}

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for number, keys in keyed:
        parent[number] = number
        for key in keys:
            other = first_with_key.setdefault(key, number)
            if other != number:
                parent[root(number)] = root(other)
    groups: dict[int, list[int]] = {}
    for number in parent:
        groups.setdefault(root(number), []).append(number)
    return list(groups.values())


def divide(mentions: Sequence[Mention]) -> list[list[int]]:
    """Return the entries that a group of connected mentions makes: articles are never merged by accident.

    Two articles are one entry only if their addresses, with query and fragment, or their ids are the same. All other
    keys connect related links with pages, and never two articles. A related link whose page several articles share
    belongs to the article with its whole address, else to the one that was published first.

    Args:
        mentions: the mentions of one group of :func:`group_mentions`.

    Returns:
        The indexes of the mentions, entry by entry; the entry of the article that was published first comes first.
    """
    own = [index for index, mention in enumerate(mentions) if mention.position == 0]
    groups = group_mentions((index, _article_keys(mentions[index])) for index in own) if len(own) > 1 else []
    if len(groups) < 2:
        return [list(range(len(mentions)))]
    groups.sort(key=lambda group: min(representation_order(mentions[index]) for index in group))
    by_address: dict[str, int] = {}
    holder: dict[str, int] = {}  # key → the group that its page belongs to: the first one that has it
    for number, group in enumerate(groups):
        for index in group:
            for key in _article_keys(mentions[index]):
                by_address.setdefault(key, number)
            for key in merge_keys(mentions[index]):
                holder.setdefault(key, number)
    loose: list[tuple[int, tuple[str, ...]]] = []
    assigned: list[tuple[int, tuple[str, ...]]] = []
    for index, mention in enumerate(mentions):
        if mention.position == 0:
            continue
        keys = merge_keys(mention)
        candidates = [holder[key] for key in keys if key in holder]
        if mention.url is not None and urls.section_key(mention.url) in by_address:
            candidates = [by_address[urls.section_key(mention.url)]]
        if candidates:
            groups[min(candidates)].append(index)
            assigned.append((min(candidates), keys))
        else:
            loose.append((index, keys))
    # Links that share no key with an article are here because they share one with another link of the group.
    for number, keys in sorted(assigned):
        for key in keys:
            holder.setdefault(key, number)
    keys_of = dict(loose)
    for links in group_mentions(loose):
        groups[min(holder[key] for index in links for key in keys_of[index] if key in holder)] += links
    return groups


def _article_keys(mention: Mention) -> list[str]:
    """Return the keys that make two articles one entry: address with query and fragment, and id."""
    keys = [urls.section_key(mention.url)] if mention.url is not None else []
    identity = entry_uri(mention)
    is_address = identity.startswith(("http://", "https://"))
    return [*keys, urls.section_key(identity) if is_address else f"#{identity}"]


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
    return _uri_at(representative, _page_url(representative))


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


def outline(
    mentions: Iterable[Mention], home: Provider, *, identity: str | None = None, now: datetime | None = None
) -> Outline:
    """Return the outline of the entry that `mentions` make. Its address is empty if there is no page.

    The representative mention gives id, address, title and date. `updated` is the latest time that a mention names, and
    never before `published`.

    Args:
        mentions: at least one, all of the same page, in any order.
        home: the site as a provider, for an article without one.
        identity: the id under which the entry was published, if it is not the one of :func:`entry_uri`.
        now: the time of the build: a change that lies after it does not count yet. None if there is no such change.
    """
    ranked = _ranked(mentions)
    top = ranked[0]
    provider = provider_of(top, home)
    page = _page_url(top)
    published, updated = to_seconds(top.published), _updated(ranked, now)
    return Outline(
        identity or _uri_at(top, page),
        page,
        top.title,
        published,
        to_seconds(updated) if updated is not top.published else published,
        (provider.name, provider.domain),
        _merge_names([mention.topics for mention in ranked]),
        _merge_names([mention.categories for mention in ranked]),
        _first(ranked, _quality),
        top.position == 0,
    )


def merge(
    mentions: Iterable[Mention],
    settings: EntrySettings,
    *,
    identity: str | None = None,
    updated: datetime | None = None,
    page: str | None = None,
    page_url: str = "",
    related: tuple[Link, ...] = (),
) -> Entry:
    """Return the entry that `mentions` make: its :func:`outline`, and everything that it shows.

    A value that the representative mention lacks (an excerpt, an image, …) comes from the next mention that has it.

    Args:
        mentions, identity: as for :func:`outline`.
        settings: the settings.
        updated: the time of the last change, if the outline has another one than the mentions.
        page, page_url: slug and address of the page that we make for an article without a web page.
        related: the entries that it is related to.
    """
    ranked = _ranked(mentions)
    top = ranked[0]
    url = _page_url(top) or page_url
    content = _first(ranked, attrgetter("content")) or ""
    return Entry(
        id=identity or entry_uri(top),
        url=url,
        title=top.title,
        published=top.published,
        updated=updated or _updated(ranked, None),
        provider=provider_of(top, settings.home),
        topics=_merge_names([mention.topics for mention in ranked]),
        categories=_merge_names([mention.categories for mention in ranked]),
        quality=_first(ranked, _quality),
        own=top.position == 0,
        summary=_first(ranked, attrgetter("excerpt")) or "",
        content=content,
        original_url=_first(ranked, lambda mention: _other_url(mention.original_url, url)),
        amp_url=_first(ranked, attrgetter("amp_url")),
        type=_first(ranked, attrgetter("type")) or "",
        heat=_first(ranked, attrgetter("heat")),
        image=_resolve_image(_first(ranked, attrgetter("image")), url),
        page=page,
        related=related,
        local=top.published.astimezone(settings.zone),
        has_time=top.has_time,
        is_short=settings.max_bytes is not None and len(content.encode()) > settings.max_bytes,
        authors=_first(ranked, lambda mention: mention.authors or None) or (),
        language=marked_language(_first(ranked, attrgetter("language")) or "", settings.language),
        enclosures=_resolve_enclosures(_first(ranked, lambda mention: mention.enclosures or None) or (), url),
        episode=_resolve_episode(_first(ranked, attrgetter("episode")), url),
    )


def _ranked(mentions: Iterable[Mention]) -> list[Mention]:
    """Return `mentions` with the representative one first."""
    ranked = list(mentions)
    if len(ranked) > 1:  # most entries have one mention
        ranked.sort(key=representation_order)
    return ranked


def _page_url(top: Mention) -> str:
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


def _other_url(original: str | None, url: str) -> str | None:
    """Return `original` if it is another address than the entry's own, else None."""
    return original if original is not None and urls.section_url(original) != url else None


def _first(ranked: Sequence[Mention], field: Callable[[Mention], T | None]) -> T | None:
    """Return the first value of `field` that is neither None nor empty; a quality of 0 is a value."""
    for mention in ranked:
        value = field(mention)
        if value is not None and value != "":
            return value
    return None


def _merge_names(lists: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the names of all lists, one spelling of each name, sorted by their keys."""
    return _sorted_names(lists[0] if len(lists) == 1 else tuple(name for names in lists for name in names))


@lru_cache(maxsize=4096)  # many records have the same names
def _sorted_names(names: tuple[str, ...]) -> tuple[str, ...]:
    spelling: dict[str, str] = {}
    for name in names:
        spelling.setdefault(name_key(name), name)
    return tuple(spelling[key] for key in sorted(spelling))
