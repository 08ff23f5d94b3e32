"""What a document is, what it says that others must agree with, and the sheet on which its problems are noted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from feeds.model import Problem, Severity


@dataclass(frozen=True, slots=True)
class AuditedDocument:
    """Bytes at an address.

    Attributes:
        address: below the root of the tree, without a leading slash; or a whole address, of a site.
        body: its bytes.
        media_type: as the server said it, or None where there is no server.
        problems: what was wrong with getting it.
    """

    address: str
    body: bytes
    media_type: str | None = None
    problems: tuple[Problem, ...] = ()


class AuditedItem(NamedTuple):
    """One entry, as far as other documents must agree."""

    id: str
    url: str
    line: int


@dataclass(slots=True)
class Facts:
    """What a document says that others must agree with.

    Attributes:
        address: where it is.
        kind: atom, rss, json, opml or html.
        id: of the feed; empty where it has none.
        title: of the feed.
        itself: the address that it gives as its own; empty where it gives none.
        archive: whether it is an archive (RFC 5005), which shares the id of its feed.
        items: its entries, in order.
        links: addresses of feeds that it leads to, and the line of each.
    """

    address: str
    kind: str
    id: str = ""
    title: str = ""
    itself: str = ""
    archive: bool = False
    items: list[AuditedItem] = field(default_factory=list)
    links: list[tuple[str, int]] = field(default_factory=list)

    @property
    def folder(self) -> str:
        """Its address up to the last slash, with it."""
        return self.address[: self.address.rfind("/") + 1]


class Findings:
    """A document, and the problems found in it so far."""

    def __init__(self, document: AuditedDocument) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def error(self, line: int, where: str, reason: str, advice: str) -> None:
        """Note what a reader will stumble over, at a line and an element or member."""
        self.problems.append(Problem(self.document.address, line, where, reason, advice, Severity.ERROR))

    def warning(self, line: int, where: str, reason: str, advice: str) -> None:
        """Note what some readers stumble over."""
        self.problems.append(Problem(self.document.address, line, where, reason, advice, Severity.WARNING))
