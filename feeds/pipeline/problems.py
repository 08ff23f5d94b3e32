"""All problems of a corpus: those of single files, and articles that are merged although they are two files."""

from __future__ import annotations

import functools
import heapq
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from feeds.catalogue import queries
from feeds.model import Counts, HeldBack, Mention, Problem, Severity
from feeds.pipeline.stored_list import Opener, StoredList
from feeds.rules.problems import merged_reason
from feeds.rules.urls import section_key
from feeds.settings.site import Site

MAX_LOCATED = 50
"""The number of files that are read again to find the line of a merged article's address."""


def list_problems(
    db: sqlite3.Connection, site: Site, opener: Opener
) -> tuple[StoredList[Problem], dict[Severity, int]]:
    """Return all problems as a list that is read when it is needed, and their number by severity.

    Args:
        db: the catalogue of `site`, which is up to date.
        site: the settings.
        opener: opens the catalogue when the list is read.
    """
    counts = queries.count_problems(db)
    if site.duplicates == "warn":
        counts[Severity.WARNING] += queries.count_merged_articles(db)
    return StoredList(opener, functools.partial(load_problems, site=site), sum(counts.values())), counts


def list_held_back(counts: Counts, site: Site, now: datetime, opener: Opener) -> StoredList[HeldBack]:
    """Return the articles that could be read and are not published at `now`, as a list that is read when it is needed.

    Args:
        counts: the numbers of files.
        site, opener: as above.
        now: the time.
    """
    read = functools.partial(queries.held_back_articles, now=now, least=site.least_visibility)
    return StoredList(opener, read, counts.unpublished + counts.future + counts.expired)


def load_problems(db: sqlite3.Connection, site: Site) -> Iterator[Problem]:
    """Yield all problems, by path and line; the catalogue `db` of `site` is up to date."""
    if site.duplicates != "warn" or not queries.count_merged_articles(db):
        return queries.load_problems(db)
    merged = _merged_articles(db, site.corpus_path)
    return heapq.merge(
        queries.load_problems(db),
        merged,
        key=lambda problem: (problem.path, problem.line, problem.field, problem.reason),
    )


def _merged_articles(db: sqlite3.Connection, corpus: Path) -> Iterator[Problem]:
    """Yield a warning for every article that is one entry with an article in another file, by path."""
    for number, (article, speaker) in enumerate(queries.merged_articles(db)):
        yield merged_problem(article, speaker, corpus if number < MAX_LOCATED else None)


def merged_problem(article: Mention, speaker: Mention, corpus: Path | None) -> Problem:
    """Return the warning that another article speaks for the entry of `article`.

    Args:
        article: the article.
        speaker: the one that speaks for the entry.
        corpus: the folder in which the file is read again to find the line of the field; None makes it line 1.
    """
    field = "webUrl" if _same_address(article, speaker) else "id"
    line = _line_of(corpus / article.path, field) if corpus is not None else 1
    advice = f'write another {field}, or set duplicates = "merge"'
    return Problem(article.path, line, field, merged_reason(speaker.path), advice, Severity.WARNING)


def _same_address(one: Mention, other: Mention) -> bool:
    return one.url is not None and other.url is not None and section_key(one.url) == section_key(other.url)


def _line_of(path: Path, field: str) -> int:
    """Return the line of a field in a file, or 1 if it can't be determined."""
    from feeds.corpus.front_matter import line_of_field  # slow to load, and most corpora have no such articles

    try:
        return line_of_field(path.read_text("utf-8-sig"), field)
    except (OSError, ValueError):
        return 1
