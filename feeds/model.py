"""The values of the project: article, mention, entry, feed and problem, all of them immutable.

Every room uses these types. This module imports the standard library only. Times are aware datetimes in UTC and in
whole seconds (an RSS date has no fractions), except in :class:`Outline`.
"""

from __future__ import annotations

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
    """The severity of a problem: an error loses the article, a warning something in it, a notice nothing."""

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


class Author(NamedTuple):
    """A person who wrote a page: a name, and an address on the web and an e-mail address if they are known."""

    name: str
    url: str | None = None
    email: str | None = None


class Enclosure(NamedTuple):
    """A file that belongs to a page, such as the sound of an episode.

    Attributes:
        media_type: its media type, or empty if it is not known.
        length: its size in bytes, or None.
        duration: its playing time in seconds, or None.
    """

    url: str
    media_type: str = ""
    length: int | None = None
    duration: int | None = None


class Episode(NamedTuple):
    """The facts of a podcast's episode, as the RSS namespace of Apple Podcasts has them.

    Attributes:
        number, season: the numbers, or None.
        kind: ``full``, ``trailer``, ``bonus``, or empty.
        explicit: whether it is for adults only; None if it says nothing.
        image: the address of a picture of its own, or None.
    """

    number: int | None = None
    season: int | None = None
    kind: str = ""
    explicit: bool | None = None
    image: str | None = None


class Signs(NamedTuple):
    """What an article is recognised by if its address and its id have changed (:mod:`feeds.rules.signs`).

    Attributes:
        day: the day of its date in the time zone of the site, as a proleptic Gregorian ordinal.
        slug: the last part of its address or path, or empty if that tells nothing.
        text: a digest of its text, or empty if the text is short.
        aliases: other addresses that the article names for itself, such as earlier ones.
    """

    day: int
    slug: str = ""
    text: str = ""
    aliases: tuple[str, ...] = ()


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
        image: its picture; for an article without a page, the address may be relative to the page that it gets.
        content: the body as sanitised HTML, or empty.
        has_time: False if the date names only a day.
        authors: the persons who wrote it.
        language: its language (BCP 47), or empty for that of the site.
        enclosures: the files that belong to it.
        episode: the facts of an episode of a podcast, or None.
        signs: what the article is recognised by; None for a related record.
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
    quality: int | float | None = None
    heat: int | float | None = None
    image: Image | None = None
    content: str = ""
    has_time: bool = True
    authors: tuple[Author, ...] = ()
    language: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    episode: Episode | None = None
    signs: Signs | None = None

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
    """The result of reading one source file.

    Attributes:
        article: the article, or None if a problem lost it.
        unused: the names of well-known fields that this project does not use.
    """

    path: str
    article: Article | None
    problems: tuple[Problem, ...] = ()
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A reference to a related entry: id, address and title of that, and the name of its publisher.

    Attributes:
        mentions: whether it is an article that calls this entry related; else this entry calls it related.
    """

    id: str
    url: str
    title: str
    provider: str = ""
    mentions: bool = False


class FeedLink(NamedTuple):
    """A feed that has an entry: its kind, its name as the entry spells it, and the last segment of its address."""

    kind: Kind
    name: str
    slug: str


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
    quality: int | float | None
    own: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """The entry that a subscriber sees: one web page, all its mentions merged (:func:`feeds.rules.entries.merge`).

    Attributes:
        own: True if an article of the corpus is about this page; False if the page is only related to an article.
        page: the slug of ``/articles/<slug>/`` for an entry without a web page of its own, else None.
        related: the entries that it is related to, in either direction, newest first.
        feeds: the feeds that have it, but for the one of all entries.
        local: the date in the time zone of the site, for people.
        has_time: False if the date names only a day.
        is_short: whether the text is so long that feeds show its summary and a link to it.
        authors, language, enclosures, episode: as in :class:`Mention`.
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
    feeds: tuple[FeedLink, ...] = ()
    local: datetime | None = None
    has_time: bool = True
    is_short: bool = False
    authors: tuple[Author, ...] = ()
    language: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    episode: Episode | None = None

    def __hash__(self) -> int:
        return hash(self.id)  # equal entries have equal ids, and a hash of all fields takes long


@dataclass(frozen=True, slots=True)
class Feed:
    """A list of entries with an address.

    Attributes:
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
        displayed: how many entries its documents show; None while that is not known.
        short: how many of these are shown in short form; None while that is not known.
        oldest: the publication time of its oldest entry, or None.
        activity: how many entries it has of twelve months, the last one that of its newest entry.
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
    displayed: int | None = None
    short: int | None = None
    oldest: datetime | None = None
    activity: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Reductions:
    """How many entries are in short form for their long text, and how many feeds are cut for their large documents."""

    short_entries: int = 0
    cut_feeds: int = 0


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
