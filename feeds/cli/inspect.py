"""The commands that look into a corpus and publish nothing: check, list, show and diff."""

from __future__ import annotations

import functools
import os
import sqlite3
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import click

from feeds.cli import json_output, options
from feeds.cli.exit_codes import exit_with_finding
from feeds.cli.output import (
    annotation,
    difference_lines,
    entry_line,
    entry_lines,
    feed_line,
    file_lines,
    held_back_line,
    held_back_lines,
    say,
    say_counts,
    say_lines,
    short_path,
    state_line,
)
from feeds.cli.progress_bar import progress_bar
from feeds.cli.spool import Spool, print_json, write_json
from feeds.errors import UsageError
from feeds.pipeline import publish
from feeds.pipeline.explain import (
    CheckResult,
    ListedEntry,
    all_entries,
    explain_entry,
    explain_file,
    feed_facts,
    find_feed,
    find_file,
    list_feeds,
    list_files,
    shown_by_feed,
)
from feeds.rules.problems import problem_lines
from feeds.settings import loader
from feeds.settings.site import Site


@click.command(short_help="Print the problems in the corpus, with file and line.")
@options.site_options
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="The form of the output; github prints annotations for GitHub's workflows.",
)
@click.option("--all", "every", is_flag=True, help="Print all problems and articles of a kind, not ten and the number.")
@click.option("--files", "with_files", is_flag=True, help="Print every file of the corpus, and what it was taken for.")
def check(corpus: str | None, output_format: str, every: bool, with_files: bool, **settings: Any) -> None:
    """Print the problems in the corpus, with file and line; exit with 1 if an article is lost to one.

    It also names the articles that are not published though they could be read. Of more than ten problems of a kind,
    or articles of a state, ten are printed, and the number of the others. The formats json and github print all
    problems. With --files, it prints every file instead: whether it is published, and if not, why; or why it was not
    read as an article. A folder that is not searched stands for all that is in it.

    Example: feeds check articles

    Example: feeds check articles --all

    Example: feeds check articles --files

    Example: feeds check articles --format github
    """
    if with_files and output_format == "github":
        raise UsageError("annotations are about problems: --files has the formats text and json", "--format github")
    site = loader.load_site(corpus, **settings)
    now = datetime.now(UTC)

    def answer(db: sqlite3.Connection) -> tuple[CheckResult, Spool, Spool]:
        result, results, remarks = CheckResult.of(db, site, now), Spool(), Spool()
        files = list_files(db, site, now) if with_files else ()
        if output_format == "json":
            write_json(json_output.check_output(result, files), results)
        elif with_files:
            results.lines(map(state_line, files))
            return result, results, remarks
        elif output_format == "github":
            results.lines(
                annotation(problem, short_path(site.corpus_path / problem.path)) for problem in result.problems
            )
        else:
            results.lines(map(str, result.problems) if every else problem_lines(result.problems))
        remarks.lines(
            map(held_back_line, result.held_back) if every else held_back_lines(result.held_back, result.counts)
        )
        return result, results, remarks

    result, results, remarks = _query(site, answer, now)
    results.print()
    remarks.print(err=True)
    for note in result.notes:
        say(note)
    say_counts(result.counts, result.passed_over, site)
    if result.counts.problems:
        exit_with_finding()


@click.command("list", short_help="Print every feed, or the entries of the site or of a feed.")
@options.site_options
@click.option("--entries", "with_entries", is_flag=True, help="Print entries instead of feeds, the newest first.")
@click.option(
    "--feed",
    "wanted",
    metavar="FOLDER|ADDRESS",
    help="With --entries: only those that this feed shows, such as topics/ai.",
)
@options.json_option
def list_(corpus: str | None, with_entries: bool, wanted: str | None, as_json: bool, **settings: Any) -> None:
    """Print every feed: its kind, the number of its entries, the date of the newest one, its name and its address.

    Or print entries: date, provider, title and id. Without --feed, these are all entries of the site.

    Example: feeds list articles

    Example: feeds list articles --entries --feed topics/ai
    """
    site = loader.load_site(corpus, **settings)
    if wanted is not None and not with_entries:
        raise UsageError("--feed is for the list of entries: write --entries as well", wanted)

    def answer(db: sqlite3.Connection) -> Spool:
        spool = Spool()
        feeds = list_feeds(db, site)
        entries: Iterable[ListedEntry] = ()
        if with_entries:
            feed = find_feed(db, wanted or "", site)
            if feed is None:
                raise UsageError("no feed has this folder or address; `feeds list` shows all", wanted or "")
            feeds = [feed_facts(feed, site)]
            entries = shown_by_feed(db, feed, site) if wanted is not None else all_entries(db, feed)
        if as_json:
            write_json(json_output.list_output(feeds, entries), spool)
        else:
            spool.lines(map(entry_line, entries) if with_entries else map(feed_line, feeds))
        return spool

    _query(site, answer).print()


@click.command(short_help="Print what became of a file, or of one entry, and why.")
@click.argument(
    "wanted",
    metavar="FILE|ADDRESS|ID",
    help=(
        "An article file, relative to the current folder or to the corpus; or the address of the entry's web page; or"
        " the id of the entry."
    ),
)
@options.site_options
@options.json_option
def show(wanted: str, corpus: str | None, as_json: bool, **settings: Any) -> None:
    """Print one entry: every mention of it, every feed it is in, and why. Or what became of a file.

    A file is published, unpublished, in the future, expired, lost to a problem, or not read at all; its problems and
    its entry are printed as well. If the argument is the name of a file that exists, it means this file.

    Example: feeds show articles/2026-05-26-a-page.md articles

    Example: feeds show https://example.org/2026/05/a-page/ articles
    """
    site = loader.load_site(corpus, **settings)
    now = datetime.now(UTC)
    place = find_file(wanted, site.corpus_path)
    file = _query(site, functools.partial(explain_file, place=place, site=site, now=now), now) if place else None
    entry = file["entry"] if file else _query(site, functools.partial(explain_entry, wanted=wanted, site=site), now)
    if file is None and entry is None:
        raise UsageError("no entry has this id or address, and there is no such file", wanted)
    if as_json:
        print_json(json_output.show_output(file, entry))
        return
    say_lines([*(file_lines(file) if file else ()), *(entry_lines(entry) if entry else ())])


@click.command(short_help="Print what a build would change, and publish nothing.")
@options.site_options
@options.json_option
def diff(corpus: str | None, as_json: bool, **settings: Any) -> None:
    """Print what a build would change in each feed; exit with 1 if subscribers would be delivered an entry again.

    Nothing is published. A line begins with + for an entry that the feed would get, ~ for one that would change, = for
    one that has another file, address or date and keeps its id, - for one that would be removed, and ! for one that
    would get another id: subscribers would be delivered it again.

    Example: feeds diff articles
    """
    site = loader.load_site(corpus, **settings)
    with progress_bar() as bar:
        difference = publish.compare(site, datetime.now(UTC), jobs=os.cpu_count() or 1, progress=bar)
    if as_json:
        print_json(json_output.diff_output(difference, site))
    else:
        for feed in difference.feeds:
            say_lines(difference_lines(feed, site))
    for old, new in difference.reidentified:
        say(f"{old} would be {new}: two pages that were published apart are one entry now")
    for doubt in difference.doubts:
        say(
            f"{doubt.title}  {doubt.id}: may be {doubt.old_id}, which would go; if it is the same article, write"
            f" `id: {doubt.old_id}` into it, or subscribers are delivered it again"
        )
    for uri in difference.kept:
        say(f"kept though another id would be computed: {uri}")
    if difference.moved_from is not None:
        say(f"the site would move from {difference.moved_from} to {site.address}; all ids stay")
    if difference.is_first:
        say("nothing is remembered as published: there is nothing to compare with")
    say(f"{len(difference.feeds)} feeds, {difference.documents} documents would change")
    if difference.delivers_again:
        say("subscribers would be delivered entries again")
        exit_with_finding()


def _query(site: Site, question: Callable[[Any], Any], now: datetime | None = None) -> Any:
    """Bring the catalogue of `site` up to date and return the answer of `question`, which is called with it."""
    with progress_bar() as bar:
        return publish.query(site, now or datetime.now(UTC), question, jobs=os.cpu_count() or 1, progress=bar)
