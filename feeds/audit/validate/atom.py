"""Atom 1.0 (RFC 4287), and its archives (RFC 5005)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlunsplit

from feeds.audit.validate import atom_texts, size, values, xml
from feeds.audit.validate.extensions import check_extensions
from feeds.audit.validate.facts import AuditedItem, Facts, Findings, Spot
from feeds.audit.validate.grammar import MANY, MAYBE, ONE, Element, Grammar, check_grammar
from feeds.audit.validate.page import PAGE_TYPES
from feeds.audit.validate.tree import ATOM, HISTORY, Node, join

ATOM_TYPES = ("application/atom+xml",)

_REGISTRY = "http://www.iana.org/assignments/relation/"
_A = f"{{{ATOM}}}"

_PEOPLE_AND_LINKS = {"author": MANY, "category": MANY, "contributor": MANY, "link": MANY, "rights": MAYBE}
_OF_A_FEED = {**_PEOPLE_AND_LINKS, "generator": MAYBE, "icon": MAYBE, "logo": MAYBE, "subtitle": MAYBE}
_NEEDED = {"id": ONE, "title": ONE, "updated": ONE}
_PERSON = Element({"name": ONE, "uri": MAYBE, "email": MAYBE})
_TEXT = Element(attributes=("type",), has_text=True, open=True)
_LEAF = Element(has_text=True)

GRAMMAR = Grammar(
    "atom",
    {
        "feed": Element({**_NEEDED, **_OF_A_FEED, "entry": MANY}),
        "entry": Element(
            {
                **_NEEDED,
                **_PEOPLE_AND_LINKS,
                **dict.fromkeys(("content", "published", "source", "summary"), MAYBE),
            }
        ),
        "source": Element({**dict.fromkeys(_NEEDED, MAYBE), **_OF_A_FEED}),
        "author": _PERSON,
        "contributor": _PERSON,
        **dict.fromkeys(("title", "subtitle", "summary", "rights"), _TEXT),
        "content": Element(attributes=("type", "src"), has_text=True, open=True),
        "link": Element({}, ("href",), ("rel", "type", "hreflang", "title", "length"), has_text=True, open=True),
        "category": Element({}, ("term",), ("scheme", "label"), has_text=True, open=True),
        "generator": Element(attributes=("uri", "version"), has_text=True),
        **dict.fromkeys(("id", "updated", "published", "icon", "logo", "name", "uri", "email"), _LEAF),
    },
)


def check_atom(findings: Findings) -> Facts | None:
    """Add the problems of an Atom document, of a feed or one entry, and return its facts; None if it can't be read."""
    size.check_content_type(findings, ATOM_TYPES)
    root = xml.open_xml(findings)
    if root is None:
        return None
    if root.tag not in (f"{_A}feed", f"{_A}entry"):
        findings.add("xml-root", root, f"the root is <{root.tag}>", advice=f'begin with <feed xmlns="{ATOM}">')
        return None
    facts = Facts(findings.document.address, "atom")
    facts.archive = root.first(f"{{{HISTORY}}}archive") is not None
    if not facts.archive:
        size.check_size(findings)
    check_grammar(findings, root, GRAMMAR)
    _check_values(findings, root)
    if root.local == "entry":
        facts.items.append(_check_entry(findings, root, has_author=False))
        return facts
    _check_feed(findings, root, facts)
    has_author = root.first(f"{_A}author") is not None
    entries = root.all(f"{_A}entry")
    facts.items = [_check_entry(findings, entry, has_author=has_author) for entry in entries]
    _check_repeated(findings, entries, facts.items)
    return facts


def _check_values(findings: Findings, root: Node) -> None:
    """Add the problems of the values in `root`: of texts, dates, addresses, persons and links, wherever they stand."""
    for node in _atom_elements(root):
        if node.local in ("feed", "entry", "source"):
            check_extensions(findings, node)
            _check_links(findings, node)
        elif node.local in ("title", "subtitle", "summary", "rights"):
            atom_texts.check_text(findings, node)
        elif node.local == "id":
            values.check_id(findings, node, node.text)
        elif node.local in ("uri", "icon", "logo"):
            values.check_address(findings, node, node.text, base=node.base)
        elif node.local == "email" and not values.is_mail_address(node.text.strip()):
            findings.add("e-mail", node, f"{node.text.strip()!r} is no address of e-mail")
        elif node.local == "name" and not node.text.strip():
            findings.add("atom-name-empty", node, "it is empty")
        elif node.local == "generator" and "uri" in node.attributes:
            values.check_address(findings, node, node.attributes["uri"], "@uri", base=node.base)
        elif node.local == "category" and "scheme" in node.attributes:
            values.check_address(findings, node, node.attributes["scheme"], "@scheme")
        elif node.local == "updated" and node.parent is not None and node.parent.local != "entry":
            values.rfc3339_date(findings, node, values.trimmed(findings, node, node.text))


def _atom_elements(root: Node) -> Iterator[Node]:
    """Yield `root` and the elements of Atom in it, but none in a text or in another namespace."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        element = GRAMMAR.element(node)
        if element is not None and not element.open:
            waiting += reversed([child for child in node.elements if child.namespace == ATOM])


def _check_feed(findings: Findings, root: Node, facts: Facts) -> None:
    """Add the problems of the feed element itself, and its facts to `facts` (RFC 4287 section 4.1.1)."""
    facts.id, facts.title = root.text_of(f"{_A}id"), root.text_of(f"{_A}title")
    entered = False
    for child in root.elements:
        if child.tag == f"{_A}entry":
            entered = True
        elif entered and child.namespace == ATOM and child.local in GRAMMAR.elements["feed"].children:
            findings.add("atom-metadata-late", child, "it stands behind an entry")
    for link in root.all(f"{_A}link"):
        rel, href = _relation(link), link.attributes.get("href", "")
        if rel == "self":
            facts.self_link = facts.self_link or href
        elif rel in ("prev-archive", "next-archive", "current"):
            facts.links.append((href, Spot.of(link)))
        elif rel == "alternate" and link.attributes.get("type", "text/html") in PAGE_TYPES:
            facts.pages.append(join(link.base, href))
    if not facts.self_link:
        findings.add("atom-self", root, "it does not say its own address", "link")


def _check_entry(findings: Findings, entry: Node, *, has_author: bool) -> AuditedItem:
    """Add the problems of an entry and return it (RFC 4287 section 4.1.2).

    Args:
        findings: the problems of the document.
        entry: the element.
        has_author: whether the feed has an author, so that the entry needs none.
    """
    dates = {}
    for name in ("published", "updated"):
        node = entry.first(f"{_A}{name}")
        if node is not None:
            dates[name] = values.rfc3339_date(findings, node, values.trimmed(findings, node, node.text))
    values.check_order(findings, entry.first(f"{_A}published") or entry, dates.get("published"), dates.get("updated"))
    source = entry.first(f"{_A}source")
    if not (has_author or entry.first(f"{_A}author") or (source is not None and source.first(f"{_A}author"))):
        findings.add("atom-author-missing", entry, "neither the entry nor the feed has one", "author")
    alternate = next((link for link in entry.all(f"{_A}link") if _relation(link) == "alternate"), None)
    url = ""
    if alternate is not None:
        target = values.split_address(alternate.attributes.get("href", ""), alternate.base)
        url = urlunsplit(target) if target is not None else ""
    content = entry.first(f"{_A}content")
    if content is None and alternate is None:
        findings.add("atom-link-missing", entry, "it has neither content nor a link to its page", "link")
    needs_summary = content is not None and atom_texts.check_content(findings, content)
    if needs_summary and entry.first(f"{_A}summary") is None:
        findings.add("atom-summary-missing", entry, "readers can't show its content, and there is no other", "summary")
    return AuditedItem(entry.text_of(f"{_A}id"), url, Spot.of(entry))


def _check_repeated(findings: Findings, entries: list[Node], items: list[AuditedItem]) -> None:
    """Add a problem for every entry with the id of an earlier one that is another page, or the same state.

    A feed may have several states of one entry (section 4.1.1); they have one page, and their times differ.
    """
    first: dict[str, tuple[Node, AuditedItem]] = {}
    for entry, item in zip(entries, items, strict=True):
        other, other_item = first.setdefault(item.id, (entry, item))
        if not item.id or other is entry:
            continue
        reason = f"{other.path} has it too: {item.id}"
        if item.url != other_item.url:
            findings.add("atom-id-repeated", entry, f"{reason}, with another link", "id")
        elif entry.text_of(f"{_A}updated") == other.text_of(f"{_A}updated"):
            findings.add("atom-state-repeated", entry, f"{reason}, at the same time", "id")


def _relation(link: Node) -> str:
    return link.attributes.get("rel", "alternate").removeprefix(_REGISTRY)


def _check_links(findings: Findings, parent: Node) -> None:
    """Add the problems of the links of `parent` (section 4.2.7)."""
    alternates: set[tuple[str, str]] = set()
    for link in parent.all(f"{_A}link"):
        check_link(findings, link)
        key = link.attributes.get("type", ""), link.attributes.get("hreflang", "")
        if _relation(link) == "alternate":
            if key in alternates:
                findings.add("atom-link-repeated", link, "there is another alternate of this type and language")
            alternates.add(key)


def check_link(findings: Findings, link: Node) -> None:
    """Add the problems of the attributes of a link, in Atom or in RSS (RFC 4287 section 4.2.7)."""
    attributes = link.attributes
    if "href" in attributes:
        values.check_address(findings, link, attributes["href"], "@href", base=link.base)
    if "type" in attributes:
        values.check_media_type(findings, link, attributes["type"])
    if "hreflang" in attributes:
        values.check_language(findings, link, attributes["hreflang"], "@hreflang")
    if "length" in attributes:
        values.check_number(findings, link, attributes["length"], "@length")
