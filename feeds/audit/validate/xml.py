"""XML documents → trees of lxml, or the problem that makes them unreadable."""

from __future__ import annotations

from lxml import etree

from feeds.audit.validate.facts import Findings

ATOM = "http://www.w3.org/2005/Atom"
HISTORY = "http://purl.org/syndication/history/1.0"
CONTENT = "http://purl.org/rss/1.0/modules/content/"


def parse(findings: Findings) -> etree._Element | None:
    """Return the root element of the document, or add the problem that it has none.

    No entity is expanded and no other file is read: documents come from anywhere.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(findings.document.body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", 1) or 1
        findings.error(
            line, "", f"it is no XML: {str(error).partition(', line')[0]}", "no reader can read any of it; mend it"
        )
        return None
    docinfo = root.getroottree().docinfo
    if docinfo.internalDTD is not None:
        findings.warning(1, "", "it has a document type declaration, which careful readers refuse", "take it out")
    if (docinfo.encoding or "UTF-8").upper() not in ("UTF-8", "US-ASCII"):
        findings.warning(1, "", f"it is encoded in {docinfo.encoding}", "use UTF-8, which every reader knows")
    return root


def line(element: etree._Element) -> int:
    """Return the line on which `element` starts."""
    return int(element.sourceline or 1)


def text(element: etree._Element | None) -> str:
    """Return all text in `element`, trimmed; empty where there is none."""
    return "".join(str(part) for part in element.itertext()).strip() if element is not None else ""


def only_child(
    findings: Findings, parent: etree._Element, name: str, *, section: str, where: str = "", required: bool = True
) -> etree._Element | None:
    """Return the only child `name` of `parent`; add a problem where there are several, or none of a required one.

    Args:
        findings: the problems of the document.
        parent: the element.
        name: with its namespace in braces.
        section: the section of the specification.
        where: the place of the parent, which stands before the name in a problem.
        required: whether the parent must have it.
    """
    children = parent.findall(name)
    shown = where + etree.QName(name).localname
    if len(children) > 1:
        reason = f"there are {len(children)} of it; one is allowed ({section})"
        findings.error(line(children[1]), shown, reason, "keep one")
    if not children and required:
        findings.error(
            line(parent), shown, f"there is none in <{etree.QName(parent).localname}> ({section})", "add one"
        )
    return children[0] if children else None
