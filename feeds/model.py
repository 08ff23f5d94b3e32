"""The values of the project: article, mention, entry, feed and problem, all of them immutable.

Every room uses these types. This module imports the standard library only. Times are aware datetimes in UTC and in
whole seconds (an RSS date has no fractions), except in :class:`Outline`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """The kind of a feed."""

    ALL = "all"
    TOPIC = "topic"
    PROVIDER = "provider"
    CATEGORY = "category"


class Severity(StrEnum):
    """The severity of a problem: an error loses the article, a warning loses something in it, a notice nothing."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


class Visibility(IntEnum):
    """Whether a record may be published; a lower value is stricter."""

    HELD = 0
    """Never: it has a mark that no setting overrules."""

    UNPUBLISHED = 1
    """Only with the setting `include_unpublished`: ``published: false`` or ``draft: true``."""

    PUBLIC = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in one source file.

    Attributes:
        path: the file, relative to the corpus, with forward slashes.
        line: the line in it, from 1.
        field: the front matter's field (``related[2].publishedDateTime``), or empty.
        reason: what is wrong.
        advice: what to do.
        severity: an error loses the article; a warning does not.
    """

    path: str
    line: int
    field: str
    reason: str
    advice: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        field = f" {self.field}:" if self.field else ""
        text = f"{self.path}:{self.line}: {self.severity}:{field} {self.reason}; {self.advice}"
        return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


class Image(NamedTuple):
    """A picture: its address, and its size in pixels if that is known."""

    url: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """The publisher of a page. Two providers with the same domain are the same; an empty domain is unknown."""

    name: str
    domain: str


class Mention(NamedTuple):
    """One link record: an article's own, or one of its ``related``.

    A corpus has many of them. A named tuple is made faster than a dataclass.

    Attributes:
        path: the article's file, relative to the corpus.
        position: 0 for the article's own record, else its position among the related records, from 1.
        title: plain text, never empty.
        published, updated: in UTC; `updated` is None if the record names no time.
        visibility: whether the record may be published.
        mark: the field that holds it back, or empty.
        embargo: the time before which it must not be published; None if `published` is this time.
        expires: the time from which on it must not be shown any more, or None.
        excerpt: plain text, or empty.
        url: the page, an absolute http(s) address; None only for an article that has no page of its own.
        original_url, amp_url: other addresses of the same page.
        explicit_id: the front matter's ``id``, or None.
        provider: the publisher, as far as the record names it.
        topics: names of the topics of its page, as written: those of the article, and its own.
        categories: its own categories, as written.
        content: the body as sanitised HTML, or empty.
    """

    path: str
    position: int
    title: str
    published: datetime
    updated: datetime | None = None
    visibility: Visibility = Visibility.PUBLIC
    mark: str = ""
    embargo: datetime | None = None
    expires: datetime | None = None
    excerpt: str = ""
    url: str | None = None
    original_url: str | None = None
    amp_url: str | None = None
    explicit_id: str | None = None
    provider: Provider | None = None
    topics: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    type: str = ""
    quality: float | None = None
    heat: float | None = None
    image: Image | None = None
    content: str = ""

    @property
    def appears(self) -> datetime:
        """The time from which on it may be published."""
        return self.embargo or self.published


@dataclass(frozen=True, slots=True)
class Article:
    """One corpus file as it was read: its own mention first, then its related mentions."""

    path: str
    mentions: tuple[Mention, ...]

    @property
    def own(self) -> Mention:
        """The article's own link record."""
        return self.mentions[0]


@dataclass(frozen=True, slots=True)
class Parsed:
    """The result of reading one source file: an article, or None and the problem that lost it; and all warnings."""

    path: str
    article: Article | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A reference to a related entry."""

    id: str
    url: str
    title: str


class Outline(NamedTuple):
    """The facts that decide in which feeds an entry is, and in which order (:func:`feeds.rules.entries.outline`).

    There is one for every mention of a corpus. So it has the form in which the catalogue stores it: times in seconds
    since the epoch, the provider as name and domain.

    Attributes:
        own: True if an article of the corpus is about this page; False if the page is only related to an article.
    """

    id: str
    url: str
    title: str
    published: int
    updated: int
    provider: tuple[str, str]
    topics: tuple[str, ...]
    categories: tuple[str, ...]
    quality: float | None
    own: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """The entry that a subscriber sees: one web page, all its mentions merged (:func:`feeds.rules.entries.merge`).

    Attributes:
        own: True if an article of the corpus is about this page; False if the page is only related to an article.
        page: the slug of ``/articles/<slug>/`` for an entry without a web page of its own, else None.
        related: the entries that it is related to, in either direction, newest first.
    """

    id: str
    url: str
    title: str
    published: datetime
    updated: datetime
    provider: Provider
    topics: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    quality: float | None = None
    own: bool = True
    summary: str = ""
    content: str = ""
    original_url: str | None = None
    amp_url: str | None = None
    type: str = ""
    heat: float | None = None
    image: Image | None = None
    page: str | None = None
    related: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A list of entries with an address.

    Attributes:
        kind: its kind.
        key: its identity within the kind: a folded name, or a provider's domain. Empty for ``all``.
        name: its name for people, such as ``Microsoft AI``.
        slug: the last segment of its address.
        count: how many entries it has, shown or not.
        updated: the latest `updated` of the entries that it shows, or, if it shows none, of the entries that are left
            out; never the time of a build.
        newest: the publication time of the first entry that it shows, or None if it has none.
        ttl: the number of minutes after which a reader should poll it again
            (:func:`feeds.rules.times.polling_interval`).
        ended: since when no article of the corpus names it; None if an article does.
    """

    kind: Kind
    key: str
    name: str
    slug: str
    count: int
    updated: datetime
    newest: datetime | None
    ttl: int
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The settings that select the entries to publish.

    Attributes:
        related: whether pages are selected that are only related to articles.
        min_quality: the lowest quality; entries without a quality are selected.
        include: kind and key of feeds; unless it is empty, an entry must be in one of them.
        exclude: kind and key of feeds; an entry must be in none of them.
    """

    related: bool = True
    min_quality: float = 0
    include: frozenset[tuple[Kind, str]] = frozenset()
    exclude: frozenset[tuple[Kind, str]] = frozenset()

    def takes(self, feeds: Collection[tuple[Kind, str]], *, own: bool, quality: float | None) -> bool:
        """Tell whether an entry with these feeds is selected; `own` and `quality` are as in :class:`Outline`."""
        return (
            (self.related or own)
            and (quality is None or quality >= self.min_quality)
            and (not self.include or any(feed in self.include for feed in feeds))
            and (not self.exclude or all(feed not in self.exclude for feed in feeds))
        )


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of files by result: ``files = published + unpublished + future + expired + problems``."""

    files: int
    published: int
    unpublished: int
    future: int
    expired: int
    problems: int


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An article that can be read and is not published.

    Attributes:
        path: its file.
        state: ``unpublished``, ``future`` or ``expired``.
        mark: the field that holds an unpublished article back, else empty.
        due: when a future article will be published; when an expired one has expired; None for an unpublished one.
    """

    path: str
    state: str
    mark: str
    due: datetime | None
