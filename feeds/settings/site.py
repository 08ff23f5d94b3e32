"""The site: all settings as one frozen value, and what follows from them alone.

A setting is one field of :class:`Site`: its name, type, default and help text stand here and nowhere else. The command
``feeds init``, the environment variables (``FEEDS_TITLE`` for ``title``) and docs/settings.md are made from the fields.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from feeds.errors import ConfigError
from feeds.model import Kind, Provider, Visibility
from feeds.rules import urls
from feeds.rules.entries import EntrySettings
from feeds.rules.file_patterns import NO_PATTERNS, FilePatterns
from feeds.rules.selection import Selection
from feeds.rules.site_layout import HOME_KEY, KIND_FOLDERS
from feeds.rules.text import first_forbidden, name_key
from feeds.settings.converters import FLAG, NAMES, NUMBER, PAIRS, TEXT, Converter
from feeds.settings.look import Look, load_look

_CONVERTERS: dict[type, Converter] = {str: TEXT, bool: FLAG, int: NUMBER}
"""The converters of settings by the type of their default. Other settings name their converter."""


READERS = (
    ("Feedly", "https://feedly.com/i/subscription/feed%2F{feed}"),
    ("Inoreader", "https://www.inoreader.com/?add_feed={feed}"),
    ("NetNewsWire", "feed:{address}"),
    ("NewsBlur", "https://www.newsblur.com/?url={feed}"),
)
"""The readers that pages offer by default: name and address, with ``{feed}`` for the encoded address of the feed, and
``{address}`` for the address as it is."""


def _setting(default: Any, help_text: str, converter: Converter | None = None) -> Any:
    converter = converter or _CONVERTERS[type(default)]
    return dataclasses.field(default=default, metadata={"help": help_text, "converter": converter})


@dataclass(frozen=True)
class Site:
    """The settings of a build and a server.

    The help text of a setting says what it is for. :func:`feeds.settings.loader.load_site` makes paths absolute;
    `source` is the feeds.toml that was read, or None. `origin` is the address at which the site was published first: a
    build takes it from the memory, and the ids of feeds begin with it.
    """

    source: Path | None = None
    origin: str = ""
    corpus: str = _setting("seeds", "the folder of article files, relative to this file")
    output: str = _setting("public", 'where `feeds build` writes static files; "" writes none')
    articles: tuple[str, ...] = _setting(
        (), "patterns of the only files that are articles, as in .gitignore, such as posts/**; empty is all", NAMES
    )
    exclude: tuple[str, ...] = _setting(
        (), "patterns of files that are no articles, as in .gitignore, such as drafts/**", NAMES
    )
    precompress: bool = _setting(False, "also write each static file compressed, beside it (.gz, .br, .zst)")
    state: str = _setting(".feeds", "where catalogue and snapshots live, relative to this file")
    previous: str = _setting(
        "", "the folder or address where the site was published last; a newer memory is taken from there"
    )
    base_url: str = _setting("", "the address under which the site is reached; set it before you publish")
    title: str = _setting("Feeds", "what the site is called; the name of the feed of everything")
    description: str = _setting("", "what the site is about, in a sentence")
    language: str = _setting("en", "the language of the articles (BCP 47, such as en or pt-BR)")
    timezone: str = _setting("UTC", "the zone of dates that name none (such as Europe/Lisbon)")
    date_order: str = _setting(
        "", "how to read 01/02/2024: dmy, mdy or ymd (day, month, year); empty is mdy and a warning"
    )
    include_unpublished: bool = _setting(False, "publish articles marked published: false or draft: true as well")
    limit: int = _setting(50, "how many entries a feed shows, the newest")
    topic_limit: int = _setting(0, "the same for the feed of a topic; 0 is as limit")
    provider_limit: int = _setting(0, "the same for the feed of a provider; 0 is as limit")
    category_limit: int = _setting(0, "the same for the feed of a category; 0 is as limit")
    entry_max_bytes: int = _setting(60_000, "how large a text may be before feeds show its excerpt and a link to it")
    max_bytes: int = _setting(1_500_000, "how large a feed's document may be before it shows fewer entries, but 20")
    topic_max_bytes: int = _setting(0, "the same for the feed of a topic; 0 is as max_bytes")
    provider_max_bytes: int = _setting(0, "the same for the feed of a provider; 0 is as max_bytes")
    category_max_bytes: int = _setting(0, "the same for the feed of a category; 0 is as max_bytes")
    duplicates: str = _setting("warn", 'what to do with two articles that are one entry: warn, or "merge" in silence')
    related: bool = _setting(True, "make entries of the pages that articles call related")
    min_quality: int = _setting(0, "leave out entries whose quality is lower; those without one stay")
    include_topics: tuple[str, ...] = _setting(
        (), "publish only what has one of these topics, or another include_…", NAMES
    )
    include_providers: tuple[str, ...] = _setting(
        (), "publish only what is from one of these domains, or another …", NAMES
    )
    include_categories: tuple[str, ...] = _setting(
        (), "publish only what is in one of these categories, or another …", NAMES
    )
    exclude_topics: tuple[str, ...] = _setting((), "leave out what has one of these topics, and their feeds", NAMES)
    exclude_providers: tuple[str, ...] = _setting(
        (), "leave out what is from one of these domains, and their feeds", NAMES
    )
    exclude_categories: tuple[str, ...] = _setting(
        (), "leave out what is in one of these categories, and their feeds", NAMES
    )
    archives: bool = _setting(False, "keep all entries in archives by month, which Atom and JSON feeds lead to")
    rights: str = _setting("", "the copyright notice of the feeds")
    icon: str = _setting("", "the address of a small square picture for the feeds")
    logo: str = _setting("", "the address of a larger picture, twice as wide as high")
    hub: str = _setting("", "the address of a WebSub hub that hears of each change from you")
    podcast_image: str = _setting("", "the address of the picture of your podcast, square, JPEG or PNG")
    podcast_category: str = _setting(
        "", "its category in Apple Podcasts, such as Technology or Society & Culture > Documentary"
    )
    podcast_explicit: bool = _setting(False, "whether your podcast is for adults only")
    podcast_author: str = _setting("", "who makes your podcast")
    podcast_type: str = _setting("", "episodic, or serial if people should hear the oldest episode first")
    podcast_email: str = _setting(
        "", "your address for the directories of podcasts; everybody can read it in the feeds"
    )
    theme: str = _setting(
        "", "a style sheet that is added to that of the pages; empty is theme.css beside the articles, if it is there"
    )
    templates: str = _setting("", "a folder with templates of your own for the pages")
    shortest_ttl: int = _setting(15, "how many minutes a reader of a busy feed should wait before it asks again")
    longest_ttl: int = _setting(1440, "how many minutes a reader of a silent feed should wait")
    farewell_after: int = _setting(7, "how many days a feed that no article names is empty before it says farewell")
    max_loss: int = _setting(
        50, "how many percent of the published articles one build may lose, to problems or to articles and exclude"
    )
    cache_bytes: int = _setting(64_000_000, "how many bytes a worker of the server keeps in memory to send them again")
    access_log: str = _setting("", "where the server logs requests (Combined Log Format); - is standard output")
    status: bool = _setting(False, "show /status on the server: the last build and the polls, for the publisher")
    trusted_proxies: int = _setting(0, "how many proxies before the server say who asks, in X-Forwarded-For")
    remote_images: bool = _setting(True, "show the pictures of entries on pages; they come from other hosts")
    readers: tuple[tuple[str, str], ...] = _setting(
        READERS,
        "name → address of readers that pages offer; {feed} is the feed; a section at the end of the file",
        PAIRS,
    )
    renamed: tuple[tuple[str, str], ...] = _setting(
        (), "old → new addresses of feeds that have been renamed; a section at the end of the file", PAIRS
    )

    @property
    def corpus_path(self) -> Path:
        """The path of the corpus."""
        return Path(self.corpus)

    @property
    def output_path(self) -> Path | None:
        """The path of the static tree, or None if none is written."""
        return Path(self.output) if self.output else None

    @property
    def state_path(self) -> Path:
        """The path of the state folder."""
        return Path(self.state)

    @property
    def farewell_delay(self) -> timedelta:
        """The time during which a feed that no article names is empty, before it says farewell."""
        return timedelta(days=self.farewell_after)

    @cached_property
    def address(self) -> str:
        """The common start of all addresses of the site: `base_url` with a slash at its end."""
        return (self.base_url or "http://127.0.0.1:8000").rstrip("/") + "/"

    @property
    def is_public(self) -> bool:
        """True if the site has an address at which others reach it; else it is built for a look."""
        host = (urlsplit(self.address).hostname or "").rstrip(".")
        if host == "localhost" or host.endswith(".localhost"):
            return False
        try:
            return not ipaddress.ip_address(host).is_loopback
        except ValueError:  # a name
            return True

    @cached_property
    def home(self) -> Provider:
        """The site as a provider, for articles that name none and have no page of their own."""
        return Provider(self.title, urls.domain_of(self.address))

    @cached_property
    def entry_settings(self) -> EntrySettings:
        """The settings that decide what an entry shows."""
        return EntrySettings(self.home, self.zone, self.language, self.entry_max_bytes)

    @cached_property
    def zone(self) -> ZoneInfo:
        """`timezone` as a time zone."""
        return ZoneInfo(self.timezone)

    @cached_property
    def look(self) -> Look:
        """What `theme` and `templates` add to the look of the pages.

        Raises:
            ConfigError: a file can't be read.
        """
        return load_look(self.theme, self.templates, self.corpus_path)

    @property
    def is_podcast(self) -> bool:
        """Whether a setting describes the site as a podcast."""
        facts = (self.podcast_image, self.podcast_category, self.podcast_author, self.podcast_type, self.podcast_email)
        return self.podcast_explicit or any(facts)

    @property
    def podcast_categories(self) -> tuple[str, ...]:
        """`podcast_category` as the names of the category and of the one inside of it; empty if it is not set."""
        return tuple(name.strip() for name in self.podcast_category.split(">")) if self.podcast_category else ()

    @property
    def least_visibility(self) -> Visibility:
        """The lowest visibility that is published."""
        return Visibility.UNPUBLISHED if self.include_unpublished else Visibility.PUBLIC

    def limit_of(self, kind: Kind) -> int:
        """Return how many entries a feed of this kind shows."""
        return self._of_kind(kind, "limit")

    def max_bytes_of(self, kind: Kind) -> int:
        """Return how large the documents of a feed of this kind may be, in bytes."""
        return self._of_kind(kind, "max_bytes")

    def _of_kind(self, kind: Kind, setting: str) -> int:
        return int(getattr(self, f"{kind.value}_{setting}", 0) or getattr(self, setting))

    @cached_property
    def moves(self) -> dict[str, str]:
        """The setting `renamed` as folders, old → new. A feed that was renamed twice leads to its last folder.

        Raises:
            ConfigError: an address is not that of a feed, or two feeds lead to each other.
        """
        where = self.source or "settings"
        steps = {_feed_folder(old, where): _feed_folder(new, where) for old, new in self.renamed}
        moves = {}
        for old in steps:
            new, passed = steps[old], {old}
            while new in steps and new not in passed:
                passed.add(new)
                new = steps[new]
            if new in passed:
                raise ConfigError(f"[renamed] {old} leads back to itself", where)
            moves[old] = new
        return moves

    @cached_property
    def file_patterns(self) -> FilePatterns:
        """The patterns of the files that are articles.

        Raises:
            ValueError: a pattern can't be understood.
        """
        return FilePatterns(self.articles, self.exclude) if self.articles or self.exclude else NO_PATTERNS

    @cached_property
    def selection(self) -> Selection:
        """The selection of the entries that are published."""
        return Selection(
            related=self.related,
            min_quality=self.min_quality,
            include=self._feed_keys(self.include_topics, self.include_providers, self.include_categories),
            exclude=self._feed_keys(self.exclude_topics, self.exclude_providers, self.exclude_categories),
        )

    def _feed_keys(
        self, topics: Sequence[str], providers: Sequence[str], categories: Sequence[str]
    ) -> frozenset[tuple[Kind, str]]:
        """Return kind and key of the feeds of topics, domains and categories."""
        domains = map(urls.domain_of, providers)
        return frozenset(
            [(Kind.TOPIC, name_key(name)) for name in topics]
            + [(Kind.PROVIDER, HOME_KEY if domain == self.home.domain else domain) for domain in domains]
            + [(Kind.CATEGORY, name_key(name)) for name in categories]
        )

    @cached_property
    def fingerprint(self) -> str:
        """A text that changes with every setting that can change a byte of a document."""
        # base_url counts as `address`, theme and templates as `look`; the others concern places, the static tree or the
        # server.
        serving = {"cache_bytes", "access_log", "status", "trusted_proxies", "previous"}
        places = {"source", "corpus", "output", "precompress", "state", "theme", "templates"}
        elsewhere = {"base_url", *places, *serving}
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        relevant = {name: value for name, value in values.items() if name not in elsewhere}
        # What is derived is in it as well: the code that derives it is not part of the fingerprint of the code.
        selected = [sorted(self.selection.include), sorted(self.selection.exclude), sorted(self.moves.items())]
        return json.dumps([self.address, relevant, selected, self.look.digest])


class Setting(NamedTuple):
    """One setting.

    Attributes:
        name: its name in feeds.toml and in :class:`Site`.
        default: its value if it is not given.
        help: the help text.
        converter: converts values of feeds.toml and the environment.
    """

    name: str
    default: Any
    help: str
    converter: Converter


def all_settings() -> tuple[Setting, ...]:
    """Return all settings, in the order of the fields of :class:`Site`."""
    return tuple(
        Setting(field.name, field.default, field.metadata["help"], field.metadata["converter"])
        for field in dataclasses.fields(Site)
        if "help" in field.metadata
    )


def _feed_folder(written: str, where: object) -> str:
    """Return the folder of the feed that ``[renamed]`` names: ``topics/<slug>``, or ``<slug>`` for a topic.

    Raises:
        ConfigError: it is not the address of a feed.
    """
    kind_folder, _, slug = written.strip("/").rpartition("/")
    kind_folder, slug = kind_folder or KIND_FOLDERS[Kind.TOPIC], unquote(slug)
    is_slug = slug not in ("", ".", "..") and not set("/\\") & set(slug) and len(slug.encode()) <= 200
    if not is_slug or first_forbidden(slug) or kind_folder not in set(KIND_FOLDERS.values()) - {""}:
        raise ConfigError(f"[renamed] should have addresses such as topics/ai, not {written!r}", where)
    return f"{kind_folder}/{slug}/"
