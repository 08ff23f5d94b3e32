"""OPML 2.0 (http://opml.org/spec2.opml), as a list of subscriptions."""

from __future__ import annotations

from feeds.audit.validate import common, xml
from feeds.audit.validate.facts import Facts, Findings
from feeds.audit.validate.xml import line, only, text

OPML_TYPES = ("text/x-opml", "application/xml", "text/xml")


def check_opml(sheet: Findings) -> Facts | None:
    """Note the problems of a list of subscriptions and return its facts; None where it can't be read."""
    common.media_type(sheet, OPML_TYPES)
    root = xml.parse(sheet)
    if root is None:
        return None
    if root.tag != "opml" or root.get("version") not in ("1.0", "1.1", "2.0"):
        sheet.error(line(root), "opml", "it has no version that readers know", 'start with <opml version="2.0">')
    facts = Facts(sheet.document.address, "opml")
    head = only(sheet, root, "head", section="OPML 2.0")
    if head is not None:
        facts.title = text(head.find("title"))
        date = head.find("dateModified")
        if date is not None:
            common.rss_date(sheet, line(date), "head/dateModified", text(date))
    body = only(sheet, root, "body", section="OPML 2.0")
    for outline in body.iter("outline") if body is not None else ():
        if not outline.get("text"):
            sheet.error(line(outline), "outline/@text", "there is none (OPML 2.0)", "readers list the feed by it")
        if outline.get("type") == "rss" and not outline.get("xmlUrl"):
            sheet.error(line(outline), "outline/@xmlUrl", "a subscription without an address (OPML 2.0)", "add it")
        address = outline.get("xmlUrl")
        if address and common.link(sheet, line(outline), "outline/@xmlUrl", address):
            facts.links.append((address, line(outline)))
    return facts
