"""Mentions → entries: which mentions are the same page, and what a subscriber sees of it (DESIGN: Entries).

Pure functions of their arguments: no database, no clock, no configuration.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import TypeVar

from feeds.model import Entry, Link, Mention, Outline, Provider
from feeds.rules import urls
from feeds.rules.text import name_key
from feeds.rules.times import to_seconds

T = TypeVar("T")

RELATED_LIMIT = 20
"""How many related pages an entry lists: a page that many articles mention must not grow with them."""


def merge_keys(mention: Mention) -> tuple[str, ...]:
    """Return what makes `mention` the same page as another: two that share a key are one entry.

    An article without a page of its own has its id for a key: it is an entry by itself. Keys that start with
    ``@`` name an article by its file: no other mention has them, but an earlier state of the same article may
    (:mod:`feeds.catalogue.entry_ids`).
    """
    found: dict[str, None] = {}
    if mention.url is not None:
        found |= dict.fromkeys(urls.canonical_keys(mention.url, mention.title))
    for each in (mention.amp_url, mention.original_url):
        if each is not None:
            found[urls.canonical_key(each)] = None
    if mention.url is None:
        found[f"#{entry_uri(mention)}"] = None
        found[f"@{mention.path}\n{mention.title}"] = None
    if mention.explicit_id is not None:
        found[f"#{mention.explicit_id}"] = None  # no canonical address starts with a hash sign
        if mention.explicit_id.startswith(("http://", "https://")) and "#" not in mention.explicit_id:
            found[urls.canonical_key(mention.explicit_id)] = None  # it may be the id of that page's own entry
    if mention.position == 0:
        found[f"@{mention.path}\n{mention.title}\n{mention.published.isoformat()}"] = None
    return tuple(found)


def key_hash(key: str) -> int:
    """Return the number that stands for `key` in tables: 64 bits of its hash, the same for ever."""
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def group_mentions(keyed: Iterable[tuple[int, Sequence[Hashable]]]) -> list[list[int]]:
    """Return the groups of mentions that are one entry: connected, directly or through others, by a shared key.

    Args:
        keyed: a number for each mention, and its keys.

    Returns:
        The numbers, group by group; within a group and among groups in the order given.
    """
    parent: dict[int, int] = {}
    first_with: dict[Hashable, int] = {}

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for number, names in keyed:
        parent[number] = number
        for name in names:
            other = first_with.setdefault(name, number)
            if other != number:
                parent[root(number)] = root(other)
    groups: dict[int, list[int]] = {}
    for number in parent:
        groups.setdefault(root(number), []).append(number)
    return list(groups.values())


def representation_order(mention: Mention) -> tuple[bool, float, int, str, str, int]:
    """Return the sort key that puts the representative mention first.

    The article's own before a related one; the earliest published; the shortest, then the first address.
    File and position decide the rest, so that the order never depends on the order of reading.
    """
    own_address = mention.url or ""
    return (
        mention.position != 0,
        mention.published.timestamp(),
        len(own_address),
        own_address,
        mention.path,
        mention.position,
    )


def entry_uri(representative: Mention) -> str:
    """Return the id of the entry that `representative` stands for.

    Its explicit id, or its address less fragment and tracking parameters. A page-less article is named by
    its file and date: no address of ours is in it, so the id survives a new domain (RFC 4287 section 4.2.6).
    """
    if representative.explicit_id is not None:
        return representative.explicit_id
    if representative.url is not None:
        return urls.page_url(representative.url)
    name = f"{representative.path} {representative.published.isoformat()}"
    return uuid.uuid5(uuid.NAMESPACE_URL, name).urn


def provider_of(mention: Mention, home: Provider) -> Provider:
    """Return who published `mention`: as it says, else the host of its page, else the site itself (`home`)."""
    said = mention.provider
    if said is not None and said.domain:
        return said if said.name else Provider(said.domain, said.domain)
    domain = urls.domain_of(mention.url) if mention.url else home.domain
    name = said.name if said is not None else ""
    return Provider(name or (home.name if domain == home.domain else domain), domain)


def outline(mentions: Iterable[Mention], home: Provider, *, identity: str | None = None) -> Outline:
    """Return where the entry that `mentions` of one page make together stands; its address is empty without a page.

    The representative mention gives id, address, title and date. `updated` is the latest that any mention names, and
    never before `published`.

    Args:
        mentions: at least one, all of the same page, in any order.
        home: the site as a provider, for an article without one.
        identity: the id that it was published under, where that is another than :func:`entry_uri` gives.
    """
    ranked = _ranked(mentions)
    top = ranked[0]
    provider = provider_of(top, home)
    return Outline(
        identity or entry_uri(top),
        _page(top),
        top.title,
        to_seconds(top.published),
        to_seconds(_updated(ranked)),
        (provider.name, provider.domain),
        _names([each.topics for each in ranked]),
        _names([each.categories for each in ranked]),
        _first(ranked, _quality),
        top.position == 0,
    )


def merge(
    mentions: Iterable[Mention],
    home: Provider,
    *,
    identity: str | None = None,
    page: str | None = None,
    page_url: str = "",
    related: tuple[Link, ...] = (),
) -> Entry:
    """Return the entry that `mentions` of one page make together: its :func:`outline`, and all that it shows.

    What the representative mention lacks (an excerpt, an image, …) comes from the next mention that has it.

    Args:
        mentions, home, identity: as for :func:`outline`.
        page, page_url: slug and address of the page that we make for an article without a web page.
        related: the pages it is related to.
    """
    ranked = _ranked(mentions)
    top = ranked[0]
    url = _page(top) or page_url
    return Entry(
        id=identity or entry_uri(top),
        url=url,
        title=top.title,
        published=top.published,
        updated=_updated(ranked),
        provider=provider_of(top, home),
        topics=_names([each.topics for each in ranked]),
        categories=_names([each.categories for each in ranked]),
        quality=_first(ranked, _quality),
        own=top.position == 0,
        summary=_first(ranked, lambda each: each.excerpt) or "",
        content=_first(ranked, lambda each: each.content) or "",
        original_url=_first(ranked, lambda each: each.original_url if _is_another(each.original_url, url) else None),
        amp_url=_first(ranked, lambda each: each.amp_url),
        type=_first(ranked, lambda each: each.type) or "",
        heat=_first(ranked, lambda each: each.heat),
        image=_first(ranked, lambda each: each.image),
        page=page,
        related=related,
    )


def _ranked(mentions: Iterable[Mention]) -> list[Mention]:
    """Return `mentions` with the representative one first; most entries have but one."""
    found = list(mentions)
    if len(found) > 1:
        found.sort(key=representation_order)
    return found


def _page(top: Mention) -> str:
    """Return the address of the page that `top` mentions, or empty where it has none."""
    return urls.page_url(top.url) if top.url is not None else ""


def _updated(ranked: Sequence[Mention]) -> datetime:
    """Return the latest change that any of the mentions names, not before the first one's date."""
    latest = ranked[0].published
    for each in ranked:
        if each.updated is not None and each.updated > latest:
            latest = each.updated
    return latest


_quality = attrgetter("quality")


def _is_another(original: str | None, url: str) -> bool:
    """Tell whether `original` is an address that says more than the entry's own."""
    return original is not None and urls.page_url(original) != url


def _first(ranked: Sequence[Mention], field: Callable[[Mention], T | None]) -> T | None:
    """Return the first value of `field` that is there: neither None nor empty (a quality of 0 is there)."""
    for mention in ranked:
        value = field(mention)
        if value is not None and value != "":
            return value
    return None


def _names(lists: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return each name once, whatever its spelling, in alphabetical order of what identifies it."""
    return _sorted_names(lists[0] if len(lists) == 1 else tuple(name for names in lists for name in names))


@lru_cache(maxsize=4096)
def _sorted_names(names: tuple[str, ...]) -> tuple[str, ...]:
    spelled: dict[str, str] = {}
    for name in names:
        spelled.setdefault(name_key(name), name)
    return tuple(spelled[key] for key in sorted(spelled))
