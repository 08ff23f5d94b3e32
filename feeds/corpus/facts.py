"""The facts of a record that stand in fields of their own, such as provider, authors, picture and files.

A corpus has many records, and most of them have few of these fields. So the names of a record decide what is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from feeds.corpus.authors import read_authors
from feeds.corpus.enclosures import FILES, LANGUAGE, read_enclosures, read_language
from feeds.corpus.episodes import FACTS, read_episode
from feeds.corpus.excerpts import strip_tags
from feeds.corpus.field_names import bare_name, bare_names
from feeds.corpus.fields import Fields
from feeds.rules import urls


def read_facts(fields: Fields, url: str | None) -> dict[str, Any]:
    """Return attributes of the mention that a record is, without those for which it has no field.

    Args:
        fields: the record. A value that can't be used becomes a problem.
        url: its page, to which relative addresses are relative; None if there is none.
    """
    return {attribute: read(fields, url) for attribute, read in _readers_of(fields.shape.names)}


def plain_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return names as plain text, without doubles."""
    return tuple(dict.fromkeys(filter(None, map(strip_tags, names)))) if names else ()


def read_slug(fields: Fields) -> str:
    """Return the slug that an article names, or an empty text. It decides nothing but what the article is known by."""
    _, slug = fields.find("slug")
    return slug if isinstance(slug, str) else ""


def read_aliases(fields: Fields) -> tuple[str, ...]:
    """Return the addresses that an article names as its own besides the one that it has. What is no text is left out.

    Not every tool means addresses by this field; so nothing about it is a problem.
    """
    values = [value if isinstance(value, list) else [value] for _, value in fields.find_all("aliases")]
    return tuple(dict.fromkeys(alias for listed in values for alias in listed if isinstance(alias, str)))


def _explicit_id(fields: Fields) -> str | None:
    """Return the ``id`` of the record, which must be an absolute IRI (RFC 4287 section 4.2.6)."""
    iri = fields.text("id")
    if not iri:
        return None
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S+\Z", iri):
        fields.warn("id", "it is no absolute IRI and is left out", "write one such as tag:example.org,2026:1")
        return None
    return urls.absolute_url(iri) or iri


_Reader = Callable[[Fields, str | None], Any]

_READERS: dict[str, tuple[frozenset[str], _Reader]] = {
    "explicit_id": (bare_names("id"), lambda fields, _: _explicit_id(fields)),
    "provider": (bare_names("provider"), lambda fields, _: fields.provider()),
    "authors": (bare_names("authors"), lambda fields, _: read_authors(fields)),
    "categories": (bare_names("category"), lambda fields, _: plain_names(fields.names("category"))),
    "type": (bare_names("type"), lambda fields, _: fields.text("type")),
    "quality": (bare_names("quality"), lambda fields, _: fields.number("quality")),
    "heat": (bare_names("heat"), lambda fields, _: fields.number("heat")),
    "image": (bare_names("images"), lambda fields, url: fields.image(url)),
    "language": (bare_names(*LANGUAGE), lambda fields, _: read_language(fields)),
    "enclosures": (bare_names(*FILES), read_enclosures),
    "episode": (bare_names(*FACTS), read_episode),
}
"""Attribute of a mention → the bare names that its value may have in a record, and what reads it.

A reader gets the record and the address of its page. Without any of the names it would return the default of the
attribute and report nothing. Most records have few of the names, so it is not called then.
"""


@lru_cache(maxsize=4096)  # most records of a corpus have the same fields
def _readers_of(names: tuple[str, ...]) -> tuple[tuple[str, _Reader], ...]:
    """Return the attributes for which a record with these names may have a value, with their readers."""
    bare = frozenset(map(bare_name, names))
    return tuple((attribute, read) for attribute, (known, read) in _READERS.items() if not known.isdisjoint(bare))
