"""OPML 2.0 (http://opml.org/spec2.opml), as a list of subscriptions."""

from __future__ import annotations

from feeds.audit.validate import common, xml
from feeds.audit.validate.facts import Facts, Findings
from feeds.audit.validate.xml import line, only_child, text

OPML_TYPES = ("text/x-opml", "application/xml", "text/xml")


def check_opml(findings: Findings) -> Facts | None:
    """Add the problems of a list of subscriptions and return its facts; None where it can't be read."""
    common.check_media_type(findings, OPML_TYPES)
    root = xml.parse(findings)
    if root is None:
        return None
    if root.tag != "opml" or root.get("version") not in ("1.0", "1.1", "2.0"):
        findings.error(line(root), "opml", "it has no version that readers know", 'start with <opml version="2.0">')
    facts = Facts(findings.document.address, "opml")
    head = only_child(findings, root, "head", section="OPML 2.0")
    if head is not None:
        facts.title = text(head.find("title"))
        date = head.find("dateModified")
        if date is not None:
            common.parse_rfc822_date(findings, line(date), "head/dateModified", text(date))
    body = only_child(findings, root, "body", section="OPML 2.0")
    for outline in body.iter("outline") if body is not None else ():
        if not outline.get("text"):
            findings.error(line(outline), "outline/@text", "there is none (OPML 2.0)", "readers list the feed by it")
        if outline.get("type") == "rss" and not outline.get("xmlUrl"):
            findings.error(line(outline), "outline/@xmlUrl", "a subscription without an address (OPML 2.0)", "add it")
        address = outline.get("xmlUrl")
        if address and common.check_address(findings, line(outline), "outline/@xmlUrl", address):
            facts.links.append((address, line(outline)))
    return facts
