"""The HTML page beside each feed: what a person sees before subscribing, with autodiscovery links."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from feeds.model import Entry, Feed, iso
from feeds.render import atom, json_feed, opml, rss
from feeds.render.content import content
from feeds.render.head import FOLDERS, Head

FILE_NAME = "index.html"
MEDIA_TYPE = "text/html; charset=utf-8"

STYLE = "static/style.css"
STYLE_TYPE = "text/css; charset=utf-8"

_SUBSCRIPTIONS = (
    ("Atom", atom.FILE_NAME, atom.MEDIA_TYPE),
    ("RSS", rss.FILE_NAME, rss.MEDIA_TYPE),
    ("JSON", json_feed.FILE_NAME, json_feed.MEDIA_TYPE),
)


def fragment(entry: Entry, _address: str) -> bytes:
    """Return `entry` as one ``<article>`` of a feed's page."""
    return _template("entry.html").render(entry=entry, published=iso(entry.published)).encode()


def document(head: Head, fragments: Sequence[bytes]) -> bytes:
    """Return the page of the feed `head`; at the root of the site, it lists all feeds as well."""
    groups = [
        (heading, [(feed, _href(feed)) for feed in head.directory if feed.kind is kind]) for kind, heading in FOLDERS
    ]
    return _render(
        "feed.html",
        head=head,
        style=_up(head.feed.folder) + STYLE,
        up=_up(head.feed.folder),
        subscriptions=_SUBSCRIPTIONS if head.feed.ended is None else (),
        groups=[(heading, feeds) for heading, feeds in groups if feeds],
        opml=opml.FILE_NAME,
        entries=[Markup(each.decode()) for each in fragments],  # noqa: S704 - our own fragments, escaped there
    )


def article(head: Head, entry: Entry) -> bytes:
    """Return the page of an entry that has no web page of its own (``/articles/<slug>/``)."""
    up = "../../"
    return _render(
        "article.html",
        head=head,
        entry=entry,
        content=Markup(content(entry)),  # noqa: S704 - sanitised in the corpus, escaped in content()
        style=up + STYLE,
        up=up,
        subscriptions=[(name, up + file_name, media_type) for name, file_name, media_type in _SUBSCRIPTIONS],
    )


def style() -> bytes:
    """Return the style sheet that every page links to."""
    return Path(__file__).with_name("templates").joinpath("style.css").read_bytes()


def _render(name: str, **values: object) -> bytes:
    return (_template(name).render(**values).rstrip() + "\n").encode()


@cache
def _template(name: str) -> Template:
    loader = PackageLoader("feeds.render", "templates")
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).get_template(name)


def _href(feed: Feed) -> str:
    return feed.folder or "./"


def _up(folder: str) -> str:
    """Return the relative address of the site's root, seen from `folder`: pages work below any prefix."""
    return "../" * folder.count("/")
