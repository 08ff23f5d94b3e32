"""The texts of Atom: text constructs (RFC 4287 section 3.1) and content (section 4.1.3)."""

from __future__ import annotations

import base64
import binascii

from feeds.audit.validate import texts, values
from feeds.audit.validate.facts import Findings
from feeds.audit.validate.tree import ATOM, XHTML, Node

_KINDS = ("text", "html", "xhtml")


def check_text(findings: Findings, node: Node) -> None:
    """Add the problems of a text construct: title, subtitle, summary, rights."""
    kind = node.attributes.get("type", "text")
    if kind not in _KINDS:
        findings.add("atom-text-type", node, f"type={kind!r} is none of text, html and xhtml")
    else:
        _check_kind(findings, node, kind)


def check_content(findings: Findings, node: Node) -> bool:
    """Add the problems of the content of an entry; tell whether the entry then needs a summary (section 4.1.2)."""
    kind, source = node.attributes.get("type", "text"), node.attributes.get("src")
    if source is not None:
        return _check_source(findings, node, source)
    if kind in _KINDS:
        _check_kind(findings, node, kind)
        return False
    media_type = kind.partition(";")[0].strip().lower()
    if not _check_type(findings, node, kind):
        return False
    elements = list(node.elements)
    is_xml, is_text = media_type.endswith(("+xml", "/xml")), media_type.startswith("text/")
    if is_xml:
        if elements and any(text.strip() for text in node.own_text):
            findings.add("atom-text-misplaced", node, f"there is text beside the element of {kind}")
    elif is_text:
        if elements:
            findings.add("atom-markup", node, f"{kind} has elements in it")
    elif elements or not _is_base64(node.text):
        findings.add("atom-content-base64", node, f"{kind} is not in Base64")
    return not (is_xml or is_text)


def _check_source(findings: Findings, node: Node, source: str) -> bool:
    """Add the problems of content that is elsewhere (section 4.1.3.2); return True."""
    values.check_address(findings, node, source, "@src", base=node.base)
    if next(node.elements, None) is not None or node.text.strip():
        findings.add("atom-content-both", node, "it has src and content")
    kind = node.attributes.get("type")
    if kind in _KINDS:
        findings.add("atom-content-type", node, f"with src, the type is a media type, and not {kind}", "@type")
    elif kind is not None:
        _check_type(findings, node, kind)
    return True


def _check_type(findings: Findings, node: Node, kind: str) -> bool:
    """Tell whether the type of content is a media type that is not composite, and add a problem if not."""
    if kind.lower().startswith(("multipart/", "message/")):
        findings.add("atom-content-type", node, f"{kind} is composite", "@type")
        return False
    return values.check_media_type(findings, node, kind)


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return bool(text.strip())


def _check_kind(findings: Findings, node: Node, kind: str) -> None:
    """Add the problems of a text, of HTML or of XHTML."""
    elements = list(node.elements)
    if kind == "xhtml":
        _check_xhtml(findings, node, elements)
    elif elements:
        findings.add("atom-markup", node, f"it is {kind} and has the element <{elements[0].name}> in it")
    elif kind == "html":
        texts.check_html(findings, node, node.text)
    else:
        texts.check_plain_text(findings, node, node.text, markup_is_text=True)


def _check_xhtml(findings: Findings, node: Node, elements: list[Node]) -> None:
    loose = any(text.strip() for text in node.own_text)
    if len(elements) != 1 or elements[0].local != "div" or loose:
        findings.add("atom-div", node, "its XHTML is not one div")
    elif elements[0].namespace != XHTML:
        findings.add("atom-div", elements[0], f"the div is not of XHTML but of {elements[0].namespace or 'nothing'}")
    else:
        wrong = next((inner for inner in elements[0].walk() if inner.namespace in ("", ATOM)), None)
        if wrong is not None:
            findings.add("atom-div", wrong, f"<{wrong.name}> is not of XHTML")
        texts.check_xhtml(findings, node, elements[0])
