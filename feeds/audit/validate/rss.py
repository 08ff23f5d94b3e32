"""RSS 2.0 (the RSS Advisory Board's specification and its Best Practices Profile)."""

from __future__ import annotations

from lxml import etree

from feeds.audit.validate import common, xml
from feeds.audit.validate.facts import AuditedItem, Facts, Findings
from feeds.audit.validate.xml import line, only, text

RSS_TYPES = ("application/rss+xml", "application/rdf+xml")


def check_rss(sheet: Findings) -> Facts | None:
    """Note the problems of an RSS document and return its facts; None where it can't be read."""
    common.media_type(sheet, RSS_TYPES)
    common.size(sheet, "the feed")
    root = xml.parse(sheet)
    if root is None:
        return None
    if root.tag != "rss" or root.get("version") != "2.0":
        name = etree.QName(root).localname
        said = f'<{name} version="{root.get("version", "")}">'
        sheet.warning(
            line(root), "rss", f"the root is {said}, an old or another kind of RSS", "publish RSS 2.0 or Atom"
        )
        return Facts(sheet.document.address, "rss")
    channel = only(sheet, root, "channel", section="RSS 2.0")
    if channel is None:
        return None
    facts = Facts(sheet.document.address, "rss")
    _channel(sheet, channel, facts)
    first: dict[str, int] = {}
    for number, element in enumerate(channel.iterfind("item"), 1):
        item = _item(sheet, element, f"item[{number}]/")
        if item.id and first.setdefault(item.id, number) != number:
            reason = f"item[{first[item.id]}] has it too: {item.id}"
            sheet.error(item.line, f"item[{number}]/guid", reason, "give each item its own")
        facts.items.append(item)
    return facts


def _channel(sheet: Findings, channel: etree._Element, facts: Facts) -> None:
    for name in ("title", "link", "description"):
        element = only(sheet, channel, name, section="RSS 2.0, required channel elements")
        if element is None:
            continue
        if name == "link":
            common.link(sheet, line(element), name, text(element))
        else:
            common.plain(sheet, line(element), name, text(element))
    facts.title = text(channel.find("title"))
    itself = channel.find(f"{{{xml.ATOM}}}link[@rel='self']")
    if itself is None:
        reason = "it does not say its own address (Best Practices Profile)"
        sheet.warning(line(channel), "atom:link", reason, 'add <atom:link rel="self" href="…"/>')
    else:
        facts.itself = itself.get("href", "")
        common.link(sheet, line(itself), "atom:link/@href", facts.itself)
    for name in ("pubDate", "lastBuildDate"):
        date = only(sheet, channel, name, section="RSS 2.0", required=False)
        if date is not None:
            common.rss_date(sheet, line(date), name, text(date))
    ttl = only(sheet, channel, "ttl", section="RSS 2.0", required=False)
    if ttl is not None and not text(ttl).isdecimal():
        sheet.error(line(ttl), "ttl", f"{text(ttl)!r} is no number", "write whole minutes")


def _item(sheet: Findings, item: etree._Element, at: str) -> AuditedItem:
    here = line(item)
    title = only(sheet, item, "title", section="RSS 2.0", where=at, required=False)
    described = only(sheet, item, "description", section="RSS 2.0", where=at, required=False)
    if title is None and described is None:
        sheet.error(here, at.rstrip("/"), "it has neither title nor description (RSS 2.0)", "add one")
    if title is not None:
        common.plain(sheet, line(title), f"{at}title", text(title))
    url = only(sheet, item, "link", section="RSS 2.0", where=at, required=False)
    if url is not None:
        common.link(sheet, line(url), f"{at}link", text(url))
    date = only(sheet, item, "pubDate", section="RSS 2.0", where=at, required=False)
    if date is None:
        sheet.warning(here, f"{at}pubDate", "there is none: readers show the time at which they saw it", "add one")
    else:
        common.rss_date(sheet, line(date), f"{at}pubDate", text(date))
    guid = only(sheet, item, "guid", section="RSS 2.0", where=at, required=False)
    if guid is None:
        sheet.warning(here, f"{at}guid", "there is none: readers guess what is new by address or title", "add one")
    elif guid.get("isPermaLink", "true") == "true":
        common.link(sheet, line(guid), f"{at}guid", text(guid))
    for enclosure in item.iterfind("enclosure"):
        missing = [name for name in ("url", "length", "type") if enclosure.get(name) is None]
        if missing:
            sheet.error(line(enclosure), f"{at}enclosure", f"it lacks {', '.join(missing)} (RSS 2.0)", "add that")
    content = item.find(f"{{{xml.CONTENT}}}encoded")
    if content is not None:
        common.markup(sheet, line(content), f"{at}content:encoded", text(content))
        if described is not None and item.index(content) < item.index(described):
            reason = "it stands before description, and some readers then show only that"
            sheet.warning(line(content), f"{at}content:encoded", reason, "put description first")
    elif described is not None:
        common.markup(sheet, line(described), f"{at}description", text(described))
    return AuditedItem(text(guid) or text(url), text(url), here)
