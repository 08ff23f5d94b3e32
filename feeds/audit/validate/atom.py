"""Atom 1.0 (RFC 4287), and its archives (RFC 5005)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlunsplit

from lxml import etree

from feeds.audit.validate import common, xml
from feeds.audit.validate.facts import AuditedItem, Facts, Findings
from feeds.audit.validate.xml import line, only_child, text

ATOM_TYPES = ("application/atom+xml",)

_REGISTRY = "http://www.iana.org/assignments/relation/"
_A = f"{{{xml.ATOM}}}"


def check_atom(findings: Findings) -> Facts | None:
    """Add the problems of an Atom feed document and return its facts; None where it can't be read."""
    common.check_media_type(findings, ATOM_TYPES)
    root = xml.parse(findings)
    if root is None:
        return None
    if root.tag != f"{_A}feed":
        reason = f"the root is <{etree.QName(root).text}> (RFC 4287, 4.1.1)"
        findings.error(line(root), "feed", reason, f'it should be <feed xmlns="{xml.ATOM}">')
        return None
    facts = Facts(findings.document.address, "atom")
    facts.archive = root.find(f"{{{xml.HISTORY}}}archive") is not None
    if not facts.archive:
        common.check_size(findings)
    _check_feed(findings, root, facts)
    _check_authors(findings, root, "")
    has_author = root.find(f"{_A}author") is not None
    first: dict[tuple[str, str], int] = {}
    for number, entry in enumerate(root.iterfind(f"{_A}entry"), 1):
        item = _check_entry(findings, entry, f"entry[{number}]/", has_author=has_author)
        state = (item.id, text(entry.find(f"{_A}updated")))  # a feed may have several states of one entry (4.1.1)
        if item.id and first.setdefault(state, number) != number:
            reason = f"entry[{first[state]}] has it too: {item.id} (RFC 4287, 4.1.1)"
            findings.error(item.line, f"entry[{number}]/id", reason, "give each entry an id of its own")
        facts.items.append(item)
    return facts


def _check_feed(findings: Findings, root: etree._Element, facts: Facts) -> None:
    """Add the problems of the feed element itself, and its facts to `facts` (RFC 4287 section 4.1.1)."""
    identity = only_child(findings, root, f"{_A}id", section="RFC 4287, 4.1.1")
    if identity is not None:
        facts.id = text(identity)
        common.check_id(findings, line(identity), "id", facts.id)
    title = only_child(findings, root, f"{_A}title", section="RFC 4287, 4.1.1")
    if title is not None:
        facts.title = text(title)
        _check_text_construct(findings, title, "title")
    updated = only_child(findings, root, f"{_A}updated", section="RFC 4287, 4.1.1")
    if updated is not None:
        common.parse_rfc3339_date(findings, line(updated), "updated", text(updated))
    for rel, element in _checked_links(findings, root, "link"):
        if rel == "self":
            facts.self_link = element.get("href", "")
        elif rel in ("prev-archive", "next-archive", "current"):
            facts.links.append((element.get("href", ""), line(element)))
    if not facts.self_link:
        reason = "it does not say its own address (RFC 4287, 4.1.1)"
        findings.warning(line(root), "link", reason, 'add <link rel="self" href="…"/>: readers find moved feeds by it')


def _check_authors(findings: Findings, parent: etree._Element, at: str) -> None:
    """Add the problems of the authors of a feed or an entry."""
    for author in parent.iterfind(f"{_A}author"):
        if not text(author.find(f"{_A}name")):
            findings.error(line(author), f"{at}author", "it has no name (RFC 4287, 3.2.1)", "add <name>")


def _check_entry(findings: Findings, entry: etree._Element, at: str, *, has_author: bool) -> AuditedItem:
    """Add the problems of an entry and return it (RFC 4287 section 4.1.2).

    Args:
        findings: the problems of the document.
        entry: the element.
        at: the beginning of every place in a problem: ``entry[2]/``.
        has_author: whether the feed has an author, so that the entry needs none.
    """
    here = line(entry)
    identity = only_child(findings, entry, f"{_A}id", section="RFC 4287, 4.1.2", where=at)
    if identity is not None:
        common.check_id(findings, line(identity), f"{at}id", text(identity))
    title = only_child(findings, entry, f"{_A}title", section="RFC 4287, 4.1.2", where=at)
    if title is not None:
        _check_text_construct(findings, title, f"{at}title")
    updated = only_child(findings, entry, f"{_A}updated", section="RFC 4287, 4.1.2", where=at)
    changed = (
        common.parse_rfc3339_date(findings, line(updated), f"{at}updated", text(updated))
        if updated is not None
        else None
    )
    published = only_child(findings, entry, f"{_A}published", section="RFC 4287, 4.1.2", where=at, required=False)
    if published is not None:
        first = common.parse_rfc3339_date(findings, line(published), f"{at}published", text(published))
        if first is not None and changed is not None and changed < first:
            findings.warning(
                line(published), f"{at}published", "it is later than updated", "no entry changes before it is there"
            )
    if not has_author and entry.find(f"{_A}author") is None and entry.find(f"{_A}source/{_A}author") is None:
        findings.error(
            here, f"{at}author", "neither the entry nor the feed has one (RFC 4287, 4.1.1)", "add one to either"
        )
    _check_authors(findings, entry, at)
    url = ""
    for rel, element in _checked_links(findings, entry, f"{at}link"):
        if rel == "alternate" and not url:
            target = common.split_address(element.get("href", ""), element.base or "")
            url = urlunsplit(target) if target is not None else ""
    content = only_child(findings, entry, f"{_A}content", section="RFC 4287, 4.1.2", where=at, required=False)
    if content is None and not url:
        reason = "without content an entry needs a link to its page (RFC 4287, 4.1.2)"
        findings.error(here, f"{at}link", reason, 'add <link rel="alternate" href="…"/>')
    if content is not None and content.get("type") == "html":
        common.check_html(findings, line(content), f"{at}content", text(content))
    summary = only_child(findings, entry, f"{_A}summary", section="RFC 4287, 4.1.2", where=at, required=False)
    if summary is not None:
        _check_text_construct(findings, summary, f"{at}summary")
    return AuditedItem(text(identity), url, here)


def _checked_links(findings: Findings, parent: etree._Element, where: str) -> Iterator[tuple[str, etree._Element]]:
    """Add the problems of the links of `parent`; yield the relation and the element of every link (section 4.2.7)."""
    alternates: set[tuple[str, str]] = set()
    for element in parent.iterfind(f"{_A}link"):
        rel, href = element.get("rel", "alternate").removeprefix(_REGISTRY), element.get("href")
        if href is None:
            findings.error(line(element), where, "it has no href (RFC 4287, 4.2.7.1)", "say where it leads")
            continue
        target = common.split_address(href, element.base or "")  # xml:base may make it absolute
        if target is not None and not target.scheme:
            reason = f"{href!r} is relative to what the reader takes for the feed's address"
            findings.warning(line(element), f"{where}/@href", reason, "write all of it, https://… first")
        elif target is None or href.startswith("http"):
            common.check_address(findings, line(element), f"{where}/@href", href)
        if rel == "alternate":
            key = (element.get("type", ""), element.get("hreflang", ""))
            if key in alternates:
                reason = "there is another alternate of this type and language (RFC 4287, 4.1.1)"
                findings.error(line(element), where, reason, "keep one, or tell them apart by type or hreflang")
            alternates.add(key)
        yield rel, element


def _check_text_construct(findings: Findings, element: etree._Element, where: str) -> None:
    """Add the problems of a text construct (RFC 4287 section 3.1)."""
    kind = element.get("type", "text")
    if kind not in ("text", "html", "xhtml"):
        findings.error(
            line(element), where, f"type={kind!r} is none of text, html and xhtml (RFC 4287, 3.1.1)", "use one"
        )
    elif kind == "html":
        common.check_html(findings, line(element), where, text(element))
    elif kind == "text":
        common.check_plain_text(findings, line(element), where, text(element), markup_is_text=True)
        if len(element):
            findings.error(
                line(element), where, "it is plain text and has elements in it (RFC 4287, 3.1.1.1)", "escape them"
            )
