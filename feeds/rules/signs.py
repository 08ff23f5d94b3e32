"""Signs: what an article is recognised by if its file, its address and its id change at once.

A publisher corrects the date of an article, and the name of its file with it; or moves a site from one tool to another,
with new addresses. The article must not be delivered again. Two signs that do not depend on each other are needed. To
take one article for another is worse than to deliver one twice: the one that is new would never be seen.

All functions are pure: no database, no clock, no settings.
"""

from __future__ import annotations

import re
from datetime import tzinfo
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from feeds.model import Mention, Signs
from feeds.rules import urls

LONG_TEXT = 200
"""The number of characters that a text must have more than, to be a sign: many articles may share a short one."""

_SHORTEST_SLUG = 3
"""The number of letters that a slug must have, to be a sign: numbers are given to articles in turn."""

_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"[^\W_]+")
_DATE = re.compile(r"\A\d{4}-\d{1,2}-\d{1,2}(?:[-_ ]+|\Z)")
_SUFFIX = re.compile(r"\.(?:md|mdx|markdown|txt|html?|php|aspx?)\Z")
_NAMES_OF_FOLDERS = frozenset({"index", "_index", "readme", "default"})
"""Names of files that stand for the folder around them."""


class Sign(StrEnum):
    """A sign that the memory has a digest of."""

    TEXT = "text"
    SLUG = "slug"
    TITLE = "title"


class Evidence(NamedTuple):
    """What two articles, one that goes and one that comes, have in common.

    Attributes:
        text, slug: both have it, and no other article (:mod:`feeds.catalogue.recognition`).
        alias: the new one names an address of the old one as its own.
        title: both have it.
        sole_title: both have it, and no other article.
        day: both are of the same day.
        differs: they have other titles, and the new one has a long text that the old one has not.
    """

    text: bool = False
    slug: bool = False
    alias: bool = False
    title: bool = False
    sole_title: bool = False
    day: bool = False
    differs: bool = False

    @property
    def is_enough(self) -> bool:
        """Tell whether the two are certainly the same article.

        The title does not confirm a slug: it is often made of the title, and both are the same in every issue of a
        series. A sole title and the day are enough, because a change of tool can change everything else. A slug and the
        day are not if all the rest is different: another article of that day may have got the name.
        """
        return (
            (self.text and (self.title or self.day or self.slug or self.alias))
            or (self.alias and (self.title or self.day))
            or (self.sole_title and self.day)
            or (self.slug and self.day and not self.differs)
        )

    @property
    def is_some(self) -> bool:
        """Tell whether the two may be the same article."""
        return self.text or self.slug or self.alias or self.sole_title


def make_signs(own: Mention, zone: tzinfo, slug: str = "", aliases: tuple[str, ...] = ()) -> Signs:
    """Return the signs of an article.

    Args:
        own: its own record.
        zone: the time zone of the site.
        slug: the slug that its front matter names, or empty.
        aliases: other addresses that its front matter names.
    """
    return Signs(
        own.published.astimezone(zone).toordinal(),
        _as_slug(slug) or _as_slug(_path_of(own.url or "")) or _as_slug(own.path),
        _digest_of_text(own.content or own.excerpt),
        aliases,
    )


def sign_keys(mention: Mention) -> dict[Sign, str]:
    """Return the signs of an article that the memory keeps, as texts. A related record has none."""
    if mention.signs is None:
        return {}
    values = {Sign.TEXT: mention.signs.text, Sign.SLUG: mention.signs.slug, Sign.TITLE: _letters(mention.title)}
    return {sign: _sign_key(sign, value) for sign, value in values.items() if value}


def alias_addresses(signs: Signs, base: str) -> list[str]:
    """Return the addresses that an article names as its own, as absolute addresses.

    Args:
        signs: its signs.
        base: the address of its page, or of the site, to which a path is relative.
    """
    addresses = []
    for alias in signs.aliases:
        try:
            address = urls.absolute_url(urljoin(base, alias))
        except ValueError:  # a bracket that doesn't close
            continue
        if address is not None:
            addresses.append(address)
    return addresses


def alias_slugs(signs: Signs) -> list[str]:
    """Return the last parts of the addresses that an article names as its own. Its own slug is not one of them."""
    slugs = dict.fromkeys(_as_slug(_path_of(alias)) for alias in signs.aliases)
    return [slug for slug in slugs if slug and slug != signs.slug]


def slug_key(slug: str) -> str:
    """Return the sign of an article with this slug, as :func:`sign_keys` does."""
    return _sign_key(Sign.SLUG, slug)


def _sign_key(sign: Sign, value: str) -> str:
    return f"{sign} of an article\n{value}"


def _path_of(address: str) -> str:
    """Return the path in an address, or an empty text if it is none."""
    try:
        return unquote(urlsplit(address).path)
    except ValueError:  # a bracket that doesn't close
        return ""


def _as_slug(path: str) -> str:
    """Return the last part of a path that names an article, in lower case; empty if it tells nothing.

    The date at its start is left out: it goes with the date of the article.
    """
    parts = [part for part in path.casefold().split("/") if part]
    while parts:
        name = _DATE.sub("", _SUFFIX.sub("", parts.pop()))
        if name not in _NAMES_OF_FOLDERS:
            return name if sum(map(str.isalpha, name)) >= _SHORTEST_SLUG else ""
    return ""


def _digest_of_text(text: str) -> str:
    """Return a digest of the letters and digits of a text, so that markup makes no difference; empty if it is short."""
    if len(text) <= LONG_TEXT:
        return ""
    plain = " ".join(_TAG.sub(" ", text).split())
    return blake2b(_letters(plain).encode(), digest_size=8).hexdigest() if len(plain) > LONG_TEXT else ""


def _letters(text: str) -> str:
    return "".join(_WORD.findall(text)).casefold()
