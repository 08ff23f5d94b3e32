"""The checks of texts and HTML, which several formats share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lxml import etree

from feeds.audit.validate.facts import Findings, Place
from feeds.audit.validate.tree import Node

_CHARACTER_REFERENCE = re.compile(r"&(#\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos|nbsp|mdash|ndash|rsquo|lsquo|hellip);")
_DOUBLE_ESCAPED = re.compile(r"&amp;(#\d+|#x[0-9a-fA-F]+|lt|gt|quot|apos|nbsp|mdash|ndash|rsquo|lsquo|hellip);")
_TAG = re.compile(
    r"</?(a|abbr|b|big|blockquote|br|center|cite|code|del|div|em|font|h[1-6]|hr|i|img|ins|kbd|li|ol|p|pre|q|s|script|small|span"
    r"|strike|strong|sub|sup|table|td|th|tr|tt|u|ul)(\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ELEMENT = re.compile(r"<(b|i|em|strong|a|p|div|span|h[1-6]|ul|li|sub|sup)(?:\s[^<>]*)?>[^<]*</\1>", re.IGNORECASE)
_ANY_TAG = re.compile(r"</?[A-Za-z!]")
_BARE_LESS = re.compile(r"<(?![A-Za-z/!?])")
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""The characters that XML does not have (XML 1.0 section 2.2)."""

_CONTROL = re.compile("[\x7f-\x84\x86-\x9f\ufdd0-\ufdef]")
_ACTIVE = frozenset(
    (
        *("script", "iframe", "object", "embed", "form", "applet", "frame", "frameset", "base", "meta", "link"),
        *("style", "input", "button", "select", "textarea"),
    )
)
_ADDRESSES = ("href", "src", "poster", "cite", "action", "data")
_DANGEROUS_STYLE = re.compile(
    r"(?:^|[;\s])(?:position|z-index|behaviou?r|-moz-binding)\s*:|expression\s*\(|url\s*\(|@import|\bfixed\b",
    re.IGNORECASE,
)
_HAS_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|#")


def check_characters(findings: Findings, place: Place, text: str, at: str = "") -> None:
    """Add problems for characters in `text` that are there by mistake (XML 1.0 section 2.2)."""
    if text.isascii() and text.isprintable():
        return
    if match := FORBIDDEN.search(text):
        findings.add("text-forbidden-character", place, f"it has the character U+{ord(match.group()):04X}", at)
    if match := _CONTROL.search(text):
        findings.add("text-control-character", place, f"it has the control character U+{ord(match.group()):04X}", at)
    if "\ufffd" in text:
        findings.add("text-lost-character", place, "it has U+FFFD, where a character was lost", at)


def check_plain_text(findings: Findings, place: Place, text: str, *, markup_is_text: bool = False) -> None:
    """Add problems for a plain text that is empty, has references that are escaped twice, or has markup.

    Args:
        findings, place: where it is.
        text: the text as a reader gets it, unescaped once.
        markup_is_text: whether the format defines the text as plain, so that a tag in it is shown as it stands. A tag
            may then be what the text is about, but an element with its end tag is a mistake.
    """
    if not text.strip():
        findings.add("text-empty", place, "it is empty")
    if match := _CHARACTER_REFERENCE.search(text):
        findings.add("text-escaped-twice", place, f"readers show {match.group()} as it stands")
    if match := (_ELEMENT if markup_is_text else _TAG).search(text):
        findings.add("text-markup", place, f"it has the tag {match.group()}")


def check_html(findings: Findings, place: Place, html: str) -> None:
    """Add problems for the HTML of an entry.

    Args:
        findings, place: where it is.
        html: the HTML, unescaped once.
    """
    if match := _DOUBLE_ESCAPED.search(html):
        findings.add("text-escaped-twice", place, f"readers show {match.group().replace('&amp;', '&')} as it stands")
    if not _ANY_TAG.search(html):
        if "\n\n" in html.strip() or _BARE_LESS.search(html):
            findings.add("html-none", place, "it seems to be plain text")
        return
    root = html_root(html)
    if root is not None:
        elements = ((str(element.tag), dict(element.attrib)) for element in root.iter(etree.Element))
        check_elements(findings, place, elements)


def html_root(html: str | bytes) -> etree._Element | None:
    """Return the root of HTML, in UTF-8 if it is bytes; None where there are only comments, or nothing."""
    parser = etree.HTMLParser(encoding=None if isinstance(html, str) else "utf-8", no_network=True)
    try:
        return etree.fromstring(html, parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def check_xhtml(findings: Findings, place: Place, root: Node) -> None:
    """Add problems for the XHTML of an entry, as elements (RFC 4287 section 3.1.1.3)."""
    based = bool(root.base)  # relative addresses then have a meaning that readers of XHTML know
    elements = ((node.local, node.attributes) for node in root.walk())
    check_elements(findings, place, elements, based=based)


def check_elements(
    findings: Findings, place: Place, elements: Iterable[tuple[str, Mapping[str, str]]], *, based: bool = False
) -> None:
    """Add a problem of every kind for elements that readers take out, or can't show.

    Args:
        findings, place: where they are.
        elements: name and attributes of all elements.
        based: whether relative addresses have a base.
    """
    told: dict[str, str] = {}
    for tag, attributes in elements:
        if tag.lower() in _ACTIVE:
            told.setdefault("html-active", f"it has <{tag.lower()}>")
        for name, value in attributes.items():
            address = value.strip() if name in _ADDRESSES else ""
            if name.lower().startswith("on") or address.lower().startswith(("javascript:", "vbscript:")):
                told.setdefault("html-handler", f"<{tag}> has a program in {name}")
            elif address and not based and not _HAS_SCHEME.match(address):
                told.setdefault("html-relative", f"<{tag}> has a relative address")
            elif name == "style" and _DANGEROUS_STYLE.search(value):
                told.setdefault("html-style", f"<{tag}> has a style that readers take out")
    for rule, reason in told.items():
        findings.add(rule, place, reason)
