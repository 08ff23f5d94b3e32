"""The HTML page of a feed, for people who look at it before they subscribe, with autodiscovery links."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from feeds.model import Enclosure, Entry, Feed
from feeds.render.content import content_html
from feeds.render.head import FeedHead
from feeds.rules.languages import is_right_to_left
from feeds.rules.site_layout import FEED_FORMATS, HEADINGS, OPML_PATH, STYLE_PATH, feed_folder
from feeds.rules.times import rfc3339

_DOCUMENTS = {"pdf": "PDF", "epub+zip": "EPUB"}
_SUBSCRIPTIONS = tuple((row.title, row.file_name, row.media_type) for row in FEED_FORMATS)


def render_entry(entry: Entry, _address: str) -> bytes:
    """Return `entry` as one ``<article>`` of the page of a feed."""
    values = {"entry": entry, "byline": _byline(entry), "date": _date(entry), "files": _files(entry)}
    return _template("entry.html").render(values).encode()


def render_feed(head: FeedHead, fragments: Sequence[bytes]) -> bytes:
    """Return the page of a feed. The page at the root of the site lists all feeds as well."""
    groups = [
        (heading, [(feed, _href(feed)) for feed in head.directory if feed.kind is kind])
        for kind, heading in HEADINGS.items()
    ]
    return _render(
        "feed.html",
        head=head,
        language=head.site.language,
        style=_up(head.folder) + STYLE_PATH,
        up=_up(head.folder),
        subscriptions=_SUBSCRIPTIONS if head.feed.ended is None else (),
        groups=[(heading, feeds) for heading, feeds in groups if feeds],
        opml=OPML_PATH,
        entries=[Markup(fragment.decode()) for fragment in fragments],  # noqa: S704 - render_entry has escaped them
    )


def render_article(head: FeedHead, entry: Entry) -> bytes:
    """Return the page of an entry without a web page of its own (``/articles/<slug>/``)."""
    up = "../../"
    return _render(
        "article.html",
        head=head,
        language=entry.language or head.site.language,
        entry=entry,
        byline=_byline(entry),
        date=_date(entry),
        files=_files(entry),
        content=Markup(content_html(entry)),  # noqa: S704 - the corpus has sanitised it, content_html has escaped the rest
        style=up + STYLE_PATH,
        up=up,
        subscriptions=[(name, up + file_name, media_type) for name, file_name, media_type in _SUBSCRIPTIONS],
    )


class _Date(NamedTuple):
    """The date of an entry: the value of ``datetime`` in HTML, and the text for people in the time zone of the site."""

    machine: str
    human: str


def _date(entry: Entry) -> _Date:
    local = entry.local or entry.published
    day = f"{local:%Y-%m-%d}"
    if not entry.has_time:
        return _Date(day, day)
    return _Date(rfc3339(entry.published), f"{day} {local:%H:%M}")


def _byline(entry: Entry) -> str:
    """Return the authors and the publisher in one line."""
    return ", ".join(dict.fromkeys([*(author.name for author in entry.authors), entry.provider.name]))


def _files(entry: Entry) -> list[tuple[Enclosure, str, str]]:
    """Return the files of an entry with their kinds and durations, for people."""
    return [(file, _kind(file.media_type), _clock(file.duration)) for file in entry.enclosures]


def _kind(media_type: str) -> str:
    kind, _, name = media_type.partition("/")
    return {"audio": "Audio", "video": "Video", "image": "Picture"}.get(kind) or _DOCUMENTS.get(name, "File")


def _clock(seconds: int | None) -> str:
    """Return a duration such as ``1:02:03`` or ``2:03``; an empty text if it is not known."""
    if not seconds:
        return ""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def style_sheet() -> bytes:
    """Return the style sheet of all pages."""
    return Path(__file__).with_name("templates").joinpath("style.css").read_bytes()


def _render(name: str, **values: object) -> bytes:
    return (_template(name).render(**values).rstrip() + "\n").encode()


@cache
def _template(name: str) -> Template:
    loader = PackageLoader("feeds.render", "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name, globals={"is_right_to_left": is_right_to_left})


def _href(feed: Feed) -> str:
    return feed_folder(feed.kind, feed.slug) or "./"


def _up(folder: str) -> str:
    """Return the relative address of the site's root from `folder`: so pages work below any prefix."""
    return "../" * folder.count("/")
