"""HTML pages: their links to feeds, by which readers find these (HTML, section 4.6.7.1: rel=alternate)."""

from __future__ import annotations

from urllib.parse import urlunsplit

from lxml import etree

from feeds.audit.validate import common
from feeds.audit.validate.facts import Facts, Findings
from feeds.audit.validate.xml import line

PAGE_TYPES = ("text/html", "application/xhtml+xml")

_FEED_TYPES = ("application/atom+xml", "application/rss+xml", "application/feed+json")


def check_page(findings: Findings) -> Facts | None:
    """Add the problems of a page's autodiscovery links and return its facts; None where it leads to no feed."""
    common.check_media_type(findings, PAGE_TYPES)
    try:
        root = etree.fromstring(findings.document.body, etree.HTMLParser(encoding="utf-8", no_network=True))
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
    facts = Facts(findings.document.address, "html")
    base_element = root.find(".//base[@href]")
    base = base_element.get("href", "") if base_element is not None else ""
    for element in root.iter("link", "a"):
        if not _is_feed_link(element):
            continue
        href = element.get("href", "").strip()
        target = common.split_address(href, base)
        if not href or target is None:
            findings.error(line(element), "link/@href", "a link to a feed that leads nowhere", "say where the feed is")
        else:
            facts.links.append((urlunsplit(target), line(element)))
    return facts if facts.links else None


def _is_feed_link(element: etree._Element) -> bool:
    """Tell whether a link leads to a feed, or to a list of feeds (OPML)."""
    if element.tag == "a":
        return element.get("href", "").partition("?")[0].endswith(".opml")
    return "alternate" in element.get("rel", "").lower().split() and element.get("type", "").lower() in _FEED_TYPES
