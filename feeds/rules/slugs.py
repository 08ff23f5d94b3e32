"""Names → the last segment of an address (DESIGN: Addresses).

Lower-case ASCII that stays readable: other scripts are transliterated (anyascii), and the signs that
carry meaning are spelled out, so that ``C++``, ``C#`` and ``C`` stay three names.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

MAX_SLUG_LENGTH = 80
"""The longest slug, in characters, before a name is cut and told apart by a hash."""

_SPELLED_OUT = (
    (re.compile(r"(?<=\w)\+|(?<=\+)\+"), " plus "),
    (re.compile(r"(?<=\w)#"), " sharp "),
    (re.compile(r"(?<!\S)\.(?=\w)"), "dot "),
    (re.compile("&"), " and "),
    (re.compile("%"), " percent "),
    (re.compile("@"), " at "),
)
_APART = re.compile(r"[^a-z0-9]+")


def slugify(name: str) -> str:
    """Return the address segment for `name`: ``[a-z0-9]`` words joined by hyphens, never empty.

    >>> slugify("Microsoft AI"), slugify("C++"), slugify("C#"), slugify(".NET"), slugify("Künstliche Intelligenz")
    ('microsoft-ai', 'c-plus-plus', 'c-sharp', 'dot-net', 'kunstliche-intelligenz')
    """
    text = unicodedata.normalize("NFKC", name)
    for sign, word in _SPELLED_OUT:
        text = sign.sub(word, text)
    if not text.isascii():
        from anyascii import anyascii  # most names do without

        text = anyascii(text)
    slug = _APART.sub("-", text.replace("'", "").lower()).strip("-")
    if not slug:
        return f"x-{_mark(name)}"
    if len(slug) > MAX_SLUG_LENGTH:
        return f"{slug[:MAX_SLUG_LENGTH].rpartition('-')[0] or slug[:MAX_SLUG_LENGTH]}-{_mark(name)}"
    return slug


class SlugClaim(NamedTuple):
    """A name that wants the slug of its own name.

    Attributes:
        since: when it was first used, in seconds since the epoch; the oldest keeps the plain slug, so a
            newcomer never takes an address that people have subscribed to.
        key: what identifies the name; decides where `since` is equal.
        slug: the plain slug it wants.
    """

    since: float
    key: str
    slug: str


def assign_slugs(claims: Iterable[SlugClaim], kept: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the slug of each key: the plain one, or the plain one and a mark where another has it already.

    The outcome depends on the arguments alone, never on the order of the claims or on earlier outcomes.

    Args:
        claims: who wants which slug.
        kept: slugs that are given already, by key: also to keys that claim nothing. Of two that have the same,
            the first keeps it.
    """
    holders: dict[str, str] = {}
    for key, slug in (kept or {}).items():
        holders.setdefault(slug, key)
    kept = {key: slug for slug, key in holders.items()}
    taken = set(holders)
    wanted: dict[str, list[SlugClaim]] = defaultdict(list)
    for claim in claims:
        wanted[claim.slug].append(claim)
    given: dict[str, str] = {}
    for slug, rivals in wanted.items():
        for claim in sorted(rivals):
            if claim.key in kept:
                given[claim.key] = kept[claim.key]
            elif slug not in taken:
                taken.add(slug)
                given[claim.key] = slug
            else:
                given[claim.key] = f"{slug}--{_mark(claim.key)}"  # no plain slug has two hyphens
    return given


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
