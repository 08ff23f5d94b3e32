"""A report as lines of text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from feeds.audit.pollers.report import PollReport
from feeds.rules.site_layout import FEED_FORMATS
from feeds.rules.times import rfc3339

MAX_ROWS = 20
"""The number of rows of a table that are printed; there may be thousands."""

_MB = 1_000_000


def report_lines(report: PollReport) -> Iterator[str]:
    """Yield the lines of a report: a sentence, then a table of clients, one of documents and one of services."""
    if report.since is None or report.until is None:
        yield f"no client has asked for a feed: no line asks for {', '.join(row.file_name for row in FEED_FORMATS)}"
        return
    yield f"{report.requests:,} requests of feeds from {rfc3339(report.since)} to {rfc3339(report.until)}"
    yield ""
    rows = [
        (
            group.name,
            f"{group.clients:,}",
            f"{group.requests:,}",
            "–" if group.interval is None else _duration(group.interval),
            _share(group.not_modified, group.not_modified + group.full),
            f"{group.unconditional:,}",
            f"{group.repeated_bytes / _MB:,.1f} MB",
        )
        for group in report.clients
    ]
    yield from _table(("client", "clients", "requests", "every", "304", "unconditional", "sent again"), rows)
    yield ""
    documents = [
        (
            document.address,
            f"{document.requests:,}",
            _share(document.not_modified, document.requests),
            f"{document.sent_bytes / _MB:,.1f} MB",
            f"{document.subscribers:,}",
        )
        for document in report.documents
    ]
    yield from _table(("feed", "requests", "304", "sent", "subscribers"), documents)
    if report.services:
        yield ""
        services = [(service.name, f"{service.subscribers:,}", f"{service.documents:,}") for service in report.services]
        yield from _table(("service", "subscribers", "feeds"), services)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield rows under their head: the first column aligned to the left, the others to the right."""
    shown = [head, *rows[:MAX_ROWS]]
    widths = [max(len(row[column]) for row in shown) for column in range(len(head))]
    for row in shown:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        yield "  ".join(cells)
    if len(rows) > MAX_ROWS:
        yield f"… and {len(rows) - MAX_ROWS:,} more (--json has all)"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"


def _duration(seconds: int) -> str:
    """Return seconds in the largest unit of which there is at least one: ``90`` is ``1.5 min``."""
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds} s"
