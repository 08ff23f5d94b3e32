"""Which elements, attributes and texts stand in which element: tables, and the check of a document by a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from feeds.audit.validate.facts import Findings
from feeds.audit.validate.tree import Node

ONE, MAYBE, MANY = "one", "one or none", "any number"


class Element(NamedTuple):
    """What may stand in an element.

    Attributes:
        children: name → :data:`ONE`, :data:`MAYBE` or :data:`MANY`.
        required: the attributes that it must have.
        attributes: the attributes that it may have besides.
        has_text: whether text may stand in it.
        open: whether its children are checked elsewhere, because anything may stand in it.
    """

    children: Mapping[str, str] = {}
    required: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    has_text: bool = False
    open: bool = False


class Grammar(NamedTuple):
    """The elements of a format.

    Attributes:
        format: the beginning of the ids of its rules: ``atom`` or ``rss``.
        elements: ``parent/name`` → what may stand in it; ``name`` where the parent does not matter.
    """

    format: str
    elements: Mapping[str, Element]

    def element(self, node: Node) -> Element | None:
        """Return what may stand in `node`."""
        parent = f"{node.parent.local}/{node.local}" if node.parent is not None else node.local
        return self.elements.get(parent) or self.elements.get(node.local)


def check_grammar(findings: Findings, root: Node, grammar: Grammar) -> None:
    """Add problems for missing, doubled, unknown and misplaced elements, attributes and texts in `root`.

    Elements of other namespaces are left to :mod:`feeds.audit.validate.extensions`.

    Args:
        findings: the problems of the document.
        root: the element; its namespace is that of the format.
        grammar: the format.
    """
    for node, element in _own_elements(root, grammar):
        _check_attributes(findings, node, element, grammar)
        if element.open:
            continue
        _check_children(findings, node, element, grammar)
        if not element.has_text and any(text.strip() for text in node.own_text):
            findings.add(f"{grammar.format}-text-misplaced", node, f"there is text in <{node.name}>, between elements")


def _own_elements(root: Node, grammar: Grammar) -> list[tuple[Node, Element]]:
    """Return `root` and the elements of the format in it, without unknown ones."""
    known = grammar.element(root)
    nodes = [(root, known)] if known is not None else []
    for node, element in nodes:  # the loop appends
        for child in node.elements if not element.open else ():
            inner = grammar.element(child)
            if child.namespace == root.namespace and child.local in element.children and inner is not None:
                nodes.append((child, inner))
    return nodes


def _check_children(findings: Findings, node: Node, element: Element, grammar: Grammar) -> None:
    present: dict[str, list[Node]] = {}
    for child in node.elements:
        if child.namespace == node.namespace:
            present.setdefault(child.local, []).append(child)
    for name, children in present.items():
        allowed = element.children.get(name)
        if allowed is None:
            right = next((known for known in element.children if known.lower() == name.lower()), "")
            reason = f"<{node.name}> has no element of this name"
            findings.add(
                f"{grammar.format}-element-unknown", children[0], reason, advice=f"write <{right}>" if right else ""
            )
        elif allowed != MANY and len(children) > 1:
            reason = f"there are {len(children)} of it in <{node.name}>; one is allowed"
            findings.add(f"{grammar.format}-element-repeated", children[1], reason)
    for name, count in element.children.items():
        if count == ONE and name not in present:
            findings.add(f"{grammar.format}-element-missing", node, f"there is none in <{node.name}>", name)


def _check_attributes(findings: Findings, node: Node, element: Element, grammar: Grammar) -> None:
    for name in element.required:
        if name not in node.attributes:
            shown = name.rpartition("}")[2]
            findings.add(f"{grammar.format}-attribute-missing", node, f"<{node.name}> lacks it", f"@{shown}")
    known = (*element.required, *element.attributes)
    for name in node.attributes:
        if name not in known and not name.startswith("{"):
            right = next((other for other in known if other.lower() == name.lower()), "")
            findings.add(
                f"{grammar.format}-attribute-unknown",
                node,
                f"<{node.name}> has no attribute of this name",
                f"@{name}",
                f"write {right}" if right else "",
            )
