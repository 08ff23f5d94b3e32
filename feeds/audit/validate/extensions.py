"""Elements of known namespaces in feeds: where they stand, how often, and which values they have."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from feeds.audit.validate import values
from feeds.audit.validate.facts import Findings
from feeds.audit.validate.tree import ATOM, CONTENT, HISTORY, RDF, XHTML, Node

DC = "http://purl.org/dc/elements/1.1/"
TERMS = "http://purl.org/dc/terms/"
SYNDICATION = "http://purl.org/rss/1.0/modules/syndication/"
TRACKBACK = "http://madskills.com/public/xml/rss/module/trackback/"
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"

Check = Callable[[Findings, Node], None]
"""Adds the problems of the value of an element."""

FEED, ITEM = ("channel", "feed"), ("item", "entry")
BOTH = FEED + ITEM


class Extension(NamedTuple):
    """An element of a namespace.

    Attributes:
        places: the elements in which it may stand; empty for any.
        check: the check of its value, or None.
        many: whether it may be there several times.
    """

    places: tuple[str, ...] = BOTH
    check: Check | None = None
    many: bool = False


def _one_of(*words: str) -> Check:
    def check(findings: Findings, node: Node) -> None:
        if node.text.strip().lower() not in words:
            findings.add("extension-value", node, f"{node.text.strip()!r} is none of {', '.join(words)}")

    return check


def _within(least: float, most: float) -> Check:
    def check(findings: Findings, node: Node) -> None:
        try:
            good = least <= float(node.text) <= most
        except ValueError:
            good = False
        if not good:
            findings.add("extension-value", node, f"{node.text.strip()!r} is not between {least} and {most}")

    return check


def _like(pattern: str, form: str) -> Check:
    compiled = re.compile(pattern, re.ASCII)

    def check(findings: Findings, node: Node) -> None:
        if not compiled.fullmatch(node.text.strip()):
            findings.add("extension-value", node, f"{node.text.strip()!r} is no {form}")

    return check


def _date(findings: Findings, node: Node) -> None:
    values.w3c_date(findings, node, node.text.strip())


def _rfc3339(findings: Findings, node: Node) -> None:
    values.rfc3339_date(findings, node, node.text.strip())


def _language(findings: Findings, node: Node) -> None:
    values.check_language(findings, node, node.text.strip())


def _address(findings: Findings, node: Node) -> None:
    resource = node.attributes.get(f"{{{RDF}}}resource")
    in_rss1 = node.parent is not None and node.parent.namespace == "http://purl.org/rss/1.0/"
    if resource is not None and (in_rss1 or not node.text.strip()):
        values.check_address(findings, node, resource, "@rdf:resource")
    if (resource is None) == in_rss1 and node.namespace == TRACKBACK:
        form = "in the attribute rdf:resource" if in_rss1 else "as text"
        findings.add("extension-value", node, f"here the address stands {form}")
    elif resource is None:
        values.check_address(findings, node, node.text)


def _image(findings: Findings, node: Node) -> None:
    address = node.attributes.get("href", "")
    if values.check_address(findings, node, address, "@href") and address.lower().endswith((".gif", ".svg", ".webp")):
        findings.add("podcast-image", node, "it is neither JPEG nor PNG", "@href")


def _explicit(findings: Findings, node: Node) -> None:
    if node.text.strip().lower() not in ("true", "false", "yes", "no", "clean", "explicit"):
        findings.add("podcast-explicit", node, f"{node.text.strip()!r} is neither true nor false")


_NUMBER = _like(r"\d+", "whole number")
_POSITIVE = _like(r"0*[1-9]\d*", "whole number from 1")
_TEXT = Extension()
_ITEM_TEXT = Extension(ITEM)
_MANY = Extension((), many=True)
_LATITUDE, _LONGITUDE = Extension((), _within(-90, 90)), Extension((), _within(-180, 180))

NAMESPACES: dict[str, dict[str, Extension]] = {
    ATOM: {},
    XHTML: {},
    RDF: {},
    HISTORY: {},
    CONTENT: {"encoded": Extension(ITEM), "items": _MANY},
    DC: {
        **dict.fromkeys(
            ("contributor", "coverage", "creator", "format", "identifier", "publisher", "relation", "rights", "source"),
            _MANY,
        ),
        **dict.fromkeys(("description", "subject", "title", "type"), _MANY),
        "date": Extension((), _date),
        "language": Extension((), _language),
    },
    TERMS: {},
    SYNDICATION: {
        "updatePeriod": Extension(FEED, _one_of("hourly", "daily", "weekly", "monthly", "yearly")),
        "updateFrequency": Extension(FEED, _POSITIVE),
        "updateBase": Extension(FEED, _date),
    },
    ITUNES: {
        **dict.fromkeys(("author", "subtitle", "summary", "title", "keywords", "block", "isClosedCaptioned"), _TEXT),
        "category": Extension(("channel", "category", "item"), many=True),
        "complete": Extension(FEED),
        "owner": Extension(FEED),
        **dict.fromkeys(("name", "email"), Extension(("owner",))),
        "new-feed-url": Extension(FEED, _address),
        "type": Extension(FEED, _one_of("episodic", "serial")),
        "image": Extension(BOTH, _image),
        "explicit": Extension(BOTH, _explicit),
        "duration": Extension(ITEM, _like(r"\d+(?::\d\d?){0,2}(?:\.\d+)?", "duration (HH:MM:SS, or seconds)")),
        "episode": Extension(ITEM, _POSITIVE),
        "season": Extension(ITEM, _POSITIVE),
        "order": Extension(ITEM, _NUMBER),
        "episodeType": Extension(ITEM, _one_of("full", "trailer", "bonus")),
    },
    "http://search.yahoo.com/mrss/": {},
    "http://www.w3.org/2003/01/geo/wgs84_pos#": {"lat": _LATITUDE, "long": _LONGITUDE, "alt": _MANY, "Point": _MANY},
    "http://geourl.org/rss/module/": {"latitude": _LATITUDE, "longitude": _LONGITUDE},
    "http://postneo.com/icbm": {"latitude": _LATITUDE, "longitude": _LONGITUDE},
    "http://www.georss.org/georss": {},
    "http://backend.userland.com/creativeCommonsRssModule": {"license": Extension(BOTH, _address, many=True)},
    "http://backend.userland.com/blogChannelModule": {
        **dict.fromkeys(("blogRoll", "mySubscriptions", "blink", "changes"), Extension(FEED, _address)),
    },
    TRACKBACK: {
        "ping": Extension(ITEM, _address),
        "about": Extension(ITEM, _address, many=True),
    },
    "http://purl.org/rss/1.0/modules/slash/": {
        "comments": Extension(ITEM, _NUMBER),
        "hit_parade": Extension(ITEM, _like(r"\d+(?:,\d+)*", "list of whole numbers")),
        "section": _ITEM_TEXT,
        "department": _ITEM_TEXT,
    },
    "http://wellformedweb.org/CommentAPI/": {
        "comment": Extension(ITEM, _address),
        "commentRss": Extension(ITEM, _address),
    },
    "http://webns.net/mvcb/": {
        "generatorAgent": Extension(FEED, _address),
        "errorReportsTo": Extension(FEED),
    },
    "http://purl.org/syndication/thread/1.0": {},
    "http://www.w3.org/2007/app": {"edited": Extension(ITEM, _rfc3339), "control": _ITEM_TEXT},
}
"""Namespace → its elements; empty for one whose elements are not checked."""


def check_extensions(findings: Findings, parent: Node) -> None:
    """Add the problems of the elements of other namespaces in `parent`, which is an element of Atom or RSS."""
    seen: set[str] = set()
    for node in parent.elements:
        elements = NAMESPACES.get(node.namespace)
        if not elements or node.namespace == parent.namespace:
            continue
        extension = elements.get(node.local)
        if extension is None:
            right = next((name for name in elements if name.lower() == node.local.lower()), "")
            advice = f"write {right}" if right else ""
            findings.add("extension-unknown", node, "its namespace has no element of this name", advice=advice)
            continue
        if extension.places and parent.local not in extension.places:
            findings.add("extension-misplaced", node, f"it has no meaning in <{parent.name}>")
        elif node.tag in seen and not extension.many:
            findings.add("extension-repeated", node, f"there is another one in <{parent.name}>")
        elif extension.check is not None:
            extension.check(findings, node)
        seen.add(node.tag)
