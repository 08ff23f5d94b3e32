"""An XML document as a tree in which every element knows its line and column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urljoin
from xml.parsers import expat

XML = "http://www.w3.org/XML/1998/namespace"
ATOM = "http://www.w3.org/2005/Atom"
XHTML = "http://www.w3.org/1999/xhtml"
HISTORY = "http://purl.org/syndication/history/1.0"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

_SEPARATOR = "\n"
"""The character between the parts of a name: no name and no sensible namespace has it."""

_NUMBERED = ("entry", "item", "outline")
"""The elements that show their number among their siblings also where it is 1."""

MOST_ELEMENTS = 1_000_000
"""The most elements of a document. A document of 20 MB may have a few millions, which cost a gigabyte."""


MOST_LEVELS = 256
"""The most elements around an element. Readers that use libxml2 refuse more."""


class Node:
    """An element.

    Attributes:
        namespace, local, prefix: the parts of its name; the first and the last are empty where it has none.
        tag: the name with its namespace in braces.
        attributes: name → value; a name in a namespace is ``{namespace}local``.
        children: elements and texts, in order.
        parent: the element around it, or None.
        line, column: the place of its start tag, from 1.
        number: its number among its siblings of the same name, from 1.
        base: the address to which relative addresses in it refer (XML Base), as far as the document says it.
    """

    __slots__ = (
        *("attributes", "base", "children", "column", "line", "local", "namespace", "number", "parent", "prefix"),
        "tag",
    )

    def __init__(
        self, name: str, attributes: dict[str, str], parent: Node | None, place: tuple[int, int], number: int
    ) -> None:
        self.namespace, self.local, self.prefix, self.tag = _parts(name)
        self.attributes = {_parts(key)[3]: value for key, value in attributes.items()} if attributes else {}
        self.children: list[Node | str] = []
        self.parent = parent
        self.line, self.column = place
        self.number = number
        around: str = parent.base if parent is not None else ""
        base = self.attributes.get(f"{{{XML}}}base")
        self.base: str = around if base is None else join(around, base)

    @property
    def name(self) -> str:
        """The name as the document writes it, with its prefix."""
        return f"{self.prefix}:{self.local}" if self.prefix else self.local

    @property
    def path(self) -> str:
        """The place in the document, without the root and an RSS channel: ``entry[2]/link``; empty for these two."""
        parts: list[str] = []
        node: Node | None = self
        while node is not None and node.parent is not None and (node.local != "channel" or node.parent.parent):
            shown = node.local in _NUMBERED or node.number > 1
            parts.append(f"{node.name}[{node.number}]" if shown else node.name)
            node = node.parent
        return "/".join(reversed(parts))

    @property
    def elements(self) -> Iterator[Node]:
        """The child elements."""
        return (child for child in self.children if isinstance(child, Node))

    @property
    def text(self) -> str:
        """All text in the element, as it stands."""
        return "".join(part for node in self.walk() for part in node.own_text)

    @property
    def own_text(self) -> Iterator[str]:
        """The texts that are direct children."""
        return (child for child in self.children if isinstance(child, str))

    def walk(self) -> Iterator[Node]:
        """Yield the element and all elements in it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(list(node.elements))

    def all(self, tag: str) -> list[Node]:
        """Return the children with this name (:attr:`Node.tag`)."""
        return [child for child in self.elements if child.tag == tag]

    def first(self, tag: str) -> Node | None:
        """Return the first child with this name (:attr:`Node.tag`), or None."""
        return next((child for child in self.elements if child.tag == tag), None)

    def text_of(self, tag: str) -> str:
        """Return the trimmed text of the first child with this name; empty where there is none."""
        child = self.first(tag)
        return child.text.strip() if child is not None else ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document that could be parsed.

    Attributes:
        root: the root element.
        version: the version of XML that the document names.
        doctype: the line of its document type declaration; 0 where it has none.
        namespaces: every namespace that it declares, with its prefix and line.
    """

    root: Node
    version: str
    doctype: int
    namespaces: tuple[tuple[str, str, int], ...]


class BrokenXmlError(Exception):
    """A document is no XML.

    Attributes:
        code: the code of expat (:mod:`xml.parsers.expat.errors`), or -1 where there are too many elements, or too
            deep ones.
        line, column: the place, from 1.
    """

    def __init__(self, code: int, line: int, column: int) -> None:
        super().__init__(expat.ErrorString(code) if code >= 0 else "too many elements, or too many levels of them")
        self.code, self.line, self.column = code, line, column


class _Builder:
    """Builds the tree from the events of expat."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self.parser = parser
        self.root: Node | None = None
        self.open: list[Node] = []
        self.counts: list[dict[str, int]] = []
        self.version, self.doctype, self.elements = "1.0", 0, 0
        self.namespaces: list[tuple[str, str, int]] = []
        parser.buffer_text = True
        parser.namespace_prefixes = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.characters
        parser.StartNamespaceDeclHandler = self.declare
        parser.StartDoctypeDeclHandler = self.start_doctype
        parser.XmlDeclHandler = self.declaration
        parser.DefaultHandler = lambda _: None  # with it, expat expands no entity in a text

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        place = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
        if self.elements > MOST_ELEMENTS or len(self.open) > MOST_LEVELS:
            raise BrokenXmlError(-1, *place)
        parent = self.open[-1] if self.open else None
        number = 1
        if parent is not None:
            number = self.counts[-1].get(name, 0) + 1
            self.counts[-1][name] = number
        node = Node(name, attributes, parent, place, number)
        if parent is None:
            self.root = node
        else:
            parent.children.append(node)
        self.open.append(node)
        self.counts.append({})

    def end(self, _: str) -> None:
        self.open.pop()
        self.counts.pop()

    def characters(self, text: str) -> None:
        self.open[-1].children.append(text)

    def declare(self, prefix: str | None, uri: str | None) -> None:
        self.namespaces.append((prefix or "", uri or "", self.parser.CurrentLineNumber))

    def start_doctype(self, *_: object) -> None:
        self.doctype = self.parser.CurrentLineNumber

    def declaration(self, version: str, *_: object) -> None:
        self.version = version or "1.0"


def parse_xml(text: str) -> Parsed:
    """Return `text` as a tree. No entity is expanded in a text, and no other file is read.

    Raises:
        BrokenXmlError: it is no XML.
    """
    parser = expat.ParserCreate("utf-8", _SEPARATOR)
    builder = _Builder(parser)
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise BrokenXmlError(error.code, error.lineno, error.offset + 1) from None
    if builder.root is None:  # expat reports a document without an element itself
        raise BrokenXmlError(-1, 1, 1)
    return Parsed(builder.root, builder.version, builder.doctype, tuple(builder.namespaces))


def join(base: str, address: str) -> str:
    """Return `address` as an absolute one if `base` is; as it is written where one of them is no address."""
    try:
        return urljoin(base, address)
    except ValueError:
        return address


@lru_cache(maxsize=512)  # a document has few names and uses them often
def _parts(name: str) -> tuple[str, str, str, str]:
    """Return namespace, local name, prefix and tag of a name as expat gives it, with :data:`_SEPARATOR` between."""
    space, *rest = name.split(_SEPARATOR)
    if not rest:
        return "", space, "", space
    return space, rest[0], rest[1] if len(rest) > 1 else "", f"{{{space}}}{rest[0]}"
