"""A report as lines of text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from feeds.audit.pollers.report import PollReport
from feeds.rules.times import rfc3339

MAX_ROWS = 20
"""So many rows of each table are shown; there may be thousands."""

_MB = 1_000_000


def report_lines(report: PollReport) -> Iterator[str]:
    """Yield the lines that tell of a report."""
    if report.since is None or report.until is None:
        yield "nobody has asked for a feed: no line asks for feed.atom, feed.rss or feed.json"
        return
    yield f"{report.requests:,} requests of feeds from {rfc3339(report.since)} to {rfc3339(report.until)}"
    yield ""
    rows = [
        (
            each.name,
            f"{each.clients:,}",
            f"{each.requests:,}",
            "–" if each.every is None else _span(each.every),
            _share(each.not_modified, each.not_modified + each.full),
            f"{each.unconditional:,}",
            f"{each.repeated_bytes / _MB:,.1f} MB",
        )
        for each in report.clients
    ]
    yield from _table(("client", "clients", "requests", "every", "304", "unconditional", "sent again"), rows)
    yield ""
    feeds = [
        (
            each.address,
            f"{each.requests:,}",
            _share(each.not_modified, each.requests),
            f"{each.sent_bytes / _MB:,.1f} MB",
            f"{each.subscribers:,}",
        )
        for each in report.feeds
    ]
    yield from _table(("feed", "requests", "304", "sent", "subscribers"), feeds)
    if report.services:
        yield ""
        services = [(each.name, f"{each.subscribers:,}", f"{each.feeds:,}") for each in report.services]
        yield from _table(("service", "subscribers", "feeds"), services)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield rows under their head: the first column to the left, the others to the right."""
    shown = [head, *rows[:MAX_ROWS]]
    widths = [max(len(row[place]) for row in shown) for place in range(len(head))]
    for row in shown:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        yield "  ".join(cells)
    if len(rows) > MAX_ROWS:
        yield f"… and {len(rows) - MAX_ROWS:,} more (--json has all)"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"


def _span(seconds: int) -> str:
    """Return a number of seconds in the unit that people would choose."""
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds} s"
