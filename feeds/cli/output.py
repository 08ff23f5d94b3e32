"""What commands print for scripts: JSON, and annotations for continuous integration."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from feeds.model import Counts, HeldBack, Problem, Severity
from feeds.pipeline.publish import Report
from feeds.rules.times import rfc3339
from feeds.settings.site import Site


def report_as_json(report: Report, site: Site) -> dict[str, Any]:
    """Return what a build did as JSON has it; its seconds by stage, and `total`."""
    counts = dataclasses.asdict(report.counts)
    rest = {name: getattr(report, name) for name in ("entries", "feeds", "documents", "changed", "written")}
    return {
        **counts,
        "warnings": len(report.problems) - report.counts.problems,
        **rest,
        "generation": report.generation,
        "base_url": site.address,
        "problem_list": [dataclasses.asdict(each) for each in report.problems],
        "held_back": held_back_as_json(report.held_back),
        "notes": list(report.notes),
        "seconds": {
            **{each.name: round(each.seconds, 4) for each in report.stages},
            "total": round(sum(each.seconds for each in report.stages), 4),
        },
    }


def held_back_as_json(articles: Iterable[HeldBack]) -> list[dict[str, str | None]]:
    """Return what is not published though it could be read as JSON has it."""
    return [{"path": each.path, "due": rfc3339(each.due) if each.due is not None else None} for each in articles]


def annotation(site: Site, problem: Problem) -> str:
    """Return `problem` as GitHub reads it in the log of a workflow."""
    path = short_path(site.corpus_path / problem.path)
    text = f"{problem.field + ': ' if problem.field else ''}{problem.reason}; {problem.advice}"
    level = "error" if problem.severity is Severity.ERROR else "warning"
    return f"::{level} file={_escaped(path, ',:')},line={problem.line}::{_escaped(text)}"


def _escaped(text: str, also: str = "") -> str:
    """Return `text` as a workflow command carries it: no character in it can end the command."""
    return "".join(f"%{ord(each):02X}" if each in "%\r\n" + also else each for each in text)


def short_path(path: Path) -> str:
    """Return `path` relative to the current folder where it is below it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def say(text: str) -> None:
    """Print a line for people, on standard error."""
    click.echo(text, err=True)


def say_counts(counts: Counts, site: Site) -> None:
    say(
        f"{counts.files} files: {counts.published} published, {counts.unpublished} unpublished,"
        f" {counts.future} in the future, {counts.problems} lost to problems"
    )
    if counts.unpublished and not site.include_unpublished:
        say(f"{counts.unpublished} left out as published: false or draft; --include-unpublished includes them")


def say_problems(report: Report) -> None:
    for each in (*report.problems, *report.notes):
        say(str(each))
