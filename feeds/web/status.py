"""The page ``/status``: what is served, the problems of the last build, and the polls, for the publisher in a browser.

It names nothing that is held back, no client, and no folder of the machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import Response, render_template

from feeds.model import Problem
from feeds.rules.site_layout import KIND_FOLDERS, is_memory
from feeds.rules.text import printable
from feeds.rules.times import from_seconds, rfc3339
from feeds.settings.site import Site
from feeds.store import build_status, lock
from feeds.store.build_status import BuildDetails
from feeds.store.snapshots import Snapshot
from feeds.web import headers
from feeds.web.request_counts import COUNTED_FORMATS, UNCOUNTED
from feeds.web.site_names import FOLDERS, Names

ALL = "all"
"""The name of the row with the sums of all formats."""


class PollsRow(NamedTuple):
    """The answers about one format.

    Attributes:
        name: the format.
        answers: how many answers there were.
        unchanged: how many of them were 304.
        share: the part of 304 in all 200 and 304, as text.
        missing: how many were 404 or 410.
        failed: how many were 500 or higher.
    """

    name: str
    answers: int
    unchanged: int
    share: str
    missing: int
    failed: int


def status_page(site: Site, snapshot: Snapshot | None, names: Names, counts: Mapping[tuple[int, str], int]) -> Response:
    """Return the page.

    Args:
        site: the settings.
        snapshot: the snapshot that is served, or None.
        names: the names in it.
        counts: how many answers there were, by status and format.
    """
    status = build_status.load_status(site.state_path)
    details = status.details if status is not None else None
    completed = snapshot.completed_at() if snapshot is not None else None
    body = render_template(
        "status.html",
        heading="Status",
        number="{:,}".format,
        shown=printable,
        snapshot=snapshot,
        completed=rfc3339(from_seconds(int(completed))) if completed is not None else "",
        served=list(_served(snapshot, names)) if snapshot is not None else [],
        unfinished=lock.is_unfinished(site.state_path),
        status=status,
        files=list(_files(details)) if details is not None else [],
        by_file=_by_file(details) if details is not None else [],
        further=list(_further(details)) if details is not None else [],
        polls=list(_polls(counts)),
        has_log=bool(site.access_log),
    )
    answer = Response(body, content_type="text/html; charset=utf-8")
    answer.headers.extend(headers.FOR_PAGES)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    # In place of "*": a page of another site that the publisher has open must not read it.
    answer.headers["Access-Control-Allow-Origin"] = "{0.scheme}://{0.netloc}".format(urlsplit(site.address))
    return answer


def _served(snapshot: Snapshot, names: Names) -> Iterator[tuple[str, int]]:
    documents = [document for address, document in snapshot.documents.items() if not is_memory(address)]
    for folder in FOLDERS:
        yield f"Feeds in {folder}" if folder in KIND_FOLDERS.values() else "Pages of articles", len(names.slugs[folder])
    yield "Documents", len(documents)
    yield "Bytes", sum(document.size for document in documents)


def _files(details: BuildDetails) -> Iterator[tuple[str, int]]:
    counts = details.counts
    yield "Files", counts.files
    yield "Published", counts.published
    yield "Unpublished", counts.unpublished
    yield "In the future", counts.future
    yield "Expired", counts.expired
    yield "Lost to problems", counts.problems
    yield "Entries", details.entries


def _by_file(details: BuildDetails) -> list[tuple[str, list[Problem]]]:
    """Return the problems that are listed, by file and line."""
    listed = [problem for group in details.problems for problem in group.first]
    listed.sort(key=lambda problem: (problem.path, problem.line, problem.field, problem.reason))
    return [(printable(path), list(problems)) for path, problems in groupby(listed, key=lambda problem: problem.path)]


def _further(details: BuildDetails) -> Iterator[tuple[str, int]]:
    """Yield reason and number of the problems that are not listed."""
    for group in details.problems:
        if group.count > len(group.first):
            yield group.reason, group.count - len(group.first)
    if details.unlisted:
        yield "of other kinds", details.unlisted
    if details.withheld:
        yield "in articles that are held back", details.withheld


def _polls(counts: Mapping[tuple[int, str], int]) -> Iterator[PollsRow]:
    """Yield a row for each format that was asked for, and their sum; none if there was no answer."""
    counted = {key: number for key, number in counts.items() if key[1] != UNCOUNTED}
    for name in (*COUNTED_FORMATS, ALL) if counted else ():
        row: Counter[int] = Counter()
        for (status, format_), number in counted.items():
            row[status] += number if name in (format_, ALL) else 0
        answers, unchanged = sum(row.values()), row[304]
        known = row[200] + unchanged
        if answers:
            yield PollsRow(
                name,
                answers,
                unchanged,
                f"{unchanged / known:.0%}" if known else "",
                row[404] + row[410],
                sum(number for status, number in row.items() if status >= 500),
            )
