"""OPML 2.0 (http://opml.org/spec2.opml), as a list of subscriptions."""

from __future__ import annotations

from feeds.audit.validate import size, values, xml
from feeds.audit.validate.facts import Facts, Findings, Spot
from feeds.audit.validate.tree import Node

OPML_TYPES = ("text/x-opml", "application/xml", "text/xml")


def check_opml(findings: Findings) -> Facts | None:
    """Add the problems of a list of subscriptions and return its facts; None where it can't be read."""
    size.check_content_type(findings, OPML_TYPES)
    root = xml.open_xml(findings)
    if root is None:
        return None
    if root.tag != "opml":
        findings.add("xml-root", root, f"the root is <{root.tag}>", advice='begin with <opml version="2.0">')
        return None
    if root.attributes.get("version") not in ("1.0", "1.1", "2.0"):
        findings.add("opml-version", root, "it has no version that readers know", "@version")
    facts = Facts(findings.document.address, "opml")
    head, body = _only_child(findings, root, "head"), _only_child(findings, root, "body")
    if head is not None:
        facts.title = head.text_of("title")
        for name in ("dateCreated", "dateModified"):
            date = head.first(name)
            if date is not None and date.text.strip():
                values.rfc822_date(findings, date, date.text.strip())
    for outline in body.walk() if body is not None else ():
        if outline.local == "outline":
            _check_outline(findings, outline, facts)
    return facts


def _only_child(findings: Findings, parent: Node, name: str) -> Node | None:
    """Return the only child `name` of `parent`; add a problem where there is none, or several."""
    children = parent.all(name)
    if not children:
        findings.add("opml-element-missing", parent, f"there is none in <{parent.name}>", name)
    elif len(children) > 1:
        findings.add("opml-element-repeated", children[1], f"there are {len(children)} of it")
    return children[0] if children else None


def _check_outline(findings: Findings, outline: Node, facts: Facts) -> None:
    if not outline.attributes.get("text"):
        findings.add("opml-outline-text", outline, "there is none", "@text")
    address = outline.attributes.get("xmlUrl", "")
    if not address and outline.attributes.get("type") == "rss":
        findings.add("opml-outline-address", outline, "it is a subscription without an address", "@xmlUrl")
    if address and values.check_address(findings, outline, address, "@xmlUrl"):
        facts.links.append((address.strip(), Spot.of(outline)))
        facts.pages += filter(None, [outline.attributes.get("htmlUrl", "").strip()])
