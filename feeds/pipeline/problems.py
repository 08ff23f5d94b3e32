"""All problems of a corpus: those of single files, and those that depend on other files or on the time of the build."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from feeds.catalogue import queries
from feeds.model import Mention, Problem, Severity
from feeds.rules.urls import section_key
from feeds.settings.site import Site

MAX_NAMES = 20
"""The number of fields that are not used and that a build names."""

MAX_LOCATED = 50
"""The number of files that are read again to find the line of such a problem."""


def load_problems(db: sqlite3.Connection, site: Site) -> tuple[Problem, ...]:
    """Return all problems, by path and line; the catalogue `db` of `site` is up to date."""
    others = list(_future_changes(db, site.corpus_path))
    if site.duplicates == "warn":
        others += _merged_articles(db, site.corpus_path)
    problems = (*queries.load_problems(db), *others)
    return tuple(sorted(problems, key=lambda it: (it.path, it.line, it.field, it.reason))) if others else problems


def notes_on_fields(db: sqlite3.Connection) -> tuple[str, ...]:
    """Return a sentence that names the well-known fields that are not used; none if there are no such fields."""
    fields = queries.unused_fields(db)
    if not fields:
        return ()
    names = ", ".join(f"{name} ({files} {'file' if files == 1 else 'files'})" for name, files in fields[:MAX_NAMES])
    more = f", and {len(fields) - MAX_NAMES} more" if len(fields) > MAX_NAMES else ""
    return (f"fields that are not used: {names}{more}",)


def _merged_articles(db: sqlite3.Connection, corpus: Path) -> Iterator[Problem]:
    """Yield a warning for every article that is one entry with an article in another file."""
    pairs = ((first, other) for first, *others in queries.merged_articles(db) for other in others)
    for number, (first, other) in enumerate(pairs):
        field = "webUrl" if _same_address(first, other) else "id"
        line, name = _locate(corpus / other.path, field) if number < MAX_LOCATED else (1, field)
        reason = f"it is the same as in {first.path}, which is older: the two are one entry, with its title and text"
        advice = f'write another {name}, or set duplicates = "merge"'
        yield Problem(other.path, line, name, reason, advice, Severity.WARNING)


def _future_changes(db: sqlite3.Connection, corpus: Path) -> Iterator[Problem]:
    """Yield a warning for every record whose last change lies in the future."""
    for number, (path, position) in enumerate(queries.future_changes(db)):
        field = "updatedDateTime"
        line, name = _locate(corpus / path, field, position) if number < MAX_LOCATED else (1, field)
        name = f"related[{position}].{name}" if position else name
        reason, advice = "it lies in the future and is not used before that time", "correct the date"
        yield Problem(path, line, name, reason, advice, Severity.WARNING)


def _same_address(one: Mention, other: Mention) -> bool:
    return one.url is not None and other.url is not None and section_key(one.url) == section_key(other.url)


def _locate(path: Path, field: str, position: int = 0) -> tuple[int, str]:
    """Return the line and the written name of a field in a file; line 1 and `field` if they can't be determined."""
    from feeds.corpus.front_matter import locate_field  # slow to load, and most corpora have no such problems

    try:
        return locate_field(path.read_text("utf-8-sig"), field, position)
    except (OSError, ValueError):
        return 1, field
