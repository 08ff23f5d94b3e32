"""RSS 2.0 (the RSS Advisory Board's specification and its Best Practices Profile), and older kinds of RSS."""

from __future__ import annotations

import re
from urllib.parse import unquote

from feeds.audit.validate import atom, podcast, rss1, size, texts, values, xml
from feeds.audit.validate.extensions import DC, check_extensions
from feeds.audit.validate.facts import AuditedItem, Facts, Findings, Spot
from feeds.audit.validate.grammar import MANY, MAYBE, ONE, Element, Grammar, check_grammar
from feeds.audit.validate.tree import ATOM, CONTENT, RDF, Node

RSS_TYPES = ("application/rss+xml", "application/rdf+xml")

_LEAF = Element(has_text=True)
_TEXT = Element(has_text=True, open=True)
_PLAIN = ("language", "pubDate", "lastBuildDate", "docs", "generator", "copyright", "rating", "ttl", "webMaster")
_CHANNEL = {
    **dict.fromkeys(("title", "link", "description"), ONE),
    **dict.fromkeys((*_PLAIN, "managingEditor", "cloud", "image", "textInput", "skipHours", "skipDays"), MAYBE),
    "category": MANY,
    "item": MANY,
}
_ITEM = {
    **dict.fromkeys(("title", "link", "description", "author", "comments", "guid", "pubDate", "source"), MAYBE),
    **dict.fromkeys(("category", "enclosure"), MANY),
}

GRAMMAR = Grammar(
    "rss",
    {
        "rss": Element({"channel": ONE}, ("version",)),
        "channel": Element(_CHANNEL),
        "item": Element(_ITEM),
        "image": Element(
            {
                **dict.fromkeys(("url", "title", "link"), ONE),
                **dict.fromkeys(("width", "height", "description"), MAYBE),
            }
        ),
        "textInput": Element(dict.fromkeys(("title", "description", "name", "link"), ONE)),
        "skipHours": Element({"hour": MANY}),
        "skipDays": Element({"day": MANY}),
        "cloud": Element({}, ("domain", "port", "path", "registerProcedure", "protocol")),
        "enclosure": Element({}, ("url", "length", "type")),
        "guid": Element({}, (), ("isPermaLink",), has_text=True),
        "source": Element({}, ("url",), has_text=True),
        "category": Element({}, (), ("domain",), has_text=True),
        "description": _TEXT,
        "title": _TEXT,
        **dict.fromkeys((*_PLAIN, "managingEditor", "author", "comments", "link", "url", "name"), _LEAF),
        **dict.fromkeys(("width", "height", "hour", "day"), _LEAF),
    },
)

_SAME = (
    ("pubDate", f"{{{DC}}}date"),
    ("author", f"{{{DC}}}creator"),
    ("managingEditor", f"{{{DC}}}creator"),
    ("webMaster", f"{{{DC}}}publisher"),
    ("language", f"{{{DC}}}language"),
    ("copyright", f"{{{DC}}}rights"),
    ("title", f"{{{DC}}}title"),
    ("source", f"{{{DC}}}source"),
    ("category", f"{{{DC}}}subject"),
    ("guid", f"{{{ATOM}}}id"),
    ("generator", "{http://webns.net/mvcb/}generatorAgent"),
)
"""Elements of RSS and of other namespaces that state one fact."""

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_OLD_RSS = ("0.91", "0.92", "0.93", "0.94")
_ADDRESS_AND_NAME = re.compile(r"(\S+)(?:\s+\([^()]*\))?\Z")
_ANY_ADDRESS = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.\w+")


def check_rss(findings: Findings) -> Facts | None:
    """Add the problems of an RSS document and return its facts; None where it can't be read."""
    size.check_content_type(findings, RSS_TYPES)
    size.check_size(findings)
    root = xml.open_xml(findings)
    if root is None:
        return None
    facts = Facts(findings.document.address, "rss")
    if root.tag == f"{{{RDF}}}RDF":
        findings.add("rss-version", root, f"it is RSS 1.0 or older (<{root.name}>)")
        rss1.check_rss1(findings, root, facts)
        return facts
    if root.local != "rss":
        findings.add("xml-root", root, f"the root is <{root.tag}>", advice='begin with <rss version="2.0">')
        return None
    if root.namespace and not root.namespace.startswith("http://backend.userland.com/"):
        findings.add("xml-namespace", root, f"RSS has no namespace, and not {root.namespace}", advice="leave it out")
    version = root.attributes.get("version", "2.0")
    if version != "2.0":
        findings.add("rss-version", root, f"it is RSS {version}")
        if version not in _OLD_RSS:
            return facts
    check_grammar(findings, root, GRAMMAR)
    namespace = f"{{{root.namespace}}}" if root.namespace else ""
    channel = root.first(f"{namespace}channel")
    if channel is None:
        return None
    _check_channel(findings, channel, facts, namespace)
    items = channel.all(f"{namespace}item")
    facts.items = [_check_item(findings, item, namespace) for item in items]
    _check_repeated(findings, items, facts.items)
    podcast.check_podcast(findings, channel, items)
    return facts


def _check_channel(findings: Findings, channel: Node, facts: Facts, namespace: str) -> None:
    """Add the problems of the channel without its items, and its facts to `facts`."""
    facts.title = channel.text_of(f"{namespace}title")
    facts.pages += filter(None, [channel.text_of(f"{namespace}link")])
    for child in channel.elements:
        if child.namespace == channel.namespace:
            _check_channel_element(findings, child)
    _check_extensions(findings, channel)
    self_link = next((link for link in channel.all(f"{{{ATOM}}}link") if link.attributes.get("rel") == "self"), None)
    if self_link is None:
        findings.add("rss-self", channel, "it does not say its own address", "atom:link")
    else:
        facts.self_link = self_link.attributes.get("href", "")


def _check_channel_element(findings: Findings, node: Node) -> None:
    """Add the problems of the value of an element of the channel."""
    text = node.text.strip()
    if node.local in ("title", "description"):
        _check_text(findings, node, is_html=False)
    elif node.local in ("link", "docs"):
        values.check_address(findings, node, node.text, uri=True)
    elif node.local in ("pubDate", "lastBuildDate"):
        values.rfc822_date(findings, node, text)
    elif node.local == "ttl":
        values.check_number(findings, node, text, least=1)
    elif node.local == "language":
        values.check_language(findings, node, text)
    elif node.local in ("managingEditor", "webMaster"):
        _check_author(findings, node)
    elif node.local == "cloud" and "port" in node.attributes:
        values.check_number(findings, node, node.attributes["port"], "@port", least=1, most=65535)
    elif node.local in ("image", "textInput"):
        _check_parts(findings, node)
    elif node.local in ("skipDays", "skipHours"):
        _check_skipped(findings, node)


def _check_parts(findings: Findings, parent: Node) -> None:
    """Add the problems of the elements of an image or a text input."""
    for node in parent.elements:
        if node.namespace != parent.namespace:
            continue
        text = node.text.strip()
        if node.local in ("url", "link"):
            values.check_address(findings, node, node.text, uri=True)
        elif node.local in ("width", "height"):
            most = 144 if node.local == "width" else 400
            if not (text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= most):
                findings.add("rss-image-size", node, f"{text!r} is no whole number from 1 to {most}")
        elif node.local == "name" and not re.fullmatch(r"[A-Za-z_][\w.:-]*", text, re.ASCII):
            findings.add("rss-input-name", node, f"{text!r} is no name of a field")
        elif node.local == "title":
            _check_text(findings, node, is_html=False)


def _check_skipped(findings: Findings, parent: Node) -> None:
    """Add the problems of the days or hours at which the channel does not change."""
    children = [child for child in parent.elements if child.local in ("day", "hour")]
    if not children:
        findings.add("rss-days-hours", parent, "there is none")
    known: set[str] = set()
    for node in children:
        text = node.text.strip()
        is_hour = text.isascii() and text.isdecimal() and len(text) < 5 and int(text) <= 24
        key = str(int(text) % 24) if node.local == "hour" and is_hour else text
        if not (is_hour if node.local == "hour" else text in _DAYS):
            findings.add("rss-days-hours", node, f"{text!r} is none")
        elif key in known:
            findings.add("rss-days-hours", node, f"{text} is there twice")
        known.add(key)


def _check_author(findings: Findings, node: Node) -> None:
    """Add a problem if a person is not named by an address of e-mail, which a name in brackets may follow."""
    text = node.text.strip()
    match = _ADDRESS_AND_NAME.match(text)
    if match is not None and values.is_mail_address(match[1]):
        return
    if _ANY_ADDRESS.search(unquote(text[: values.MAX_LENGTH])):
        findings.add("rss-author-form", node, f"{text!r} is more than an address and a name in brackets")
    else:
        findings.add("rss-author", node, f"{text!r} is no address of e-mail")


def _check_text(findings: Findings, node: Node, *, is_html: bool) -> None:
    """Add the problems of a title or a description, which may have no elements in it."""
    inner = next(node.elements, None)
    if inner is not None:
        findings.add("rss-markup", node, f"it has the element <{inner.name}> in it")
    elif is_html:
        texts.check_html(findings, node, node.text)
    else:
        texts.check_plain_text(findings, node, node.text)


def _check_item(findings: Findings, item: Node, namespace: str) -> AuditedItem:
    """Add the problems of an item and return it.

    Args:
        findings: the problems of the document.
        item: the element.
        namespace: the namespace of the elements of RSS in braces; mostly empty.
    """
    parts = {node.local: node for node in reversed(list(item.elements)) if node.namespace == item.namespace}
    if "title" not in parts and "description" not in parts:
        findings.add("rss-item-empty", item, "it has neither title nor description")
    if "title" in parts:
        _check_text(findings, parts["title"], is_html=False)
    for name in ("link", "comments"):
        if name in parts:
            values.check_address(findings, parts[name], parts[name].text, uri=True)
    if "author" in parts:
        _check_author(findings, parts["author"])
    if "source" in parts and "url" in parts["source"].attributes:
        values.check_address(findings, parts["source"], parts["source"].attributes["url"], "@url", uri=True)
    if "pubDate" in parts:
        values.rfc822_date(findings, parts["pubDate"], parts["pubDate"].text.strip())
    elif item.first(f"{{{DC}}}date") is None:
        findings.add("rss-date-missing", item, "there is none", "pubDate")
    for node in item.elements:
        if node.local == "enclosure" and node.namespace == item.namespace:
            podcast.check_enclosure(findings, node)
    guid = _check_guid(findings, item, parts.get("guid"))
    _check_description(findings, item, parts.get("description"))
    _check_extensions(findings, item)
    url = item.text_of(f"{namespace}link")
    return AuditedItem(guid or url, url, Spot.of(item))


def _check_guid(findings: Findings, item: Node, guid: Node | None) -> str:
    """Return the guid of an item, empty where it has none, and add its problems."""
    if guid is None:
        findings.add("rss-guid-missing", item, "there is none", "guid")
        return ""
    text = guid.text.strip()
    permalink = guid.attributes.get("isPermaLink", "true")
    if permalink not in ("true", "false"):
        findings.add("rss-true-false", guid, f"{permalink!r} is neither true nor false", "@isPermaLink")
    elif permalink == "true":
        parts = values.split_address(text)
        if parts is None or not parts.scheme or (parts.scheme in ("http", "https") and not parts.hostname):
            findings.add("rss-guid-address", guid, f"{text!r} is no absolute address")
        else:
            values.check_address(findings, guid, guid.text, uri=True)
    return text


def _check_description(findings: Findings, item: Node, described: Node | None) -> None:
    """Add the problems of the texts of an item: description and ``content:encoded``."""
    content = item.first(f"{{{CONTENT}}}encoded")
    if described is not None:
        _check_text(findings, described, is_html=True)
    if content is not None:
        _check_text(findings, content, is_html=True)
        if described is not None and item.children.index(content) < item.children.index(described):
            findings.add("rss-content-first", content, "it stands before description")


def _check_extensions(findings: Findings, parent: Node) -> None:
    """Add the problems of elements of other namespaces, and of facts that stand in two elements."""
    check_extensions(findings, parent)
    here = {node.tag: node for node in parent.elements}
    for name, other in _SAME:
        own = here.get(f"{{{parent.namespace}}}{name}" if parent.namespace else name)
        if own is not None and other in here:
            findings.add("rss-twice", here[other], f"<{name}> has it too")
    for link in parent.all(f"{{{ATOM}}}link"):
        check_grammar(findings, link, atom.GRAMMAR)
        atom.check_link(findings, link)


def _check_repeated(findings: Findings, nodes: list[Node], items: list[AuditedItem]) -> None:
    """Add a problem for every item with the guid of an earlier one."""
    first: dict[str, Node] = {}
    for node, item in zip(nodes, items, strict=True):
        if item.id and first.setdefault(item.id, node) is not node:
            findings.add("rss-guid-repeated", node, f"{first[item.id].path} has it too: {item.id}", "guid")
