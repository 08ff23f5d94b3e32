"""A document of the site that is checked, the facts in it that other documents must agree with, and its problems."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from feeds.model import Problem, Severity


@dataclass(frozen=True, slots=True)
class AuditedDocument:
    """The bytes at an address.

    Attributes:
        address: in a folder, the path below it, with forward slashes; on a live site, the URL.
        body: the bytes.
        media_type: the Content-Type that the server sent, or None where there is no server.
        problems: the problems of reading or fetching it.
    """

    address: str
    body: bytes
    media_type: str | None = None
    problems: tuple[Problem, ...] = ()


class AuditedItem(NamedTuple):
    """One entry of a feed.

    Attributes:
        id: the id of the entry; empty where it has none.
        url: the address of its page; empty where it has none.
        line: the line on which it starts.
    """

    id: str
    url: str
    line: int


@dataclass(slots=True)
class Facts:
    """The facts in a document that other documents must agree with.

    Attributes:
        address: the address of the document.
        kind: atom, rss, json, opml or html.
        id: the id of the feed; empty where it has none.
        title: the title of the feed.
        self_link: the address that the document gives as its own; empty where it gives none.
        archive: whether it is an archive (RFC 5005), which shares the id of its feed.
        items: its entries, in order.
        links: the addresses of feeds to which it leads, and the line of every link.
    """

    address: str
    kind: str
    id: str = ""
    title: str = ""
    self_link: str = ""
    archive: bool = False
    items: list[AuditedItem] = field(default_factory=list)
    links: list[tuple[str, int]] = field(default_factory=list)

    @property
    def folder(self) -> str:
        """The address up to its last slash, with the slash."""
        return self.address[: self.address.rfind("/") + 1]


class Findings:
    """The problems of a document so far."""

    def __init__(self, document: AuditedDocument) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def error(self, line: int, where: str, reason: str, advice: str) -> None:
        """Add a problem that makes a reader fail.

        Args:
            line: the line in the document, from 1.
            where: the element or member, such as ``entry[2]/id``; empty for the whole document.
            reason: what is wrong.
            advice: what to do.
        """
        self.problems.append(Problem(self.document.address, line, where, reason, advice, Severity.ERROR))

    def warning(self, line: int, where: str, reason: str, advice: str) -> None:
        """Add a problem that makes some readers fail; for the arguments, see :meth:`error`."""
        self.problems.append(Problem(self.document.address, line, where, reason, advice, Severity.WARNING))
