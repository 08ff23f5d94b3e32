"""Is what is published right? Rules for any static tree or site with feeds, ours or not.

The parsers are lxml's, the standard library's and nobody's own; the rules are those of the specifications that each
module names, and of what readers are known to stumble over. Its flow::

    source    a folder or a site → documents
    atom, rss, json_feed, opml, page    one document → problems, and the facts that others must agree with
    across    the facts of all documents → problems that no single document shows
    words     what dates, addresses and texts may be: shared by all of them

A problem says in which document, on which line, what is wrong, why, and what to do (:class:`feeds.model.Problem`).
An error is something that a reader will stumble over, a warning something that some do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from feeds.audit.validate import across, atom, json_feed, opml, page, rss, source
from feeds.audit.validate.facts import AuditedDocument, Facts, Findings
from feeds.audit.validate.source import kind_of
from feeds.model import Problem, Severity

_RULES: dict[str, Callable[[Findings], Facts | None]] = {
    "atom": atom.check_atom,
    "rss": rss.check_rss,
    "json": json_feed.check_json_feed,
    "opml": opml.check_opml,
    "html": page.check_page,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was looked at, and what is wrong with it.

    Attributes:
        feeds: how many feed documents there were.
        documents: how many documents in all.
        problems: by document and line.
    """

    feeds: int
    documents: int
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> int:
        """How many of the problems are errors."""
        return sum(each.severity is Severity.ERROR for each in self.problems)


def from_site(address: str) -> Iterator[AuditedDocument]:
    """Yield the document at `address` and the feeds that it leads to (:func:`feeds.audit.validate.source.read_site`)."""
    return source.read_site(address, _links_of)


def _links_of(document: AuditedDocument) -> list[str]:
    kind = kind_of(document)
    facts = _RULES[kind](Findings(document)) if kind in ("html", "opml", "atom") else None
    return [href for href, _ in facts.links] if facts is not None else []


def validate(documents: Iterable[AuditedDocument]) -> Verdict:
    """Return what is wrong with `documents`, each by itself and all together."""
    known: list[Facts] = []
    addresses: set[str] = set()
    problems: list[Problem] = []
    count = 0
    for document in documents:
        count += 1
        addresses.add(document.address)
        sheet = Findings(document)
        kind = kind_of(document)
        if kind is not None:
            facts = _RULES[kind](sheet)
            if facts is not None:
                known.append(facts)
        problems += [*document.problems, *sheet.problems]
    problems += across.check_across(known, addresses)
    feeds = sum(each.kind in ("atom", "rss", "json") for each in known)
    problems.sort(key=lambda each: (each.path, each.line, each.field, each.reason))
    return Verdict(feeds, count, tuple(problems))
