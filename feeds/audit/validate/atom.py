"""Atom 1.0 (RFC 4287), and its archives (RFC 5005)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlunsplit

from lxml import etree

from feeds.audit.validate import common, xml
from feeds.audit.validate.facts import AuditedItem, Facts, Findings
from feeds.audit.validate.xml import line, only, text

ATOM_TYPES = ("application/atom+xml",)

_REGISTRY = "http://www.iana.org/assignments/relation/"
_A = f"{{{xml.ATOM}}}"


def check_atom(sheet: Findings) -> Facts | None:
    """Note the problems of an Atom feed document and return its facts; None where it can't be read."""
    common.media_type(sheet, ATOM_TYPES)
    root = xml.parse(sheet)
    if root is None:
        return None
    if root.tag != f"{_A}feed":
        reason = f"the root is <{etree.QName(root).text}> (RFC 4287, 4.1.1)"
        sheet.error(line(root), "feed", reason, f'it should be <feed xmlns="{xml.ATOM}">')
        return None
    facts = Facts(sheet.document.address, "atom")
    facts.archive = root.find(f"{{{xml.HISTORY}}}archive") is not None
    if not facts.archive:
        common.size(sheet, "the feed")
    _feed(sheet, root, facts)
    has_author = root.find(f"{_A}author") is not None
    first: dict[tuple[str, str], int] = {}
    for number, entry in enumerate(root.iterfind(f"{_A}entry"), 1):
        item = _entry(sheet, entry, f"entry[{number}]/", has_author=has_author)
        state = (item.id, text(entry.find(f"{_A}updated")))  # several states of one entry may stand in a feed
        if item.id and first.setdefault(state, number) != number:
            reason = f"entry[{first[state]}] has it too: {item.id} (RFC 4287, 4.1.1)"
            sheet.error(item.line, f"entry[{number}]/id", reason, "give each entry an id of its own")
        facts.items.append(item)
    return facts


def _feed(sheet: Findings, root: etree._Element, facts: Facts) -> None:
    identity = only(sheet, root, f"{_A}id", section="RFC 4287, 4.1.1")
    if identity is not None:
        facts.id = text(identity)
        common.identifier(sheet, line(identity), "id", facts.id)
    title = only(sheet, root, f"{_A}title", section="RFC 4287, 4.1.1")
    if title is not None:
        facts.title = text(title)
        _text(sheet, title, "title")
    updated = only(sheet, root, f"{_A}updated", section="RFC 4287, 4.1.1")
    if updated is not None:
        common.atom_date(sheet, line(updated), "updated", text(updated))
    for rel, element in _links(sheet, root, "link"):
        if rel == "self":
            facts.itself = element.get("href", "")
        elif rel in ("prev-archive", "next-archive", "current"):
            facts.links.append((element.get("href", ""), line(element)))
    if not facts.itself:
        reason = "it does not say its own address (RFC 4287, 4.1.1)"
        sheet.warning(line(root), "link", reason, 'add <link rel="self" href="…"/>: readers find moved feeds by it')


def _entry(sheet: Findings, entry: etree._Element, at: str, *, has_author: bool) -> AuditedItem:
    here = line(entry)
    identity = only(sheet, entry, f"{_A}id", section="RFC 4287, 4.1.2", where=at)
    if identity is not None:
        common.identifier(sheet, line(identity), f"{at}id", text(identity))
    title = only(sheet, entry, f"{_A}title", section="RFC 4287, 4.1.2", where=at)
    if title is not None:
        _text(sheet, title, f"{at}title")
    updated = only(sheet, entry, f"{_A}updated", section="RFC 4287, 4.1.2", where=at)
    changed = common.atom_date(sheet, line(updated), f"{at}updated", text(updated)) if updated is not None else None
    published = only(sheet, entry, f"{_A}published", section="RFC 4287, 4.1.2", where=at, required=False)
    if published is not None:
        first = common.atom_date(sheet, line(published), f"{at}published", text(published))
        if first is not None and changed is not None and changed < first:
            sheet.warning(
                line(published), f"{at}published", "it is later than updated", "no entry changes before it is there"
            )
    if not has_author and entry.find(f"{_A}author") is None and entry.find(f"{_A}source/{_A}author") is None:
        sheet.error(
            here, f"{at}author", "neither the entry nor the feed has one (RFC 4287, 4.1.1)", "add one to either"
        )
    for author in entry.iterfind(f"{_A}author"):
        if not text(author.find(f"{_A}name")):
            sheet.error(line(author), f"{at}author", "it has no name (RFC 4287, 3.2.1)", "add <name>")
    url = ""
    for rel, element in _links(sheet, entry, f"{at}link"):
        if rel == "alternate" and not url:
            found = common.parts(element.get("href", ""), element.base or "")
            url = urlunsplit(found) if found is not None else ""
    content = only(sheet, entry, f"{_A}content", section="RFC 4287, 4.1.2", where=at, required=False)
    if content is None and not url:
        reason = "without content an entry needs a link to its page (RFC 4287, 4.1.2)"
        sheet.error(here, f"{at}link", reason, 'add <link rel="alternate" href="…"/>')
    if content is not None and content.get("type") == "html":
        common.markup(sheet, line(content), f"{at}content", text(content))
    summary = only(sheet, entry, f"{_A}summary", section="RFC 4287, 4.1.2", where=at, required=False)
    if summary is not None:
        _text(sheet, summary, f"{at}summary")
    return AuditedItem(text(identity), url, here)


def _links(sheet: Findings, parent: etree._Element, where: str) -> Iterator[tuple[str, etree._Element]]:
    """Yield the relation of each link of `parent`, and the link."""
    alternates: set[tuple[str, str]] = set()
    for element in parent.iterfind(f"{_A}link"):
        rel, href = element.get("rel", "alternate").removeprefix(_REGISTRY), element.get("href")
        if href is None:
            sheet.error(line(element), where, "it has no href (RFC 4287, 4.2.7.1)", "say where it leads")
            continue
        target = common.parts(href, element.base or "")  # xml:base may make it absolute
        if target is not None and not target.scheme:
            reason = f"{href!r} is relative to what the reader takes for the feed's address"
            sheet.warning(line(element), f"{where}/@href", reason, "write all of it, https://… first")
        elif target is None or href.startswith("http"):
            common.link(sheet, line(element), f"{where}/@href", href)
        if rel == "alternate":
            key = (element.get("type", ""), element.get("hreflang", ""))
            if key in alternates:
                reason = "there is another alternate of this type and language (RFC 4287, 4.1.1)"
                sheet.error(line(element), where, reason, "keep one, or tell them apart by type or hreflang")
            alternates.add(key)
        yield rel, element


def _text(sheet: Findings, element: etree._Element, where: str) -> None:
    """Note what is wrong with a text construct (RFC 4287 section 3.1)."""
    kind = element.get("type", "text")
    if kind not in ("text", "html", "xhtml"):
        sheet.error(line(element), where, f"type={kind!r} is none of text, html and xhtml (RFC 4287, 3.1.1)", "use one")
    elif kind == "html":
        common.markup(sheet, line(element), where, text(element))
    elif kind == "text":
        common.plain(sheet, line(element), where, text(element), markup_is_text=True)
        if len(element):
            sheet.error(
                line(element), where, "it is plain text and has elements in it (RFC 4287, 3.1.1.1)", "escape them"
            )
