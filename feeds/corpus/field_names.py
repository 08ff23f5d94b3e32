"""The names of fields: those of this project, and those that other tools use.

:func:`shape_of` says where a record with some names has its fields. Nearly all records of a corpus have the names of
another record, so most answers come from a cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

FIELD_NAMES: dict[str, tuple[str, ...]] = {
    "publishedDateTime": (
        *("date", "pubDate", "publishedAt", "publishedOn", "datePublished", "publishedDate", "postDate"),
        *("created", "createdAt", "dateCreated"),
    ),
    "updatedDateTime": (
        *(
            "lastmod",
            "updated",
            "modified",
            "updatedAt",
            "updatedDate",
            "lastUpdated",
            "lastModified",
            "lastModifiedAt",
        ),
        *("modDatetime", "dateModified", "lastUpdate.date"),
    ),
    "excerpt": ("description", "summary", "teaser", "subtitle", "deck", "abstract", "standfirst"),
    "webUrl": ("link", "canonicalUrl", "canonical", "url"),
    "topics": ("tags", "topic", "tag"),
    "category": ("categories",),
    "provider": (),
    "authors": ("author", "by", "byline"),
    "images": (
        *(
            "image",
            "cover",
            "heroImage",
            "coverImage",
            "featuredImage",
            "featureImage",
            "ogImage",
            "socialImage",
            "banner",
        ),
        *("header.image", "header.overlayImage", "header.teaser", "thumbnail"),
    ),
    "slug": (),
    "aliases": ("alias", "redirectFrom"),
}
"""Field → the names that other tools use for it, in the order in which they are tried.

Letter case, hyphens and underscores make no difference. A name with a dot is a field in a record.
"""

VALUE_FIELDS = (
    *("quality", "heat", "width", "height", "published", "draft", "isCached"),
    *("audio", "audio_size", "bytes", "duration", "duration_in_seconds", "episode", "episodeNumber", "explicit"),
    *("itunes_duration", "itunes_episode", "itunes_explicit", "itunes_season", "length", "podcast", "podcast_bytes"),
    *("podcast_duration", "season", "size", "size_in_bytes", "video"),
)
"""The fields whose values may be numbers or booleans, and are not needed as texts."""


@lru_cache(maxsize=4096)
def plain_name(name: object) -> str:
    """Return the name of a field without letter case, and without hyphens and underscores inside of it."""
    text = str(name).lower()
    return text[:1] + text[1:].replace("_", "").replace("-", "") if "_" in text or "-" in text else text


@lru_cache(maxsize=4096)
def bare_name(name: object) -> str:
    """Return the name of a field in lower case and without punctuation: ``_draft`` and ``itunes:episode`` as well."""
    return "".join(filter(str.isalnum, str(name).casefold()))


_OTHER_NAMES = {
    field: tuple((name, *(plain_name(part) for part in name.split("."))) for name in names)
    for field, names in FIELD_NAMES.items()
}
"""Field → its other names, with their parts as :func:`plain_name` has them."""

_SPELLED = {plain_name(name): name for name in (*FIELD_NAMES, "originalUrl", "ampWebUrl")}
"""Plain name → the name of the field, if that has capital letters."""


class Source(NamedTuple):
    """A place in a record that may have the value of a field.

    Attributes:
        written: the name, as people write it.
        name: one of :attr:`Shape.names`.
        inside: the plain names of the fields in the records inside, for a name such as ``header.image``.
    """

    written: str
    name: str
    inside: tuple[str, ...] = ()


class Shape(NamedTuple):
    """What the names in a record say about it, whatever its values are.

    Attributes:
        names: its names in their order, in the spelling of this project or as :func:`plain_name`. Two may be equal.
        is_plain: whether they are written in this spelling.
        sources: field → the places that may have its value, in the order in which they are tried; its own name is the
            first. There are no empty ones.
        bare: bare name → name. Of two names with one bare name, it is the first.
    """

    names: tuple[str, ...]
    is_plain: bool
    sources: Mapping[str, tuple[Source, ...]]
    bare: Mapping[str, str]


def bare_names(*fields: str) -> frozenset[str]:
    """Return the bare names under which a record may have one of these fields, or the record around it."""
    names = (name for field in fields for name in (field, *FIELD_NAMES.get(field, ())))
    return frozenset(bare_name(name.partition(".")[0]) for name in names)


@lru_cache(maxsize=4096)
def shape_of(written: tuple[object, ...]) -> Shape:
    """Return the shape of a record with these names, in the order of the record. A name of YAML may be no text."""
    plain = map(plain_name, written)
    names = tuple(_SPELLED.get(name, name) for name in plain)
    sources: dict[str, tuple[Source, ...]] = {name: (Source(name, name),) for name in names}
    for field, others in _OTHER_NAMES.items():
        found = tuple(Source(name, first, tuple(inside)) for name, first, *inside in others if first in names)
        if found:
            sources[field] = sources.get(field, ()) + found
    return Shape(names, names == written, sources, {bare_name(name): name for name in reversed(names)})
