"""RSS 2.0 (the RSS Advisory Board's specification and its Best Practices Profile)."""

from __future__ import annotations

from lxml import etree

from feeds.audit.validate import common, xml
from feeds.audit.validate.facts import AuditedItem, Facts, Findings
from feeds.audit.validate.xml import line, only_child, text

RSS_TYPES = ("application/rss+xml", "application/rdf+xml")


def check_rss(findings: Findings) -> Facts | None:
    """Add the problems of an RSS document and return its facts; None where it can't be read."""
    common.check_media_type(findings, RSS_TYPES)
    common.check_size(findings)
    root = xml.parse(findings)
    if root is None:
        return None
    if root.tag != "rss" or root.get("version") != "2.0":
        name = etree.QName(root).localname
        tag = f'<{name} version="{root.get("version", "")}">'
        findings.warning(
            line(root), "rss", f"the root is {tag}, an old or another kind of RSS", "publish RSS 2.0 or Atom"
        )
        return Facts(findings.document.address, "rss")
    channel = only_child(findings, root, "channel", section="RSS 2.0")
    if channel is None:
        return None
    facts = Facts(findings.document.address, "rss")
    _check_channel(findings, channel, facts)
    first: dict[str, int] = {}
    for number, element in enumerate(channel.iterfind("item"), 1):
        item = _check_rss_item(findings, element, f"item[{number}]/")
        if item.id and first.setdefault(item.id, number) != number:
            reason = f"item[{first[item.id]}] has it too: {item.id}"
            findings.error(item.line, f"item[{number}]/guid", reason, "give each item its own")
        facts.items.append(item)
    return facts


def _check_channel(findings: Findings, channel: etree._Element, facts: Facts) -> None:
    """Add the problems of the channel without its items, and its facts to `facts`."""
    for name in ("title", "link", "description"):
        element = only_child(findings, channel, name, section="RSS 2.0, required channel elements")
        if element is None:
            continue
        if name == "link":
            common.check_address(findings, line(element), name, text(element))
        else:
            common.check_plain_text(findings, line(element), name, text(element))
    facts.title = text(channel.find("title"))
    self_link = channel.find(f"{{{xml.ATOM}}}link[@rel='self']")
    if self_link is None:
        reason = "it does not say its own address (Best Practices Profile)"
        findings.warning(line(channel), "atom:link", reason, 'add <atom:link rel="self" href="…"/>')
    else:
        facts.self_link = self_link.get("href", "")
        common.check_address(findings, line(self_link), "atom:link/@href", facts.self_link)
    for name in ("pubDate", "lastBuildDate"):
        date = only_child(findings, channel, name, section="RSS 2.0", required=False)
        if date is not None:
            common.parse_rfc822_date(findings, line(date), name, text(date))
    ttl = only_child(findings, channel, "ttl", section="RSS 2.0", required=False)
    if ttl is not None and not text(ttl).isdecimal():
        findings.error(line(ttl), "ttl", f"{text(ttl)!r} is no number", "write whole minutes")


def _check_rss_item(findings: Findings, item: etree._Element, at: str) -> AuditedItem:
    """Add the problems of an item, whose places in problems begin with `at` (``item[2]/``), and return it."""
    here = line(item)
    title = only_child(findings, item, "title", section="RSS 2.0", where=at, required=False)
    described = only_child(findings, item, "description", section="RSS 2.0", where=at, required=False)
    if title is None and described is None:
        findings.error(here, at.rstrip("/"), "it has neither title nor description (RSS 2.0)", "add one")
    if title is not None:
        common.check_plain_text(findings, line(title), f"{at}title", text(title))
    url = only_child(findings, item, "link", section="RSS 2.0", where=at, required=False)
    if url is not None:
        common.check_address(findings, line(url), f"{at}link", text(url))
    date = only_child(findings, item, "pubDate", section="RSS 2.0", where=at, required=False)
    if date is None:
        findings.warning(here, f"{at}pubDate", "there is none: readers show the time at which they saw it", "add one")
    else:
        common.parse_rfc822_date(findings, line(date), f"{at}pubDate", text(date))
    guid = only_child(findings, item, "guid", section="RSS 2.0", where=at, required=False)
    if guid is None:
        findings.warning(here, f"{at}guid", "there is none: readers guess what is new by address or title", "add one")
    elif guid.get("isPermaLink", "true") == "true":
        common.check_address(findings, line(guid), f"{at}guid", text(guid))
    for enclosure in item.iterfind("enclosure"):
        missing = [name for name in ("url", "length", "type") if enclosure.get(name) is None]
        if missing:
            findings.error(line(enclosure), f"{at}enclosure", f"it lacks {', '.join(missing)} (RSS 2.0)", "add that")
    content = item.find(f"{{{xml.CONTENT}}}encoded")
    if content is not None:
        common.check_html(findings, line(content), f"{at}content:encoded", text(content))
        if described is not None and item.index(content) < item.index(described):
            reason = "it stands before description, and some readers then show only that"
            findings.warning(line(content), f"{at}content:encoded", reason, "put description first")
    elif described is not None:
        common.check_html(findings, line(described), f"{at}description", text(described))
    return AuditedItem(text(guid) or text(url), text(url), here)
