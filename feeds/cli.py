"""The command line: parse, call one function, print.

Results go to standard output, words for people to standard error. Exit codes: 0 done; 1 something failed, or
`check` found an article lost, or `--strict` any problem; 2 wrong usage (:mod:`feeds.errors`).
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import sys
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from feeds import __version__, config, options, outside, publish
from feeds.config import Site
from feeds.errors import FeedsError, UsageError
from feeds.explain import Answers, explain, list_feeds
from feeds.model import Counts, iso
from feeds.parallel import collect_rarely
from feeds.printing import annotation, held_back_as_json, report_as_json, short
from feeds.progress import Bar, Stage, process_age, table
from feeds.publish import Report


class _Group(click.Group):
    """All commands; a :class:`FeedsError` from any of them becomes one line and its exit code."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except FeedsError as error:
            click.echo(f"feeds: {error}", err=True)
            context.exit(error.exit_code)
        except BrokenPipeError:  # the reader of our output has had enough: `feeds list | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            context.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """A folder of articles in; Atom, RSS and JSON feeds that every reader accepts out."""
    collect_rarely()


main.add_command(outside.validate)
main.add_command(outside.pollers)


@main.command()
@options.of_site
@click.option("--output", metavar="DIR", help='Where the static files go [public]; "" writes none.')
@click.option("--precompress", is_flag=True, default=None, help="Also write each file as .gz, .br and .zst.")
@options.of_build
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
@click.option("--profile", is_flag=True, help="Print where the time went: seconds by stage.")
def build(
    corpus: str | None,
    strict: bool,
    jobs: int | None,
    force: bool,
    as_json: bool,
    profile: bool,
    output: str | None,
    **given: Any,
) -> None:
    """Publish the corpus: the snapshot that is served, and static files.

    Example: feeds build articles --output public --base-url https://example.org/

    Example: feeds build articles --profile
    """
    site = config.load(corpus, output=output, **given)
    start = Stage("start", 0, process_age())
    report = _build(site, jobs=jobs, force=force)
    report = dataclasses.replace(report, stages=(start, *report.stages))
    if as_json:
        click.echo(json.dumps(report_as_json(report, site), indent=2))
    _say_counts(report.counts, site)
    _say(
        f"{report.entries} entries in {report.feeds} feeds, {report.documents} documents;"
        f" {report.changed} changed or removed"
    )
    if site.output_path is not None:
        _say(f"static files in {short(site.output_path)}: {report.written} written")
    if not site.base_url:
        _say(f"addresses in the feeds start with {site.address}; set base_url before you publish")
    _say_problems(report)
    if profile:
        _say(table(report.stages))
    if strict and report.problems:
        raise click.exceptions.Exit(1)


@main.command()
@options.of_site
@click.option("--output", metavar="DIR", help="Also write static files there, at every change.")
@options.of_build
@options.of_server
@click.option("--no-watch", is_flag=True, help="Serve what there is; don't build when the corpus changes.")
def serve(
    corpus: str | None,
    strict: bool,
    jobs: int | None,
    force: bool,
    host: str | None,
    port: int | None,
    workers: int,
    unix_socket: str | None,
    no_watch: bool,
    output: str | None,
    **given: Any,
) -> None:
    """Build, serve, and build again whenever the corpus changes.

    Example: feeds serve articles --port 8000

    Example: feeds serve articles --unix-socket feeds.sock --access-log access.log
    """
    if unix_socket is not None and (host is not None or port is not None):
        raise UsageError("either --unix-socket, or --host and --port", unix_socket)
    from feeds import serve as server  # brings the web server along: only this command pays for it
    from feeds.watching import Watch

    socket = Path(unix_socket).absolute() if unix_socket is not None else None
    listen = server.Listen(host or options.HOST, port or options.PORT, workers, socket)
    pinned: str | None = None  # where the workers look, once there are any
    environ = dict(os.environ)  # as it is now: the server sets variables for its workers

    def load() -> Site:
        site = config.load(corpus, environ=environ, output=output or "", **given)
        site = server.with_listening_address(site, listen)
        return dataclasses.replace(site, state=pinned) if pinned is not None else site

    site = load()
    if not config.load(corpus, environ=environ, **given).base_url:
        _say(f"addresses in the feeds start with {site.address}; set base_url if it is reached by another")
    # A feeds.toml that comes or goes may change anything but where the workers look and what is watched.
    corpus, pinned = site.corpus, site.state
    first = _build(site, jobs=jobs, force=force)
    _say_counts(first.counts, site)
    _say_problems(first)
    if strict and first.problems:
        raise click.exceptions.Exit(1)
    watch = Watch(load, lambda site, only: _build(site, jobs=jobs, only=only))
    server.serve(site, first, listen, _say, watch if not no_watch else None)


@main.command()
@options.of_site
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
    site = config.load(corpus, **given)
    answers = _look(site, functools.partial(Answers.of, site=site))
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
        _say(f"{each.path}: {'unpublished' if each.due is None else f'waits until {iso(each.due)}'}")
    for note in answers.notes:
        _say(note)
    _say_counts(answers.counts, site)
    if answers.counts.problems:
        raise click.exceptions.Exit(1)


@main.command("list")
@options.of_site
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(corpus: str | None, as_json: bool, **given: Any) -> None:
    """Print every feed: kind, name, number of entries, newest, address.

    Example: feeds list articles
    """
    site = config.load(corpus, **given)
    rows = _look(site, functools.partial(list_feeds, site=site))
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        newest = (row["newest"] or "")[:10]
        click.echo(f"{row['kind']:<9} {row['entries']:>6} {newest:<10}  {row['name']}  {row['address']}")


@main.command()
@click.argument("address_or_id")
@options.of_site
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(address_or_id: str, corpus: str | None, as_json: bool, **given: Any) -> None:
    """Print one entry: every mention of it, every feed it is in, and why.

    Example: feeds show https://example.org/2026/05/a-page/ articles
    """
    site = config.load(corpus, **given)
    found = _look(site, functools.partial(explain, wanted=address_or_id, site=site))
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


@main.command()
@options.of_site
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def diff(corpus: str | None, as_json: bool, **given: Any) -> None:
    """Print what a build would change in each feed, and publish nothing; exit with 1 if an id would change.

    Example: feeds diff articles
    """
    site = config.load(corpus, **given)
    with _bar() as bar:
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
        _say(f"{old} would be {new}: two pages that were published apart are one entry now")
    for ident in found.kept:
        _say(f"kept though another id would be computed: {ident}")
    _say(f"{len(found.feeds)} feeds, {found.documents} documents would change")
    if found.changes_ids:
        _say("ids would change: subscribers would be delivered entries again")
        raise click.exceptions.Exit(1)


@main.command()
def init() -> None:
    """Write a feeds.toml in the current folder, with every setting explained.

    Example: feeds init
    """
    path = Path(config.FILE_NAME)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(config.template())
    except FileExistsError as error:
        raise UsageError("it is there already; delete it to start anew", path) from error
    except OSError as error:
        raise UsageError(f"it can't be written ({error.strerror})", path) from error
    _say(f"wrote {path}: every setting with its default, commented out")


def _build(site: Site, *, jobs: int | None, force: bool = False, only: Collection[str] | None = None) -> Report:
    jobs = jobs or os.cpu_count() or 1
    with _bar() as bar:
        return publish.build(site, datetime.now(UTC), jobs=jobs, force=force, only=only, progress=bar)


def _look(site: Site, question: Callable[[Any], Any]) -> Any:
    with _bar() as bar:
        return publish.look(site, datetime.now(UTC), question, jobs=os.cpu_count() or 1, progress=bar)


@contextlib.contextmanager
def _bar() -> Iterator[Bar | None]:
    """Yield a progress bar where somebody can see one."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = Bar()
    try:
        yield bar
    finally:
        bar.close()


def _say(text: str) -> None:
    click.echo(text, err=True)


def _say_counts(counts: Counts, site: Site) -> None:
    _say(
        f"{counts.files} files: {counts.published} published, {counts.unpublished} unpublished,"
        f" {counts.future} in the future, {counts.problems} lost to problems"
    )
    if counts.unpublished and not site.include_unpublished:
        _say(f"{counts.unpublished} left out as published: false or draft; --include-unpublished includes them")


def _say_problems(report: Report) -> None:
    for each in (*report.problems, *report.notes):
        _say(str(each))
