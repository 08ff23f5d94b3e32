"""A document of the site that is checked, the facts in it that other documents must agree with, and its problems."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple, Protocol

from feeds.audit.validate.table import RULES
from feeds.model import Problem
from feeds.rules.text import printable


@dataclass(frozen=True, slots=True)
class Finding(Problem):
    """A problem that a rule names.

    Attributes:
        column: the column in the line, from 1.
        rule: the id of the rule (:data:`feeds.audit.validate.table.RULES`).
    """

    column: int = 1
    rule: str = ""

    def __str__(self) -> str:
        field = f" {self.field}:" if self.field else ""
        place = f"{self.path}:{self.line}:{self.column}"
        return printable(f"{place}: {self.severity}:{field} {self.reason}; {self.advice} [{self.rule}]")


MAX_LETTERS = 300
"""The most characters of a reason or a place: a document may have a date of a megabyte, which is no help."""


def _short(text: str) -> str:
    return text if len(text) <= MAX_LETTERS else f"{text[:MAX_LETTERS]}…"


def finding(rule: str, address: str, reason: str, field: str = "", line: int = 1, column: int = 1) -> Finding:
    """Return a problem of the document at `address`; severity and advice come from the rule.

    Args:
        rule: the id of the rule.
        address: the address of the document.
        reason: what is wrong there.
        field: the element or member, such as ``entry[2]/id``; empty for the whole document.
        line, column: the place, from 1.
    """
    row = RULES[rule]
    reason, field = (_short(text) for text in (reason, field))
    return Finding(address, line, field, reason, row.advice, row.severity, column, rule)


class Place(Protocol):
    """A place in a document: an element, a member, or a :class:`Spot`."""

    @property
    def line(self) -> int:
        """The line, from 1."""

    @property
    def column(self) -> int:
        """The column, from 1."""

    @property
    def path(self) -> str:
        """The element or member, such as ``entry[2]/id``; empty for the whole document."""


class Spot(NamedTuple):
    """A place in a document that is no element: the arguments of :class:`Place`."""

    line: int = 1
    column: int = 1
    path: str = ""

    @classmethod
    def of(cls, place: Place) -> Spot:
        """Return the place without the document, which can then be forgotten."""
        return cls(place.line, place.column, place.path)


@dataclass(frozen=True, slots=True)
class AuditedDocument:
    """The bytes at an address.

    Attributes:
        address: in a folder, the path below it, with forward slashes; on a live site, the URL.
        body: the bytes.
        media_type: the Content-Type that the server sent, or None where there is no server.
        problems: the problems of reading or fetching it.
        asked: whether it is the one document that was asked for, and not one of many that may be no feeds.
    """

    address: str
    body: bytes
    media_type: str | None = None
    problems: tuple[Finding, ...] = ()
    asked: bool = False


class AuditedItem(NamedTuple):
    """One entry of a feed.

    Attributes:
        id: the id of the entry; empty where it has none.
        url: the address of its page; empty where it has none.
        spot: the place at which it starts.
    """

    id: str
    url: str
    spot: Spot


@dataclass(slots=True)
class Facts:
    """The facts in a document that other documents must agree with.

    Attributes:
        address: the address of the document.
        kind: atom, rss, json, opml or html.
        id: the id of the feed; empty where it has none.
        title: the title of the feed.
        self_link: the address that the document gives as its own; empty where it gives none.
        archive: whether it is an archive (RFC 5005), or a later page of a JSON Feed: it has the facts of its feed.
        next_page: the address of the next page of a JSON Feed; empty where there is none.
        items: its entries, in order.
        links: the addresses of feeds to which it leads, and the place of every link.
        pages: the addresses of the pages of feeds, which lead to the other formats of these feeds.
    """

    address: str
    kind: str
    id: str = ""
    title: str = ""
    self_link: str = ""
    archive: bool = False
    next_page: str = ""
    items: list[AuditedItem] = field(default_factory=list)
    links: list[tuple[str, Spot]] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)

    @property
    def folder(self) -> str:
        """The address up to its last slash, with the slash."""
        return self.address[: self.address.rfind("/") + 1]


MAX_PROBLEMS = 1000
"""The most problems of one rule that are named in one document: a hostile one may have a million."""


class Findings:
    """The problems of a document so far.

    Args:
        document: the document.
        now: the time of the check; dates after it are in the future.
    """

    def __init__(self, document: AuditedDocument, now: datetime) -> None:
        self.document = document
        self.now = now
        self.problems: list[Finding] = []
        self._counts: Counter[str] = Counter()

    def add(self, rule: str, place: Place, reason: str, at: str = "", advice: str = "") -> None:
        """Add a problem.

        Args:
            rule: the id of the rule.
            place: where it is.
            reason: what is wrong there.
            at: an attribute or child of the place, such as ``@href`` or ``id``.
            advice: what to do, if the rule's advice can be more exact.
        """
        self._counts[rule] += 1
        if self._counts[rule] > MAX_PROBLEMS:
            return
        if self._counts[rule] == MAX_PROBLEMS:
            reason = f"{reason}; more problems of this kind are not named"
        path = "/".join(filter(None, (place.path, at)))
        problem = finding(rule, self.document.address, reason, path, place.line, place.column)
        self.problems.append(replace(problem, advice=advice) if advice else problem)
