"""The commands that look into a corpus and publish nothing: check, list, show and diff."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from feeds.cli import options
from feeds.cli.output import annotation, held_back_as_json, say, say_counts
from feeds.cli.progress_bar import progress_bar
from feeds.errors import UsageError
from feeds.pipeline import publish
from feeds.pipeline.explain import CheckResult, explain_entry, list_feeds
from feeds.rules.times import rfc3339
from feeds.settings import loader
from feeds.settings.site import Site


@click.command()
@options.site_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="How to print problems; github makes annotations in its CI.",
)
def check(corpus: str | None, form: str, **given: Any) -> None:
    """Print every problem in the corpus, with file and line; exit with 1 if an article is lost to one.

    Example: feeds check articles --format github
    """
    site = loader.load_site(corpus, **given)
    answers = _look(site, functools.partial(CheckResult.of, site=site))
    if form == "json":
        shown = {
            **dataclasses.asdict(answers.counts),
            "list": [dataclasses.asdict(each) for each in answers.problems],
            "held_back": held_back_as_json(answers.held_back),
            "notes": answers.notes,
        }
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    for problem in answers.problems:
        if form != "json":
            click.echo(str(problem) if form == "text" else annotation(site, problem))
    for each in answers.held_back:
        say(f"{each.path}: {'unpublished' if each.due is None else f'waits until {rfc3339(each.due)}'}")
    for note in answers.notes:
        say(note)
    say_counts(answers.counts, site)
    if answers.counts.problems:
        raise click.exceptions.Exit(1)


@click.command("list")
@options.site_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(corpus: str | None, as_json: bool, **given: Any) -> None:
    """Print every feed: kind, name, number of entries, newest, address.

    Example: feeds list articles
    """
    site = loader.load_site(corpus, **given)
    rows = _look(site, functools.partial(list_feeds, site=site))
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        newest = (row["newest"] or "")[:10]
        click.echo(f"{row['kind']:<9} {row['entries']:>6} {newest:<10}  {row['name']}  {row['address']}")


@click.command()
@click.argument("address_or_id")
@options.site_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(address_or_id: str, corpus: str | None, as_json: bool, **given: Any) -> None:
    """Print one entry: every mention of it, every feed it is in, and why.

    Example: feeds show https://example.org/2026/05/a-page/ articles
    """
    site = loader.load_site(corpus, **given)
    found = _look(site, functools.partial(explain_entry, wanted=address_or_id, site=site))
    if found is None:
        raise UsageError("no entry has this id or address; `feeds list` shows the feeds", address_or_id)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    click.echo(f"{found['title']}\n  id         {found['id']}\n  address    {found['url']}")
    if found["kept_id"]:
        click.echo(f"             kept as it was published; it would be {found['computed_id']} now")
    click.echo(f"  published  {found['published']}, updated {found['updated']}, by {found['provider']['name']}")
    click.echo("  mentioned in")
    for mention in found["mentions"]:
        role = "as its own" if mention["role"] == "article" else "as related"
        mark = ", represents the entry" if mention["representative"] else ""
        click.echo(f"    {mention['path']} {role}, {mention['published']}, {mention['url']}{mark}")
    click.echo("  in the feeds" if found["selected"] else "  in no feed: the settings leave it out")
    for feed in found["feeds"]:
        click.echo(f"    {feed['address']}  because {feed['because']}")


@click.command()
@options.site_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def diff(corpus: str | None, as_json: bool, **given: Any) -> None:
    """Print what a build would change in each feed, and publish nothing; exit with 1 if an id would change.

    Example: feeds diff articles
    """
    site = loader.load_site(corpus, **given)
    with progress_bar() as bar:
        found = publish.compare(site, datetime.now(UTC), jobs=os.cpu_count() or 1, progress=bar)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(found), indent=2, ensure_ascii=False))
    for each in found.feeds if not as_json else ():
        click.echo(f"{site.address}{each.folder}  {each.title}: {each.fate}")
        for sign, entries in zip("+~!-", (each.new, each.changed, each.reidentified, each.removed), strict=True):
            for entry in entries:
                more = f"  ({', '.join(entry.fields)})" if entry.fields else ""
                more = f"  (known as {entry.old_id})" if entry.old_id is not None else more
                click.echo(f"  {sign} {entry.title}  {entry.id}{more}")
    for old, new in found.reidentified:
        say(f"{old} would be {new}: two pages that were published apart are one entry now")
    for ident in found.kept:
        say(f"kept though another id would be computed: {ident}")
    say(f"{len(found.feeds)} feeds, {found.documents} documents would change")
    if found.changes_ids:
        say("ids would change: subscribers would be delivered entries again")
        raise click.exceptions.Exit(1)


def _look(site: Site, question: Callable[[Any], Any]) -> Any:
    with progress_bar() as bar:
        return publish.query(site, datetime.now(UTC), question, jobs=os.cpu_count() or 1, progress=bar)
