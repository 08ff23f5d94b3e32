"""The commands that look at a site from outside: at what is published, and at who asks for it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import click

from feeds.cli.output import say
from feeds.errors import UsageError
from feeds.rules.times import rfc3339
from feeds.settings import loader


@click.command()
@click.argument("target", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def validate(target: str | None, as_json: bool) -> None:
    """Check a folder of static files, or a live site, against what readers need; exit with 1 if there is an error.

    TARGET is a folder or an address; without one it is the folder that `feeds build` writes.

    Example: feeds validate https://example.org/
    """
    from feeds.audit.validate import from_site, source, validate  # only this command pays for it

    if target is not None and "://" in target:
        verdict = validate(from_site(target))
    else:
        folder = Path(target) if target is not None else loader.load_site().output_path
        if folder is None:
            raise UsageError("the settings write no static files; name a folder or an address")
        verdict = validate(source.read_folder(folder))
    if as_json:
        click.echo(json.dumps({**dataclasses.asdict(verdict), "errors": verdict.errors}, indent=2, ensure_ascii=False))
    for problem in verdict.problems if not as_json else ():
        click.echo(str(problem))
    warnings = len(verdict.problems) - verdict.errors
    say(f"{verdict.documents} documents, {verdict.feeds} of them feeds: {verdict.errors} errors, {warnings} warnings")
    if not verdict.feeds:
        say("there is no feed; name the folder or the page that leads to feeds")
    if verdict.errors or not verdict.feeds:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("logs", metavar="ACCESS-LOG...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def pollers(logs: tuple[str, ...], as_json: bool) -> None:
    """Tell from a web server's access log who polls the feeds, how often, and which polls cost more than they need.

    ACCESS-LOG is a file in the common or combined format of Apache and nginx, also one compressed with gzip (.gz), or
    - for standard input; of several, the oldest comes first. No client's address is printed.

    A client is an address with a User-Agent; a service that announces subscribers is one client. "every" is the median
    time between two requests of one client for one feed. "304" is the share of 304 among 200 and 304. "unconditional"
    counts clients that poll a feed without validators (If-None-Match, If-Modified-Since): they were sent it again,
    and never got a 304 for it. "sent again" is what conditional requests would have saved: the bytes of 200 answers
    that are as long as the one before to the same client for the same feed.

    A log has no validators and no content, so this is what can be seen from outside: a feed that changed and kept its
    length counts as sent again, clients that share address and User-Agent as one, and one whose every poll found
    something new as nothing wrong. Subscribers are what each service announced last.

    Example: feeds pollers /var/log/nginx/access.log
    """
    from feeds.audit.pollers import survey, table  # only this command pays for it

    report = survey(logs)
    if as_json:
        shown = {**dataclasses.asdict(report), "repeated_bytes": report.repeated_bytes}
        click.echo(json.dumps(shown, indent=2, default=rfc3339))
    for line in table.report_lines(report) if not as_json else ():
        click.echo(line)
    say(f"{report.lines:,} lines, {report.unreadable:,} of them could not be read")
    if report.forgotten:
        say(f"{report.forgotten:,} clients were forgotten in between: too many at once; who came back counts twice")
