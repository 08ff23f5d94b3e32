"""The JSON of the commands that look at a site from outside, in the vocabulary of :mod:`feeds.cli.json_output`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.cli.json_fields import GROUP_COUNTS
from feeds.cli.json_output import attributes, time_text
from feeds.cli.spool import JsonObject
from feeds.rules.text import printable

if TYPE_CHECKING:  # a command loads the rooms that it needs itself
    from feeds.audit.pollers.report import PollReport
    from feeds.audit.validate import ValidationResult


def validate_output(result: ValidationResult) -> JsonObject:
    """Return the output of `feeds validate`. No text in it has control characters, wherever it comes from."""
    return {
        "counts": {
            "documents": result.documents,
            "feed_documents": result.feeds,
            "lists": result.lists,
            "errors": result.errors,
            "warnings": result.warnings,
        },
        "problems": [
            {
                "path": printable(problem.path),
                **attributes(problem, ("line", "column")),
                "field": printable(problem.field),
                "reason": printable(problem.reason),
                "advice": printable(problem.advice),
                **attributes(problem, ("severity", "rule")),
            }
            for problem in result.problems
        ],
    }


def pollers_output(report: PollReport) -> JsonObject:
    """Return the output of `feeds pollers`."""
    return {
        "since": time_text(report.since),
        "until": time_text(report.until),
        "counts": {
            **attributes(report, ("lines", "unreadable", "requests", "forgotten", "repeated_bytes")),
            "clients": sum(group.clients for group in report.clients),
            "documents": len(report.documents),
        },
        "clients": [
            {
                "name": group.name,
                "interval": group.interval,
                "counts": attributes(group, GROUP_COUNTS),
            }
            for group in report.clients
        ],
        "documents": [
            {
                "address": document.address,
                "counts": attributes(document, ("requests", "not_modified", "sent_bytes", "subscribers")),
            }
            for document in report.documents
        ],
        "services": [
            {"name": service.name, "counts": attributes(service, ("subscribers", "documents"))}
            for service in report.services
        ],
    }
