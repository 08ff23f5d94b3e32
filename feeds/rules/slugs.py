"""Slugs: the last segments of addresses, made from names.

A slug is readable lower-case ASCII. Other scripts are transliterated (anyascii), and characters with a meaning are
spelled out, so that ``C++``, ``C#`` and ``C`` stay three names.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

MAX_SLUG_LENGTH = 80
"""The length in characters from which on a slug is cut and gets a hash of the whole name."""

_SPELLED_OUT = (
    (re.compile(r"(?<=\w)\+|(?<=\+)\+"), " plus "),
    (re.compile(r"(?<=\w)#"), " sharp "),
    (re.compile(r"(?<!\S)\.(?=\w)"), "dot "),
    (re.compile("&"), " and "),
    (re.compile("%"), " percent "),
    (re.compile("@"), " at "),
)
_BETWEEN_WORDS = re.compile(r"[^a-z0-9]+")


def slugify(name: str) -> str:
    """Return the slug of `name`: words of ``[a-z0-9]`` joined by hyphens, never empty.

    >>> slugify("Microsoft AI"), slugify("C++"), slugify("C#"), slugify(".NET"), slugify("Künstliche Intelligenz")
    ('microsoft-ai', 'c-plus-plus', 'c-sharp', 'dot-net', 'kunstliche-intelligenz')
    """
    text = unicodedata.normalize("NFKC", name)
    for pattern, word in _SPELLED_OUT:
        text = pattern.sub(word, text)
    if not text.isascii():
        from anyascii import anyascii  # slow to load, and most names are ASCII

        text = anyascii(text)
    slug = _BETWEEN_WORDS.sub("-", text.replace("'", "").lower()).strip("-")
    if not slug:
        return f"x-{_mark(name)}"
    if len(slug) > MAX_SLUG_LENGTH:
        return f"{slug[:MAX_SLUG_LENGTH].rpartition('-')[0] or slug[:MAX_SLUG_LENGTH]}-{_mark(name)}"
    return slug


class SlugClaim(NamedTuple):
    """The claim of a name to its plain slug. Claims sort by age: the oldest gets the plain slug.

    Attributes:
        since: when the name was first used, in seconds since the epoch. A newcomer never takes an address that people
            have subscribed to.
        key: the identity of the name; it decides between claims of one age.
        slug: the plain slug.
    """

    since: float
    key: str
    slug: str


def assign_slugs(claims: Iterable[SlugClaim], reserved: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the slug of every claim by its key: the plain slug, or the plain slug and a mark if it is taken.

    The result depends on the arguments alone, and not on the order of the claims or on earlier results.

    Args:
        claims: the claims.
        reserved: key → slug that it has already; also of keys without a claim. Of two keys with one slug, the first
            has it.
    """
    holders: dict[str, str] = {}
    for key, slug in (reserved or {}).items():
        holders.setdefault(slug, key)
    slug_of = {key: slug for slug, key in holders.items()}
    taken = set(holders)
    rivals_for: dict[str, list[SlugClaim]] = defaultdict(list)
    for claim in claims:
        rivals_for[claim.slug].append(claim)
    assigned: dict[str, str] = {}
    for slug, rivals in rivals_for.items():
        for claim in sorted(rivals):
            if claim.key in slug_of:
                assigned[claim.key] = slug_of[claim.key]
            elif slug not in taken:
                taken.add(slug)
                assigned[claim.key] = slug
            else:
                assigned[claim.key] = f"{slug}--{_mark(claim.key)}"  # no plain slug has two hyphens in a row
    return assigned


def _mark(text: str) -> str:
    """Return eight hexadecimal digits that tell names with one slug apart."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
