"""Rules for groups: which mentions are the same page, and how articles on one page are kept apart.

All functions are pure: no database, no clock, no settings.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from hashlib import blake2b

from feeds.model import Mention
from feeds.rules import urls
from feeds.rules.entries import entry_uri, representation_order


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
        if urls.is_absolute(mention.explicit_id) and "#" not in mention.explicit_id:
            keys[urls.canonical_key(mention.explicit_id)] = None  # another mention may have this address
    if mention.position == 0:
        if mention.url is not None and "#" in mention.url:
            keys[urls.section_key(mention.url)] = None
        keys[f"@{mention.path}\n{mention.title}\n{mention.published.isoformat()}"] = None
    return tuple(keys)


def key_hash(key: str, salt: bytes) -> int:
    """Return the 64-bit hash that stands for `key` in tables. It must never change: the memory stores it.

    Args:
        key: a key, a title, a path or an id. The memory is public: it has the hash, and never the text.
        salt: the salt of the site, at most 16 bytes. Tables of hashes that somebody prepared for other sites are of no
            use for this one.
    """
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8, salt=salt).digest()
    return int.from_bytes(digest, "big", signed=True)


def key_secret(key: str, salt: bytes) -> int:
    """Return a second 64-bit hash of `key`. It is never published: only the text of the key gives it."""
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8, salt=salt, person=b"secret").digest()
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
    return [*keys, urls.section_key(identity) if urls.is_absolute(identity) else f"#{identity}"]
