"""Conversion between rows of the catalogue and the values of :mod:`feeds.model`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from feeds.model import Author, Enclosure, Episode, Image, Mention, Outline, Provider, Visibility
from feeds.rules.times import from_seconds, to_seconds

MENTION_COLUMNS = (
    "position, published, visibility, mark, embargo, expires, title, url, explicit_id, updated, original_url, amp_url,"
    " provider, domain, names, type, quality, heat, image, width, height, details"
)
"""The columns of table `mention` for a :class:`Mention` without the path of its file and its text."""

MARK_VALUE = 1 + MENTION_COLUMNS.split(", ").index("mark")
"""The position of the mark in :attr:`NewMention.values`."""

UPDATED_VALUE = 1 + MENTION_COLUMNS.split(", ").index("updated")
"""The same for the time of the last change."""

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
        mention.visibility,
        mention.mark,
        _to_seconds(mention.embargo),
        _to_seconds(mention.expires),
        mention.title,
        mention.url,
        mention.explicit_id,
        _to_seconds(mention.updated),
        mention.original_url,
        mention.amp_url,
        *((provider.name, provider.domain) if provider is not None else (None, None)),
        _names_as_json(mention.topics, mention.categories),
        mention.type,
        mention.quality,
        mention.heat,
        *((image.url, image.width, image.height) if image is not None else (None, None, None)),
        _details_as_json(mention),
        mention.excerpt,
        mention.content,
    )


class Limits(NamedTuple):
    """When a record may be shown: its visibility, and two times in seconds since the epoch.

    Attributes:
        visibility: as in :class:`feeds.model.Mention`.
        appears: the time from which on it may be published.
        expires: the time from which on it must not be shown any more, or None.
    """

    visibility: int
    appears: int
    expires: int | None

    def allow(self, now: int, least: int) -> bool:
        """Tell whether the record may be shown at `now`, if `least` is the lowest visibility that is published."""
        return self.visibility >= least and self.appears <= now and (self.expires is None or self.expires > now)


class NewMention(NamedTuple):
    """A mention that has just been read, in the form of its rows.

    Attributes:
        keys: the hashes of its keys (:func:`feeds.rules.entries.key_hash`).
        outline: the outline of the entry that it makes if no other mention shares a key.
        limits: visibility, time of appearance and time of expiry of the record.
        values: the values of the column `keys`, :data:`MENTION_COLUMNS` and :data:`TEXT_COLUMNS`.
    """

    keys: list[int]
    outline: Outline
    limits: Limits
    values: tuple[Any, ...]


def make_mention(path: str, row: Sequence[Any]) -> Mention:
    """Return the mention in a row: the values of :data:`MENTION_COLUMNS`, with or without :data:`TEXT_COLUMNS`."""
    position, published, visibility, mark, embargo, expires, title, url, explicit_id, updated, *facts = row
    original_url, amp_url, provider, domain, names, kind, quality, heat, image, width, height, details, *text = facts
    topics, categories = _names(names)
    excerpt, content = text or ("", "")
    return Mention(
        path=path,
        position=position,
        title=title,
        published=from_seconds(published),
        updated=_from_seconds(updated),
        visibility=_VISIBILITIES[visibility],
        mark=mark,
        embargo=_from_seconds(embargo),
        expires=_from_seconds(expires),
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
        **(_details(details) if details else {}),
    )


def _to_seconds(moment: datetime | None) -> int | None:
    return to_seconds(moment) if moment is not None else None


def _from_seconds(seconds: int | None) -> datetime | None:
    return from_seconds(seconds) if seconds is not None else None


_VISIBILITIES = tuple(Visibility)

# A corpus has few providers and names, and uses them often.
_provider = lru_cache(maxsize=4096)(Provider)


def _details_as_json(mention: Mention) -> str:
    """Return the values that few records have, by their names; an empty text if the record has none of them."""
    if mention[_FIRST_DETAIL:] == _NO_DETAILS:
        return ""
    values = {name: getattr(mention, name) for name in DETAILS}
    return to_json({name: value for name, value in values.items() if value != _DEFAULTS[name]})


def _details(as_json: str) -> dict[str, Any]:
    """Return the values in :func:`_details_as_json` as arguments of a :class:`Mention`."""
    values: dict[str, Any] = json.loads(as_json)
    for name, make in (("authors", Author), ("enclosures", Enclosure)):
        if name in values:
            values[name] = tuple(make(*fields) for fields in values[name])
    if "episode" in values:
        values["episode"] = Episode(*values["episode"])
    return values


DETAILS = ("has_time", "authors", "language", "enclosures", "episode")
"""The last fields of a :class:`Mention`, which few records have."""

_DEFAULTS = Mention._field_defaults
_NO_DETAILS = tuple(_DEFAULTS[name] for name in DETAILS)
_FIRST_DETAIL = len(Mention._fields) - len(DETAILS)


@lru_cache(maxsize=4096)
def _names_as_json(topics: tuple[str, ...], categories: tuple[str, ...]) -> str:
    return to_json((topics, categories))


@lru_cache(maxsize=4096)
def _names(as_json: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    topics, categories = json.loads(as_json)
    return tuple(topics), tuple(categories)
