"""The page of an article without a web page of its own (``/articles/<slug>/``)."""

from __future__ import annotations

import re
from html import escape, unescape

from markupsafe import Markup

from feeds.model import Entry, Link
from feeds.render.content import content_html
from feeds.render.head import FeedHead
from feeds.render.page import follow_panel, machine_date, shows_picture, values_of
from feeds.render.templating import render, up_from
from feeds.render.wording import Wording, wording_of
from feeds.rules.times import rfc3339
from feeds.settings.site import Site

_PICTURE = re.compile(r'<img ((?:[^<>"]|"[^"]*")*)>')  # in a quoted value, nh3 may leave "<" and ">" as they are
_ATTRIBUTE = re.compile(r'\b(src|alt)="([^"]*)"')
_HEADING = re.compile(r"(</?h)([1-6])(?=[\s>])")
_FIRST_HEADING = re.compile(r"\s*<h([1-6])(?:\s[^<>]*)?>(.*?)</h\1>\s*", re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")


def render_article(head: FeedHead, entry: Entry, folder: str, before: Link | None, after: Link | None) -> bytes:
    """Return the page of an article.

    Args:
        head: the head of the feed of all entries.
        entry: the entry.
        folder: the folder of the page.
        before, after: the articles before and after it in time that have such pages.
    """
    site = head.site
    return render(
        "article.html",
        site,
        folder,
        head=head,
        language=entry.language,
        follow=follow_panel(head, up_from(folder)),
        content=Markup(page_html(entry, site)),  # noqa: S704 - the corpus has sanitised it, and content_html escapes
        facts=_facts(entry, site),
        before=before,
        after=after,
        **values_of(entry, site, folder, day=True),
    )


def page_html(entry: Entry, site: Site) -> str:
    """Return the HTML of an article as its page shows it.

    Its first heading is left out if it repeats the title, and headings begin below that of the page. Pictures of other
    hosts are loaded when they come into view, without a referrer, or not at all.
    """
    say = wording_of(site.language)
    html = content_html(entry, say, entry.language or site.language)
    first = _FIRST_HEADING.match(html)
    if first is not None and _plain(first[2]) == _plain(entry.title):
        html = html[first.end() :]
    if "<h1" in html:
        html = _HEADING.sub(lambda tag: f"{tag[1]}{min(int(tag[2]) + 1, 6)}", html)
    return _PICTURE.sub(lambda tag: _picture(tag[1], site, say), html)


def _picture(attributes: str, site: Site, say: Wording) -> str:
    """Return an element for a picture, or its text if the page does not show it."""
    values = dict(_ATTRIBUTE.findall(attributes))
    if not shows_picture(unescape(values.get("src", "")), site):
        text = escape(unescape(values.get("alt", "")), quote=False) or say("picture")
        return f'<span class="quiet">[{text}]</span>'
    return f'<img {attributes} loading="lazy" referrerpolicy="no-referrer">'


def _plain(markup: str) -> str:
    """Return the text of markup as it is compared with a title."""
    return " ".join(unescape(_TAG.sub("", markup)).split()).casefold()


def _facts(entry: Entry, site: Site) -> dict[str, object]:
    """Return the facts of an article for search engines (https://schema.org/Article)."""
    publisher = {"@type": "Organization", "name": site.title, "url": site.address}
    authors = [{"@type": "Person", "name": author.name} for author in entry.authors]
    facts: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": entry.title,
        "datePublished": machine_date(entry),
        "dateModified": rfc3339(entry.updated),
        "author": authors or [publisher],
        "publisher": publisher,
        "mainEntityOfPage": entry.url,
        "inLanguage": entry.language or site.language,
    }
    if entry.summary:
        facts["description"] = entry.summary
    if entry.image is not None:
        facts["image"] = [entry.image.url]
    if entry.topics:
        facts["keywords"] = list(entry.topics)
    return facts
