"""RSS 1.0 (http://web.resource.org/rss/1.0/spec): what its readers need."""

from __future__ import annotations

from feeds.audit.validate import values
from feeds.audit.validate.extensions import DC, check_extensions
from feeds.audit.validate.facts import AuditedItem, Facts, Findings, Spot
from feeds.audit.validate.grammar import MAYBE, ONE, Element, Grammar, check_grammar
from feeds.audit.validate.tree import RDF, Node

RSS_090 = "http://my.netscape.com/rdf/simple/0.9/"
RSS_1 = "http://purl.org/rss/1.0/"

_ABOUT = (f"{{{RDF}}}about",)
_LEAF = Element(has_text=True)

GRAMMAR = Grammar(
    "rss",
    {
        "channel": Element(
            {**dict.fromkeys(("title", "link", "description", "items"), ONE), "image": MAYBE, "textinput": MAYBE},
            _ABOUT,
        ),
        "channel/image": Element(),
        "channel/textinput": Element(),
        "item": Element({"title": ONE, "link": ONE, "description": MAYBE}, _ABOUT),
        "image": Element(dict.fromkeys(("title", "url", "link"), ONE), _ABOUT),
        "textinput": Element(dict.fromkeys(("title", "description", "name", "link"), ONE), _ABOUT),
        **dict.fromkeys(("title", "link", "description", "url", "name"), _LEAF),
        "items": Element(open=True),
    },
)


def check_rss1(findings: Findings, root: Node, facts: Facts) -> None:
    """Add the problems of a document of RSS 1.0, and its facts to `facts`."""
    if root.first(f"{{{RSS_090}}}channel") is not None:
        return  # its elements are others, and it is out of use
    channels = root.all(f"{{{RSS_1}}}channel")
    if not channels:
        findings.add("rss-element-missing", root, f"there is none of {RSS_1} in <{root.name}>", "channel")
    if len(channels) > 1:
        findings.add("rss-element-repeated", channels[1], f"there are {len(channels)} of it")
    for channel in channels[:1]:
        facts.title = channel.text_of(f"{{{RSS_1}}}title")
    for node in root.elements:
        if node.namespace == RSS_1 and GRAMMAR.element(node) is not None:
            check_grammar(findings, node, GRAMMAR)
            _check_values(findings, node)
    for item in root.all(f"{{{RSS_1}}}item"):
        if item.first(f"{{{DC}}}date") is None:
            findings.add("rss-date-missing", item, "there is none", "dc:date")
        identity = item.attributes.get(_ABOUT[0], "")
        facts.items.append(AuditedItem(identity, item.text_of(f"{{{RSS_1}}}link"), Spot.of(item)))


def _check_values(findings: Findings, node: Node) -> None:
    check_extensions(findings, node)
    if _ABOUT[0] in node.attributes:
        values.check_address(findings, node, node.attributes[_ABOUT[0]], "@rdf:about")
    for child in node.elements:
        if child.namespace == RSS_1 and child.local in ("link", "url"):
            values.check_address(findings, child, child.text, uri=True)
