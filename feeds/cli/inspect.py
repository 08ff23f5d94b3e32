"""The commands that look into a corpus and publish nothing: check, list, show and diff."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from feeds.cli import json_output, options
from feeds.cli.exit_codes import exit_with_finding
from feeds.cli.output import annotation, difference_lines, entry_lines, feed_line, held_back_line, say, say_counts
from feeds.cli.progress_bar import progress_bar
from feeds.errors import UsageError
from feeds.pipeline import publish
from feeds.pipeline.explain import CheckResult, explain_entry, list_feeds
from feeds.settings import loader
from feeds.settings.site import Site


@click.command(short_help="Print every problem in the corpus, with file and line.")
@options.site_options
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="The form of the output; github prints annotations for GitHub's workflows.",
)
def check(corpus: str | None, output_format: str, **settings: Any) -> None:
    """Print every problem in the corpus, with file and line; exit with 1 if an article is lost to one.

    It also names the articles that are not published though they could be read.

    Example: feeds check articles --format github
    """
    site = loader.load_site(corpus, **settings)
    now = datetime.now(UTC)
    result: CheckResult = _query(site, functools.partial(CheckResult.of, site=site, now=now), now)
    if output_format == "json":
        json_output.print_json(json_output.check_output(result))
    else:
        for problem in result.problems:
            click.echo(annotation(site, problem) if output_format == "github" else str(problem))
    for article in result.held_back:
        say(held_back_line(article))
    for note in result.notes:
        say(note)
    say_counts(result.counts, site)
    if result.counts.problems:
        exit_with_finding()


@click.command("list", short_help="Print every feed: kind, entries, newest, name and address.")
@options.site_options
@options.json_option
def list_(corpus: str | None, as_json: bool, **settings: Any) -> None:
    """Print every feed: its kind, the number of its entries, the date of the newest one, its name and its address.

    Example: feeds list articles
    """
    site = loader.load_site(corpus, **settings)
    feeds = _query(site, functools.partial(list_feeds, site=site))
    if as_json:
        json_output.print_json(json_output.list_output(feeds))
    else:
        for feed in feeds:
            click.echo(feed_line(feed))


@click.command(short_help="Print one entry: its mentions, its feeds, and why.")
@click.argument("address_or_id", help="The address of the entry's web page, or the id of the entry.")
@options.site_options
@options.json_option
def show(address_or_id: str, corpus: str | None, as_json: bool, **settings: Any) -> None:
    """Print one entry: every mention of it, every feed it is in, and why.

    Example: feeds show https://example.org/2026/05/a-page/ articles
    """
    site = loader.load_site(corpus, **settings)
    entry = _query(site, functools.partial(explain_entry, wanted=address_or_id, site=site))
    if entry is None:
        raise UsageError("no entry has this id or address; `feeds list` shows the feeds", address_or_id)
    if as_json:
        json_output.print_json(json_output.show_output(entry))
    else:
        for line in entry_lines(entry):
            click.echo(line)


@click.command(short_help="Print what a build would change, and publish nothing.")
@options.site_options
@options.json_option
def diff(corpus: str | None, as_json: bool, **settings: Any) -> None:
    """Print what a build would change in each feed, and publish nothing; exit with 1 if an id would change.

    A line begins with + for an entry that the feed would get, ~ for one that would change, - for one that would be
    removed, and ! for one that would get another id: subscribers would be delivered it again.

    Example: feeds diff articles
    """
    site = loader.load_site(corpus, **settings)
    with progress_bar() as bar:
        difference = publish.compare(site, datetime.now(UTC), jobs=os.cpu_count() or 1, progress=bar)
    if as_json:
        json_output.print_json(json_output.diff_output(difference, site))
    else:
        for feed in difference.feeds:
            for line in difference_lines(feed, site):
                click.echo(line)
    for old, new in difference.reidentified:
        say(f"{old} would be {new}: two pages that were published apart are one entry now")
    for uri in difference.kept:
        say(f"kept though another id would be computed: {uri}")
    say(f"{len(difference.feeds)} feeds, {difference.documents} documents would change")
    if difference.changes_ids:
        say("ids would change: subscribers would be delivered entries again")
        exit_with_finding()


def _query(site: Site, question: Callable[[Any], Any], now: datetime | None = None) -> Any:
    """Bring the catalogue of `site` up to date and return the answer of `question`, which is called with it."""
    with progress_bar() as bar:
        return publish.query(site, now or datetime.now(UTC), question, jobs=os.cpu_count() or 1, progress=bar)
