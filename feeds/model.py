"""The words of the project as frozen values: article, mention, entry, feed, document, problem.

Every other room speaks in these types; this module knows none of them and imports only the
standard library. All times are aware datetimes in UTC, in whole seconds (an RSS date has no more), but those of
:class:`Outline`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a feed is about."""

    ALL = "all"
    TOPIC = "topic"
    PROVIDER = "provider"
    CATEGORY = "category"


class Severity(StrEnum):
    """Whether a problem lost its article (error) or only something in it (warning)."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in one source file.

    Attributes:
        path: the file, relative to the corpus, with forward slashes.
        line: the line in it, from 1.
        field: the front matter's field (``related[2].publishedDateTime``), or empty.
        reason: what is wrong.
        advice: what to do.
        severity: an error lost the article; a warning did not.
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
    """A picture: its address, and its size in pixels where known."""

    url: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """Who published a page. Two providers are one when their domains agree; an empty domain is not known."""

    name: str
    domain: str


class Mention(NamedTuple):
    """One link record: an article's own, or one of its ``related``. A corpus has many: it is quick to make.

    Attributes:
        path: the article's file, relative to the corpus.
        position: 0 for the article's own record, else its place among the related ones, from 1.
        title: plain text, never empty.
        published, updated: UTC; `updated` is None where the record names none.
        listed: False where the record says ``published: false`` or ``draft: true``.
        excerpt: plain text, or empty.
        url: the page, an absolute http(s) address; None only for an article that has no page of its own.
        original_url, amp_url: other addresses of the same page.
        explicit_id: the front matter's ``id``, or None.
        provider: who published it, as far as the record says.
        topics: names of the topics it puts its page in, as written: the article's, and its own.
        categories: its own categories, as written.
        content: the body as sanitised HTML, or empty.
    """

    path: str
    position: int
    title: str
    published: datetime
    updated: datetime | None = None
    listed: bool = True
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


@dataclass(frozen=True, slots=True)
class Article:
    """One corpus file, as read: its own mention first, then those it calls related."""

    path: str
    mentions: tuple[Mention, ...]

    @property
    def own(self) -> Mention:
        """The article's own link record."""
        return self.mentions[0]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What became of one source file: an article, or none and the problem that lost it; and all warnings."""

    path: str
    article: Article | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Another entry, seen from one that is related to it."""

    id: str
    url: str
    title: str


class Outline(NamedTuple):
    """What decides where an entry stands: in which feeds, and in which order (:func:`feeds.rules.entries.outline`).

    There is one for each mention of a corpus, so it is as the catalogue keeps it: times in seconds since the epoch, the
    provider as name and domain.

    Attributes:
        own: True where an article of the corpus is about this page; False where it is only related to one.
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
    """What a subscriber sees: one web page, all of its mentions merged (:func:`feeds.rules.entries.merge`).

    Attributes:
        own: True where an article of the corpus is about this page; False where it is only related to one.
        page: the slug of ``/articles/<slug>/`` for an entry without a web page of its own, else None.
        related: the pages it is related to, in either direction, newest first.
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
        kind: what it is about.
        key: its identity within the kind: a folded name, or a provider's domain. Empty for ``all``.
        name: what people call it: ``Microsoft AI``.
        slug: its last address segment.
        count: how many entries it has, shown or not.
        updated: the latest `updated` among the entries it shows, or where it shows none, among those that are
            left out; never the time of a build.
        newest: when the first entry it shows was published, or None where it has none.
        ttl: after how many minutes a reader should ask again (:func:`feeds.rules.times.polling_interval`).
        ended: since when nothing in the corpus names it any more; None for a feed that goes on.
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
    """Which entries are published, of those that could be.

    Attributes:
        related: also pages that articles are only related to.
        min_quality: the lowest quality; entries without one stay.
        include: kind and key of feeds; where there are any, an entry must be in one of them.
        exclude: kind and key of feeds; an entry must be in none of them.
    """

    related: bool = True
    min_quality: float = 0
    include: frozenset[tuple[Kind, str]] = frozenset()
    exclude: frozenset[tuple[Kind, str]] = frozenset()

    def takes(self, feeds: Collection[tuple[Kind, str]], *, own: bool, quality: float | None) -> bool:
        """Tell whether an entry that belongs into `feeds` is published; for the rest, see :class:`Outline`."""
        return (
            (self.related or own)
            and (quality is None or quality >= self.min_quality)
            and (not self.include or any(each in self.include for each in feeds))
            and (not self.exclude or all(each not in self.exclude for each in feeds))
        )


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of every file: ``files = published + unpublished + future + problems``, always."""

    files: int
    published: int
    unpublished: int
    future: int
    problems: int


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An article that is not published: until `due`, or, where that is None, as long as it says so itself."""

    path: str
    due: datetime | None
