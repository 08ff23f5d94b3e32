"""The commands that look at a site from outside: validate (its documents) and pollers (its access logs)."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from feeds.cli import audit_json, options
from feeds.cli.exit_codes import exit_with_finding
from feeds.cli.output import annotation, say, say_lines, short_path
from feeds.cli.sarif import sarif
from feeds.cli.spool import print_json
from feeds.errors import UsageError
from feeds.settings import loader

if TYPE_CHECKING:
    from feeds.audit.validate import ValidationResult


@click.command(short_help="Check a file, a folder or a live site against what readers need.")
@click.argument(
    "target",
    cls=options.SettingArgument,
    setting="output",
    required=False,
    help=(
        "A folder, a file, an http(s) address, or - for standard input; without it, the folder to which `feeds build`"
        " writes."
    ),
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="The form of the output; github prints annotations for GitHub's workflows, sarif a file for code hosts.",
)
@options.json_option
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="The longest time that the check of a live site takes.",
)
def validate(target: str | None, output_format: str, as_json: bool, time_limit: float) -> None:
    """Check a file, a folder or a live site against what readers need; exit with 1 if there is an error.

    An address leads to all feeds on its host: a page leads to feeds, a list of feeds (OPML) to feeds and their pages.
    Of a site that is larger than the limits, a sample is checked, with a warning. docs/validate.md has the rules.

    Example: feeds validate public

    Example: feeds validate https://example.org/

    Example: curl -s https://example.org/feed.atom | feeds validate -

    Example: feeds validate public --format sarif > feeds.sarif
    """
    from feeds.audit.validate.table import RULES  # only this command has to load lxml

    result, folder = _validated(target, time_limit)
    addresses = [short_path(folder / problem.path) if folder else problem.path for problem in result.problems]
    if as_json or output_format == "json":
        print_json(audit_json.validate_output(result))
    elif output_format == "sarif":
        problems = zip(result.problems, map(_uri_reference, addresses), strict=True)
        print_json(sarif(problems, RULES.values()))
    elif output_format == "github":
        problems = zip(result.problems, addresses, strict=True)
        say_lines(annotation(problem, address, problem.column) for problem, address in problems)
    else:
        say_lines(map(str, result.problems))
    say(
        f"{result.documents} documents, {result.feeds} of them feeds:"
        f" {result.errors} errors, {result.warnings} warnings"
    )
    if not (result.feeds or result.lists):
        say("there is no feed; name the folder, the file or the page that leads to feeds")
    if result.errors or not (result.feeds or result.lists):
        exit_with_finding()


def _validated(target: str | None, seconds: float) -> tuple[ValidationResult, Path | None]:
    """Return the problems of a target, and the folder to which their paths are relative; None if they are not.

    Raises:
        UsageError: the target can't be read, or there is none.
    """
    from feeds.audit.validate import from_site, source, validate

    if target == source.STANDARD_INPUT:
        document = source.read_stream(target, sys.stdin.buffer, asked=True)
        return validate([document], scope="file"), None
    if target is not None and "://" in target:
        return validate(from_site(target, seconds), scope="site"), None
    path = Path(target) if target is not None else loader.load_site().output_path
    if path is None:
        raise UsageError("the settings write no static files; name a folder, a file or an address")
    if os.path.isfile(path):  # unlike Path.is_file, it accepts a name that is too long
        return validate([source.read_file(path)], scope="file"), None
    return validate(source.read_folder(path)), path


def _uri_reference(address: str) -> str:
    """Return a path or an address as a URI reference (RFC 3986), which SARIF requires."""
    return address if "://" in address else quote(address)


@click.command(short_help="Print who polls the feeds, how often, and at what cost.")
@click.argument(
    "logs",
    metavar="ACCESS-LOG...",
    nargs=-1,
    required=True,
    help="Access logs, the oldest first, compressed with gzip or not; - is standard input.",
)
@options.json_option
def pollers(logs: tuple[str, ...], as_json: bool) -> None:
    """Tell from a web server's access log who polls the feeds, how often, and which polls cost more than they need.

    A log is in the common or the combined format, which Apache, nginx and others write. No client's address is
    printed.

    A client is an address with a User-Agent; a service that announces subscribers is one client. "every" is the median
    time between two requests of one client for one feed. "304" is the share of 304 among 200 and 304. "unconditional"
    counts clients that poll a feed without validators (If-None-Match, If-Modified-Since): they were sent it again,
    and never got a 304 for it. "sent again" is what conditional requests would have saved: the bytes of 200 answers
    that are as long as the one before to the same client for the same feed.

    A log has no validators and no content, so these numbers are estimates: a feed that changed and kept its length
    counts as sent again, clients that share address and User-Agent count as one, and a client without validators whose
    every poll found something new is not noticed. Subscribers are what each service announced last.

    Example: feeds pollers /var/log/nginx/access.log
    """
    from feeds.audit.pollers import survey, table  # only this command needs them

    report = survey(logs)
    if as_json:
        print_json(audit_json.pollers_output(report))
    else:
        say_lines(table.report_lines(report))
    say(f"{report.lines:,} lines, {report.unreadable:,} of them could not be read")
    if report.forgotten:
        say(f"{report.forgotten:,} clients were forgotten because there were too many; one that came back counts twice")
