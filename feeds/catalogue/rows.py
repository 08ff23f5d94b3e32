"""Conversion between rows of the catalogue and the values of :mod:`feeds.model`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from feeds.model import Image, Mention, Outline, Provider
from feeds.rules.times import from_seconds, to_seconds

MENTION_COLUMNS = (
    "position, published, listed, title, url, explicit_id, updated, original_url, amp_url, provider, domain, names,"
    " type, quality, heat, image, width, height"
)
"""The columns of table `mention` for a :class:`Mention` without the path of its file and its text."""

QUALIFIED_MENTION_COLUMNS = ", ".join(f"mention.{column}" for column in MENTION_COLUMNS.split(", "))
"""The same columns with the name of the table, for queries with several tables."""

TEXT_COLUMNS = "excerpt, content"
"""The columns for its text, which merging does not need."""


to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Return a value as JSON in the form that the catalogue stores."""


def mention_values(mention: Mention) -> tuple[Any, ...]:
    """Return `mention` as the values of :data:`MENTION_COLUMNS` and :data:`TEXT_COLUMNS`."""
    provider, image = mention.provider, mention.image
    return (
        mention.position,
        to_seconds(mention.published),
        mention.listed,
        mention.title,
        mention.url,
        mention.explicit_id,
        to_seconds(mention.updated) if mention.updated is not None else None,
        mention.original_url,
        mention.amp_url,
        *((provider.name, provider.domain) if provider is not None else (None, None)),
        _names_as_json(mention.topics, mention.categories),
        mention.type,
        mention.quality,
        mention.heat,
        *((image.url, image.width, image.height) if image is not None else (None, None, None)),
        mention.excerpt,
        mention.content,
    )


class NewMention(NamedTuple):
    """A mention that has just been read, in the form of its rows.

    Attributes:
        keys: the hashes of its keys (:func:`feeds.rules.entries.key_hash`).
        outline: the outline of the entry that it makes if no other mention shares a key.
        listed: whether the record may be published.
        values: the values of the column `keys`, :data:`MENTION_COLUMNS` and :data:`TEXT_COLUMNS`.
    """

    keys: list[int]
    outline: Outline
    listed: bool
    values: tuple[Any, ...]


def make_mention(path: str, row: Sequence[Any]) -> Mention:
    """Return the mention in a row: the values of :data:`MENTION_COLUMNS`, with or without :data:`TEXT_COLUMNS`."""
    position, published, listed, title, url, explicit_id, updated, original_url, amp_url, *facts = row
    provider, domain, names, kind, quality, heat, image, width, height, *text = facts
    topics, categories = _names(names)
    excerpt, content = text or ("", "")
    return Mention(
        path=path,
        position=position,
        title=title,
        published=from_seconds(published),
        updated=from_seconds(updated) if updated is not None else None,
        listed=bool(listed),
        excerpt=excerpt,
        url=url,
        original_url=original_url,
        amp_url=amp_url,
        explicit_id=explicit_id,
        provider=_provider(provider, domain) if provider is not None else None,
        topics=topics,
        categories=categories,
        type=kind,
        quality=quality,
        heat=heat,
        image=Image(image, width, height) if image is not None else None,
        content=content,
    )


# A corpus has few providers and names, and uses them often.
_provider = lru_cache(maxsize=4096)(Provider)


@lru_cache(maxsize=4096)
def _names_as_json(topics: tuple[str, ...], categories: tuple[str, ...]) -> str:
    return to_json((topics, categories))


@lru_cache(maxsize=4096)
def _names(as_json: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    topics, categories = json.loads(as_json)
    return tuple(topics), tuple(categories)
