"""The marks with which publishing tools hold an article back, and the times at which it appears and expires.

When in doubt, an article is held back: what was published once can't be taken back. A value that is not understood is a
problem, so that the build names the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import Enum, auto
from functools import lru_cache
from typing import Any, NamedTuple

from feeds.corpus.dates import DateValue
from feeds.corpus.field_names import bare_name
from feeds.corpus.fields import Fields, as_flag, as_text
from feeds.model import Visibility
from feeds.rules.text import clean_text


class _Rule(Enum):
    """How the value of a mark is read."""

    PUBLISHED = auto()  # a clear no is an unpublished article; a date is an embargo
    DRAFT = auto()  # a clear yes is an unpublished article
    HOLDS_IF_YES = auto()
    HOLDS_IF_NO = auto()
    HOLDS_IF_CLEAR_NO = auto()  # the field has other uses, so a value that is neither yes nor no means nothing
    HOLDS_IF_GIVEN = auto()
    STATUS = auto()
    ACCESS = auto()
    NEVER = auto()
    EMBARGO = auto()
    EXPIRY = auto()


MARKS: dict[_Rule, str] = {
    _Rule.PUBLISHED: "published",
    _Rule.DRAFT: "draft",
    _Rule.HOLDS_IF_YES: """
        isDraft unlisted isUnlisted hidden isHidden hide private isPrivate skip unpublished internal confidential secret
        protected trashed deleted disabled wip workInProgress embargoed headless excludeFromCollections
        eleventyExcludeFromCollections excludeFromFeed excludeFromFeeds excludeFromRss feedExclude rssExclude
        hiddenFromFeed hiddenFromRss hideFromFeed hideFromRss noFeed noRss disableFeed disableRss
    """,
    _Rule.HOLDS_IF_NO: """
        publish isPublished public isPublic visible isVisible listed isListed discoverable live released approved
        dgPublish
    """,
    _Rule.HOLDS_IF_CLEAR_NO: "permalink render feed rss enabled active ready share",
    _Rule.HOLDS_IF_GIVEN: "password",
    _Rule.STATUS: "status state postStatus publishStatus publicationStatus workflow",
    _Rule.ACCESS: "visibility access audience",
    _Rule.EMBARGO: """
        publishDate embargo embargoDate embargoUntil scheduled scheduledAt scheduledFor publishAt publishOn publishAfter
        visibleFrom
    """,
    _Rule.EXPIRY: "expiryDate expires expiry expiresAt expireDate expirationDate unpublishDate unpublishAt unpublishOn",
}
"""Rule → the fields that it is for. Letter case, hyphens and underscores in a name make no difference.

The marks are those of Jekyll, Hugo, Zola, Eleventy, Pelican, Nikola, Docusaurus, Astro, Hexo, Lektor, Ghost, WordPress
and Obsidian, and spellings of the same words.
"""

_IN_BUILD = {"list": _Rule.NEVER, "render": _Rule.NEVER}
"""The marks in Hugo's record ``build`` (``_build`` in older versions)."""

_CONTAINERS = frozenset({"params", "extra", "build", "meta", "metadata", "custom"})
"""Records in which tools keep fields of their own. Other records, such as ``cover``, may hide a thing of their own."""


def _words_in(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PUBLIC_STATUS = _words_in(
    """
    published publish public live final posted complete completed done ready released active approved featured current
    stable evergreen budding seedling growing finished online visible listed scheduled future default
    """
)
_HELD_STATUS = _words_in(
    """
    draft drafts private hidden skip pending unpublished unlisted trash trashed deleted autodraft inherit review
    inreview needsreview wip workinprogress inprogress idea planned todo outline internal confidential embargoed
    disabled inactive offline withdrawn expired rejected
    """
)
_PUBLIC_ACCESS = _words_in("public everyone all anyone open free")
_HELD_ACCESS = _words_in(
    "private hidden unlisted members paid onlypaid founding tiers password protected internal restricted none"
)
_NEVER = _words_in("never local")
_NO_EXPIRY = _words_in("never none")


class Restrictions(NamedTuple):
    """The restrictions of a record.

    Attributes:
        visibility: whether it may be published.
        mark: the field that holds it back, or empty.
        embargo: the date before which it must not appear, or None.
        expires: the time from which on it must not be shown any more, or None.
    """

    visibility: Visibility = Visibility.PUBLIC
    mark: str = ""
    embargo: DateValue | None = None
    expires: datetime | None = None


_NONE = Restrictions()


def read_restrictions(fields: Fields, parse_date: Callable[[Any], DateValue | None]) -> Restrictions:
    """Return the restrictions of a record; the strictest one wins.

    Args:
        fields: the record. A value that is not understood becomes a problem, and holds the record back.
        parse_date: returns a value as a date, or None.
    """
    if not _rules_of(tuple(fields.raw), ()):
        return _NONE
    result = _NONE
    place: tuple[str, ...] = ()

    def parse(value: Any) -> DateValue | None:
        date = parse_date(value)
        if date is not None and date.doubt:
            fields.warn_at(place, date.doubt, date.advice)
        return date

    for place, rule, value in _marks_in(fields.raw, ()):
        found = _read_mark(rule, value, parse)
        if found is None:
            found = Restrictions(Visibility.HELD)
            fields.warn_at(place, _UNCLEAR.get(rule, _UNCLEAR_FLAG), _ADVICE.get(rule, "write true or false"))
        if found is not _NONE:
            result = _stricter(result, found, clean_text(".".join(place)))  # JSON can name half a character
    return result


_UNCLEAR_FLAG = "it is neither yes nor no; the article is held back"
_UNCLEAR = {
    _Rule.STATUS: "it is no status that we know; the article is held back",
    _Rule.ACCESS: "it is no access that we know; the article is held back",
    _Rule.EMBARGO: "it is no usable date; the article is held back",
    _Rule.EXPIRY: "it is no usable date; the article is held back",
}
_ADVICE = {
    _Rule.STATUS: "write published, draft, or private",
    _Rule.ACCESS: "write public or private",
    _Rule.EMBARGO: "write a date such as 2026-05-26T15:52:00Z",
    _Rule.EXPIRY: "write a date such as 2026-05-26T15:52:00Z, or never",
}


def _marks_in(values: Mapping[Any, Any], where: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], _Rule, Any]]:
    """Yield the place, the rule and the value of every mark in a record and in its containers."""
    for name, rule in _rules_of(tuple(values), where):
        if rule is None:
            inner = values[name]
            if isinstance(inner, Mapping) and len(where) < 2:
                yield from _marks_in(inner, (*where, bare_name(name) if bare_name(name) == "build" else str(name)))
        elif values[name] is not None and values[name] not in ("", []):
            yield (*where, str(name)), rule, values[name]


@lru_cache(maxsize=4096)  # most records of a corpus have the same fields
def _rules_of(names: tuple[Any, ...], where: tuple[str, ...]) -> tuple[tuple[Any, _Rule | None], ...]:
    """Return the marks among the names of fields, with their rules; None stands for a container."""
    table = _IN_BUILD if where[-1:] == ("build",) else _RULES
    result: list[tuple[Any, _Rule | None]] = []
    for name in names:
        plain = bare_name(name)
        if plain in table:
            is_ours = not where and str(name).lower() == plain
            result.append((name, table[plain] if is_ours else _ELSEWHERE.get(table[plain], table[plain])))
        elif plain in _CONTAINERS:
            result.append((name, None))
    return tuple(result)


_ELSEWHERE = {_Rule.DRAFT: _Rule.HOLDS_IF_YES, _Rule.PUBLISHED: _Rule.HOLDS_IF_NO}
"""The rules of ``draft`` and ``published`` inside of a container, or in another spelling such as ``_draft``."""

_RULES = {bare_name(name): rule for rule, names in MARKS.items() for name in names.split()}


def _read_mark(rule: _Rule, value: Any, parse_date: Callable[[Any], DateValue | None]) -> Restrictions | None:
    """Return the restrictions that one mark means; None for a value that is not understood."""
    match rule:
        case _Rule.EMBARGO:
            date = parse_date(value)
            return Restrictions(embargo=date) if date is not None else _NONE if as_flag(value) is not None else None
        case _Rule.EXPIRY:
            date = parse_date(value)
            if date is not None:
                return Restrictions(expires=date.moment)
            return _NONE if as_flag(value) is False or _words(value) <= _NO_EXPIRY else None
        case _Rule.STATUS:
            return _by_words(value, _PUBLIC_STATUS, _HELD_STATUS)
        case _Rule.ACCESS:
            return _by_words(value, _PUBLIC_ACCESS, _HELD_ACCESS)
        case _Rule.NEVER:
            return _HELD if as_flag(value) is False or _words(value) & _NEVER else _NONE
        case _Rule.HOLDS_IF_GIVEN:
            return _NONE if as_flag(value) is False or value in ([], {}) else _HELD
    return _read_flag(rule, value, parse_date)


def _read_flag(rule: _Rule, value: Any, parse_date: Callable[[Any], DateValue | None]) -> Restrictions | None:
    """Return the restrictions that a mark means whose value is yes or no; None for a value that is neither."""
    flag = as_flag(value)
    if flag is None and rule in (_Rule.PUBLISHED, _Rule.HOLDS_IF_NO):
        date = parse_date(value)
        return Restrictions(embargo=date) if date is not None else None
    if flag is None:
        return _NONE if rule is _Rule.HOLDS_IF_CLEAR_NO else None
    holds = flag if rule in (_Rule.DRAFT, _Rule.HOLDS_IF_YES) else not flag
    if not holds:
        return _NONE
    return _UNPUBLISHED if rule in (_Rule.DRAFT, _Rule.PUBLISHED) else _HELD


_HELD = Restrictions(Visibility.HELD)
_UNPUBLISHED = Restrictions(Visibility.UNPUBLISHED)


def _by_words(value: Any, public: frozenset[str], held: frozenset[str]) -> Restrictions | None:
    """Return the restrictions of a value, or of a list of them, that is one of these words."""
    words = _words(value)
    if words & held or as_flag(value) is False:
        return _HELD
    return _NONE if words <= public or as_flag(value) is True else None


def _words(value: Any) -> frozenset[str]:
    """Return the texts of `value`, a text or a list of texts, in the form of the tables; ``?`` for what is no text."""
    items = value if isinstance(value, list) else [value]
    return frozenset(bare_name(text) if (text := as_text(item)) is not None else "?" for item in items)


def _stricter(one: Restrictions, other: Restrictions, mark: str) -> Restrictions:
    """Return both restrictions as one. The later embargo and the earlier end count."""
    holds = other.visibility < one.visibility
    return Restrictions(
        other.visibility if holds else one.visibility,
        mark if holds else one.mark,
        max(filter(None, (one.embargo, other.embargo)), default=None, key=lambda date: date.moment),
        min(filter(None, (one.expires, other.expires)), default=None),
    )
