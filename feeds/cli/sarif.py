"""The problems of `feeds validate` in SARIF 2.1.0, which code hosts show beside the lines of files (OASIS standard)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from feeds import __version__
from feeds.cli.spool import JsonObject
from feeds.rules.text import printable

if TYPE_CHECKING:
    from feeds.audit.validate.facts import Finding
    from feeds.audit.validate.rule import Rule

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(problems: Iterable[tuple[Finding, str]], rules: Iterable[Rule]) -> JsonObject:
    """Return problems as a SARIF log.

    Args:
        problems: every problem, and the file relative to the current folder, or the address of the document.
        rules: all rules.
    """
    driver = {
        "name": "feeds validate",
        "version": __version__,
        "rules": [
            {
                "id": rule.id,
                "shortDescription": {"text": rule.meaning},
                "fullDescription": {"text": f"{rule.meaning} {rule.source}."},
                "help": {"text": rule.advice},
                "defaultConfiguration": {"level": str(rule.severity)},
            }
            for rule in rules
        ],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, address) for problem, address in problems],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(problem: Finding, address: str) -> JsonObject:
    field = f"{problem.field}: " if problem.field else ""
    return {
        "ruleId": problem.rule,
        "level": str(problem.severity),
        "message": {"text": printable(f"{field}{problem.reason}; {problem.advice}")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": address},
                    "region": {"startLine": problem.line, "startColumn": problem.column},
                }
            }
        ],
    }
