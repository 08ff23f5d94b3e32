"""All problems of a corpus: those of single files, and articles that are merged although they are two files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from feeds.catalogue import queries
from feeds.model import Mention, Problem, Severity
from feeds.rules.urls import section_key
from feeds.settings.site import Site

MAX_LOCATED = 50
"""The number of files that are read again to find the line of a merged article's address."""


def load_problems(db: sqlite3.Connection, site: Site) -> tuple[Problem, ...]:
    """Return all problems, by path and line; the catalogue `db` of `site` is up to date."""
    merged = list(_merged_articles(db, site.corpus_path)) if site.duplicates == "warn" else []
    problems = (*queries.load_problems(db), *merged)
    return tuple(sorted(problems, key=lambda it: (it.path, it.line, it.field, it.reason))) if merged else problems


def _merged_articles(db: sqlite3.Connection, corpus: Path) -> Iterator[Problem]:
    """Yield a warning for every article that is one entry with an article in another file."""
    pairs = ((first, other) for first, *others in queries.merged_articles(db) for other in others)
    for number, (first, other) in enumerate(pairs):
        field = "webUrl" if _same_address(first, other) else "id"
        line = _line_of(corpus / other.path, field) if number < MAX_LOCATED else 1
        reason = f"it is the same as in {first.path}, which is older: the two are one entry, with its title and text"
        advice = f'write another {field}, or set duplicates = "merge"'
        yield Problem(other.path, line, field, reason, advice, Severity.WARNING)


def _same_address(one: Mention, other: Mention) -> bool:
    return one.url is not None and other.url is not None and section_key(one.url) == section_key(other.url)


def _line_of(path: Path, field: str) -> int:
    """Return the line of a field in a file, or 1 if it can't be determined."""
    from feeds.corpus.front_matter import line_of_field  # slow to load, and most corpora have no such articles

    try:
        return line_of_field(path.read_text("utf-8-sig"), field)
    except (OSError, ValueError):
        return 1
