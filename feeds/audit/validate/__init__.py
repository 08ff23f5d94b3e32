"""Validation: rules for any static tree or live site with feeds, ours or not.

expat, lxml and the standard library parse. The rules come from the specifications that the table names, and from
mistakes at which readers are known to fail. The flow::

    table     the rules: id, severity, specification, meaning, advice, example
    source, crawl, fetch    a file, a folder, standard input or a site → documents
    xml, tree, json_tree  a document → elements or members that know their line and column
    atom, rss, podcast, extensions, json_feed, opml, page    one document → problems, and facts for the others
    across    the facts of all documents → problems between documents
    grammar, values, texts, size    the checks that several formats share
    reference    the table → docs/validate.md

A problem names the document, line and column, the element, what is wrong, what to do, and the rule
(:class:`feeds.audit.validate.facts.Finding`). An error makes readers fail, a warning some of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from feeds.audit.validate import across, atom, crawl, json_feed, opml, page, rss, xml
from feeds.audit.validate.facts import AuditedDocument, Facts, Finding, Findings
from feeds.audit.validate.source import kind_of
from feeds.model import Severity

Scope = Literal["file", "folder", "site"]
"""Where documents come from. Of a file alone, its address and its links say nothing. On a site, links are fetched."""


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """The documents that were checked, and their problems.

    Attributes:
        feeds: the number of feed documents.
        lists: the number of lists of feeds (OPML).
        documents: the number of all documents.
        problems: the problems, by document and line.
    """

    feeds: int
    lists: int
    documents: int
    problems: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """The number of errors among the problems."""
        return sum(problem.severity is Severity.ERROR for problem in self.problems)

    @property
    def warnings(self) -> int:
        """The number of warnings among the problems."""
        return len(self.problems) - self.errors


def from_site(address: str, seconds: float = crawl.TIME_LIMIT) -> Iterator[AuditedDocument]:
    """Yield the document at `address` and the feeds to which it leads.

    Args:
        address: the URL of a page, a list of feeds, or a feed.
        seconds: the longest time that it may take.

    Raises:
        UsageError: `address` is no http(s) URL, or can't be fetched.
    """
    return crawl.read_site(address, _links_of, seconds)


def _links_of(document: AuditedDocument) -> tuple[list[str], list[str]]:
    """Return the addresses of the feeds and of the pages to which a document leads."""
    facts = _check(Findings(document, datetime.now(UTC)))
    return ([href for href, _ in facts.links], facts.pages) if facts is not None else ([], [])


def _check(findings: Findings) -> Facts | None:
    """Add the problems of a document and return its facts; None where it can't be read, or there are no rules."""
    if findings.document.problems and not findings.document.body:
        return None  # it could not be read at all
    kind = kind_of(findings.document)
    return _CHECKS[kind](findings) if kind is not None else None


def _check_unknown(findings: Findings) -> None:
    """Add the problem that a document is no feed."""
    root = xml.open_xml(findings)
    if root is not None:
        findings.add("xml-root", root, f"the root is <{root.tag}>")


_CHECKS: dict[str, Callable[[Findings], Facts | None]] = {
    "atom": atom.check_atom,
    "rss": rss.check_rss,
    "json": json_feed.check_json_feed,
    "opml": opml.check_opml,
    "html": page.check_page,
    "unknown": _check_unknown,
}


def validate(
    documents: Iterable[AuditedDocument], now: datetime | None = None, scope: Scope = "folder"
) -> ValidationResult:
    """Return the problems of `documents`: of every document alone, and of all together.

    Args:
        documents: the documents.
        now: the time after which dates are in the future; None for the time of the call.
        scope: where they come from, which decides what can be known about documents together.
    """
    now = now or datetime.now(UTC)
    facts_of_all: list[Facts] = []
    addresses: set[str] = set()
    problems: list[Finding] = []
    count = 0
    for document in documents:
        count += 1
        addresses.add(document.address)
        findings = Findings(document, now)
        facts = _check(findings)
        if facts is not None:
            facts_of_all.append(facts)
        problems += [*document.problems, *findings.problems]
    if scope != "file":
        problems += across.check_across(facts_of_all, addresses if scope == "folder" else None)
    problems.sort(key=lambda problem: (problem.path, problem.line, problem.column, problem.field, problem.rule))
    kinds = Counter(facts.kind for facts in facts_of_all)
    return ValidationResult(sum(kinds[kind] for kind in across.FEED_KINDS), kinds["opml"], count, tuple(problems))
