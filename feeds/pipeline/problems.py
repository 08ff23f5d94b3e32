"""All problems of a corpus: those of single files, and those that depend on other files or on the time of the build."""

from __future__ import annotations

import functools
import heapq
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from feeds.catalogue import file_reports, queries
from feeds.model import Counts, HeldBack, Mention, Problem, Severity
from feeds.pipeline.stored_list import Opener, StoredList
from feeds.rules.problems import group_problems, merged_reason
from feeds.rules.urls import section_key
from feeds.settings.site import Site
from feeds.store.build_status import BuildDetails

MAX_NAMES = 20
"""The number of fields that are not used and that a build names."""

MAX_KINDS = 50
"""The number of kinds of problems in the status of a build."""

MAX_LOCATED = 50
"""The number of files that are read again to find the line of such a problem."""


def list_problems(
    db: sqlite3.Connection, site: Site, opener: Opener
) -> tuple[StoredList[Problem], dict[Severity, int]]:
    """Return all problems as a list that is read when it is needed, and their number by severity.

    Args:
        db: the catalogue of `site`, which is up to date.
        site: the settings.
        opener: opens the catalogue when the list is read.
    """
    counts = file_reports.count_problems(db)
    if site.duplicates == "warn":
        counts[Severity.WARNING] += file_reports.count_merged_articles(db)
    counts[Severity.WARNING] += file_reports.count_future_changes(db)
    return StoredList(opener, functools.partial(load_problems, site=site), sum(counts.values())), counts


def list_held_back(counts: Counts, site: Site, now: datetime, opener: Opener) -> StoredList[HeldBack]:
    """Return the articles that could be read and are not published at `now`, as a list that is read when it is needed.

    Args:
        counts: the numbers of files.
        site, opener: as above.
        now: the time.
    """
    read = functools.partial(file_reports.held_back_articles, now=now, least=site.least_visibility)
    return StoredList(opener, read, counts.unpublished + counts.future + counts.expired)


def load_problems(db: sqlite3.Connection, site: Site, *, public: bool = False) -> Iterator[Problem]:
    """Yield all problems, by path and line.

    Args:
        db: the catalogue of `site`, which is up to date.
        site: the settings.
        public: leave out the problems of articles that are held back.
    """
    sources = [file_reports.load_problems(db, public=public)]
    if site.duplicates == "warn" and file_reports.count_merged_articles(db):
        sources.append(_merged_articles(db, site.corpus_path))
    if file_reports.count_future_changes(db):
        sources.append(_future_changes(db, site.corpus_path))
    return heapq.merge(*sources, key=lambda problem: (problem.path, problem.line, problem.field, problem.reason))


def build_details(db: sqlite3.Connection, site: Site, counts: Counts, problems: int) -> BuildDetails:
    """Return what the page with the status of the build shows.

    Args:
        db, site: as above.
        counts: the numbers of files.
        problems: the number of all problems.
    """
    groups = group_problems(load_problems(db, site, public=True))
    groups.sort(key=lambda group: list(Severity).index(group.severity))  # the kinds that are listed are the worst ones
    return BuildDetails(
        counts=counts,
        entries=queries.count_entries(db),
        problems=tuple(groups[:MAX_KINDS]),
        unlisted=sum(group.count for group in groups[MAX_KINDS:]),
        withheld=problems - sum(group.count for group in groups),
    )


def _merged_articles(db: sqlite3.Connection, corpus: Path) -> Iterator[Problem]:
    """Yield a warning for every article that is one entry with an article in another file, by path."""
    for number, (article, speaker) in enumerate(file_reports.merged_articles(db)):
        yield merged_problem(article, speaker, corpus if number < MAX_LOCATED else None)


def merged_problem(article: Mention, speaker: Mention, corpus: Path | None) -> Problem:
    """Return the warning that another article speaks for the entry of `article`.

    Args:
        article: the article.
        speaker: the one that speaks for the entry.
        corpus: the folder in which the file is read again to find the line of the field; None makes it line 1.
    """
    field = "webUrl" if _same_address(article, speaker) else "id"
    line, name = _locate(corpus / article.path, field) if corpus is not None else (1, field)
    advice = f'write another {name}, or set duplicates = "merge"'
    return Problem(article.path, line, name, merged_reason(speaker.path), advice, Severity.WARNING)


def _future_changes(db: sqlite3.Connection, corpus: Path) -> Iterator[Problem]:
    """Yield a warning for every record whose last change lies in the future."""
    for number, (path, position) in enumerate(file_reports.future_changes(db)):
        field = "updatedDateTime"
        line, name = _locate(corpus / path, field, position) if number < MAX_LOCATED else (1, field)
        name = f"related[{position}].{name}" if position else name
        reason, advice = "it lies in the future and is not used before that time", "correct the date"
        yield Problem(path, line, name, reason, advice, Severity.WARNING)


def notes_on_fields(db: sqlite3.Connection) -> tuple[str, ...]:
    """Return a sentence that names the well-known fields that are not used; none if there are no such fields."""
    fields = file_reports.unused_fields(db)
    if not fields:
        return ()
    names = ", ".join(f"{name} ({files} {'file' if files == 1 else 'files'})" for name, files in fields[:MAX_NAMES])
    more = f", and {len(fields) - MAX_NAMES} more" if len(fields) > MAX_NAMES else ""
    return (f"fields that are not used: {names}{more}",)


def _same_address(one: Mention, other: Mention) -> bool:
    return one.url is not None and other.url is not None and section_key(one.url) == section_key(other.url)


def _locate(path: Path, field: str, position: int = 0) -> tuple[int, str]:
    """Return the line and the written name of a field in a file; line 1 and `field` if they can't be determined."""
    from feeds.corpus.front_matter import locate_field  # slow to load, and most corpora have no such problems

    try:
        return locate_field(path.read_text("utf-8-sig"), field, position)
    except (OSError, ValueError):
        return 1, field
