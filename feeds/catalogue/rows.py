"""Rows of the catalogue ↔ the values of :mod:`feeds.model`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from feeds.model import Image, Mention, Provider

MENTION_COLUMNS = (
    "position, title, published, updated, listed, excerpt, url, original_url, amp_url, explicit_id,"
    " provider_name, provider_domain, topics, categories, type, quality, heat,"
    " image_url, image_width, image_height, content"
)
"""The columns of table `mention` that hold a :class:`Mention`, without the file's path."""


def to_seconds(moment: datetime) -> int:
    """Return `moment` as the catalogue keeps it: whole seconds since the epoch."""
    return int(moment.timestamp())


def to_moment(seconds: int) -> datetime:
    """Return what :func:`to_seconds` kept."""
    return datetime.fromtimestamp(seconds, UTC)


def from_mention(mention: Mention) -> tuple[object, ...]:
    """Return `mention` as the values of :data:`MENTION_COLUMNS`."""
    provider, image = mention.provider, mention.image
    return (
        mention.position,
        mention.title,
        to_seconds(mention.published),
        to_seconds(mention.updated) if mention.updated is not None else None,
        mention.listed,
        mention.excerpt,
        mention.url,
        mention.original_url,
        mention.amp_url,
        mention.explicit_id,
        provider.name if provider is not None else None,
        provider.domain if provider is not None else None,
        json.dumps(mention.topics, ensure_ascii=False),
        json.dumps(mention.categories, ensure_ascii=False),
        mention.type,
        mention.quality,
        mention.heat,
        image.url if image is not None else None,
        image.width if image is not None else None,
        image.height if image is not None else None,
        mention.content,
    )


def to_mention(path: str, row: Sequence[Any]) -> Mention:
    """Return the mention in the file `path` that `row`, the values of :data:`MENTION_COLUMNS`, holds."""
    (
        position, title, published, updated, listed, excerpt, url, original_url, amp_url, explicit_id,
        provider_name, provider_domain, topics, categories, kind, quality, heat,
        image_url, image_width, image_height, content,
    ) = row  # fmt: skip
    return Mention(
        path=path,
        position=position,
        title=title,
        published=to_moment(published),
        updated=to_moment(updated) if updated is not None else None,
        listed=bool(listed),
        excerpt=excerpt,
        url=url,
        original_url=original_url,
        amp_url=amp_url,
        explicit_id=explicit_id,
        provider=Provider(provider_name, provider_domain) if provider_name is not None else None,
        topics=tuple(json.loads(topics)),
        categories=tuple(json.loads(categories)),
        type=kind,
        quality=quality,
        heat=heat,
        image=Image(image_url, image_width, image_height) if image_url is not None else None,
        content=content,
    )
