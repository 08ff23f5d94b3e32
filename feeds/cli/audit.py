"""The commands that look at a site from outside: validate (its documents) and pollers (its access logs)."""

from __future__ import annotations

from pathlib import Path

import click

from feeds.cli import audit_json, options
from feeds.cli.exit_codes import exit_with_finding
from feeds.cli.output import say, say_lines
from feeds.cli.spool import print_json
from feeds.errors import UsageError
from feeds.settings import loader


@click.command(short_help="Check a static folder or a live site against what readers need.")
@click.argument(
    "target",
    cls=options.SettingArgument,
    setting="output",
    required=False,
    help="A folder or an http(s) address; without it, the folder to which `feeds build` writes.",
)
@options.json_option
def validate(target: str | None, as_json: bool) -> None:
    """Check a folder of static files, or a live site, against what readers need; exit with 1 if there is an error.

    Example: feeds validate public

    Example: feeds validate https://example.org/
    """
    from feeds.audit.validate import from_site, source, validate  # only this command has to load lxml

    if target is not None and "://" in target:
        result = validate(from_site(target))
    else:
        folder = Path(target) if target is not None else loader.load_site().output_path
        if folder is None:
            raise UsageError("the settings write no static files; name a folder or an address")
        result = validate(source.read_folder(folder))
    if as_json:
        print_json(audit_json.validate_output(result))
    else:
        say_lines(map(str, result.problems))
    say(
        f"{result.documents} documents, {result.feeds} of them feeds:"
        f" {result.errors} errors, {result.warnings} warnings"
    )
    if not result.feeds:
        say("there is no feed; name the folder or the page that leads to feeds")
    if result.errors or not result.feeds:
        exit_with_finding()


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
