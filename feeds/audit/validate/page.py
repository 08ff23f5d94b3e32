"""HTML pages: their links to feeds, by which readers find these (HTML, section 4.6.7.1: rel=alternate)."""

from __future__ import annotations

from urllib.parse import urlunsplit

from lxml import etree

from feeds.audit.validate import size, texts, values
from feeds.audit.validate.facts import Facts, Findings, Spot

PAGE_TYPES = ("text/html", "application/xhtml+xml")

_FEED_TYPES = ("application/atom+xml", "application/rss+xml", "application/feed+json")


def check_page(findings: Findings) -> Facts | None:
    """Add the problems of a page's autodiscovery links and return its facts; None where it leads to no feed."""
    size.check_content_type(findings, PAGE_TYPES)
    root = texts.html_root(findings.document.body)
    if root is None:
        return None
    facts = Facts(findings.document.address, "html")
    base_element = root.find(".//base[@href]")
    base = base_element.get("href", "") if base_element is not None else ""
    body = findings.document.body.splitlines()
    for element in root.iter("link", "a"):
        if not _is_feed_link(element):
            continue
        spot = _spot(element, body)
        href = element.get("href", "").strip()
        target = values.split_address(href, base)
        if not href or target is None:
            findings.add("page-link", spot, "it is a link to a feed that leads nowhere", "@href")
        else:
            facts.links.append((urlunsplit(target), spot))
    return facts if facts.links else None


def _spot(element: etree._Element, lines: list[bytes]) -> Spot:
    """Return the place of an element. The parser knows no columns: the first such link of the line is named."""
    line = int(element.sourceline or 1)
    text = lines[line - 1].decode("utf-8", "replace").lower() if line <= len(lines) else ""
    href = element.get("href", "").lower()
    name = str(element.tag)
    tag = "<" + name
    at = text.rfind(tag, 0, text.find(href) + 1) if href else text.find(tag)
    return Spot(line, max(at, 0) + 1, name)


def _is_feed_link(element: etree._Element) -> bool:
    """Tell whether a link leads to a feed, or to a list of feeds (OPML)."""
    if element.tag == "a":
        return element.get("href", "").partition("?")[0].endswith(".opml")
    return "alternate" in element.get("rel", "").lower().split() and element.get("type", "").lower() in _FEED_TYPES
