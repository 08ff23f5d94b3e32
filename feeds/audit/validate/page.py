"""HTML pages: the feeds that they lead readers to (HTML, section 4.6.7.1: rel=alternate)."""

from __future__ import annotations

from urllib.parse import urlunsplit

from lxml import etree

from feeds.audit.validate import common
from feeds.audit.validate.facts import Facts, Findings
from feeds.audit.validate.xml import line

PAGE_TYPES = ("text/html", "application/xhtml+xml")

_FEEDS = ("application/atom+xml", "application/rss+xml", "application/feed+json")


def check_page(sheet: Findings) -> Facts | None:
    """Note the problems of a page's autodiscovery links and return its facts; None where it leads to no feed."""
    common.media_type(sheet, PAGE_TYPES)
    try:
        root = etree.fromstring(sheet.document.body, etree.HTMLParser(encoding="utf-8", no_network=True))
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
    facts = Facts(sheet.document.address, "html")
    declared = root.find(".//base[@href]")
    base = declared.get("href", "") if declared is not None else ""
    for element in root.iter("link", "a"):
        if not _leads_to_feeds(element):
            continue
        href = element.get("href", "").strip()
        target = common.parts(href, base)
        if not href or target is None:
            sheet.error(line(element), "link/@href", "a link to a feed that leads nowhere", "say where the feed is")
        else:
            facts.links.append((urlunsplit(target), line(element)))
    return facts if facts.links else None


def _leads_to_feeds(element: etree._Element) -> bool:
    """Tell whether a link is one to a feed, or to a list of feeds."""
    if element.tag == "a":
        return element.get("href", "").partition("?")[0].endswith(".opml")
    return "alternate" in element.get("rel", "").lower().split() and element.get("type", "").lower() in _FEEDS
