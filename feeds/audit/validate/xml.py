"""XML documents → trees, or the problem that makes them unreadable; and the rules of XML of any kind."""

from __future__ import annotations

import codecs
import re
from xml.parsers.expat import errors

from feeds.audit.validate import texts, values
from feeds.audit.validate.extensions import NAMESPACES
from feeds.audit.validate.facts import Findings, Spot
from feeds.audit.validate.tree import XML, BrokenXmlError, Node, Parsed, parse_xml

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9._-]+)", re.IGNORECASE)
_USUAL = ("utf-8", "ascii", "utf-16", "utf-16-le", "utf-16-be")
_OPEN_REFERENCE = re.compile(r"&#?[^;<>&]*\Z")

_RULES: dict[int, tuple[str, str]] = {
    errors.codes[errors.XML_ERROR_UNDEFINED_ENTITY]: ("xml-entity", "XML does not know this name of a character"),
    errors.codes[errors.XML_ERROR_UNBOUND_PREFIX]: ("xml-prefix", "a prefix is not declared"),
    errors.codes[errors.XML_ERROR_TAG_MISMATCH]: ("xml-tags", "an end tag does not fit the start tag"),
    errors.codes[errors.XML_ERROR_DUPLICATE_ATTRIBUTE]: ("xml-attribute-twice", "an attribute is there twice"),
    errors.codes[errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]: ("xml-after-end", "there is more after the end"),
    errors.codes[errors.XML_ERROR_MISPLACED_XML_PI]: ("xml-before-start", "the XML declaration is not at the start"),
    errors.codes[errors.XML_ERROR_BAD_CHAR_REF]: ("xml-character", "a reference names no character"),
}
"""Error code of expat → rule, and what is wrong."""


def open_xml(findings: Findings) -> Node | None:
    """Return the root element of the document, or add the problem that it has none.

    No entity is expanded in a text and no other file is read: documents come from anywhere.
    """
    text = _decode(findings)
    if text is None:
        return None
    try:
        parsed = parse_xml(text)
    except BrokenXmlError as error:
        _explain(findings, text, error)
        return None
    _check_document(findings, parsed)
    return parsed.root


def _decode(findings: Findings) -> str | None:
    """Return the text of the document, or add the problem that it can't be decoded.

    A byte order mark counts most, then the charset of the server, then the XML declaration (RFC 7303 section 3).
    """
    body = findings.document.body
    mark, marked = next(((mark, name) for mark, name in _BOMS if body.startswith(mark)), (b"", ""))
    start = body[:400] if not marked.startswith("utf-16") else body[:400].decode("utf-16", "ignore").encode()
    match = _DECLARED.search(start)
    declared = match.group(1).decode() if match is not None else ""
    served = _CHARSET.search(findings.document.media_type or "")
    sent = served.group(1) if served is not None else ""
    if sent and (declared or marked) and _codec(sent) != _codec(marked or declared):
        here = f"the document is in {marked or declared}"
        findings.add("server-charset-differs", Spot(), f"the server calls it {sent}, and {here}")
    name = marked or sent or declared or "utf-8"
    if declared and _codec(declared) not in _USUAL:
        findings.add("xml-encoding-rare", Spot(), f"it is encoded in {declared}")
    try:
        return body[len(mark) :].decode(name)
    except LookupError:
        findings.add("xml-encoding", Spot(), f"there is no encoding {name}")
    except UnicodeError as error:
        before = body[: getattr(error, "start", 0)]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        findings.add("xml-encoding", Spot(line, column), f"there are bytes that are no {name}")
    return None


def _codec(name: str) -> str:
    """Return the usual name of an encoding; the name itself where it is unknown."""
    try:
        return codecs.lookup(name).name
    except LookupError:
        return name.lower()


def _explain(findings: Findings, text: str, error: BrokenXmlError) -> None:
    """Add the problem that a document is no XML, by the rule that says most about it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    line = lines[error.line - 1] if error.line <= len(lines) else ""
    before, at = line[: error.column - 1], line[error.column - 1 : error.column]
    rule, reason = _RULES.get(error.code, ("xml-not-well-formed", f"it is no XML: {error}"))
    if rule == "xml-not-well-formed":
        if texts.FORBIDDEN.match(at):
            rule, reason = "xml-character", f"U+{ord(at):04X} is no character of XML"
        elif _OPEN_REFERENCE.search(before):
            rule, reason = "xml-ampersand", "an ampersand stands for itself"
        elif error.code == errors.codes[errors.XML_ERROR_NO_ELEMENTS] and "<" in text:
            rule, reason = "xml-tags", "the document ends before its elements are closed"
    findings.add(rule, Spot(error.line, error.column), reason)


def _check_document(findings: Findings, parsed: Parsed) -> None:
    """Add the problems of an XML document of any kind."""
    if parsed.version != "1.0":
        findings.add("xml-version", Spot(), f"it is XML {parsed.version}")
    if parsed.doctype:
        findings.add("xml-doctype", Spot(parsed.doctype), "it has a document type declaration")
    for prefix, namespace, line in parsed.namespaces:
        name = f"xmlns:{prefix}" if prefix else "xmlns"
        right = _SIMILAR.get(_simple(namespace))
        if right is not None and namespace not in NAMESPACES:
            findings.add("xml-namespace", Spot(line, 1, name), f"{namespace!r} should be {right}")
        elif namespace and (fault := values.id_fault(namespace)):
            findings.add("xml-namespace", Spot(line, 1, name), f"{namespace!r} {fault}")
    for node in parsed.root.walk():
        language, base = node.attributes.get(f"{{{XML}}}lang"), node.attributes.get(f"{{{XML}}}base")
        if language:
            values.check_language(findings, node, language, "@xml:lang")
        if base is not None:
            around = node.parent.base if node.parent is not None else ""
            values.check_address(findings, node, base, "@xml:base", base=around or findings.document.address)
        for text in node.own_text:
            texts.check_characters(findings, node, text)
        for name, value in node.attributes.items():
            texts.check_characters(findings, node, value, f"@{name.rpartition('}')[2]}")


def _simple(namespace: str) -> str:
    """Return what two spellings of one namespace have in common."""
    return namespace.lower().removeprefix("http://").removeprefix("https://").removeprefix("www.").strip("/# ")


_SIMILAR = {_simple(namespace): namespace for namespace in NAMESPACES}
