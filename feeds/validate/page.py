"""HTML pages: the feeds that they lead readers to (HTML, section 4.6.7.1: rel=alternate)."""

from __future__ import annotations

from lxml import etree

from feeds.validate import words
from feeds.validate.facts import Facts, Sheet
from feeds.validate.xml import line

MEDIA_TYPES = ("text/html", "application/xhtml+xml")

_FEEDS = ("application/atom+xml", "application/rss+xml", "application/feed+json")


def check(sheet: Sheet) -> Facts | None:
    """Note the problems of a page's autodiscovery links and return its facts; None where it leads to no feed."""
    words.media_type(sheet, MEDIA_TYPES)
    try:
        root = etree.fromstring(sheet.document.body, etree.HTMLParser(encoding="utf-8", no_network=True))
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
    facts = Facts(sheet.document.address, "html")
    for element in root.iter("link"):
        if "alternate" not in element.get("rel", "").lower().split() or element.get("type", "").lower() not in _FEEDS:
            continue
        href = element.get("href")
        if not href:
            sheet.error(line(element), "link/@href", "a link to a feed that leads nowhere", "say where the feed is")
            continue
        facts.links.append((href, line(element)))
    return facts if facts.links else None
