"""The layout of a site: formats, file names, media types and folders. Every other module reads this table.

A new format is one row in :data:`FORMATS` and one module in :mod:`feeds.render` that has the row's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from feeds.model import Kind


@dataclass(frozen=True, slots=True)
class Format:
    """A format in which every feed is published.

    Attributes:
        name: identifier of the format; also the name of its module in :mod:`feeds.render`.
        title: name that people read.
        file_name: last segment of the addresses of its documents.
        media_type: media type without parameters.
        is_page: True for the format that people read in a browser; False for formats that feed readers poll.
        also_accepts: further media types in an Accept header that mean this format.
    """

    name: str
    title: str
    file_name: str
    media_type: str
    is_page: bool = False
    also_accepts: tuple[str, ...] = ()

    @property
    def content_type(self) -> str:
        """The media type with its charset."""
        return f"{self.media_type}; charset=utf-8"

    @property
    def extension(self) -> str:
        """The end of the file name, behind the dot."""
        return self.file_name.rpartition(".")[2]


ATOM = Format("atom", "Atom", "feed.atom", "application/atom+xml", also_accepts=("application/xml", "text/xml"))
RSS = Format("rss", "RSS", "feed.rss", "application/rss+xml")
JSON_FEED = Format("json_feed", "JSON", "feed.json", "application/feed+json", also_accepts=("application/json",))
PAGE = Format("page", "HTML", "index.html", "text/html", is_page=True, also_accepts=("application/xhtml+xml",))

FORMATS = (ATOM, RSS, JSON_FEED, PAGE)
"""All formats, the preferred one first."""

ARCHIVE_FORMATS = (ATOM, JSON_FEED)
"""The formats of archives that readers can follow."""

FEED_FORMATS = tuple(row for row in FORMATS if not row.is_page)
"""The formats that feed readers poll."""

NEGOTIATED_NAME = "feed"
"""The last segment of the address at which a client gets a feed in the format that it prefers."""

OPML_PATH = "subscriptions.opml"
OPML_CONTENT_TYPE = "text/x-opml; charset=utf-8"
STYLE_PATH = "static/style.css"
STYLE_CONTENT_TYPE = "text/css; charset=utf-8"
SCRIPT_PATH = "static/page.js"
SCRIPT_CONTENT_TYPE = "text/javascript; charset=utf-8"
ICON_PATH = "static/icon.svg"
ICON_CONTENT_TYPE = "image/svg+xml"

STATIC_FILES = {
    STYLE_PATH: STYLE_CONTENT_TYPE,
    SCRIPT_PATH: SCRIPT_CONTENT_TYPE,
    ICON_PATH: ICON_CONTENT_TYPE,
}
"""The files that all pages use, with their media types; they are in the templates under the same names."""

NOT_FOUND_PATH = "404.html"
"""The page that hosts of static files show at an address without a document, at any depth."""

NO_JEKYLL_PATH = ".nojekyll"
NO_JEKYLL_CONTENT_TYPE = "text/plain; charset=utf-8"
"""The empty file that makes GitHub Pages publish the tree as it is."""

OUTPUT_LIST = ".feeds-output.json"
"""The file in a static tree that lists the files that we wrote (path → digest). A folder with it is not a corpus."""

MEMORY_FOLDER = "feeds-memory/"
"""The folder of the memory. No dot or underscore in front of its name: hosts of static files leave such folders out."""

MEMORY_HEAD = "memory.json"
MEMORY_HEAD_ADDRESS = MEMORY_FOLDER + MEMORY_HEAD

HEALTH_PATH = "healthz"
METRICS_PATH = "metrics"
STATUS_PATH = "status"
"""The addresses that operators of a server ask; they are not documents of the site."""

KIND_FOLDERS = {Kind.ALL: "", Kind.TOPIC: "topics", Kind.PROVIDER: "providers", Kind.CATEGORY: "categories"}
"""The folder of the feeds of each kind, in the order of lists. The feed of all entries is at the root of the site."""

HOME_KEY = "own"
"""The key of the feed of the site's own articles, among the feeds of providers. It does not depend on the host of the
site: that may change, and a site for a look has another one. No domain of a provider is a single word like this."""

ARTICLES_FOLDER = "articles"
"""The folder of the pages of articles that have no web page of their own."""

_ARCHIVE_FOLDER = "archive"
_ARCHIVE_PATH = re.compile(
    rf"(?:\A|/){_ARCHIVE_FOLDER}/\d{{4}}-\d\d\.(?:{'|'.join(row.extension for row in ARCHIVE_FORMATS)})\Z"
)


def feed_folder(kind: Kind, slug: str) -> str:
    """Return the folder of a feed, relative to the site's root: empty, or with a slash at its end.

    >>> feed_folder(Kind.TOPIC, "ai"), feed_folder(Kind.ALL, "")
    ('topics/ai/', '')
    """
    return f"{KIND_FOLDERS[kind]}/{slug}/" if kind is not Kind.ALL else ""


def parse_feed_folder(folder: str) -> tuple[Kind, str]:
    """Return kind and slug of the feed in `folder`: the inverse of :func:`feed_folder`.

    Raises:
        ValueError: no kind of feed has such a folder.

    >>> parse_feed_folder("topics/ai/"), parse_feed_folder("")
    ((<Kind.TOPIC: 'topic'>, 'ai'), (<Kind.ALL: 'all'>, ''))
    """
    kind_folder, _, slug = folder.rstrip("/").partition("/")
    for kind, name in KIND_FOLDERS.items():
        if name == kind_folder:
            return kind, slug
    raise ValueError(f"not the folder of a feed: {folder}")


def article_folder(slug: str) -> str:
    """Return the folder of the page of an article without a web page of its own."""
    return f"{ARTICLES_FOLDER}/{slug}/"


def formats_of(kind: Kind) -> tuple[Format, ...]:
    """Return the formats whose documents are made of fragments, for a kind of feed.

    The page at the root of the site is made in another way: it shows entries in groups
    (:mod:`feeds.render.site_pages`).
    """
    return FEED_FORMATS if kind is Kind.ALL else FORMATS


def is_memory(path: str) -> bool:
    """Tell whether the file at `path`, relative to the site's root, belongs to the memory."""
    return path.startswith(MEMORY_FOLDER)


def archive_name(month: str, row: Format = ATOM) -> str:
    """Return the path of the archive of a month such as ``2022-05``, relative to the feed's folder (RFC 5005)."""
    return f"{_ARCHIVE_FOLDER}/{month}.{row.extension}"


def month_folder(month: str) -> str:
    """Return the folder of the page of a month such as ``2022-05``, relative to the feed's folder."""
    return f"{_ARCHIVE_FOLDER}/{month}/"


def archive_folder(folder: str) -> str:
    """Return the folder of the archives and pages of months of the feed in `folder`."""
    return f"{folder}{_ARCHIVE_FOLDER}/"


def is_archive(path: str) -> bool:
    """Tell whether the document at `path`, relative to the site's root, is an archive."""
    return _ARCHIVE_PATH.search(path) is not None
