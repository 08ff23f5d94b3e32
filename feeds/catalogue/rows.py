"""Rows of the catalogue ↔ the values of :mod:`feeds.model`."""

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
"""The columns of table `mention` that hold a :class:`Mention` but for its file's path and its text."""

QUALIFIED_MENTION_COLUMNS = ", ".join(f"mention.{column}" for column in MENTION_COLUMNS.split(", "))
"""The same where other tables are asked as well."""

TEXT_COLUMNS = "excerpt, content"
"""The columns that hold its text: what merging has no need of."""


to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""JSON as the catalogue holds it."""


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
    """A mention that has just been read, as what is put into tables for it.

    Attributes:
        keys: what makes it one entry with others (:func:`feeds.rules.entries.key_hash`).
        outline: of the entry that it makes if there are none.
        listed: whether the record may be published.
        values: of the column `keys`, :data:`MENTION_COLUMNS` and :data:`TEXT_COLUMNS`.
    """

    keys: list[int]
    outline: Outline
    listed: bool
    values: tuple[Any, ...]


def make_mention(path: str, row: Sequence[Any]) -> Mention:
    """Return the mention in the file `path` that `row` holds: the values of :data:`MENTION_COLUMNS`, and :data:`TEXT_COLUMNS` or not."""
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


# A corpus has few providers and names, each of them many times.
_provider = lru_cache(maxsize=4096)(Provider)


@lru_cache(maxsize=4096)
def _names_as_json(topics: tuple[str, ...], categories: tuple[str, ...]) -> str:
    return to_json((topics, categories))


@lru_cache(maxsize=4096)
def _names(as_json: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    topics, categories = json.loads(as_json)
    return tuple(topics), tuple(categories)
