"""The HTML page of a feed, for people who look at it before they subscribe, with autodiscovery links."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

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
    language = ""
    if entry.language:
        direction = "rtl" if is_right_to_left(entry.language) else "ltr"
        language = f' lang="{escape(entry.language)}" dir="{direction}"'
    date = _date(entry)
    summary = f"<p>{escape(entry.summary)}</p>\n" if entry.summary else ""
    return (
        f"<article{language}>\n"
        f'<h3><a href="{escape(entry.url)}">{escape(entry.title)}</a></h3>\n'
        f'<p class="by">{escape(_byline(entry))}, <time datetime="{date.machine}">{date.human}</time></p>\n'
        f"{summary}{''.join(map(_file, entry.enclosures))}</article>"
    ).encode()


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
        entries=Markup(b"\n".join(fragments).decode()),  # noqa: S704 - render_entry has escaped them
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
        files=Markup("".join(map(_file, entry.enclosures))),  # noqa: S704 - _file has escaped them
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
    local = (entry.local or entry.published).isoformat(" ")
    day = local[: len("2022-05-26")]
    if not entry.has_time:
        return _Date(day, day)
    return _Date(rfc3339(entry.published), local[: len("2022-05-26 15:52")])


def _byline(entry: Entry) -> str:
    """Return the authors and the publisher in one line."""
    return ", ".join(dict.fromkeys([*(author.name for author in entry.authors), entry.provider.name]))


def _file(file: Enclosure) -> str:
    """Return the line of a file: a link to it with its kind, and its duration."""
    media_type = f' type="{escape(file.media_type)}"' if file.media_type else ""
    duration = f" {_clock(file.duration)}" if file.duration else ""
    link = f'<a href="{escape(file.url)}"{media_type}>{_kind(file.media_type)}</a>'
    return f'<p class="by">{link}{duration}</p>\n'


def _kind(media_type: str) -> str:
    kind, _, name = media_type.partition("/")
    return {"audio": "Audio", "video": "Video", "image": "Picture"}.get(kind) or _DOCUMENTS.get(name, "File")


def _clock(seconds: int) -> str:
    """Return a duration such as ``1:02:03`` or ``2:03``."""
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
        loader=loader,
        autoescape=True,
        auto_reload=False,  # else every page looks whether the file of its template has changed
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name, globals={"is_right_to_left": is_right_to_left})


def _href(feed: Feed) -> str:
    return feed_folder(feed.kind, feed.slug) or "./"


def _up(folder: str) -> str:
    """Return the relative address of the site's root from `folder`: so pages work below any prefix."""
    return "../" * folder.count("/")
