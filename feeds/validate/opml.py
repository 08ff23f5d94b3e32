"""OPML 2.0 (http://opml.org/spec2.opml), as a list of subscriptions."""

from __future__ import annotations

from feeds.validate import words, xml
from feeds.validate.facts import Facts, Sheet
from feeds.validate.xml import line, only, text

MEDIA_TYPES = ("text/x-opml", "application/xml", "text/xml")


def check(sheet: Sheet) -> Facts | None:
    """Note the problems of a list of subscriptions and return its facts; None where it can't be read."""
    words.media_type(sheet, MEDIA_TYPES)
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
            words.rss_date(sheet, line(date), "head/dateModified", text(date))
    body = only(sheet, root, "body", section="OPML 2.0")
    for outline in body.iter("outline") if body is not None else ():
        if not outline.get("text"):
            sheet.error(line(outline), "outline/@text", "there is none (OPML 2.0)", "readers list the feed by it")
        if outline.get("type") == "rss" and not outline.get("xmlUrl"):
            sheet.error(line(outline), "outline/@xmlUrl", "a subscription without an address (OPML 2.0)", "add it")
        address = outline.get("xmlUrl")
        if address and words.link(sheet, line(outline), "outline/@xmlUrl", address):
            facts.links.append((address, line(outline)))
    return facts
