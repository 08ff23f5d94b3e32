"""Validation: rules for any static tree or live site with feeds, ours or not.

lxml and the standard library parse. The rules come from the specifications that the modules name, and from mistakes
at which readers are known to fail. The flow::

    source    a folder or a site → documents
    atom, rss, json_feed, opml, page    one document → problems, and the facts that others must agree with
    across    the facts of all documents → problems between documents
    common, xml    the checks that several formats share

A problem names the document, the line, what is wrong, and what to do (:class:`feeds.model.Problem`). An error makes
readers fail, a warning some of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from feeds.audit.validate import across, atom, json_feed, opml, page, rss, source
from feeds.audit.validate.facts import AuditedDocument, Facts, Findings
from feeds.audit.validate.source import kind_of
from feeds.model import Problem, Severity

_CHECKS: dict[str, Callable[[Findings], Facts | None]] = {
    "atom": atom.check_atom,
    "rss": rss.check_rss,
    "json": json_feed.check_json_feed,
    "opml": opml.check_opml,
    "html": page.check_page,
}


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """The documents that were checked, and their problems.

    Attributes:
        feeds: the number of feed documents.
        documents: the number of all documents.
        problems: the problems, by document and line.
    """

    feeds: int
    documents: int
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> int:
        """The number of errors among the problems."""
        return sum(problem.severity is Severity.ERROR for problem in self.problems)

    @property
    def warnings(self) -> int:
        """The number of warnings among the problems."""
        return len(self.problems) - self.errors


def from_site(address: str) -> Iterator[AuditedDocument]:
    """Yield the document at `address` and the feeds to which it leads.

    Raises:
        UsageError: `address` is no http(s) URL, or can't be fetched.
    """
    return source.read_site(address, _links_of)


def _links_of(document: AuditedDocument) -> list[str]:
    kind = kind_of(document)
    facts = _CHECKS[kind](Findings(document)) if kind in ("html", "opml", "atom") else None
    return [href for href, _ in facts.links] if facts is not None else []


def validate(documents: Iterable[AuditedDocument]) -> ValidationResult:
    """Return the problems of `documents`: of every document alone, and of all together."""
    facts_of_all: list[Facts] = []
    addresses: set[str] = set()
    problems: list[Problem] = []
    count = 0
    for document in documents:
        count += 1
        addresses.add(document.address)
        findings = Findings(document)
        kind = kind_of(document)
        if kind is not None:
            facts = _CHECKS[kind](findings)
            if facts is not None:
                facts_of_all.append(facts)
        problems += [*document.problems, *findings.problems]
    problems += across.check_across(facts_of_all, addresses)
    feeds = sum(facts.kind in across.FEED_KINDS for facts in facts_of_all)
    problems.sort(key=lambda problem: (problem.path, problem.line, problem.field, problem.reason))
    return ValidationResult(feeds, count, tuple(problems))
